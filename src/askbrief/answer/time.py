"""When "on Saturday" was: relative dates in a text against the article's date.

The words stay as they are; a ``TimeNote`` stands beside them. Where two days are possible it holds both, and where an
expression is vague ("in recent days"), recurring ("on Sundays"), a name ("Black Friday") or hangs on something that the
text does not date, there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from askbrief.answer.periods import Period, find_day, whole_year
from askbrief.answer.tense import Context
from askbrief.answer.time_rules import LATER, MONTH_DAY_YEAR, RULES, find_month, find_number
from askbrief.answer.time_words import VAGUE_BEFORE
from askbrief.text.patterns import compiled
from askbrief.text.segment import find_sentences
from askbrief.types import Span

_SENTENCE_REACH = 600
_HEAD = 400


class TimeNote(NamedTuple):
    """What a relative date means.

    Attributes:
        span: Place of the expression in the text.
        text: The expression, verbatim.
        periods: What it means; two where either may be meant, the likelier first.
        article: The article's date that it was counted from.
    """

    span: Span
    text: str
    periods: tuple[Period, ...]
    article: date

    def describe(self) -> str:
        """The note for people: "on Saturday = 24 May 2025 (article of Sunday 25 May)"."""
        meant = " or ".join(period.describe() for period in self.periods)
        return f"{self.text} = {meant} (article of {self.article:%A} {self.article.day} {self.article:%B})"


class DateMention(NamedTuple):
    """A date in a text: ``is_relative`` unless it says day, month and year, or the year, itself."""

    span: Span
    periods: tuple[Period, ...]
    is_relative: bool


def find_time_notes(text: str, *, article: date | None, within: Span | None = None) -> list[TimeNote]:
    """Notes on the relative dates of a text.

    Args:
        text: The whole article.
        article: Its date; None gives no notes.
        within: Only expressions in this part, such as the answer's sentence.
    """
    if article is None:
        return []
    return [
        TimeNote(mention.span, mention.span.of(text), mention.periods, article)
        for mention in find_dates(text, article=article, within=within)
        if mention.is_relative
    ]


def find_dates(text: str, *, article: date, within: Span | None = None) -> list[DateMention]:
    """The dates of a text that can be told, in order, none overlapping another.

    Args:
        text: The whole article.
        article: Its date.
        within: Only expressions in this part.
    """
    within = within or Span(0, len(text))
    found = _find_from(text, article=article, within=within)
    updated = _find_updated(text, article)
    if updated is None:
        return found
    later = {mention.span: mention for mention in _find_from(text, article=updated, within=within)}
    merged = []
    for mention in found:
        other = later.get(mention.span)
        periods = tuple(dict.fromkeys([*mention.periods, *(other.periods if other else ())]))
        if len(periods) <= 2:
            merged.append(DateMention(mention.span, periods, mention.is_relative))
    return merged


def _find_from(text: str, *, article: date, within: Span) -> list[DateMention]:
    around = Span(max(0, within.start - _SENTENCE_REACH), min(len(text), within.end + _SENTENCE_REACH))
    sentences = [Span(s.start + around.start, s.end + around.start) for s in find_sentences(around.of(text))]
    found: list[DateMention] = []
    earlier: list[DateMention] = []
    for sentence in sentences:
        context = Context(text, sentence, article)
        mentions = _find_in_sentence(context, earlier)
        found += [m for m in mentions if within.start <= m.span.start and m.span.end <= within.end]
        earlier = [m for m in mentions if not compiled(LATER).fullmatch(m.span.of(text))]
    return found


def parse_period(text: str, *, article: date) -> Period | None:
    """What a date that is the better part of a text means, such as an answer; None if there is none or it is not sure.

    "in 2012" is one; "15 people in 2012" and "in 2000 years" are none.
    """
    for mention in find_dates(text, article=article):
        if len(mention.periods) == 1 and 2 * len(mention.span) >= len(text):
            return mention.periods[0]
    return None


def _find_in_sentence(context: Context, earlier: list[DateMention]) -> list[DateMention]:
    taken: list[Span] = []
    found: list[DateMention] = []
    sentence = context.sentence.of(context.text).casefold()
    for needed, pattern, resolve in RULES:
        if not any(word in sentence for word in needed):
            continue
        for match in compiled(pattern).finditer(context.text, context.sentence.start, context.sentence.end):
            span = Span(*match.span())
            if any(span.overlaps(other) for other in taken):
                continue
            taken.append(span)
            periods, is_relative = resolve(match, context)
            if periods:
                found.append(DateMention(span, periods, is_relative))
    found += _find_anchored(context, [*earlier, *found], taken)
    return sorted(found, key=lambda mention: mention.span)


def _find_anchored(context: Context, before: list[DateMention], taken: list[Span]) -> Iterator[DateMention]:
    """Yield "a year later" and the like, where exactly one date stands before it."""
    for match in compiled(LATER).finditer(context.text, context.sentence.start, context.sentence.end):
        anchors = [mention for mention in before if mention.span.end <= match.start()]
        if len(anchors) != 1 or len(anchors[0].periods) != 1 or any(Span(*match.span()).overlaps(t) for t in taken):
            continue
        anchor, count, unit = anchors[0].periods[0], find_number(match["count"]), match["unit"].lower()
        if compiled(VAGUE_BEFORE).search(context.text[: match.start()][-30:]):
            continue
        sign = 1 if match["side"].lower() in ("later", "after") else -1
        if unit == "year" and anchor.first.year == anchor.last.year:
            yield DateMention(Span(*match.span()), (whole_year(anchor.first.year + sign * count),), True)
        elif unit == "day" and anchor.first == anchor.last:
            day = anchor.first + timedelta(days=sign * count)
            yield DateMention(Span(*match.span()), (Period(day, day),), True)


def _find_updated(text: str, article: date) -> date | None:
    """The later day on which the head of a text says that it was updated."""
    for match in re.finditer(rf"\b[Uu]pdated:?\s(?:\w+,\s)?{MONTH_DAY_YEAR}", text[:_HEAD]):
        day = find_day(int(match["year"]), find_month(match), int(match["day"]))
        if day and day > article:
            return day
    return None
