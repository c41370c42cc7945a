"""The tables of an index's database, and the checksum that each of their rows carries."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from askbrief.store.sqlite import Database

SCHEMA_VERSION = 5
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, date TEXT, author TEXT NOT NULL, text TEXT NOT NULL,
    blocks TEXT NOT NULL, places TEXT NOT NULL, runs TEXT NOT NULL, lines TEXT NOT NULL, member TEXT NOT NULL,
    checksum INTEGER NOT NULL
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
CREATE TABLE extractions (
    key BLOB PRIMARY KEY, extractor TEXT NOT NULL, encoding TEXT NOT NULL, certainty REAL NOT NULL,
    replaced INTEGER NOT NULL, reports TEXT NOT NULL, documents INTEGER NOT NULL,
    checksum INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE parts (
    extraction BLOB NOT NULL REFERENCES extractions(key) ON DELETE CASCADE, number INTEGER NOT NULL,
    member TEXT NOT NULL, document_id TEXT NOT NULL REFERENCES documents(id), checksum INTEGER NOT NULL,
    PRIMARY KEY (extraction, number)
) WITHOUT ROWID;
CREATE INDEX parts_document ON parts(document_id);
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    problem TEXT, extraction BLOB REFERENCES extractions(key), checksum INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_extraction ON files(extraction);
CREATE TABLE copies (document_id TEXT PRIMARY KEY, paths INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE removed (row INTEGER PRIMARY KEY, checksum INTEGER NOT NULL);
"""


def create_tables(database: Database, meta: Mapping[str, str]) -> None:
    """Create the tables in an empty database, and save ``meta`` in it."""
    for statement in _SCHEMA.split(";"):
        database.execute(statement)
    database.execute_many("INSERT INTO meta VALUES (?, ?, ?)", (sign(*item) for item in meta.items()))


def sign(*values: object) -> tuple[object, ...]:
    """``values`` with the CRC-32 of their types and contents, which notices what SQLite does not: a flipped bit."""
    parts = (value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass") for value in values)
    types = "".join(type(value).__name__[0] for value in values)
    return (*values, zlib.crc32(b"\0".join([types.encode(), *parts])))
