"""Rows of tables: which cells have which header, and what the reader and the answer make of them."""

from __future__ import annotations

import numpy as np
import pytest
from reading_of_files import read_one

from askbrief.answer.penalty import find_row_shortfalls
from askbrief.answer.rank import build_answer_span
from askbrief.answer.reader import build_context
from askbrief.answer.tabular import write_rows
from askbrief.corpus.document import build_document
from askbrief.corpus.rows import Row, find_rows_within
from askbrief.types import Candidate, Document, Match, Passage, RankedSpan, Reading, Span

HARVEST = "| Crop | Tonnes | Farmer |\n|---|--:|---|\n| Barley | 410 | J. Hobb |\n| Oats | 95 | M. Tansy |\n"


def load(text: str, path: str) -> Document:
    return build_document(read_one(text.encode(), path), path)


def whole(document: Document) -> Span:
    return Span(0, len(document.text))


def rows(text: str, path: str = "a.txt") -> list[tuple[str, ...]]:
    """Each row's cells, with "header=" before those that have one."""
    document = load(text, path)
    return [
        tuple(
            f"{header}={cell.of(document.text)}" if header else cell.of(document.text)
            for cell, header in zip(row.cells, row.headers or [""] * len(row.cells), strict=True)
        )
        for row in find_rows_within(document, whole(document))
    ]


def context(document: Document, start: int = 0) -> str:
    """What the reader sees, blanks folded."""
    passage = Span(start, len(document.text))
    seen = build_context(document, Passage(document.id, passage, passage.of(document.text))).text
    return " ".join(seen.split()).replace(" ,", ",")


def test_a_markdown_table_has_its_first_row_as_headers() -> None:
    assert rows(HARVEST, "a.md") == [
        ("Crop", "Tonnes", "Farmer"),
        ("Crop=Barley", "Tonnes=410", "Farmer=J. Hobb"),
        ("Crop=Oats", "Tonnes=95", "Farmer=M. Tansy"),
    ]


@pytest.mark.parametrize(
    "table",
    [
        "Name\tRole\tAge\nTess Oakley\ttreasurer\t44\nUlric Dane\tsecretary\t61\n",
        "Name         Role       Age\nTess Oakley  treasurer  44\nUlric Dane   secretary  61\n",
    ],
)
def test_columns_of_plain_text_have_headers(table: str) -> None:
    assert rows(table)[1:] == [
        ("Name=Tess Oakley", "Role=treasurer", "Age=44"),
        ("Name=Ulric Dane", "Role=secretary", "Age=61"),
    ]


def test_headers_without_numbers_below_are_told_by_their_look() -> None:
    assert rows("Name\tRole\nTess Oakley\ttreasurer\nUlric Dane\tsecretary\n")[2] == (
        "Name=Ulric Dane",
        "Role=secretary",
    )


@pytest.mark.parametrize(
    "table",
    [
        "Oslo\tBergen\nParis\tLyon\nRome\tMilan\n",  # the first row looks like the others
        "12\t7\n13\t8\n14\t9\n",
        "Oslo\tOslo\n1\t2\n3\t4\n",  # no two columns have one name
    ],
)
def test_a_first_row_that_is_none_is_no_header(table: str) -> None:
    assert not any("=" in cell for row in rows(table) for cell in row)


def test_an_empty_cell_leaves_the_columns_as_they_are() -> None:
    table = (
        "| Town | River | Mayor |\n|---|---|---|\n| Marr | | Bea Strand |\n| | Esk | Ivo Lund |\n| Quill | Tarn | |\n"
    )
    assert rows(table, "a.md")[1:] == [
        ("Town=Marr", "Mayor=Bea Strand"),
        ("River=Esk", "Mayor=Ivo Lund"),
        ("Town=Quill", "River=Tarn"),
    ]
    assert load(table, "a.md").text.split("\n")[1:3] == ["Marr\t\tBea Strand", "\tEsk\tIvo Lund"]


@pytest.mark.parametrize("corner", ["", "\t"])
def test_headers_may_have_nothing_above_the_labels(corner: str) -> None:
    table = f"{corner}Lorn\tMarr\nCapital\tPetra\tQuill\nPeople\t12,500\t7,200\nCoins\tReal\n"
    assert rows(table)[1:] == [
        ("Capital", "Lorn=Petra", "Marr=Quill"),
        ("People", "Lorn=12,500", "Marr=7,200"),
        ("Coins", "Lorn=Real"),
    ]


