"""Publication dates: from front matter, a dateline at the head of an article, or a file name."""

from __future__ import annotations

import re
from datetime import date

_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH},?\s+(\d{{4}})\b", re.IGNORECASE)
_DATELINE = re.compile(
    r"\s*(?:date|dated|published|updated|posted)\b\s*(?:on\b)?\s*[:\-–—]?\s*(?P<date>.{6,40})",
    re.IGNORECASE | re.DOTALL,
)
_MAX_YEAR, _MIN_YEAR = 2100, 1500


def parse_date(text: str) -> date | None:
    """The date that ``text`` starts with or holds, or None.

    Understands ``2025-05-25`` (also with ``/`` or ``.``), ``May 25, 2025`` and ``25 May 2025``.
    Dates of two numbers and a year (``05/06/2025``) are ambiguous and not taken.
    """
    found = _find_date(text)
    return found[0] if found else None


def find_dateline(text: str) -> tuple[date, int] | None:
    """The date stated at the head of an article, and the offset of the first character after it.

    A dateline is a date that opens the text, or one that follows an opening word such as "date" or "Published:".
    """
    match = _DATELINE.match(text)
    start = match.start("date") if match else len(text) - len(text.lstrip())
    found = _find_date(text[start : start + 40])
    if found is None or text[start : start + found[1]].strip() != "":
        return None
    return found[0], start + found[2]


def find_file_name_date(name: str) -> date | None:
    """The date in a file name such as ``2025-05-25-iran.md`` or ``20250525_iran.txt``."""
    for pattern in (_ISO, _COMPACT):
        for match in pattern.finditer(name.replace("_", "-")):
            if found := _make(*map(int, match.groups())):
                return found
    return None


def _find_date(text: str) -> tuple[date, int, int] | None:
    """The first date in ``text`` with its start and end."""
    candidates = []
    if match := _ISO.search(text):
        candidates.append((match, tuple(map(int, match.groups()))))
    if match := _MONTH_FIRST.search(text):
        candidates.append((match, (int(match[3]), _month(match[1]), int(match[2]))))
    if match := _DAY_FIRST.search(text):
        candidates.append((match, (int(match[3]), _month(match[2]), int(match[1]))))
    for match, (year, month, day) in sorted(candidates, key=lambda item: item[0].start()):
        if found := _make(year, month, day):
            return found, match.start(), match.end()
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _make(year: int, month: int, day: int) -> date | None:
    if not _MIN_YEAR <= year <= _MAX_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
