"""What the thread that owns the assistant tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from askbrief.datatypes import Answer, Document, Freshness, Progress, Span
from askbrief.errors import AskbriefError


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document, as the document was when the question was answered.

    Attributes:
        document: The whole article.
        span: The words that answer, or else the nearest passage.
        is_answer: Which of the two.
    """

    document: Document
    span: Span
    is_answer: bool


@dataclass
class Progressed(Message):
    """A long task took a step."""

    progress: Progress


@dataclass
class Ready(Message):
    """The index is up to date and the models are loaded.

    Attributes:
        freshness: What the index holds.
        notes: Sentences for people about what the refresh found.
    """

    freshness: Freshness
    notes: tuple[str, ...]


@dataclass
class Answered(Message):
    """A question has its answer, which may be "not in these documents".

    Attributes:
        number: The question's number.
        answer: The answer.
        citation: Where the best answer, or else the nearest passage, stands; None when nothing is indexed.
        notes: Sentences for people about what the refresh before the answer found.
    """

    number: int
    answer: Answer
    citation: Citation | None
    notes: tuple[str, ...]


@dataclass
class Failed(Message):
    """A question, or with ``number`` None the first refresh, ended with an error; later questions try again."""

    number: int | None
    error: AskbriefError


@dataclass
class Stopped(Message):
    """The thread ended by itself: the folder cannot be opened, or there is a fault in askbrief."""

    error: Exception
