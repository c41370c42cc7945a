"""Decode: token scores → spans of a document."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from askbrief.models.runtime import Tokens
from askbrief.types import Span

MAX_ANSWER_TOKENS = 40
SPANS_PER_PASSAGE = 5
_ARTICLES = frozenset(("a", "an", "the"))


def find_spans(
    tokens: Tokens,
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    *,
    places: NDArray[np.int64],
    blocks: Sequence[Span],
) -> list[tuple[Span, float]]:
    """The best spans of one window with their margins, best first; each lies in one block.

    Args:
        tokens: The window.
        start: Start score of each token, shape (L,).
        end: End score of each token, shape (L,).
        places: Offset in the document of each character of the context, and of its end, shape (C + 1,).
        blocks: Stretches of the document that answers must lie in, in order.
    """
    firsts, lasts = np.where(tokens.second[:, None], tokens.offsets - [0, 1], 0).T
    is_text = tokens.second & (lasts >= firsts)
    begins, ends = places[firsts], places[np.maximum(lasts, 0)] + 1
    block = np.searchsorted([span.start for span in blocks], begins, side="right") - 1
    limits = np.asarray([span.end for span in blocks])
    rows = np.flatnonzero(is_text & (block >= 0) & (ends <= limits[block]))
    if not len(rows):
        return []
    scores = start[rows][:, None] + end[rows][None, :]
    lengths = rows[None, :] - rows[:, None]
    is_span = (lengths >= 0) & (lengths < MAX_ANSWER_TOKENS) & (block[rows][:, None] == block[rows][None, :])
    scores = np.where(is_span, scores, -np.inf)
    best = np.argsort(-scores, axis=None, kind="stable")[: 8 * SPANS_PER_PASSAGE]
    null = float(start[0] + end[0])
    spans = []
    for i, j in zip(*np.unravel_index(best, scores.shape), strict=True):
        if math.isfinite(scores[i, j]):
            spans.append((Span(int(begins[rows[i]]), int(ends[rows[j]])), float(scores[i, j]) - null))
    return spans


def merge(text: str, found: Sequence[tuple[Span, float]]) -> list[tuple[Span, float]]:
    """Spans of the same words, case and articles apart, as one: the best of them, with the margin of all together.

    Args:
        text: The text that the spans lie in.
        found: Tidied spans with their margins (log-odds against "not here"); empty ones are left out.
    """
    best: dict[tuple[str, ...], Span] = {}
    margins: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for span, margin in sorted(found, key=lambda item: (-item[1], item[0])):
        if span:
            words = _find_said(span.of(text))
            best.setdefault(words, span)
            margins[words].append(margin)
    return [(span, float(np.logaddexp.reduce(margins[words]))) for words, span in best.items()]


def say_the_same(text: str, one: Span, other: Span) -> bool:
    """Whether two spans of a text have the same words, case and articles apart."""
    return _find_said(one.of(text)) == _find_said(other.of(text))


def _find_said(words: str) -> tuple[str, ...]:
    said = words.casefold().split()
    return tuple(word for word in said if word not in _ARTICLES) or tuple(said)
