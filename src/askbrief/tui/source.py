"""The source pane: the whole article that an answer stands in, scrolled to its words; or the list of all articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Input, Static

from askbrief.output.location import describe_date
from askbrief.tui.article_list import ArticleList
from askbrief.tui.citation import cut, cut_path
from askbrief.tui.commands import Place, build_bindings
from askbrief.tui.gutter import Gutter
from askbrief.tui.highlights import WORDS, build_lights, find_asked, find_text, find_window, shift
from askbrief.tui.lit import Light, LitSpan, LitText, plain
from askbrief.tui.messages import Article
from askbrief.tui.trail import Kind, Mark, Source
from askbrief.types import Document, Span

GONE = "This article is no longer in the index: the file was changed or removed."


class SourcePane(Vertical):
    """The articles of a trail, one at a time, its current highlight in view; or the list of all articles.

    Attributes:
        root: The folder that paths are relative to, once it is known.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Prompt"),
        *build_bindings(Place.SOURCE),
    ]

    @dataclass
    class Wanted(Message):
        """The article of a source is to be loaded and given to ``show_document``."""

        document_id: str

    @dataclass
    class Copied(Message):
        """Characters of the source are to be copied."""

        text: str

    @dataclass
    class Opened(Message):
        """The file is to be opened at a line, by an editor or the system's viewer."""

        path: str
        line: int | None
        by_editor: bool

    @dataclass
    class Left(Message):
        """The reader wants to go back to the prompt."""

    def __init__(self) -> None:
        super().__init__()
        self.root: Path | None = None
        self._trail: tuple[Source, ...] = ()
        self._number = 0
        self._mark = 0
        self._document: Document | None = None
        self._window = Span(0, 0)
        self._question = ""
        self._asked: list[Span] = []
        self._found: tuple[Mark, ...] = ()
        self._is_find_wanted = False
        self._field: Input | None = None

    def compose(self) -> ComposeResult:
        """The head with title, date and path, the scrolling text, and the list of articles."""
        yield Static(classes="head")
        scroll = VerticalScroll()
        scroll.FOCUS_ON_CLICK = False  # type: ignore[misc]
        with scroll, HorizontalGroup():
            yield Gutter()
            yield LitText()
        yield ArticleList()

    def on_mount(self) -> None:
        """Begin with the list of articles."""
        self.browse()

    def browse(self) -> None:
        """Show the list of articles."""
        self._trail, self._document, self._found = (), None, ()
        self.set_class(True, "-list")
        self.query_one(".head", Static).update(self._describe_list())

    def show_articles(self, articles: Sequence[Article]) -> None:
        """Take the articles of the folder, newest first."""
        self.set_class(bool(articles), "-filled")
        self.query_one(ArticleList).show(articles)
        if self.has_class("-list"):
            self.query_one(".head", Static).update(self._describe_list())

    def show(self, trail: tuple[Source, ...], *, question: str = "") -> None:
        """Show the first source of a trail, at the place that matters most; one that is shown already stays.

        Without a source, show the list of articles.
        """
        if not trail:
            self.browse()
        elif trail != self._trail:
            self._trail, self._question = trail, question
            self._go_to(0)

    def show_document(self, document_id: str, document: Document | None) -> None:
        """Show the article that was wanted, or that it is gone."""
        if self._source is None or self._source.document_id != document_id:
            return
        self._document = document
        self.set_class(False, "-list")
        if document is None:
            self.query_one(".head", Static).update(plain(f"{self._source.path}\n{GONE}"))
            self.query_one(LitText).show("", [])
            self.query_one(Gutter).show([])
        else:
            self._show_mark()
        if self._is_find_wanted:
            self.action_find()

    def on_resize(self) -> None:
        """Keep the place in view."""
        if self._document is not None and self._source is not None:
            self.query_one(".head", Static).update(self._describe(self._document))
        self.call_after_refresh(self._show_rows)

    @on(ArticleList.Chosen)
    def open_article(self, event: ArticleList.Chosen) -> None:
        """Show an article of the list."""
        article = event.article
        self.show((Source(article.document_id, article.path, ()),))
        self.focus_text()

    def action_next_span(self) -> None:
        """Go to the next highlight."""
        self._step(1)

    def action_previous_span(self) -> None:
        """Go to the previous highlight."""
        self._step(-1)

    def action_next_source(self) -> None:
        """Show the next article."""
        self._go_to(self._number + 1)

    def action_previous_source(self) -> None:
        """Show the previous article."""
        self._go_to(self._number - 1)

    def action_copy_span(self) -> None:
        """Have the selected or highlighted characters copied."""
        if selected := self.screen.get_selected_text():
            self.post_message(self.Copied(selected))
        elif self._document is not None and (mark := self._find_mark()) is not None:
            self.post_message(self.Copied(mark.span.of(self._document.text)))

    def action_open_editor(self) -> None:
        """Have the file opened in an editor or pager."""
        self._open(by_editor=True)

    def action_open_viewer(self) -> None:
        """Have the file opened in the system's viewer."""
        self._open(by_editor=False)

    def action_leave(self) -> None:
        """Close the words to find, or go back to the prompt."""
        if self._field is not None:
            self._close_field()
            self._found = ()
            self._mark = self._source.first if self._source is not None else 0
            self._show_mark()
            self.focus_text()
        else:
            self.post_message(self.Left())

    def action_find(self) -> None:
        """Ask for words to find in the article, as soon as it is there."""
        self._is_find_wanted = self._document is None and self._source is not None
        if self._document is not None:
            self._close_field()
            self._field = Input(placeholder="Find in this article", compact=True)
            self.mount(self._field)
            self._field.focus()

    @on(Input.Changed)
    def find(self, event: Input.Changed) -> None:
        """Highlight the words."""
        event.stop()
        if self._document is not None and event.input is self._field:
            spans = find_text(self._document.text, event.value)
            self._found, self._mark = tuple(Mark(span, Kind.FOUND) for span in spans), 0
            self._show_mark()

    @on(Input.Submitted)
    def find_next(self, event: Input.Submitted) -> None:
        """Go to the next place."""
        event.stop()
        self._step(1)

    def focus_text(self) -> None:
        """Give the keys to the text, to scroll it, or to the list."""
        self.query_one(ArticleList if self.has_class("-list") else VerticalScroll).focus()

    @property
    def _source(self) -> Source | None:
        return self._trail[self._number] if self._trail else None

    @property
    def _marks(self) -> tuple[Mark, ...]:
        return self._found or (self._source.marks if self._source is not None else ())

    def _find_mark(self) -> Mark | None:
        return self._marks[self._mark] if self._marks else None

    def _go_to(self, number: int) -> None:
        if not self._trail:
            return
        self._number = number % len(self._trail)
        source = self._trail[self._number]
        self._mark, self._found = source.first, ()
        self._close_field()
        if self._document is not None and self._document.id == source.document_id:
            self._show_mark()
        else:
            self._document = None
            self.post_message(self.Wanted(source.document_id))

    def _close_field(self) -> None:
        if self._field is not None:
            self._field.remove()
            self._field = None

    def _step(self, step: int) -> None:
        if self._document is not None and self._marks:
            self._mark = (self._mark + step) % len(self._marks)
            self._show_mark()

    def _show_mark(self) -> None:
        document, mark = self._document, self._find_mark()
        if document is None:
            return
        self.set_class(False, "-list")
        self._window = find_window(document.text, mark.span if mark is not None else Span(0, 0))
        text = self._window.of(document.text)
        lights = [LitSpan(span, Light.ASKED) for span in find_asked(text, self._question)]
        lights += build_lights(self._marks, self._mark, self._window)
        self.query_one(LitText).show(text, lights)
        self.query_one(".head", Static).update(self._describe(document))
        self.call_after_refresh(self._show_rows)

    def _show_rows(self) -> None:
        """Put the bars beside the passages, and bring the highlight to the middle, or its first row to the top."""
        if self._document is None:
            return
        mark, passages = self._find_mark(), self._list_passages()
        spans = [shift(found.span, self._window) for found in ([mark] if mark is not None else []) + passages]
        rows = self.query_one(LitText).find_rows(spans)
        self.query_one(Gutter).show(rows[1:] if mark is not None else rows)
        scroll = self.query_one(VerticalScroll)
        if mark is None:
            scroll.scroll_home(animate=False)
        elif rows[0]:
            above = max(0, scroll.size.height - len(rows[0])) // 2
            scroll.scroll_to(y=rows[0].start - above, animate=False)

    def _list_passages(self) -> list[Mark]:
        """The passages of the article, that of the current highlight first."""
        mark = self._find_mark()
        passages = [] if self._source is None else [found for found in self._source.marks if found.kind not in WORDS]
        return sorted(passages, key=lambda found: mark is None or not found.span.contains(mark.span))

    def _open(self, *, by_editor: bool) -> None:
        if self._document is not None:
            mark = self._find_mark()
            line, _ = self._document.find_line(mark.span.start if mark is not None else 0) or (None, 0)
            self.post_message(self.Opened(self._document.path, line, by_editor))

    def _describe_list(self) -> Content:
        return plain(self.query_one(ArticleList).describe()).stylize("bold $foreground")

    def _describe(self, document: Document) -> Content:
        columns = max(10, self.size.width - 4)
        mark, marks = self._find_mark(), self._marks
        line, _ = (document.find_line(mark.span.start) if mark is not None else None) or (None, 0)
        facts = [describe_date(document.date) if document.date else "", f"line {line}" if line is not None else ""]
        where = [f"◂ {self._mark + 1}/{len(marks)} ▸" if len(marks) > 1 else ""]
        where += [mark.kind.value if mark is not None and mark.kind is not Kind.ANSWER else ""]
        where += [f"article {self._number + 1}/{len(self._trail)}" if len(self._trail) > 1 else ""]
        if len(self._window) < len(document.text):
            facts.append(f"characters {self._window.start:,} to {self._window.end:,} of {len(document.text):,}")
        left, right = (" · ".join(filter(None, parts)) for parts in (facts, where))
        gap = columns - len(left) - len(right)
        between = " " * gap if gap > 1 else "\n"
        link = (self.root / document.path).as_uri() if self.root is not None and not self.app.is_web else None
        path = Content.styled(cut_path(document.path, columns), Style(dim=True, link=link))
        lines = [plain(cut(document.title, 2 * columns)).stylize("bold $foreground")] if document.title else []
        lines += [plain(f"{left}{between if left and right else ''}{right}")] if left or right else []
        return Content("\n").join([*lines, path])
