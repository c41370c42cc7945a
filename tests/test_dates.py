from __future__ import annotations

from datetime import date

import pytest

from askbrief.corpus.dates import find_dateline, find_file_name_date, parse_date

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


@pytest.mark.parametrize(
    "text",
    [
        *(" date 2025-05-25", "Published: 25 May 2025", "Updated on May 25, 2025", "\n\nPosted – 2025/05/25"),
        *("2025-05-25", "DATED May 25, 2025"),
    ],
)
def test_a_dateline_ends_where_the_article_begins(text: str) -> None:
    assert find_dateline(text + " Iran is") == (MAY_25, len(text))


@pytest.mark.parametrize(
    "text", ["Iran said on 2025-05-25", "dating 2025-05-25", "Published in Ankara on 2025-05-25", "date palms", ""]
)
def test_a_date_further_on_is_no_dateline(text: str) -> None:
    assert find_dateline(text) is None


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
