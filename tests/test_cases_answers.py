"""Answers of the shipped reader where the kind of the question, a quotation or a table decides."""

from __future__ import annotations

from functools import cache

import pytest
from reading_of_files import read_one

from askbrief.answer.reader import Reader
from askbrief.corpus.chunk import chunk_document
from askbrief.corpus.document import build_document

pytestmark = pytest.mark.models

load_reader = cache(Reader)
STAFF = "Name\tRole\tAge\nPia Holm\tbaker\t38\nTor Lind\tmiller\t57\nEve Marsh\tporter\t29\n"
TOWNS = (
    "# The towns\n\n| Town | People | River | Mayor |\n|---|--:|---|---|\n"
    "| Petra | 12,500 | Esk | Ivo Lund |\n| Marr | 41,000 | | Bea Strand |\n| Quill | 7,200 | Tarn | Ada Finn |\n"
)


def ask(question: str, text: str, path: str = "a.txt") -> str:
    """The best span of all passages, whatever its confidence."""
    document = build_document(read_one(text.encode(), path), path)
    passages = [(document, passage) for passage in chunk_document(document, passage_words=100)]
    found = [reading for readings in load_reader().read(question, passages) for reading in readings]
    return max(found, key=lambda reading: reading.margin).span.of(document.text)


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("When did Jon Arle die?", "Painter Jon Arle dies at 88\n\nJon Arle died on May 3 in Oslo.\n", "May 3"),
        ("When did the ferry sink?", "Ferry sinks, 40 saved\n\nThe ferry sank on Tuesday night.\n", "Tuesday night"),
        (
            "When was the vote?",
            "Motion wins by 11\n\nIn the vote on 9 June the motion won by 11.\n",
            "9 June",
        ),
        ("When did the mine close?", "Mine closes after 51 years.\n\nThe mine was closed in 1984.\n", "1984"),
        ("In what year did Ola Berg retire?", "Ola Berg, 61, retires\n\nOla Berg retired in 2019.\n", "2019"),
    ],
)
def test_when_gets_a_time_and_no_age(question: str, text: str, answer: str) -> None:
    assert ask(question, text) == answer


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Who said the ice would hold?", '"The ice will hold," Dahl said of the guide, Rune Moe.\n', "Dahl"),
        ("Who said the road was open?", '"The road is open," Sundby told the driver, Kari Nes.\n', "Sundby"),
        (
            'Who said "we shall not sell"?',
            '"We shall not sell. Not ever," Ruud said.\n\n"We may," Tveit said.\n',
            "Ruud",
        ),
        (
            'Who said "never again"?',
            "“Never again,” said the captain, Liv Aas.\n\n“Perhaps,” Bo Hagen said.\n",
            "Liv Aas",
        ),
        ("Who warned of the flood?", "Tom Gran warned of the flood in a letter to Siv Eide.\n", "Tom Gran"),
    ],
)
def test_who_said_it_gets_who_spoke(question: str, text: str, answer: str) -> None:
    assert ask(question, text) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How old is Pia Holm?", "38"),
        ("How old is Tor Lind?", "57"),
        ("Who is the porter?", "Eve Marsh"),
        ("What is the role of Tor Lind?", "miller"),
        ("Who is the baker?", "Pia Holm"),
    ],
)
def test_a_cell_is_found_by_its_row_and_header(question: str, answer: str) -> None:
    assert ask(question, STAFF) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the river of Quill?", "Tarn"),
        ("How many people live in Marr?", "41,000"),
        ("Who is the mayor of Petra?", "Ivo Lund"),
        ("Who is the mayor of Marr?", "Bea Strand"),
        ("How many people live in Quill?", "7,200"),
    ],
)
def test_a_cell_of_a_markdown_table_is_found(question: str, answer: str) -> None:
    assert ask(question, TOWNS, "a.md") == answer
