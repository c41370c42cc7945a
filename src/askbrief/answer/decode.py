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
    tokens: Tokens, start: NDArray[np.float32], end: NDArray[np.float32], *, origin: int, within: Span
) -> list[tuple[Span, float]]:
    """The best spans of one window with their margins, best first.

    Args:
        tokens: The window.
        start: Start score of each token, shape (L,).
        end: End score of each token, shape (L,).
        origin: Document offset of the context's first character.
        within: Document span that answers must lie in.
    """
    begins, ends = tokens.offsets[:, 0] + origin, tokens.offsets[:, 1] + origin
    allowed = tokens.second & (begins >= within.start) & (ends <= within.end) & (ends > begins)
    places = np.flatnonzero(allowed)
    if not len(places):
        return []
    scores = start[places][:, None] + end[places][None, :]
    lengths = places[None, :] - places[:, None]
    scores = np.where((lengths >= 0) & (lengths < MAX_ANSWER_TOKENS), scores, -np.inf)
    best = np.argsort(-scores, axis=None, kind="stable")[: 8 * SPANS_PER_PASSAGE]
    null = float(start[0] + end[0])
    spans = []
    for i, j in zip(*np.unravel_index(best, scores.shape), strict=True):
        if math.isfinite(scores[i, j]):
            spans.append((Span(int(begins[places[i]]), int(ends[places[j]])), float(scores[i, j]) - null))
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
            said = span.of(text).casefold().split()
            words = tuple(word for word in said if word not in _ARTICLES) or tuple(said)
            best.setdefault(words, span)
            margins[words].append(margin)
    return [(span, float(np.logaddexp.reduce(margins[words]))) for words, span in best.items()]
