"""Periods of whole days, and how they are said."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Period(NamedTuple):
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def describe(self) -> str:
        """The period in words, such as "24 May 2025", "May 2025", "2024" or "25 to 30 May 2025"."""
        first, last = self.first, self.last
        if first == last:
            return f"{first.day} {first:%B %Y}"
        if first.day == 1 and last == end_of_month(last):
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


def find_day(year: int, month: int, day: int) -> date | None:
    """The day of that number, or None if there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def end_of_month(day: date) -> date:
    """The last day of the month of ``day``."""
    from calendar import monthrange  # brings locale: not for every start

    return day.replace(day=monthrange(day.year, day.month)[1])


def whole_month(year: int, month: int) -> Period:
    """A month from its first day to its last."""
    first = date(year, month, 1)
    return Period(first, end_of_month(first))


def whole_year(year: int) -> Period:
    """A year from its first day to its last."""
    return Period(date(year, 1, 1), date(year, 12, 31))
