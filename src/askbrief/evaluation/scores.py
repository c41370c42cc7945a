"""Scores: an answer's words against the accepted ones, as the official SQuAD evaluation counts them."""

from __future__ import annotations

import collections
import re
import string
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def normalise(text: str) -> str:
    """An answer as the official SQuAD evaluation compares it: no case, punctuation, articles or extra blanks."""
    text = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def score_exact(found: str, accepted: Sequence[str]) -> float:
    """1 if ``found`` equals an accepted answer, else 0; with no accepted answer, 1 if nothing was found."""
    return float(any(normalise(found) == normalise(answer) for answer in accepted or ("",)))


def score_f1(found: str, accepted: Sequence[str]) -> float:
    """The best F1 of the words of ``found`` against an accepted answer, in [0, 1]."""
    return max(_f1(normalise(found).split(), normalise(answer).split()) for answer in accepted or ("",))


def _f1(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    shared = sum((collections.Counter(found) & collections.Counter(gold)).values())
    return 2 * shared / (len(found) + len(gold))
