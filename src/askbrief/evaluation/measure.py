"""Measuring: each case asked through the pipeline, its answer scored, and where a wrong one was lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from askbrief.answer.dialogue import Turn, build_turn
from askbrief.answer.pipeline import build_answer
from askbrief.assistant import Assistant
from askbrief.evaluation.cases import Case, Dialogue
from askbrief.evaluation.check import collapse
from askbrief.evaluation.scores import normalise, score_exact, score_f1
from askbrief.types import Candidate, Trace

RIGHT_F1 = 0.6
"""F1 from which an answer counts as right."""

Loss = Literal["", "rewriting", "search", "reading", "threshold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a case.

    Attributes:
        name: The case's name.
        dialogue: Number of its dialogue in the file, from 0.
        question: As asked.
        searched: As searched.
        answers: Accepted answers; () where the folder does not say, None where nobody knows.
        found: The answer given; '' for none.
        path: The file that it came from; '' without an answer.
        confidence: Confidence of the best span, given or not, in [0, 1].
        strength: What the confidence is computed of: margin plus weighted retrieval score; None without a span of the
            reader.
        is_best_right: Whether the best span, given or not, is right.
        is_right: Whether the answer, or silence, is right; None where nobody knows.
        f1: F1 of the answer's words; for silence where the folder does not say, 1; None where nobody knows.
        best_f1: F1 of the best span's words, given or not.
        rank: Place of the first passage that holds an accepted answer, from 1; 0 if none of those read does.
        lost: Where a question that the folder answers was lost; '' where it was not.
        milliseconds: How long it took.
    """

    name: str
    dialogue: int
    question: str
    searched: str
    answers: tuple[str, ...] | None
    found: str
    path: str
    confidence: float
    strength: float | None
    is_best_right: bool
    is_right: bool | None
    f1: float | None
    best_f1: float
    rank: int
    lost: Loss
    milliseconds: float

    @property
    def is_answerable(self) -> bool:
        """Whether the folder is known to answer."""
        return bool(self.answers)

    @property
    def is_absent(self) -> bool:
        """Whether the folder is known not to answer."""
        return self.answers == ()


def iter_results(assistant: Assistant, dialogues: Iterable[Dialogue]) -> Iterator[Result]:
    """The result of each judged case, from the index as it is; models are loaded before the first is timed."""
    assistant.load_readers()
    assistant.encoder.encode_question("load")
    for number, dialogue in enumerate(dialogues):
        history: list[Turn] = []
        for case in dialogue:
            trace = assistant.trace(case.question, refresh=False, history=history)
            if case.is_judged:
                yield _score(assistant, case, trace, dialogue=number, history=history)
            history.append(build_turn(build_answer(trace, top=1)))


def _score(assistant: Assistant, case: Case, trace: Trace, *, dialogue: int, history: Sequence[Turn]) -> Result:
    calibration = assistant.reader.calibration
    best = trace.ranked[0] if trace.ranked else None
    words = _find_best(trace)
    found = words if trace.is_answered else ""
    is_best_right = _is_best_right(case, trace)
    is_right, f1 = _judge(case, found, is_best_right=is_best_right)
    rank = next((place for place, one in enumerate(trace.candidates, start=1) if holds_answer(one, case)), 0)
    lost: Loss = ""
    if case.answers and not is_right:
        lost = _find_loss(assistant, case, trace, rank=rank, history=history)
    return Result(
        name=case.name,
        dialogue=dialogue,
        question=case.question,
        searched=trace.searched,
        answers=case.answers,
        found=found,
        path=best.candidate.document.path if best and found else "",
        confidence=round(trace.confidence, 4),
        strength=(
            round(best.reading.margin + calibration.retrieval_weight * best.candidate.match.score, 4)
            if best and trace.outcome != "statement"
            else None
        ),
        is_best_right=is_best_right,
        is_right=is_right,
        f1=f1,
        best_f1=score_f1(words, case.answers) if case.answers else 0.0,
        rank=rank,
        lost=lost,
        milliseconds=trace.timings_ms["total"],
    )


def _judge(case: Case, found: str, *, is_best_right: bool) -> tuple[bool | None, float | None]:
    """Whether the answer is right, and its F1; None where nobody knows."""
    if case.answers is None:
        return (False if normalise(found) in map(normalise, case.rejected) else None), None
    if not case.answers:
        return not found, float(not found)
    return bool(found) and is_best_right, score_f1(found, case.answers)


def _find_loss(assistant: Assistant, case: Case, trace: Trace, *, rank: int, history: Sequence[Turn]) -> Loss:
    """The first step without which the answer would have been right."""
    if history and _is_lost_to_rewriting(assistant, case, trace):
        return "rewriting"
    if not rank:
        return "search"
    return "threshold" if _is_best_right(case, trace) and not trace.is_answered else "reading"


def _is_lost_to_rewriting(assistant: Assistant, case: Case, trace: Trace) -> bool:
    """Whether the stand-alone question is answered right; where none is given, another rewrite or the typed one."""
    others = [case.standalone] if case.standalone else [*trace.rewrites, case.question]
    for other in dict.fromkeys(others):
        if other != trace.searched:
            tried = assistant.trace(other, refresh=False)
            if tried.is_answered and _is_best_right(case, tried):
                return True
    return False


def _find_best(trace: Trace) -> str:
    if not trace.ranked:
        return ""
    return trace.ranked[0].reading.span.of(trace.ranked[0].candidate.document.text)


def _is_best_right(case: Case, trace: Trace) -> bool:
    """Whether the best span, given or not, is an accepted answer of the right file; a whole statement may hold one."""
    if not case.answers or not trace.ranked:
        return False
    if case.path and case.path not in trace.ranked[0].candidate.document.paths:
        return False
    found = _find_best(trace)
    if trace.outcome == "statement" and any(collapse(answer) in collapse(found) for answer in case.answers):
        return True
    return bool(score_exact(found, case.answers)) or score_f1(found, case.answers) >= RIGHT_F1


def holds_answer(candidate: Candidate, case: Case) -> bool:
    """Whether a passage holds an accepted answer, and is of the right file."""
    if case.path and case.path not in candidate.document.paths:
        return False
    text = collapse(candidate.passage.text)
    return any(collapse(answer) in text for answer in case.answers or ())
