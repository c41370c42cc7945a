from __future__ import annotations

from datetime import date

import pytest

from askbrief.corpus.dates import find_dates, find_file_name_date, find_file_name_year, parse_date

MAY_25 = date(2025, 5, 25)


@pytest.mark.parametrize(
    "text",
    [
        *("2025-05-25", "2025/5/25", "2025.05.25", "May 25, 2025", "may 25th 2025", "25 May 2025", "25th May, 2025"),
        *("on 25 MAY 2025 in Ankara", "2025-05-25T10:00:00Z"),
    ],
)
def test_a_date_is_understood(text: str) -> None:
    assert parse_date(text) == MAY_25


@pytest.mark.parametrize(
    ("text", "month"),
    [("Jan. 3, 2024", 1), ("Sept. 3, 2024", 9), ("3 Sep 2024", 9), ("June 3, 2024", 6), ("3 December 2024", 12)],
)
def test_months_may_be_short(text: str, month: int) -> None:
    assert parse_date(text) == date(2024, month, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("", "05/06/2025", "2025-13-01", "2025-02-29", "May 2025", "1400-01-01", "2101-01-01", "12025-05-25"),
        *("2025-05-251", "Mayor 25, 2025", "32 May 2025"),
    ],
)
def test_what_is_no_clear_date_is_not_taken(text: str) -> None:
    assert parse_date(text) is None


def test_the_first_date_wins() -> None:
    assert parse_date("25 May 2025, corrected 2025-06-01") == MAY_25


def test_an_impossible_date_gives_way_to_a_later_one_in_words() -> None:
    assert parse_date("2025-13-45, that is May 25, 2025") == MAY_25


def test_dates_without_a_year_are_found_too() -> None:
    text = "On May 24 and 3 June 2025, not 31 February, nor May 2025."
    assert [(found.month, found.day, found.date) for found in find_dates(text)] == [
        (5, 24, None),
        (6, 3, date(2025, 6, 3)),
    ]
    assert find_dates(text)[0].in_year(2024) == date(2024, 5, 24)
    assert find_dates("Feb. 29")[0].in_year(2025) is None


@pytest.mark.parametrize("text", ["2025年5月25日", "2025년 5월 25일"])
def test_east_asian_dates_are_understood(text: str) -> None:
    assert parse_date(text) == MAY_25


@pytest.mark.parametrize(
    ("name", "year"), [("ankara-2025.txt", 2025), ("2025-05-25.md", 2025), ("a-2024-2025.txt", None), ("a.txt", None)]
)
def test_a_file_name_may_hold_the_year(name: str, year: int | None) -> None:
    assert find_file_name_year(name) == year


@pytest.mark.parametrize(
    "name", ["2025-05-25-iran.md", "20250525_iran.txt", "iran_2025_05_25.txt", "iran.2025.5.25.md"]
)
def test_a_file_name_may_hold_the_date(name: str) -> None:
    assert find_file_name_date(name) == MAY_25


@pytest.mark.parametrize("name", ["000_278bca0f8ddf4b0f.txt", "20251325.txt", "120250525.txt", "iran.md"])
def test_other_numbers_in_a_file_name_are_no_date(name: str) -> None:
    assert find_file_name_date(name) is None


def test_a_date_after_an_impossible_number_is_found() -> None:
    assert find_file_name_date("20259999-20250525.txt") == MAY_25
