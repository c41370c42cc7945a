"""Quotes: pinned answers with all that a citation needs, as BibTeX, CSL-JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

_BIBTEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: f"\\{character}" for character in "&%$#_"
}


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an article, and where they stand.

    Attributes:
        question: What they answer.
        words: The answer, verbatim.
        sentence: The sentence around it, verbatim.
        title: Title of the article; '' where there is none.
        outlet: Where it was published; '' where it is not stated.
        day: Its publication date, where known.
        path: Path of the file.
        place: Where the words are: "a.txt:3", "report.pdf, page 7".
        link: Address of the article; '' where it is not stated.
    """

    question: str
    words: str
    sentence: str
    title: str
    outlet: str
    day: date | None
    path: str
    place: str
    link: str


def quotes_as_csv(quotes: Sequence[Quote]) -> str:
    """One quote a row, with a header; a value that a spreadsheet would take for a formula begins with an apostrophe."""
    stream = io.StringIO()
    names = ["question", "words", "sentence", "title", "outlet", "date", "path", "place", "link"]
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(names)
    for quote in quotes:
        values = asdict(quote) | {"date": quote.day.isoformat() if quote.day else ""}
        writer.writerow([guard(str(values[name])) for name in names])
    return stream.getvalue()


def quotes_as_csl(quotes: Sequence[Quote]) -> str:
    """CSL-JSON 1.0: one item an article, its quotes in ``note``."""
    items = []
    for key, found in _group(quotes):
        first = found[0]
        item: dict[str, object] = {"id": key, "type": "article-newspaper", "title": first.title or first.path}
        if first.outlet:
            item["container-title"] = first.outlet
        if first.day:
            item["issued"] = {"date-parts": [[first.day.year, first.day.month, first.day.day]]}
        if first.link:
            item["URL"] = first.link
        item["note"] = _note(found)
        items.append(item)
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def quotes_as_bibtex(quotes: Sequence[Quote]) -> str:
    """One ``@misc`` entry an article, its quotes in ``note``."""
    entries = []
    for key, found in _group(quotes):
        first = found[0]
        fields = {
            "title": first.title or first.path,
            "howpublished": first.outlet,
            "year": str(first.day.year) if first.day else "",
            "month": str(first.day.month) if first.day else "",
            "day": str(first.day.day) if first.day else "",
            "url": first.link,
            "note": _note(found),
        }
        lines = [f"  {name} = {{{_escape(value)}}}" for name, value in fields.items() if value]
        entries.append(f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n")
    return "\n".join(entries)


def _group(quotes: Sequence[Quote]) -> list[tuple[str, list[Quote]]]:
    """The quotes of each article with a key for it, in the order of the first ones."""
    groups: dict[tuple[str, str], list[Quote]] = {}
    for quote in quotes:
        groups.setdefault((quote.path, quote.title), []).append(quote)
    keys: dict[str, list[Quote]] = {}
    for found in groups.values():
        stem = _build_key(found[0])
        key, number = stem, 1
        while key in keys:
            number += 1
            key = f"{stem}-{number}"
        keys[key] = found
    return list(keys.items())


def _build_key(quote: Quote) -> str:
    words = unicodedata.normalize("NFKD", quote.title or quote.path).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", words)[:4]) or "article"
    return f"{stem}-{quote.day.year}" if quote.day else stem


def _note(quotes: Sequence[Quote]) -> str:
    return " ".join(f"“{' '.join(quote.sentence.split())}” ({quote.place})" for quote in quotes)


def _escape(text: str) -> str:
    return "".join(_BIBTEX.get(character, character) for character in " ".join(text.split()))


def guard(value: str) -> str:
    """A value for CSV, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
