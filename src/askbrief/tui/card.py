"""A card: one question and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from askbrief.answer.dialogue import Turn
from askbrief.errors import AskbriefError
from askbrief.text.display import shorten
from askbrief.tui.commands import Place, build_bindings
from askbrief.tui.lit import plain
from askbrief.tui.parts import Alternative, build_parts, count_places, find_place, has_others
from askbrief.types import Answer, AnswerSpan, Hit, Trace

QUESTION_CHARACTERS = 500


class Card(VerticalGroup, can_focus=True):
    """One question, with its answers once there are any.

    Args:
        question: As asked; '' for what nobody asked.
        answer: Its answer, if it has one already.
        entry_id: The number it is saved under, if it is.
        is_pinned: Whether the user pinned it.

    Attributes:
        question: As asked.
        answer: Its answer; None while it waits and after an error.
        trace: What led to the answer; None where that is not known any more.
        history: The turns that it may take up; None for those of the cards before it.
        entry_id: The number it is saved under, if it is.
        is_pinned: Whether the user pinned it.
        is_waiting: Whether the answer is still to come.
        chosen: Which of the answers is shown in full, or of the mentions or passages is marked, from 0.
        is_open: Whether the other answers are shown too.
    """

    FOCUS_ON_CLICK = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *build_bindings(Place.CARD),
        *(Binding(str(number), f"choose({number - 1})", f"Answer {number}", show=False) for number in range(1, 10)),
    ]

    @dataclass
    class Acted(Message):
        """The reader wants something done with a card.

        Attributes:
            card: The card.
            action: The name of the command; "select" after a click.
        """

        card: Card
        action: str

    def __init__(
        self, question: str, answer: Answer | None = None, *, entry_id: int | None = None, is_pinned: bool = False
    ) -> None:
        super().__init__()
        self.question = question
        self.answer = answer
        self.trace: Trace | None = None
        self.history: Sequence[Turn] | None = None
        self.entry_id = entry_id
        self.is_pinned = is_pinned
        self.is_waiting = answer is None
        self.chosen = 0
        self.is_open = False

    def compose(self) -> ComposeResult:
        """The question, and its answers or that it waits."""
        yield Static(self._describe_question(), classes="question")
        with VerticalGroup(classes="body"):
            if self.answer is not None:
                yield from build_parts(self.answer, chosen=self.chosen, is_open=self.is_open)
            else:
                yield Static("…", classes="waiting")

    def on_mount(self) -> None:
        """Take the looks of the outcome."""
        self._mark_outcome()

    @property
    def span(self) -> AnswerSpan | None:
        """The answer that is shown in full; None without one."""
        return self.answer.answers[self.chosen] if self.answer is not None and self.answer.answers else None

    @property
    def place(self) -> AnswerSpan | Hit | None:
        """The answer that is shown in full, or the passage that is marked; None without either."""
        return find_place(self.answer, self.chosen) if self.answer is not None else None

    async def show_answer(self, answer: Answer) -> None:
        """Show what the documents say, or that they do not."""
        self.answer = answer
        await self._show(build_parts(answer, chosen=self.chosen, is_open=self.is_open))

    async def show_error(self, error: AskbriefError) -> None:
        """Show why there is no answer, and what to do about it."""
        self.add_class("-error")
        await self._show(
            [
                Static(plain(f"✗ {error.message[:1].upper()}{error.message[1:]}."), classes="error"),
                Static(plain(error.hint), classes="hint"),
            ]
        )

    async def choose(self, chosen: int) -> bool:
        """Show another of the answers, or mark a passage; return whether there is one of that number, from 0."""
        if self.answer is None or not 0 <= chosen < count_places(self.answer):
            return False
        self.is_open |= chosen > 0 and has_others(self.answer)
        self.chosen = chosen
        await self._show(build_parts(self.answer, chosen=chosen, is_open=self.is_open))
        return True

    async def toggle_others(self) -> None:
        """Show the other answers, or hide them."""
        if self.answer is not None and has_others(self.answer):
            self.is_open = not self.is_open
            self.chosen = self.chosen if self.is_open else 0
            await self._show(build_parts(self.answer, chosen=self.chosen, is_open=self.is_open))

    def show_pin(self, *, is_pinned: bool) -> None:
        """Show whether the question is pinned."""
        self.is_pinned = is_pinned
        self.query_one(".question", Static).update(self._describe_question())

    def on_click(self, event: events.Click) -> None:
        """A click shows the source; a double click goes to it; one on another answer takes that."""
        widget = event.widget
        if isinstance(widget, Alternative):
            self.act(f"choose_{widget.number}")
        elif widget is not None and widget.has_class("fold"):
            self.act("toggle_others")
        else:
            self.act("open_source" if event.chain == 2 else "select")

    def act(self, action: str) -> None:
        """Ask for something to be done with this card."""
        self.post_message(self.Acted(self, action))

    def action_act(self, action: str) -> None:
        """As ``act``, from a key."""
        self.act(action)

    def action_choose(self, chosen: int) -> None:
        """As ``act``, from a digit."""
        self.act(f"choose_{chosen}")

    async def _show(self, widgets: Sequence[Widget]) -> None:
        self.is_waiting = False
        self._mark_outcome()
        body = self.query_one(".body")
        await body.remove_children()
        await body.mount(*widgets)

    def _mark_outcome(self) -> None:
        self.set_class(self.answer is not None and bool(self.answer.answers), "-answered")
        self.set_class(self.answer is not None and not self.answer.answers, "-refused")

    def _describe_question(self) -> Content:
        return plain(("★ " if self.is_pinned else "") + shorten(self.question, QUESTION_CHARACTERS))
