"""The store: one SQLite file is the truth; the dense and the lexical index are derived from it.

Layout of the index folder:

    askbrief.sqlite          files, documents, passages, vectors, identity, generation
    dense-000007.faiss       derived from generation 7
    lexical-000007/          derived from generation 7
    write.lock               held by the one process that writes

A new generation becomes visible by the one SQLite commit that names it, after both derived indexes were written beside
the old ones. Documents that are read but not yet published wait in the same tables: no derived index knows their rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askbrief.database import FILE_NAME, Database, remove_database
from askbrief.datatypes import Document, Passage, SkippedFile, Span
from askbrief.derived import Derived, build_derived, open_derived, remove_derived
from askbrief.errors import StoreDamagedError, StoreError, StoreNotFoundError, StoreOutdatedError

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (id TEXT PRIMARY KEY, title TEXT NOT NULL, date TEXT, text TEXT NOT NULL);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL,
    vector_key BLOB NOT NULL
);
CREATE INDEX passages_document ON passages(document_id);
CREATE INDEX passages_vector ON passages(vector_key);
CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    encoding TEXT, problem TEXT, document_id TEXT REFERENCES documents(id)
) WITHOUT ROWID;
CREATE INDEX files_document ON files(document_id);
"""
_LIVE_IDS = "(SELECT document_id FROM files WHERE document_id IS NOT NULL)"
_LIVE = f"document_id IN {_LIVE_IDS}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What an index was made with; a store of another identity is of no use and is made anew.

    Attributes:
        encoder: Fingerprint of the encoder.
        dimension: Length of its vectors.
        chunker: Version of the chunking.
        passage_words: As in the settings.
        overlap_sentences: As in the settings.
        schema: Version of the tables.
    """

    encoder: str
    dimension: int
    chunker: int
    passage_words: int
    overlap_sentences: int
    schema: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the store knows of a file; either ``problem`` or ``document_id`` is set."""

    path: str
    size: int
    mtime_ns: int
    encoding: str | None = None
    problem: str | None = None
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class PassageRecord:
    """A passage with its row in the store and its vector of shape (dimension,)."""

    row: int
    document_id: str
    span: Span
    vector: NDArray[np.float32]


