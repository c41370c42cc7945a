"""Opening a file outside the chat: in the user's editor or a pager at a line, or in the system's viewer."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from askbrief.errors import AskbriefError

_WITH_GOTO = ("code", "codium", "code-insiders", "cursor")
_WITH_COLON = ("hx", "helix", "subl", "zed", "micro")
_VIEWERS = {"darwin": "open"}


def build_editor_command(
    file: Path,
    line: int,
    environment: Mapping[str, str],
    *,
    find: Callable[[str], str | None] = shutil.which,
) -> list[str]:
    """The command that shows ``file`` at ``line``: ``$VISUAL``, ``$EDITOR``, ``$PAGER``, or else ``less`` or ``more``.

    Raises:
        AskbriefError: None of them is there.
    """
    wanted = [environment.get(name, "") for name in ("VISUAL", "EDITOR", "PAGER")]
    for program in [*wanted, "less", "more"]:
        command = _split(program)
        if command and find(command[0]):
            name = Path(command[0]).name
            if name in _WITH_GOTO:
                return [*command, "--wait", "--goto", f"{file}:{line}"]
            if name in _WITH_COLON:
                return [*command, f"{file}:{line}"]
            return [*command, f"+{line}", str(file)]
    raise AskbriefError("there is no editor and no pager here", hint="Set $EDITOR.")


def open_in_editor(file: Path, line: int) -> None:
    """Show ``file`` at ``line``, and come back when the program ends; the terminal has to be free.

    Raises:
        AskbriefError: The program is not there or cannot be run, or the file is gone.
    """
    _check(file)
    command = build_editor_command(file, line, os.environ)
    try:
        subprocess.run(command, check=False)
    except OSError as error:
        raise AskbriefError(f"{command[0]} cannot be run: {error.strerror}", hint="Set $EDITOR.") from error


def open_in_viewer(file: Path) -> None:
    """Have the system open ``file`` with its own program for that kind of file.

    Raises:
        AskbriefError: There is no such program, or the file is gone.
    """
    _check(file)
    viewer = _VIEWERS.get(sys.platform, "xdg-open")
    try:
        subprocess.Popen(
            [viewer, str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise AskbriefError(f"{viewer} cannot be run: {error.strerror}", hint="Press o for an editor.") from error


def _check(file: Path) -> None:
    if not file.is_file():
        raise AskbriefError(f"{file} is gone", hint="F5 looks at the folder again.")


def _split(program: str) -> list[str]:
    try:
        return shlex.split(program)
    except ValueError:
        return []
