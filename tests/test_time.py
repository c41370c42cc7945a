"""Relative dates: which days, which silence. The sentences are invented."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.answer.periods import Period
from askbrief.answer.time import find_dates, find_time_notes, parse_period
from askbrief.types import Span

SUNDAY = date(2025, 5, 25)
WEDNESDAY = date(2024, 8, 14)


def resolve(text: str, article: date) -> dict[str, list[str]]:
    notes = find_time_notes(text, article=article)
    return {
        note.text: [
            str(period.first) if period.first == period.last else f"{period.first}/{period.last}"
            for period in note.periods
        ]
        for note in notes
    }


@pytest.mark.parametrize(
    ("sentence", "article", "expression", "days"),
    [
        ("The envoy met the mayor on Saturday.", SUNDAY, "on Saturday", ["2025-05-24"]),
        ("She arrived on Saturday night.", SUNDAY, "on Saturday night", ["2025-05-24"]),
        ("The envoy met the mayor, Ana Ruiz, in Oslo on Saturday.", SUNDAY, "on Saturday", ["2025-05-24"]),
        ("The council met on Sunday.", SUNDAY, "on Sunday", ["2025-05-25"]),
        ("The strike will begin on Friday.", WEDNESDAY, "on Friday", ["2024-08-16"]),
        ("On Friday, the court will hear the case.", WEDNESDAY, "On Friday", ["2024-08-16"]),
        ("The firm said Monday it will close.", WEDNESDAY, "Monday", ["2024-08-12"]),
        ("It opens next Monday.", WEDNESDAY, "next Monday", ["2024-08-19"]),
        ("They left last Friday.", WEDNESDAY, "last Friday", ["2024-08-09"]),
        ("The vote is due by Thursday.", WEDNESDAY, "Thursday", ["2024-08-15"]),
        ("By Sunday morning, he said it was over.", WEDNESDAY, "Sunday morning", ["2024-08-18", "2024-08-11"]),
        ("It was made for children (in theaters Friday).", WEDNESDAY, "Friday", ["2024-08-16", "2024-08-09"]),
        ("He was on Thursday’s flight.", WEDNESDAY, "on Thursday", ["2024-08-15", "2024-08-08"]),
        ("“We shall win,” she wrote on her page Sunday.", WEDNESDAY, "Sunday", ["2024-08-11"]),
        ("In a trial in May, he was found guilty.", WEDNESDAY, "in May", ["2024-05-01/2024-05-31"]),
        (
            "A family trying to book in February can pay.",
            WEDNESDAY,
            "in February",
            ["2025-02-01/2025-02-28", "2024-02-01/2024-02-29"],
        ),
        ("He gets the prize this January.", date(2024, 11, 18), "this January", ["2025-01-01/2025-01-31"]),
        ("She spoke ahead of Sunday's vote.", WEDNESDAY, "Sunday", ["2024-08-18", "2024-08-11"]),
        ("He died on Thursday.", WEDNESDAY, "on Thursday", ["2024-08-15", "2024-08-08"]),
        ("He said he would retire on Friday.", WEDNESDAY, "on Friday", ["2024-08-16", "2024-08-09"]),
        ("The bridge closed last week.", WEDNESDAY, "last week", ["2024-08-05/2024-08-11"]),
        ("It reopens next month.", WEDNESDAY, "next month", ["2024-09-01/2024-09-30"]),
        ("Sales fell last year.", WEDNESDAY, "last year", ["2023-01-01/2023-12-31"]),
        ("The plant was shut in June.", WEDNESDAY, "in June", ["2024-06-01/2024-06-30"]),
        ("It was founded last October.", WEDNESDAY, "last October", ["2023-10-01/2023-10-31"]),
        ("Two ships sank over the weekend.", WEDNESDAY, "over the weekend", ["2024-08-10/2024-08-11"]),
        ("The fair opens this weekend.", WEDNESDAY, "this weekend", ["2024-08-17/2024-08-18"]),
        ("A July 29 storm cut the road.", WEDNESDAY, "July 29", ["2024-07-29"]),
        ("The tour runs from August 20 to 23.", WEDNESDAY, "from August 20 to 23", ["2024-08-20/2024-08-23"]),
        ("She was elected last August.", WEDNESDAY, "last August", ["2023-08-01/2023-08-31"]),
        ("The next opinion day is Monday.", WEDNESDAY, "Monday", ["2024-08-19"]),
        ("He was hired two days ago.", WEDNESDAY, "two days ago", ["2024-08-12"]),
        ("Prices doubled three years ago.", WEDNESDAY, "three years ago", ["2021-01-01/2021-12-31"]),
        ("He said yesterday that he was well.", WEDNESDAY, "yesterday", ["2024-08-13"]),
        ("It broke in 2006. He left a year later.", WEDNESDAY, "a year later", ["2007-01-01/2007-12-31"]),
        ("The quake struck on Dec. 30.", date(2024, 1, 4), "on Dec. 30", ["2023-12-30"]),
        ("The rover landed late Tuesday, Aug. 6.", WEDNESDAY, "Tuesday, Aug. 6", ["2024-08-06"]),
    ],
)
def test_relative_date(sentence: str, article: date, expression: str, days: list[str]) -> None:
    assert resolve(sentence, article) == {expression: days}


@pytest.mark.parametrize(
    "sentence",
    [
        "The talks went on in recent days.",
        "More will follow in the coming days.",
        "She teaches Sunday school.",
        "Shops fill up on Black Friday.",
        "The museum is open Tuesday through Sunday.",
        "Masses are held on Sundays.",
        "He works every Monday.",
        "More than a year ago it was sold.",
        "The Jan. 6 committee met again.",
        "The garden is closed Nov. 1-April 30.",
        "The final is on July 13, 2030 (Saturday).",
        "He left a year later.",
        "The debt is huge today.",
        "The Sunday Times wrote about it.",
        "It grew over the last year.",
        "She may sing.",
        "He ended it the next year.",
        "He read the Mail on Sunday.",
        "Sunday Fundays are here to stay.",
        "It was a 2003 Monday night game.",
        "The final was moved to Monday in 2012.",
        "The term begins in October every year.",
        "The old president was born in February.",
        "Other July 4 birthdays came to mind.",
        "The storm came on June 19 of that year.",
        "If war broke out tomorrow, they would lose.",
        "Super Bowl Sunday is a big event.",
        "It is a holiday every June 19.",
        "He left Twenty-two years ago.",
        "Give by the Oct. 1 deadline.",
    ],
)
def test_no_note_where_nothing_is_sure(sentence: str) -> None:
    assert resolve(sentence, WEDNESDAY) == {}


def test_no_note_without_an_article_date() -> None:
    assert find_time_notes("They met on Saturday.", article=None) == []


def test_yesterday_in_a_quotation_is_counted_from_the_day_of_speech() -> None:
    text = "The mayor said on Monday that it was over. “Yesterday we lost,” she added."
    assert resolve(text, WEDNESDAY)["Yesterday"] == ["2024-08-11"]
    assert resolve("“Yesterday we lost,” she added.", WEDNESDAY) == {}


def test_text_that_was_updated_later_may_mean_either() -> None:
    text = "Aug. 14, 2024 Updated Aug. 17, 2024\n\nThe minister died Friday."
    assert resolve(text, WEDNESDAY)["Friday"] == ["2024-08-09", "2024-08-16"]


def test_note_in_words_and_its_place() -> None:
    text = "The envoy met the mayor on Saturday."
    (note,) = find_time_notes(text, article=SUNDAY)
    assert note.span == Span(24, 35)
    assert note.describe() == "on Saturday = 24 May 2025 (article of Sunday 25 May)"


def test_note_with_two_days() -> None:
    (note,) = find_time_notes("He died on Thursday.", article=WEDNESDAY)
    assert note.describe() == "on Thursday = 15 August 2024 or 8 August 2024 (article of Wednesday 14 August)"


def test_only_the_part_asked_for() -> None:
    text = "They met on Monday. They parted on Tuesday."
    (note,) = find_time_notes(text, article=WEDNESDAY, within=Span(20, len(text)))
    assert note.text == "on Tuesday"


def test_full_dates_are_no_relative_ones() -> None:
    (mention,) = find_dates("It opened on 24 May 2025.", article=WEDNESDAY)
    assert (mention.is_relative, mention.periods) == (False, (Period(date(2025, 5, 24), date(2025, 5, 24)),))
    assert find_time_notes("It opened on 24 May 2025.", article=WEDNESDAY) == []


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("It blew between Sept. 21 - Oct. 11, 1966.", date(1966, 9, 21), date(1966, 10, 11)),
        ("It was adopted on July 4, 1776.", date(1776, 7, 4), date(1776, 7, 4)),
        ("Today is Friday, May 17th, 2024.", date(2024, 5, 17), date(2024, 5, 17)),
    ],
)
def test_a_year_that_is_stated_counts_for_the_whole_date(text: str, first: date, last: date) -> None:
    (mention,) = find_dates(text, article=WEDNESDAY)
    assert (mention.is_relative, mention.periods) == (False, (Period(first, last),))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2025, 5, 24), date(2025, 5, 24), "24 May 2025"),
        (date(2024, 2, 1), date(2024, 2, 29), "February 2024"),
        (date(2021, 1, 1), date(2021, 12, 31), "2021"),
        (date(2025, 5, 25), date(2025, 5, 30), "25 to 30 May 2025"),
        (date(2025, 5, 26), date(2025, 6, 1), "26 May to 1 June 2025"),
        (date(2024, 12, 30), date(2025, 1, 5), "30 December 2024 to 5 January 2025"),
    ],
)
def test_period_in_words(first: date, last: date, words: str) -> None:
    assert Period(first, last).describe() == words


def test_answer_alone() -> None:
    assert parse_period("on Saturday", article=SUNDAY) == Period(date(2025, 5, 24), date(2025, 5, 24))
    assert parse_period("a bridge", article=SUNDAY) is None


@given(st.text(max_size=200), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_notes_lie_in_the_text_and_never_overlap(text: str, article: date) -> None:
    notes = find_time_notes(text, article=article)
    assert all(note.span.of(text) == note.text and note.periods for note in notes)
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(notes))
