"""Opening a file at a place: in the user's editor or a pager at a line, in a PDF viewer at a page, or as set."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from askbrief.errors import AskbriefError
from askbrief.text.display import one_line
from askbrief.types import AnswerSpan

_WITH_GOTO = ("code", "codium", "code-insiders", "cursor")
_WITH_COLON = ("hx", "helix", "subl", "zed", "micro")
_VIEWERS = {"darwin": "open"}
_PDF_VIEWERS = {
    "zathura": ["-P", "%p", "%f"],
    "evince": ["--page-index=%p", "%f"],
    "okular": ["-p", "%p", "%f"],
    "xpdf": ["%f", "%p"],
}
_FIELD = re.compile(r"%(.?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """What is opened.

    Attributes:
        file: Absolute path.
        line: Line in it, from 1; None where it has none of its own.
        page: Page in it, from 1; None where it has none.
        words: What is looked for there.
    """

    file: Path
    line: int | None = None
    page: int | None = None
    words: str = ""


def build_target(span: AnswerSpan, *, root: Path) -> Target:
    """The place of an answer in its file below ``root``."""
    page = next((place.number for place in span.places if place.kind == "page"), None)
    return Target(root / span.path, line=span.line, page=page, words=span.text)


def build_command(
    target: Target,
    *,
    setting: str,
    environment: Mapping[str, str],
    find: Callable[[str], str | None] = shutil.which,
    platform: str = sys.platform,
) -> list[str]:
    """The command that shows a target: the one that is set, else an editor at a line, else a viewer.

    Raises:
        AskbriefError: What is set is no command, or there is no program for the file.
    """
    if setting:
        return fill_command(setting, target)
    if target.line is not None:
        return build_editor_command(target.file, target.line, environment, find=find)
    if target.page is not None and platform != "darwin":
        for viewer, arguments in _PDF_VIEWERS.items():
            if find(viewer):
                return [viewer, *(_fill(argument, target) for argument in arguments)]
    viewer = _VIEWERS.get(platform, "xdg-open")
    if not find(viewer):
        raise AskbriefError(
            f"there is no viewer for {target.file.name} here",
            hint='Set one in askbrief.toml: open = "viewer --page %p %f"',
        )
    return [viewer, str(target.file)]


def fill_command(setting: str, target: Target) -> list[str]:
    """The command of a setting: split as a shell would, then filled; nothing that is filled in is split or expanded.

    Raises:
        AskbriefError: It is no command, has no %f, or another field than %f, %l, %p, %s and %%.
    """
    arguments = _split(setting)
    fields = set(_FIELD.findall(setting))
    if not arguments or "f" not in fields or not fields <= set("flps%"):
        raise AskbriefError(
            f"askbrief.toml: open = {setting!r} is not a command with a place for the file",
            hint="Write %f for the file, %l for the line, %p for the page, %s for the words, and %% for %.",
        )
    return [_fill(argument, target) for argument in arguments]


def open_target(target: Target, *, setting: str = "") -> None:
    """Show a target, and come back when its program ends; the terminal has to be free.

    Raises:
        AskbriefError: The file is gone, or the program is not there, cannot be run or fails.
    """
    _check(target.file)
    command = build_command(target, setting=setting, environment=os.environ)
    try:
        done = subprocess.run(command, check=False)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AskbriefError(f"{command[0]} cannot be run: {reason}", hint="Set $EDITOR.") from error
    if done.returncode:
        raise AskbriefError(f"{command[0]} ended with {done.returncode}", hint="Open the file yourself.")


def _fill(argument: str, target: Target) -> str:
    """An argument with its fields filled; words of a document never begin one, so that none becomes an option."""
    words = one_line(target.words)
    values = {
        "f": str(target.file),
        "l": str(target.line or 1),
        "p": str(target.page or 1),
        "s": words.lstrip("- ") if argument.startswith("%s") else words,
        "%": "%",
    }
    return _FIELD.sub(lambda match: values[match[1]], argument)


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