def test_years_may_be_headers() -> None:
    assert rows("Club\t2023\t2024\nLark Choir\t31\t40\nOtters\t12\t9\n")[1] == (
        "Club=Lark Choir",
        "2023=31",
        "2024=40",
    )


def test_a_row_is_whole_where_the_passage_begins_in_it() -> None:
    document = load(HARVEST, "a.md")
    at = document.text.index("95")
    found = find_rows_within(document, Span(at, at + 2))
    assert [row.span.of(document.text) for row in found] == ["Oats\t95\tM. Tansy"]
    assert found[0].headers == ("Crop", "Tonnes", "Farmer")
    assert context(document, at) == "Crop: Oats, Tonnes: 95, Farmer: M. Tansy."


def test_text_has_no_rows() -> None:
    assert rows("The envoy met Okay Memis.\n\nHe left on Monday.\n") == []


def test_the_reader_sees_a_row_as_a_sentence_with_headers() -> None:
    seen = "Crop, Tonnes, Farmer. Crop: Barley, Tonnes: 410, Farmer: J. Hobb. Crop: Oats, Tonnes: 95, Farmer: M. Tansy."
    assert context(load(HARVEST, "a.md")) == seen


def test_the_reader_sees_the_headers_that_a_row_states_once() -> None:
    document = load("Crop,Tonnes\nBarley,410\nOats,95\n", "a.csv")
    at = document.text.index("Crop: Barley")
    assert context(document, at).removeprefix("Tonnes ") == "Crop: Barley, Tonnes: 410. Crop: Oats, Tonnes: 95."


def test_what_is_put_in_has_no_place_in_a_cell() -> None:
    text = "Oats\t95"
    row = Row((Span(0, 4), Span(5, 7)), ("Crop", "Tonnes"))
    seen, places = write_rows(text, np.arange(len(text) + 1), [row])
    assert seen == "Crop: Oats\t, Tonnes: 95. "
    assert [int(place) for place in places[:6]] == [-1] * 6  # before the document
    assert {int(place) for place in places[11:21]} == {4}  # the tab
    assert [int(place) for place in places[21:]] == [5, 6, 7, 7, 7]
    assert sorted(places) == list(places)


def test_the_sentence_of_a_cell_is_its_row() -> None:
    document = load(HARVEST, "a.md")
    at = document.text.index("95")
    passage = Passage(document.id, whole(document), document.text)
    candidate = Candidate(Match(0, 0.5, 1.0), passage, document)
    answer = build_answer_span(RankedSpan(candidate, Reading(Span(at, at + 2), 1.0), 0.5))
    assert (answer.text, answer.sentence_text) == ("95", "Oats\t95\tM. Tansy")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many tonnes of oats?", [1.0, 0.0, 1.0]),  # all have tonnes: only oats tells
        ("Which farmer grew rye?", [1.0, 1.0, 0.0]),
        ("What did J. Hobb grow?", [0.0, 1.0, 1.0]),  # of J and Hobb
        ("Who owns the mill?", [0.0, 0.0, 0.0]),
    ],
)
def test_a_row_is_told_by_what_others_lack(question: str, expected: list[float]) -> None:
    said = [
        "Crop Tonnes Farmer Barley 410 J. Hobb",
        "Crop Tonnes Farmer Oats 95 M. Tansy",
        "Crop Tonnes Farmer Rye 233 K. Orme",
    ]
    assert find_row_shortfalls(question, said) == pytest.approx(expected)


def test_the_header_of_a_span_is_that_of_its_column() -> None:
    for text, path in ((HARVEST, "a.md"), ("Crop,Tonnes,Farmer\nBarley,410,J. Hobb\n", "a.csv")):
        document = load(text, path)
        at = document.text.index("410")
        (row,) = find_rows_within(document, Span(at, at + 3))
        assert row.find_header(document.text, Span(at, at + 3)) == "Tonnes"
    assert row.find_header(document.text, row.cells[0]) == ""
