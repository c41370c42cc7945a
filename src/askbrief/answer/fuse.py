"""Fusion: the raw scores of two searches → one ranking."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from askbrief.types import Match

BOOST = 0.12
"""What the fused score of a passage gains whose article a conversation is about."""
DENSE_WEIGHT = 0.5
"""Share of the dense score in the mix, tuned on the pooled development paragraphs (``docs/decisions.md``)."""


def fuse(matches: Sequence[Match], *, depth: int, boosted: Collection[str] = ()) -> list[Match]:
    """The matches with their fused scores and ranks, best first; ties by shard and row.

    Scores are scaled once, over all matches, whichever store they come from. A match counts that is among the first
    ``depth`` by cosine or, with a shared word, by BM25. Passages of the documents ``boosted`` gain ``BOOST``.
    """
    dense = _rank(matches, [match.cosine for match in matches])
    lexical = _rank(matches, [match.bm25 for match in matches])
    kept = [
        replace(match, dense_rank=d, lexical_rank=w if match.bm25 > 0 else 0)
        for match, d, w in zip(matches, dense, lexical, strict=True)
        if d <= depth or (w <= depth and match.bm25 > 0)
    ]
    scores = mix_scores([match.cosine for match in kept], [match.bm25 for match in kept])
    fused = [
        replace(match, score=score + BOOST * (match.document_id in boosted))
        for match, score in zip(kept, scores, strict=True)
    ]
    return sorted(fused, key=lambda match: (-match.score, match.shard, match.row))


def mix_scores(cosines: Sequence[float], bm25s: Sequence[float], *, weight: float = DENSE_WEIGHT) -> list[float]:
    """Mix two scores of the same candidates convexly, each scaled to [0, 1] over the candidates.

    Bruch et al., "An Analysis of Fusion Functions for Hybrid Retrieval" (2023), TM2C2.

    Args:
        cosines: Cosines, scaled from their least and greatest.
        bm25s: BM25 scores, scaled from 0 and their greatest.
        weight: Share of the cosines, in [0, 1].
    """
    if len(cosines) != len(bm25s):
        raise ValueError(f"{len(cosines)} cosines, but {len(bm25s)} BM25 scores")
    dense = _scale(cosines, low=min(cosines, default=0.0))
    lexical = _scale(bm25s, low=0.0)
    return [weight * d + (1 - weight) * b for d, b in zip(dense, lexical, strict=True)]


def _rank(matches: Sequence[Match], scores: Sequence[float]) -> list[int]:
    """The place of each match by ``scores``, from 1; ties by shard and row."""
    order = sorted(range(len(matches)), key=lambda i: (-scores[i], matches[i].shard, matches[i].row))
    places = [0] * len(matches)
    for place, i in enumerate(order, start=1):
        places[i] = place
    return places


def _scale(scores: Sequence[float], *, low: float) -> list[float]:
    width = max(scores, default=0.0) - low
    return [(score - low) / width if width > 0 else 0.0 for score in scores]
