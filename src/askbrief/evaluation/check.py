"""Checking: whether the answers that are said to be in a folder are there, word for word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from askbrief.errors import EvaluationError
from askbrief.evaluation.cases import Case, Dialogue
from askbrief.types import Document

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Missing:
    """What a case names that the folder does not have.

    Attributes:
        case: The case.
        path: The missing file; '' where the answer is missing.
        answer: The missing answer; '' where the file is missing.
    """

    case: Case
    path: str = ""
    answer: str = ""

    def describe(self) -> str:
        """One line for people."""
        what = f"there is no file {self.path}" if self.path else f"“{self.answer}” is not there"
        return f"{self.case.question}: {what}"


def find_missing(dialogues: Iterable[Dialogue], documents: Iterable[Document]) -> list[Missing]:
    """The files and answers of all cases that are not among ``documents``, in order.

    An answer has to stand in the case's file, or in any document where it names none; white space does not count.
    """
    cases = [case for dialogue in dialogues for case in dialogue if case.answers is not None]
    wanted = {(case.path, collapse(answer)) for case in cases for answer in case.answers or ()}
    paths: set[str] = set()
    for document in documents:
        paths.update(document.paths)
        text = collapse(document.text)
        wanted -= {(path, answer) for path, answer in wanted if (not path or path in document.paths) and answer in text}
    missing = []
    for case in cases:
        if case.path and case.path not in paths:
            missing.append(Missing(case, path=case.path))
        else:
            missing += [
                Missing(case, answer=answer) for answer in case.answers or () if (case.path, collapse(answer)) in wanted
            ]
    return missing


def refuse_missing(missing: Sequence[Missing]) -> None:
    """Fail if anything is missing.

    Raises:
        EvaluationError: It names the first few.
    """
    if not missing:
        return
    shown = "; ".join(item.describe() for item in missing[:_SHOWN])
    more = f"; and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    raise EvaluationError(
        f"the questions name what is not in this folder: {shown}{more}",
        hint="Give the folder with -C, and answers as the articles have them, word for word.",
    )


def drop_missing(dialogues: Iterable[Dialogue], missing: Sequence[Missing]) -> list[Dialogue]:
    """The dialogues with nothing known of the answers that are missing; their questions are still asked."""
    names = {item.case.name for item in missing}
    return [tuple(replace(c, answers=None) if c.name in names else c for c in dialogue) for dialogue in dialogues]


def collapse(text: str) -> str:
    """``text`` with single blanks between its words."""
    return " ".join(text.split())
