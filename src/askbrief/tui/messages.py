"""What the threads beside the screen tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from textual.message import Message

from askbrief.config import Folder
from askbrief.errors import AskbriefError
from askbrief.types import Answer, Document, Freshness, Progress, Trace


@dataclass
class Opened(Message):
    """The folder is known; nothing is loaded yet."""

    folder: Folder


@dataclass
class Progressed(Message):
    """A long task took a step."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Changes:
    """What a refresh found in the folder, by path."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass
class Refreshed(Message):
    """The index was compared with the folder; posted the first time, and when something is different.

    Attributes:
        freshness: What the index holds.
        changes: What was read or forgotten.
        notes: Sentences for people about what the refresh found.
    """

    freshness: Freshness
    changes: Changes
    notes: tuple[str, ...]


@dataclass
class RefreshFailed(Message):
    """The folder cannot be compared with the index, or a model not loaded; it is tried again."""

    error: AskbriefError


@dataclass
class Answered(Message):
    """A question has its answer, which may be "not in these articles".

    Attributes:
        number: The question's number.
        answer: The answer; its freshness says whether the folder was compared with the index before.
        trace: What led to it.
        document: The article of the first answer or closest passage, as it was then; None when nothing is indexed.
        notes: Sentences for people about what was found meanwhile.
    """

    number: int
    answer: Answer
    trace: Trace
    document: Document | None
    notes: tuple[str, ...]


@dataclass
class Failed(Message):
    """A question ended with an error; later questions try again."""

    number: int
    error: AskbriefError


@dataclass
class Explained(Message):
    """How a question of an earlier conversation is answered, or why that cannot be said."""

    trace: Trace | AskbriefError


@dataclass
class Loaded(Message):
    """An article to show, or None if the index no longer has it."""

    document_id: str
    document: Document | None


@dataclass
class Suggested(Message):
    """Questions that the articles answer, each of another kind as far as there are."""

    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """An article of the folder, without its text."""

    document_id: str
    title: str
    day: date | None
    path: str


@dataclass
class Listed(Message):
    """The articles of the folder.

    Attributes:
        articles: Newest first, those without a date last; in a large folder only some.
        is_whole: Whether these are all.
    """

    articles: tuple[Article, ...]
    is_whole: bool


@dataclass
class Stopped(Message):
    """A thread ended by itself: the folder cannot be opened, or there is a fault in askbrief or a library."""

    error: BaseException


@dataclass
class Titled(Message):
    """What the chat is called now.

    Attributes:
        title: For the title of the window.
        number: The conversation's number; 0 before its first answer.
    """

    title: str
    number: int
