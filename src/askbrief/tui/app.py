"""The application: its name, its looks, its screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from askbrief.tui.screen import ChatScreen
from askbrief.tui.worker import AssistantFactory


class ChatApp(App[Exception]):
    """The chat with one folder; its result is the error that ended it, if one did.

    Args:
        open_assistant: Called once, in the thread that will own the assistant, with the function to report progress to.
    """

    TITLE = "askbrief"
    CSS_PATH = "askbrief.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", priority=True)]

    def __init__(self, open_assistant: AssistantFactory) -> None:
        super().__init__()
        self._open_assistant = open_assistant

    def get_default_screen(self) -> Screen[None]:
        """The chat."""
        return ChatScreen(self._open_assistant)

    def on_app_focus(self) -> None:
        """Gives the keys to the prompt if nothing has them: a browser takes them away before the prompt is there."""
        self.call_later(self._focus_prompt_if_nothing_is)

    def _focus_prompt_if_nothing_is(self) -> None:
        if isinstance(self.screen, ChatScreen) and self.screen.focused is None:
            self.screen.action_focus_prompt()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        yield from super().get_system_commands(screen)
        if isinstance(screen, ChatScreen):
            yield SystemCommand("Source", "Show the source pane or fold it away", screen.action_toggle_source)
