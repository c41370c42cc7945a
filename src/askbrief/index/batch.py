"""Batches: documents → passages and vectors, saved in the store piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter

from askbrief.corpus.chunk import build_indexed_text, chunk_document, find_vector_key
from askbrief.models.encoder import Encoder
from askbrief.store.records import ExtractionRecord
from askbrief.store.store import Store
from askbrief.types import Document, Passage

BATCH_PASSAGES = 256
"""Passages from which a batch is worth saving."""
_ENCODED_AT_ONCE = 64
_Chunked = tuple[Document, list[tuple[Passage, bytes]]]


class Batch:
    """What was read and is on its way into the store. Work that is done stays done if the process is interrupted.

    Attributes:
        characters: Text encoded so far.
        seconds: Time that took.
        passages: Passages encoded so far.
    """

    def __init__(self, store: Store, encoder: Encoder, *, passage_words: int) -> None:
        self.characters = 0
        self.seconds = 0.0
        self.passages = 0
        self._store = store
        self._encoder = encoder
        self._passage_words = passage_words
        self._waiting: list[tuple[ExtractionRecord, list[_Chunked]]] = []
        self._ids: set[str] = set()
        self._size = 0

    @property
    def is_full(self) -> bool:
        """Whether it is worth saving."""
        return self._size >= BATCH_PASSAGES

    def add(self, extraction: ExtractionRecord, documents: Sequence[Document]) -> None:
        """Take what was read of a file; documents that the store or the batch has are not chunked again."""
        chunked = []
        for document in documents:
            if document.id not in self._ids and not self._store.rows.has_document(document.id):
                passages = chunk_document(document, passage_words=self._passage_words)
                keys = [find_vector_key(build_indexed_text(document.title, passage.text)) for passage in passages]
                chunked.append((document, list(zip(passages, keys, strict=True))))
                self._ids.add(document.id)
                self._size += len(passages)
        self._waiting.append((extraction, chunked))

    def save(self) -> Iterator[None]:
        """Encode and save what it holds; yields after each piece of the encoding."""
        texts = {
            key: build_indexed_text(document.title, passage.text)
            for _, chunked in self._waiting
            for document, passages in chunked
            for passage, key in passages
            if not self._store.rows.has_vector(key)
        }
        for piece in _batched(list(texts.items()), _ENCODED_AT_ONCE):
            began = perf_counter()
            vectors = list(self._encoder.encode_passages([text for _, text in piece]))
            self.seconds += perf_counter() - began
            self.characters += sum(len(text) for _, text in piece)
            self.passages += len(piece)
            self._store.rows.add_vectors(zip((key for key, _ in piece), vectors, strict=True))
            yield
        for extraction, chunked in self._waiting:
            self._store.rows.add_extraction(extraction, chunked)
        self._waiting.clear()
        self._ids.clear()
        self._size = 0


def _batched(items: list[tuple[bytes, str]], size: int) -> Iterator[list[tuple[bytes, str]]]:
    return (items[at : at + size] for at in range(0, len(items), size))
