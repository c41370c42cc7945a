"""The store: one SQLite file is the truth; the dense and the lexical index are derived from it.

Layout of the index folder:

    askbrief.sqlite          files, documents, passages, vectors, identity, generation
    generation-000007/       the search indexes derived from generation 7
    write.lock               held by the one process that writes

A new generation becomes visible by the one SQLite commit that names it, after its search indexes were written beside
the old ones. Documents that are read but not yet published wait in the same tables: their rows come after the last
published one, and no search index knows them. Rows are never used again.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.database import FILE_NAME, Database, making_database, refuse_foreign
from askbrief.datatypes import Document, Passage, SkippedFile, Span
from askbrief.dense import is_exact
from askbrief.derived import (
    Derived,
    Manifest,
    build_derived,
    check_files,
    extend_derived,
    move_derived,
    open_derived,
    remove_derived,
)
from askbrief.errors import StoreDamagedError, StoreError, StoreNotFoundError, StoreOutdatedError

SCHEMA_VERSION = 4
MIN_SHARED_PASSAGES = 5_000
"""A smaller index is built whole at each change."""
MAX_STALE_SHARE = 1 / 8
"""Above this share of passages that are gone from the base or came after it, the index is built whole again."""

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
            StoreError: It cannot be read, or holds a link.
        """
        try:
            present = (folder / FILE_NAME).is_file()
            if present:
                refuse_foreign(folder)
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
    def create(cls, folder: Path, identity: Identity, *, generation: int = 0) -> Store:
        """Makes an empty store in place of whatever store is there.

        Args:
            folder: The index folder.
            identity: What it is made with.
            generation: Number before that of the first one to be published.

        Raises:
            StoreError: The folder cannot be written.
        """
        values = asdict(identity) | {"generation": generation, "last_row": 0, "documents": 0, "passages": 0}
        with making_database(folder) as database, database.writing():
            remove_derived(folder, keep=None)
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
            rows = (_signed(key, str(value)) for key, value in values.items())
            database.execute_many("INSERT INTO meta VALUES (?, ?, ?)", rows)
        return cls(folder, Database(folder), identity)

    def replace(self, folder: Path) -> None:
        """Puts this store in place of the one in another index folder on the same disk, in one commit, and closes it.

        Raises:
            StoreError: The folder cannot be written.
            StoreDamagedError: The database that is there cannot be overwritten.
        """
        move_derived(self.folder, folder, self.generation)
        self._database.copy_to(folder)
        remove_derived(folder, keep=self.generation)
        self.close()

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
        return self._number("generation")

    @property
    def is_published(self) -> bool:
        """Whether anything was published since the store was made."""
        return self._meta("manifest") is not None

    @property
    def is_exact(self) -> bool:
        """Whether all vectors are searched as they are, none in one byte a dimension."""
        return is_exact(self._load_manifest().base_count)

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
            pairs = (_signed(key, vector.astype("<f4").tobytes()) for key, vector in vectors)
            self._database.execute_many("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", pairs)
            for document, passages in documents:
                day = document.date.isoformat() if document.date else None
                values = _signed(document.id, document.title, day, document.text)
                if self._database.execute("INSERT OR IGNORE INTO documents VALUES (?, ?, ?, ?, ?)", *values):
                    last = next(self._database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'passages'"), (0,))
                    numbered = enumerate(passages, start=last[0] + 1)
                    self._database.execute_many(
                        "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                        (_signed(row, document.id, p.span.start, p.span.end, key) for row, (p, key) in numbered),
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
            gone_rows = self._drop_dead_documents()
            self._save_copies()
            generation = self.generation + 1
            last_row = int(self._database.first("SELECT COALESCE(MAX(row), 0) FROM passages")[0])
            self._save_meta("documents", str(self._count("documents")))
            self._save_meta("passages", str(self._count("passages")))
            if not self._extend_derived(gone_rows, last_row=last_row):
                self._build_derived(generation, last_row=last_row)
            self._save_meta("last_row", str(max(last_row, self._number("last_row"))))
            self._save_meta("generation", str(generation))
        self._derived = None
        remove_derived(self.folder, keep=generation)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Derived]:
        """One published state for the length of the block, whatever others write meanwhile.

        Missing or damaged search indexes are first rebuilt from the database, without encoding anything. They are
        looked at once for each generation: a file that was changed since its checksum was taken is read whole.

        Raises:
            StoreError: They need rebuilding, and the folder cannot be written.
        """
        with contextlib.ExitStack() as stack:
            yield self._enter_snapshot(stack)

    @contextlib.contextmanager
    def inspecting(self) -> Iterator[Derived]:
        """``snapshot`` that rebuilds nothing and reads all files of the search indexes.

        Raises:
            StoreDamagedError: The search indexes are missing or damaged.
        """
        with self._database.reading():
            yield self._open_derived(is_thorough=True)

    def check(self) -> None:
        """Reads all that is published, and rebuilds the search indexes where they are missing or damaged.

        Raises:
            StoreDamagedError: Something in the database is not as it was written.
            StoreError: The search indexes need rebuilding, and the folder cannot be written.
        """
        with self._database.reading():
            if found := self.find_damage():
                raise self._damaged(found[0])
            self.load_files()
            if sum(1 for _ in self.iter_published()) != self.count_passages():
                raise self._damaged("a passage is missing")
        if self.is_published:
            with contextlib.ExitStack() as stack:
                self._enter_snapshot(stack, is_thorough=True)
            self._save_seen()

    def find_damage(self) -> list[str]:
        """What SQLite finds wrong with the database when it reads all of it; empty if nothing."""
        return self._database.find_damage()

    def load_removed(self) -> list[int]:
        """Rows that the dense index still holds, but does not find; sorted."""
        return [row for (row,) in self._checked(self._database.rows("SELECT row, checksum FROM removed ORDER BY row"))]

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

    def _enter_snapshot(self, stack: contextlib.ExitStack, *, is_thorough: bool = False) -> Derived:
        repaired = -1
        while True:
            stack.enter_context(self._database.reading())
            generation = self.generation
            try:
                self._derived = self._open_derived(is_thorough=is_thorough)
                return self._derived
            except StoreDamagedError:
                stack.close()
                if repaired == generation:
                    raise
            if self.generation == generation:  # else the writer of a later one took the files away
                self._repair_derived(generation, is_thorough=is_thorough)
                repaired = generation

    def _open_derived(self, *, is_thorough: bool = False) -> Derived:
        if not is_thorough and self._derived is not None and self._derived.generation == self.generation:
            return self._derived
        manifest = check_files(self.folder, self._load_manifest(), is_thorough=is_thorough)
        return open_derived(self.folder, manifest, dimension=self.identity.dimension, without=self.load_removed())

    def _repair_derived(self, generation: int, *, is_thorough: bool) -> None:
        with self._database.writing():
            if generation != self.generation:
                return
            try:
                self._open_derived(is_thorough=is_thorough)
            except StoreDamagedError:
                self._build_derived(generation, last_row=self._number("last_row"))

    def _save_seen(self) -> None:
        """Keeps which files of the search indexes are sound, so that a copied index is not read at every opening."""
        with contextlib.suppress(StoreError):  # a disk for reading only, another writer: the next check does it
            manifest = self._load_manifest()
            if check_files(self.folder, manifest) != manifest:
                with self._database.writing():
                    self._save_meta("manifest", check_files(self.folder, self._load_manifest()).to_json())

    def _save_copies(self) -> None:
        """Keeps the number of paths of each document that has several: an index that lost one would not tell."""
        self._database.execute("DELETE FROM copies")
        copies = list(self._database.rows(_COPIES))
        self._database.execute_many("INSERT INTO copies VALUES (?, ?, ?)", (_signed(*row) for row in copies))

    def _drop_dead_documents(self) -> list[int]:
        """Drops documents without a file, and returns the rows of their passages."""
        dead = list(self._database.rows(f"SELECT row, vector_key FROM passages WHERE document_id IN ({_DEAD})"))
        self._database.execute(f"DELETE FROM documents WHERE id IN ({_DEAD})")
        self._database.execute_many(
            "DELETE FROM vectors WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM passages WHERE vector_key = ?1)",
            ((key,) for _, key in dead),
        )
        return [row for row, _ in dead]

    def _extend_derived(self, gone_rows: Sequence[int], *, last_row: int) -> bool:
        """Makes the next generation out of the files of the one before; returns whether they were worth it."""
        try:
            before = self._load_manifest()
            published = [row for row in gone_rows if row <= self._number("last_row")]
            in_base = (_signed(row) for row in published if row <= before.base_row)
            self._database.execute_many("INSERT OR IGNORE INTO removed VALUES (?, ?)", in_base)
            recent = self._count("passages WHERE row > ?", before.base_row)
            stale = recent + self._count("removed")
            if before.base_count < MIN_SHARED_PASSAGES or stale > MAX_STALE_SHARE * before.base_count:
                return False
            manifest = extend_derived(
                self.folder,
                before,
                vectors=self._iter_vectors(before.base_row, last_row),
                texts=self._iter_texts(self._number("last_row"), last_row),
                without=published,
                count=recent,
                dimension=self.identity.dimension,
            )
        except StoreDamagedError:
            return False
        self._save_meta("manifest", manifest.to_json())
        return True

    def _build_derived(self, generation: int, *, last_row: int) -> None:
        self._database.execute("DELETE FROM removed")
        manifest = build_derived(
            self.folder,
            generation,
            vectors=self._iter_vectors(0, last_row),
            texts=self._iter_texts(0, last_row),
            base_row=last_row,
            count=self.count_passages(),
            dimension=self.identity.dimension,
        )
        self._save_meta("manifest", manifest.to_json())

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
            yield row, f"{title}\n{text[start:end]}"

    def _load_document(self, document_id: str) -> Sequence[Any]:
        """Id, title, date and text."""
        row = self._database.first("SELECT id, title, date, text, checksum FROM documents WHERE id = ?", document_id)
        return self._checked([row])[0]

    def _save_files(self, records: Iterable[FileRecord]) -> None:
        self._database.execute_many(
            f"INSERT OR REPLACE INTO files ({_FILE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (_signed(*(getattr(record, name) for name in FileRecord.__slots__)) for record in records),
        )

    def _load_manifest(self) -> Manifest:
        manifest = Manifest.from_json(self._meta("manifest") or "")
        if manifest.generation != self.generation:
            raise StoreDamagedError("the search indexes are of another generation", hint="Run: askbrief index")
        return manifest

    def _count(self, rows: str, *values: object) -> int:
        return int(self._database.first(f"SELECT COUNT(*) FROM {rows}", *values)[0])

    def _save_meta(self, key: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", *_signed(key, value))

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
            if _signed(*values)[-1] != checksum:
                raise self._damaged("a row is not what was written")
            checked.append(values)
        return checked

    def _damaged(self, how: str) -> StoreDamagedError:
        return StoreDamagedError(f"{self._database.file} is damaged: {how}", hint="Run: askbrief index")


def _signed(*values: object) -> tuple[object, ...]:
    """``values`` with the CRC-32 of their types and contents, which notices what SQLite does not: a flipped bit."""
    parts = (value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass") for value in values)
    types = "".join(type(value).__name__[0] for value in values)
    return (*values, zlib.crc32(b"\0".join([types.encode(), *parts])))
