"""``askbrief history`` and ``askbrief open``: earlier questions to a folder, and their answers at their places."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.cli import options
from askbrief.cli.conversations import echo_json, open_conversations
from askbrief.cli.exit_codes import DONE, NO_ANSWER
from askbrief.cli.opening import find_named_folder
from askbrief.cli.streams import can_prompt, find_columns, tell, write, write_json
from askbrief.errors import AskbriefError, ConversationError
from askbrief.text.display import count_noun, printable

if TYPE_CHECKING:
    from askbrief.config import Folder
    from askbrief.conversations.saved import Conversations, Entry
    from askbrief.types import AnswerSpan

_ALL = 2**31
_ID = click.IntRange(min=1, max=2**63 - 1)
_ALLOWED = "allowed-commands"


@click.command()
@click.argument("words", nargs=-1)
@options.folder_of("Questions to this folder (default: the nearest, from here upwards, with an index).")
@options.as_json
@click.option(
    "--export",
    metavar="FORM",
    type=click.Choice(["markdown", "json", "csv"]),
    help="Print all of them: markdown, json or csv.",
)
@click.option(
    "--mark",
    metavar="ID right|wrong|none",
    type=(_ID, click.Choice(["right", "wrong", "none"])),
    help="Mark the answer to question ID.",
)
@click.option("--delete", is_flag=True, help="Delete all questions to this folder, for good.")
@click.option("--yes", "-y", is_flag=True, help="Delete without asking.")
def history(
    words: tuple[str, ...],
    folder: Path | None,
    as_json: bool,
    export: str | None,
    mark: tuple[int, str] | None,
    delete: bool,
    yes: bool,
) -> int:
    """List earlier questions to the folder.

    The newest come first; with WORDS, only those that have them in the question or its answers. A line shows the number
    of a question, when it was asked, + or - for an answer marked right or wrong, the question, what was searched for a
    follow-up, and the answer with its place. The chat and ask share this history.
    """
    if bool(words or as_json or export) + bool(mark) + delete > 1 or (as_json and export):
        raise click.UsageError("Only one of listing, --export, --mark and --delete can be done at once.")
    root = find_named_folder(folder).root
    with open_conversations() as saved:
        if mark:
            saved.load_entry(mark[0], folder=root)  # a number of another folder is a mistake
            saved.set_mark(mark[0], "right" if mark[1] == "right" else "wrong" if mark[1] == "wrong" else "")
            return DONE
        if delete:
            return _delete(saved, root, yes=yes)
        return _show(saved, root, words=" ".join(words), as_json=as_json, export=export)


def _show(saved: Conversations, root: Path, *, words: str, as_json: bool, export: str | None) -> int:
    from askbrief.conversations.saved import PAGE

    limit = _ALL if as_json or export else PAGE + 1
    entries = saved.search(words, folder=root, limit=limit) if words else saved.load_history(root, limit=limit)
    if as_json:
        from askbrief.output.history import entry_fields

        echo_json({"query": words, "questions": [entry_fields(entry) for entry in entries]})
    elif export:
        _export(export, root, entries)
    else:
        _list(entries, limit=PAGE)
    return DONE if entries or not words else NO_ANSWER


def _list(entries: list[Entry], *, limit: int) -> None:
    from askbrief.output.history import describe_entry

    columns = find_columns() if sys.stdout.isatty() else None
    for entry in entries[:limit]:
        write(describe_entry(entry, columns=columns))
    if not entries:
        tell("no questions found.")
    elif len(entries) > limit:
        tell(f"these are the newest {limit}; --export markdown prints all, and WORDS search them.")


def _export(form: str, root: Path, entries: Iterable[Entry]) -> None:
    if form == "json":
        from askbrief.output.history import entry_as_json

        for entry in entries:
            write_json(entry_as_json(entry))
        return
    from askbrief.output.history import history_as_csv
    from askbrief.output.markdown import iter_history_markdown

    pieces = [history_as_csv(entries)] if form == "csv" else iter_history_markdown(str(root), entries)
    for piece in pieces:
        click.echo(piece, nl=False)


def _delete(saved: Conversations, root: Path, *, yes: bool) -> int:
    count = sum(conversation.entries for conversation in saved.list_conversations(root))
    if not count:
        tell("there are no questions to delete.")
        return DONE
    if not yes:
        what = f"{count_noun(count, 'question')} to {printable(str(root))}"
        if not can_prompt():
            raise AskbriefError(f"{what} would be deleted for good", hint="Confirm with --yes.")
        if not click.confirm(f"Delete {what}, with their answers, marks and pins?", default=False, err=True):
            return DONE
    tell(f"{count_noun(saved.delete_all(root), 'question')} deleted.")
    return DONE


@click.command("open")
@click.argument("number", metavar="[N]", type=click.IntRange(min=1), default=1)
@options.folder_of("Folder that was asked (default: the nearest, from here upwards, with an index).")
@click.option("--question", "-q", "entry_id", metavar="ID", type=_ID, help="Of this question of askbrief history.")
def open_answer(number: int, folder: Path | None, entry_id: int | None) -> int:
    """Open an answer at its place.

    It is the best answer of the last question, or the Nth of those that were shown. A text opens in $VISUAL, $EDITOR or
    a pager, at its line; a PDF in a viewer, at its page. In askbrief.toml, open = "command %f %p %s" sets another
    command: %f is the file, %l the line, %p the page and %s the words.
    """
    from askbrief.output.opening import build_target, open_target

    found = find_named_folder(folder)
    with open_conversations() as saved:
        entry = _find_entry(saved, found.root, entry_id)
    span = _find_answer(entry, number)
    target = build_target(span, root=found.root)
    if not target.file.resolve().is_relative_to(found.root):
        raise AskbriefError(f"{span.path} leads out of {found.root}", hint="Open the file yourself.")
    setting = found.settings.open
    if setting:
        _ask_about_command(found, setting)
    if target.file.is_file() and target.file.stat().st_mtime > entry.asked.timestamp():
        tell(f"{span.path} was changed after this was answered; the place may have moved.")
    open_target(target, setting=setting)
    return DONE


def _find_entry(saved: Conversations, root: Path, entry_id: int | None) -> Entry:
    if entry_id is not None:
        return saved.load_entry(entry_id, folder=root)
    last = saved.load_history(root, limit=1)
    if not last:
        raise ConversationError(f"nothing was asked about {root} yet", hint='Ask first: askbrief ask "who met …?"')
    return last[0]


def _find_answer(entry: Entry, number: int) -> AnswerSpan:
    answers = entry.answer.answers
    if number > len(answers):
        raise AskbriefError(
            f"“{entry.answer.question}” has {count_noun(len(answers), 'answer') if answers else 'no answer'}",
            hint="See: askbrief history",
        )
    return answers[number - 1]


def _ask_about_command(folder: Folder, command: str) -> None:
    """Ask once whether a command that a folder brings may be run: folders come from anybody.

    Raises:
        AskbriefError: It was not allowed.
    """
    import hashlib

    import platformdirs

    file = platformdirs.user_data_path("askbrief", appauthor=False) / _ALLOWED
    key = hashlib.sha256(f"{folder.root}\0{command}".encode()).hexdigest()
    if file.is_file() and key in file.read_text(encoding="ascii", errors="replace").split():
        return
    shown = printable(f"{folder.root / 'askbrief.toml'} opens files with this command: {command}")
    if not (can_prompt() and click.confirm(f"{shown}\nRun it, now and later?", default=False, err=True)):
        raise AskbriefError(
            f"the command that {folder.root / 'askbrief.toml'} sets for opening files was not allowed",
            hint="Allow it in a terminal, or take it out of askbrief.toml.",
        )
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(file, "a", encoding="ascii") as stream:
        stream.write(f"{key}\n")
