"""The conversation: a transcript that is saved as it grows, and read from disk where it is longer than what is held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message

from askbrief.errors import AskbriefError
from askbrief.text.display import printable
from askbrief.tui.archive import ArchiveThread, Bookmark, ConversationsFactory, Form
from askbrief.tui.card import Card
from askbrief.tui.transcript import Transcript
from askbrief.types import Answer, Document

if TYPE_CHECKING:
    from askbrief.conversations.saved import Conversation, Entry

LAST = 0
"""In place of a conversation's number: the last used one of the folder."""


class ConversationView(Transcript):
    """One conversation at a time, shown and saved.

    Args:
        open_conversations: Called once, in the thread that owns the file of the conversations.
        resume: Number of a conversation to go on with; ``LAST`` is the last used one.
    """

    @dataclass
    class Remembered(Message):
        """The questions that were asked about this folder before, newest first."""

        questions: list[str]

    @dataclass
    class Changed(Message):
        """Another conversation is the current one, or it has a name now.

        Attributes:
            conversation: The conversation; None for a new one.
            is_resumed: Whether it is gone on with, so that it should look as it did.
        """

        conversation: Conversation | None
        is_resumed: bool = False

    @dataclass
    class NotFound(Message):
        """The conversation to go on with cannot be had."""

        error: AskbriefError

    def __init__(self, open_conversations: ConversationsFactory, *, resume: int | None) -> None:
        super().__init__()
        self._thread = ArchiveThread(open_conversations)
        self._resume_first = resume
        self._has_folder = asyncio.Event()
        self._told = ""

    def on_unmount(self) -> None:
        """Save what is still to be saved."""
        self._thread.close()

    @work
    async def open(self, root: Path) -> None:
        """Begin to save what is asked about the folder ``root``."""
        async with self._reporting():
            notes = await self._thread.run(lambda archive: archive.take_notes())
            for note in notes:
                self.notify(printable(note), severity="warning", markup=False)
            await self._thread.run(lambda archive: setattr(archive, "root", root))
            self.post_message(self.Remembered(await self._thread.run(lambda a: a.conversations.load_questions(root))))
            if self._resume_first is not None:
                try:
                    await self._go_to(Bookmark(self._resume_first or None))
                except AskbriefError as error:
                    self.post_message(self.NotFound(error))
        self._has_folder.set()

    @work
    async def save(self, card: Card, answer: Answer) -> None:
        """Save the answer of a card."""
        async with self._reporting():
            entry = await self._thread.run(lambda archive: archive.save(answer))
            card.entry_id = entry.id
            self._told = ""
            self.post_message(self.Changed(await self._thread.run(lambda archive: archive.load_current())))

    @work
    async def save_view(self, view: str) -> None:
        """Save how the conversation is looked at."""
        async with self._reporting():
            await self._thread.run(lambda archive: archive.save_view(view))

    @work
    async def pin(self, card: Card) -> None:
        """Put a card's quote into the basket, or take it out."""
        if card.entry_id is None:
            self.notify("The question is not saved, so it cannot be pinned.", severity="warning", markup=False)
            return
        number, is_pinned = card.entry_id, not card.is_pinned
        async with self._reporting():
            await self._thread.run(lambda archive: archive.conversations.set_pinned(number, is_pinned=is_pinned))
            card.show_pin(is_pinned=is_pinned)

    @work
    async def export(self, form: Form) -> None:
        """Write the conversation to a new file in the working directory."""
        async with self._reporting():
            file = await self._thread.run(lambda archive: archive.export(None, form, folder=Path.cwd()))
            self.notify(printable(f"Saved as {file}"), markup=False)

    @work
    async def start_new(self) -> None:
        """Begin a new conversation."""
        async with self._reporting():
            await self._thread.run(lambda archive: setattr(archive, "current", None))
            await self.replace([], has_earlier=False, has_later=False)
            self.post_message(self.Changed(None))

    @work
    async def resume(self, bookmark: Bookmark) -> None:
        """Go on with another conversation."""
        async with self._reporting():
            await self._go_to(bookmark)

    async def go_to_end(self) -> None:
        """Show the last questions, if they are on disk only."""
        if self.has_later:
            async with self._reporting():
                await self._show_end()

    @work(exclusive=True, group="choosing")
    async def choose(self) -> None:
        """List the conversations about the folder as soon as it is known, to go on with one."""
        from askbrief.tui.saved import SavedScreen  # not before the first paint

        await self._has_folder.wait()
        screen = SavedScreen(self._thread)

        def take(bookmark: Bookmark | None) -> None:
            if bookmark is not None:
                self.resume(bookmark)
            elif screen.is_current_gone:
                self.start_new()
            elif screen.is_renamed:
                self._tell_name()

        self.app.push_screen(screen, take)

    def show_basket(self, load_document: Callable[[str], Document | None]) -> None:
        """Show the pinned quotes, to go to one or export them.

        Args:
            load_document: Loads the article of that id, or None if it is gone; called in the archive's thread.
        """
        from askbrief.tui.basket import BasketScreen  # not before the first paint

        def take(bookmark: Bookmark | None) -> None:
            if bookmark is not None:
                self.resume(bookmark)

        self.app.push_screen(BasketScreen(self._thread, load_document), take)

    @work
    async def _tell_name(self) -> None:
        async with self._reporting():
            self.post_message(self.Changed(await self._thread.run(lambda archive: archive.load_current())))

    @on(Transcript.EarlierWanted)
    @work(exclusive=True, group="page")
    async def load_earlier(self, event: Transcript.EarlierWanted) -> None:
        """The cards before the first one, one of which takes the keys."""
        async with self._reporting():
            page = await self._thread.run(lambda archive: archive.load_page(before=event.entry_id))
            cards = list(map(_build_card, page.entries))
            await self.show_earlier(cards, has_more=page.has_more)
            self._focus(cards[-1:])

    @on(Transcript.LaterWanted)
    @work(exclusive=True, group="page")
    async def load_later(self, event: Transcript.LaterWanted) -> None:
        """The cards after the last saved one, one of which takes the keys."""
        async with self._reporting():
            page = await self._thread.run(lambda archive: archive.load_page(after=event.entry_id))
            cards = list(map(_build_card, page.entries))
            await self.show_later(cards, has_more=page.has_more)
            self._focus(cards[:1])

    async def _go_to(self, bookmark: Bookmark) -> None:
        await self._thread.run(lambda archive: archive.resume(bookmark.conversation_id))
        self.post_message(self.Changed(await self._thread.run(lambda a: a.load_current()), is_resumed=True))
        if (entry := bookmark.entry_id) is None:
            await self._show_end()
            return
        page = await self._thread.run(lambda archive: archive.load_page(before=entry + 1))
        later = await self._thread.run(lambda archive: archive.load_page(after=entry))
        cards = list(map(_build_card, page.entries))
        await self.replace(cards, has_earlier=page.has_more, has_later=bool(later.entries))
        self._focus(cards[-1:])

    async def _show_end(self) -> None:
        page = await self._thread.run(lambda archive: archive.load_page())
        cards = list(map(_build_card, page.entries))
        await self.replace(cards, has_earlier=page.has_more, has_later=False)
        if cards:
            self.bring_into_view(cards[-1])

    def _focus(self, cards: list[Card]) -> None:
        for card in cards:
            card.focus(scroll_visible=False)
            self.bring_into_view(card)

    @asynccontextmanager
    async def _reporting(self) -> AsyncIterator[None]:
        """Tell an error once, however often it comes."""
        try:
            yield
        except AskbriefError as error:
            text = printable(f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}")
            if text != self._told:
                self._told = text
                self.notify(text, severity="error", markup=False)


def _build_card(entry: Entry) -> Card:
    question = " ".join(filter(None, [entry.answer.question, entry.answer.filters]))
    return Card(question, entry.answer, entry_id=entry.id, is_pinned=entry.is_pinned)
