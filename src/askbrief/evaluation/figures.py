"""Figures: what the results of all cases come to, with how sure each figure is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from askbrief.evaluation.measure import Loss, Result

RESAMPLES = 2000
BINS = 10
LOSSES: tuple[Loss, ...] = ("rewriting", "search", "reading", "threshold")


@dataclass(frozen=True, slots=True)
class Share:
    """A mean over questions with its 95 % interval.

    Attributes:
        value: The mean, in [0, 1].
        low: Lower end.
        high: Upper end.
        questions: How many it is over.
    """

    value: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What an evaluation comes to; None where no question tells.

    Attributes:
        questions: All that were scored.
        right: Right answers among the questions that the folder answers.
        f1: Mean F1 of the words over the same.
        false_answers: Answers given among the questions that the folder does not answer.
        repeated: Answers marked wrong that are given again.
        rejected: Answers marked wrong.
        calibration_error: Expected calibration error of the confidence over ten bins, in [0, 1].
        top_1: Share whose answer is in the first passage.
        top_5: Share whose answer is in the first five.
        top_10: Share whose answer is in the first ten.
        mrr: Mean of 1 / place of the first passage with the answer; 0 where none of those read has it.
        p50_ms: Median time of a question.
        p95_ms: 95th percentile of it.
        lost: Questions that the folder answers, by where they were lost.
    """

    questions: int
    right: Share | None
    f1: Share | None
    false_answers: Share | None
    repeated: int
    rejected: int
    calibration_error: float | None
    top_1: float | None
    top_5: float | None
    top_10: float | None
    mrr: float | None
    p50_ms: float
    p95_ms: float
    lost: dict[str, int]


def build_figures(results: Sequence[Result]) -> Figures:
    """The figures of at least one result."""
    there = [result for result in results if result.is_answerable]
    absent = [result for result in results if result.is_absent]
    known = [*there, *absent]
    rejected = [result for result in results if result.answers is None]
    times = [result.milliseconds for result in results]
    return Figures(
        questions=len(results),
        right=find_share(there, lambda result: float(bool(result.is_right))),
        f1=find_share(there, lambda result: result.f1 or 0.0),
        false_answers=find_share(absent, lambda result: float(bool(result.found))),
        repeated=sum(result.is_right is False for result in rejected),
        rejected=len(rejected),
        calibration_error=find_calibration_error(
            [result.confidence for result in known], [result.is_best_right for result in known]
        ),
        top_1=_share_within(there, 1),
        top_5=_share_within(there, 5),
        top_10=_share_within(there, 10),
        mrr=round(sum(1 / r.rank for r in there if r.rank) / len(there), 4) if there else None,
        p50_ms=round(float(np.percentile(times, 50)), 1),
        p95_ms=round(float(np.percentile(times, 95)), 1),
        lost={name: sum(result.lost == name for result in there) for name in LOSSES},
    )


def find_share(results: Sequence[Result], score: Callable[[Result], float], *, seed: int = 0) -> Share | None:
    """As ``find_mean``, of a score in [0, 1].

    Where all are 0 or all are 1, which the bootstrap takes for certain, the other end is the exact one of Clopper and
    Pearson (1934).
    """
    share = find_mean(results, score, seed=seed)
    if share is None or 0 < share.value < 1:
        return share
    bound = round(0.025 ** (1 / len({result.dialogue for result in results})), 4)
    return replace(share, low=bound) if share.value == 1 else replace(share, high=round(1 - bound, 4))


def find_mean(results: Sequence[Result], score: Callable[[Result], float], *, seed: int = 0) -> Share | None:
    """The mean of ``score`` with its percentile bootstrap interval; None without results.

    Whole dialogues are drawn, as their turns depend on each other (the cluster bootstrap; Efron & Tibshirani 1993).
    """
    if not results:
        return None
    numbers = sorted({result.dialogue for result in results})
    places = np.searchsorted(numbers, [result.dialogue for result in results])
    sums = np.bincount(places, weights=[score(result) for result in results])
    counts = np.bincount(places)
    rng = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    for at in range(RESAMPLES):
        drawn = rng.integers(len(numbers), size=len(numbers))
        means[at] = sums[drawn].sum() / counts[drawn].sum()
    low, high = np.percentile(means, (2.5, 97.5))
    value = sums.sum() / counts.sum()
    return Share(round(float(value), 4), round(float(low), 4), round(float(high), 4), len(results))


def find_calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015); None without questions."""
    if not confidences:
        return None
    sure, is_right = np.array(confidences), np.array(right, dtype=float)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs(sure[bins == place].sum() - is_right[bins == place].sum()) for place in range(BINS)]
    return round(float(sum(gaps)) / len(sure), 4)


def _share_within(results: Sequence[Result], depth: int) -> float | None:
    if not results:
        return None
    return round(sum(1 <= result.rank <= depth for result in results) / len(results), 4)
