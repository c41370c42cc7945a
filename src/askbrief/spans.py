"""Spans of an answer: token scores → the places in a text that a person would mark."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from askbrief.datatypes import Span
from askbrief.inference import Tokens
from askbrief.text import find_words, trim

MAX_ANSWER_TOKENS = 40
SPANS_PER_PASSAGE = 5
_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "«": "»"}
_LOOSE_ENDS = frozenset(
    ("a", "an", "the", "of", "and", "or", "but", "in", "on", "at", "to", "for", "with", "by", "from", "as", "than")
)
_LOOSE_BEGINNINGS = frozenset(("of", "and", "or", "but"))
_ARTICLES = frozenset(("a", "an", "the"))
LENGTH_WEIGHT = 0.25
"""Log-odds that the logarithm of an answer's words costs: scored apart, starts and ends favour long spans."""
REPEAT_WEIGHT, NAME_REPEAT_WEIGHT = 1.0, 4.0
"""Log-odds that the question's own words cost in an answer; the second where a name, place or time is asked for."""
COVERAGE_WEIGHT = 2.0
"""Log-odds that it costs a span that its sentence has none of the question's words where another sentence has all."""
_ASKS_FOR_NAME = re.compile(r"\s*(?:who|whom|where|when)\b", re.IGNORECASE)
FUNCTION_WORDS = """
a an the of and or but in on at to for with by from as than what which who whom whose when where why how did do does
is are was were be been being has have had can could will would should may might that this these those it its
their his her they he she there not no
"""
_FUNCTION_WORDS = frozenset(FUNCTION_WORDS.split())
_INFLECTIONS = ("ing", "ed", "es", "s")
_REACH = 24
_BLANK_LINE = re.compile(r"(?<=\S)\s*\n\s*\n")
_DOUBLE_NAME = re.compile(r"[A-Z]\w*(?:-[A-Z]\w*)+")
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_DATE = re.compile(rf"\b(?:(?:{_MONTHS})\.?\s\d{{1,2}}\b(?:,\s\d{{4}}\b)?|\d{{1,2}}\s(?:{_MONTHS})\b(?:\s\d{{4}}\b)?)")
_NUMBER = re.compile(r"\d[\d.,]*\d")
_ASKS_FOR_CLAUSE = re.compile(
    r"\s*(?:why\b|for what reason|how\s+"
    r"(?:did|does|do|is|are|was|were|can|could|has|have|had|will|would|should|come)\b)",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(
    r"\b(?:because(?: of)?|due to|owing to|thanks to|since|so that|in order to|by|through|to)\s"
    r"(?:[^\s,;:.()]+\s){0,2}$",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,:](?!\d)|[;()\[\]—–\n]|[.!?](?:[\s\[]|$|[”’\"'])")
_MAX_WIDENING_WORDS = 12
_EDGE_LEFT = " \t\n,;:.!?)]}”»–—-"
_EDGE_RIGHT = " \t\n,;:!?([{“«–—-"


def find_spans(
    tokens: Tokens, start: NDArray[np.float32], end: NDArray[np.float32], *, origin: int, within: Span
) -> list[tuple[Span, float]]:
    """The best spans of one window with their margins, best first.

    Args:
        tokens: The window.
        start: Start score of each token, shape (L,).
        end: End score of each token, shape (L,).
        origin: Document offset of the context's first character.
        within: Document span that answers must lie in.
    """
    begins, ends = tokens.offsets[:, 0] + origin, tokens.offsets[:, 1] + origin
    allowed = tokens.second & (begins >= within.start) & (ends <= within.end) & (ends > begins)
    places = np.flatnonzero(allowed)
    if not len(places):
        return []
    scores = start[places][:, None] + end[places][None, :]
    lengths = places[None, :] - places[:, None]
    scores = np.where((lengths >= 0) & (lengths < MAX_ANSWER_TOKENS), scores, -np.inf)
    best = np.argsort(-scores, axis=None, kind="stable")[: 8 * SPANS_PER_PASSAGE]
    null = float(start[0] + end[0])
    spans = []
    for i, j in zip(*np.unravel_index(best, scores.shape), strict=True):
        if math.isfinite(scores[i, j]):
            spans.append((Span(int(begins[places[i]]), int(ends[places[j]])), float(scores[i, j]) - null))
    return spans


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


def merge(text: str, found: Sequence[tuple[Span, float]]) -> list[tuple[Span, float]]:
    """Spans of the same words, case and articles apart, as one: the best of them, with the margin of all together.

    Args:
        text: The text that the spans lie in.
        found: Tidied spans with their margins (log-odds against "not here"); empty ones are left out.
    """
    best: dict[tuple[str, ...], Span] = {}
    margins: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for span, margin in sorted(found, key=lambda item: (-item[1], item[0])):
        if span:
            said = span.of(text).casefold().split()
            words = tuple(word for word in said if word not in _ARTICLES) or tuple(said)
            best.setdefault(words, span)
            margins[words].append(margin)
    return [(span, float(np.logaddexp.reduce(margins[words]))) for words, span in best.items()]


def find_penalty(question: str, answer: str) -> float:
    """What is taken from the margin of ``answer`` for being long and for saying the question's own words again.

    A person who marks an answer stops before the verb that the question has ("The envoy" met, not "The envoy met the
    minister"). Counted are words in lower case, inflections apart, that neither begin nor end the answer; and where a
    name, place or time is asked for and no choice is given ("A or B?"), an answer that has no other words at all.
    """
    words = [word.of(answer) for word in find_words(answer)]
    said = [word.of(question) for word in find_words(question)]
    asked = _find_asked(said)
    asks_for_name = _ASKS_FOR_NAME.match(question) is not None
    repeats = any(word[0].islower() and _uninflected(word) in asked for word in words[1:-1])
    if asks_for_name and not repeats and "or" not in said:
        known = _FUNCTION_WORDS | {_uninflected(word) for word in said}
        repeats = all(word.casefold() in known or _uninflected(word) in known for word in words)
    penalty = LENGTH_WEIGHT * math.log1p(len(words))
    if repeats:
        penalty += NAME_REPEAT_WEIGHT if asks_for_name else REPEAT_WEIGHT
    return penalty


def find_shortfalls(question: str, sentences: Sequence[str]) -> list[float]:
    """How much smaller the share of the question's words is in each sentence than in the one that has most, in [0, 1].

    Counted are the same words as for ``find_penalty``: what is asked about tends to be said where it is answered.
    """
    asked = _find_asked([word.of(question) for word in find_words(question)])
    said = ({_uninflected(word.of(sentence)) for word in find_words(sentence)} for sentence in sentences)
    shares = [len(asked & words) / max(1, len(asked)) for words in said]
    most = max(shares, default=0.0)
    return [most - share for share in shares]


def _find_asked(words: Sequence[str]) -> set[str]:
    """Of a question's words those in lower case that mean something, without inflections."""
    return {_uninflected(word) for word in words if word[0].islower() and word not in _FUNCTION_WORDS}


def _uninflected(word: str) -> str:
    word = word.casefold()
    ending = next((e for e in _INFLECTIONS if word.endswith(e) and len(word) - len(e) >= 3), "")
    return word.removesuffix(ending).removesuffix("e")


def asks_for_clause(question: str) -> bool:
    """Whether ``question`` asks why, or how something happens: a clause answers it, not a name or number."""
    return _ASKS_FOR_CLAUSE.match(question) is not None


def widen_to_clause(text: str, span: Span, *, within: Span) -> Span:
    """``span`` with the "because of" or "by" before it, and on to the end of its clause if that is near."""
    start, end = span.start, span.end
    if before := _CONNECTIVE.search(text[max(within.start, start - 60) : start]):
        start -= len(before[0])
    after = _CLAUSE_END.search(text, end, within.end)
    rest = text[end : after.start() if after else within.end]
    if len(rest.split()) <= _MAX_WIDENING_WORDS:
        end += len(rest.rstrip())
    return Span(start, end)


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
