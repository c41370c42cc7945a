"""Calibration: the curve and the threshold that make a reader's confidence mean what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askbrief.errors import EvaluationError
from askbrief.evaluation.measure import Result
from askbrief.models.calibration import Calibration

MIN_QUESTIONS, MIN_OF_EACH = 30, 5
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration fitted to questions, for a reader's card.

    Attributes:
        slope: Of the logistic curve over the strength of a span.
        offset: Of the same.
        threshold: Confidence below which there is no answer; None where no question tells.
        retrieval_weight: What the retrieval score counts in the strength.
        questions: How many it was fitted on.
    """

    slope: float
    offset: float
    threshold: float | None
    retrieval_weight: float
    questions: int


def calibrate(results: Sequence[Result], *, current: Calibration) -> Fitted:
    """Fit the curve on every question with a span, and choose the threshold with the best F1.

    Raises:
        EvaluationError: There are too few questions, or the reader's margins do not tell right from wrong.
    """
    known = [result for result in results if result.strength is not None and result.answers is not None]
    strength = np.array([result.strength for result in known], dtype=np.float64)
    right = np.array([result.is_best_right for result in known], dtype=bool)
    if len(known) < MIN_QUESTIONS or min(right.sum(), (~right).sum()) < MIN_OF_EACH:
        raise EvaluationError(
            f"{len(known)} questions with {int(right.sum())} right answers are too few to calibrate on",
            hint=f"At least {MIN_QUESTIONS} are needed, {MIN_OF_EACH} of them right and {MIN_OF_EACH} wrong.",
        )
    slope, offset = fit_curve(strength, right)
    if slope <= 0:
        raise EvaluationError(
            "the reader is no surer of right answers than of wrong ones on these questions",
            hint="Use more questions, or another reader.",
        )
    confidence = 1 / (1 + np.exp(-(slope * strength + offset)))
    is_absent = np.array([result.is_absent for result in known])
    threshold = None
    if is_absent.sum() >= MIN_OF_EACH:
        threshold = round(choose_threshold(confidence, np.array([r.best_f1 for r in known]), is_absent), 3)
    return Fitted(round(slope, 4), round(offset, 4), threshold, current.retrieval_weight, len(known))


def fit_curve(strength: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the logistic curve of being right, by Newton's method.

    The targets are Platt's, which keep the curve finite where the strength separates right from wrong (Platt 1999, with
    the corrections of Lin, Lin & Weng 2007).
    """
    positive, negative = int(right.sum()), int((~right).sum())
    targets = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))
    centre, scale = strength.mean(), strength.std() or 1.0
    design = np.column_stack([(strength - centre) / scale, np.ones_like(strength)])
    weights = np.zeros(2)
    for _ in range(_STEPS):
        sure = 1 / (1 + np.exp(-np.clip(design @ weights, -60, 60)))
        gradient = design.T @ (sure - targets)
        hessian = (design * (sure * (1 - sure))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        step /= max(1.0, float(np.abs(step).max()) / 2)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    slope = weights[0] / scale
    return float(slope), float(weights[1] - slope * centre)


def choose_threshold(confidence: NDArray[np.float64], f1: NDArray[np.float64], is_absent: NDArray[np.bool_]) -> float:
    """The threshold with the best mean F1, where silence on what the folder does not say counts 1 (as for SQuAD v2).

    It lies halfway between the confidences next to it, and is the lowest of equally good ones.
    """
    order = np.argsort(-confidence, kind="stable")
    sure = confidence[order]
    gains = np.where(is_absent[order], -1.0, f1[order])
    totals = np.concatenate([[0.0], np.cumsum(gains)])
    borders = np.concatenate([[1.0], (sure[:-1] + sure[1:]) / 2, [0.0]])
    is_border = np.concatenate([[True], sure[:-1] > sure[1:], [True]])
    totals[~is_border] = -np.inf
    best = len(totals) - 1 - int(np.argmax(totals[::-1]))
    return float(borders[best])
