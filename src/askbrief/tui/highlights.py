"""What is highlighted in an article: the places of its marks, of a question's words and of words to find. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askbrief.text.segment import find_words, fold
from askbrief.tui.lit import Light, LitSpan
from askbrief.tui.trail import Kind, Mark
from askbrief.types import Span

MAX_CHARACTERS = 200_000
"""A longer article is shown in part: this many characters around the place."""
MAX_FOUND = 500
"""Most words that are highlighted for a question or a search."""
WORDS = (Kind.ANSWER, Kind.OTHER)
"""The kinds of marks that are words; the others are passages and what was searched for."""
_COMMON_WORDS = """
a about after all an and any are as at be been before but by can could did do does for from had has have he her his how
i in into is it its many may might much no not of on or our over said say says shall she should so some than that the
their them there these they this those to was we were what when where which who whom whose why will with would you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def find_window(text: str, span: Span) -> Span:
    """The part of a text that is shown: all of it, or what is around ``span`` if it is very long."""
    if len(text) <= MAX_CHARACTERS:
        return Span(0, len(text))
    start = max(0, min(span.start - MAX_CHARACTERS // 2, len(text) - MAX_CHARACTERS))
    return Span(start, max(span.end, min(len(text), start + MAX_CHARACTERS)))


def find_text(text: str, words: str) -> list[Span]:
    """The places of ``words`` in ``text``, whatever the case and the blanks between them."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    found = re.finditer(pattern, text, re.IGNORECASE) if pattern else iter(())
    return [Span(*match.span()) for match, _ in zip(found, range(MAX_FOUND), strict=False)]


def find_asked(text: str, question: str) -> list[Span]:
    """The places of a question's words in ``text``, with endings of up to two letters; common words do not count."""
    words = {question[span.start : span.end] for span in find_words(question)}
    words = {word for word in words if len(word) > 1 and fold(word) not in _COMMON}
    if not words:
        return []
    pattern = rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\w{{0,2}}\b"
    found = re.finditer(pattern, text, re.IGNORECASE)
    return [Span(*match.span()) for match, _ in zip(found, range(MAX_FOUND), strict=False)]


def build_lights(marks: Sequence[Mark], at: int, window: Span) -> list[LitSpan]:
    """What is highlighted in the shown part, the current place last and brightest; passages have their bar alone."""
    lit = []
    for number, mark in sorted(enumerate(marks), key=lambda item: item[0] == at):
        span = Span(max(mark.span.start, window.start), max(window.start, min(mark.span.end, window.end)))
        if span and mark.kind in (*WORDS, Kind.FOUND):
            faint = Light.FOUND if mark.kind is Kind.FOUND else Light.OTHER
            lit.append(LitSpan(shift(span, window), Light.WORDS if number == at else faint))
    return lit


def shift(span: Span, window: Span) -> Span:
    """``span`` counted from the start of ``window``."""
    return Span(max(0, span.start - window.start), max(0, span.end - window.start))
