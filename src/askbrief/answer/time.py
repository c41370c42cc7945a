"""When "on Saturday" was: relative dates in a text against the article's date.

The words stay as they are; a ``TimeNote`` stands beside them. Where two days are possible it holds both, and where an
expression is vague ("in recent days"), recurring ("on Sundays"), a name ("Black Friday") or hangs on something that the
text does not date, there is none.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from askbrief.answer.grammar import is_past
from askbrief.answer.time_words import (
    AFTER_NAME,
    BEFORE_NAME,
    DATED_EVENT,
    EITHER_BEFORE,
    FUTURE_BEFORE,
    FUTURE_VERB,
    KNOWN_DAYS,
    MONTH,
    MONTHS,
    NUMBER,
    NUMBERS,
    PAST_BEFORE,
    PERHAPS_FUTURE_VERB,
    SPEECH,
    TODAY_BEFORE,
    VAGUE_BEFORE,
    WEEKDAY,
    WEEKDAYS,
)
from askbrief.types import Span
from askbrief.text.segment import find_sentences

LONGEST_RANGE = 60
"""Days that a range without a year may be long; what is longer tells of every year ("Nov. 1 to April 30")."""
_SENTENCE_REACH = 600
_HEAD = 400


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def describe(self) -> str:
        """The period in words, such as "24 May 2025", "May 2025", "2024" or "25 to 30 May 2025"."""
        first, last = self.first, self.last
        if first == last:
            return f"{first.day} {first:%B %Y}"
        if first.day == 1 and last == _end_of_month(last):
            if (first.month, last.month) == (1, 12):
                return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
            if (first.year, first.month) == (last.year, last.month):
                return f"{first:%B %Y}"
        begin = f"{first.day}"
        if first.month != last.month or first.year != last.year:
            begin += f" {first:%B}"
        if first.year != last.year:
            begin += f" {first.year}"
        return f"{begin} to {last.day} {last:%B %Y}"


@dataclass(frozen=True, slots=True)
class TimeNote:
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


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a text: ``is_relative`` unless it says day, month and year, or the year, itself."""

    span: Span
    periods: tuple[Period, ...]
    is_relative: bool


@dataclass(frozen=True, slots=True)
class _Context:
    """A sentence with an expression in it, and what it is counted from."""

    text: str
    sentence: Span
    article: date


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
        context = _Context(text, sentence, article)
        mentions = _find_in_sentence(context, earlier)
        found += [m for m in mentions if within.start <= m.span.start and m.span.end <= within.end]
        earlier = [m for m in mentions if not _LATER.fullmatch(m.span.of(text))]
    return found


def parse_period(text: str, *, article: date) -> Period | None:
    """What a date alone, such as an answer, means; None if it is none or not sure."""
    for mention in find_dates(text, article=article):
        if len(mention.periods) == 1:
            return mention.periods[0]
    return None


def _find_in_sentence(context: _Context, earlier: list[DateMention]) -> list[DateMention]:
    taken: list[Span] = []
    found: list[DateMention] = []
    for pattern, resolve in _RULES:
        for match in pattern.finditer(context.text, context.sentence.start, context.sentence.end):
            span = Span(*match.span())
            if any(span.overlaps(other) for other in taken):
                continue
            taken.append(span)
            periods, is_relative = resolve(match, context)
            if periods:
                found.append(DateMention(span, periods, is_relative))
    found += _find_anchored(context, [*earlier, *found], taken)
    return sorted(found, key=lambda mention: mention.span)


_Resolved = tuple[tuple[Period, ...], bool]
_NOTHING: _Resolved = ((), False)


def _day(*days: date) -> _Resolved:
    return tuple(Period(day, day) for day in dict.fromkeys(days)), True


def _full(match: re.Match[str], context: _Context) -> _Resolved:
    day = _make(int(match["year"]), _month(match), int(match["day"]))
    return ((Period(day, day),), False) if day else _NOTHING


