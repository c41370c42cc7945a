"""Yes/no questions: the sentence that speaks to the question, and never a yes or no of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from askbrief.answer.grammar import AUXILIARIES
from askbrief.answer.names import find_names
from askbrief.answer.words import find_stems, is_related, word_set
from askbrief.text.patterns import compiled
from askbrief.text.segment import fold
from askbrief.types import Span

COVERAGE_WEIGHT = 10.0
"""Log-odds that it is worth to a sentence to have all of the question's content words that are in no name."""
COSINE_WEIGHT = 8.0
"""Log-odds that a cosine of 1 between question and sentence is worth."""
PREDICATE_COST = 4.0
"""Log-odds that it costs a sentence to lack what is asked of the subject, unless the reader takes it for an answer."""
MIN_SCORE = 6.0
"""Below it the documents do not say."""
UNREAD_MARGIN = -12.0
"""The margin of a sentence that none of the reader's spans touches, and the least that counts."""

_POLAR = (
    rf"(?i)(?:(?:and|but|so|or)\s+)?(?:{'|'.join(sorted(AUXILIARIES))})(?:n['’]t)?\s+"
    r"(?!you\s+(?:tell|say|know|list|name|show))\S"
)
_ALTERNATIVE = r"(?i)\sor\s(?!not\b|anyone\b|anything\b|any\b|more\b|later\b|so\b)"
_ORDINALS = word_set("first second third fourth fifth last only")
_LIGHT = word_set("""
anyone anybody anything someone somebody something any ever still already yet really also else true same still there
one it its that this he she they
""")
_PREPOSITION = r"(?i)\s(?:in|on|at|to|for|with|by|from|after|before|about|during|against|among)\s"
_CLAUSE = r";\s|—|–\s|,\s(?:and|but|while|although|though|which|whereas)\s|\sbut\s"


class Statement(NamedTuple):
    """A sentence that may speak to a yes/no question.

    Attributes:
        text: The sentence.
        margin: Best margin in log-odds of the reader's spans in it; ``UNREAD_MARGIN`` if there is none.
        cosine: Cosine of the question's and the sentence's vectors, in [-1, 1].
    """

    text: str
    margin: float
    cosine: float


def is_polar(question: str) -> bool:
    """Whether a question asks for yes or no: it begins with an auxiliary and offers no choice ("… or …")."""
    return bool(compiled(_POLAR).match(question.strip())) and not compiled(_ALTERNATIVE).search(question)


def choose_statement(question: str, statements: Sequence[Statement]) -> int | None:
    """The place of the sentence that speaks to a yes/no question, or None where none does.

    Args:
        question: As searched.
        statements: The sentences of the passages read, the better found passage's first.
    """
    scored = [(score_statement(question, statement), -i) for i, statement in enumerate(statements)]
    best = max(scored, default=(MIN_SCORE - 1, 0))
    return -best[1] if best[0] >= MIN_SCORE else None


def score_statement(question: str, statement: Statement) -> float:
    """How well a sentence speaks to a question, in log-odds: the reader's margin, the words shared, the cosine."""
    asked = _find_asked(question)
    said = find_stems(statement.text)
    shared = sum(_is_told(word, said) for word in asked)
    coverage = shared / len(asked) if asked else 1.0
    score = max(statement.margin, UNREAD_MARGIN) + COVERAGE_WEIGHT * coverage + COSINE_WEIGHT * statement.cosine
    predicate = _find_predicate(question)
    is_told = statement.margin > 0 or not predicate or _is_told(predicate, said)
    return score if is_told else score - PREDICATE_COST


def find_clause(question: str, sentence: str) -> Span:
    """The part of a sentence between semicolons, dashes and conjunctions that has most of the question's words.

    The whole sentence where no part has all the words that the sentence has, so that no "not" gets lost.
    """
    borders = [0, *(at for match in compiled(_CLAUSE).finditer(sentence) for at in match.span()), len(sentence)]
    asked = find_stems(question)
    whole = _count(asked, sentence)
    parts = [Span(a, b) for a, b in zip(borders[::2], borders[1::2], strict=True) if b > a]
    return next((part for part in parts if _count(asked, part.of(sentence)) == whole), Span(0, len(sentence)))


def _count(asked: set[str], text: str) -> int:
    return sum(_is_told(word, find_stems(text)) for word in asked)


def _is_told(word: str, said: set[str]) -> bool:
    """Whether a word, or another rank than an ordinal's, is among those said."""
    return any(is_related(word, other) or {word, other} <= _ORDINALS for other in said)


def _find_predicate(question: str) -> str:
    """The stem of what is asked of the subject.

    That is the word behind a name ("did Sweden sign …"), else the last content word before the first preposition
    ("was a warning issued after …").
    """
    rest = compiled(_PREPOSITION).split(_remove_names(question), maxsplit=1)[0]
    words = [word.strip("?,.") for word in rest.split() if word[0].isalnum()]
    content = [word for word in words if find_stems(word) and fold(word) not in _LIGHT and not word.endswith("ly")]
    names = find_names(question)
    is_name = bool(names) and len(question[: names[0].span.start].replace(" the ", " ").split()) == 1
    return next(iter(find_stems(content[0 if is_name else -1])), "") if content else ""


def _remove_names(question: str) -> str:
    for name in reversed(find_names(question)):
        question = question[: name.span.start] + " " + question[name.span.end :]
    return question


def _find_asked(question: str) -> set[str]:
    """The stems of what the question says of its names; of the names themselves where it says nothing more."""
    kept = [
        word
        for word in _remove_names(question).split()
        if not (fold(word.strip("?,.")) in _LIGHT or fold(word).endswith("ly"))
    ]
    return find_stems(" ".join(kept)) or find_stems(question)
