"""Whether a question stands by itself, or is to be understood from what was said before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askbrief.answer.dialogue import Turn
from askbrief.answer.foci import find_answer
from askbrief.answer.grammar import is_past, parse_question
from askbrief.answer.names import find_names
from askbrief.answer.pronouns import find_pronouns
from askbrief.answer.topics import find_topics
from askbrief.answer.words import FUNCTION_WORDS
from askbrief.text.segment import fold

MAX_SHORT_WORDS = 6
_INNER = re.compile(
    r"\b(?:that|because|if|when|while|before|after|whether|since|until|but|and)\s(?:\w+\s)?$", re.IGNORECASE
)
_ONES = re.compile(r"\b(?:ones|one)\b", re.IGNORECASE)
_PAST = re.compile(r"\b(?:was|were|did|had|has|have|will)\b", re.IGNORECASE)
_NUMBER_PRONOUN = re.compile(
    r"\b(?:the|that|which)\s+(?:first|second|third|other|previous|next|last|earlier|one)\b", re.I
)
_REACTS = re.compile(
    r"\b(?:react|respond|reply|comment|reacted|responded|replied|commented|reactions?|response|answer|comments?|view"
    r"|opinion|stance)\W*$",
    re.IGNORECASE,
)
"""Ends a question that does not say to what: "how did Tehran react?"."""
_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")


def stands_alone(core: str, turns: Sequence[Turn], *, is_continued: bool) -> bool:
    """Whether a question is searched as typed: it names something new, or is long and points at nothing before."""
    words = [fold(word) for word in _WORD.findall(core)]
    names = find_names(core)
    said = " ".join([f"{turn.asked} {turn.searched} {find_answer(turn)}" for turn in turns])
    known = set(map(fold, _WORD.findall(said)))
    has_new_name = any(not set(map(fold, _WORD.findall(name.text))) & known for name in names)
    points = find_pronouns(core)
    if points:
        # A pronoun behind a name or noun of its own question may stand for that.
        groups = {group for _, _, group in points}
        stands_for_own = bool(names) and has_new_name and not groups & {"there", "then"}
        if stands_for_own and all(names[0].span.start < start for start, _, _ in points):
            return True
        return all(_INNER.search(core[:start]) for start, _, _ in points) and _find_group_noun(core)
    if is_continued or _NUMBER_PRONOUN.search(core):
        return False
    if names and not _REACTS.search(core):
        return has_new_name or len(words) > MAX_SHORT_WORDS or _is_complete(core)
    if _ONES.search(core):
        return False
    is_definite = len(words) <= MAX_SHORT_WORDS and re.search(r"\bthe\s[a-z]", core)
    is_past_told = _PAST.search(core) or any(is_past(word) for word in words)
    if not is_definite and not is_past_told and find_topics(core):
        return True  # asks about a kind of thing: "what are supertankers?"
    return len(words) > MAX_SHORT_WORDS + (2 if len(find_topics(core)) < 2 else 0)


def _find_group_noun(core: str) -> bool:
    """Whether the question asks for a kind of thing that its own pronoun may stand for ("what group … that it …")."""
    parsed = parse_question(core)
    return parsed is not None and (" " in parsed.phrase or parsed.phrase.lower() == "who") and parsed.is_subject


def _is_complete(core: str) -> bool:
    """Whether a short question with a known name says what it asks about it ("how old is the Grizzly Giant?")."""
    parsed = parse_question(core)
    if parsed is None:
        return False
    names = find_names(core)
    content = [w for w in _WORD.findall(core) if fold(w) not in FUNCTION_WORDS]
    in_names = {word for name in names for word in _WORD.findall(name.text)}
    outside = [w for w in content if w not in in_names]
    at = core.find(parsed.rest)
    subject_is_name = (
        any(
            not core[at : name.span.start].strip() or fold(core[at : name.span.start].strip()) in ("the", "a")
            for name in names
        )
        if not parsed.is_subject
        else len(outside) >= 1
    )
    return subject_is_name and (bool(outside) or parsed.phrase.lower() in ("who", "what", "where"))
