"""The top answers of one way to read: how many are right, and of those that are sure enough to be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from askbrief.answer.rank import rank
from askbrief.evaluation.scores import score_exact, score_f1
from askbrief.models.calibration import Calibration
from askbrief.types import Candidate


@dataclass(slots=True)
class TopAnswers:
    """Sums over questions.

    Attributes:
        seconds: What each question took.
    """

    seconds: list[float] = field(default_factory=list)
    _exact: float = 0.0
    _f1: float = 0.0
    _first: int = 0
    _answered: int = 0
    _f1_if_answered: float = 0.0

    def add(
        self,
        question: str,
        candidates: Sequence[Candidate],
        *,
        answers: tuple[str, ...],
        is_right: Callable[[Candidate], bool],
        calibration: Calibration,
        seconds: float,
    ) -> None:
        """Count the top answer of a question.

        Args:
            question: What the candidates were read for.
            candidates: With what was read in them.
            answers: What is accepted.
            is_right: Whether a candidate is a passage that should come first.
            calibration: That of the reader.
            seconds: What the question took.
        """
        self.seconds.append(seconds)
        for best in rank(question, candidates, top=1, calibration=calibration):
            found = best.reading.span.of(best.candidate.document.text)
            f1 = score_f1(found, answers)
            self._exact += score_exact(found, answers)
            self._f1 += f1
            self._first += is_right(best.candidate)
            if best.confidence >= calibration.threshold:
                self._answered += 1
                self._f1_if_answered += f1

    @property
    def median_ms(self) -> float:
        """The median time of a question in milliseconds."""
        return round(1000 * sorted(self.seconds)[len(self.seconds) // 2], 1)

    def figures(self) -> dict[str, Any]:
        """Percentages of all questions, and the F1 of those answered with enough confidence."""
        shares = {"EM": self._exact, "F1": self._f1, "hit@1 read": self._first, "answered": self._answered}
        shares["F1 after refusals"] = self._f1_if_answered
        return {
            **{name: round(100 * total / len(self.seconds), 2) for name, total in shares.items()},
            "F1 of those": round(100 * self._f1_if_answered / max(1, self._answered), 2),
        }
