"""SQLite connections: opened on a file that only its owner can read, with their transactions and failures."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

BESIDE = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database."""

Failure = Literal["busy", "unusable", "damaged", "other"]
"""Another process writes; the disk or its permissions are in the way; the file is no valid database; anything else."""

_FAILURES: tuple[tuple[Failure, tuple[str, ...]], ...] = (
    ("busy", ("SQLITE_BUSY",)),
    ("unusable", ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_FULL", "SQLITE_IOERR")),
    ("damaged", ("SQLITE_CORRUPT", "SQLITE_NOTADB")),
)


def make_private_file(file: Path) -> None:
    """Make an empty file that only its owner can read, where there is none; SQLite makes those beside it alike.

    Raises:
        OSError: The folder cannot be written.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def open_connection(
    file: Path, *, timeout_seconds: float, access: str = "", pragmas: Sequence[str] = ()
) -> sqlite3.Connection:
    """Open a database without implicit transactions, for any thread.

    Args:
        file: The database.
        timeout_seconds: How long to wait for another process that writes.
        access: Parameters of SQLite's URI, such as "immutable=1".
        pragmas: Settings, such as "foreign_keys = ON".

    Raises:
        sqlite3.Error: It cannot be opened, or is no database.
    """
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?{access}",
        uri=True,
        timeout=timeout_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def close_without_checkpoint(connection: sqlite3.Connection, file: Path) -> None:
    """Close a connection and leave what it wrote in the log beside ``file``, from where it is read the next time.

    When the last connection to a database closes, SQLite moves the log into the file, which waits for the disk several
    times. Here the last one may only read, so it cannot do that (https://sqlite.org/wal.html).
    """
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(open_connection(file, timeout_seconds=0, access="mode=ro")) as last,
    ):
        last.execute("SELECT 1 FROM sqlite_schema").fetchone()  # opens the log
        connection.close()
    connection.close()


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit all that the block writes, or, if it fails, nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise


def find_file_number(file: Path) -> tuple[int, int] | None:
    """What tells a file from another that took its name: device and inode; None where there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def find_failure(error: sqlite3.Error) -> Failure:
    """What kind of failure an error of SQLite is."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return next((failure for failure, names in _FAILURES if name.startswith(names)), "other")


def build_damaged_name() -> str:
    """A new name for a database that is set aside."""
    return f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06}.sqlite"
