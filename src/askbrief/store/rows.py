"""The rows of an index's database: files, extractions, documents, passages and vectors, loaded and saved."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import astuple
from datetime import date
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.chunk import build_indexed_text
from askbrief.errors import StoreDamagedError
from askbrief.store.records import DocumentFacts, ExtractionRecord, FileRecord, PassageRecord
from askbrief.store.sqlite import Database
from askbrief.store.tables import sign
from askbrief.types import Block, Document, Passage, Place, SkippedFile, Span

_PUBLISHED = "row > ? AND row <= ? ORDER BY row"
_FILE_COLUMNS = "path, size, mtime_ns, ctime_ns, problem, extraction, checksum"
_DOCUMENT_COLUMNS = "id, title, date, author, text, blocks, places, runs, lines, member, checksum"
_COPIES = (
    "SELECT document_id, COUNT(*) FROM files JOIN parts USING (extraction) GROUP BY document_id HAVING COUNT(*) > 1"
)
_LOOSE = "loose vectors"
"""Key of a note that vectors may have no passage: "none yet" or "some"; absent where all have."""
_DEAD = "SELECT id FROM documents WHERE id NOT IN (SELECT document_id FROM parts)"


class Rows:
    """What is kept in a database, published and waiting. Rows whose checksum is wrong are never returned."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def generation(self) -> int:
        """Number of the published state; 0 = nothing published yet."""
        return self.load_number("generation")

    @property
    def is_current(self) -> bool:
        """Whether the database is still the file of that name, and no other was put in its place."""
        return self._database.is_current

    def count_documents(self) -> int:
        """Published documents."""
        return self.load_number("documents")

    def count_passages(self) -> int:
        """Published passages."""
        return self.load_number("passages")

    def load_files(self) -> dict[str, FileRecord]:
        """Every file that was looked at, by path."""
        rows = self._database.rows(f"SELECT {_FILE_COLUMNS} FROM files")
        return {row[0]: FileRecord(*row) for row in self.check_rows(rows)}

    def load_stats(self) -> dict[str, tuple[int, int, int, str | None]]:
        """Size, both times and problem of every file that was looked at, by path."""
        rows = self._database.rows("SELECT CAST(path AS TEXT), size, mtime_ns, ctime_ns, problem FROM files")
        return {path: (size, mtime_ns, ctime_ns, problem) for path, size, mtime_ns, ctime_ns, problem in rows}

    def load_extractions(self) -> dict[bytes, ExtractionRecord]:
        """Everything that was read of files, by key."""
        parts: dict[bytes, list[tuple[str, str]]] = {}
        query = "SELECT extraction, number, member, document_id, checksum FROM parts ORDER BY extraction, number"
        for key, _, member, document_id in self.check_rows(self._database.rows(query)):
            parts.setdefault(key, []).append((member, document_id))
        records = {}
        for row in self.check_rows(self._database.rows("SELECT * FROM extractions")):
            key, extractor, encoding, certainty, replaced, reports, documents = row
            found = tuple(parts.get(key, ()))
            if len(found) != documents:
                raise self.damaged("a part of a file is missing")
            records[key] = ExtractionRecord(
                key, extractor, encoding, certainty, replaced, tuple(json.loads(reports)), found
            )
        return records

    def load_skipped(self) -> tuple[SkippedFile, ...]:
        """The files that could not be read, by path."""
        query = f"SELECT {_FILE_COLUMNS} FROM files WHERE problem IS NOT NULL ORDER BY path"
        records = (FileRecord(*row) for row in self.check_rows(self._database.rows(query)))
        return tuple(SkippedFile(record.path, record.problem or "") for record in records)

    def load_partly(self) -> tuple[SkippedFile, ...]:
        """The files of which something was not read, by path, with what that is."""
        extractions = self.load_extractions()
        found = []
        for path, record in sorted(self.load_files().items()):
            extraction = extractions.get(record.extraction or b"")
            if extraction is not None and extraction.parts and extraction.reports:
                found.append(SkippedFile(path, "; ".join(extraction.reports)))
        return tuple(found)

    def load_document(self, document_id: str) -> Document:
        """A document with the paths of all its copies.

        Raises:
            StoreDamagedError: There is no such document, or it is not as it was saved.
        """
        query = f"SELECT {_DOCUMENT_COLUMNS} FROM documents WHERE id = ?"
        ((_, title, published, author, text, *packed, member),) = self.check_rows(
            [self._database.first(query, document_id)]
        )
        paths = self._load_paths(document_id)
        copies = self.check_rows(self._database.rows("SELECT * FROM copies WHERE document_id = ?", document_id))
        if len(paths) != (copies[0][1] if copies else 1):
            raise self.damaged("a path of a document is missing")
        blocks, places, runs, lines = map(json.loads, packed)
        encoding, certainty, replaced = self._load_decoding(document_id)
        return Document(
            id=document_id,
            title=title,
            text=text,
            date=date.fromisoformat(published) if published else None,
            paths=paths,
            author=author,
            blocks=tuple(Block(*block) for block in blocks),
            places=tuple(Place(*place) for place in places),
            runs=None if runs is None else tuple((at, source) for at, source in runs),
            lines=tuple(lines),
            member=member,
            encoding=encoding,
            certainty=certainty,
            replaced=replaced,
        )

    def _load_decoding(self, document_id: str) -> tuple[str, float, int]:
        """The encoding of the first file of a document, how sure it is, and the bytes that were not valid in it."""
        query = (
            "SELECT extractions.* FROM extractions JOIN parts ON extraction = key JOIN files USING (extraction)"
            " WHERE document_id = ? ORDER BY path LIMIT 1"
        )
        for _, _, encoding, certainty, replaced, *_ in self.check_rows(self._database.rows(query, document_id)):
            return encoding, certainty, replaced
        return "", 1.0, 0

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
            ((row, document_id, start, end, key),) = self.check_rows([passage])
            found[row] = PassageRecord(row, document_id, Span(start, end), self._unpack(key, vector, checksum))
        if missing := set(rows) - found.keys():
            raise self.damaged(f"passage {min(missing)} is missing")
        return [found[row] for row in rows]

    def iter_facts(self) -> Iterator[DocumentFacts]:
        """Facts of every published document, one for each of its files."""
        query = (
            "SELECT documents.id, title, date, author, path FROM files JOIN parts USING (extraction)"
            " JOIN documents ON documents.id = document_id ORDER BY path, number"
        )
        for document_id, title, published, author, path in self._database.rows(query):
            day = date.fromisoformat(published) if published else None
            yield DocumentFacts(document_id, title, day, author, str(path))

    def find_rows(self, document_ids: Collection[str]) -> list[int]:
        """Rows of the published passages of documents, sorted."""
        query = f"SELECT row, document_id FROM passages WHERE {_PUBLISHED}"
        rows = self._database.rows(query, 0, self.load_number("last_row"))
        return [row for row, document_id in rows if document_id in document_ids]

    def load_removed(self) -> list[int]:
        """Rows that the dense index still holds, but does not find; sorted."""
        return [
            row for (row,) in self.check_rows(self._database.rows("SELECT row, checksum FROM removed ORDER BY row"))
        ]

    def load_speed(self) -> float | None:
        """Characters that were encoded in a second, where that was measured."""
        return float(self.load_number("speed")) if self.load_meta("speed") else None

    def save_speed(self, characters_per_second: float) -> None:
        """Save a measured speed of encoding."""
        self.save_meta("speed", str(max(1, round(characters_per_second))))

    def has_extraction(self, key: bytes) -> bool:
        """Whether something was read under ``key``, published or waiting."""
        return any(self._database.rows("SELECT 1 FROM extractions WHERE key = ?", key))

    def has_document(self, document_id: str) -> bool:
        """Whether the document is there, published or waiting."""
        return any(self._database.rows("SELECT 1 FROM documents WHERE id = ?", document_id))

    def has_vector(self, key: bytes) -> bool:
        """Whether a vector is stored under ``key``."""
        return any(self._database.rows("SELECT 1 FROM vectors WHERE key = ?", key))

    def begin_adding(self) -> None:
        """Note that vectors will be added before their passages: those that an interruption leaves are found by it."""
        with self._database.writing():
            self.save_meta(_LOOSE, "some" if self.load_meta(_LOOSE) else "none yet")

    def import_vectors(self, vectors: Iterable[tuple[bytes, bytes, int]]) -> None:
        """Take over the vectors of another database with their keys and checksums, inside a transaction."""
        self._database.execute_many("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", vectors)
        self.save_meta(_LOOSE, "some")

    def add_vectors(self, vectors: Iterable[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Save new vectors under their keys; publishes nothing.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._database.writing():
            pairs = (sign(key, vector.astype("<f4").tobytes()) for key, vector in vectors)
            self._database.execute_many("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", pairs)

    def add_extraction(
        self, record: ExtractionRecord, documents: Iterable[tuple[Document, Sequence[tuple[Passage, bytes]]]]
    ) -> None:
        """Save what was read of a file: documents, passages and the keys of their vectors; publishes nothing.

        Args:
            record: The extraction.
            documents: Those of its documents that may be new; the vectors of their passages are saved.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._database.writing():
            for document, passages in documents:
                self._add_document(document, passages)
            values = (record.key, record.extractor, record.encoding, record.certainty, record.replaced)
            row = sign(*values, json.dumps(record.reports), len(record.parts))
            if self._database.execute("INSERT OR IGNORE INTO extractions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row):
                numbered = enumerate(record.parts)
                self._database.execute_many(
                    "INSERT INTO parts VALUES (?, ?, ?, ?, ?)",
                    (sign(record.key, number, member, document) for number, (member, document) in numbered),
                )

    def touch_files(self, records: Iterable[FileRecord]) -> None:
        """Save new sizes and times of files whose content did not change; publishes nothing."""
        with self._database.writing():
            self.save_files(records)

    def iter_published(self) -> Iterator[tuple[int, bytes, NDArray[np.float32], str]]:
        """Row, key, vector and indexed text of every published passage, by row.

        Raises:
            StoreDamagedError: Something is not as it was written.
        """
        last_row = self.load_number("last_row")
        query = f"SELECT row, document_id, start, end, vector_key, checksum FROM passages WHERE {_PUBLISHED}"
        passages = self._database.rows(query, 0, last_row)
        vectors, texts = self.iter_vectors(0, last_row), self.iter_texts(0, last_row)
        for passage, vector, text in zip_longest(passages, vectors, texts):
            if passage is None or vector is None or text is None or passage[0] != vector[0]:
                raise self.damaged("a passage or its vector is missing")
            ((row, *_, key),) = self.check_rows([passage])
            yield row, key, vector[1], text[1]

    def find_damage(self) -> list[str]:
        """What SQLite finds wrong with the database when it reads all of it; empty if nothing."""
        return self._database.find_damage()

    def iter_vectors(self, after: int, last: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Row and vector of the passages after row ``after`` up to row ``last``, by row."""
        query = (
            "SELECT row, key, vector, vectors.checksum FROM passages JOIN vectors ON key = vector_key"
            f" WHERE {_PUBLISHED}"
        )
        return ((row, self._unpack(*values)) for row, *values in self._database.rows(query, after, last))

    def iter_texts(self, after: int, last: int) -> Iterator[tuple[int, str]]:
        """Row and indexed text of the passages after row ``after`` up to row ``last``, by row."""
        current, title, text = None, "", ""
        query = f"SELECT row, document_id, start, end FROM passages WHERE {_PUBLISHED}"
        for row, document_id, start, end in self._database.rows(query, after, last):
            if document_id != current:
                current = document_id
                columns = f"SELECT {_DOCUMENT_COLUMNS} FROM documents WHERE id = ?"
                ((_, title, _, _, text, *_),) = self.check_rows([self._database.first(columns, document_id)])
            yield row, build_indexed_text(title, text[start:end])

    def save_files(self, records: Iterable[FileRecord]) -> None:
        """Save records of files, inside a transaction."""
        rows = (sign(*record) for record in records)
        self._database.execute_many(
            f"INSERT OR REPLACE INTO files ({_FILE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )

    def save_copies(self) -> None:
        """Save the number of paths of each document that has several: an index that lost one would not tell."""
        self._database.execute("DELETE FROM copies")
        copies = list(self._database.rows(_COPIES))
        self._database.execute_many("INSERT INTO copies VALUES (?, ?, ?)", (sign(*row) for row in copies))

    def save_removed(self, rows: Iterable[int]) -> None:
        """Save rows that the dense index still holds, but must not find."""
        signed = (sign(row) for row in rows)
        self._database.execute_many("INSERT OR IGNORE INTO removed VALUES (?, ?)", signed)

    def drop_unused(self) -> list[int]:
        """Drop extractions without a file, documents without an extraction, and vectors without a passage.

        Returns:
            The rows of the passages that are gone.
        """
        self._database.execute(
            "DELETE FROM extractions WHERE key NOT IN (SELECT extraction FROM files WHERE extraction IS NOT NULL)"
        )
        dead = list(self._database.rows(f"SELECT row, vector_key FROM passages WHERE document_id IN ({_DEAD})"))
        self._database.execute(f"DELETE FROM documents WHERE id IN ({_DEAD})")
        self._database.execute_many(
            "DELETE FROM vectors WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM passages WHERE vector_key = ?1)",
            ((key,) for _, key in dead),
        )
        if self.load_meta(_LOOSE) == "some":
            self._database.execute("DELETE FROM vectors WHERE key NOT IN (SELECT vector_key FROM passages)")
        self._database.execute("DELETE FROM meta WHERE key = ?", _LOOSE)
        return [row for row, _ in dead]

    def _add_document(self, document: Document, passages: Sequence[tuple[Passage, bytes]]) -> None:
        values = sign(
            document.id,
            document.title,
            document.date.isoformat() if document.date else None,
            document.author,
            document.text,
            json.dumps([astuple(block) for block in document.blocks]),
            json.dumps([astuple(place) for place in document.places]),
            json.dumps(document.runs),
            json.dumps(document.lines),
            document.member,
        )
        if not self._database.execute(
            "INSERT OR IGNORE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *values
        ):
            return
        last = next(self._database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'passages'"), (0,))
        numbered = enumerate(passages, start=last[0] + 1)
        self._database.execute_many(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
            (sign(row, document.id, p.span.start, p.span.end, key) for row, (p, key) in numbered),
        )

    def _load_paths(self, document_id: str) -> tuple[str, ...]:
        """The files that hold a document, sorted."""
        query = f"SELECT {_FILE_COLUMNS} FROM files WHERE extraction = ?"
        parts = "SELECT extraction, number, member, document_id, checksum FROM parts WHERE document_id = ?"
        keys = [key for key, *_ in self.check_rows(self._database.rows(parts, document_id))]
        return tuple(sorted(path for key in keys for path, *_ in self.check_rows(self._database.rows(query, key))))

    def count_after(self, row: int) -> int:
        """Passages after ``row``, published or waiting."""
        return self._count("passages WHERE row > ?", row)

    def find_last_row(self) -> int:
        """The last row that was given to a passage that is there; 0 without any."""
        return int(self._database.first("SELECT COALESCE(MAX(row), 0) FROM passages")[0])

    def count_rows(self) -> tuple[int, int, int]:
        """Documents, passages and removed rows that are there, published or waiting."""
        return self._count("documents"), self._count("passages"), self._count("removed")

    def _count(self, rows: str, *values: object) -> int:
        return int(self._database.first(f"SELECT COUNT(*) FROM {rows}", *values)[0])

    def save_meta(self, key: str, value: str) -> None:
        """Save a value about the index under ``key``, inside a transaction."""
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", *sign(key, value))

    def load_meta(self, key: str) -> str | None:
        """The value under ``key``; None if there is none."""
        rows = self.check_rows(self._database.rows("SELECT key, value, checksum FROM meta WHERE key = ?", key))
        return next((value for _, value in rows), None)

    def load_number(self, key: str) -> int:
        """The number under ``key``.

        Raises:
            StoreDamagedError: There is none.
        """
        try:
            return int(self.load_meta(key) or "")
        except ValueError as error:
            raise self.damaged(f"it does not say its {key}") from error

    def _unpack(self, key: bytes, vector: bytes, checksum: int) -> NDArray[np.float32]:
        self.check_rows([(key, vector, checksum)])
        return np.frombuffer(vector, dtype="<f4")

    def check_rows(self, rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
        """``rows`` without their last column, which is the checksum of the others.

        Raises:
            StoreDamagedError: It is not.
        """
        checked: list[Sequence[Any]] = []
        for *values, checksum in rows:
            if sign(*values)[-1] != checksum:
                raise self.damaged("a row is not what was written")
            checked.append(values)
        return checked

    def damaged(self, how: str) -> StoreDamagedError:
        """The error for a database that is damaged in that way."""
        return StoreDamagedError(f"{self._database.file} is damaged: {how}", hint="Run: askbrief index")
