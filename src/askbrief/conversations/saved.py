"""Saved conversations: questions with their answers, in one SQLite file of the user's, never beside the articles.

An answer is kept as the line that ``askbrief ask --json`` prints, so that it can be shown again without the index and
checked by ``askbrief verify``. Several processes may use the file at once.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import platformdirs

from askbrief.answer.schema import answer_as_json, load_answer
from askbrief.conversations.file import ConversationFile
from askbrief.errors import ConversationError
from askbrief.text.display import shorten
from askbrief.text.segment import find_words
from askbrief.types import Answer

PAGE = 50
"""Entries that are read at once."""
HISTORY = 500
"""Questions that the prompt remembers."""
TITLE_CHARACTERS = 80

Mark = Literal["", "right", "wrong"]

_MAX_SEARCH_WORDS = 50
_LAST = 2**63 - 1
_SELECT_CONVERSATIONS = (
    "SELECT id, folder, title, created_ms, updated_ms,"
    " (SELECT count(*) FROM entries WHERE conversation_id = conversations.id), view FROM conversations"
)
_SELECT_ENTRIES = "SELECT entries.id, conversation_id, asked_ms, is_pinned, entries.answer, mark FROM entries"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its entries.

    Attributes:
        id: Its number; never used twice.
        folder: Absolute path of the folder that was asked.
        title: The first question, shortened, unless it was renamed.
        created: When it began, UTC.
        updated: When its last question was answered, UTC.
        entries: How many questions it holds.
        view: How it was looked at last, as the chat wrote it; '' if it did not.
    """

    id: int
    folder: str
    title: str
    created: datetime
    updated: datetime
    entries: int
    view: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A question and its answer.

    Attributes:
        id: Its number; grows with time over all conversations, never used twice.
        conversation_id: The conversation that it belongs to.
        asked: When it was answered, UTC.
        is_pinned: Whether the user pinned it.
        answer: The answer, with its question; figures as ``ask --json`` rounds them.
        line: The answer as ``ask --json`` printed it.
        mark: What the user said of the answer; '' for nothing.
    """

    id: int
    conversation_id: int
    asked: datetime
    is_pinned: bool
    answer: Answer
    line: str
    mark: Mark = ""


class Conversations:
    """The conversations of this user. Use it from any thread, and close it.

    Every method raises ``ConversationError`` when the file cannot be read or written; what it holds then stays as it
    was, and questions can be asked all the same. A file that turns out to be damaged is set aside and a new one begun:
    ``notes`` says so, and the conversations of before are no longer found.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Opens the conversations.

        Args:
            folder: The data folder, made if missing; None is the user's own.

        Raises:
            ConversationError: The file cannot be made or opened, or a newer askbrief wrote it.
        """
        self._file = ConversationFile(folder or platformdirs.user_data_path("askbrief", appauthor=False))

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def notes(self) -> list[str]:
        """Sentences for people about what was found, such as a damaged file; who shows them clears them."""
        return self._file.notes

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, folder: Path, answer: Answer, *, view: str = "") -> Entry:
        """Begins a conversation about ``folder`` with its first answer, whose question becomes the title."""
        now = _now_ms()
        with self._file.writing() as connection:
            number = connection.execute(
                "INSERT INTO conversations (folder, title, created_ms, updated_ms, view) VALUES (?, ?, ?, ?, ?)",
                (_key(folder), shorten(answer.question, TITLE_CHARACTERS), now, now, view),
            ).lastrowid
            assert number is not None
            return _insert_entry(connection, number, answer, asked_ms=now)

    def append(self, conversation_id: int, answer: Answer) -> Entry:
        """Adds an answer to a conversation; fails also when that was deleted meanwhile."""
        now = _now_ms()
        with self._file.writing() as connection:
            changed = connection.execute("UPDATE conversations SET updated_ms = ? WHERE id = ?", (now, conversation_id))
            _check_found(changed, "conversation", conversation_id)
            return _insert_entry(connection, conversation_id, answer, asked_ms=now)

    def load_conversation(self, conversation_id: int) -> Conversation:
        """One conversation; fails also when there is none of that number."""
        rows = self._file.rows(f"{_SELECT_CONVERSATIONS} WHERE id = ?", conversation_id)
        if not rows:
            raise _not_found("conversation", conversation_id)
        return _build_conversation(rows[0])

    def list_conversations(self, folder: Path | None = None) -> list[Conversation]:
        """The conversations about ``folder``, or with None all; the last used first."""
        rows = self._file.rows(
            f"{_SELECT_CONVERSATIONS} WHERE folder = coalesce(?, folder) ORDER BY updated_ms DESC, id DESC",
            folder and _key(folder),
        )
        return list(map(_build_conversation, rows))

    def find_last(self, folder: Path, *, view: str | None = None) -> Conversation | None:
        """The last used conversation about ``folder``, of those that were looked at as ``view``; None if none."""
        rows = self._file.rows(
            f"{_SELECT_CONVERSATIONS} WHERE folder = ? AND view = coalesce(?, view) ORDER BY updated_ms DESC, id DESC"
            " LIMIT 1",
            _key(folder),
            view,
        )
        return _build_conversation(rows[0]) if rows else None

    def load_entries(
        self, conversation_id: int, *, before: int | None = None, after: int | None = None, limit: int = PAGE
    ) -> list[Entry]:
        """A window of a conversation, oldest entry first; the newest entries unless told otherwise.

        Args:
            conversation_id: The conversation.
            before: The window ends right before the entry with this id.
            after: The window begins right after the entry with this id; ``before`` then does not count.
            limit: Most entries.
        """
        if after is not None:
            condition, border, order = "id > ?", after, "ASC"
        else:
            condition, border, order = "id < ?", _LAST if before is None else before, "DESC"
        rows = self._file.rows(
            f"{_SELECT_ENTRIES} WHERE conversation_id = ? AND {condition} ORDER BY id {order} LIMIT ?",
            conversation_id,
            border,
            limit,
        )
        return [self._build_entry(row) for row in sorted(rows)]

    def iter_entries(self, conversation_id: int) -> Iterator[Entry]:
        """All entries of a conversation, oldest first, read page by page."""
        last = 0
        while page := self.load_entries(conversation_id, after=last):
            yield from page
            last = page[-1].id

    def search(self, query: str, *, folder: Path | None = None, limit: int = PAGE) -> list[Entry]:
        """The newest entries with all words of ``query`` in question or answer, the last word as a beginning of one.

        Case and accents do not count. A query without words finds nothing; words after the fiftieth are not looked for.
        """
        words = [span.of(query) for span in find_words(query)][:_MAX_SEARCH_WORDS]
        if not words:
            return []
        rows = self._file.rows(
            f"{_SELECT_ENTRIES} JOIN words ON words.rowid = entries.id"
            " JOIN conversations ON conversations.id = conversation_id"
            " WHERE words MATCH ? AND folder = coalesce(?, folder) ORDER BY entries.id DESC LIMIT ?",
            " ".join(f'"{word}"' for word in words) + "*",  # a word holds no quote
            folder and _key(folder),
            limit,
        )
        return [self._build_entry(row) for row in rows]

    def load_history(self, folder: Path, *, before: int = _LAST, limit: int = PAGE) -> list[Entry]:
        """The entries of all conversations about ``folder`` with an id below ``before``, newest first."""
        rows = self._file.rows(
            f"{_SELECT_ENTRIES} JOIN conversations ON conversations.id = conversation_id"
            " WHERE folder = ? AND entries.id < ? ORDER BY entries.id DESC LIMIT ?",
            _key(folder),
            before,
            limit,
        )
        return [self._build_entry(row) for row in rows]

    def load_entry(self, entry_id: int, *, folder: Path) -> Entry:
        """One entry of a conversation about ``folder``; fails also when there is none of that number."""
        found = self.load_history(folder, before=entry_id + 1, limit=1)
        if not found or found[0].id != entry_id:
            raise ConversationError(f"there is no question {entry_id} about {folder}", hint="See: askbrief history")
        return found[0]

    def load_questions(self, folder: Path, *, limit: int = HISTORY) -> list[str]:
        """The last questions asked about ``folder``, newest first, each once: the prompt's history."""
        rows = self._file.rows(
            "SELECT question FROM entries JOIN conversations ON conversations.id = conversation_id"
            " WHERE folder = ? GROUP BY question ORDER BY max(entries.id) DESC LIMIT ?",
            _key(folder),
            limit,
        )
        return [question for (question,) in rows]

    def load_pinned(self, folder: Path) -> list[Entry]:
        """The pinned entries of all conversations about ``folder``, oldest first."""
        rows = self._file.rows(
            f"{_SELECT_ENTRIES} JOIN conversations ON conversations.id = conversation_id"
            " WHERE is_pinned AND folder = ? ORDER BY entries.id",
            _key(folder),
        )
        return [self._build_entry(row) for row in rows]

    def set_view(self, conversation_id: int, view: str) -> None:
        """Save how a conversation is looked at; fails also when there is none of that number."""
        with self._file.writing() as connection:
            changed = connection.execute("UPDATE conversations SET view = ? WHERE id = ?", (view, conversation_id))
            _check_found(changed, "conversation", conversation_id)

    def set_pinned(self, entry_id: int, *, is_pinned: bool) -> None:
        """Pins an entry or takes the pin away; fails also when there is none of that number."""
        with self._file.writing() as connection:
            changed = connection.execute("UPDATE entries SET is_pinned = ? WHERE id = ?", (is_pinned, entry_id))
            _check_found(changed, "question", entry_id)

    def set_mark(self, entry_id: int, mark: Mark) -> None:
        """Say whether an answer is right or wrong, or take that back; fails when there is no entry of that number."""
        with self._file.writing() as connection:
            changed = connection.execute("UPDATE entries SET mark = ? WHERE id = ?", (mark, entry_id))
            _check_found(changed, "question", entry_id)

    def rename(self, conversation_id: int, title: str) -> None:
        """Gives a conversation another title; fails also when there is none of that number."""
        with self._file.writing() as connection:
            title = shorten(title, TITLE_CHARACTERS)
            changed = connection.execute("UPDATE conversations SET title = ? WHERE id = ?", (title, conversation_id))
            _check_found(changed, "conversation", conversation_id)

    def delete(self, conversation_id: int) -> None:
        """Deletes a conversation with its entries, from the disk too; fails also when there is none of that number."""
        with self._file.writing() as connection:
            entries = "(SELECT id FROM entries WHERE conversation_id = ?)"
            connection.execute(f"DELETE FROM words WHERE rowid IN {entries}", (conversation_id,))
            deleted = connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
            _check_found(deleted, "conversation", conversation_id)
        self._file.forget()

    def delete_all(self, folder: Path) -> int:
        """Delete all conversations about ``folder``, from the disk too, and return how many questions they held."""
        with self._file.writing() as connection:
            about = "FROM entries WHERE conversation_id IN (SELECT id FROM conversations WHERE folder = ?)"
            connection.execute(f"DELETE FROM words WHERE rowid IN (SELECT id {about})", (_key(folder),))
            count = connection.execute(f"DELETE {about}", (_key(folder),)).rowcount
            connection.execute("DELETE FROM conversations WHERE folder = ?", (_key(folder),))
        self._file.forget()
        return count

    def _build_entry(self, row: tuple[Any, ...]) -> Entry:
        number, conversation_id, asked_ms, is_pinned, line, mark = row
        try:
            return Entry(number, conversation_id, _moment(asked_ms), bool(is_pinned), load_answer(line), line, mark)
        except ValueError as error:
            raise ConversationError(
                f"question {number} in {self.path} cannot be read: {error}", hint="Delete its conversation."
            ) from error


