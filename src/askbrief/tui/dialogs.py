"""Screens over the chat: the help, an explanation, and a list to search and choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from askbrief.output.explanation import describe_trace
from askbrief.text.display import shorten
from askbrief.text.segment import fold
from askbrief.tui.commands import list_help
from askbrief.tui.lit import plain
from askbrief.types import Trace

_CHOICE_CHARACTERS = 200


class TextScreen(ModalScreen[None]):
    """A text to scroll through; Escape closes it.

    Args:
        title: What it is about.
        parts: The text, part by part.
    """

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f1", "dismiss", "Close")]

    def __init__(self, title: str, *parts: Widget) -> None:
        super().__init__()
        self._title = title
        self._parts = parts

    def compose(self) -> ComposeResult:
        """The title, the text, and how to close it."""
        with Vertical(classes="dialog"):
            yield Static(plain(self._title), classes="title")
            with VerticalScroll():
                yield from self._parts
            yield Static("Esc closes", classes="hint")


class ChoiceScreen(ModalScreen[str | None]):
    """A list of texts to search and choose one from; Escape chooses none.

    Args:
        title: What is to be chosen.
        choices: The texts, the likeliest first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("up", "move(-1)", "Previous", priority=True, show=False),
        Binding("down", "move(1)", "Next", priority=True, show=False),
    ]

    def __init__(self, title: str, choices: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._shown = list(choices)

    def compose(self) -> ComposeResult:
        """The title, the words to search for, and the list."""
        with Vertical(classes="dialog"):
            yield Static(plain(self._title), classes="title")
            yield Input(placeholder="Words to search for")
            yield OptionList(*_build_options(self._shown), markup=False)
            yield Static("Enter chooses, Esc closes", classes="hint")

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Shows what has the words."""
        self._show(event.value)

    @on(Input.Submitted)
    def choose(self) -> None:
        """Enter."""
        if self._shown:
            self.dismiss(self._shown[self.query_one(OptionList).highlighted or 0])

    @on(OptionList.OptionSelected)
    def choose_by_mouse(self, event: OptionList.OptionSelected) -> None:
        """A click."""
        self.dismiss(self._shown[event.option_index])

    def action_move(self, step: int) -> None:
        """Moves through the list while the words are typed."""
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def _show(self, query: str) -> None:
        self._shown = find_choices(self._choices, query)
        options = self.query_one(OptionList)
        options.set_options(_build_options(self._shown))
        options.highlighted = 0 if self._shown else None


def _build_options(texts: Sequence[str]) -> list[Option]:
    return [Option(plain(shorten(text, _CHOICE_CHARACTERS))) for text in texts]


def find_choices(choices: Sequence[str], query: str) -> list[str]:
    """Those that hold every word of ``query``, whatever its case and accents."""
    words = fold(query).split()
    return [choice for choice in choices if all(word in fold(choice) for word in words)]


def build_help() -> list[Widget]:
    """Every key and what it does."""
    rows: list[Widget] = []
    for place, keys in list_help():
        rows.append(Static(place, classes="place"))
        rows += [HorizontalGroup(Static(key, classes="keys"), Static(what, classes="does")) for key, what in keys]
    return rows


def describe_explanation(trace: Trace) -> Content:
    """How a question was answered, or why it was not."""
    lines = [plain(trace.question).stylize("bold"), *map(plain, describe_trace(trace))]
    return Content("\n").join(lines)
