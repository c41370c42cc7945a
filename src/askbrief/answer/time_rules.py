"""The rules of dates: patterns, and what each means against the article's date."""

from __future__ import annotations

import re
from datetime import date, timedelta

from askbrief.answer.periods import Period, find_day, whole_month, whole_year
from askbrief.answer.tense import Context, find_day_of_speech, is_part_of_name, is_quoted, points_forward, tells_past
from askbrief.answer.time_words import (
    AFTER_NAME,
    ANY_YEAR_AFTER,
    BEFORE_NAME,
    CELEBRATED_BEFORE,
    DATED_EVENT,
    DAY_AFTER,
    EITHER_BEFORE,
    HABIT,
    HABIT_ON_DAY,
    KNOWN_DAYS,
    MONTH,
    MONTHS,
    NAME_AFTER,
    NUMBER,
    NUMBERS,
    ON_BEFORE,
    OTHER_YEAR_AFTER,
    PAST_BEFORE,
    TODAY_BEFORE,
    VAGUE_BEFORE,
    WEEKDAY,
    WEEKDAYS,
    YEAR,
)
from askbrief.text.patterns import compiled

COMING_MONTHS = 5
"""Months ahead of the article within which one without a year is likely to come."""
LONGEST_RANGE = 60
"""Days that a range without a year may be long; what is longer tells of every year ("Nov. 1 to April 30")."""
Resolved = tuple[tuple[Period, ...], bool]
_NOTHING: Resolved = ((), False)


def _day(*days: date) -> Resolved:
    return tuple(Period(day, day) for day in dict.fromkeys(days)), True


def _full(match: re.Match[str], context: Context) -> Resolved:
    day = find_day(int(match["year"]), find_month(match), int(match["day"]))
    return ((Period(day, day),), False) if day else _NOTHING


def _range(match: re.Match[str], context: Context) -> Resolved:
    """Two days with the year behind the last: "Sept. 21 to Oct. 11, 1966"."""
    month, until_month = find_month(match), MONTHS.index((match["until_month"] or match["month"])[:3].lower()) + 1
    last = find_day(int(match["year"]), until_month, int(match["until"]))
    first = find_day(int(match["year"]) - (month > until_month), month, int(match["day"]))
    return ((Period(first, last),), False) if first and last and first <= last else _NOTHING


def _month_and_year(match: re.Match[str], context: Context) -> Resolved:
    return (whole_month(int(match["year"]), find_month(match)),), False


def _years(match: re.Match[str], context: Context) -> Resolved:
    return (Period(date(int(match["first"]), 1, 1), date(int(match["last"]), 12, 31)),), False


def _year(match: re.Match[str], context: Context) -> Resolved:
    return (whole_year(int(match["year"])),), False


def _day_of_month(match: re.Match[str], context: Context) -> Resolved:
    """A day without its year, with a weekday before it or a last day after it."""
    text, sentence = context.text, context.sentence.of(context.text)
    is_celebrated = compiled(CELEBRATED_BEFORE).search(text[: match.start()][-20:])
    is_holiday = is_celebrated or compiled(ANY_YEAR_AFTER).match(text, match.end())
    if is_holiday or compiled(HABIT_ON_DAY).search(sentence) or compiled(DATED_EVENT).match(text, match.end()):
        return _NOTHING
    groups = match.groupdict()
    month, number = find_month(match), int(match["day"])
    if (month, number) in KNOWN_DAYS and not groups.get("weekday"):
        return _NOTHING
    candidates = [day for y in (-1, 0, 1) if (day := find_day(context.article.year + y, month, number))]
    if weekday := groups.get("weekday"):
        fitting = [day for day in candidates if day.weekday() == WEEKDAYS.index(weekday.lower())]
        candidates = fitting or candidates
    first = _choose_year(candidates, match, context)
    if first is None:
        return _NOTHING
    last = first
    if groups.get("until"):
        until_month = MONTHS.index(groups["until_month"][:3].lower()) + 1 if groups.get("until_month") else first.month
        found = find_day(first.year + (until_month < first.month), until_month, int(groups["until"]))
        if found is None or found < first or (found - first).days > LONGEST_RANGE:
            return _NOTHING
        last = found
    return (Period(first, last),), True


