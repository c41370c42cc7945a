"""Stores of given texts, without files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from askbrief.corpus.chunk import build_indexed_text
from askbrief.models.encoder import Encoder
from askbrief.store.records import ExtractionRecord, FileRecord
from askbrief.store.store import Identity, Store
from askbrief.types import Document, Passage, Span
from corpora.questions import Paragraphs


def build_store(
    folder: Path, encoder: Encoder, documents: Sequence[Document], chunk: Callable[[Document], list[Passage]]
) -> Store:
    """A published store of ``documents``, each cut by ``chunk``."""
    store = Store.create(folder, Identity(encoder.fingerprint, encoder.dimension, 0, 0))
    for at in range(0, len(documents), 200):
        cut = [(d, [(p, f"{d.id}:{p.span.start}".encode()) for p in chunk(d)]) for d in documents[at : at + 200]]
        flat = [(key, build_indexed_text(d.title, p.text)) for d, pairs in cut for p, key in pairs]
        vectors = zip((key for key, _ in flat), encoder.encode_passages([text for _, text in flat]), strict=True)
        store.rows.add_vectors(vectors)
        for document, passages in cut:
            store.rows.add_extraction(_record(document), [(document, passages)])
    store.publish([FileRecord(d.path, 0, 0, extraction=_record(d).key) for d in documents], gone=[])
    return store


def _record(document: Document) -> ExtractionRecord:
    """What was read of a file that holds ``document`` alone."""
    return ExtractionRecord(document.id.encode(), "benchmark", "utf-8", 1.0, 0, (), (("", document.id),))


def as_documents(paragraphs: Paragraphs) -> list[Document]:
    """Each context as a document of its own, whose id is its row."""
    pairs = zip(paragraphs.titles, paragraphs.texts, strict=True)
    return [Document(str(row), title, text, None, (f"{row}.txt",)) for row, (title, text) in enumerate(pairs)]


def whole(document: Document) -> list[Passage]:
    """A document as one passage."""
    return [Passage(document.id, Span(0, len(document.text)), document.text)]
