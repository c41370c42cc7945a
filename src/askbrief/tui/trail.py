"""The trail of an answer: the articles to look at, and in each the places to go to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from askbrief.output.text import find_closest
from askbrief.text.segment import find_words, fold
from askbrief.types import Answer, Hit, Span


class Kind(StrEnum):
    """Why a place is lit."""

    ANSWER = "answer"
    OTHER = "other answer"
    SUPPORT = "passage"
    CLOSEST = "closest passage"
    FOUND = "found"


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
        line: The line to show where there are no marks, from 1.
    """

    document_id: str
    path: str
    marks: tuple[Mark, ...]
    first: int = 0
    line: int = 1


def build_trail(answer: Answer, *, chosen: int = 0) -> tuple[Source, ...]:
    """The sources of an answer, the chosen one's first; without an answer those of the closest passages, if any.

    A passage supports an answer if it was read and has the words of the best one.
    """
    marks: dict[str, list[Mark]] = {}
    paths: dict[str, str] = {}

    def add(document_id: str, path: str, mark: Mark) -> None:
        paths.setdefault(document_id, path)
        marks.setdefault(document_id, []).append(mark)

    for number, span in sorted(enumerate(answer.answers), key=lambda item: item[0] != chosen):
        add(span.document_id, span.path, Mark(span.span, Kind.ANSWER if number == chosen else Kind.OTHER))
    if answer.answers:
        for hit in answer.hits:
            if _supports(hit, answer):
                add(hit.passage.document_id, hit.path, Mark(hit.passage.span, Kind.SUPPORT))
    for _, hit in sorted(enumerate(find_closest(answer)), key=lambda item: item[0] != chosen):
        add(hit.passage.document_id, hit.path, Mark(hit.passage.span, Kind.CLOSEST))
    return tuple(_build_source(document_id, paths[document_id], found) for document_id, found in marks.items())


def _build_source(document_id: str, path: str, found: list[Mark]) -> Source:
    ordered = sorted(found, key=lambda mark: (mark.span.start, len(mark.span)))
    return Source(document_id, path, tuple(ordered), ordered.index(found[0]))


def _supports(hit: Hit, answer: Answer) -> bool:
    words = _in_words(answer.text)
    return bool(words.strip()) and words in _in_words(hit.passage.text)


def _in_words(text: str) -> str:
    return " ".join(["", *(fold(word.of(text)) for word in find_words(text)), ""])
