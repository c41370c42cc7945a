"""Text with some of its characters lit, and where those stand on the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.widgets import Static

from askbrief.datatypes import Span
from askbrief.text import printable

NOWHERE = Span(0, 0)
_WORDS, _PASSAGE = "lit-text--words", "lit-text--passage"


def plain(text: str) -> Content:
    """``text`` as it is, of equal length: never markup, and without control characters."""
    return Content(printable(text), strip_control_codes=False)


class LitText(Static):
    """The characters of a text, those of a span lit: brightly the words of an answer, faintly a passage.

    Args:
        text: What to show.
        span: Which of its characters are lit.
        classes: CSS classes of the widget.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {_WORDS, _PASSAGE}

    def __init__(self, text: str = "", span: Span = NOWHERE, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._text = plain(text)
        self._span = span
        self._component = _WORDS

    def show(self, text: str, span: Span, *, is_answer: bool) -> None:
        """Shows another text; a span that does not answer is lit faintly."""
        self._text = plain(text)
        self._span = span
        self._component = _WORDS if is_answer else _PASSAGE
        self.refresh(layout=True)

    def render(self) -> Content:
        """The text in the colours of the theme."""
        return self._text.stylize(self.get_visual_style(self._component), self._span.start, self._span.end)

    def find_lit_rows(self) -> range:
        """The rows of the widget, from 0, that hold lit characters as the text is wrapped now."""
        if not self.size.width:
            return range(0)
        lit = self._text.stylize("bold", self._span.start, self._span.end)
        rows = [row for row, line in enumerate(lit.wrap(self.size.width)) if line.spans]
        return range(rows[0], rows[-1] + 1) if rows else range(0)
