"""What answers say, as values that can be compared."""

from __future__ import annotations

from datetime import date

import pytest

from askbrief.answer.values import parse_value

ARTICLE = date(2024, 7, 23)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2012", date(2012, 1, 1), date(2012, 12, 31)),
        ("in 2012", date(2012, 1, 1), date(2012, 12, 31)),
        ("early 2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("in the summer of 2019", date(2019, 1, 1), date(2019, 12, 31)),
        ("June", date(2024, 6, 1), date(2024, 6, 30)),
        ("Saturday night", date(2024, 7, 20), date(2024, 7, 20)),
        ("two years ago", date(2022, 1, 1), date(2022, 12, 31)),
    ],
)
def test_a_time_is_its_days(text: str, first: date, last: date) -> None:
    value = parse_value(text, article=ARTICLE)
    assert value.kind == "time"
    assert value.period is not None
    assert (value.period.first, value.period.last) == (first, last)


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2000 years ago", 2000, "year"),
        ("2,000 years ago", 2000, "year"),
        ("1999 people", 1999, "person"),
        ("2000 acres", 2000, "acre"),
        ("15 people in 2012", 15, "person"),
    ],
)
def test_a_count_is_no_year(text: str, amount: float, unit: str) -> None:
    value = parse_value(text, article=ARTICLE)
    assert (value.kind, value.low, value.high, value.unit) == ("number", amount, amount, unit)