def _month_and_year(match: re.Match[str], context: _Context) -> _Resolved:
    return (_whole_month(int(match["year"]), _month(match)),), False


def _years(match: re.Match[str], context: _Context) -> _Resolved:
    return (Period(date(int(match["first"]), 1, 1), date(int(match["last"]), 12, 31)),), False


def _year(match: re.Match[str], context: _Context) -> _Resolved:
    return (_whole_year(int(match["year"])),), False


def _day_of_month(match: re.Match[str], context: _Context) -> _Resolved:
    """A day without its year, with a weekday before it or a last day after it."""
    if DATED_EVENT.match(context.text, match.end()):
        return _NOTHING
    groups = match.groupdict()
    month, number = _month(match), int(match["day"])
    if (month, number) in KNOWN_DAYS and not groups.get("weekday"):
        return _NOTHING
    candidates = [day for y in (-1, 0, 1) if (day := _make(context.article.year + y, month, number))]
    if weekday := groups.get("weekday"):
        fitting = [day for day in candidates if day.weekday() == WEEKDAYS.index(weekday.lower())]
        candidates = fitting or candidates
    first = _choose_year(candidates, match, context)
    if first is None:
        return _NOTHING
    last = first
    if groups.get("until"):
        until_month = MONTHS.index(groups["until_month"][:3].lower()) + 1 if groups.get("until_month") else first.month
        found = _make(first.year + (until_month < first.month), until_month, int(groups["until"]))
        if found is None or found < first or (found - first).days > LONGEST_RANGE:
            return _NOTHING
        last = found
    return (Period(first, last),), True


def _month_alone(match: re.Match[str], context: _Context) -> _Resolved:
    month, article = _month(match), context.article
    if re.search(r"\b(?:early|mid|late)-?\sto\s$", context.text[max(0, match.start() - 12) : match.start()]):
        return _NOTHING  # every year's
    word = (match["which"] or "").lower()
    sentence = context.sentence.of(context.text)
    years = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", sentence)}
    if years - {article.year} and "last" not in word and "this" not in word:
        return _NOTHING
    if "next" in word:
        return (_whole_month(article.year + (month <= article.month), month),), True
    if "this" in word:
        return (_whole_month(article.year, month),), True
    if month == article.month:
        return (_whole_month(article.year - ("last" in word), month),), True
    forward = False if "last" in word else _points_forward(match, context)
    if (
        forward is False
        and "last" not in word
        and (month - article.month) % 12 <= 3
        and not _tells_past(match, context)
    ):
        forward = None
    coming = _whole_month(article.year + (month < article.month), month)
    past = _whole_month(article.year - (month > article.month), month)
    return ((coming, past) if forward is None else (coming,) if forward else (past,)), True


def _weekday(match: re.Match[str], context: _Context) -> _Resolved:
    text, start, end = context.text, match.start(), match.end()
    if text[start - 1 : start] == "(" and text[end : end + 1] == ")":
        return _NOTHING  # beside a day that says more: "July 13 (Saturday)"
    if AFTER_NAME.match(text, end) or BEFORE_NAME.search(text[max(0, start - 20) : start]):
        return _NOTHING
    if VAGUE_BEFORE.search(text[max(0, start - 30) : start]):
        return _NOTHING
    number = WEEKDAYS.index(match["weekday"].lower())
    article = context.article
    back = (article.weekday() - number) % 7
    past, future = article - timedelta(days=back), article + timedelta(days=-back % 7)
    which = (match["which"] or "").lower()
    if which == "next":
        coming = article + timedelta(days=(-back % 7) or 7)
        return _day(coming) if coming.weekday() < article.weekday() else _day(coming + timedelta(days=7), coming)
    if which in ("last", "this past", "this last"):
        past = article - timedelta(days=back or 7)
        return (
            _day(past) if back == 0 or back > 2 or number >= article.weekday() else _day(past - timedelta(days=7), past)
        )
    if which in ("this", "this coming", "coming", "this upcoming"):
        return _day(future)
    if back == 0:
        return _day(article)
    forward = _points_forward(match, context)
    if EITHER_BEFORE.search(text[max(0, start - 30) : start]) or forward is None:
        return _day(future, past)
    if forward:
        return _day(future)
    if back == 6:  # six days ago, or tomorrow in a text that was updated after its date
        return _day(future, past)
    return _day(past)


