"""The source pane: the whole article that an answer stands in, scrolled to its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from askbrief.text.segment import LineIndex
from askbrief.tui.commands import Place, build_bindings
from askbrief.tui.lit import Light, LitSpan, LitText, plain
from askbrief.tui.trail import Kind, Mark, Source
from askbrief.types import Document, Span

MAX_CHARACTERS = 200_000
"""A longer article is shown in part: this many characters around the place."""
_EMPTY = "The article that an answer comes from is shown here."
_GONE = "The article is no longer in the index: it was changed or removed since."
_WORDS = (Kind.ANSWER, Kind.OTHER)


class SourcePane(Vertical):
    """Shows the articles of a trail, one at a time: the place at hand brightly lit and in view, others fainter."""

    BINDINGS: ClassVar[list[BindingType]] = list(build_bindings(Place.SOURCE))

    @dataclass
    class Wanted(Message):
        """The article of a source is to be loaded and given to ``show_document``."""

        document_id: str

    @dataclass
    class Copied(Message):
        """Characters of the source are to be copied."""

        text: str

    def __init__(self) -> None:
        super().__init__()
        self._trail: tuple[Source, ...] = ()
        self._number = 0
        self._mark = 0
        self._document: Document | None = None
        self._window = Span(0, 0)

    def compose(self) -> ComposeResult:
        """The head with title, path and date, and the scrolling text."""
        yield Static(plain(_EMPTY), classes="head")
        with VerticalScroll():
            yield LitText()

    def show(self, trail: tuple[Source, ...]) -> None:
        """Shows the first source of a trail, at the place that matters most; one that is shown already stays."""
        if trail != self._trail:
            self._trail = trail
            self._go_to(0)

    def show_document(self, document_id: str, document: Document | None) -> None:
        """Shows the article that was wanted, or that it is gone."""
        if self._source is None or self._source.document_id != document_id:
            return
        self._document = document
        if document is None:
            self.query_one(".head", Static).update(plain(f"{self._source.path}\n{_GONE}"))
            self.query_one(LitText).show("", [])
        else:
            self._show_mark()

    def on_resize(self) -> None:
        """Keeps the place in view."""
        self.call_after_refresh(self.scroll_to_mark)

    def action_next_span(self) -> None:
        """To the next lit place."""
        self._step(1)

    def action_previous_span(self) -> None:
        """To the lit place before."""
        self._step(-1)

    def action_next_source(self) -> None:
        """To the next article."""
        self._go_to(self._number + 1)

    def action_previous_source(self) -> None:
        """To the article before."""
        self._go_to(self._number - 1)

    def action_copy_span(self) -> None:
        """Has the lit characters copied."""
        if self._document is not None and (mark := self._find_mark()) is not None:
            self.post_message(self.Copied(mark.span.of(self._document.text)))

    def scroll_to_mark(self) -> None:
        """Brings the lit characters to the middle of the pane, or their first row to its top if they need more."""
        mark = self._find_mark()
        if self._document is None or mark is None:
            return
        rows = self.query_one(LitText).find_rows(_shift(mark.span, self._window))
        if rows:
            scroll = self.query_one(VerticalScroll)
            above = max(0, scroll.size.height - len(rows)) // 2
            scroll.scroll_to(y=rows.start - above, animate=False)

    def focus_text(self) -> None:
        """Gives the keys to the text, to scroll it."""
        self.query_one(VerticalScroll).focus()

    @property
    def _source(self) -> Source | None:
        return self._trail[self._number] if self._trail else None

    def _find_mark(self) -> Mark | None:
        return self._source.marks[self._mark] if self._source is not None else None

    def _go_to(self, number: int) -> None:
        if not self._trail:
            return
        self._number = number % len(self._trail)
        source = self._trail[self._number]
        self._mark = source.first
        if self._document is not None and self._document.id == source.document_id:
            self._show_mark()
        else:
            self._document = None
            self.post_message(self.Wanted(source.document_id))

    def _step(self, step: int) -> None:
        if self._source is not None and self._document is not None:
            self._mark = (self._mark + step) % len(self._source.marks)
            self._show_mark()

    def _show_mark(self) -> None:
        document, source, mark = self._document, self._source, self._find_mark()
        assert document is not None
        assert source is not None
        assert mark is not None
        self._window = find_window(document.text, mark.span)
        self.query_one(LitText).show(self._window.of(document.text), build_lights(source, self._mark, self._window))
        self.query_one(".head", Static).update(self._describe(document, source, mark))
        self.call_after_refresh(self.scroll_to_mark)

    def _describe(self, document: Document, source: Source, mark: Mark) -> Content:
        line, _ = LineIndex(document.text).find(mark.span.start)
        facts = [f"{document.path}:{line}", str(document.date or "")]
        if len(source.marks) > 1:
            facts.append(f"{mark.kind.value}, place {self._mark + 1} of {len(source.marks)}")
        if len(self._trail) > 1:
            facts.append(f"source {self._number + 1} of {len(self._trail)}")
        if len(self._window) < len(document.text):
            facts.append(f"characters {self._window.start:,} to {self._window.end:,} of {len(document.text):,}")
        lines = [plain(" · ".join(filter(None, facts)))]
        return Content("\n").join(
            [plain(document.title).stylize("bold $foreground"), *lines] if document.title else lines
        )


def find_window(text: str, span: Span) -> Span:
    """The part of a text that is shown: all of it, or what is around ``span`` if it is very long."""
    if len(text) <= MAX_CHARACTERS:
        return Span(0, len(text))
    start = max(0, min(span.start - MAX_CHARACTERS // 2, len(text) - MAX_CHARACTERS))
    return Span(start, max(span.end, min(len(text), start + MAX_CHARACTERS)))


def build_lights(source: Source, at: int, window: Span) -> list[LitSpan]:
    """What is lit in the shown part: passages first, so that answers lie over them; the place at hand the brightest."""
    ordered = sorted(enumerate(source.marks), key=lambda item: (item[1].kind in _WORDS, item[0] == at))
    lit = []
    for number, mark in ordered:
        span = Span(max(mark.span.start, window.start), max(window.start, min(mark.span.end, window.end)))
        if span:
            bright, faint = (Light.WORDS, Light.OTHER) if mark.kind in _WORDS else (Light.HERE, Light.PASSAGE)
            lit.append(LitSpan(_shift(span, window), bright if number == at else faint))
    return lit


def _shift(span: Span, window: Span) -> Span:
    return Span(max(0, span.start - window.start), max(0, span.end - window.start))
