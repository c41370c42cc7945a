"""A dialog with a list to search and choose from: the earlier questions, the conversations, the pinned quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from askbrief.text.display import shorten
from askbrief.tui.lit import plain

_CHOICE_CHARACTERS = 200
_T = TypeVar("_T")


class ListScreen(ModalScreen[_T | None]):
    """A title, words to type, a heading, the list, and a line of hints; Escape closes it.

    Attributes:
        TITLE_TEXT: The title.
        PLACEHOLDER: What the field for words says while it is empty.
        HEADING: The names of the columns; '' where there is one column only.
        HINT: What can be done.
    """

    TITLE_TEXT: ClassVar[str] = ""
    PLACEHOLDER: ClassVar[str] = "Words to search for"
    HEADING: ClassVar[str] = ""
    HINT: ClassVar[str] = "Enter chooses · Esc closes"
    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("up", "move(-1)", "Previous", priority=True, show=False),
        Binding("down", "move(1)", "Next", priority=True, show=False),
    ]

    def compose(self) -> ComposeResult:
        """The words to search for, and the list."""
        with Vertical(classes="dialog"):
            yield Static(self.TITLE_TEXT, classes="title")
            yield Input(placeholder=self.PLACEHOLDER, compact=True)
            yield Static(self.HEADING, classes="heading")
            yield OptionList(markup=False, compact=True)
            yield Static(self.HINT, classes="hint")

    def on_mount(self) -> None:
        """Show all of it."""
        self.query_one(".heading").display = bool(self.HEADING)
        self.show("")

    def show(self, query: str) -> object:
        """Show what ``query`` finds, all of it where that is ''."""
        raise NotImplementedError

    def take(self, number: int) -> None:
        """Take the option of that number, from 0."""
        raise NotImplementedError

    def set_rows(self, rows: Sequence[Content]) -> None:
        """Show ``rows`` to choose from."""
        options = self.query_one(OptionList)
        options.set_options(map(Option, rows))
        options.highlighted = 0 if rows else None
        options.display = bool(rows)

    @property
    def highlighted(self) -> int | None:
        """The number of the highlighted row, from 0."""
        return self.query_one(OptionList).highlighted

    def tell(self, text: str) -> None:
        """Say something in place of the hint."""
        self.query_one(".hint", Static).update(plain(text))

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show what has the words."""
        self.show(event.value)

    @on(Input.Submitted)
    def choose(self) -> None:
        """Enter."""
        if (number := self.highlighted) is not None:
            self.take(number)

    @on(OptionList.OptionSelected)
    def choose_by_mouse(self, event: OptionList.OptionSelected) -> None:
        """A click."""
        self.take(event.option_index)

    def action_close(self) -> None:
        """Choose nothing."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Move through the list while the words are typed."""
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()


class ChoiceScreen(ListScreen[str]):
    """A list of texts to choose one from.

    Args:
        choices: The texts, the likeliest first.
    """

    TITLE_TEXT = "Earlier questions"

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__()
        self._choices = choices
        self._shown: list[str] = []

    def show(self, query: str) -> None:
        """Show what has the letters of ``query`` in their order, the best first."""
        self._shown = find_choices(self._choices, query)
        self.set_rows([plain(shorten(text, _CHOICE_CHARACTERS)) for text in self._shown])
        self.tell(self.HINT if self._shown else "Nothing found." if query.strip() else "Nothing was asked yet.")

    def take(self, number: int) -> None:
        """Take a text."""
        self.dismiss(self._shown[number])


def find_choices(choices: Sequence[str], query: str) -> list[str]:
    """Those with the letters of ``query`` in their order, the best match first, equal ones in the given order."""
    if not query.strip():
        return list(choices)
    matcher = Matcher(query.strip())
    scores = [(matcher.match(choice), choice) for choice in choices]
    return [choice for score, choice in sorted(scores, key=lambda item: -item[0]) if score > 0]
