"""Front matter: the YAML or TOML between ``---`` or ``+++`` at the beginning of a text, and what it states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from askbrief.corpus.dates import parse_date

_MAX_CHARACTERS = 16_384
_YAML = re.compile(r"\A\s*---[ \t]*\n(?P<body>(?:.*?\n)?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\A\s*\+\+\+[ \t]*\n(?P<body>(?:.*?\n)?)\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"^[\"']?(?P<key>[\w][\w .:/-]{0,40}?)[\"']?[ \t]*[:=](?:[ \t]+(?P<value>.*)|[ \t]*)$")
_INNER = re.compile(r"[ \t]+\S|[ \t]*-(?:[ \t]|$)|[ \t]*[#\]})]|[ \t]*$")
_TITLES = ("title", "headline", "subject", "name")
_AUTHORS = ("author", "authors", "by", "byline", "creator", "writer")
_DATES = (
    "date", "published", "pubdate", "datepublished", "publishdate", "publicationdate", "publishedat", "publishedon",
    "publishedtime", "dateposted", "posted", "issued", "created", "createdat", "datecreated", "creationdate",
    "timestamp", "updated", "lastmod", "modified", "datemodified", "updatedat",
)  # fmt: skip
_NO_VALUE = ("", "~", "null", "none")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter states; ``end`` is where the text's body starts, 0 where there is none."""

    end: int = 0
    title: str = ""
    date: date | None = None
    author: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def read_front_matter(text: str) -> FrontMatter:
    """The front matter of a text.

    What cannot be parsed is front matter all the same if its lines have the form of keys and values; then each line is
    read by itself. A text that only begins with a rule has none.
    """
    match = _YAML.match(text[:_MAX_CHARACTERS]) or _TOML.match(text[:_MAX_CHARACTERS])
    if match is None:
        return FrontMatter()
    body = match["body"]
    fields = _parse_toml(body) if match.re is _TOML else _parse_yaml(body)
    if fields is None:
        lines = body.splitlines()
        pairs = [pair for line in lines if (pair := _PAIR.match(line))]
        if not pairs or not all(_PAIR.match(line) or _INNER.match(line) for line in lines):
            return FrontMatter()
        fields = {pair["key"]: _unquote(pair["value"] or "") for pair in pairs}
    known = {re.sub(r"[^a-z]", "", str(key).lower()): value for key, value in fields.items()}
    return FrontMatter(match.end(), _find_text(known, _TITLES), _find_date(known), _find_text(known, _AUTHORS), fields)


def _parse_yaml(body: str) -> dict[Any, Any] | None:
    import yaml

    try:
        fields = yaml.load(body, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return None
    if fields in (None, ""):
        return {}
    return fields if isinstance(fields, dict) else None


def _parse_toml(body: str) -> dict[str, Any] | None:
    import tomllib

    try:
        return tomllib.loads(body)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _find_text(known: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The first of the keys' values that is one name or text; of lists and records the first name in them."""
    for key in keys:
        value = known.get(key)
        if key in _AUTHORS:
            if isinstance(value, list) and value:
                value = value[0]
            if isinstance(value, dict):
                value = value.get("name")
        if isinstance(value, str) and value.strip().lower() not in _NO_VALUE:
            return " ".join(_join_surrogates(value).split())
    return ""


def _find_date(known: Mapping[str, Any]) -> date | None:
    for key in _DATES:
        value = known.get(key)
        text = str(value).strip() if isinstance(value, (str, date, int)) else ""
        if re.fullmatch(r"(?:19|20)\d{6}", text):
            text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        if _EPOCH.fullmatch(text) and key in ("timestamp", "created", "date", "published"):
            from datetime import UTC, datetime

            return datetime.fromtimestamp(int(text[:10]), UTC).date()
        if found := parse_date(text):
            return found
    return None


def _unquote(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _join_surrogates(text: str) -> str:
    """``text`` with escaped surrogate pairs as the characters they stand for; single ones become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
