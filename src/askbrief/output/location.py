"""Locations: where something is, described for people."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import quote

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from askbrief.text.display import one_line

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PATH_STYLE, _GAP = "cyan", "…"


def describe_date(day: date) -> str:
    """A date as people read it: "6 May 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def describe_location(path: str, line: int, *, width: int | None = None) -> str:
    """Where something is, such as ``news/2026/…/report.txt:31``, on one line.

    Args:
        path: Relative to the folder that was asked, with ``/``.
        line: From 1.
        width: Most columns; folders in the middle are left out, then the middle of the name. None leaves out nothing.
    """
    end = f":{line}"
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
    return _cut_middle(name, max(4, width - len(end))) + end


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


def render_location(path: str, line: int, *, root: Path | None = None, width: int | None = None) -> Text:
    """``describe_location`` with its colour and, where ``root`` is known, a link (OSC 8) to the file."""
    link = f"file://{quote(str(root / path))}" if root else None
    return Text(describe_location(path, line, width=width), Style.parse(_PATH_STYLE) + Style(link=link))
