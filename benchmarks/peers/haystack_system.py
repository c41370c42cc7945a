"""haystack: BM25 and embedding retrieval joined by reciprocal ranks, and its extractive reader."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.task import TOP, Found, Models, Passage

SEPARATOR = 102
"""Token of BERT's uncased vocabulary."""
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"


class HaystackSystem:
    """The hybrid pipeline of haystack's tutorial on its in-memory store, which is saved to and loaded from a file."""

    def __init__(self, models: Models, articles: Path) -> None:
        self._models = models
        self._embedder: Any = None

    def warm_up(self) -> None:
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        self._embedder = SentenceTransformersDocumentEmbedder(model=self._models.encoder, progress_bar=False)
        self._embedder.warm_up()

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._write(store, passages, folder)

    def open(self, folder: Path) -> None:
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder
        from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        self._pipeline = Pipeline()
        embedder = SentenceTransformersTextEmbedder(model=self._models.encoder, progress_bar=False)
        self._pipeline.add_component("embedder", embedder)
        self._pipeline.add_component("dense", InMemoryEmbeddingRetriever(document_store=store, top_k=TOP))
        self._pipeline.add_component("bm25", InMemoryBM25Retriever(document_store=store, top_k=TOP))
        self._pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP))
        self._pipeline.connect("embedder", "dense")
        self._pipeline.connect("dense", "joiner")
        self._pipeline.connect("bm25", "joiner")
        self._pipeline.warm_up()
        self._reader = TransformersExtractiveReader(model=self._models.reader, top_k=1, no_answer=False)
        self._reader.warm_up()
        self._reader.model.register_forward_pre_hook(_tell_parts_apart, with_kwargs=True)

    def search(self, question: str) -> list[str]:
        return [document.content for document in self._search(question)]

    def ask(self, question: str) -> Found:
        for answer in self._reader.run(query=question, documents=self._search(question))["answers"]:
            return Found(answer.data or "", answer.document.meta["document"])
        return Found("", "")

    def replace(self, document: str, passages: Sequence[Passage], folder: Path) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        where = {"field": "meta.document", "operator": "==", "value": document}
        store.delete_documents([found.id for found in store.filter_documents(where)])
        self.warm_up()
        self._write(store, passages, folder)

    def _search(self, question: str) -> list[Any]:
        found = self._pipeline.run({"embedder": {"text": question}, "bm25": {"query": question}})
        return list(found["joiner"]["documents"])

    def _write(self, store: Any, passages: Sequence[Passage], folder: Path) -> None:
        from haystack import Document

        documents = [Document(id=p.id, content=p.text, meta={"document": p.document}) for p in passages]
        store.write_documents(self._embedder.run(documents)["documents"])
        store.save_to_disk(str(folder / "store.json"))


def _tell_parts_apart(model: Any, arguments: Any, inputs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Adds the token types, which haystack's reader leaves out and BERT models need: 1 after the first separator."""
    import torch

    separators = inputs["input_ids"] == SEPARATOR
    after = torch.cumsum(separators, dim=1) - separators.long()
    types = ((after >= 1) & (inputs["attention_mask"] == 1)).long()
    return arguments, inputs | {"token_type_ids": types}
