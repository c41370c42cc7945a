"""What an empty conversation shows: what can be asked, questions to begin with, the keys that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from askbrief.tui.lit import plain

GREETING = (
    "Ask a question about these articles. You get their exact words, highlighted in their source, or “not in these"
    " articles”."
)
STARTERS = "Questions to begin with:"
KEYS = (("Enter", "asks"), ("Esc or ↑", "goes to the answers"), ("F1", "shows all keys"))


class Suggestion(Static, can_focus=True):
    """A question to begin with.

    Args:
        question: The question.
    """

    FOCUS_ON_CLICK = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "ask", "Ask this"),
        Binding("e", "edit", "Edit"),
        Binding("escape", "leave", "Prompt"),
    ]

    @dataclass
    class Chosen(Message):
        """The question is to be asked, or to be edited first."""

        question: str
        is_edited: bool

    def __init__(self, question: str) -> None:
        super().__init__(plain(question))
        self.question = question

    def action_ask(self) -> None:
        """Have it asked."""
        self.post_message(self.Chosen(self.question, is_edited=False))

    def action_edit(self) -> None:
        """Have it put into the prompt."""
        self.post_message(self.Chosen(self.question, is_edited=True))

    def action_leave(self) -> None:
        """Go back to the prompt."""
        self.post_message(self.Chosen("", is_edited=True))

    def on_click(self) -> None:
        """Have it asked."""
        self.action_ask()


class Welcome(VerticalGroup):
    """A greeting; the questions come once there are any."""

    def compose(self) -> ComposeResult:
        """The greeting and the keys."""
        yield Static(GREETING, classes="greeting")
        yield VerticalGroup(id="starters")
        keys = Content("   ").join([Content.assemble((key, "bold $text"), f" {what}") for key, what in KEYS])
        yield Static(keys, classes="greeting")

    def show(self, questions: Sequence[str]) -> None:
        """Show ``questions`` to choose from."""
        starters = self.query_one("#starters")
        starters.remove_children()
        if questions:
            starters.mount(Static(STARTERS, classes="greeting"), *map(Suggestion, questions))
