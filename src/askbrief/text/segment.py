"""Text: newlines, sentences, words and lines, always as spans into the unchanged text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

import sentencex

from askbrief.types import Span

_WORD = re.compile(r"\w+(?:[’'\-.]\w+)*")
_BREAK = re.compile(r"\n[^\S\n]*\n\s*")
_NEWLINES = re.compile(r"\r\n?")


def normalise_newlines(text: str) -> str:
    """``text`` with every CR LF and every lone CR as LF."""
    return _NEWLINES.sub("\n", text)


def trim(text: str, span: Span) -> Span:
    """``span`` without the white space at its ends (an empty span when there is nothing else)."""
    piece = span.of(text)
    left = len(piece) - len(piece.lstrip())
    return Span(span.start + left, max(span.start + left, span.start + len(piece.rstrip())))


def find_sentences(text: str, language: str = "en") -> list[Span]:
    """The sentences of ``text`` without the white space around them, in order.

    Together they hold every non-space character. Segmentation is sentencex's; blank lines always end a sentence.
    """
    sentences = []
    block_start = 0
    for block_end, next_start in [*((m.start(), m.end()) for m in _BREAK.finditer(text)), (len(text), len(text))]:
        at = block_start
        for piece in sentencex.segment(language, text[block_start:block_end]):
            span = trim(text, Span(at, at + len(piece)))
            if span:
                sentences.append(span)
            at += len(piece)
        block_start = next_start
    return sentences


def find_words(text: str) -> list[Span]:
    """The words of ``text``: runs of letters and digits, with inner apostrophes, hyphens and full stops."""
    return [Span(*match.span()) for match in _WORD.finditer(text)]


def fold(text: str) -> str:
    """``text`` for comparing words: compatibility forms, case and accents folded."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    folded = unicodedata.normalize("NFKD", folded)
    for mark in filter(unicodedata.combining, set(folded)):
        folded = folded.replace(mark, "")
    return folded


class LineIndex:
    """Finds the line and column of a place in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def find(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at ``offset``, both from 1; columns count characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
