"""Screens over the chat with a text to read: the help, and an explanation."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from askbrief.tui.commands import list_help
from askbrief.tui.lit import plain


class TextScreen(ModalScreen[None]):
    """A text to scroll through; Escape closes it.

    Args:
        title: What it is about.
        parts: The text, part by part.
    """

    CSS_PATH = "dialogs.tcss"
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
            yield Static("↑ ↓ scroll · Esc closes", classes="hint")


def build_help() -> list[Widget]:
    """Every key and what it does."""
    rows: list[Widget] = []
    for place, keys in list_help():
        rows.append(Static(place, classes="place"))
        rows += [HorizontalGroup(Static(key, classes="keys"), Static(what, classes="does")) for key, what in keys]
    return rows
