"""Penalties: what a span loses for its length and for repeating the question."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence, Set
from functools import lru_cache

from askbrief.text.segment import find_words

LENGTH_WEIGHT = 0.25
"""Log-odds that the logarithm of an answer's words costs: scored apart, starts and ends favour long spans."""
REPEAT_WEIGHT, NAME_REPEAT_WEIGHT = 1.0, 4.0
"""Log-odds that the question's own words cost in an answer; the second where a name, place or time is asked for."""
COVERAGE_WEIGHT = 2.0
"""Log-odds that it costs a span that its sentence has none of the question's words where another sentence has all."""
ROW_WEIGHT = 8.0
"""The same in a passage with rows of a table, where names count as well: they tell which row is asked about."""
UNRELATED_WEIGHT = 4.0
"""Log-odds that it costs the spans of a passage that the sentence of the best shares no word with the question."""
COLUMN_WEIGHT = 6.0
"""What it costs an answer in a table that its column's header has none of the question's words, where another has."""
_ASKS_FOR_NAME = re.compile(r"\s*(?:who|whom|where|when)\b", re.IGNORECASE)
FUNCTION_WORDS = """
a an the of and or but in on at to for with by from as than what which who whom whose when where why how did do does
is are was were be been being has have had can could will would should may might that this these those it its
their his her they he she there not no
"""
_FUNCTION_WORDS = frozenset(FUNCTION_WORDS.split())
_QUANTITIES = frozenset(("many", "much"))
_INFLECTIONS = ("ing", "ed", "es", "s")
_KEPT_QUESTIONS, _KEPT_WORDS = 16, 4096


_PRONOUN = re.compile(r"\b(?:he|she|they|him|her|them|his|their)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")


def find_penalty(question: str, answer: str) -> float:
    """What is taken from the margin of ``answer`` for being long and for saying the question's own words again.

    A person who marks an answer stops before the verb that the question has ("The envoy" met, not "The envoy met the
    minister"). Counted are words in lower case, inflections apart, that neither begin nor end the answer; and where a
    name, place or time is asked for and no choice is given ("A or B?"), an answer that has no other words at all.
    """
    words = [word.of(answer) for word in find_words(answer)]
    said = _find_said(question)
    asked = _find_asked(question)
    asks_for_name = _ASKS_FOR_NAME.match(question) is not None
    repeats = any(word[0].islower() and _uninflected(word) in asked for word in words[1:-1])
    if asks_for_name and not repeats and "or" not in said:
        known = _find_known(question)
        repeats = all(word.casefold() in known or _uninflected(word) in known for word in words)
    penalty = LENGTH_WEIGHT * math.log1p(len(words))
    if repeats:
        penalty += NAME_REPEAT_WEIGHT if asks_for_name else REPEAT_WEIGHT
    return penalty


def find_shortfalls(question: str, sentences: Sequence[str]) -> list[float]:
    """How much smaller the share of the question's words is in each sentence than in the one that has most, in [0, 1].

    Counted are the same words as for ``find_penalty``: what is asked about tends to be said where it is answered.
    """
    asked = _find_asked(question)
    return _find_shortfalls(asked, [_find_words(sentence) for sentence in sentences])


def is_unrelated(question: str, sentence: str) -> bool:
    """Whether a sentence has none of the question's words that mean something, names included.

    One that speaks of "him" or "their" may mean what the question names.
    """
    if _PRONOUN.search(sentence):
        return False
    words = {word.of(question).casefold() for word in find_words(question)} - _FUNCTION_WORDS - _QUANTITIES
    said = {word.of(sentence).casefold() for word in find_words(sentence)}
    asked, told = ({_uninflected(_POSSESSIVE.sub("", word)) for word in side} for side in (words, said))
    return bool(asked) and not asked & told


def find_row_shortfalls(question: str, rows: Sequence[str], others: Sequence[str] = ()) -> list[float]:
    """The same for the rows of a table and other sentences, in this order.

    Names count too, as they tell which row is asked about, and only words that some rows have and others lack.
    """
    said = [_find_words(row) for row in rows]
    asked = {_uninflected(word.of(question)) for word in find_words(question)} - _FUNCTION_WORDS
    telling = {word for word in asked if 0 < sum(word in row for row in said) < len(said)}
    return _find_shortfalls(telling or asked, [*said, *map(_find_words, others)])


def find_shared(question: str, text: str) -> set[str]:
    """The words of the question, names included, that are in ``text``."""
    asked = {_uninflected(word.of(question)) for word in find_words(question)} - _FUNCTION_WORDS
    return asked & _find_words(text)


def _find_shortfalls(asked: Set[str], said: Sequence[set[str]]) -> list[float]:
    shares = [len(asked & words) / max(1, len(asked)) for words in said]
    most = max(shares, default=0.0)
    return [most - share for share in shares]


def _find_words(text: str) -> set[str]:
    return {_uninflected(word.of(text)) for word in find_words(text)}


@lru_cache(maxsize=_KEPT_QUESTIONS)
def _find_said(question: str) -> tuple[str, ...]:
    """The words of a question; every span that is read for it asks for them."""
    return tuple(word.of(question) for word in find_words(question))


@lru_cache(maxsize=_KEPT_QUESTIONS)
def _find_asked(question: str) -> frozenset[str]:
    """Of a question's words those in lower case that mean something, without inflections."""
    words = _find_said(question)
    return frozenset(_uninflected(word) for word in words if word[0].islower() and word not in _FUNCTION_WORDS)


@lru_cache(maxsize=_KEPT_QUESTIONS)
def _find_known(question: str) -> frozenset[str]:
    """What an answer may repeat without saying anything: function words and the question's own."""
    return _FUNCTION_WORDS.union(map(_uninflected, _find_said(question)))


@lru_cache(maxsize=_KEPT_WORDS)
def _uninflected(word: str) -> str:
    word = word.casefold()
    ending = next((e for e in _INFLECTIONS if word.endswith(e) and len(word) - len(e) >= 3), "")
    return word.removesuffix(ending).removesuffix("e")
