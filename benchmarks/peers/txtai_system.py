"""txtai: a hybrid index with its content, and the RAG pipeline (formerly Extractor) with an extractive model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.task import TOP, Found, Models, Passage


class TxtaiSystem:
    """``Embeddings(hybrid=True, content=True)``; the context is the best 3 passages, as is txtai's default."""

    def __init__(self, models: Models, articles: Path) -> None:
        self._models = models
        self._embeddings: Any = None

    def warm_up(self) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings(path=self._models.encoder, hybrid=True, content=True)
        self._embeddings.transform("warm")

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        self._embeddings.index((passage.id, passage.text) for passage in passages)
        self._embeddings.save(str(folder))

    def open(self, folder: Path) -> None:
        from txtai import RAG, Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(folder))
        self._rag = RAG(self._embeddings, self._models.reader, output="reference")
        _look_inside_only(self._rag.model)

    def search(self, question: str) -> list[str]:
        return [row["text"] for row in self._embeddings.search(question, TOP)]

    def ask(self, question: str) -> Found:
        result = self._rag(question)
        reference = str(result.get("reference") or "")
        return Found(result["answer"] or "", reference.rpartition("#")[0])

    def replace(self, document: str, passages: Sequence[Passage], folder: Path) -> None:
        from txtai import Embeddings

        embeddings = Embeddings()
        embeddings.load(str(folder))
        rows = embeddings.search("SELECT id FROM txtai WHERE id LIKE :id", 10_000, parameters={"id": f"{document}#%"})
        embeddings.delete([row["id"] for row in rows])
        embeddings.upsert((passage.id, passage.text) for passage in passages)
        embeddings.save(str(folder))


def _look_inside_only(questions: Any) -> None:
    """Keeps the best start and end inside the context.

    A model that says "not here" points at its first token, which the pipeline takes for words of the context and fails.
    """
    import torch

    model = questions.model

    def forward(input_ids: Any, token_type_ids: Any, **inputs: Any) -> tuple[Any, Any]:
        output = model(input_ids=input_ids, token_type_ids=token_type_ids, **inputs)
        outside = token_type_ids == 0
        outside[:, -1] = True
        end = output.end_logits.masked_fill(outside, -torch.inf)
        start = output.start_logits.masked_fill(outside, -torch.inf)
        first = int(start.argmax())
        end[:, :first] = -torch.inf
        return start, end

    questions.model = forward
