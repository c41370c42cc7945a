"""Texts by their words: finds those that share most with a question, by BM25 with stemming."""

from __future__ import annotations

import re
from collections.abc import Iterable

import tantivy


class TextIndex:
    """An index in memory over numbered texts; equal texts give equal results."""

    def __init__(self, texts: Iterable[str]) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("text", tokenizer_name="en_stem")
        schema.add_unsigned_field("row", stored=True)
        self._index = tantivy.Index(schema.build())
        writer = self._index.writer(heap_size=200_000_000, num_threads=1)  # the same order each time
        for row, text in enumerate(texts):
            writer.add_document(tantivy.Document(text=text, row=row))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def find(self, question: str, *, top: int) -> list[int]:
        """The numbers, from 0, of the best ``top`` texts, best first; none for a question without words."""
        words = " ".join(re.findall(r"\w+", question.lower()))
        if not words:
            return []
        searcher = self._index.searcher()
        hits = searcher.search(self._index.parse_query(words, ["text"]), limit=top).hits
        return [searcher.doc(address)["row"][0] for _, address in hits]
