"""The database of an index: one SQLite file, its transactions, its errors in our terms, and the lock around writing."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from askbrief.errors import StoreBusyError, StoreDamagedError, StoreError

FILE_NAME = "askbrief.sqlite"
LOCK = "write.lock"
BUSY_TIMEOUT_SECONDS = 30.0
_BESIDE = ("-wal", "-shm")


class Database:
    """An open SQLite file, made if missing. SQLite's errors come out as ``StoreError``.

    Attributes:
        file: The file.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE_NAME
        with self._translating():
            self._connection = sqlite3.connect(
                self.file, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA foreign_keys = ON")

    def close(self) -> None:
        """Lets go of the file."""
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
            yield from self._connection.execute(query, values)

    def first(self, query: str, *values: object) -> tuple[Any, ...]:
        """The first row that a query finds.

        Raises:
            StoreDamagedError: It finds none.
        """
        row = next(self.rows(query, *values), None)
        if row is None:
            raise StoreDamagedError(f"{self.file} is incomplete", hint="Run: askbrief index")
        return row

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction: all that the block writes, or, if it fails, nothing."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self.execute("ROLLBACK")
            raise

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
def lock_for_writing(folder: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Keeps every other process from writing to ``folder``, which is made if missing, for the length of the block.

    The operating system lets go of the lock when its holder dies.

    Raises:
        StoreBusyError: Another process holds it for longer than ``timeout_seconds``.
        StoreError: The folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=timeout_seconds)
        lock.acquire()
    except Timeout as error:
        raise StoreBusyError(f"another process is writing to {folder}", hint="Try again when it is done.") from error
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}", hint="Check its permissions.") from error
    try:
        yield
    finally:
        lock.release()


def remove_database(folder: Path) -> None:
    """Removes the file and what SQLite keeps beside it; nothing where there is none.

    Raises:
        StoreError: The folder cannot be written.
    """
    _clear(folder, kept=None)


def set_aside_database(folder: Path) -> Path:
    """Renames a broken file, which is kept, and returns where it is now.

    Raises:
        StoreError: The folder cannot be written.
    """
    kept = folder / f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06}.sqlite"
    _clear(folder, kept=kept)
    return kept


def _clear(folder: Path, *, kept: Path | None) -> None:
    file = folder / FILE_NAME
    try:
        if kept is not None:
            file.rename(kept)
        for ending in ("", *_BESIDE):
            (folder / f"{FILE_NAME}{ending}").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}", hint="Check its permissions.") from error


def _translate(error: sqlite3.Error, file: Path) -> StoreError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_BUSY"):
        return StoreBusyError(f"another process is writing to {file.parent}", hint="Try again when it is done.")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_FULL", "SQLITE_IOERR")):
        return StoreError(f"{file} cannot be used: {error}", hint="Check its permissions and the free space.")
    return StoreDamagedError(f"{file} is damaged: {error}", hint="Run: askbrief index")
