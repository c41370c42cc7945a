"""Spans of an answer: token scores → the places in a text that a person would mark."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from askbrief.text.patterns import compiled
from askbrief.text.segment import find_sentences, trim
from askbrief.text.tokens import find_tokens
from askbrief.types import Span

_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "«": "»"}
_LOOSE_ENDS = frozenset(
    ("a", "an", "the", "of", "and", "or", "but", "in", "on", "at", "to", "for", "with", "by", "from", "as", "than")
)
_LOOSE_BEGINNINGS = frozenset(("of", "and", "or", "but"))
_REACH = 120
_KEPT_BLOCKS = 64
_CLOSING = 2
"""Characters by which an answer may fall short of the end of its last sentence: a full stop, a quotation mark."""
_DOUBLE_NAME = r"[A-Z]\w*(?:-[A-Z]\w*)+"
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_DATE = rf"\b(?:(?:{_MONTHS})\.?\s\d{{1,2}}\b(?:,\s\d{{4}}\b)?|\d{{1,2}}\s(?:{_MONTHS})\b(?:\s\d{{4}}\b)?)"
_AMOUNT = (
    r"(?i)[$£€¥]?\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|half|dozens?)\b"
)
_NOT_UNIT = r"(?i)\d|\b(?:hundred|thousand|million|billion|trillion|bn|mn|[ap]\.?m)\b"
_QUALIFIER = (
    r"(?i)(?:^|(?<=[\s(“\"]))((?:at least|at most|up to|about|around|almost|nearly|roughly|approximately|more than"
    r"|less than|fewer than|over|under|no more than|no fewer than|as many as|as much as|no|an estimated|some)\s)$"
)
_NOTE_MARK = re.compile(r"(?<=\d)(?<!\b10)[⁰¹²³⁴⁵⁶⁷⁸⁹]+\Z")
"""The mark of a note behind a number, which is no part of it; powers of ten are none."""
_EDGE_LEFT = " \t\n,;:.!?)]}”»–—-"
_EDGE_RIGHT = " \t\n,;:!?([{“«–—-"


def tidy(text: str, span: Span, *, within: Span) -> Span:
    """``span`` as a person would mark it: whole words, numbers and dates, nothing loose at its ends, brackets in pairs.

    The result lies in ``within`` and may be empty.
    """
    start, end = _stay_in_sentence(text, span, within=within)
    while within.start < start < end and _is_inside_word(text, start):
        start -= 1
    while start < end < within.end and _is_inside_word(text, end):
        end += 1
    start, end = _complete(text, start, end, within=within)
    while start < end and text[start] in _EDGE_LEFT and not _opens_number(text, start):
        start += 1
    while end > start and text[end - 1] in _EDGE_RIGHT:
        end -= 1
    if note := _NOTE_MARK.search(text, start, end):
        end = note.start()
    start, end = _balance(text, start, end, first=within.start, limit=within.end)
    if end > start and text[end - 1] == "." and not _is_abbreviation(text, start, end):
        end -= 1
    return _drop_loose_ends(text, trim(text, Span(start, max(start, end))))


def _stay_in_sentence(text: str, span: Span, *, within: Span) -> tuple[int, int]:
    """The range without the beginning of a sentence whose end it lacks: "by the tide. She" ends with "tide"."""
    sentences = [Span(within.start + s.start, within.start + s.end) for s in _find_sentences(within.of(text))]
    around = [sentence for sentence in sentences if sentence.overlaps(span)]
    end = span.end
    while len(around) > 1 and end < around[-1].end - _CLOSING:
        around.pop()
        end = min(end, around[-1].end)
    return span.start, end


def _complete(text: str, start: int, end: int, *, within: Span) -> tuple[int, int]:
    """The range with the whole of an amount, address, double name or date that its ends part, and its qualifier.

    One word of a date stays alone: the year or the month may be what was asked for.
    """
    block = within.of(text)
    is_one_word = text[start:end].strip().isalnum()
    for whole in _find_wholes(block):
        first = whole.start + within.start
        if is_one_word and compiled(_DATE).fullmatch(whole.of(block)):
            continue
        last = first + _measure_without_unit(whole.of(block))
        if first < start < last or first < end < last:
            start, end = min(start, first), max(end, last)
    qualifier = compiled(_QUALIFIER).search(text[max(within.start, start - _REACH) : start])
    if qualifier is not None and compiled(_AMOUNT).match(text, start, within.end):
        start -= len(qualifier[1])
    return start, end


@lru_cache(maxsize=_KEPT_BLOCKS)
def _find_wholes(block: str) -> tuple[Span, ...]:
    """What an answer in a block holds whole or not at all; every span of a passage asks for it."""
    return (*find_tokens(block), *(Span(*match.span()) for match in compiled(_DOUBLE_NAME).finditer(block)))


@lru_cache(maxsize=_KEPT_BLOCKS)
def _find_sentences(block: str) -> tuple[Span, ...]:
    return tuple(find_sentences(block))


def _measure_without_unit(token: str) -> int:
    """Characters of a token that an answer must not part: "5" of "5 degrees" is no half a number."""
    words = token.split(" ")
    while len(words) > 1 and not compiled(_NOT_UNIT).search(words[-1]):
        words.pop()
    return len(" ".join(words))


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


def _balance(text: str, start: int, end: int, *, first: int, limit: int) -> tuple[int, int]:
    """The range without a bracket or quote that lost its partner, or with the partner if that is right beside it."""
    for opening, closing in _PAIRS.items():
        piece = text[start:end]
        has_lost = closing != "’" and piece.count(closing) > piece.count(opening)
        if has_lost and not piece.endswith(closing) and start > first and text[start - 1] == opening:
            start -= 1
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
