"""Spans of an answer: token scores → the places in a text that a person would mark."""

from __future__ import annotations

import re
import unicodedata

from askbrief.text.segment import trim
from askbrief.types import Span

_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "«": "»"}
_LOOSE_ENDS = frozenset(
    ("a", "an", "the", "of", "and", "or", "but", "in", "on", "at", "to", "for", "with", "by", "from", "as", "than")
)
_LOOSE_BEGINNINGS = frozenset(("of", "and", "or", "but"))
_REACH = 24
_BLANK_LINE = re.compile(r"(?<=\S)\s*\n\s*\n")
_DOUBLE_NAME = re.compile(r"[A-Z]\w*(?:-[A-Z]\w*)+")
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_DATE = re.compile(rf"\b(?:(?:{_MONTHS})\.?\s\d{{1,2}}\b(?:,\s\d{{4}}\b)?|\d{{1,2}}\s(?:{_MONTHS})\b(?:\s\d{{4}}\b)?)")
_NUMBER = re.compile(r"\d[\d.,]*\d")
_EDGE_LEFT = " \t\n,;:.!?)]}”»–—-"
_EDGE_RIGHT = " \t\n,;:!?([{“«–—-"


def tidy(text: str, span: Span, *, within: Span) -> Span:
    """``span`` as a person would mark it: whole words, numbers and dates, nothing loose at its ends, brackets in pairs.

    The result lies in ``within`` and may be empty.
    """
    start, end = span.start, span.end
    if blank := _BLANK_LINE.search(text, start, end):
        end = blank.start()
    while within.start < start < end and _is_inside_word(text, start):
        start -= 1
    while start < end < within.end and _is_inside_word(text, end):
        end += 1
    start, end = _complete(text, start, end, within=within)
    while start < end and text[start] in _EDGE_LEFT and not _opens_number(text, start):
        start += 1
    while end > start and text[end - 1] in _EDGE_RIGHT:
        end -= 1
    start, end = _balance(text, start, end, limit=within.end)
    if end > start and text[end - 1] == "." and not _is_abbreviation(text, start, end):
        end -= 1
    return _drop_loose_ends(text, trim(text, Span(start, max(start, end))))


def _complete(text: str, start: int, end: int, *, within: Span) -> tuple[int, int]:
    """The range with the whole of a number, double name or date that its ends part.

    One word of a date stays alone: the year or the month may be what was asked for.
    """
    around = text[max(within.start, start - _REACH) : min(within.end, end + _REACH)]
    shift = max(within.start, start - _REACH)
    is_one_word = text[start:end].strip().isalnum()
    for pattern in (_NUMBER, _DOUBLE_NAME, _DATE):
        for match in pattern.finditer(around):
            first, last = match.start() + shift, match.end() + shift
            if pattern is _DATE and is_one_word:
                continue
            if first < start < last or first < end < last:
                start, end = min(start, first), max(end, last)
    return start, end


def _drop_loose_ends(text: str, span: Span) -> Span:
    """``span`` without articles, conjunctions and prepositions that lead on to what it does not hold."""
    words = span.of(text).split()
    while len(words) > 1 and words[-1].lower() in _LOOSE_ENDS:
        span = trim(text, Span(span.start, span.end - len(words.pop())))
    while len(words) > 1 and words[0].lower() in _LOOSE_BEGINNINGS:
        span = trim(text, Span(span.start + len(words.pop(0)), span.end))
    return Span(span.start, span.start) if words and words[0] in _LOOSE_ENDS and len(words) == 1 else span


def _is_inside_word(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` would part a word, or a letter from its accent."""
    return all(char.isalnum() or unicodedata.category(char).startswith("M") for char in text[at - 1 : at + 1])


def _opens_number(text: str, at: int) -> bool:
    return text[at] in ".-–" and at + 1 < len(text) and text[at + 1].isdigit()


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether the full stop before ``end`` belongs to the word (U.S., a.m., Jr.)."""
    word = text[start:end].rsplit(None, 1)[-1]
    return "." in word[:-1] or word in {"Jr.", "Sr.", "Inc.", "Ltd.", "Co.", "Corp.", "No.", "St."}


def _balance(text: str, start: int, end: int, *, limit: int) -> tuple[int, int]:
    """The range without a bracket or quote that lost its partner, or with the partner if that is the next character."""
    for opening, closing in _PAIRS.items():
        piece = text[start:end]
        if closing != "’" and piece.endswith(closing) and piece.count(closing) > piece.count(opening):
            end -= 1
        if opening not in piece or piece.count(opening) <= piece.count(closing):
            continue
        if end < limit and text[end] == closing:
            end += 1
        elif piece.startswith(opening):
            start += 1
        else:
            end = start + len(piece[: piece.rfind(opening)].rstrip())
    if text[start:end].count('"') % 2:
        if end < limit and text[end] == '"':
            end += 1
        elif text[start] == '"':
            start += 1
        elif text[end - 1] == '"':
            end -= 1
    return start, end
