"""Shortcuts: a folder or a question in place of a command."""

from __future__ import annotations

from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import click

_QUESTION_WORDS = frozenset(
    [
        "who",
        "whom",
        "whose",
        "what",
        "when",
        "where",
        "which",
        "why",
        "how",
        "did",
        "does",
        "do",
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "can",
        "could",
        "will",
        "would",
    ]
)


class Commands(click.Group):
    """Commands; ``askbrief FOLDER`` is ``chat``, ``askbrief FOLDER QUESTION`` and ``askbrief QUESTION`` are ``ask``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that ``args`` begin with or stand for."""
        if self.get_command(ctx, args[0]) is None:
            args = _expand(args)
        return super().resolve_command(ctx, args)


def _expand(arguments: list[str]) -> list[str]:
    first, rest = arguments[0], arguments[1:]
    path = Path(first)
    with suppress(OSError, ValueError):
        if first and path.is_dir():
            is_asked = bool(rest) and not rest[0].startswith("-")
            return ["ask" if is_asked else "chat", "--folder", first, *rest]
        if path.is_file():
            raise click.UsageError(f"{first} is a file. Name the folder it is in, or a command.")
    if _is_question(arguments):
        return ["ask", *arguments]
    return arguments


def _is_question(arguments: list[str]) -> bool:
    words = " ".join(takewhile(lambda argument: not argument.startswith("-"), arguments)).split()
    if not words:
        return False
    is_sentence = len(arguments[0].split()) > 1 or words[-1].endswith("?")
    return is_sentence or (len(words) > 1 and words[0].lower() in _QUESTION_WORDS)
