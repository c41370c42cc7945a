"""Retrieval: question → Hits, by meaning and by words at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from askbrief.datatypes import Hit, Passage
from askbrief.derived import Derived
from askbrief.encoding import Encoder
from askbrief.fusion import mix_scores
from askbrief.store import Store
from askbrief.text import fold

CANDIDATES = 50
"""Passages taken from each of the two searches."""
_SAME_WORDS = 0.9
_WORD = re.compile(r"\w+")


def find_hits(store: Store, derived: Derived, encoder: Encoder, query: str, *, top: int) -> list[Hit]:
    """The best ``top`` passages for ``query``, best first; near-duplicates of a better one are left out.

    Args:
        store: The open store, inside its ``snapshot``.
        derived: That snapshot's indexes.
        encoder: The encoder that the store was made with.
        query: A question or words.
        top: Most passages returned.
    """
    candidates = max(CANDIDATES, top)
    with ThreadPoolExecutor(max_workers=1) as beside:
        searching = beside.submit(derived.lexical.search, query, top=candidates)
        vector = encoder.encode_question(query)
        near = {row for row, _ in derived.dense.search(vector, top=candidates * derived.dense.oversampling)}
        worded = {row for row, _ in searching.result()}
        rows = sorted(near | worded)
        scoring = beside.submit(derived.lexical.score, query, rows)
        found = {record.row: record for record in store.load_passages(rows)}
        bm25s = scoring.result()
    exact = {row: float(record.vector @ vector) for row, record in found.items()}
    nearest = sorted(near, key=lambda row: (-exact[row], row))[:candidates]
    records = [found[row] for row in sorted({*nearest, *worded})]
    cosines = [exact[record.row] for record in records]
    lexical = [bm25s.get(record.row, 0.0) for record in records]
    scores = mix_scores(cosines, lexical)
    order = sorted(range(len(records)), key=lambda i: (-scores[i], records[i].row))

    documents = {}
    hits: list[Hit] = []
    seen: list[tuple[frozenset[str], frozenset[str]]] = []
    for i in order:
        if len(hits) == top:
            break
        record = records[i]
        if record.document_id not in documents:
            documents[record.document_id] = store.load_document(record.document_id)
        document = documents[record.document_id]
        passage = Passage(document.id, record.span, record.span.of(document.text))
        words = _profile(passage.text)
        if not any(_is_near_duplicate(words, other) for other in seen):
            seen.append(words)
            line = document.text.count("\n", 0, record.span.start) + 1
            hits.append(Hit(passage, document.path, line, record.row, scores[i], cosines[i], lexical[i]))
    return hits


def _profile(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a text, and those of them with digits."""
    words = frozenset(_WORD.findall(fold(text)))
    numbers = (word for word in words if not word.isalpha() and any(character.isdigit() for character in word))
    return words, frozenset(numbers)


def _is_near_duplicate(a: tuple[frozenset[str], frozenset[str]], b: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Whether two passages have nearly the same words and exactly the same numbers (a correction changes a number)."""
    shared = len(a[0] & b[0])
    return a[1] == b[1] and shared >= _SAME_WORDS * len(a[0] | b[0])
