"""JSON, JSON Lines: lines with a text of their own are documents, others are rows of ``key: value``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from askbrief.corpus.dates import parse_date
from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import Writer, one_line

_TEXTS =("text", "body", "content", "article", "article_body", "articlebody", "full_text", "fulltext",
    "raw_content", "maintext", "selftext", "message", "transcript", "story", "abstract", "description",
    "summary", "plot")  # fmt: skip
_TITLES = ("title", "headline", "name", "subject", "heading")
_DATES =("date", "published", "date_published", "datepublished", "publication_date", "pub_date", "pubdate",
    "published_at", "publish_date", "published_date")  # fmt: skip
_AUTHORS = ("author", "authors", "byline", "creator")
# A string as long as this is text whatever its key is called.
_LONG = 200
_DEPTH = 60


def extract_json(data: bytes, budget: Budget) -> list[Extracted]:
    """The documents of a JSON file: the items of a list, or the whole.

    Raises:
        UnreadableError: It is not valid, or nested too deep.
    """
    text = decode_bytes(data, budget)
    try:
        value = _load(text)
    except ValueError as error:
        lines = [line for line in text.splitlines()[:5] if line.strip()]
        if len(lines) > 1 and _is_object(lines[0]):
            return extract_jsonl(data, budget)
        raise UnreadableError(f"is no valid JSON ({one_line(str(error))[:80]})") from error
    if isinstance(value, dict):
        lists = [found for found in value.values() if isinstance(found, list) and _are_records(found)]
        if len(lists) == 1 and find_text_key(lists[0][0]):
            value = lists[0]
    items = value if isinstance(value, list) and _are_records(value) else None
    return _write(list(enumerate(items, 1)), "item", budget) if items else _write([(0, value)], "item", budget)


def extract_jsonl(data: bytes, budget: Budget) -> list[Extracted]:
    """The lines of a JSON Lines file; a broken line is reported, the others are read."""
    return _write(list(_iter_lines(data, budget)), "line", budget)


def _iter_lines(data: bytes, budget: Budget) -> Iterator[tuple[int, Any]]:
    broken: list[int] = []
    number = 0
    for number, line in enumerate(decode_bytes(data, budget).split("\n"), 1):
        text = line.strip()
        if not text:
            continue
        try:
            yield number, _load(text)
        except (ValueError, UnreadableError):
            broken.append(number)
    if broken and len(broken) == number:
        raise UnreadableError("is no valid JSON Lines file")
    if broken:
        shown = ", ".join(map(str, broken[:5])) + (f" and {len(broken) - 5:,} more" if len(broken) > 5 else "")
        budget.report(f"line{'s' if len(broken) > 1 else ''} {shown}: no valid JSON")


def _load(text: str) -> Any:
    """The value of a JSON text, numbers as they are written."""
    try:
        return json.loads(text.lstrip("\ufeff"), parse_int=str, parse_float=str, strict=False)
    except RecursionError as error:
        raise UnreadableError("is nested too deep") from error


def _is_object(line: str) -> bool:
    try:
        return isinstance(_load(line), dict)
    except (ValueError, UnreadableError):
        return False


def _are_records(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, dict) for value in values)


def find_text_key(record: Any) -> str:
    """The key of a record's own text: a usual name, or the longest long string; "" where there is none."""
    if not isinstance(record, dict):
        return ""
    strings = {key: value for key, value in record.items() if isinstance(value, str) and value.strip()}
    named = next((key for name in _TEXTS for key in strings if key.lower() == name), "")
    longest = max(strings, key=lambda key: len(strings[key]), default="")
    if named and len(strings[named]) * 4 >= len(strings[longest]):
        return named
    return longest if longest and len(strings[longest]) >= _LONG and " " in strings[longest].strip() else named


def _write(records: list[tuple[int, Any]], kind: Any, budget: Budget) -> list[Extracted]:
    keys = [find_text_key(record) for _, record in records[:1000]]
    with_text = sum(map(bool, keys)) * 2 >= len(keys) and records and records[0][0] > 0
    documents: list[Extracted] = []
    rows = Writer(budget)
    for number, record in records:
        if budget.full:
            break
        key = find_text_key(record) if with_text else ""
        where = f"{kind} {number:,}" if number else "a field"
        if key:
            documents.append(_write_document(record, key, number, kind, budget))
        else:
            place = rows.open(kind, number) if number else None
            _write_values(record, rows, where)
            if place:
                rows.close(place)
    if rows.blocks:
        documents.append(rows.finish())
    documents = [document for document in documents if document.blocks]
    if not documents:
        raise UnreadableError("holds no text")
    return documents


def _write_document(record: dict[str, Any], key: str, number: int, kind: Any, budget: Budget) -> Extracted:
    """One record as a document: its title, its text, and what else it says as metadata."""
    writer = Writer(budget)
    title = _find_string(record, _TITLES)
    title = "" if title == record[key] else title
    place = writer.open(kind, number)
    if title:
        writer.add(one_line(title), "title")
    writer.add(budget.cut_field(record[key], f"{kind} {number:,}"))
    for other, value in record.items():
        if (
            other != key
            and value != title
            and not isinstance(value, dict | list)
            and str(value).strip()
            and value is not None
        ):
            writer.add(budget.cut_field(f"{other}: {one_line(str(value))}", f"{kind} {number:,}"), "metadata", gap="\n")
    writer.close(place)
    return writer.finish(
        title=title, published=_find_day(record), author=_find_string(record, _AUTHORS), member=str(number)
    )


def _find_string(record: dict[str, Any], names: tuple[str, ...]) -> str:
    lower = {key.lower(): value for key, value in record.items()}
    for name in names:
        value = lower.get(name)
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            return ", ".join(value)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _find_day(record: dict[str, Any]) -> date | None:
    return parse_date(_find_string(record, _DATES))


def _write_values(value: Any, writer: Writer, where: str) -> None:
    """Write a value's strings and numbers in their order, each with its key, on one line."""
    gap: str | None = None
    for path, leaf in _iter_leaves(value, "", 0):
        text = writer.budget.cut_field(leaf, where)
        if path:
            writer.add(f"{path}:" if gap is None else f"; {path}:", "cell", gap=gap)
        elif gap is not None:
            writer.add(";", "cell", gap=gap)
        writer.add(text, "cell", gap=" " if path or gap is not None else None)
        gap = ""


def _iter_leaves(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        if depth > _DEPTH:
            raise UnreadableError("is nested too deep")
        pairs = value.items() if isinstance(value, dict) else ((path, item) for item in value)
        for key, inner in pairs:
            name = f"{path}.{key}" if path and isinstance(value, dict) else str(key)
            yield from _iter_leaves(inner, name, depth + 1)
    elif value is not None and str(value).strip():
        yield path, str(value).lower() if isinstance(value, bool) else str(value)
