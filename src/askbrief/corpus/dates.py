"""Dates as people write them: in words, as ISO dates, in file names. What they mean for an article says ``head``."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_EAST_ASIAN = re.compile(r"(?P<year>\d{4})[年년]\s?(?P<month>\d{1,2})[月월]\s?(?P<day>\d{1,2})[日일]")
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s+(?P<year>\d{{4}})\b)?", re.IGNORECASE
)
_DAY_FIRST = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+(?P<month>{_MONTH})(?:,?[\s-]+(?P<year>\d{{4}})\b)?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MAX_YEAR, _MIN_YEAR = 2100, 1500


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as it stands in a text: ``date`` is None where no year is written, then ``in_year`` gives it one."""

    start: int
    end: int
    month: int
    day: int
    date: datetime.date | None

    def in_year(self, year: int) -> datetime.date | None:
        """The date in that year, if there is such a day."""
        return _make(year, self.month, self.day)


def parse_date(text: str) -> datetime.date | None:
    """The first full date in ``text``, or None.

    Understands ``2025-05-25`` (also with ``/`` or ``.``), ``May 25, 2025``, ``25 May 2025`` and ``2025年5月25日``.
    Dates of two numbers and a year (``05/06/2025``) are ambiguous and not taken.
    """
    return next((found.date for found in find_dates(text) if found.date), None)


def find_dates(text: str) -> list[WrittenDate]:
    """The dates in ``text`` that exist, in order, not overlapping; those in words with or without a year."""
    found = []
    for pattern in (_ISO, _EAST_ASIAN, _MONTH_FIRST, _DAY_FIRST):
        for match in pattern.finditer(text):
            month, day = match["month"], int(match["day"])
            number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
            if _make(int(match["year"] or 2000), number, day):
                when = _make(int(match["year"]), number, day) if match["year"] else None
                found.append(WrittenDate(match.start(), match.end(), number, day, when))
    found.sort(key=lambda item: (item.start, item.date is None, -item.end))
    kept: list[WrittenDate] = []
    for item in found:
        if kept and item.start < kept[-1].end:
            if kept[-1].date is None and item.date:  # "May 25 May 2025"
                kept[-1] = item
        else:
            kept.append(item)
    return kept


def find_file_name_date(name: str) -> datetime.date | None:
    """The date in a file name such as ``2025-05-25-iran.md`` or ``20250525_iran.txt``."""
    for pattern in (_ISO, _COMPACT):
        for match in pattern.finditer(name.replace("_", "-")):
            if found := _make(*map(int, match.groups())):
                return found
    return None


def find_file_name_year(name: str) -> int | None:
    """The only year in a file name such as ``ankara-2025.txt``."""
    found = find_file_name_date(name)
    years = {found.year} if found else {int(match[0]) for match in _YEAR.finditer(name)}
    return years.pop() if len(years) == 1 else None


def _make(year: int, month: int, day: int) -> datetime.date | None:
    if not _MIN_YEAR <= year <= _MAX_YEAR:
        return None
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
