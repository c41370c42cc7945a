"""The source pane: the whole article that an answer stands in, scrolled to its words."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from askbrief.datatypes import Document
from askbrief.text import LineIndex
from askbrief.tui.lit import LitText, plain
from askbrief.tui.messages import Citation

_EMPTY = "The article that an answer comes from is shown here."


class SourcePane(Vertical):
    """Shows one citation at a time: the article's characters, those of the span lit and in view."""

    def compose(self) -> ComposeResult:
        """The head with title, path and date, and the scrolling text."""
        yield Static(plain(_EMPTY), classes="head")
        with VerticalScroll():
            yield LitText()

    def show(self, citation: Citation) -> None:
        """Shows the document of ``citation`` and scrolls to its span."""
        document = citation.document
        line, _ = LineIndex(document.text).find(citation.span.start)
        self.query_one(".head", Static).update(_describe(document, line))
        self.query_one(LitText).show(document.text, citation.span, is_answer=citation.is_answer)
        self.call_after_refresh(self.scroll_to_span)

    def on_resize(self) -> None:
        """Keeps the span in view."""
        self.call_after_refresh(self.scroll_to_span)

    def scroll_to_span(self) -> None:
        """Brings the lit characters to the middle of the pane, or their first row to its top if they need more."""
        rows = self.query_one(LitText).find_lit_rows()
        if rows:
            scroll = self.query_one(VerticalScroll)
            above = max(0, scroll.size.height - len(rows)) // 2
            scroll.scroll_to(y=rows.start - above, animate=False)

    def focus_text(self) -> None:
        """Gives the keys to the text, to scroll it."""
        self.query_one(VerticalScroll).focus()


def _describe(document: Document, line: int) -> Content:
    source = plain(f"{document.path}:{line}" + (f" · {document.date}" if document.date else ""))
    return Content("\n").join([plain(document.title).stylize("bold"), source]) if document.title else source
