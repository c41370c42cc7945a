"""The rows of an index's database: files, documents, passages and vectors, each row with its checksum."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.chunk import build_indexed_text
from askbrief.errors import StoreDamagedError
from askbrief.store.sqlite import Database
from askbrief.types import Document, Passage, SkippedFile, Span

SCHEMA_VERSION = 4
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, date TEXT, text TEXT NOT NULL, checksum INTEGER NOT NULL
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL,
    vector_key BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE INDEX passages_document ON passages(document_id);
CREATE INDEX passages_vector ON passages(vector_key);
CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    encoding TEXT, problem TEXT, document_id TEXT REFERENCES documents(id), content TEXT, checksum INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_document ON files(document_id);
CREATE TABLE copies (document_id TEXT PRIMARY KEY, paths INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE removed (row INTEGER PRIMARY KEY, checksum INTEGER NOT NULL);
"""
_PUBLISHED = "row > ? AND row <= ? ORDER BY row"
_FILE_COLUMNS = "path, size, mtime_ns, encoding, problem, document_id, content, checksum"
_COPIES = (
    "SELECT document_id, COUNT(*) FROM files WHERE document_id IS NOT NULL GROUP BY document_id HAVING COUNT(*) > 1"
)
_DEAD = "SELECT id FROM documents WHERE id NOT IN (SELECT document_id FROM files WHERE document_id IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the store knows of a file.

    Either ``problem`` is set, or ``encoding``, ``document_id`` and ``content``, a hash of the text.
    """

    path: str
    size: int
    mtime_ns: int
    encoding: str | None = None
    problem: str | None = None
    document_id: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class PassageRecord:
    """A passage with its row in the store and its vector of shape (dimension,)."""

    row: int
    document_id: str
    span: Span
    vector: NDArray[np.float32]


class Records:
    """What is kept in a database, published and waiting. Rows whose checksum is wrong are never given out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def generation(self) -> int:
        """Number of the published state; 0 = nothing published yet."""
        return self._number("generation")

    @property
    def is_current(self) -> bool:
        """Whether the database is still the file of that name, and no other was put in its place."""
        return self._database.is_current

    def count_documents(self) -> int:
        """Published documents."""
        return self._number("documents")

    def count_passages(self) -> int:
        """Published passages."""
        return self._number("passages")

    def load_files(self) -> dict[str, FileRecord]:
        """Every file that was looked at, by path."""
        rows = self._database.rows(f"SELECT {_FILE_COLUMNS} FROM files")
        return {row[0]: FileRecord(*row) for row in self._checked(rows)}

    def load_stats(self) -> dict[str, tuple[int, int, str | None]]:
        """Size, time and problem of every file that was looked at, by path."""
        rows = self._database.rows("SELECT CAST(path AS TEXT), size, mtime_ns, problem FROM files")
        return {path: (size, mtime_ns, problem) for path, size, mtime_ns, problem in rows}

    def load_skipped(self) -> tuple[SkippedFile, ...]:
        """The files that could not be read, by path."""
        query = f"SELECT {_FILE_COLUMNS} FROM files WHERE problem IS NOT NULL ORDER BY path"
        records = (FileRecord(*row) for row in self._checked(self._database.rows(query)))
        return tuple(SkippedFile(record.path, record.problem or "") for record in records)

    def load_document(self, document_id: str) -> Document:
        """A document with the paths of all its copies.

        Raises:
            StoreDamagedError: There is no such document, or it is not as it was saved.
        """
        _, title, published, text = self._load_document(document_id)
        query = f"SELECT {_FILE_COLUMNS} FROM files WHERE document_id = ? ORDER BY path"
        paths = tuple(path for path, *_ in self._checked(self._database.rows(query, document_id)))
        copies = self._checked(self._database.rows("SELECT * FROM copies WHERE document_id = ?", document_id))
        if len(paths) != (copies[0][1] if copies else 1):
            raise self._damaged("a path of a document is missing")
        return Document(document_id, title, text, date.fromisoformat(published) if published else None, paths)

    def load_passages(self, rows: Sequence[int]) -> list[PassageRecord]:
        """The passages of ``rows``, in that order.

        Raises:
            StoreDamagedError: One is missing, or not as it was saved.
        """
        marks = ",".join("?" * len(rows))
        query = (
            "SELECT vectors.checksum, vector, row, document_id, start, end, key, passages.checksum"
            f" FROM passages JOIN vectors ON key = vector_key WHERE row IN ({marks})"
        )
        found = {}
        for checksum, vector, *passage in self._database.rows(query, *rows):
            ((row, document_id, start, end, key),) = self._checked([passage])
            found[row] = PassageRecord(row, document_id, Span(start, end), self._unpack(key, vector, checksum))
        if missing := set(rows) - found.keys():
            raise self._damaged(f"passage {min(missing)} is missing")
        return [found[row] for row in rows]

    def load_removed(self) -> list[int]:
        """Rows that the dense index still holds, but does not find; sorted."""
        return [row for (row,) in self._checked(self._database.rows("SELECT row, checksum FROM removed ORDER BY row"))]

    def load_speed(self) -> float | None:
        """Characters that were encoded in a second, where that was measured."""
        return float(self._number("speed")) if self._meta("speed") else None

    def save_speed(self, characters_per_second: float) -> None:
        """Keeps a measured speed of encoding."""
        self._save_meta("speed", str(max(1, round(characters_per_second))))

    def has_document(self, document_id: str) -> bool:
        """Whether the document is there, published or waiting."""
        return any(self._database.rows("SELECT 1 FROM documents WHERE id = ?", document_id))

    def has_vector(self, key: bytes) -> bool:
        """Whether a vector is stored under ``key``."""
        return any(self._database.rows("SELECT 1 FROM vectors WHERE key = ?", key))

    def add_documents(
        self,
        documents: Iterable[tuple[Document, Sequence[tuple[Passage, bytes]]]],
        vectors: Iterable[tuple[bytes, NDArray[np.float32]]],
    ) -> None:
        """Saves documents, their passages with the keys of their vectors, and new vectors; publishes nothing.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._database.writing():
            pairs = (sign(key, vector.astype("<f4").tobytes()) for key, vector in vectors)
            self._database.execute_many("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", pairs)
            for document, passages in documents:
                day = document.date.isoformat() if document.date else None
                values = sign(document.id, document.title, day, document.text)
                if self._database.execute("INSERT OR IGNORE INTO documents VALUES (?, ?, ?, ?, ?)", *values):
                    last = next(self._database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'passages'"), (0,))
                    numbered = enumerate(passages, start=last[0] + 1)
                    self._database.execute_many(
                        "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                        (sign(row, document.id, p.span.start, p.span.end, key) for row, (p, key) in numbered),
                    )

    def touch_files(self, records: Iterable[FileRecord]) -> None:
        """Saves new sizes and times of files whose content did not change; publishes nothing."""
        with self._database.writing():
            self._save_files(records)

    def iter_published(self) -> Iterator[tuple[int, bytes, NDArray[np.float32], str]]:
        """Row, key, vector and indexed text of every published passage, by row.

        Raises:
            StoreDamagedError: Something is not as it was written.
        """
        last_row = self._number("last_row")
        query = f"SELECT row, document_id, start, end, vector_key, checksum FROM passages WHERE {_PUBLISHED}"
        passages = self._database.rows(query, 0, last_row)
        vectors, texts = self._iter_vectors(0, last_row), self._iter_texts(0, last_row)
        for passage, vector, text in zip_longest(passages, vectors, texts):
            if passage is None or vector is None or text is None or passage[0] != vector[0]:
                raise self._damaged("a passage or its vector is missing")
            ((row, *_, key),) = self._checked([passage])
            yield row, key, vector[1], text[1]

    def find_damage(self) -> list[str]:
        """What SQLite finds wrong with the database when it reads all of it; empty if nothing."""
        return self._database.find_damage()

    def _iter_vectors(self, after: int, last: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        query = (
            "SELECT row, key, vector, vectors.checksum FROM passages JOIN vectors ON key = vector_key"
            f" WHERE {_PUBLISHED}"
        )
        return ((row, self._unpack(*values)) for row, *values in self._database.rows(query, after, last))

    def _iter_texts(self, after: int, last: int) -> Iterator[tuple[int, str]]:
        current, title, text = None, "", ""
        query = f"SELECT row, document_id, start, end FROM passages WHERE {_PUBLISHED}"
        for row, document_id, start, end in self._database.rows(query, after, last):
            if document_id != current:
                current = document_id
                _, title, _, text = self._load_document(document_id)
            yield row, build_indexed_text(title, text[start:end])

    def _load_document(self, document_id: str) -> Sequence[Any]:
        """Id, title, date and text."""
        row = self._database.first("SELECT id, title, date, text, checksum FROM documents WHERE id = ?", document_id)
        return self._checked([row])[0]

    def _save_files(self, records: Iterable[FileRecord]) -> None:
        self._database.execute_many(
            f"INSERT OR REPLACE INTO files ({_FILE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (sign(*(getattr(record, name) for name in FileRecord.__slots__)) for record in records),
        )

    def _save_copies(self) -> None:
        """Keeps the number of paths of each document that has several: an index that lost one would not tell."""
        self._database.execute("DELETE FROM copies")
        copies = list(self._database.rows(_COPIES))
        self._database.execute_many("INSERT INTO copies VALUES (?, ?, ?)", (sign(*row) for row in copies))

    def _save_removed(self, rows: Iterable[int]) -> None:
        signed = (sign(row) for row in rows)
        self._database.execute_many("INSERT OR IGNORE INTO removed VALUES (?, ?)", signed)

    def _drop_dead_documents(self) -> list[int]:
        """Drops documents without a file, and returns the rows of their passages."""
        dead = list(self._database.rows(f"SELECT row, vector_key FROM passages WHERE document_id IN ({_DEAD})"))
        self._database.execute(f"DELETE FROM documents WHERE id IN ({_DEAD})")
        self._database.execute_many(
            "DELETE FROM vectors WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM passages WHERE vector_key = ?1)",
            ((key,) for _, key in dead),
        )
        return [row for row, _ in dead]

    def _count(self, rows: str, *values: object) -> int:
        return int(self._database.first(f"SELECT COUNT(*) FROM {rows}", *values)[0])

    def _save_meta(self, key: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", *sign(key, value))

    def _meta(self, key: str) -> str | None:
        rows = self._checked(self._database.rows("SELECT key, value, checksum FROM meta WHERE key = ?", key))
        return next((value for _, value in rows), None)

    def _number(self, key: str) -> int:
        try:
            return int(self._meta(key) or "")
        except ValueError as error:
            raise self._damaged(f"it does not say its {key}") from error

    def _unpack(self, key: bytes, vector: bytes, checksum: int) -> NDArray[np.float32]:
        self._checked([(key, vector, checksum)])
        return np.frombuffer(vector, dtype="<f4")

    def _checked(self, rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
        """``rows`` without their last column, which is the checksum of the others.

        Raises:
            StoreDamagedError: It is not.
        """
        checked: list[Sequence[Any]] = []
        for *values, checksum in rows:
            if sign(*values)[-1] != checksum:
                raise self._damaged("a row is not what was written")
            checked.append(values)
        return checked

    def _damaged(self, how: str) -> StoreDamagedError:
        return StoreDamagedError(f"{self._database.file} is damaged: {how}", hint="Run: askbrief index")


def create_tables(database: Database, meta: Mapping[str, str]) -> None:
    """Makes the tables in an empty database, and keeps ``meta`` in it."""
    for statement in _SCHEMA.split(";"):
        database.execute(statement)
    database.execute_many("INSERT INTO meta VALUES (?, ?, ?)", (sign(*item) for item in meta.items()))


def sign(*values: object) -> tuple[object, ...]:
    """``values`` with the CRC-32 of their types and contents, which notices what SQLite does not: a flipped bit."""
    parts = (value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass") for value in values)
    types = "".join(type(value).__name__[0] for value in values)
    return (*values, zlib.crc32(b"\0".join([types.encode(), *parts])))
