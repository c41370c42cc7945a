"""Text with some of its characters lit, and where those stand on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from textual.content import Content
from textual.selection import Selection
from textual.widgets import Static

from askbrief.text.display import printable
from askbrief.types import Span


class Light(StrEnum):
    """How brightly characters are lit."""

    WORDS = "lit-text--words"
    OTHER = "lit-text--other"
    ASKED = "lit-text--asked"
    FOUND = "lit-text--found"


@dataclass(frozen=True, slots=True)
class LitSpan:
    """Characters that are lit."""

    span: Span
    light: Light


def plain(text: str) -> Content:
    """``text`` as it is, of equal length: never markup, without control characters, tabs as one space."""
    return Content(printable(text).replace("\t", " "), strip_control_codes=False)


def find_rows(text: Content, spans: Sequence[Span], *, width: int) -> list[range]:
    """For each of ``spans`` the rows, from 0, with characters of it when ``text`` is wrapped at ``width`` columns."""
    rows: list[list[int]] = [[] for _ in spans]
    if width > 0:
        for number, span in enumerate(spans):
            text = text.stylize(str(number), span.start, span.end)
        for row, line in enumerate(text.wrap(width) if spans else ()):
            for number in {int(str(mark.style)) for mark in line.spans}:
                rows[number].append(row)
    return [range(found[0], found[-1] + 1) if found else range(0) for found in rows]


def find_selected(text: str, selection: Selection) -> Span:
    """The characters of ``text`` between the lines and columns of a selection."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def find(row: int, column: int) -> int:
        return len(text) if row >= len(lines) else starts[row] + min(column, len(lines[row]))

    start = find(selection.start.y, selection.start.x) if selection.start is not None else 0
    end = find(selection.end.y, selection.end.x) if selection.end is not None else len(text)
    return Span(start, max(start, end))


class LitText(Static):
    """The characters of a text, some of them lit. What is selected in it is copied as the text has it.

    Args:
        text: What to show.
        lit: Which of its characters are lit; later ones over earlier ones.
        classes: CSS classes of the widget.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {light.value for light in Light}

    def __init__(self, text: str = "", lit: Sequence[LitSpan] = (), *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._raw = text
        self._text = plain(text)
        self._lit = tuple(lit)

    def show(self, text: str, lit: Sequence[LitSpan]) -> None:
        """Show a text with some of it lit."""
        self._lit = tuple(lit)
        if text != self._raw:
            self._raw = text
            self._text = plain(text)
        self.refresh(layout=True)

    def render(self) -> Content:
        """The text in the colours of the theme."""
        content = self._text
        for lit in self._lit:
            content = content.stylize(self.get_visual_style(lit.light), lit.span.start, lit.span.end)
        return content

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected characters of the text itself: no wrapped lines, no replaced characters."""
        return find_selected(self._raw, selection).of(self._raw), "\n"

    def find_rows(self, spans: Sequence[Span]) -> list[range]:
        """For each of ``spans`` the rows of the widget, from 0, that hold its characters as the text is wrapped now."""
        return find_rows(self._text, spans, width=self.size.width)
