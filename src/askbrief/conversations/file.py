"""The SQLite file that conversations are saved in: made, opened, locked, and set aside when it is damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import RLock
from typing import Any

from askbrief.errors import ConversationError
from askbrief.store.connection import (
    BESIDE,
    build_damaged_name,
    close_without_checkpoint,
    find_failure,
    find_file_number,
    make_private_file,
    open_connection,
    transaction,
)

FILE_NAME = "conversations.sqlite"
SCHEMA_VERSION = 3
BUSY_TIMEOUT_SECONDS = 5.0

_LOCK = "conversations.lock"
_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON")
"""A question is saved without waiting for the disk: a power cut may take those of the last moments, never the file."""
_SCHEMA = f"""
BEGIN;
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder TEXT NOT NULL, title TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
    view TEXT NOT NULL DEFAULT ''
);
CREATE INDEX conversations_folder ON conversations(folder);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    asked_ms INTEGER NOT NULL, is_pinned INTEGER NOT NULL DEFAULT 0, question TEXT NOT NULL, answer TEXT NOT NULL,
    mark TEXT NOT NULL DEFAULT ''
);
CREATE INDEX entries_conversation ON entries(conversation_id, id);
CREATE VIRTUAL TABLE words USING fts5(question, answer, tokenize = "unicode61 remove_diacritics 2");
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""
_FROM_1_TO_2 = """
BEGIN;
ALTER TABLE conversations ADD COLUMN view TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 2;
COMMIT;
"""
_FROM_2_TO_3 = """
BEGIN;
ALTER TABLE entries ADD COLUMN mark TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 3;
COMMIT;
"""


class ConversationFile:
    """The open file. Use it from any thread, and close it.

    Attributes:
        path: Where it is.
        notes: Sentences for people about files that were set aside.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the file in ``folder``; both are made if missing, for this user alone.

        Raises:
            ConversationError: It cannot be made or opened, or a newer askbrief wrote it.
        """
        self.path = folder / FILE_NAME
        self.notes: list[str] = []
        self._lock = RLock()
        with self._alone():
            self._connection = self._open_or_begin_anew()

    def close(self) -> None:
        """Close the file; what was written last stays in the log beside it."""
        with self._lock:
            close_without_checkpoint(self._connection, self.path)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a query finds."""
        with self._working() as connection:
            return connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all that the block writes, or, if it fails, nothing."""
        with self._working() as connection, transaction(connection):
            yield connection

    def forget(self) -> None:
        """Takes what was deleted off the disk: out of the word index and out of the log beside the file."""
        with self._working() as connection:
            connection.execute("INSERT INTO words(words) VALUES ('optimize')")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def _working(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                if find_failure(error) == "damaged":
                    self._replace()
                raise _translate(error, self.path) from error

    def _replace(self) -> None:
        """Sets the file aside, unless another process did so already, and opens the one in its place."""
        with self._alone():
            is_ours = find_file_number(self.path) == self._number
            self._connection.close()
            if is_ours:
                self._set_aside()
            self._connection = self._open_or_begin_anew()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other processes from opening or replacing the file meanwhile; errors come out as ConversationError."""
        from filelock import FileLock, Timeout

        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self.path.with_name(_LOCK), timeout=BUSY_TIMEOUT_SECONDS, mode=0o600):
                yield
        except Timeout as error:
            raise _busy(self.path) from error
        except sqlite3.Error as error:
            raise _translate(error, self.path) from error
        except OSError as error:
            raise _unusable(self.path, error.strerror or str(error)) from error

    def _open_or_begin_anew(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if find_failure(error) != "damaged":
                raise
        self._set_aside()
        return self._open()

    def _open(self) -> sqlite3.Connection:
        self.path.parent.chmod(0o700)
        make_private_file(self.path)
        self.path.chmod(0o600)
        self._number = find_file_number(self.path)
        connection = open_connection(self.path, timeout_seconds=BUSY_TIMEOUT_SECONDS)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise ConversationError(
                    f"{self.path} was written by a newer askbrief (schema {version}, this one knows {SCHEMA_VERSION})",
                    hint="Use that askbrief, or move the file away.",
                )
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            if version == 0:
                connection.executescript(_SCHEMA)
            if version == 1:
                connection.executescript(_FROM_1_TO_2)
            if version in (1, 2):
                connection.executescript(_FROM_2_TO_3)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> None:
        kept = self.path.with_name(build_damaged_name())
        for ending in ("", *BESIDE):
            with contextlib.suppress(FileNotFoundError):
                self.path.with_name(f"{FILE_NAME}{ending}").rename(f"{kept}{ending}")
        self.notes.append(f"{self.path} is damaged; it was set aside as {kept.name}, and a new one begun")


def _translate(error: sqlite3.Error, path: Path) -> ConversationError:
    failure = find_failure(error)
    if failure == "busy":
        return _busy(path)
    if failure == "unusable":
        return _unusable(path, str(error))
    return ConversationError(f"{path} is damaged: {error}", hint="It was kept beside the new one that is begun.")


def _busy(path: Path) -> ConversationError:
    return ConversationError(f"another process is writing to {path}", hint="Try again when it is done.")


def _unusable(path: Path, reason: str) -> ConversationError:
    return ConversationError(
        f"conversations cannot be saved or read in {path.parent}: {reason}",
        hint="Check its permissions and the free space.",
    )
