"""The list of conversations: to search, resume, export and delete."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from askbrief.errors import AskbriefError
from askbrief.text.display import shorten
from askbrief.tui.archive import Archive, Form
from askbrief.tui.lit import plain

_HINT = "Enter resumes · ^x deletes · ^s Markdown · ^t JSON · Esc closes"
_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the conversations.

    Attributes:
        conversation_id: The conversation.
        entry_id: The question in it; None is its end.
    """

    conversation_id: int
    entry_id: int | None = None


class SavedScreen(ModalScreen[Place | None]):
    """Lists the conversations about this folder; words search the questions and answers in all of them.

    Args:
        archive: Where they are.

    Attributes:
        is_at_hand_gone: Whether the conversation at hand was deleted here.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("up", "move(-1)", "Previous", priority=True, show=False),
        Binding("down", "move(1)", "Next", priority=True, show=False),
        Binding("ctrl+x", "delete", "Delete", priority=True),
        Binding("ctrl+s", "export('markdown')", "Markdown", priority=True),
        Binding("ctrl+t", "export('json')", "JSON", priority=True),
    ]

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self._archive = archive
        self._places: list[Place] = []
        self._to_delete: int | None = None
        self.is_at_hand_gone = False

    def compose(self) -> ComposeResult:
        """The words to search for, and the list."""
        with Vertical(classes="dialog"):
            yield Static("Conversations", classes="title")
            yield Input(placeholder="Words in a question or an answer")
            yield OptionList(markup=False)
            yield Static(_HINT, classes="hint")

    def on_mount(self) -> None:
        """Shows all of them."""
        self.show("")

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Shows what has the words."""
        self.show(event.value)

    @work(exclusive=True)
    async def show(self, query: str) -> None:
        """Lists the conversations, or the questions with the words of ``query``."""
        try:
            if query.strip():
                entries = await self._archive.search(query)
                self._places = [Place(entry.conversation_id, entry.id) for entry in entries]
                texts = [f"{e.answer.question} — {e.answer.text or 'not in these documents'}" for e in entries]
            else:
                found = await self._archive.list_conversations()
                self._places = [Place(conversation.id) for conversation in found]
                texts = [f"{c.updated.astimezone():%Y-%m-%d %H:%M}  {c.entries:4}  {c.title}" for c in found]
        except AskbriefError as error:
            self._tell(f"{error.message}. {error.hint}")
            return
        options = self.query_one(OptionList)
        options.set_options(Option(plain(shorten(text, _COLUMNS))) for text in texts)
        options.highlighted = 0 if texts else None
        self._tell(_HINT if texts else "Nothing found." if query.strip() else "Nothing was asked yet.")

    @on(Input.Submitted)
    def choose(self) -> None:
        """Enter."""
        if (place := self._find_place()) is not None:
            self.dismiss(place)

    @on(OptionList.OptionSelected)
    def choose_by_mouse(self, event: OptionList.OptionSelected) -> None:
        """A click."""
        self.dismiss(self._places[event.option_index])

    def action_move(self, step: int) -> None:
        """Moves through the list while the words are typed."""
        options = self.query_one(OptionList)
        self._to_delete = None
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    @work
    async def action_delete(self) -> None:
        """Deletes the conversation at the second press."""
        place = self._find_place()
        if place is None:
            return
        if self._to_delete != place.conversation_id:
            self._to_delete = place.conversation_id
            self._tell("^x once more deletes this conversation for good")
            return
        self._to_delete = None
        try:
            self.is_at_hand_gone |= await self._archive.delete(place.conversation_id)
        except AskbriefError as error:
            self._tell(f"{error.message}. {error.hint}")
            return
        self.notify("The conversation was deleted.", markup=False)
        self.show(self.query_one(Input).value)

    @work
    async def action_export(self, form: Form) -> None:
        """Writes the conversation to a file here."""
        place = self._find_place()
        if place is None:
            return
        try:
            file = await self._archive.export(place.conversation_id, form, folder=Path.cwd())
        except AskbriefError as error:
            self._tell(f"{error.message}. {error.hint}")
            return
        self._tell(f"Written to {file}")

    def _find_place(self) -> Place | None:
        highlighted = self.query_one(OptionList).highlighted
        return self._places[highlighted] if highlighted is not None else None

    def _tell(self, text: str) -> None:
        self.query_one(".hint", Static).update(plain(text))
