"""The lexical index: BM25 over stemmed words. The only user of tantivy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import tantivy

from askbrief.errors import StoreDamagedError, StoreError
from askbrief.text import fold

MAX_QUERY_WORDS = 64
_ANALYZER = "english"
_HEAP_BYTES = 64_000_000
_QUERY_WORD = re.compile(r"\w+")


def build_lexical(folder: Path, passages: Iterable[tuple[int, str]]) -> None:
    """Writes an index of ``(row, text)`` pairs into an existing, empty folder.

    Raises:
        StoreError: The folder cannot be written.
    """
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", tokenizer_name=_ANALYZER)
    schema.add_unsigned_field("row", stored=True)
    try:
        index = tantivy.Index(schema.build(), path=str(folder))
        _register(index)
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for row, text in passages:
            writer.add_document(tantivy.Document(text=fold(text), row=row))
        writer.commit()
        writer.wait_merging_threads()
    except (ValueError, OSError) as error:
        raise StoreError(
            f"{folder} cannot be written: {error}", hint="Check its permissions and free space."
        ) from error


class LexicalIndex:
    """An opened lexical index of ``count`` passages."""

    def __init__(self, folder: Path) -> None:
        try:
            self._index = tantivy.Index.open(str(folder))
            _register(self._index)
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise StoreDamagedError(f"{folder} is damaged", hint="Run: askbrief index") from error
        self.count: int = self._searcher.num_docs

    def search(self, query: str, *, top: int) -> list[tuple[int, float]]:
        """The ``top`` rows that share a word with ``query``, with their BM25 scores, best first.

        At most ``MAX_QUERY_WORDS`` different words of the query count.
        """
        words = list(dict.fromkeys(_QUERY_WORD.findall(fold(query))))[:MAX_QUERY_WORDS]
        if not words or not self.count:
            return []
        parsed = self._index.parse_query(" ".join(f'"{word}"' for word in words), ["text"])
        result = self._searcher.search(parsed, limit=min(top, self.count), count=False)
        found = [(int(self._searcher.doc(address)["row"][0]), float(score)) for score, address in result.hits]
        return sorted(found, key=lambda item: (-item[1], item[0]))


def _register(index: tantivy.Index) -> None:
    analyzer = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(64))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
    index.register_tokenizer(_ANALYZER, analyzer)
