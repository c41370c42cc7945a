"""A conversation as far as rewriting knows it: earlier questions with their answers, and what a new one may mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from askbrief.types import Answer

How = Literal["as typed", "same question, other question word", "names put in", "name exchanged", "topic added"]


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier answer, as far as it matters for what follows.

    Attributes:
        text: Its words.
        sentence: The sentence around them.
        document_id: The article's id.
        title: The article's title.
        date: The article's date, where known.
    """

    text: str
    sentence: str = ""
    document_id: str = ""
    title: str = ""
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question.

    Attributes:
        asked: As typed.
        searched: As searched.
        answers: Its answers, best first; none where the documents did not answer.
        focus: The ``focus`` of the rewrite that was searched; ``""`` where it was searched as typed.
    """

    asked: str
    searched: str
    answers: tuple[Said, ...] = ()
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A question that can be searched by itself.

    Attributes:
        text: The question.
        how: How it was made.
        focus: The earlier words that it takes up; ``""`` for none.
    """

    text: str
    how: How
    focus: str = ""


def build_turn(answer: Answer) -> Turn:
    """An answered question as a conversation remembers it."""
    said = [Said(span.text, span.sentence_text, span.document_id, span.title, span.date) for span in answer.answers]
    return Turn(answer.question, answer.searched, tuple(said), answer.focus)
