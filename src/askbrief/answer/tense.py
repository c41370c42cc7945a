"""What the words around a date tell: whether of what was or is to come, who says them, and whether it is a name."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from askbrief.answer.grammar import is_past
from askbrief.answer.time_words import (
    DEADLINE_BEFORE,
    FUTURE_BEFORE,
    FUTURE_VERB,
    IN_NAME_BEFORE,
    PAST_BEFORE,
    PERHAPS_FUTURE_VERB,
    SPEECH,
    SPEECH_BEFORE,
    WEEKDAYS,
)
from askbrief.text.patterns import compiled
from askbrief.types import Span

_OPENING_WORDS = 8
"""Words before a date up to which the verb of its sentence may follow it."""


class Context(NamedTuple):
    """A sentence with an expression in it, and what it is counted from."""

    text: str
    sentence: Span
    article: date


def points_forward(match: re.Match[str], context: Context) -> bool | None:
    """Whether the words around an expression speak of what is to come; None where they may ("said he would")."""
    start, end = max(context.sentence.start, match.start() - 160), min(context.sentence.end, match.end() + 70)
    before, after = context.text[start : match.start()], context.text[match.end() : end]
    if compiled(FUTURE_BEFORE).search(before):
        is_open = compiled(PERHAPS_FUTURE_VERB).search(before + after) or compiled(FUTURE_VERB).search(before + after)
        is_told = compiled(DEADLINE_BEFORE).search(before) and not is_open and tells_past(match, context)
        return None if is_told else True
    if compiled(PAST_BEFORE).search(before):
        return False
    clause = re.split(
        r"[;:—”]|,?\"\s|,\s(?:and|but|which|who|as|while)\s|\b(?:said|says|told|after|because)\b", before
    )[-1]
    if len(before.split()) <= 2:
        clause += " " + re.split(r"[;:—.]|\b(?:said|says|told|was|were|had|has|\w+ed)\b", after)[0]
    if compiled(FUTURE_VERB).search(clause):
        return True
    return None if compiled(PERHAPS_FUTURE_VERB).search(clause) else False


def tells_past(match: re.Match[str], context: Context, *, across_commas: bool = False) -> bool:
    """Whether the clause before an expression, or after one that opens its sentence, has a verb in the past.

    An expression that is all of a text, such as an answer, is taken for past.

    Args:
        match: The expression.
        context: Its sentence.
        across_commas: Whether the clause goes on across commas, as around "the mayor, Ana Ruiz, in Oslo on Monday".
    """
    before = context.text[context.sentence.start : match.start()]
    if not (before + context.text[match.end() : context.sentence.end]).strip():
        return True
    clause = re.split(r"[;:—(]|\bif\b" if across_commas else r"[;:—(]|,\s|\bif\b", before)[-1]
    if len(before.split()) <= _OPENING_WORDS:
        clause += context.text[match.end() : context.sentence.end]
    return any(is_past(word) or word in ("was", "were", "had", "been") for word in re.findall(r"[a-z]+", clause))


def find_day_of_speech(match: re.Match[str], context: Context) -> date | None:
    """The day on which a quotation was said, where words beside it tell."""
    block_start = context.text.rfind("\n\n", 0, match.start())
    block_start = context.text.rfind("\n\n", 0, max(0, block_start)) + 1  # the paragraph before often names the day
    block_end = context.text.find("\n\n", match.end())
    block = context.text[block_start : block_end if block_end >= 0 else len(context.text)]
    days = {found.group("weekday") for found in compiled(SPEECH).finditer(block)}
    if len(days) != 1:
        return None
    number = WEEKDAYS.index(days.pop().lower())
    return context.article - timedelta(days=(context.article.weekday() - number) % 7)


def is_quoted(context: Context, at: int) -> bool:
    """Whether a place stands inside quotation marks."""
    block_start = context.text.rfind("\n\n", 0, at) + 1
    before = context.text[block_start:at]
    if before.count('"') % 2:
        return True
    return before.rfind("“") > before.rfind("”")


def is_part_of_name(match: re.Match[str], context: Context) -> bool:
    """Whether a weekday without a preposition ends a name ("Super Bowl Sunday")."""
    is_bare = match.group() == match["weekday"]
    before = context.text[context.sentence.start : match.start()]
    if not is_bare or not compiled(IN_NAME_BEFORE).search(before):
        return False
    after = re.match(r"\s(\w+)", context.text[match.end() :])
    return not compiled(SPEECH_BEFORE).search(before) and not (after and is_past(after[1]))
