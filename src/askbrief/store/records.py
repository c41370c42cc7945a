"""The records of a store: files, what was read of them, and passages with their vectors."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from askbrief.types import Span


class FileRecord(NamedTuple):
    """What the store knows of a file.

    Attributes:
        path: Relative to the folder.
        size: Bytes.
        mtime_ns: Time of the last change of its content.
        ctime_ns: Time of the last change of content, name or permissions.
        problem: Why nothing could be read; None where something was.
        extraction: Key of what was read; None where it was not even opened.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int = 0
    problem: str | None = None
    extraction: bytes | None = None


class ExtractionRecord(NamedTuple):
    """What was read of a content, wherever it lies.

    Attributes:
        key: Stands for the content, the kind of file and the extractor: 16 bytes.
        extractor: Name and version of what read it.
        encoding: Of a text file; "" for others.
        certainty: How sure the encoding is, in [0, 1].
        replaced: Bytes that were not valid in the encoding.
        reports: Sentences for people on what was not read.
        parts: Name inside the file ("" for a file that is one document) and document id, in order.
    """

    key: bytes
    extractor: str
    encoding: str
    certainty: float
    replaced: int
    reports: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]

    @property
    def content(self) -> str:
        """The ids of its documents: equal for the same text in another encoding; "" where nothing could be read."""
        return " ".join(document_id for _, document_id in self.parts)


class DocumentFacts(NamedTuple):
    """What filters need to know of a document."""

    id: str
    title: str
    date: date | None
    author: str
    path: str


class PassageRecord(NamedTuple):
    """A passage with its row in the store and its vector of shape (dimension,)."""

    row: int
    document_id: str
    span: Span
    vector: NDArray[np.float32]
