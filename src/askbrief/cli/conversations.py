"""``askbrief conversations``: what was asked before, listed, searched, exported and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE, NO_ANSWER
from askbrief.cli.streams import tell, write, write_json

if TYPE_CHECKING:
    from askbrief.conversations.saved import Conversation, Conversations, Entry


_number = click.argument("number", metavar="ID", type=click.IntRange(min=1, max=2**63 - 1))


@click.group(invoke_without_command=True)
@options.folder_of("Only conversations about this folder.")
@click.option("--search", "-s", "query", metavar="WORDS", help="Show the questions with WORDS in them or their answer.")
@options.as_json
@click.pass_context
def conversations(context: click.Context, folder: Path | None, query: str | None, as_json: bool) -> int:
    """List the saved conversations."""
    if context.invoked_subcommand is not None:
        return DONE
    from askbrief.config import resolve_folder

    folder = resolve_folder(folder) if folder else None
    with open_conversations() as saved:
        if query is None:
            _show_conversations(saved.list_conversations(folder), as_json=as_json)
            return DONE
        found = saved.search(query, folder=folder)
        _show_entries(query, found, as_json=as_json)
        return DONE if found else NO_ANSWER


@conversations.command()
@_number
@click.option("--format", "-f", "form", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
def export(number: int, form: str) -> int:
    """Print conversation ID: Markdown with footnotes, or JSON as of ask --json, one object a line."""
    from askbrief.output.markdown import iter_markdown

    with open_conversations() as saved:
        conversation, entries = saved.load_conversation(number), saved.iter_entries(number)
        pieces = iter_markdown(conversation, entries) if form == "markdown" else (f"{e.line}\n" for e in entries)
        for piece in pieces:
            click.echo(piece, nl=False)
    return DONE


@conversations.command()
@_number
def delete(number: int) -> int:
    """Delete conversation ID permanently."""
    with open_conversations() as saved:
        saved.delete(number)
    return DONE


def open_conversations() -> Conversations:
    """The conversations of this user; what was found wrong with their file is told."""
    from askbrief.conversations.saved import Conversations

    saved = Conversations()
    for note in saved.notes:
        tell(f"{note}.")
    return saved


def _show_conversations(found: list[Conversation], *, as_json: bool) -> None:
    if as_json:
        echo_json({"conversations": [_conversation_fields(conversation) for conversation in found]})
    elif not found:
        tell("no conversations yet.")
    for conversation in found if not as_json else ():
        count = f"{conversation.entries:,} question{'s' if conversation.entries != 1 else ''}"
        used = conversation.updated.astimezone().strftime("%Y-%m-%d %H:%M")
        echo_line(f"{conversation.id:4}  {used}  {conversation.title}  ({count}, {conversation.folder})")


def _show_entries(query: str, found: list[Entry], *, as_json: bool) -> None:
    if as_json:
        from askbrief.output.history import entry_fields

        echo_json({"query": query, "questions": [entry_fields(entry) for entry in found]})
    elif not found:
        tell("nothing found.")
    for entry in found if not as_json else ():
        asked = entry.asked.astimezone().strftime("%Y-%m-%d %H:%M")
        echo_line(f"{entry.conversation_id:4}  {asked}  {entry.answer.question}  {entry.answer.summary}")


def _conversation_fields(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "folder": conversation.folder,
        "title": conversation.title,
        "created": conversation.created.isoformat(),
        "updated": conversation.updated.isoformat(),
        "questions": conversation.entries,
    }


def echo_line(text: str) -> None:
    """Write ``text`` on one line, fit for a terminal."""
    from askbrief.text.display import printable

    write(" ".join(printable(text).split("\n")))


def echo_json(fields: dict[str, Any]) -> None:
    """Write fields as one line of JSON with the schema."""
    from askbrief.answer.schema import SCHEMA, as_json

    write_json(as_json({"schema": SCHEMA, **fields}))
