"""Reports: an evaluation as it is saved, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import DecodeError, to_builtins
from msgspec.json import decode

from askbrief.answer.schema import SCHEMA, as_json
from askbrief.errors import EvaluationError
from askbrief.evaluation.calibrate import Fitted
from askbrief.evaluation.cases import load_bytes
from askbrief.evaluation.figures import Figures, Share, find_mean
from askbrief.evaluation.measure import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different from an earlier evaluation.

    Attributes:
        gained: Names of questions that are right now and were not.
        lost: Names of questions that were right and are not now.
        reworded: Names of questions that are as right as before with other words.
        added: How many questions only this evaluation has.
        removed: How many only the earlier one has.
        f1: Mean difference of the F1 over the questions that both have and the folder answers; None without any.
    """

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    reworded: tuple[str, ...]
    added: int
    removed: int
    f1: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An evaluation as ``askbrief eval --json`` prints it.

    Attributes:
        schema: Version of this form.
        reader: Name of the reader.
        figures: What it comes to.
        results: One for each question.
        calibration: What was fitted, where that was asked for.
        changes: What is different from an earlier evaluation, where one was given.
    """

    schema: int
    reader: str
    figures: Figures
    results: tuple[Result, ...]
    calibration: Fitted | None = None
    changes: Changes | None = None


def evaluation_as_json(evaluation: Evaluation) -> str:
    """An evaluation as one line of JSON, schema 1."""
    return as_json(to_builtins(evaluation))


def load_evaluation(file: Path) -> Evaluation:
    """The evaluation that ``evaluation_as_json`` wrote.

    Raises:
        EvaluationError: The file cannot be read, or is no such evaluation.
    """
    hint = "Give what askbrief eval --json printed."
    data = load_bytes(file)
    try:
        evaluation = decode(data, type=Evaluation)
    except (ValueError, DecodeError, RecursionError) as error:
        raise EvaluationError(f"{file} is no report: {error}", hint=hint) from error
    if evaluation.schema != SCHEMA:
        raise EvaluationError(f"{file} has schema {evaluation.schema}, and only {SCHEMA} is known", hint=hint)
    return evaluation


def find_changes(before: Sequence[Result], after: Sequence[Result]) -> Changes:
    """What is different in ``after``; questions are matched by name."""
    earlier = {result.name: result for result in before}
    pairs = [(earlier[result.name], result) for result in after if result.name in earlier]
    differences = [
        replace(new, f1=(new.f1 or 0.0) - (old.f1 or 0.0))
        for old, new in pairs
        if new.is_answerable and old.is_answerable
    ]
    return Changes(
        gained=tuple(new.name for old, new in pairs if new.is_right and not old.is_right),
        lost=tuple(new.name for old, new in pairs if old.is_right and not new.is_right),
        reworded=tuple(new.name for old, new in pairs if old.is_right == new.is_right and old.found != new.found),
        added=len(after) - len(pairs),
        removed=len(earlier) - len(pairs),
        f1=find_mean(differences, lambda result: result.f1 or 0.0),
    )
