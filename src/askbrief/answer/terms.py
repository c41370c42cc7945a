"""The earlier words that a follow-up leaves out, chosen by a small logistic regression.

Each content word of the earlier questions gets a few dozen yes/no features, of itself, of its place in what was asked,
and of the new question; those whose weighted sum passes the threshold are left out. After QuReTeC (Voskarides et al.,
"Query Resolution for Conversational Search with Limited Supervision", 2020), with a table in place of the network.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence

from askbrief.answer.dialogue import Rewrite, Turn
from askbrief.answer.foci import Focus
from askbrief.answer.grammar import AUXILIARIES
from askbrief.answer.names import find_names
from askbrief.answer.pronouns import PRONOUNS, find_pronouns
from askbrief.answer.term_weights import OFFSET, WEIGHTS
from askbrief.answer.topics import find_singular, find_topics, is_generic
from askbrief.answer.words import word_set
from askbrief.text.segment import fold

Features = dict[str, float]

STOP = word_set("""
a an the of and or but in on at to for with by from as than what which who whom whose when where why how did do does
is are was were be been being has have had can could will would should may might must that this these those it its
their his her they he she him them i me my you your we us our there not no so if then about tell describe some any
more most much many other also into over up out ones one all just like use used give show discuss
""")
_WORD = re.compile(r"[^\W_]+(?:[-.'’][^\W_]+)*")
_CROSSED = [
    *itertools.product(("pronoun", "topic", "alone"), ("in first", "first", "focus 0", "searched", "searched topic")),
    ("singular", "many"),
    ("plural", "many"),
]


def find_left_out(
    question: str, history: Sequence[Turn], *, rules: Sequence[Rewrite], foci: Sequence[Focus], stands_alone: bool
) -> list[str]:
    """The earlier words that belong to a question, as they were typed, in the order of the conversation.

    Args:
        question: As typed.
        history: The turns before, oldest first.
        rules: What the rules make of it.
        foci: What it may mean.
        stands_alone: Whether the rules would search it as typed.
    """
    features = build_features(question, history, rules=rules, foci=foci, stands_alone=stands_alone)
    chosen = {term for term, row in features.items() if score_term(row) > 0}
    words: dict[str, str] = {}
    for turn in history:
        for word in split_words(turn.asked):
            if find_term(word) in chosen:
                words.setdefault(find_term(word), word)
    return list(words.values())


def score_term(row: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS, offset: float = OFFSET) -> float:
    """The weighted sum of a word's features; above 0 it is taken."""
    return offset + sum(weights.get(name, 0.0) * value for name, value in row.items())


def build_features(
    question: str, history: Sequence[Turn], *, rules: Sequence[Rewrite], foci: Sequence[Focus], stands_alone: bool
) -> dict[str, Features]:
    """The features of each earlier content word that is not in the question, by term; arguments as above."""
    asked = [turn.asked for turn in history]
    now = find_terms(question)
    groups = {PRONOUNS.get(fold(word), "") for word in split_words(question)}
    sets = {
        "first": _first(find_topics(asked[0])),
        "previous topic": _first(find_topics(asked[-1])),
        "previous other": _rest(find_topics(asked[-1])),
        "searched topic": _first(find_topics(history[-1].searched)),
        "searched other": _rest(find_topics(history[-1].searched)),
        "searched": find_terms(history[-1].searched),
        "rule": find_terms(rules[0].text) if rules else set(),
        "any rule": {term for rule in rules for term in find_terms(rule.text)},
        "in first": find_terms(asked[0]),
        "in previous": find_terms(asked[-1]),
        "in last whole": find_terms(next((text for text in reversed(asked) if not find_pronouns(text)), asked[0])),
        **{f"focus {i}": find_terms(focus.text) for i, focus in enumerate(foci[:3])},
    }
    earlier = {term for text in asked for term in find_terms(text)}
    about = {
        "pronoun": bool({"he", "she", "it", "they"} & groups),
        "no pronoun": not groups - {""},
        "singular": "it" in groups,
        "plural": "they" in groups,
        "alone": stands_alone,
        "topic": bool(find_topics(question)),
        "new name": any(not find_terms(name.text) & earlier for name in find_names(question)),
        "known word": bool(now & earlier),
    }
    rows: dict[str, Features] = {}
    for term in earlier - now:
        row = _describe_term(term, asked) | {name: 1.0 for name, terms in sets.items() if term in terms}
        row |= {name: 1.0 for name, holds in about.items() if holds}
        row |= {f"{one} & {other}": 1.0 for one, other in _CROSSED if about[one] and other in row}
        row["words"] = min(len(now), 6) / 6
        rows[term] = row
    return rows


def find_terms(text: str) -> set[str]:
    """The content words of a text, folded, in the singular."""
    return {find_term(word) for word in split_words(text) if _is_content(word)}


def find_term(word: str) -> str:
    """A word folded, without a possessive ending, in the singular."""
    return find_singular(re.sub(r"['’]s?$", "", fold(word)))


def split_words(text: str) -> list[str]:
    """The words of a text; a possessive is part of its word."""
    return _WORD.findall(text)


def _is_content(word: str) -> bool:
    return re.sub(r"['’]s?$", "", fold(word)) not in STOP


def _first(topics: Sequence[str]) -> set[str]:
    return find_terms(topics[0]) if topics else set()


def _rest(topics: Sequence[str]) -> set[str]:
    return {term for topic in topics[1:] for term in find_terms(topic)}


def _describe_term(term: str, asked: Sequence[str]) -> Features:
    """What a word is like where it was typed last, and how often it was."""
    places = [(i, at) for i, text in enumerate(asked) for at, w in enumerate(split_words(text)) if find_term(w) == term]
    turn, at = places[-1]
    words = split_words(asked[turn])
    before = fold(words[at - 1]) if at else ""
    after = fold(words[at + 1]) if at + 1 < len(words) else ""
    row = {
        "age": min(len(asked) - 1 - turn, 5) / 5,
        "turns": math.log(len({i for i, _ in places})),
        "place": at / max(1, len(words) - 1),
    }
    holds = {
        "capital": any(split_words(asked[i])[j][:1].isupper() and j > 0 for i, j in places),
        "generic": is_generic(term),
        "many": find_term(words[at]) != re.sub(r"['’]s?$", "", fold(words[at])),
        "participle": term.endswith("ed"),
        "ending in ing": term.endswith("ing"),
        "last": at == len(words) - 1,
        "behind article": before in ("the", "a", "an"),
        "behind word": bool(before) and before not in STOP,
        "behind auxiliary": before in AUXILIARIES,
        "before word": bool(after) and after not in STOP,
        "before of": after == "of",
    }
    return row | {name: 1.0 for name, value in holds.items() if value}
