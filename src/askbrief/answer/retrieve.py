"""Retrieval: question → matches by dense and lexical search, and the best of them with their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from askbrief.store.generation import Derived
from askbrief.store.lexical import Statistics
from askbrief.store.store import Store
from askbrief.text.segment import fold
from askbrief.types import Candidate, Document, Match, Passage

DEPTH = 50
"""Passages taken from each of the two searches."""
FEW_ROWS = 1_000
"""Allowed passages up to which each is compared by its own vector."""
_SAME_WORDS = 0.9
_WORD = re.compile(r"\w+")


def gather(
    store: Store,
    derived: Derived,
    encode: Callable[[str], NDArray[np.float32]],
    query: str,
    *,
    depth: int = DEPTH,
    allowed: Sequence[int] | None = None,
    statistics: Statistics | None = None,
) -> list[Match]:
    """The ``depth`` nearest passages by cosine and the best ``depth`` by BM25, each with both raw scores; any order.

    Args:
        store: The open store, inside its ``snapshot``.
        derived: That snapshot's indexes.
        encode: Gives the question's vector, shape (dimension,), of the encoder that the store was made with.
        query: A question or words.
        depth: Passages taken from each search.
        allowed: Rows of the passages that may be found, sorted; None allows all.
        statistics: Those of all shards, for scores that are comparable between them; None takes the store's own.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        searching = beside.submit(_search_words, derived, query, depth=depth, allowed=allowed, statistics=statistics)
        vector = encode(query)
        near = _search_vectors(derived, vector, depth=depth, allowed=allowed)
        worded = searching.result()
        rows = sorted(near | worded)
        scoring = beside.submit(derived.lexical.score, query, rows, statistics=statistics)
        records = {record.row: record for record in store.rows.load_passages(rows)}
        bm25s = scoring.result()
    cosines = {row: float(record.vector @ vector) for row, record in records.items()}
    nearest = sorted(near, key=lambda row: (-cosines[row], row))[:depth]
    return [
        Match(row, cosines[row], bm25s.get(row, 0.0), document_id=records[row].document_id)
        for row in sorted({*nearest, *worded})
    ]


def _search_words(
    derived: Derived, query: str, *, depth: int, allowed: Sequence[int] | None, statistics: Statistics | None
) -> set[int]:
    if allowed is None:
        return {row for row, _ in derived.lexical.search(query, top=depth, statistics=statistics)}
    scores = derived.lexical.score(query, allowed, statistics=statistics)
    return set(sorted(scores, key=lambda row: (-scores[row], row))[:depth])


def _search_vectors(
    derived: Derived, vector: NDArray[np.float32], *, depth: int, allowed: Sequence[int] | None
) -> set[int]:
    if allowed is not None and len(allowed) <= FEW_ROWS:
        return set(allowed)  # their vectors are compared one by one
    rows = None if allowed is None else np.asarray(allowed, dtype=np.int64)
    found = derived.dense.search(vector, top=depth * derived.dense.oversampling, allowed=rows)
    return {row for row, _ in found}


def load_candidates(store: Store, matches: Iterable[Match], *, top: int) -> list[Candidate]:
    """The first ``top`` of ``matches`` that do not nearly repeat a better one, with passage and document.

    Args:
        store: The open store, inside its ``snapshot``.
        matches: Best first.
        top: Most candidates returned.
    """
    return choose_candidates(iter_candidates(store, matches), top=top)


def iter_candidates(store: Store, matches: Iterable[Match]) -> Iterator[Candidate]:
    """Each of ``matches`` with passage and document; the store is open, inside its ``snapshot``."""
    documents: dict[str, Document] = {}
    for match in matches:
        (record,) = store.rows.load_passages([match.row])
        if record.document_id not in documents:
            documents[record.document_id] = store.rows.load_document(record.document_id)
        document = documents[record.document_id]
        passage = Passage(document.id, record.span, record.span.of(document.text))
        yield Candidate(match, passage, document)


def choose_candidates(found: Iterable[Candidate], *, top: int) -> list[Candidate]:
    """The first ``top`` of what was ``found``, best first, that do not nearly repeat a better one."""
    candidates: list[Candidate] = []
    seen: list[tuple[frozenset[str], frozenset[str]]] = []
    if not top:
        return candidates
    for candidate in found:
        words = _profile(candidate.passage.text)
        if any(_is_near_duplicate(words, other) for other in seen):
            continue
        seen.append(words)
        candidates.append(candidate)
        if len(candidates) == top:
            break
    return candidates


def _profile(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a text, and those of them with digits."""
    words = frozenset(_WORD.findall(fold(text)))
    numbers = (word for word in words if not word.isalpha() and any(character.isdigit() for character in word))
    return words, frozenset(numbers)


def _is_near_duplicate(a: tuple[frozenset[str], frozenset[str]], b: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Whether two passages have nearly the same words and exactly the same numbers (a correction changes a number)."""
    shared = len(a[0] & b[0])
    return a[1] == b[1] and shared >= _SAME_WORDS * len(a[0] | b[0])
