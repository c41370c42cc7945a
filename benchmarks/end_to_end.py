"""End to end: SQuAD v1.1 development paragraphs pooled into one store; is the top answer right?

    python -m benchmarks.end_to_end [--data ../shared/data] [--every 5]

EM and F1 of the top answer whatever its confidence, hit@1 of the paragraph it comes from, and both once more with the
threshold in force, when "not in these articles" counts as wrong. As shipped, and as with ``reader = "fast"``, which
has no second look, on the same candidates.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askbrief.answer.pipeline import READ_PASSAGES, find_candidates, read_candidates
from askbrief.answer.rank import rank
from askbrief.answer.reader import Reader
from askbrief.answer.second_look import load_second_look
from askbrief.evaluation.scores import score_exact, score_f1
from askbrief.models.calibration import Calibration
from askbrief.models.compile_encoder import load_encoder
from askbrief.types import Candidate
from benchmarks.common import build_parser, save_result
from corpora.questions import Paragraphs, Question, load_paragraphs
from corpora.stores import as_documents, build_store, whole


@dataclass(slots=True)
class Score:
    """Sums over the questions that were answered in one way."""

    exact: float = 0.0
    f1: float = 0.0
    first: int = 0
    answered: int = 0
    f1_if_answered: float = 0.0
    seconds: list[float] = field(default_factory=list)

    def add(
        self, question: Question, candidates: Sequence[Candidate], *, calibration: Calibration, seconds: float
    ) -> None:
        """Counts the top answer among ``candidates``."""
        self.seconds.append(seconds)
        for best in rank(question.text, candidates, top=1, calibration=calibration):
            found = best.reading.span.of(best.candidate.document.text)
            f1 = score_f1(found, question.answers)
            self.exact += score_exact(found, question.answers)
            self.f1 += f1
            self.first += best.candidate.document.id == str(question.context)
            if best.confidence >= calibration.threshold:
                self.answered += 1
                self.f1_if_answered += f1

    def figures(self) -> dict[str, Any]:
        """Percentages of all questions, and of those answered with enough confidence; milliseconds."""
        questions = len(self.seconds)
        shares = {"EM": self.exact, "F1": self.f1, "hit@1 read": self.first, "answered": self.answered}
        shares["F1 after refusals"] = self.f1_if_answered
        return {
            **{name: round(100 * total / questions, 2) for name, total in shares.items()},
            "F1 of those": round(100 * self.f1_if_answered / max(1, self.answered), 2),
            "milliseconds p50": round(1000 * sorted(self.seconds)[questions // 2], 1),
        }


def measure(paragraphs: Paragraphs, *, every: int) -> dict[str, Any]:
    """Figures of every ``every``-th question, in percent and milliseconds."""
    documents = as_documents(paragraphs)
    encoder, reader, second_look = load_encoder(), Reader(), load_second_look()
    assert second_look is not None
    calibration = reader.calibration
    questions = paragraphs.questions[::every]
    shipped, fast, retrieved = Score(), Score(), 0
    with tempfile.TemporaryDirectory() as scratch, build_store(Path(scratch), encoder, documents, whole) as store:
        for question in questions:
            began = time.perf_counter()
            with store.snapshot() as derived:
                _, found = find_candidates(
                    question.text, store=store, derived=derived, encoder=encoder, top=READ_PASSAGES
                )
            once = read_candidates(question.text, found, reader)
            fast.add(question, once, calibration=calibration, seconds=time.perf_counter() - began)
            twice = second_look.read(question.text, once, calibration=calibration)
            shipped.add(question, twice, calibration=calibration, seconds=time.perf_counter() - began)
            retrieved += found[0].document.id == str(question.context)
    figures = shipped.figures() | {"fast": fast.figures()}
    figures["hit@1 retrieved"] = round(100 * retrieved / len(questions), 2)
    return figures | {"questions": len(questions), "passages": len(documents), "passages read": READ_PASSAGES}


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=5, help="take every n-th question")
    arguments = parser.parse_args()
    save_result("end_to_end", measure(load_paragraphs(arguments.data, "squad_v1.1_dev"), every=arguments.every))


if __name__ == "__main__":
    main()
