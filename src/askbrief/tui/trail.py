"""The trail of an answer: the articles to look at, and in each the places to go to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from askbrief.text.segment import find_words, fold
from askbrief.types import Answer, Hit, Span


class Kind(StrEnum):
    """Why a place is lit."""

    ANSWER = "answer"
    OTHER = "other answer"
    SUPPORT = "passage with the answer"
    NEAREST = "nearest passage"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in an article."""

    span: Span
    kind: Kind


@dataclass(frozen=True, slots=True)
class Source:
    """An article that an answer cites.

    Attributes:
        document_id: Its id.
        path: Its path.
        marks: The places in it, in the order of the text.
        first: Which of ``marks`` to show first.
    """

    document_id: str
    path: str
    marks: tuple[Mark, ...]
    first: int = 0


def build_trail(answer: Answer) -> tuple[Source, ...]:
    """The sources of an answer, the best answer's first; without an answer the article of the nearest passage.

    A passage supports an answer if it was read and has the words of the best one.
    """
    marks: dict[str, list[Mark]] = {}
    paths: dict[str, str] = {}

    def add(document_id: str, path: str, mark: Mark) -> None:
        paths.setdefault(document_id, path)
        marks.setdefault(document_id, []).append(mark)

    for number, span in enumerate(answer.answers):
        add(span.document_id, span.path, Mark(span.span, Kind.OTHER if number else Kind.ANSWER))
    if answer.answers:
        for hit in answer.hits:
            if _supports(hit, answer):
                add(hit.passage.document_id, hit.path, Mark(hit.passage.span, Kind.SUPPORT))
    elif answer.nearest is not None:
        hit = answer.nearest
        add(hit.passage.document_id, hit.path, Mark(hit.passage.span, Kind.NEAREST))
    return tuple(_build_source(document_id, paths[document_id], found) for document_id, found in marks.items())


def _build_source(document_id: str, path: str, found: list[Mark]) -> Source:
    ordered = sorted(found, key=lambda mark: (mark.span.start, len(mark.span)))
    return Source(document_id, path, tuple(ordered), ordered.index(found[0]))


def _supports(hit: Hit, answer: Answer) -> bool:
    words = _in_words(answer.text)
    return bool(words.strip()) and words in _in_words(hit.passage.text)


def _in_words(text: str) -> str:
    return " ".join(["", *(fold(word.of(text)) for word in find_words(text)), ""])