class Store:
    """An open store. Use it from one thread at a time, and close it.

    Attributes:
        folder: The index folder.
        identity: What it was made with.
    """

    def __init__(self, folder: Path, database: Database, identity: Identity) -> None:
        self.folder = folder
        self.identity = identity
        self._database = database
        self._derived: Derived | None = None

    @classmethod
    def open(cls, folder: Path, identity: Identity) -> Store:
        """Opens the store in ``folder``.

        Raises:
            StoreNotFoundError: There is none.
            StoreDamagedError: Its database is broken.
            StoreOutdatedError: It was made with another identity; the message says what differs.
            StoreError: It cannot be read.
        """
        try:
            present = (folder / FILE_NAME).is_file()
        except OSError as error:
            raise StoreError(f"{folder} cannot be read: {error.strerror}", hint="Check its permissions.") from error
        if not present:
            raise StoreNotFoundError(f"{folder} holds no index", hint="Run: askbrief index")
        database = Database(folder)
        try:
            found = dict(database.rows("SELECT key, value FROM meta"))
            wanted = {key: str(value) for key, value in asdict(identity).items()}
            if different := [key for key in wanted if found.get(key) != wanted[key]]:
                details = ", ".join(f"{key.replace('_', ' ')} {found.get(key)} → {wanted[key]}" for key in different)
                message = f"the index was made with other settings ({details})"
                raise StoreOutdatedError(message, hint="Run: askbrief index")
        except StoreError:
            database.close()
            raise
        return cls(folder, database, identity)

    @classmethod
    def create(cls, folder: Path, identity: Identity) -> Store:
        """Makes an empty store of generation 0 in place of whatever store is there.

        Raises:
            StoreError: The folder cannot be written.
        """
        remove_database(folder)
        remove_derived(folder, keep=None)
        database = Database(folder)
        values = asdict(identity) | {"generation": 0}
        try:
            database.execute("PRAGMA journal_mode = WAL")
            with database.writing():
                for statement in _SCHEMA.split(";"):
                    database.execute(statement)
                database.execute_many("INSERT INTO meta VALUES (?, ?)", ((k, str(v)) for k, v in values.items()))
        except StoreError:
            database.close()
            raise
        return cls(folder, database, identity)

    def close(self) -> None:
        """Lets go of the files."""
        self._derived = None
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def generation(self) -> int:
        """Number of the published state; 0 = nothing published yet."""
        return int(self._meta("generation") or 0)

    def count_documents(self) -> int:
        """Published documents."""
        return int(self._database.first("SELECT COUNT(DISTINCT document_id) FROM files")[0])

    def count_passages(self) -> int:
        """Published passages."""
        return int(self._database.first(f"SELECT COUNT(*) FROM passages WHERE {_LIVE}")[0])

    def load_files(self) -> dict[str, FileRecord]:
        """Every file that was looked at, by path."""
        rows = self._database.rows("SELECT path, size, mtime_ns, encoding, problem, document_id FROM files")
        return {row[0]: FileRecord(*row) for row in rows}

    def load_skipped(self) -> tuple[SkippedFile, ...]:
        """The files that could not be read, by path."""
        rows = self._database.rows("SELECT path, problem FROM files WHERE problem IS NOT NULL ORDER BY path")
        return tuple(SkippedFile(path, problem) for path, problem in rows)

    def load_document(self, document_id: str) -> Document:
        """A document with the paths of all its copies.

        Raises:
            StoreDamagedError: There is no such document.
        """
        title, published, text = self._database.first(
            "SELECT title, date, text FROM documents WHERE id = ?", document_id
        )
        paths = self._database.rows("SELECT path FROM files WHERE document_id = ? ORDER BY path", document_id)
        day = date.fromisoformat(published) if published else None
        return Document(document_id, title, text, day, tuple(path for (path,) in paths))

    def load_passages(self, rows: Sequence[int]) -> list[PassageRecord]:
        """The passages of ``rows``, in that order; rows that are gone are left out."""
        marks = ",".join("?" * len(rows))
        found = {
            row: PassageRecord(row, document_id, Span(start, end), _unpack(vector))
            for row, document_id, start, end, vector in self._database.rows(
                "SELECT row, document_id, start, end, vector FROM passages JOIN vectors ON key = vector_key"
                f" WHERE row IN ({marks})",
                *rows,
            )
        }
        return [found[row] for row in rows if row in found]

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
            pairs = ((key, _pack(vector)) for key, vector in vectors)
            self._database.execute_many("INSERT OR IGNORE INTO vectors VALUES (?, ?)", pairs)
            for document, passages in documents:
                day = document.date.isoformat() if document.date else None
                values = (document.id, document.title, day, document.text)
                if self._database.execute("INSERT OR IGNORE INTO documents VALUES (?, ?, ?, ?)", *values):
                    self._database.execute_many(
                        "INSERT INTO passages (document_id, start, end, vector_key) VALUES (?, ?, ?, ?)",
                        ((document.id, p.span.start, p.span.end, key) for p, key in passages),
                    )

    def touch_files(self, records: Iterable[FileRecord]) -> None:
        """Saves new sizes and times of files whose content did not change; publishes nothing."""
        with self._database.writing():
            self._save_files(records)

    def publish(self, records: Iterable[FileRecord], *, gone: Iterable[str]) -> None:
        """Makes the next generation: ``records`` saved, ``gone`` files forgotten, documents without a file dropped.

        Until it returns every reader sees the generation before; if it fails, so it stays.

        Raises:
            StoreError: The folder cannot be written.
        """
        with self._database.writing():
            self._save_files(records)
            self._database.execute_many("DELETE FROM files WHERE path = ?", ((path,) for path in gone))
            self._database.execute(f"DELETE FROM documents WHERE id NOT IN {_LIVE_IDS}")
            self._database.execute("DELETE FROM vectors WHERE key NOT IN (SELECT vector_key FROM passages)")
            generation = self.generation + 1
            self._build_derived(generation)
            self._save_meta("generation", str(generation))
        self._derived = None
        remove_derived(self.folder, keep=generation)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Derived]:
        """One published state for the length of the block, whatever others write meanwhile.

        Missing or damaged derived indexes are first rebuilt from the database, without encoding anything.

        Raises:
            StoreError: They need rebuilding, and the folder cannot be written.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._database.reading())
            try:
                self._derived = self._open_derived()
            except StoreDamagedError:
                stack.close()
                self._repair_derived()
                stack.enter_context(self._database.reading())
                self._derived = self._open_derived()
            yield self._derived

    def _open_derived(self) -> Derived:
        generation = self.generation
        if self._derived is not None and self._derived.generation == generation:
            return self._derived
        checksum = self._meta("checksum") or ""
        return open_derived(self.folder, generation, checksum=checksum, dimension=self.identity.dimension)

    def _repair_derived(self) -> None:
        with self._database.writing():
            try:
                self._open_derived()
            except StoreDamagedError:
                self._build_derived(self.generation)

    def _build_derived(self, generation: int) -> None:
        query = f"SELECT row, vector FROM passages JOIN vectors ON key = vector_key WHERE {_LIVE} ORDER BY row"
        checksum = build_derived(
            self.folder,
            generation,
            vectors=((row, _unpack(vector)) for row, vector in self._database.rows(query)),
            texts=self._iter_texts(),
            dimension=self.identity.dimension,
        )
        self._save_meta("checksum", checksum)

    def _iter_texts(self) -> Iterator[tuple[int, str]]:
        current, title, text = None, "", ""
        for row, document_id, start, end in self._database.rows(
            f"SELECT row, document_id, start, end FROM passages WHERE {_LIVE} ORDER BY row"
        ):
            if document_id != current:
                current = document_id
                title, text = self._database.first("SELECT title, text FROM documents WHERE id = ?", document_id)
            yield row, f"{title}\n{text[start:end]}"

    def _save_files(self, records: Iterable[FileRecord]) -> None:
        self._database.execute_many(
            "INSERT OR REPLACE INTO files (path, size, mtime_ns, encoding, problem, document_id)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((r.path, r.size, r.mtime_ns, r.encoding, r.problem, r.document_id) for r in records),
        )

    def _save_meta(self, key: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def _meta(self, key: str) -> str | None:
        return next((value for (value,) in self._database.rows("SELECT value FROM meta WHERE key = ?", key)), None)


def _pack(vector: NDArray[np.float32]) -> bytes:
    return vector.astype("<f4").tobytes()


def _unpack(blob: bytes) -> NDArray[np.float32]:
    return np.frombuffer(blob, dtype="<f4")
