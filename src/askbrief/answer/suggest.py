"""Suggesting: questions that a folder answers, made from its own sentences and checked by asking them.

A sentence that begins with a name and a verb in the past ("Okay Memis met the governor in Ankara.") asks for that name:
"Who met the governor in Ankara?". English only; what points at something outside ("them"), is of no person, or is not
answered with that name by the reader is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from askbrief.errors import AskbriefError
from askbrief.text.segment import find_sentences, fold
from askbrief.types import Answer, Hit

MIN_CONFIDENCE = 0.5
MAX_QUESTION_CHARACTERS = 80
_PROBES = ("announced said agreed on", "met in the city", "won became founded", "visited opened signed")
_PASSAGES_A_PROBE = 12
_VERBS = (
    "met|won|became|made|took|led|wrote|built|began|chose|gave|held|left|paid|sent|sold|spoke|bought|brought|found|"
    "ran|drew|grew|knew|saw|taught|told|fought|struck|hit|lost"
)
_NAME = r"(?:[A-Z][\w’'-]+|[A-Z]\.)"
_STATEMENT = re.compile(
    rf"^(?P<name>(?:The )?{_NAME}(?: (?:of |al-|bin )?{_NAME}){{0,4}}),? "
    rf"(?P<rest>(?:[a-z]{{3,}}ed|{_VERBS}) (?:[^,;:“”\"()]|(?<=\d)[:,](?=\d))+)"
)
_WITHOUT_LAST_PHRASE = re.compile(r"(.*) (?:about|after|as|at|before|by|during|for|from|in|of|on|to|with) ")
_POINTS = re.compile(r"\b(?:it|its|he|him|his|she|her|hers|they|them|their|theirs|this|these|those|such|so|there)\b")
_NOT_WHO = re.compile(
    r"(?:The )?(?:Storm|Hurricane|Typhoon|Cyclone|Tropical|River|Lake|Mount|Flight|Cape|Route|Highway|Operation)\b"
)
_LOOSE_END = re.compile(r"\b(?:a|an|the|and|or|of|in|on|at|to|for|with|by|from|as|into|about|than|not)$")
_NOT_NAMES = {"he", "she", "it", "they", "we", "i", "this", "that", "these", "those", "there", "but", "and", "in", "on"}


def find_question(sentence: str) -> tuple[str, str] | None:
    """A question that ``sentence`` answers, and its answer; None if it is not of that kind."""
    match = _STATEMENT.match(" ".join(sentence.split()))
    if match is None or fold(match["name"]) in _NOT_NAMES or _NOT_WHO.match(match["name"]):
        return None
    rest = match["rest"].rstrip(" .!?")
    while len(rest) > MAX_QUESTION_CHARACTERS and (shorter := _WITHOUT_LAST_PHRASE.match(rest)):
        rest = shorter[1]
    is_clear = " that " not in rest and not _POINTS.search(rest) and not _LOOSE_END.search(rest)
    if len(rest) > MAX_QUESTION_CHARACTERS or not is_clear:
        return None
    return (f"Who {rest}?", match["name"]) if rest.count(" ") >= 2 else None


def find_questions(
    *, search: Callable[..., list[Hit]], ask: Callable[[str], Answer], count: int, go_on: Callable[[], bool]
) -> list[str]:
    """At most ``count`` questions that the index answers as expected, from different articles as far as there are.

    Args:
        search: Finds the best ``top`` passages for words.
        ask: Answers a question.
        count: Most questions.
        go_on: Asked before each step; False ends the search with what is found.

    Raises:
        AskbriefError: The index or a model cannot be used.
    """
    found: list[str] = []
    for question, name in _iter_statements(search):
        if len(found) == count or not go_on():
            break
        answer = ask(question)
        words = fold(answer.text)
        if answer.confidence >= MIN_CONFIDENCE and words and (words in fold(name) or fold(name) in words):
            found.append(question)
    return found


def _iter_statements(search: Callable[..., list[Hit]]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for probe in _PROBES:
        try:
            hits = search(probe, top=_PASSAGES_A_PROBE)
        except AskbriefError:
            return
        for hit in hits:
            for sentence in find_sentences(hit.passage.text):
                candidate = find_question(sentence.of(hit.passage.text))
                if candidate is not None and candidate[0] not in seen:
                    seen.add(candidate[0])
                    yield candidate
                    break
