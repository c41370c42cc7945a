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
    CARD = "On a question"
    SOURCE = "In the source"


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done.

    Attributes:
        name: The name of its action.
        keys: Its keys, the first is shown; '' is reached through the palette alone.
        title: What it is called in the palette.
        help: What it does, one sentence.
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
    Command("help", ("f1",), "Help", "Shows every key and what it does.", Place.ANYWHERE, "Help"),
    Command("toggle_source", ("f2",), "Source", "Shows the source pane, or folds it away.", Place.ANYWHERE, "Source"),
    Command("next_span", ("f3",), "Next span", "Goes to the next lit place in the article.", Place.ANYWHERE),
    Command("previous_span", ("shift+f3",), "Previous span", "Goes to the lit place before.", Place.ANYWHERE),
    Command("next_source", ("f4",), "Next source", "Goes to the next article that the answer cites.", Place.ANYWHERE),
    Command("previous_source", ("shift+f4",), "Previous source", "Goes to the cited article before.", Place.ANYWHERE),
    Command("check_folder", ("f5",), "Check folder", "Looks for changed articles right now.", Place.ANYWHERE),
    Command(
        "conversations",
        ("ctrl+o",),
        "Conversations",
        "Lists what was asked before: to search, resume, export and delete.",
        Place.ANYWHERE,
        "Saved",
    ),
    Command("new_conversation", ("ctrl+n",), "New conversation", "Begins an empty transcript.", Place.ANYWHERE),
    Command("export_markdown", (), "Export Markdown", "Writes this conversation with its citations.", Place.ANYWHERE),
    Command("export_json", (), "Export JSON", "Writes this conversation, one answer a line.", Place.ANYWHERE),
    Command("switch_focus", ("escape",), "Prompt", "Goes from the questions to the prompt and back.", Place.ANYWHERE),
    Command("search_history", ("ctrl+r",), "History", "Searches the questions that you asked before.", Place.ANYWHERE),
    Command("open_source", ("enter", "o"), "Open source", "Shows the article that answers.", Place.CARD, "Open"),
    Command("copy_answer", ("c",), "Copy answer", "Copies the words of the answer.", Place.CARD, "Copy"),
    Command("copy_quote", ("y",), "Copy quote", "Copies the sentence with its citation.", Place.CARD, "Quote"),
    Command("copy_footnote", ("f",), "Copy footnote", "Copies it as Markdown with a footnote.", Place.CARD),
    Command("explain", ("x",), "Explain", "Shows how it was found, or why it was not.", Place.CARD, "Explain"),
    Command("edit", ("e",), "Edit question", "Puts the question into the prompt, to ask it anew.", Place.CARD, "Edit"),
    Command("ask_again", ("r",), "Ask again", "Asks the same question once more.", Place.CARD),
    Command("pin", ("p",), "Pin", "Marks the question in the saved conversation, or unmarks it.", Place.CARD, "Pin"),
    Command("toggle_others", ("space",), "Other answers", "Unfolds the other answers.", Place.CARD, "Others"),
    Command("next_span", ("n",), "Next span", "", Place.SOURCE, "Next"),
    Command("previous_span", ("p",), "Previous span", "", Place.SOURCE, "Previous"),
    Command("next_source", ("right_square_bracket",), "Next source", "", Place.SOURCE, "Next source"),
    Command("previous_source", ("left_square_bracket",), "Previous source", "", Place.SOURCE),
    Command("copy_span", ("c",), "Copy lit words", "Copies the lit characters of the source.", Place.SOURCE, "Copy"),
)

PROMPT_KEYS = (
    ("enter", "Asks."),
    ("shift+enter, ctrl+j", "Begins a new line."),
    ("up, down", "Brings back earlier questions, from the first and last line."),
)
CARD_KEYS = (("up, down, k, j", "Moves between the questions."), ("home, end", "Goes to the first or last question."))
SOURCE_KEYS = (
    ("up, down, pageup, pagedown", "Scrolls."),
    ("mouse", "Selects; ctrl+c then copies the file's own characters."),
)
SYSTEM_KEYS = (("ctrl+p", "Opens the palette, which has every command."), ("ctrl+q", "Quits."))


def build_bindings(place: Place) -> list[Binding]:
    """The keys of a place, as Textual takes them."""
    return [
        Binding(
            ",".join(command.keys),
            f"act('{command.name}')" if place is Place.CARD else command.name,
            command.label or command.title,
            show=bool(command.label),
            tooltip=command.help,
        )
        for command in COMMANDS
        if command.place is place and command.keys
    ]


def list_palette() -> Iterable[Command]:
    """The commands of the palette, each once."""
    return (command for command in COMMANDS if command.help)


def describe_keys(keys: Iterable[str]) -> str:
    """Keys as people call them."""
    names = {"right_square_bracket": "]", "left_square_bracket": "["}
    return ", ".join(names.get(key, key) for key in keys)


def list_help() -> list[tuple[str, list[tuple[str, str]]]]:
    """The help: for each place its keys with what they do."""
    extra = {
        Place.ANYWHERE: SYSTEM_KEYS,
        Place.PROMPT: PROMPT_KEYS,
        Place.CARD: CARD_KEYS,
        Place.SOURCE: SOURCE_KEYS,
    }
    said = {command.name: command.help for command in list_palette()}
    return [
        (
            place.value,
            [
                *extra[place],
                *(
                    (describe_keys(c.keys) or "palette", said[c.name] if c.keys else f"{c.title}: {said[c.name]}")
                    for c in COMMANDS
                    if c.place is place
                ),
            ],
        )
        for place in Place
    ]
