"""Everything that can be done in the chat: one table for the keys, the palette and the help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Place(StrEnum):
    """Where a command's keys work."""

    ANYWHERE = "Anywhere"
    PROMPT = "In the prompt"
    CARD = "On an answer"
    SOURCE = "In the article"


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done.

    Attributes:
        name: The name of its action.
        keys: Its keys, the first is shown; a command without keys is reached through the palette alone.
        title: What it is called in the palette.
        help: What it does, one sentence; '' leaves it out of the palette.
        place: Where the keys work; from the palette it works anywhere.
        label: What it is called in the footer; '' leaves it out there.
    """

    name: str
    keys: tuple[str, ...]
    title: str
    help: str
    place: Place
    label: str = ""


COMMANDS = (
    Command(
        "switch_focus", ("escape",), "Answers", "Move between the prompt and the answers.", Place.ANYWHERE, "Answers"
    ),
    Command("help", ("f1",), "Help", "Show all keys.", Place.ANYWHERE, "Help"),
    Command("toggle_source", ("f2",), "Article", "Show or hide the article.", Place.ANYWHERE, "Article"),
    Command("next_span", ("f3",), "Next highlight", "Go to the next highlight.", Place.ANYWHERE),
    Command("previous_span", ("shift+f3",), "Previous highlight", "Go to the previous highlight.", Place.ANYWHERE),
    Command("next_source", ("f4",), "Next article", "Show the next article with an answer.", Place.ANYWHERE),
    Command("previous_source", ("shift+f4",), "Previous article", "Show the previous one.", Place.ANYWHERE),
    Command("check_folder", ("f5",), "Check folder", "Look for changed articles now.", Place.ANYWHERE),
    Command("copy_span", (), "Copy highlight", "Copy the selected text, or the highlighted words.", Place.ANYWHERE),
    Command("browse", ("f8",), "All articles", "List the articles, newest first.", Place.ANYWHERE),
    Command("new_conversation", ("ctrl+n",), "New conversation", "Start a new conversation.", Place.ANYWHERE, "New"),
    Command("conversations", ("ctrl+o",), "Conversations", "Open an earlier conversation.", Place.ANYWHERE, "Open"),
    Command("basket", ("ctrl+b",), "Pinned quotes", "Show and export the pinned quotes.", Place.ANYWHERE),
    Command("search_history", ("ctrl+r",), "Earlier questions", "Search the questions asked before.", Place.ANYWHERE),
    Command("export('markdown')", (), "Export as Markdown", "Save this conversation with citations.", Place.ANYWHERE),
    Command("export('json')", (), "Export as JSON", "Save this conversation, one answer a line.", Place.ANYWHERE),
    Command("leave", ("escape",), "Prompt", "", Place.CARD, "Prompt"),
    Command("open_source", ("enter",), "Show in article", "Show the words in their article.", Place.CARD, "Show"),
    Command("copy_answer", ("c",), "Copy", "Copy the selected text, or the answer.", Place.CARD, "Copy"),
    Command("copy_quote", ("y",), "Copy quote", "Copy the sentence with its citation.", Place.CARD, "Quote"),
    Command("copy_footnote", ("f",), "Copy footnote", "Copy as Markdown with a footnote.", Place.CARD, "Footnote"),
    Command(
        "open_editor",
        ("o",),
        "Open in editor",
        "Open the file at the line, in $EDITOR.",
        Place.CARD,
        "Editor",
    ),
    Command("open_viewer", ("O",), "Open in viewer", "Open the file in the system's viewer.", Place.CARD),
    Command("explain", ("x",), "Explain", "Explain why this is the answer.", Place.CARD, "Explain"),
    Command("toggle_others", ("space",), "Other answers", "Show or hide the other answers.", Place.CARD, "Others"),
    Command("pin", ("p",), "Pin", "Put the quote into the basket, or take it out.", Place.CARD, "Pin"),
    Command("edit", ("e",), "Edit question", "Edit the question and ask again.", Place.CARD, "Edit"),
    Command("ask_again", ("r",), "Ask again", "Ask the same question again.", Place.CARD),
    Command("ask_as_typed", ("t",), "Search as typed", "Ask again, whatever was said before.", Place.CARD),
    Command("ask_offered", ("a",), "Second reading", "Ask what else the question may mean.", Place.CARD),
    Command("find", ("slash",), "Find in article", "Find words in the article.", Place.CARD),
    Command("next_span", ("n",), "Next highlight", "", Place.SOURCE, "Next"),
    Command("previous_span", ("p", "N"), "Previous highlight", "", Place.SOURCE, "Previous"),
    Command("next_source", ("right_square_bracket",), "Next article", "", Place.SOURCE, "Next article"),
    Command("previous_source", ("left_square_bracket",), "Previous article", "", Place.SOURCE),
    Command("copy_span", ("c",), "Copy highlight", "", Place.SOURCE, "Copy"),
    Command("open_editor", ("o",), "Open in editor", "", Place.SOURCE, "Editor"),
    Command("open_viewer", ("O",), "Open in viewer", "", Place.SOURCE),
    Command("find", ("slash",), "Find in article", "", Place.SOURCE, "Find"),
)

PROMPT_KEYS = (
    ("enter", "Ask."),
    ("shift+enter, ctrl+j", "Start a new line."),
    ("up", "From an empty prompt: go to the answers; else: the previous question."),
    ("down", "The next question."),
)
CARD_KEYS = (
    ("up, down, k, j", "Move between the answers."),
    ("home, end", "Go to the first or last answer."),
    ("1 2 3 4 5", "Take another of the answers, or show a passage."),
)
SOURCE_KEYS = (
    ("up, down, pageup, pagedown", "Scroll."),
    ("mouse", "Select; ctrl+c copies the file's own characters."),
)
SYSTEM_KEYS = (("ctrl+p", "All commands."), ("ctrl+z", "Suspend; fg comes back."), ("ctrl+q", "Quit."))
_KEY_NAMES = {"right_square_bracket": "]", "left_square_bracket": "[", "slash": "/", "escape": "esc"}


def build_bindings(place: Place) -> list[Binding]:
    """The keys of a place, as Textual takes them."""
    return [
        Binding(
            ",".join(command.keys),
            f"act('{command.name}')" if place is Place.CARD else build_action(command),
            command.label or command.title,
            show=bool(command.label),
            tooltip=command.help,
        )
        for command in COMMANDS
        if command.place is place and command.keys
    ]


def build_action(command: Command) -> str:
    """The screen's action for a command, wherever the cursor is; in the article its own one."""
    if command.place is Place.CARD:
        return f"act_on_current('{command.name}')"
    is_of_source = any(known.name == command.name and known.place is Place.SOURCE for known in COMMANDS)
    return f"act_on_source('{command.name}')" if is_of_source and command.place is Place.ANYWHERE else command.name


def list_palette() -> Iterable[Command]:
    """The commands of the palette, each once."""
    return (command for command in COMMANDS if command.help)


def describe_keys(keys: Iterable[str]) -> str:
    """Keys as people call them."""
    return ", ".join(_KEY_NAMES.get(key, key) for key in keys)


def list_help() -> list[tuple[str, list[tuple[str, str]]]]:
    """The help: for each place its keys with what they do."""
    extra = {
        Place.ANYWHERE: SYSTEM_KEYS,
        Place.PROMPT: PROMPT_KEYS,
        Place.CARD: CARD_KEYS,
        Place.SOURCE: SOURCE_KEYS,
    }
    helps = {command.name: command.help for command in list_palette()} | {"leave": "Go back to the prompt."}
    return [
        (
            place.value,
            [
                *extra[place],
                *(
                    (describe_keys(c.keys) or f"palette: {c.title}", helps[c.name])
                    for c in COMMANDS
                    if c.place is place
                ),
            ],
        )
        for place in Place
    ]
