"""The lexical index: BM25 over stemmed words. The only user of tantivy."""

from __future__ import annotations

import contextlib
import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tantivy

from askbrief.errors import StoreDamagedError, StoreError, is_panic
from askbrief.text.segment import fold

MAX_QUERY_WORDS = 64
_ANALYZER = "english"
_HEAP_BYTES, _MIN_HEAP_BYTES = 64_000_000, 15_000_000
_MAX_WORD_BYTES = 64
"""Longer words are not indexed."""
_PROBED_WORDS = 8
_QUERY_WORD = re.compile(r"\w+")
_PLAIN_WORD = re.compile(rf"(?<!\S)[a-z0-9]{{1,{_MAX_WORD_BYTES - 1}}}(?!\S)")
"""A word that is one to any tokenizer."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 needs to know of the passages about the words of a question.

    Attributes:
        passages: Number of passages.
        frequencies: Passages with each word, by its indexed form.
    """

    passages: int
    frequencies: Mapping[str, int]

    def __add__(self, other: Statistics) -> Statistics:
        """The statistics of both together."""
        return Statistics(self.passages + other.passages, dict(Counter(self.frequencies) + Counter(other.frequencies)))

    def find_rarity(self, words: Iterable[str]) -> float:
        """The inverse document frequencies of indexed words, summed up as BM25 does for a phrase."""
        found = (self.frequencies.get(word, 0) for word in words)
        return sum(math.log(1 + (self.passages - count + 0.5) / (count + 0.5)) for count in found)


def build_lexical(folder: Path, passages: Iterable[tuple[int, str]]) -> None:
    """Writes an index of ``(row, text)`` pairs into an existing, empty folder.

    Raises:
        StoreError: The folder cannot be written.
    """
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", tokenizer_name=_ANALYZER)
    schema.add_unsigned_field("row", indexed=True, fast=True)
    with _writing(folder):
        _write(tantivy.Index(schema.build(), path=str(folder)), passages, without=(), heap_bytes=_HEAP_BYTES)


def extend_lexical(folder: Path, passages: Iterable[tuple[int, str]], *, without: Iterable[int]) -> None:
    """Adds ``(row, text)`` pairs to the index in ``folder`` and takes the rows ``without`` out.

    Files are added and removed, never changed in place, so that others may share them. Until their files are merged
    away, rows that were taken out still count in the BM25 statistics of the words.

    Raises:
        StoreDamagedError: There is no such index.
        StoreError: The folder cannot be written.
    """
    try:
        index = tantivy.Index.open(str(folder))
    except (ValueError, OSError) as error:
        raise StoreDamagedError(f"{folder} is damaged", hint="Run: askbrief index") from error
    with _writing(folder):
        _write(index, passages, without=without, heap_bytes=_MIN_HEAP_BYTES)


