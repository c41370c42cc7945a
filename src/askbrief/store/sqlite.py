"""The database of an index: one SQLite file, its transactions, its errors in our terms, and the lock around writing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from askbrief.errors import StoreBusyError, StoreDamagedError, StoreError
from askbrief.store.connection import (
    BESIDE,
    build_damaged_name,
    find_failure,
    find_file_number,
    make_private_file,
    open_connection,
    transaction,
)

FILE_NAME = "askbrief.sqlite"
BUSY_TIMEOUT_SECONDS = 30.0
_UNFINISHED = "unfinished.sqlite"
_PRAGMAS = ("foreign_keys = ON", "cell_size_check = ON", "trusted_schema = OFF")
"""The last two as SQLite advises for files that may be damaged, or somebody else's."""


class Database:
    """An open SQLite file, made if missing. SQLite's errors come out as ``StoreError``.

    On a disk that is mounted for reading only it is read without the files that SQLite else needs beside it.

    Attributes:
        file: The file.
    """

    def __init__(self, folder: Path, *, name: str = FILE_NAME) -> None:
        self.file = folder / name
        with _writing(folder):
            make_private_file(self.file)
        access = "immutable=1" if _is_unchangeable(self.file) else ""
        with self._translating():
            self._connection = open_connection(
                self.file, timeout_seconds=BUSY_TIMEOUT_SECONDS, access=access, pragmas=_PRAGMAS
            )
        self._number = find_file_number(self.file)

    @property
    def is_current(self) -> bool:
        """Whether the open file is still the one of that name."""
        return self._number is not None and find_file_number(self.file) == self._number

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def execute(self, statement: str, *values: object) -> int:
        """Runs a statement and returns the number of rows it changed."""
        with self._translating():
            return self._connection.execute(statement, values).rowcount

    def execute_many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Runs a statement for each of ``rows``."""
        with self._translating():
            self._connection.executemany(statement, rows)

    def rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds."""
        with self._translating():
            for row in self._connection.execute(query, values):  # noqa: UP028 - it would close cursors late
                yield row

    def first(self, query: str, *values: object) -> tuple[Any, ...]:
        """The first row that a query finds.

        Raises:
            StoreDamagedError: It finds none.
        """
        row = next(self.rows(query, *values), None)
        if row is None:
            raise StoreDamagedError(f"{self.file} is incomplete", hint="Run: askbrief index")
        return row

    def find_damage(self) -> list[str]:
        """What SQLite finds wrong with the file when it reads all of it; empty if nothing."""
        try:
            found = [str(line) for (line,) in self.rows("PRAGMA integrity_check") if line != "ok"]
            orphans = [f"{table} {row} belongs to nothing" for table, row, *_ in self.rows("PRAGMA foreign_key_check")]
        except StoreDamagedError as error:
            return [error.message]
        return found + orphans

    def copy_to(self, folder: Path) -> None:
        """Puts all that is in this file in place of all that is in the one of another folder, in one commit."""
        with contextlib.closing(Database(folder)) as target, target._translating():
            self._connection.backup(target._connection)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction: all that the block writes, or, if it fails, nothing."""
        with self._translating(), transaction(self._connection):
            yield

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the file for the length of the block, whatever others write meanwhile."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("ROLLBACK")

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translate(error, self.file) from error


@contextlib.contextmanager
def making_database(folder: Path) -> Iterator[Database]:
    """An empty database, which takes the place of the one that is there once the block has filled it.

    Raises:
        StoreError: The folder cannot be written.
    """
    _remove(folder, _UNFINISHED)
    with contextlib.closing(Database(folder, name=_UNFINISHED)) as database:
        yield database
        database.execute("PRAGMA journal_mode = WAL")  # not before: what is written has to be in the file itself
    _remove(folder, FILE_NAME)  # with the files beside it, which would be read into the new one
    with _writing(folder):
        database.file.rename(folder / FILE_NAME)


def set_aside_database(folder: Path) -> Path:
    """Renames a broken file, which is kept, and returns where it is now.

    Raises:
        StoreError: The folder cannot be written.
    """
    kept = folder / build_damaged_name()
    with _writing(folder):
        (folder / FILE_NAME).rename(kept)
    for name in (FILE_NAME, _UNFINISHED):
        _remove(folder, name)
    return kept


def _is_unchangeable(file: Path) -> bool:
    """Whether the file lies on a disk mounted for reading only, and all that was written is in it."""
    if not hasattr(os, "statvfs") or not os.statvfs(file.parent).f_flag & os.ST_RDONLY:
        return False
    log = file.with_name(f"{file.name}-wal")
    return not log.exists() or not log.stat().st_size


def _remove(folder: Path, name: str) -> None:
    """Remove a database with the files that SQLite keeps beside it."""
    with _writing(folder):
        for ending in ("", *BESIDE):
            (folder / f"{name}{ending}").unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}", hint="Check its permissions.") from error


def _translate(error: sqlite3.Error, file: Path) -> StoreError:
    failure = find_failure(error)
    if failure == "busy":
        return StoreBusyError(f"another process is writing to {file.parent}", hint="Try again when it is done.")
    if failure == "unusable":
        return StoreError(f"{file} cannot be used: {error}", hint="Check its permissions and the free space.")
    return StoreDamagedError(f"{file} is damaged: {error}", hint="Run: askbrief index")
