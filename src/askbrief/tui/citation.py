"""Citations as people read them: title, date and line first, the path after it. Pure."""

from __future__ import annotations

from datetime import date

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from askbrief.output.location import describe_date, describe_location, describe_part
from askbrief.text.display import one_line
from askbrief.types import AnswerSpan, Hit

_NAME_END = 14
"""Columns of a file name's end that are kept when its middle is cut."""


def describe_range(days: list[date]) -> str:
    """The months from the first to the last of ``days``: "Mar 2025 – Jul 2026"; '' without a day."""
    if not days:
        return ""
    first, last = f"{min(days):%b %Y}", f"{max(days):%b %Y}"
    return first if first == last else f"{first} – {last}"


def cut(text: str, columns: int) -> str:
    """``text`` on one line of at most ``columns`` columns, with an ellipsis where it is longer."""
    text = " ".join(one_line(text).split())
    if cell_len(text) <= columns:
        return text
    return set_cell_size(text, columns - 1).rstrip() + "…" if columns > 1 else "…"[: max(0, columns)]


def cut_path(path: str, columns: int) -> str:
    """A path of at most ``columns`` columns: folders in its middle go first, then the middle of the file's name."""
    path = one_line(path)
    if cell_len(path) <= columns:
        return path
    *folders, name = path.split("/")
    for kept in range(len(folders) - 1, -1, -1):
        shorter = "/".join([*folders[:kept], "…", name])
        if cell_len(shorter) <= columns:
            return shorter
    if cell_len(name) <= columns:
        return name
    start = columns - _NAME_END - 1
    return f"{set_cell_size(name, start)}…{name[-_NAME_END:]}" if start > 0 else cut(name, columns)


def build_citation(found: AnswerSpan | Hit, *, columns: int) -> Content:
    """One line if it fits, else the path on a line of its own: ``title · 6 May 2026 · line 31``, ``path:31``.

    The title is left out where a passage begins with it.
    """
    place = describe_location(found)
    title, day = found.title, found.date
    if not title.strip() or (isinstance(found, Hit) and found.passage.text.startswith(title)):
        when = f" · {describe_date(day)}" if day else ""
        return Content.assemble((cut_path(place, columns - cell_len(when)), "dim"), when)
    facts = " · ".join([*([describe_date(day)] if day else []), one_line(describe_part(found))])
    first = f"{cut(title, max(8, columns - cell_len(facts) - 3))} · {facts}"
    fits = cell_len(first) + 3 + cell_len(place) <= columns
    rest = f" · {one_line(place)}" if fits else f"\n{cut_path(place, columns)}"
    return Content.assemble(first, (rest, "dim"))


def cite(span: AnswerSpan) -> str:
    """Title, date and place of an answer, as plain text to copy."""
    parts = [one_line(span.title), describe_date(span.date) if span.date else "", describe_location(span)]
    return ", ".join(part for part in parts if part.strip())
