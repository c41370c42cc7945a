"""``askbrief chat`` and ``askbrief serve``: the chat, in this terminal or in a browser."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE
from askbrief.cli.opening import find_folder_to_index
from askbrief.cli.streams import has_terminal, tell, write
from askbrief.errors import AskbriefError, ServingError

if TYPE_CHECKING:
    from askbrief.assistant import Assistant
    from askbrief.conversations.saved import Conversations
    from askbrief.types import Progress

_IN_BROWSER = "TEXTUAL_DRIVER"


@click.command()
@options.folder
@click.option("--inline", is_flag=True, help="Open below the shell's prompt, not on the whole screen.")
@click.option(
    "--resume",
    metavar="[ID]",
    type=click.IntRange(min=0),
    is_flag=False,
    flag_value=0,
    help="Continue a saved conversation; without ID the last one about this folder.",
)
@options.yes
def chat(folder: Path | None, inline: bool, resume: int | None, yes: bool) -> int:
    """Ask questions, with their source beside the answers."""
    return open_chat(folder, is_inline=inline, resume=resume, yes=yes)


def open_chat(folder: Path | None, *, is_inline: bool = False, resume: int | None = None, yes: bool = False) -> int:
    """Open the chat and return its exit code when it ends.

    Raises:
        AskbriefError: There is no terminal, the folder may not be indexed, or the chat ended with this error.
    """
    if not (_IN_BROWSER in os.environ or has_terminal()):
        raise AskbriefError("the chat needs a terminal", hint="askbrief ask answers without a terminal.")
    root = find_folder_to_index(folder, yes=yes).root
    gc.disable()  # until the first paint: a sixth of the time to it would go into collecting what is all still used
    import platformdirs

    from askbrief.tui.app import ChatApp

    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        from askbrief.assistant import Assistant

        return Assistant.open(root, on_progress=on_progress)

    def open_conversations() -> Conversations:
        from askbrief.conversations.saved import Conversations

        return Conversations()

    clipboard = platformdirs.user_cache_path("askbrief", appauthor=False)
    app = ChatApp(open_assistant, open_conversations, clipboard_folder=clipboard, resume=resume)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # if it was ignored, the chat would outlive its terminal
    error = app.run(inline=is_inline)
    if error is not None:
        raise error
    if app.conversation and _IN_BROWSER not in os.environ:
        import shlex

        place = f" --folder {shlex.quote(str(folder))}" if folder is not None else ""
        tell(f"To continue: askbrief chat{place} --resume {app.conversation}")
    return app.return_code or DONE


@click.command()
@options.folder
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=0, help="Port (default: any free one).")
@options.yes
def serve(folder: Path | None, port: int, yes: bool) -> int:
    """Open the chat in a browser on this machine. Ctrl-C ends it."""
    root = find_folder_to_index(folder, yes=yes).root
    try:
        from askbrief.web.server import ChatServer
    except ModuleNotFoundError as error:
        raise ServingError(
            f"the chat cannot be served without {error.name}", hint='Install it: pip install "askbrief[serve]"'
        ) from error
    # -P: the working directory may hold modules of anybody's.
    command = [sys.executable, "-P", "-m", "askbrief", "chat", "--yes", "--folder", str(root)]
    with ChatServer(command, port=port) as server:
        write(server.url)
        tell(
            "open this address in a browser on this machine. Only this machine can reach it, and whoever has the"
            " address can ask, and read what the articles say. Ctrl-C ends it."
        )
        server.run()
    return DONE
