"""The list of conversations: to search, resume, rename, export and delete."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input

from askbrief.errors import AskbriefError
from askbrief.output.location import describe_date
from askbrief.text.display import shorten
from askbrief.tui.archive import ArchiveThread, Bookmark, Form
from askbrief.tui.lists import ListScreen
from askbrief.tui.lit import plain

_COLUMNS = 200


class SavedScreen(ListScreen[Bookmark]):
    """The list of conversations about this folder; words search the questions and answers in all of them.

    Args:
        archive: Where they are.

    Attributes:
        is_current_gone: Whether the current conversation was deleted here.
        is_renamed: Whether one was given another name.
    """

    TITLE_TEXT = "Conversations"
    PLACEHOLDER = "Words in a question or an answer"
    HEADING = "Last used          Questions  Name"
    HINT = "Enter opens · ^e renames · ^x deletes · ^s saves as Markdown · ^t as JSON · Esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x", "delete", "Delete", priority=True),
        Binding("ctrl+e", "rename", "Rename", priority=True),
        Binding("ctrl+s", "export('markdown')", "Markdown", priority=True),
        Binding("ctrl+t", "export('json')", "JSON", priority=True),
    ]

    def __init__(self, archive: ArchiveThread) -> None:
        super().__init__()
        self._archive = archive
        self._bookmarks: list[Bookmark] = []
        self._names: list[str] = []
        self._to_delete: int | None = None
        self._to_rename: int | None = None
        self.is_current_gone = False
        self.is_renamed = False

    @work(exclusive=True)
    async def show(self, query: str) -> None:
        """List the conversations, or the questions with the words of ``query``."""
        if self._to_rename is not None:
            return
        try:
            if query.strip():
                entries = await self._archive.run(lambda a: a.conversations.search(query, folder=a.root))
                self._bookmarks = [Bookmark(entry.conversation_id, entry.id) for entry in entries]
                rows = [_row(e.answer.question, e.answer.summary) for e in entries]
                self._names = []
            else:
                found = await self._archive.run(lambda a: a.conversations.list_conversations(a.root))
                self._bookmarks = [Bookmark(conversation.id) for conversation in found]
                self._names = [conversation.title for conversation in found]
                rows = [
                    _columns(f"{describe_date(c.updated.astimezone().date()):18} {c.entries:9,}", c.title)
                    for c in found
                ]
        except AskbriefError as error:
            self.tell(f"{error.message}. {error.hint}")
            return
        self.query_one(".heading").display = bool(rows) and not query.strip()
        self.set_rows(rows)
        self.tell(self.HINT if rows else "Nothing found." if query.strip() else "Nothing was asked yet.")

    def take(self, number: int) -> None:
        """Open a conversation, or give it its new name."""
        if self._to_rename is None:
            self.dismiss(self._bookmarks[number])
        else:
            self._rename(self._to_rename, self.query_one(Input).value)

    def action_close(self) -> None:
        """Close the list, or leave a name as it was."""
        if self._to_rename is None:
            self.dismiss(None)
        else:
            self._end_renaming()

    def action_move(self, step: int) -> None:
        """Move through the list while the words are typed."""
        self._to_delete = None
        if self._to_rename is None:
            super().action_move(step)

    @work
    async def action_delete(self) -> None:
        """Delete the conversation at the second press."""
        place = self._find_bookmark()
        if place is None or place.conversation_id is None:
            return
        number = place.conversation_id
        if self._to_delete != number:
            self._to_delete = number
            self.tell("Press ^x again to delete this conversation for good.")
            return
        self._to_delete = None
        try:
            self.is_current_gone |= await self._archive.run(lambda archive: archive.delete(number))
        except AskbriefError as error:
            self.tell(f"{error.message}. {error.hint}")
            return
        self.notify("Conversation deleted.", markup=False)
        self.show(self.query_one(Input).value)

    def action_rename(self) -> None:
        """Have a new name typed for the conversation."""
        number = self.highlighted
        if number is not None and self._names:
            self._to_rename = self._bookmarks[number].conversation_id
            field = self.query_one(Input)
            field.value = self._names[number]
            field.select_all()
            self.tell("Type the new name · Enter renames · Esc keeps the old one")

    @work
    async def _rename(self, number: int, name: str) -> None:
        if name.strip():
            try:
                await self._archive.run(lambda archive: archive.conversations.rename(number, name))
                self.is_renamed = True
            except AskbriefError as error:
                self.tell(f"{error.message}. {error.hint}")
        self._end_renaming()

    def _end_renaming(self) -> None:
        self._to_rename = None
        self.query_one(Input).value = ""
        self.show("")

    @work
    async def action_export(self, form: Form) -> None:
        """Write the conversation to a file in the working directory."""
        place = self._find_bookmark()
        if place is None:
            return
        try:
            file = await self._archive.run(lambda a: a.export(place.conversation_id, form, folder=Path.cwd()))
        except AskbriefError as error:
            self.tell(f"{error.message}. {error.hint}")
            return
        self.tell(f"Saved as {file}")

    def _find_bookmark(self) -> Bookmark | None:
        return self._bookmarks[self.highlighted] if self.highlighted is not None and self._bookmarks else None


def _row(question: str, answer: str) -> Content:
    return Content.assemble(plain(shorten(question, _COLUMNS)), ("  ", ""), (shorten(answer, _COLUMNS), "dim"))


def _columns(facts: str, name: str) -> Content:
    return Content.assemble((facts, "dim"), "  ", plain(shorten(name, _COLUMNS)))
