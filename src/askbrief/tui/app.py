"""The application: its name, its looks, its screen, its clipboard."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from askbrief.text.display import printable
from askbrief.tui.archive import ConversationsFactory
from askbrief.tui.citation import cut
from askbrief.tui.clipboard import give_to_tool, save_to_file, takes_escape_sequence
from askbrief.tui.commands import build_action, describe_keys, list_palette
from askbrief.tui.messages import Titled
from askbrief.tui.prompt import Prompt
from askbrief.tui.refresher import AssistantFactory
from askbrief.tui.screen import ChatScreen

_TOAST_COLUMNS = 60
_KEEP_TITLE, _RESTORE_TITLE = "\x1b[22;0t", "\x1b[23;0t"


class ChatApp(App[BaseException]):
    """The chat with one folder; its result is the error that ended it, if one did.

    Args:
        open_assistant: Called once, in the thread that will own the assistant, with the function to report progress to.
        open_conversations: Called once, in the thread that will own the saved conversations.
        resume: Number of a conversation to go on with; 0 is the last used one of the folder.
        clipboard_folder: Where text to copy goes when there is no clipboard.

    Attributes:
        conversation: Number of the current conversation; 0 before its first answer.
    """

    TITLE = "askbrief"
    CSS_PATH = "askbrief.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", priority=True, show=False),
    ]

    def __init__(
        self,
        open_assistant: AssistantFactory,
        open_conversations: ConversationsFactory,
        *,
        clipboard_folder: Path,
        resume: int | None = None,
    ) -> None:
        super().__init__()
        self._open_assistant = open_assistant
        self._open_conversations = open_conversations
        self._resume = resume
        self._clipboard_folder = clipboard_folder
        self._ended_by: signal.Signals | None = None
        self._is_titled = False
        self.conversation = 0

    def run(self, **options: Any) -> BaseException | None:
        """Run the chat; a signal that ends it is passed on once the terminal is as it was."""
        result = super().run(**options)
        if self._ended_by is not None:
            signal.signal(self._ended_by, signal.SIG_DFL)
            signal.raise_signal(self._ended_by)
        return result

    def on_mount(self) -> None:
        """Have signals end the chat as quitting does, so that the terminal is left as it was."""
        if not (self.is_headless or self.is_web):
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._end_by, number)

    def _end_by(self, number: signal.Signals) -> None:
        try:
            termios.tcgetattr(sys.stdin.fileno())
        except termios.error:  # the terminal is gone: nothing to restore, and writing to it would block
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._ended_by = number
        self.exit()

    def get_default_screen(self) -> Screen[None]:
        """The chat."""
        return ChatScreen(self._open_assistant, self._open_conversations, resume=self._resume)

    def on_app_focus(self) -> None:
        """Give the keys to the prompt if nothing has them: a browser takes them away before the prompt is there."""
        self.call_later(self._focus_prompt_if_nothing_is)

    def _focus_prompt_if_nothing_is(self) -> None:
        if isinstance(self.screen, ChatScreen) and self.screen.is_mounted and self.screen.focused is None:
            self.screen.prompt.focus()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        if isinstance(screen, ChatScreen):
            for command in list_palette():
                keys = f" Key: {describe_keys(command.keys)}" if command.keys else ""
                yield SystemCommand(
                    command.title, command.help + keys, partial(self.run_action, build_action(command), screen)
                )
        yield SystemCommand("Theme", "Choose other colours.", self.action_change_theme)
        yield SystemCommand("Quit", "Quit askbrief. Key: ctrl+q", self.action_quit)

    @on(Titled)
    def show_title(self, event: Titled) -> None:
        """Show what the chat is called in the title of the window."""
        self.conversation = event.number
        self.title = printable(event.title)
        if self.is_web:
            cast(Any, self._driver).write_meta({"type": "page", "title": self.title, "conversation": event.number})
        elif self._driver is not None and not self.is_headless:
            kept = "" if self._is_titled else _KEEP_TITLE
            self._is_titled = True
            self._driver.write(f"{kept}\x1b]0;{self.title}\x07")

    def on_unmount(self) -> None:
        """Give the window its own title back."""
        if self._is_titled and self._driver is not None:
            self._driver.write(_RESTORE_TITLE)

    def action_suspend_process(self) -> None:
        """Suspend the chat; without a shell to come back to, undo in the prompt."""
        if self._driver is not None and self._driver.can_suspend:
            super().action_suspend_process()
        elif isinstance(self.focused, Prompt):
            self.focused.action_undo()

    def copy_to_clipboard(self, text: str) -> None:
        """Copy ``text``: by the system's own tool, else by the terminal, else to a file; a toast says what."""
        self._copy(text)

    @work
    async def _copy(self, text: str) -> None:
        shown = cut(text, _TOAST_COLUMNS)
        copied = f"Copied {shown}" if shown.startswith("“") else f"Copied “{shown}”"
        if not self.is_web and await asyncio.to_thread(give_to_tool, text, os.environ) is not None:
            self._clipboard = text
            self.notify(copied, markup=False)
        elif self.is_web or takes_escape_sequence(os.environ):
            super().copy_to_clipboard(text)
            self.notify(copied, markup=False)
        else:
            self._clipboard = text
            try:
                file = await asyncio.to_thread(save_to_file, text, self._clipboard_folder)
            except OSError as error:
                self.notify(f"Nothing was copied: {error.strerror}.", severity="error", markup=False)
            else:
                self.notify(f"There is no clipboard here. Saved to {file}", severity="warning", markup=False)