def _month_alone(match: re.Match[str], context: Context) -> Resolved:
    month, article = find_month(match), context.article
    sentence = context.sentence.of(context.text)
    word = (match["which"] or match["lead"]).lower()
    is_span = re.search(r"\b(?:early|mid|late)-?\sto\s$", context.text[max(0, match.start() - 12) : match.start()])
    if is_span or (compiled(HABIT).search(sentence) and not re.search("last|this|next", word)):
        return _NOTHING  # every year's
    years = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", sentence)}
    if years - {article.year} and "last" not in word and "this" not in word:
        return _NOTHING
    if "next" in word:
        return (whole_month(article.year + (month <= article.month), month),), True
    if "this" in word:
        away = month - article.month
        return (whole_month(article.year + (away < -6) - (away > 9), month),), True
    if month == article.month:
        return (whole_month(article.year - ("last" in word), month),), True
    forward = False if "last" in word else points_forward(match, context)
    is_near = (month - article.month) % 12 <= COMING_MONTHS
    if forward is False and "last" not in word and not tells_past(match, context, across_commas=not is_near):
        forward = None
    coming = whole_month(article.year + (month < article.month), month)
    past = whole_month(article.year - (month > article.month), month)
    return ((coming, past) if forward is None else (coming,) if forward else (past,)), True


def _weekday(match: re.Match[str], context: Context) -> Resolved:
    text, start, end = context.text, match.start(), match.end()
    if compiled(DAY_AFTER).match(text, end):
        return _NOTHING
    other = compiled(OTHER_YEAR_AFTER).match(text, end)
    if other and int(other["year"]) != context.article.year:
        return _NOTHING
    if text[start - 1 : start] == "(" and text[end : end + 1] == ")":
        return _NOTHING  # beside a day that says more: "July 13 (Saturday)"
    if compiled(NAME_AFTER).match(text, end) and not compiled(ON_BEFORE).search(text[max(0, start - 12) : end]):
        return _NOTHING
    if compiled(AFTER_NAME).match(text, end) or compiled(BEFORE_NAME).search(text[max(0, start - 20) : start]):
        return _NOTHING
    if compiled(VAGUE_BEFORE).search(text[max(0, start - 30) : start]) or is_part_of_name(match, context):
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
    forward = points_forward(match, context)
    said_before = compiled(PAST_BEFORE).search(text[max(0, start - 90) : start])
    is_told = said_before or tells_past(match, context, across_commas=True)
    is_possessive = text[end : end + 2] in ("'s", "’s")  # the verb tells of what is named, not of its day
    if forward is False and (not is_told or is_possessive):
        forward = None  # "in theaters Friday"
    if compiled(EITHER_BEFORE).search(text[max(0, start - 30) : start]) or forward is None:
        return _day(future, past)
    if forward:
        return _day(future)
    if back == 6:  # six days ago, or tomorrow in a text that was updated after its date
        return _day(future, past)
    return _day(past)


def _near_day(match: re.Match[str], context: Context) -> Resolved:
    """Today, tonight, yesterday, last night, tomorrow."""
    word = " ".join(match.group().lower().split())
    shift = -1 if word in ("yesterday", "last night") or "yesterday" in word else 1 if "tomorrow" in word else 0
    anchor = context.article
    if is_quoted(context, match.start()):
        said = find_day_of_speech(match, context)
        if said is None:
            return _NOTHING
        anchor = said
    before = context.text[context.sentence.start : match.start()]
    is_supposed = word == "tomorrow" and re.search(r"\bif\b", before, re.IGNORECASE)
    is_age = word == "today" and not compiled(TODAY_BEFORE).search(before[-30:])
    if is_supposed or (is_age and not is_quoted(context, match.start())):
        return _NOTHING
    return _day(anchor + timedelta(days=shift))