def _insert_entry(connection: sqlite3.Connection, conversation_id: int, answer: Answer, *, asked_ms: int) -> Entry:
    line = answer_as_json(answer)
    number = connection.execute(
        "INSERT INTO entries (conversation_id, asked_ms, question, answer) VALUES (?, ?, ?, ?)",
        (conversation_id, asked_ms, answer.question, line),
    ).lastrowid
    assert number is not None
    found = "\n".join(f"{span.text}\n{span.sentence_text}\n{span.title}\n{span.path}" for span in answer.answers)
    connection.execute("INSERT INTO words (rowid, question, answer) VALUES (?, ?, ?)", (number, answer.question, found))
    return Entry(number, conversation_id, _moment(asked_ms), False, answer, line)


def _build_conversation(row: tuple[Any, ...]) -> Conversation:
    number, folder, title, created_ms, updated_ms, entries, view = row
    return Conversation(number, folder, title, _moment(created_ms), _moment(updated_ms), entries, view)


def _check_found(changed: sqlite3.Cursor, noun: str, number: int) -> None:
    if not changed.rowcount:
        raise _not_found(noun, number)


def _not_found(noun: str, number: int) -> ConversationError:
    return ConversationError(f"there is no {noun} {number}", hint="See: askbrief conversations")


def _key(folder: Path) -> str:
    """What a folder is known by; a name that is no text is shown as far as it is."""
    return str(folder.resolve()).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