class LexicalIndex:
    """An opened lexical index of ``count`` passages."""

    def __init__(self, folder: Path) -> None:
        try:
            with _lockable(folder) as place:
                self._index = tantivy.Index.open(str(place))
                _register(self._index)
                self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise StoreDamagedError(f"{folder} is damaged", hint="Run: askbrief index") from error
        self._analyzer = _build_analyzer()
        self.count: int = self._searcher.num_docs

    def count_words(self, query: str) -> Statistics:
        """The statistics of the words of ``query`` in this index."""
        indexed = {form for word in self._find_words(query) for form in self._analyze(word)}
        counted = {form: self._searcher.doc_freq("text", form) for form in indexed}
        return Statistics(self.count, {form: count for form, count in counted.items() if count})

    def search(self, query: str, *, top: int, statistics: Statistics | None = None) -> list[tuple[int, float]]:
        """The ``top`` rows that share a word with ``query``, with their BM25 scores, best first; ties by row.

        With ``statistics`` of several indexes, their scores are comparable: each word weighs what it weighs in all.

        At most ``MAX_QUERY_WORDS`` different words of the query count. tantivy keeps any of the rows that tie for the
        last place, so it is asked for more until the tie is whole.
        """
        if not self.count:
            return []
        parsed = self._parse(query, statistics)
        wanted = min(top + 1, self.count)
        found = self._find(parsed, limit=wanted)
        while len(found) == wanted < self.count and found[-1][1] == found[top - 1][1]:
            wanted = min(2 * wanted, self.count)
            found = self._find(parsed, limit=wanted)
        return sorted(found, key=lambda item: (-item[1], item[0]))[:top]

    def score(self, query: str, rows: Collection[int], *, statistics: Statistics | None = None) -> dict[int, float]:
        """The BM25 score, as in ``search``, of those of ``rows`` that share a word with ``query``."""
        if not rows or not self.count:
            return {}
        among = tantivy.Query.term_set_query(self._index.schema, "row", list(rows))
        query_among = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0)),
                (tantivy.Occur.Must, self._parse(query, statistics)),
            ]
        )
        return dict(self._find(query_among, limit=len(rows)))

    def find_all(self, query: str) -> list[int]:
        """The rows that have every word of ``query``, in any form of it; sorted.

        Only the first ``MAX_QUERY_WORDS`` count, and no words that are too long to be indexed.
        """
        words = [word for word in self._find_words(query) if len(word.encode()) < _MAX_WORD_BYTES]
        if not words or not self.count:
            return []
        parsed = self._index.parse_query(" ".join(f'+"{word}"' for word in words), ["text"])
        return sorted(row for row, _ in self._find(parsed, limit=self.count))

    def _find(self, query: tantivy.Query, *, limit: int) -> list[tuple[int, float]]:
        """At most ``limit`` rows with their scores, best first.

        Raises:
            StoreDamagedError: A file of the index was written over while it was open; tantivy may panic on that.
        """
        try:
            hits = self._searcher.search(query, limit=limit, count=False).hits
            rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        except BaseException as error:
            if isinstance(error, (ValueError, OSError)) or is_panic(error):
                raise StoreDamagedError("the lexical index is damaged", hint="Run: askbrief index") from error
            raise
        return [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]

    def _parse(self, query: str, statistics: Statistics | None) -> tantivy.Query:
        words = [f'"{word}"{self._weigh(word, statistics)}' for word in self._find_words(query)]
        return self._index.parse_query(" ".join(words), ["text"])

    def _weigh(self, word: str, statistics: Statistics | None) -> str:
        """The boost that turns the rarity of a word in this index into that of ``statistics``, as tantivy reads it."""
        if statistics is None:
            return ""
        forms = self._analyze(word)
        own = Statistics(self.count, {form: self._searcher.doc_freq("text", form) for form in forms})
        rarity = own.find_rarity(forms)
        return f"^{statistics.find_rarity(forms) / rarity:.6f}" if rarity > 0 else ""

    def _analyze(self, word: str) -> list[str]:
        """The forms under which a word is indexed: one, unless the tokenizer splits it."""
        forms: list[str] = self._analyzer.analyze(word)
        return forms

    def _find_words(self, query: str) -> list[str]:
        return list(dict.fromkeys(_QUERY_WORD.findall(fold(query))))[:MAX_QUERY_WORDS]

    def load_rows(self) -> list[int]:
        """Every row, sorted."""
        if not self.count:
            return []
        return sorted(row for row, _ in self._find(tantivy.Query.all_query(), limit=self.count))

    def holds(self, row: int, text: str) -> bool:
        """Whether ``row`` is there and was made with the first plain words of ``text``."""
        words = list(dict.fromkeys(_PLAIN_WORD.findall(fold(text))))[:_PROBED_WORDS]
        query = " ".join([f"+row:{row}", *(f'+"{word}"' for word in words)])
        return bool(self._find(self._index.parse_query(query, ["text"]), limit=1))


@contextlib.contextmanager
def _lockable(folder: Path) -> Iterator[Path]:
    """``folder``, or where nothing can be written, as on a disk for reading only, one with links to its files.

    tantivy makes a lock beside the files while it opens them; open, they are not looked up again.
    """
    if os.access(folder, os.W_OK):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="askbrief-") as name:
        for file in (file for file in folder.iterdir() if file.suffix != ".lock"):
            Path(name, file.name).symlink_to(file.absolute())
        yield Path(name)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        raise StoreError(
            f"{folder} cannot be written: {error}", hint="Check its permissions and free space."
        ) from error


def _write(
    index: tantivy.Index, passages: Iterable[tuple[int, str]], *, without: Iterable[int], heap_bytes: int
) -> None:
    _register(index)
    writer = index.writer(heap_size=heap_bytes, num_threads=1)
    for row in without:
        writer.delete_documents_by_query(tantivy.Query.term_query(index.schema, "row", row))
    for row, text in passages:
        document = tantivy.Document(text=fold(text))
        document.add_unsigned("row", row)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _register(index: tantivy.Index) -> None:
    index.register_tokenizer(_ANALYZER, _build_analyzer())


def _build_analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_MAX_WORD_BYTES))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