def _week(match: re.Match[str], context: Context) -> Resolved:
    if context.text[: match.start()][-4:].lower() == "the ":
        return _NOTHING  # "the next year" is counted from what was told
    if is_quoted(context, match.start()) or compiled(VAGUE_BEFORE).search(context.text[: match.start()][-30:]):
        return _NOTHING
    shift = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    article, unit = context.article, match["unit"].lower()
    if unit == "week":
        monday = article - timedelta(days=article.weekday() - 7 * shift)
        return (Period(monday, monday + timedelta(days=6)),), True
    if unit == "month":
        months = article.year * 12 + article.month - 1 + shift
        return (whole_month(months // 12, months % 12 + 1),), True
    return (whole_year(article.year + shift),), True


def _weekend(match: re.Match[str], context: Context) -> Resolved:
    article, which = context.article, (match["which"] or "").lower()
    saturday = article - timedelta(days=(article.weekday() - 5) % 7)
    is_weekend = article.weekday() >= 5
    forward = points_forward(match, context)
    if forward is None and not is_weekend and which not in ("last", "next"):
        return tuple(Period(day, day + timedelta(days=1)) for day in (saturday + timedelta(days=7), saturday)), True
    if which == "next" or (which == "this" and article.weekday() in (2, 3, 4)) or forward:
        saturday += timedelta(days=0 if is_weekend and which != "next" else 7)
    elif which == "last" and is_weekend:
        saturday -= timedelta(days=7)
    return (Period(saturday, saturday + timedelta(days=1)),), True


def _ago(match: re.Match[str], context: Context) -> Resolved:
    if compiled(VAGUE_BEFORE).search(context.text[: match.start()][-30:]) or is_quoted(context, match.start()):
        return _NOTHING
    count, unit, article = find_number(match["count"]), match["unit"].lower(), context.article
    if unit == "day":
        return _day(article - timedelta(days=count))
    if unit == "week":
        return _day(article - timedelta(days=7 * count)) if count == 1 else _NOTHING
    if unit == "month":
        months = article.year * 12 + article.month - 1 - count
        return (whole_month(months // 12, months % 12 + 1),), True
    return ((whole_year(article.year - count),), True) if count <= 5 else _NOTHING


def _choose_year(candidates: list[date], match: re.Match[str], context: Context) -> date | None:
    """The day nearest to the article's date; a coming one only soon, or where the words speak of what is to come."""
    limit = 300 if points_forward(match, context) else 45
    near = [day for day in candidates if -240 <= (day - context.article).days <= limit]
    return min(near, key=lambda day: abs((day - context.article).days), default=None)


def find_number(word: str) -> int:
    """The number that a word or digits say."""
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


def find_month(match: re.Match[str]) -> int:
    """The number of the month in a match's group "month", from 1."""
    return MONTHS.index(match["month"][:3].lower()) + 1


MONTH_DAY_YEAR = rf"(?P<month>{MONTH})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<year>{YEAR})\b"
_DAY = r"(?P<day>[12]?\d|3[01])(?:st|nd|rd|th)?\b(?![,.]?\d|%|\s(?:percent|people|million|years))"
_UNTIL = (
    rf"(?:\s?(?:to|through|until|and|[-–])\s?(?:(?P<until_month>{MONTH})\.?\s)?(?P<until>[12]?\d|3[01])\b"
    r"(?!,\s\d{4}|\s(?:19|20)\d\d))?"
)
_BEFORE_MONTH = (
    r"(?P<lead>[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Ll]ast|[Tt]his|[Nn]ext|[Ll]ate|[Ee]arly|[Mm]id-?)\s?"
    r"(?:(?P<which>last|this|next|late|early|mid-)\s?)?"
)
_WHICH_DAY = r"(?:(?:the\s)?(?P<which>[Ll]ast|[Nn]ext|[Tt]his(?:\s(?:past|coming|upcoming|last))?|[Cc]oming)\s)?"
_NEAR_DAY = (
    r"(?i)\b(?:today|tonight|yesterday(?:\s(?:morning|afternoon|evening))?|last\snight"
    r"|tomorrow(?:\s(?:morning|night))?)\b(?![’']s)"
)
_WEEKDAY_FIRST = rf"(?:(?P<weekday>{WEEKDAY}),\s)?"
_PART = r"(?:\s(?:morning|afternoon|evening|night))?"
_MONTH_NAMES, _YEARS = MONTHS, ("19", "20")
RULES = (
    (
        _MONTH_NAMES,
        rf"\b(?:[Ff]rom\s|[Bb]etween\s)?(?P<month>{MONTH})\.?\s(?P<day>\d{{1,2}})\s?(?:to|through|until|and|[-–])\s?"
        rf"(?:(?P<until_month>{MONTH})\.?\s)?(?P<until>\d{{1,2}}),?\s(?P<year>{YEAR})\b",
        _range,
    ),
    (_MONTH_NAMES, rf"\b(?:(?:{WEEKDAY}),?\s)?{MONTH_DAY_YEAR}", _full),
    (
        _MONTH_NAMES,
        rf"\b(?:(?:{WEEKDAY}),?\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<month>{MONTH}),?\s(?P<year>{YEAR})\b",
        _full,
    ),
    (_MONTH_NAMES, rf"\b(?P<month>{MONTH})\.?,?\s(?:of\s)?(?P<year>{YEAR})\b", _month_and_year),
    (_YEARS, r"\b[Ff]rom\s(?P<first>(?:19|20)\d\d)\s(?:to|until|through)\s(?P<last>(?:19|20)\d\d)\b", _years),
    (
        _MONTH_NAMES,
        rf"\b(?:[Ff]rom\s|[Oo]n\s)?{_WEEKDAY_FIRST}(?P<month>{MONTH})\.?\s{_DAY}{_UNTIL}",
        _day_of_month,
    ),
    (
        _MONTH_NAMES,
        rf"\b(?:[Oo]n\s)?{_WEEKDAY_FIRST}(?:the\s)?{_DAY}\s(?:of\s)?(?P<month>{MONTH})\b",
        _day_of_month,
    ),
    (_MONTH_NAMES, rf"\b{_BEFORE_MONTH}(?P<month>{MONTH})\b(?!\.?,?\s\d|\s[A-Z])", _month_alone),
    (("weekend",), r"(?i)\b(?:on\s|at\s|over\s)?(?P<which>last|this|next|the)\s(?:past\s)?weekend\b", _weekend),
    (WEEKDAYS, rf"\b(?:[Oo]n\s)?{_WHICH_DAY}(?P<weekday>{WEEKDAY}){_PART}\b(?!s\b)", _weekday),
    (
        ("week", "month", "year"),
        r"(?i)\b(?P<which>last|this|next)\s(?P<unit>week|month|year)\b(?![’']s\s(?:Super|Olympic))",
        _week,
    ),
    (("today", "night", "yesterday", "tomorrow"), _NEAR_DAY, _near_day),
    (("ago",), rf"(?i)(?<![\w.,-])(?P<count>{NUMBER})\s(?P<unit>day|week|month|year)s?\sago\b", _ago),
    (_YEARS, r"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Dd]uring)\s(?P<year>(?:19|20)\d\d)\b(?![-–,]\d)", _year),
)
"""What each rule needs one of in the folded sentence, its pattern, and what a match means; the first rule counts."""
LATER = (
    rf"(?i)(?<![\w.,-])(?P<count>{NUMBER})\s(?P<unit>day|year)s?\s(?P<side>later|earlier|after|before)\b"
    r"(?!\s\w+ing)"
)
