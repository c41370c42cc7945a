"""The standard streams: stdout is data, stderr is everything else, whatever state both are in."""

from __future__ import annotations

import codecs
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Literal, TextIO

import click

from askbrief.errors import AskbriefError

if TYPE_CHECKING:
    from rich.text import Text

_ERRORS = "askbrief"
_PLAIN = str.maketrans(
    {"·": "-", "–": "-", "—": "-", "→": "->", "…": "...", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "×": "x"}
)


_RICH_VARIABLES = frozenset(("FORCE_COLOR", "TTY_COMPATIBLE"))
"""Environment variables by which rich may take a stream for a terminal that is none."""


def prepare() -> None:
    """Make the standard streams usable in any state and encoding.

    Raises:
        AskbriefError: Standard output is closed.
    """
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        if stream is None:
            # No file that is opened later may take the number of a standard stream.
            with suppress(OSError):
                os.fstat(number)
                continue
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        raise AskbriefError("standard output is closed", hint="Redirect it to a file, or to /dev/null.")
    codecs.register_error(_ERRORS, _escape)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=_ERRORS)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding does not have: punctuation by its plain form, the rest by Python's escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


def write(text: str) -> None:
    """Write a line of text to stdout."""
    click.echo(text)


def write_json(line: str) -> None:
    """Write a line of JSON to stdout; what its encoding does not have is escaped as JSON does it."""
    try:
        line.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        import json

        line = json.dumps(json.loads(line))
    click.echo(line)


def write_styled(render: Callable[..., Text]) -> None:
    """Write rendered text: wrapped and coloured on a terminal, plain under NO_COLOR, plain and unwrapped elsewhere.

    Args:
        render: Called with ``width``, the columns of the terminal, or None elsewhere.
    """
    if not (_is_terminal(sys.stdout) or _RICH_VARIABLES & os.environ.keys()):
        sys.stdout.write(render(width=None).plain)
        sys.stdout.flush()
        return
    from rich.console import Console

    color_system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    columns = find_columns()
    console = Console(
        color_system=color_system, highlight=False, markup=False, emoji=False, soft_wrap=True, width=columns
    )
    console.print(render(width=columns if console.is_terminal else None), end="")


def find_columns() -> int:
    """Columns of the terminal, at least 20; a COLUMNS that is no positive number does not count."""
    return max(20, shutil.get_terminal_size().columns)


def write_error(text: str) -> None:
    """Write text to stderr as it is; what cannot be written is lost."""
    try:
        click.echo(text, err=True, nl=False)
    except (OSError, ValueError):
        _drop(sys.stderr)


def tell(message: str) -> None:
    """Write a message to stderr; one that cannot be written is lost."""
    from askbrief.text.display import printable

    write_error(printable(f"askbrief: {message}\n"))


def tell_error(error: AskbriefError) -> None:
    """Write an error and its hint to stderr."""
    tell(f"{error.message}." + (f"\nHint: {error.hint}" if error.hint else ""))


def iter_input_lines() -> Iterator[str]:
    """The lines of stdin that are not blank, decoded as UTF-8; invalid bytes become single surrogates.

    Raises:
        AskbriefError: Standard input is closed.
    """
    if sys.stdin is None:
        raise AskbriefError("standard input is closed", hint="Give the questions in a pipe, or one as an argument.")
    lines = getattr(sys.stdin, "buffer", sys.stdin)
    for number, line in enumerate(lines):
        text = line if isinstance(line, str) else line.decode("utf-8", "surrogateescape")
        text = text.removeprefix("\ufeff") if number == 0 else text
        if text.strip():
            yield text


def open_input() -> BinaryIO:
    """The bytes of stdin.

    Raises:
        AskbriefError: Standard input is closed.
    """
    if sys.stdin is None:
        raise AskbriefError("standard input is closed", hint="Give a file.")
    return sys.stdin.buffer


def has_terminal() -> bool:
    """Whether a person can be shown a screen and can type."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stdout)


def can_prompt() -> bool:
    """Whether a person can be asked something on stderr."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def _is_terminal(stream: object) -> bool:
    with suppress(ValueError, OSError):
        return isinstance(stream, io.IOBase) and stream.isatty()
    return False


def describe_failure(error: OSError) -> AskbriefError:
    """What a system error means that nothing else explained; one that names no file is about stdout."""
    if error.filename:
        return AskbriefError(f"{error.filename}: {error.strerror}", hint="Run: askbrief doctor")
    drop_output()
    reason = error.strerror or str(error)
    return AskbriefError(f"standard output cannot be written: {reason}", hint="Free space, or redirect the output.")


def drop_output() -> None:
    """Send what stdout still holds nowhere, so that the interpreter does not fail over it at its end."""
    _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
