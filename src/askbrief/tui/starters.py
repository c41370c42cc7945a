"""Starters: questions of different kinds that a folder answers, made from its own sentences and checked by asking.

A sentence that says when, how many or why ("The bridge was closed on Monday", "At least 44 people were killed in the
fire", "The match was postponed because of rain") asks for that in its own words. English only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from askbrief.answer.suggest import find_question
from askbrief.text.segment import find_sentences, fold
from askbrief.types import Answer, Hit

MIN_CONFIDENCE = 0.5
MAX_QUESTION_CHARACTERS = 70
TRIES_A_KIND = 8
"""Most questions of a kind that are asked before the kind is given up."""
_PASSAGES_A_PROBE = 40
_START = r"(?:^|(?<=, )|(?<=that )|(?<=and )|(?<=said ))"
_NAME = r"(?:[Tt]he )?[A-Z][\w’'-]+(?: (?:of |the |al-|bin )?[A-Z][\w’'-]+){0,3}"
_WHO = rf"(?P<who>(?:[Tt]he|[Aa]n?) (?:[a-z]+ ){{0,2}}[a-z]+|{_NAME})"
_DONE = r"(?:\w{3,}ed|born|built|found|held|hit|led|made|set|shot|sent|sold|struck|taken|won|written)"
_REST = r"(?: [^,.;:“”\"()]{2,40}?)?"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_DATE = rf"(?:{_MONTHS})(?: \d{{1,2}})?(?:,? \d{{4}})?|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?"
_DAY = rf"(?P<answer>(?:{_DAYS})|{_DATE}|\d{{4}})"
_PAST = {"died": "die", "arrived": "arrive", "began": "begin", "ended": "end", "resigned": "resign", "fell": "fall",
         "happened": "happen", "opened": "open", "closed": "close", "visited": "visit"}  # fmt: skip
"""Verbs of one form in the past, and what follows "did"."""
_FULL_NAME = re.compile(r"(?!(?:But|And|The) )\w+ [A-Z]|[A-Z]{2,}$")
_MEASURES = "second|minute|hour|day|week|month|year|time"
_UNCLEAR = re.compile(
    rf"^Who \w+ (?:by|(?:on )?(?:{_DAYS})) |^How many (?:others?|more|of)\b|\b(?:{_MEASURES})s?\?$"
    r"|\b(?:he|she|it|they|him|her|his|their)\b"
)
"""A participle taken for a verb, a measure whose end ("after …") is the answer, what only the sentence makes clear."""
_DID = "met with|met|visited|announced|signed|opened|told|welcomed|condemned|led|founded"
_WHO_DID = re.compile(
    rf"(?P<answer>[A-Z][\w’'-]+ (?:(?:al-|bin |of )?[A-Z][\w’'-]+ ?){{1,3}}),? "
    rf"(?P<done>(?:{_DID}) [^,.;:“”\"()]{{8,60}})"
)
_NAMED = re.compile(r" [A-Z]")
_HARM = "killed|injured|wounded|arrested|detained|displaced|rescued|evacuated|sentenced|executed"
_AMOUNT = r"(?:at least |more than |about |nearly |over |around |some )?(?P<answer>\d[\d,.]*\d|\d)"
_PASSIVE = rf"{_START}{_WHO} (?P<be>was|were) (?P<done>{_DONE}{_REST})"
_ACTIVE = rf"{_START}{_WHO} (?P<did>{'|'.join(_PAST)})(?P<done>{_REST})"
_WHEN = (rf"{_PASSIVE} (?:on|in) {_DAY}\b", rf"{_ACTIVE} (?:on|in) {_DAY}\b")
_CAUSE = r"(?P<answer>(?:because|due to|in protest|over|after) [^,.;]{8,90})"
_WHY = (rf"{_PASSIVE} {_CAUSE}", rf"{_ACTIVE} {_CAUSE}")
_PEOPLE = "people|civilians|soldiers|protesters|children|women|men|police officers"
_COUNT = (
    rf"(?i:{_AMOUNT}) (?P<what>[a-z]+(?: [a-z]+)?) (?P<be>were|have been|had been) (?P<done>{_DONE}{_REST})"
    r"(?=[,.;]| and |$)",
    rf"(?P<done>{_HARM}) (?i:{_AMOUNT}) (?P<what>{_PEOPLE})"
    r"(?P<rest> (?:in|at|during|since|near) [^,.;:“”\"()]{3,40})(?=[,.;]|$)",
)
_PATTERNS = {
    kind: [re.compile(pattern) for pattern in patterns]
    for kind, patterns in (("when", _WHEN), ("why", _WHY), ("how many", _COUNT))
}


@dataclass(frozen=True, slots=True)
class Starter:
    """A question, and words that its answer has to share."""

    question: str
    answer: str


def find_starter(sentence: str, kind: str) -> Starter | None:
    """A question of ``kind`` ("who", "when", "how many", "why") that ``sentence`` answers; None if it does not."""
    sentence = " ".join(sentence.split())
    if kind == "who":
        found = find_question(sentence)
        starter = Starter(*found) if found is not None and _FULL_NAME.match(found[1]) else None
        if starter is None and (match := _WHO_DID.search(sentence)) is not None:
            starter = Starter(f"Who {match['done'].strip()}?", match["answer"].strip())
    else:
        matches = (pattern.search(sentence) for pattern in _PATTERNS[kind])
        match = next((match for match in matches if match is not None), None)
        starter = Starter(_build_question(kind, match), match["answer"]) if match is not None else None
    if starter is None or len(starter.question) > MAX_QUESTION_CHARACTERS or _UNCLEAR.search(starter.question):
        return None
    return starter


def _build_question(kind: str, match: re.Match[str]) -> str:
    part = {name: value.strip() for name, value in match.groupdict(default="").items()}
    if kind == "how many":
        return f"How many {part['what']} {part.get('be', 'were')} {part['done']} {part.get('rest', '')}".strip() + "?"
    who = part["who"][0].lower() + part["who"][1:] if part["who"].split()[0] in ("The", "A", "An") else part["who"]
    verb = f"did {who} {_PAST[part['did']]}" if "did" in part else f"{part['be']} {who}"
    return f"{kind.capitalize()} {verb} {part['done']}".strip() + "?"


_PROBES = {
    "who": ("announced said agreed on", "met in the city", "won became founded"),
    "when": ("was arrested on Monday", "was killed on Friday", "were held in March", "was opened in 2022"),
    "how many": ("people were killed in", "people were arrested", "percent were injured", "soldiers were sent"),
    "why": ("was arrested because", "was cancelled after", "was criticized for", "were postponed because of"),
}


def find_starters(
    *, search: Callable[..., list[Hit]], ask: Callable[[str], Answer], go_on: Callable[[], bool]
) -> list[str]:
    """At most one question of each kind that the index answers as expected, then more that ask who, four in all.

    Questions with a name come first: they can be understood without the article.

    Args:
        search: Finds the best ``top`` passages for words.
        ask: Answers a question.
        go_on: Asked before each step; False ends the search with what is found.

    Raises:
        AskbriefError: The index or a model cannot be used.
    """
    found: list[str] = []
    for kind in _PROBES:
        found += _find_good(_iter_starters(search, kind), ask=ask, go_on=go_on, count=1)
    if len(found) < len(_PROBES):
        others = (starter for starter in _iter_starters(search, "who") if starter.question not in found)
        found += _find_good(others, ask=ask, go_on=go_on, count=len(_PROBES) - len(found))
    return found


def _find_good(
    starters: Iterator[Starter], *, ask: Callable[[str], Answer], go_on: Callable[[], bool], count: int
) -> list[str]:
    good: list[str] = []
    for starter, _ in zip(starters, range(TRIES_A_KIND), strict=False):
        if len(good) == count or not go_on():
            break
        answer = ask(starter.question)
        words, expected = fold(answer.text), fold(starter.answer)
        if answer.confidence >= MIN_CONFIDENCE and words and (words in expected or expected in words):
            good.append(starter.question)
    return good


def _iter_starters(search: Callable[..., list[Hit]], kind: str) -> Iterator[Starter]:
    seen: set[str] = set()
    for probe in _PROBES[kind]:
        starters = []
        for hit in search(probe, top=_PASSAGES_A_PROBE):
            for sentence in find_sentences(hit.passage.text):
                starter = find_starter(sentence.of(hit.passage.text), kind)
                if starter is not None and starter.question not in seen:
                    seen.add(starter.question)
                    starters.append(starter)
        yield from sorted(starters, key=lambda starter: not _NAMED.search(starter.question))
