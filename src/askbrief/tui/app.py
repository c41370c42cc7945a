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
from typing import Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from askbrief.tui.archive import ConversationsFactory
from askbrief.tui.clipboard import give_to_tool, save_to_file, takes_escape_sequence
from askbrief.tui.commands import Command, Place, describe_keys, list_palette
from askbrief.tui.refresher import AssistantFactory
from askbrief.tui.screen import ChatScreen


class ChatApp(App[Exception]):
    """The chat with one folder; its result is the error that ended it, if one did.

    Args:
        open_assistant: Called once, in the thread that will own the assistant, with the function to report progress to.
        open_conversations: Called once, in the thread that will own the saved conversations.
        resume: Number of a conversation to go on with.
        clipboard_folder: Where text to copy goes when there is no clipboard.
    """

    TITLE = "askbrief"
    CSS_PATH = "askbrief.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", priority=True)]

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

    def run(self, **options: Any) -> Exception | None:
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
        """Gives the keys to the prompt if nothing has them: a browser takes them away before the prompt is there."""
        self.call_later(self._focus_prompt_if_nothing_is)

    def _focus_prompt_if_nothing_is(self) -> None:
        if isinstance(self.screen, ChatScreen) and self.screen.is_mounted and self.screen.focused is None:
            self.screen.prompt.focus()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        yield from super().get_system_commands(screen)
        if isinstance(screen, ChatScreen):
            for command in list_palette():
                keys = f" Key: {describe_keys(command.keys)}." if command.keys else ""
                yield SystemCommand(command.title, command.help + keys, partial(_run, screen, command))

    def copy_to_clipboard(self, text: str) -> None:
        """Copies ``text``: by the system's own tool, else by the terminal, else to a file; a toast says which."""
        self._copy(text)

    @work
    async def _copy(self, text: str) -> None:
        tool = await asyncio.to_thread(give_to_tool, text, os.environ)
        if tool is not None:
            self._clipboard = text
            self.notify(f"Copied {len(text):,} characters with {tool}.", markup=False)
        elif takes_escape_sequence(os.environ):
            super().copy_to_clipboard(text)
            self.notify(f"Copied {len(text):,} characters through the terminal (OSC 52).", markup=False)
        else:
            self._clipboard = text
            try:
                file = await asyncio.to_thread(save_to_file, text, self._clipboard_folder)
            except OSError as error:
                self.notify(f"Nothing was copied: {error.strerror}.", severity="error", markup=False)
            else:
                self.notify(f"There is no clipboard here; written to {file}", severity="warning", markup=False)


def _run(screen: ChatScreen, command: Command) -> None:
    if command.place is Place.CARD:
        screen.act_on_current(command.name)
    else:
        getattr(screen, f"action_{command.name}")()
