"""The transcript: the cards of a conversation, as many as fit a bounded memory; the others are on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from askbrief.answer.dialogue import Turn, build_turn
from askbrief.tui.card import Card
from askbrief.tui.welcome import Suggestion, Welcome

MAX_CARDS = 100
"""Cards that are held; saved ones beyond that are folded to disk."""


class _More(Static):
    """A line that stands for cards on disk."""

    @dataclass
    class Pressed(Message):
        """The line was clicked."""

        line: _More

        @property
        def control(self) -> _More:
            """The line."""
            return self.line

    def on_mount(self) -> None:
        """Hide the line until there are such cards."""
        self.display = False

    def on_click(self) -> None:
        """Ask for those cards."""
        self.post_message(self.Pressed(self))


class Transcript(VerticalScroll, can_focus=False):
    """The cards, oldest first; the keys move a block cursor between them.

    Attributes:
        cards: The cards that are held.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Previous answer", show=False),
        Binding("down,j", "move(1)", "Next answer", show=False),
        Binding("home", "move_to_end(-1)", "First answer", show=False),
        Binding("end", "move_to_end(1)", "Last answer", show=False),
    ]

    @dataclass
    class Left(Message):
        """The reader moved on from the last card."""

    @dataclass
    class EarlierWanted(Message):
        """The reader wants the cards before the one saved as ``entry_id``."""

        entry_id: int

    @dataclass
    class LaterWanted(Message):
        """The reader wants the cards after the one saved as ``entry_id``."""

        entry_id: int

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[Card] = []

    def compose(self) -> ComposeResult:
        """What an empty transcript shows, and the lines that stand for cards on disk."""
        yield Welcome()
        yield _More("▲ Earlier questions", id="earlier")
        yield _More("▼ Later questions", id="later")

    async def add_card(self, question: str) -> Card:
        """A new card at the end, brought into view."""
        card = Card(question)
        await self._make_room(1, from_start=True)
        await self._mount([card], at=len(self.cards))
        self.bring_into_view(card)
        return card

    async def show_earlier(self, cards: Sequence[Card], *, has_more: bool) -> None:
        """Put saved cards before the first one; the latest saved ones are folded away beyond the bound."""
        await self._make_room(len(cards), from_start=False)
        await self._mount(cards, at=0)
        self._mark("#earlier", is_shown=has_more)

    async def show_later(self, cards: Sequence[Card], *, has_more: bool) -> None:
        """Put saved cards after the last saved one; the earliest are folded away beyond the bound."""
        await self._make_room(len(cards), from_start=True)
        saved = [number for number, card in enumerate(self.cards, start=1) if card.entry_id is not None]
        await self._mount(cards, at=saved[-1] if saved else 0)
        self._mark("#later", is_shown=has_more)

    async def replace(self, cards: Sequence[Card], *, has_earlier: bool, has_later: bool) -> None:
        """Show other cards in place of all that do not wait for an answer."""
        gone = [card for card in self.cards if not card.is_waiting]
        self.cards = [card for card in self.cards if card.is_waiting]
        await self.remove_children(gone)
        await self._mount(cards, at=0)
        self._mark("#earlier", is_shown=has_earlier)
        self._mark("#later", is_shown=has_later)
        self.query_one(Welcome).display = not self.cards

    @property
    def has_later(self) -> bool:
        """Whether later cards than the last saved one are on disk only."""
        return bool(self.query_one("#later").display)

    def list_turns(self, *, before: Card) -> tuple[Turn, ...]:
        """The turns of the cards before one, oldest first."""
        earlier = self.cards[: self.cards.index(before)] if before in self.cards else []
        return tuple(build_turn(card.answer) for card in earlier if card.answer is not None)

    def list_history(self, card: Card) -> tuple[Turn, ...]:
        """The turns that a card took up, or may take up."""
        if card.history is not None:
            return tuple(card.history)
        is_as_typed = card.answer is not None and card.answer.searched == card.answer.question
        return () if is_as_typed else self.list_turns(before=card)

    def bring_into_view(self, card: Card) -> None:
        """Scroll so that as much of the card is seen as fits, its beginning in any case."""

        def scroll() -> None:
            region, top = card.virtual_region_with_margin, self.scroll_offset.y
            if region:
                fits = top <= region.y and region.bottom <= top + self.scrollable_content_region.height
                # To a place, not by a distance: it also ends a scrolling that is under way to where the cards were.
                self.scroll_to(y=top if fits else region.y, animate=False, immediate=True)
            elif card.is_attached:  # not laid out yet
                self.call_after_refresh(scroll)

        self.call_after_refresh(scroll)

    def on_resize(self) -> None:
        """Keep the card with the keys in view, or else the last."""
        focused = self.screen.focused
        if isinstance(focused, Card) and focused in self.cards:
            self.bring_into_view(focused)
        elif self.cards:
            self.bring_into_view(self.cards[-1])

    def mark_current(self, current: Card | None) -> None:
        """Mark the card whose source is shown."""
        for card in self.cards:
            card.set_class(card is current, "-current")

    def focus_last(self) -> bool:
        """Give the keys to the last card, or the first suggestion; return whether there is one."""
        stops = self._list_stops()
        if stops:
            stops[-1 if self.cards else 0].focus()
        return bool(stops)

    def suggest(self, questions: Sequence[str]) -> None:
        """Show questions to begin with, if nothing was asked yet."""
        if not self.cards:
            self.query_one(Welcome).show(questions)

    def action_move(self, step: int) -> None:
        """Move the cursor by ``step`` cards; past the last one it leaves the transcript."""
        stops = self._list_stops()
        focused = self.screen.focused
        if focused not in stops:
            return
        number = stops.index(focused) + step
        if number < 0:
            self._want_earlier()
        elif number == len(stops):
            if not self._want_later():
                self.post_message(self.Left())
        else:
            stops[number].focus()

    def action_move_to_end(self, direction: int) -> None:
        """Move the cursor to the first (-1) or last (1) card that is held."""
        stops = self._list_stops()
        if stops:
            stops[0 if direction < 0 else -1].focus()

    @on(_More.Pressed)
    def load_more(self, event: _More.Pressed) -> None:
        """A click on one of the lines."""
        event.stop()
        if event.line.id == "earlier":
            self._want_earlier()
        else:
            self._want_later()

    def _want_earlier(self) -> None:
        first = next((card.entry_id for card in self.cards if card.entry_id is not None), None)
        if first is not None and self.query_one("#earlier").display:
            self.post_message(self.EarlierWanted(first))

    def _want_later(self) -> bool:
        last = next((card.entry_id for card in reversed(self.cards) if card.entry_id is not None), None)
        if last is None or not self.has_later:
            return False
        self.post_message(self.LaterWanted(last))
        return True

    def _list_stops(self) -> list[Widget]:
        return [*self.cards] if self.cards else [*self.query(Suggestion)]

    async def _mount(self, cards: Sequence[Card], *, at: int) -> None:
        self.query_one(Welcome).display = False
        before = self.cards[at] if at < len(self.cards) else self.query_one("#later")
        self.cards[at:at] = cards
        for number, card in enumerate(self.cards, start=1):
            card.set_class(number == len(self.cards), "-newest")
        await self.mount(*cards, before=before)

    async def _make_room(self, count: int, *, from_start: bool) -> None:
        """Take cards away before others are mounted, so that nothing moves once these are laid out."""
        beyond = len(self.cards) + count - MAX_CARDS
        if beyond <= 0:
            return
        order = self.cards if from_start else self.cards[::-1]
        gone = [card for card in order if not card.is_waiting][:beyond]
        self.cards = [card for card in self.cards if card not in gone]
        if any(card.entry_id is not None for card in gone):
            self._mark("#earlier" if from_start else "#later", is_shown=True)
        await self.remove_children(gone)

    def _mark(self, selector: str, *, is_shown: bool) -> None:
        self.query_one(selector).display = is_shown
