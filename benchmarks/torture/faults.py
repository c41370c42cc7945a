"""Faults: every change that a process makes to an index, told before it happens, so that the process can die there.

What Python does to files is told by its audit hook, what SQLite, FAISS and tantivy do by wrapping the calls into them.
FAISS's files are told twice: before they are written, and when half of them is.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import askbrief.store.lexical

OnChange = Callable[[str], None]

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_EVENTS = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
_READING = ("SELECT", "PRAGMA")
_TEXTS_BETWEEN = 5
"""Texts that go into a lexical index between two points."""
_SQLITE = {
    errno.ENOSPC: ("database or disk is full", "SQLITE_FULL"),
    errno.EROFS: ("attempt to write a readonly database", "SQLITE_READONLY"),
    errno.EACCES: ("unable to open database file", "SQLITE_CANTOPEN"),
}


def install(folder: Path, on_change: OnChange) -> None:
    """Calls ``on_change`` with a label before each change below ``folder``, for the rest of this process.

    An ``OSError`` that it raises takes the place of the change, in the form in which the library concerned reports it.
    """
    # Until something is to be told of a folder, what happens there is told; while it is told, nothing is.
    guard = _Guard(folder, on_change)
    sys.addaudithook(guard.hear)
    _wrap_sqlite(guard)
    _wrap_faiss(guard)
    _wrap_tantivy(guard)


def on_open(file: Path, action: Callable[[], object]) -> None:
    """Does ``action`` right before this process opens ``file`` for the first time."""
    pending = [action]

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and pending and isinstance(arguments[0], (str, Path)) and Path(arguments[0]) == file:
            pending.pop()()

    sys.addaudithook(hear)


class _Guard:
    """Tells changes, but none that is made while one is told."""

    def __init__(self, folder: Path, on_change: OnChange) -> None:
        self._prefix = f"{folder}{os.sep}"
        self._folder = str(folder)
        self._on_change = on_change
        self._is_telling = False

    def tell(self, label: str) -> None:
        if self._is_telling:
            return
        with self.silence():
            self._on_change(label)

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        before, self._is_telling = self._is_telling, True
        try:
            yield
        finally:
            self._is_telling = before

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._is_telling or not (event in _EVENTS or event == "open"):
            return
        path = arguments[0]
        if not isinstance(path, (str, Path)):
            return
        if event == "open":
            flags = arguments[2] if isinstance(arguments[2], int) else 0
            if not flags & _WRITING or not str(path).startswith(self._prefix):
                return
        elif not (str(path).startswith(self._prefix) or str(path) == self._folder or not Path(path).is_absolute()):
            return  # a relative path is one inside a folder that shutil removes
        self.tell(f"{event} {Path(path).name}")


def _wrap_sqlite(guard: _Guard) -> None:
    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            if not sql.lstrip().startswith(_READING):
                tell(" ".join(sql.split()[:3]))
            return super().execute(sql, *arguments)

        def executemany(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            tell(" ".join(sql.split()[:3]))
            return super().executemany(sql, *arguments)

        def backup(self, *arguments: Any, **named: Any) -> None:
            tell("backup")
            super().backup(*arguments, **named)

    def tell(label: str) -> None:
        try:
            guard.tell(f"SQLite {label}")
        except OSError as error:
            message, name = _SQLITE[error.errno or errno.EACCES]
            translated = sqlite3.OperationalError(message)
            translated.sqlite_errorname = name
            raise translated from error

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]


def _wrap_faiss(guard: _Guard) -> None:
    import faiss

    write = faiss.write_index

    def write_index(index: Any, file: str) -> None:
        name = Path(file).name
        try:
            guard.tell(f"FAISS writes {name}")
            write(index, file)
            with guard.silence():
                whole = Path(file).read_bytes()
                os.truncate(file, len(whole) // 2)
            guard.tell(f"FAISS wrote half of {name}")
            with guard.silence():
                Path(file).write_bytes(whole)
        except OSError as error:
            raise RuntimeError(f"Error: 'f' failed: could not open {file} for writing: {error}") from error

    faiss.write_index = write_index  # type: ignore[assignment]


def _wrap_tantivy(guard: _Guard) -> None:
    write = askbrief.store.lexical._write

    def tell(label: str) -> None:
        try:
            guard.tell(f"tantivy {label}")
        except OSError as error:
            raise ValueError(f"IoError: {error}") from error

    def iter_told(passages: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for number, passage in enumerate(passages):
            if number % _TEXTS_BETWEEN == 0:
                tell("adds")
            yield passage

    def tell_and_write(index: Any, passages: Iterable[tuple[int, str]], **named: Any) -> None:
        tell("begins")
        write(index, iter_told(passages), **named)
        tell("ended")

    askbrief.store.lexical._write = tell_and_write
