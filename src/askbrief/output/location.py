"""Locations: where something is, described for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from askbrief.text.display import one_line, shorten
from askbrief.types import AnswerSpan, Hit, Place

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_GAP = "…"
_LABEL_CHARACTERS = 60
_MEMBERS = frozenset(("message", "item", "line"))
"""Kinds of places that name a part of a file better than its name there."""


def describe_date(day: date) -> str:
    """A date as people read it: "6 May 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def describe_place(found: AnswerSpan | Hit) -> str:
    """Where in its file something is: ":31", ", page 7 (printed 47701)", ', "Eye in the sky"'."""
    if found.line is not None:
        return f":{found.line}"
    where = describe_places(found.places)
    return f", {where}" if where else ""


def describe_places(places: Sequence[Place]) -> str:
    """Places, from the outer to the inner: "page 7 (printed 47701)", "row 12, Plot"; '' without any."""
    parts = []
    for outer, place in zip((None, *places), places, strict=False):
        is_inside = outer is not None and (outer.kind, outer.number) == (place.kind, place.number)
        parts.append(shorten(place.label, _LABEL_CHARACTERS) if is_inside else _describe_part(place))
    return ", ".join(filter(None, parts))


def describe_part(found: AnswerSpan | Hit) -> str:
    """Which part of its file something is in: "line 31", "page 7 (printed 47701)"; '' where nothing tells."""
    if found.line is not None:
        return f"line {found.line}"
    return describe_place(found).removeprefix(", ")


def describe_location(found: AnswerSpan | Hit, *, width: int | None = None) -> str:
    """Where something is, such as ``news/2026/…/report.txt:31`` or ``report.pdf, page 7``, on one line.

    Args:
        found: An answer or a passage.
        width: Most columns; folders in the middle are left out, then the middle of the name. None leaves out nothing.
    """
    end = one_line(describe_place(found))
    is_numbered = any(place.kind in _MEMBERS for place in found.places)
    path = f"{found.path}!{found.member}" if found.member and not is_numbered else found.path
    parts = one_line(path).split("/")
    shown = "/".join(parts) + end
    if width is None or cell_len(shown) <= width:
        return shown
    for kept in range(len(parts) - 2, 0, -1):
        front, back = parts[: (kept + 1) // 2], parts[len(parts) - 1 - kept // 2 :]
        shown = "/".join([*front, _GAP, *back]) + end
        if cell_len(shown) <= width:
            return shown
    name = parts[-1] if len(parts) == 1 else f"{_GAP}/{parts[-1]}"
    return _cut_middle(name, max(4, width - cell_len(end))) + end


def _describe_part(place: Place) -> str:
    label = shorten(place.label, _LABEL_CHARACTERS)
    match place.kind:
        case "page":
            return f"page {place.number}" + (f" (printed {label})" if label and label != str(place.number) else "")
        case "time":
            return label
        case "heading" | "chapter" | "section":
            return f"“{label}”" if label else f"{place.kind} {place.number}"
        case "notes" | "quoted":
            return place.kind
        case _:
            number = f"{place.kind} {place.number}" if place.number is not None else ""
            return ", ".join(part for part in (number, label) if part)


def _cut_middle(text: str, width: int) -> str:
    """``text`` in at most ``width`` columns, with its middle left out if need be."""
    if cell_len(text) <= width:
        return text
    back = len(text) - 1
    while cell_len(text[back - 1 :]) <= width // 2:
        back -= 1
    front = 0
    while cell_len(text[: front + 1]) + 1 + cell_len(text[back:]) <= width:
        front += 1
    return text[:front] + _GAP + text[back:]


def render_location(found: AnswerSpan | Hit, *, root: Path | None = None, width: int | None = None) -> Text:
    """``describe_location`` and, where ``root`` is known, a link (OSC 8) to the file; in the terminal's own colour."""
    link = f"file://{quote(str(root / found.path))}" if root else None
    return Text(describe_location(found, width=width), Style(link=link))
