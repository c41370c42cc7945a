"""The conversation: a transcript that is saved as it grows, and read from disk where it is longer than what is held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message

from askbrief.errors import AskbriefError
from askbrief.text.display import printable
from askbrief.tui.archive import Archive, ConversationsFactory, Form
from askbrief.tui.card import Card
from askbrief.tui.saved import Place, SavedScreen
from askbrief.tui.transcript import Transcript
from askbrief.types import Answer

if TYPE_CHECKING:
    from askbrief.conversations.saved import Entry


class Conversation(Transcript):
    """Shows and saves one conversation at a time.

    Args:
        open_conversations: Called once, in the thread that owns the file of the conversations.
        resume: Number of a conversation to go on with.
    """

    @dataclass
    class Remembered(Message):
        """The questions that were asked about this folder before, newest first."""

        questions: list[str]

    def __init__(self, open_conversations: ConversationsFactory, *, resume: int | None) -> None:
        super().__init__()
        self._archive = Archive(open_conversations)
        self._resume_first = resume
        self._has_failed = False

    def on_unmount(self) -> None:
        """Saves what is still to be saved."""
        self._archive.close()

    @work
    async def open(self, root: Path) -> None:
        """Begins to save what is asked about the folder ``root``."""
        async with self._reporting():
            questions, notes = await self._archive.open(root)
            self.post_message(self.Remembered(questions))
            for note in notes:
                self.notify(printable(note), severity="warning", markup=False)
            if self._resume_first is not None:
                await self._go_to(Place(self._resume_first))

    @work
    async def save(self, card: Card, answer: Answer) -> None:
        """Saves the answer of a card."""
        try:
            card.entry_id = await self._archive.save(answer)
            self._has_failed = False
        except AskbriefError as error:
            if not self._has_failed:
                self._report(error)
            self._has_failed = True

    @work
    async def pin(self, card: Card) -> None:
        """Pins a card, or takes the pin away."""
        if card.entry_id is None:
            self.notify("The question is not saved, so it cannot be pinned.", severity="warning", markup=False)
            return
        async with self._reporting():
            await self._archive.set_pinned(card.entry_id, is_pinned=not card.is_pinned)
            card.show_pin(is_pinned=not card.is_pinned)

    @work
    async def export(self, form: Form) -> None:
        """Writes the conversation to a new file in the working directory."""
        async with self._reporting():
            file = await self._archive.export(None, form, folder=Path.cwd())
            self.notify(printable(f"Written to {file}"), markup=False)

    @work
    async def start_anew(self) -> None:
        """Begins an empty conversation."""
        async with self._reporting():
            await self._archive.start_anew()
            await self.replace([], has_earlier=False, has_later=False)

    @work
    async def resume(self, place: Place) -> None:
        """Goes on with another conversation."""
        async with self._reporting():
            await self._go_to(place)

    async def go_to_end(self) -> None:
        """Shows the last questions, if they are on disk only."""
        if self.has_later:
            async with self._reporting():
                await self._show_end()

    def choose(self) -> None:
        """Lists the conversations, to go on with one."""
        screen = SavedScreen(self._archive)

        def take(place: Place | None) -> None:
            if place is not None:
                self.resume(place)
            elif screen.is_at_hand_gone:
                self.start_anew()

        self.app.push_screen(screen, take)

    @on(Transcript.EarlierWanted)
    @work(exclusive=True, group="page")
    async def load_earlier(self, event: Transcript.EarlierWanted) -> None:
        """The cards before the first one, one of which takes the keys."""
        async with self._reporting():
            page = await self._archive.load_page(before=event.entry_id)
            cards = list(map(_build_card, page.entries))
            await self.show_earlier(cards, has_more=page.has_more)
            if cards:
                cards[-1].focus(scroll_visible=False)
                self.bring_into_view(cards[-1])

    @on(Transcript.LaterWanted)
    @work(exclusive=True, group="page")
    async def load_later(self, event: Transcript.LaterWanted) -> None:
        """The cards after the last saved one, one of which takes the keys."""
        async with self._reporting():
            page = await self._archive.load_page(after=event.entry_id)
            cards = list(map(_build_card, page.entries))
            await self.show_later(cards, has_more=page.has_more)
            if cards:
                cards[0].focus(scroll_visible=False)
                self.bring_into_view(cards[0])

    async def _go_to(self, place: Place) -> None:
        await self._archive.resume(place.conversation_id)
        if place.entry_id is None:
            await self._show_end()
            return
        page = await self._archive.load_page(before=place.entry_id + 1)
        later = await self._archive.load_page(after=place.entry_id)
        cards = list(map(_build_card, page.entries))
        await self.replace(cards, has_earlier=page.has_more, has_later=bool(later.entries))
        if cards:
            cards[-1].focus(scroll_visible=False)
            self.bring_into_view(cards[-1])

    async def _show_end(self) -> None:
        page = await self._archive.load_page()
        cards = list(map(_build_card, page.entries))
        await self.replace(cards, has_earlier=page.has_more, has_later=False)
        if cards:
            self.bring_into_view(cards[-1])

    @asynccontextmanager
    async def _reporting(self) -> AsyncIterator[None]:
        try:
            yield
        except AskbriefError as error:
            self._report(error)

    def _report(self, error: AskbriefError) -> None:
        self.notify(printable(f"{error.message}. {error.hint}"), severity="error", markup=False)


def _build_card(entry: Entry) -> Card:
    return Card(entry.answer.question, entry.answer, entry_id=entry.id, is_pinned=entry.is_pinned)