def _points_forward(match: re.Match[str], context: _Context) -> bool | None:
    """Whether the words around an expression speak of what is to come; None where they may ("said he would")."""
    start, end = max(context.sentence.start, match.start() - 90), min(context.sentence.end, match.end() + 70)
    before, after = context.text[start : match.start()], context.text[match.end() : end]
    if FUTURE_BEFORE.search(before):
        return True
    if PAST_BEFORE.search(before):
        return False
    clause = re.split(r"[;:—]|,\s(?:and|but|which|who|as|while)\s|\b(?:said|says|told|after|because)\b", before)[-1]
    if len(before.split()) <= 2:
        clause += " " + re.split(r"[;:—.]|\b(?:said|says|told|was|were|had|has|\w+ed)\b", after)[0]
    if FUTURE_VERB.search(clause):
        return True
    return None if PERHAPS_FUTURE_VERB.search(clause) else False


def _tells_past(match: re.Match[str], context: _Context) -> bool:
    """Whether the clause before an expression, or after one that opens its sentence, has a verb in the past."""
    before = context.text[context.sentence.start : match.start()]
    clause = re.split(r"[;:—]|,\s|\bif\b", before)[-1]
    if len(before.split()) <= 2:
        clause = context.text[match.end() : context.sentence.end]
    return any(is_past(word) or word in ("was", "were", "had", "been") for word in re.findall(r"[a-z]+", clause))


def _near_day(match: re.Match[str], context: _Context) -> _Resolved:
    """Today, tonight, yesterday, last night, tomorrow."""
    word = " ".join(match.group().lower().split())
    shift = -1 if word in ("yesterday", "last night") or "yesterday" in word else 1 if "tomorrow" in word else 0
    anchor = context.article
    if _is_quoted(context, match.start()):
        said = _find_day_of_speech(match, context)
        if said is None:
            return _NOTHING
        anchor = said
    elif word == "today" and not TODAY_BEFORE.search(context.text[max(0, match.start() - 30) : match.start()]):
        return _NOTHING
    return _day(anchor + timedelta(days=shift))


def _find_day_of_speech(match: re.Match[str], context: _Context) -> date | None:
    """The day on which a quotation was said, where words beside it tell."""
    block_start = context.text.rfind("\n\n", 0, match.start())
    block_start = context.text.rfind("\n\n", 0, max(0, block_start)) + 1  # the paragraph before often names the day
    block_end = context.text.find("\n\n", match.end())
    block = context.text[block_start : block_end if block_end >= 0 else len(context.text)]
    days = {found.group("weekday") for found in SPEECH.finditer(block)}
    if len(days) != 1:
        return None
    number = WEEKDAYS.index(days.pop().lower())
    return context.article - timedelta(days=(context.article.weekday() - number) % 7)


def _is_quoted(context: _Context, at: int) -> bool:
    """Whether a place stands inside quotation marks."""
    block_start = context.text.rfind("\n\n", 0, at) + 1
    before = context.text[block_start:at]
    if before.count('"') % 2:
        return True
    return before.rfind("“") > before.rfind("”")


