"""The basket: the pinned quotes of all conversations about the folder, to go to, unpin and export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from askbrief.errors import AskbriefError
from askbrief.output.location import describe_location
from askbrief.text.display import shorten
from askbrief.tui.archive import ArchiveThread, Bookmark, save_new
from askbrief.tui.lists import ListScreen
from askbrief.tui.lit import plain
from askbrief.types import Document

if TYPE_CHECKING:
    from askbrief.conversations.quotes import Quote
    from askbrief.conversations.saved import Entry

QuoteForm: TypeAlias = Literal["md", "bib", "json", "csv"]
_COLUMNS = 200


class BasketScreen(ListScreen[Bookmark]):
    """The list of pinned quotes; words search them.

    Args:
        archive: Where they are.
        load_document: Loads the article of that id, or None if it is gone; called in the archive's thread.
    """

    TITLE_TEXT = "Pinned quotes"
    PLACEHOLDER = "Words in a quote"
    HINT = "Enter goes there · ^x unpins · save: ^s Markdown · ^b BibTeX · ^j CSL-JSON · ^t CSV · Esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x", "unpin", "Unpin", priority=True),
        Binding("ctrl+s", "export('md')", "Markdown", priority=True),
        Binding("ctrl+b", "export('bib')", "BibTeX", priority=True),
        Binding("ctrl+j", "export('json')", "CSL-JSON", priority=True),
        Binding("ctrl+t", "export('csv')", "CSV", priority=True),
    ]

    def __init__(self, archive: ArchiveThread, load_document: Callable[[str], Document | None]) -> None:
        super().__init__()
        self._archive = archive
        self._load_document = load_document
        self._shown: list[Entry] = []

    @work(exclusive=True)
    async def show(self, query: str) -> None:
        """List the pinned quotes with the words of ``query``."""
        words = query.casefold().split()
        try:
            entries = await self._archive.run(lambda a: a.conversations.load_pinned(a.root))
        except AskbriefError as error:
            self.tell(f"{error.message}. {error.hint}")
            return
        self._shown = [entry for entry in entries if all(word in _text(entry).casefold() for word in words)]
        self.set_rows([_row(entry) for entry in self._shown])
        nothing = "Nothing found." if words else "Nothing is pinned yet: p on an answer pins it."
        self.tell(self.HINT if self._shown else nothing)

    def take(self, number: int) -> None:
        """Go to a quote."""
        entry = self._shown[number]
        self.dismiss(Bookmark(entry.conversation_id, entry.id))

    @work
    async def action_unpin(self) -> None:
        """Take a quote out of the basket."""
        if self.highlighted is None or not self._shown:
            return
        number = self._shown[self.highlighted].id
        try:
            await self._archive.run(lambda archive: archive.conversations.set_pinned(number, is_pinned=False))
        except AskbriefError as error:
            self.tell(f"{error.message}. {error.hint}")
            return
        self.show("")

    @work
    async def action_export(self, form: QuoteForm) -> None:
        """Write the quotes that are listed to a file in the working directory."""
        if not self._shown:
            return
        entries = self._shown
        try:
            file = await self._archive.run(lambda _: export_quotes(entries, form, self._load_document))
        except AskbriefError as error:
            self.tell(f"{error.message}. {error.hint}")
            return
        self.tell(f"Saved as {file}")


def export_quotes(entries: list[Entry], form: QuoteForm, load_document: Callable[[str], Document | None]) -> Path:
    """Write the best answers of ``entries`` to a new file in the working directory.

    Raises:
        ConversationError: It cannot be written.
    """
    from askbrief.conversations.quotes import quotes_as_bibtex, quotes_as_csl, quotes_as_csv
    from askbrief.output.markdown import quotes_as_markdown

    write = {"md": quotes_as_markdown, "bib": quotes_as_bibtex, "json": quotes_as_csl, "csv": quotes_as_csv}[form]
    quotes = [_build_quote(entry, load_document) for entry in entries if entry.answer.answers]
    return save_new([write(quotes)], Path.cwd(), "askbrief-quotes", f".{form}")


def _build_quote(entry: Entry, load_document: Callable[[str], Document | None]) -> Quote:
    from askbrief.conversations.origin import Origin, find_origin
    from askbrief.conversations.quotes import Quote

    span = entry.answer.answers[0]
    document = load_document(span.document_id)
    origin = find_origin(document.title, document.text) if document is not None else Origin()
    return Quote(
        question=entry.answer.question,
        words=span.text,
        sentence=span.sentence_text,
        title=span.title,
        outlet=origin.outlet,
        day=span.date,
        path=span.path,
        place=describe_location(span),
        link=origin.link,
    )


def _text(entry: Entry) -> str:
    return "\n".join([entry.answer.question, *(span.sentence_text for span in entry.answer.answers[:1])])


def _row(entry: Entry) -> Content:
    span = entry.answer.answers[0] if entry.answer.answers else None
    quote = f"“{shorten(span.sentence_text, _COLUMNS)}”" if span is not None else entry.answer.summary
    return Content.assemble(plain(shorten(entry.answer.question, _COLUMNS)), "  ", (plain(quote).plain, "dim"))
