"""What one would write oneself: sentence-transformers, FAISS and a transformers question-answering model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.task import TOP, Found, Models, Passage

MAX_ANSWER_TOKENS = 30


class PlainSystem:
    """Dense search with ``IndexFlatIP``; the best span over all passages by its score above "not here"."""

    def __init__(self, models: Models, articles: Path) -> None:
        self._models = models
        self._encoder: Any = None
        self._reader: Any = None

    def warm_up(self) -> None:
        from sentence_transformers import SentenceTransformer

        self._encoder = SentenceTransformer(self._models.encoder, device="cpu")

    def build(self, passages: Sequence[Passage], folder: Path) -> None:
        import faiss
        import numpy as np

        vectors = self._encode([passage.text for passage in passages])
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(vectors, np.arange(len(passages)))
        self._save(index, dict(enumerate(passages)), folder)

    def open(self, folder: Path) -> None:
        import faiss

        self._index = faiss.read_index(str(folder / "index.faiss"))
        rows = json.loads((folder / "passages.json").read_text(encoding="utf-8"))
        self._passages = {int(row): Passage(*fields) for row, fields in rows.items()}
        if self._encoder is None:
            self.warm_up()
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        self._reader = AutoModelForQuestionAnswering.from_pretrained(self._models.reader).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(self._models.reader)

    def search(self, question: str) -> list[str]:
        return [passage.text for passage in self._search(question)]

    def ask(self, question: str) -> Found:
        """Reads all passages in one padded batch; spans of at most ``MAX_ANSWER_TOKENS`` tokens inside a passage."""
        import torch

        passages = self._search(question)
        texts = [passage.text for passage in passages]
        inputs = self._tokenizer(
            [question] * len(texts), texts, truncation="only_second", max_length=384, padding=True,
            return_offsets_mapping=True, return_tensors="pt",
        )  # fmt: skip
        offsets = inputs.pop("offset_mapping")
        inside = torch.tensor([[part == 1 for part in inputs.sequence_ids(i)] for i in range(len(texts))])
        with torch.inference_mode():
            output = self._reader(**inputs)
        start = output.start_logits.masked_fill(~inside, -1e9)
        end = output.end_logits.masked_fill(~inside, -1e9)
        scores = start[:, :, None] + end[:, None, :]
        length = scores.shape[1]
        allowed = torch.ones(length, length, dtype=torch.bool).triu().tril(MAX_ANSWER_TOKENS - 1)
        scores = scores.masked_fill(~allowed, -1e9)
        nothing = output.start_logits[:, 0] + output.end_logits[:, 0]
        best, place = (scores.flatten(1) - nothing[:, None]).max(dim=1)
        chosen = int(best.argmax())
        first, last = divmod(int(place[chosen]), length)
        text = texts[chosen][int(offsets[chosen][first][0]) : int(offsets[chosen][last][1])]
        return Found(text, passages[chosen].document)

    def replace(self, document: str, passages: Sequence[Passage], folder: Path) -> None:
        import faiss
        import numpy as np

        index = faiss.read_index(str(folder / "index.faiss"))
        rows = json.loads((folder / "passages.json").read_text(encoding="utf-8"))
        kept = {int(row): Passage(*fields) for row, fields in rows.items()}
        gone = [row for row, passage in kept.items() if passage.document == document]
        index.remove_ids(np.asarray(gone))
        for row in gone:
            del kept[row]
        new = dict(enumerate(passages, start=max(kept) + 1))
        if self._encoder is None:
            self.warm_up()
        index.add_with_ids(self._encode([passage.text for passage in passages]), np.asarray(list(new)))
        self._save(index, kept | new, folder)

    def _search(self, question: str) -> list[Passage]:
        _, rows = self._index.search(self._encode([question]), TOP)
        return [self._passages[int(row)] for row in rows[0]]

    def _encode(self, texts: list[str]) -> Any:
        return self._encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False)

    def _save(self, index: Any, passages: dict[int, Passage], folder: Path) -> None:
        import faiss

        faiss.write_index(index, str(folder / "index.faiss"))
        rows = {row: (p.id, p.document, p.text) for row, p in passages.items()}
        (folder / "passages.json").write_text(json.dumps(rows), encoding="utf-8")