def _week(match: re.Match[str], context: _Context) -> _Resolved:
    if _is_quoted(context, match.start()) or VAGUE_BEFORE.search(context.text[: match.start()][-30:]):
        return _NOTHING
    shift = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    article, unit = context.article, match["unit"].lower()
    if unit == "week":
        monday = article - timedelta(days=article.weekday() - 7 * shift)
        return (Period(monday, monday + timedelta(days=6)),), True
    if unit == "month":
        months = article.year * 12 + article.month - 1 + shift
        return (_whole_month(months // 12, months % 12 + 1),), True
    return (_whole_year(article.year + shift),), True


def _weekend(match: re.Match[str], context: _Context) -> _Resolved:
    article, which = context.article, (match["which"] or "").lower()
    saturday = article - timedelta(days=(article.weekday() - 5) % 7)
    is_weekend = article.weekday() >= 5
    forward = _points_forward(match, context)
    if forward is None and not is_weekend and which not in ("last", "next"):
        return tuple(Period(day, day + timedelta(days=1)) for day in (saturday + timedelta(days=7), saturday)), True
    if which == "next" or (which == "this" and article.weekday() in (2, 3, 4)) or forward:
        saturday += timedelta(days=0 if is_weekend and which != "next" else 7)
    elif which == "last" and is_weekend:
        saturday -= timedelta(days=7)
    return (Period(saturday, saturday + timedelta(days=1)),), True


def _ago(match: re.Match[str], context: _Context) -> _Resolved:
    if VAGUE_BEFORE.search(context.text[: match.start()][-30:]) or _is_quoted(context, match.start()):
        return _NOTHING
    count, unit, article = _number(match["count"]), match["unit"].lower(), context.article
    if unit == "day":
        return _day(article - timedelta(days=count))
    if unit == "week":
        return _day(article - timedelta(days=7 * count)) if count == 1 else _NOTHING
    if unit == "month":
        months = article.year * 12 + article.month - 1 - count
        return (_whole_month(months // 12, months % 12 + 1),), True
    return ((_whole_year(article.year - count),), True) if count <= 5 else _NOTHING


def _find_anchored(context: _Context, before: list[DateMention], taken: list[Span]) -> Iterator[DateMention]:
    """ "A year later" and the like, where exactly one date stands before it."""
    for match in _LATER.finditer(context.text, context.sentence.start, context.sentence.end):
        anchors = [mention for mention in before if mention.span.end <= match.start()]
        if len(anchors) != 1 or len(anchors[0].periods) != 1 or any(Span(*match.span()).overlaps(t) for t in taken):
            continue
        anchor, count, unit = anchors[0].periods[0], _number(match["count"]), match["unit"].lower()
        if VAGUE_BEFORE.search(context.text[: match.start()][-30:]):
            continue
        sign = 1 if match["side"].lower() in ("later", "after") else -1
        if unit == "year" and anchor.first.year == anchor.last.year:
            yield DateMention(Span(*match.span()), (_whole_year(anchor.first.year + sign * count),), True)
        elif unit == "day" and anchor.first == anchor.last:
            day = anchor.first + timedelta(days=sign * count)
            yield DateMention(Span(*match.span()), (Period(day, day),), True)


def _choose_year(candidates: list[date], match: re.Match[str], context: _Context) -> date | None:
    """The day nearest to the article's date; a coming one only soon, or where the words speak of what is to come."""
    limit = 300 if _points_forward(match, context) else 45
    near = [day for day in candidates if -240 <= (day - context.article).days <= limit]
    return min(near, key=lambda day: abs((day - context.article).days), default=None)


def _find_updated(text: str, article: date) -> date | None:
    """The later day on which the head of a text says that it was updated."""
    for match in re.finditer(rf"\b[Uu]pdated:?\s(?:\w+,\s)?{_MONTH_DAY_YEAR}", text[:_HEAD]):
        day = _make(int(match["year"]), _month(match), int(match["day"]))
        if day and day > article:
            return day
    return None


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


def _month(match: re.Match[str]) -> int:
    return MONTHS.index(match["month"][:3].lower()) + 1


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _whole_month(year: int, month: int) -> Period:
    first = date(year, month, 1)
    return Period(first, _end_of_month(first))


def _whole_year(year: int) -> Period:
    return Period(date(year, 1, 1), date(year, 12, 31))


_MONTH_DAY_YEAR = rf"(?P<month>{MONTH})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<year>(?:19|20)\d\d)\b"
_DAY = r"(?P<day>[12]?\d|3[01])(?:st|nd|rd|th)?\b(?![,.]?\d|%|\s(?:percent|people|million|years))"
_UNTIL = rf"(?:\s?(?:to|through|until|and|[-–])\s?(?:(?P<until_month>{MONTH})\.?\s)?(?P<until>[12]?\d|3[01])\b(?!,\s\d{{4}}|\s(?:19|20)\d\d))?"
_WEEKDAY_FIRST = rf"(?:(?P<weekday>{WEEKDAY}),\s)?"
_PART = r"(?:\s(?:morning|afternoon|evening|night))?"
_RULES = tuple(
    (re.compile(pattern, flags), resolve)
    for pattern, flags, resolve in (
        (rf"\b(?:{WEEKDAY},?\s)?{_MONTH_DAY_YEAR}", 0, _full),
        (
            rf"\b(?:{WEEKDAY},?\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<month>{MONTH}),?\s(?P<year>(?:19|20)\d\d)\b",
            0,
            _full,
        ),
        (rf"\b(?P<month>{MONTH})\.?,?\s(?:of\s)?(?P<year>(?:19|20)\d\d)\b", 0, _month_and_year),
        (r"\b[Ff]rom\s(?P<first>(?:19|20)\d\d)\s(?:to|until|through)\s(?P<last>(?:19|20)\d\d)\b", 0, _years),
        (rf"\b(?:[Ff]rom\s|[Oo]n\s)?{_WEEKDAY_FIRST}(?P<month>{MONTH})\.?\s{_DAY}{_UNTIL}", 0, _day_of_month),
        (rf"\b(?:[Oo]n\s)?{_WEEKDAY_FIRST}(?:the\s)?{_DAY}\s(?:of\s)?(?P<month>{MONTH})\b", 0, _day_of_month),
        (
            rf"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Ll]ast|[Tt]his|[Nn]ext|[Ll]ate|[Ee]arly|[Mm]id-?)\s?(?:(?P<which>last|this|next|late|early|mid-)\s?)?(?P<month>{MONTH})\b(?!\.?,?\s\d|\s[A-Z])",
            0,
            _month_alone,
        ),
        (r"\b(?:on\s|at\s|over\s)?(?P<which>last|this|next|the)\s(?:past\s)?weekend\b", re.IGNORECASE, _weekend),
        (
            rf"\b(?:[Oo]n\s)?(?:(?:the\s)?(?P<which>[Ll]ast|[Nn]ext|[Tt]his(?:\s(?:past|coming|upcoming|last))?|[Cc]oming)\s)?(?P<weekday>{WEEKDAY}){_PART}\b(?!s\b)",
            0,
            _weekday,
        ),
        (r"\b(?P<which>last|this|next)\s(?P<unit>week|month|year)\b(?![’']s\s(?:Super|Olympic))", re.IGNORECASE, _week),
        (
            r"\b(?:today|tonight|yesterday(?:\s(?:morning|afternoon|evening))?|last\snight|tomorrow(?:\s(?:morning|night))?)\b(?![’']s)",
            re.IGNORECASE,
            _near_day,
        ),
        (rf"\b(?P<count>{NUMBER})\s(?P<unit>day|week|month|year)s?\sago\b", re.IGNORECASE, _ago),
        (r"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Dd]uring)\s(?P<year>(?:19|20)\d\d)\b(?![-–,]\d)", 0, _year),
    )
)
_LATER = re.compile(
    rf"\b(?P<count>{NUMBER})\s(?P<unit>day|year)s?\s(?P<side>later|earlier|after|before)\b(?!\s\w+ing)", re.IGNORECASE
)
