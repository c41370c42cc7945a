"""Fusion: the scores of two searches → one ranking."""

from __future__ import annotations

from collections.abc import Sequence

DENSE_WEIGHT = 0.5
"""Share of the dense score in the mix, tuned on the pooled development paragraphs (``docs/decisions.md``)."""


def mix_scores(cosines: Sequence[float], bm25s: Sequence[float], *, weight: float = DENSE_WEIGHT) -> list[float]:
    """Convex mix of two scores of the same candidates, each scaled to [0, 1] over the candidates.

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


def _scale(scores: Sequence[float], *, low: float) -> list[float]:
    width = max(scores, default=0.0) - low
    return [(score - low) / width if width > 0 else 0.0 for score in scores]
