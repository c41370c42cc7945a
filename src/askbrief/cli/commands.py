"""The commands, imported when they are used, and the shortcuts: a folder or a question in place of a command."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from itertools import takewhile
from pathlib import Path

import click

_COMMANDS = {
    "ask": ("asking.ask", "Answer QUESTION in the articles' own words."),
    "chat": ("chatting.chat", "Ask questions, with their source beside the answers."),
    "cluster": ("cluster.cluster", "Ask an index in shards on several machines."),
    "completion": ("completion.completion", "Print SHELL's completion script."),
    "conversations": ("conversations.conversations", "List the saved conversations."),
    "doctor": ("checks.doctor", "Check the installation and the index."),
    "eval": ("evaluation.evaluate", "Measure how well the questions in FILE are answered."),
    "history": ("history.history", "List earlier questions to the folder."),
    "index": ("indexing.index", "Update the index, and repair any damage."),
    "open": ("history.open_answer", "Open an answer at its place."),
    "search": ("asking.search", "Show the passages nearest to QUERY."),
    "serve": ("chatting.serve", "Open the chat in a browser on this machine."),
    "status": ("indexing.status", "Show what is indexed, and whether it is up to date."),
    "text": ("extracting.text", "Print what is read of FILE, with places."),
    "verify": ("checks.verify", "Compare earlier ANSWERS with the files."),
}
"""Where in this package each command is, and the first line of its help: listing them imports none."""
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

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, function = _COMMANDS[cmd_name][0].partition(".")
        command: click.Command = getattr(import_module(f"askbrief.cli.{module}"), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(ctx)])

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
