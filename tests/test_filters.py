"""Filters in the question line: what is read, what stays, what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.answer.filters import (
    Filters,
    asks_for_latest,
    build_filters,
    combine_filters,
    find_time_hint,
    keep_filters,
    parse_filters,
)
from askbrief.answer.periods import Period
from askbrief.errors import QuestionError


def test_another_question_keeps_the_filters() -> None:
    line = 'since:2025-05 who met at 12:30 title:"Ties With" the envoy? type:pdf'
    other = keep_filters(line, question="who left at 9:15?")
    assert other == 'who left at 9:15? since:2025-05 title:"Ties With" type:pdf'
    assert parse_filters(other) == ("who left at 9:15?", parse_filters(line)[1])


def test_all_of_them() -> None:
    question, filters = parse_filters(
        'since:2025-05 who met until:2025-06 the envoy? source:IRNA in:reports/2025/ type:.PDF title:"Ties With"'
    )
    assert question == "who met the envoy?"
    assert filters == Filters(
        date(2025, 5, 1), date(2025, 6, 30), ("irna",), ("reports/2025",), ("pdf",), ("ties with",)
    )
    assert filters.describe() == (
        'since May 2025, until June 2025, from irna, in reports/2025/, PDF files, title with "ties with"'
    )


VALUES = st.lists(st.text("Aé9 '-:/."), max_size=2)


@given(VALUES, VALUES, st.none() | st.dates(date(1500, 1, 1), date(2100, 1, 1)))
def test_filters_are_read_from_the_line_that_they_write(
    sources: list[str], titles: list[str], day: date | None
) -> None:
    options = {"source": sources, "title": titles, "until": [day.isoformat()] if day else []}
    options = {key: [value for value in values if value.strip()] for key, values in options.items()}
    filters = build_filters({**options, "in": ["a b/c"], "type": ["pdf"]})
    assert parse_filters(f"who met? {filters.line}") == ("who met?", filters)
    assert Filters().line == ""


def test_a_quotation_mark_in_an_option_makes_its_filter_wider_in_the_line() -> None:
    assert build_filters({"title": ['the "long way" home']}).line == 'title:"long way"'


@pytest.mark.parametrize(
    "line",
    [
        "who met at 12:30?", "see https://example.org/a", "what is Re:Invent?", "back to the railway: which cities?",
        "John 3:16 says what?", "what happened since 2025?", "",
    ],
)  # fmt: skip
def test_other_colons_stay(line: str) -> None:
    assert parse_filters(line) == (line, Filters())
    assert not parse_filters(line)[1]


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-2-3", date(2024, 2, 3), date(2024, 2, 3)),
    ],
)
def test_dates_are_ranges(value: str, first: date, last: date) -> None:
    assert parse_filters(f"since:{value} x")[1].since == first
    assert parse_filters(f"until:{value} x")[1].until == last


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("sicne:2025 x", "there is no filter sicne:", "Did you mean since:?"),
        ("Titel:x who", "there is no filter Titel:", "Did you mean title:?"),
        ("since: 2025", "the filter since: has no value", "Filters:"),
        ('title:"" x', "the filter title: has no value", "Filters:"),
        ('title:"open x', "the filter title: has a quotation mark without an end", "Filters:"),
        ("since:2025-13 x", "since:2025-13 is no date", "Write since:2025,"),
        ("until:2025-02-30 x", "until:2025-02-30 is no date", "Write until:2025,"),
        ("since:May x", "since:May is no date", "Write since:2025,"),
        ("since:2025 since:2024 x", "the filter since: is given twice", "Give it once."),
        ("since:2026 until:2025 x", "since:2026-01-01 is after until:2025-12-31", "Exchange"),
        ("in:../x y", "in:../x is no folder below the articles' own", "Give a path"),
        ("in:/etc y", "in:/etc is no folder below the articles' own", "Give a path"),
        ("type:a/b y", "type:a/b is no file ending", "Give an ending"),
    ],
)
def test_wrong_filters_are_named(line: str, message: str, hint: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse_filters(line)
    assert caught.value.message == message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("", True),
        ("since:2024-03", True),
        ("since:2024-03-06", False),
        ("until:2024-03-05", True),
        ("until:2024-02", False),
        ("source:dahl", True),
        ("source:other", False),
        ("source:other source:DAHL", True),
        ("in:reports", True),
        ("in:report", False),
        ("in:.", True),
        ("type:md", True),
        ("type:pdf", False),
        ("type:pdf type:md", True),
        ('title:"eclair prices"', True),
        ("title:bread", False),
        ("since:2024 in:reports type:pdf", False),
    ],
)
def test_what_is_accepted(line: str, accepted: bool) -> None:
    _, filters = parse_filters(line)
    assert (
        filters.accepts(
            path="reports/2024/a.MD", title="Éclair Prices Rise", published=date(2024, 3, 5), source="Dahl News"
        )
        is accepted
    )


def test_articles_without_a_date_are_left_out_only_by_dates() -> None:
    assert not parse_filters("since:2024 x")[1].accepts(path="a.md", title="", published=None)
    assert parse_filters("type:md x")[1].accepts(path="a.md", title="", published=None)
    assert parse_filters("until:2024 x")[1].needs_date


def test_found_in_words() -> None:
    _, filters = parse_filters("since:2025-05 x")
    assert filters.describe_found(42, undated=6) == "42 articles since May 2025; 6 without a date left out"
    assert parse_filters("until:2025-05-20 x")[1].describe_found(1) == "1 article until 20 May 2025"
    assert parse_filters("since:2025 x")[1].describe() == "since 2025"


def test_options_and_line_hold_both() -> None:
    options = build_filters({"since": ["2025"], "type": ["pdf", "md"]})
    _, line = parse_filters("until:2025-03 source:dahl x")
    both = combine_filters(options, line)
    assert (both.since, both.until, both.types, both.sources) == (
        date(2025, 1, 1), date(2025, 3, 31), ("pdf", "md"), ("dahl",),
    )  # fmt: skip
    with pytest.raises(QuestionError, match="given twice"):
        combine_filters(options, parse_filters("since:2024 x")[1])
    with pytest.raises(QuestionError, match="is after"):
        combine_filters(options, parse_filters("until:2024 x")[1])


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("who won the onion fair in 2021?", date(2021, 1, 1), date(2021, 12, 31)),
        ("what happened in May 2025?", date(2025, 5, 1), date(2025, 5, 31)),
        ("who spoke on 24 May 2025?", date(2025, 5, 24), date(2025, 5, 24)),
        ("who spoke on Sept. 3, 2024?", date(2024, 9, 3), date(2024, 9, 3)),
        ("who spoke on 2025-05-24?", date(2025, 5, 24), date(2025, 5, 24)),
    ],
)
def test_time_in_the_question(question: str, first: date, last: date) -> None:
    assert find_time_hint(question) == Period(first, last)


@pytest.mark.parametrize(
    "question",
    ["who are the 2021 people?", "which of 2020 and 2021 was worse?", "was it $2021?", "who spoke?", "the 2010s?"],
)
def test_no_time_in_the_question(question: str) -> None:
    assert find_time_hint(question) is None


@given(st.text(max_size=120))
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        question, filters = parse_filters(line)
    except QuestionError:
        return
    assert filters or question == " ".join(line.split())


@pytest.mark.parametrize(
    ("question", "latest"),
    [
        ("what is the latest on the talks?", True),
        ("who won most recently?", True),
        ("what did he say at the last meeting?", False),
        ("is it too late?", False),
    ],
)
def test_what_asks_for_the_latest(question: str, latest: bool) -> None:
    assert asks_for_latest(question) is latest
