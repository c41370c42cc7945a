"""What an empty transcript shows: a greeting, and questions that the articles answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.message import Message
from textual.widgets import Static

from askbrief.tui.lit import plain

GREETING = "Ask these articles a question. You get their own words, lit up in the source, or an honest no."


class Suggestion(Static, can_focus=True):
    """A question to begin with.

    Args:
        question: The question.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "ask", "Ask this"), Binding("e", "edit", "Edit")]

    @dataclass
    class Chosen(Message):
        """The question is to be asked, or to be edited first."""

        question: str
        is_edited: bool

    def __init__(self, question: str) -> None:
        super().__init__(plain(question))
        self.question = question

    def action_ask(self) -> None:
        """Has it asked."""
        self.post_message(self.Chosen(self.question, is_edited=False))

    def action_edit(self) -> None:
        """Has it put into the prompt."""
        self.post_message(self.Chosen(self.question, is_edited=True))

    def on_click(self) -> None:
        """Has it asked."""
        self.action_ask()


class Welcome(VerticalGroup):
    """Greets; the suggestions come once there are any."""

    def compose(self) -> ComposeResult:
        """The greeting."""
        yield Static(GREETING, classes="greeting")

    def show(self, questions: Sequence[str]) -> None:
        """Shows ``questions`` to choose from."""
        self.query(Suggestion).remove()
        if questions:
            self.mount(*map(Suggestion, questions))
