from __future__ import annotations

import pytest
from conftest import SEED

from askbrief.corpus.chunk import chunk_document
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.plain import read_plain
from askbrief.types import Document, Span

FOUR = "One two three. Four five. Six seven eight nine. Ten."


def chunk(text: str, words: int) -> list[str]:
    document = Document("d", "", text, None, ("a.txt",))
    passages = chunk_document(document, passage_words=words)
    assert all(passage.document_id == "d" for passage in passages)
    assert all(passage.span.of(text) == passage.text for passage in passages)
    return [passage.text for passage in passages]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (10, [FOUR]),
        (9, ["One two three. Four five. Six seven eight nine.", "Ten."]),
        (5, ["One two three. Four five.", "Six seven eight nine. Ten."]),
        (4, ["One two three.", "Four five.", "Six seven eight nine.", "Ten."]),
    ],
)
def test_passages_fill_with_whole_sentences(words: int, expected: list[str]) -> None:
    assert chunk(FOUR, words) == expected


def test_a_long_sentence_is_cut_before_a_word() -> None:
    assert chunk("a b c d e f g.", 3) == ["a b c", "d e f", "g."]


def test_text_without_spaces_is_cut_after_twelve_characters_a_word() -> None:
    assert chunk("x" * 50, 2) == ["x" * 24, "x" * 24, "xx"]


def test_marks_without_words_are_kept() -> None:
    assert chunk("…" * 30, 2) == ["…" * 24, "…" * 6]


def test_white_space_has_no_passage() -> None:
    assert chunk(" \n\n ", 10) == []


def test_the_seed_in_passages_of_a_hundred_words() -> None:
    extracted = read_plain(SEED.read_text(encoding="utf-8"), SEED.name)
    document = build_document(extracted, SEED.name)
    passages = chunk_document(document, passage_words=100)
    assert passages[0].span == Span(17, passages[0].span.end)
    assert passages[0].text.startswith("Iran is shoring up")
    assert passages[-1].text.endswith("Iraqi city of Basra.”")
    drone = [p for p in passages if "US drone strike" in p.text]
    assert len(drone) == 1
    assert "Soleimani was killed in a US drone strike in Iraq in 2020." in drone[0].text
    assert "".join("".join(p.text for p in passages).split()) == "".join(document.text[17:].split())


def chunk_plain(text: str, words: int = 100) -> list[str]:
    extracted = read_plain(text, "a.txt")
    document = build_document(extracted, "a.txt")
    passages = chunk_document(document, passage_words=words)
    assert all(passage.span.of(text) == passage.text for passage in passages)
    return [passage.text for passage in passages]


def test_metadata_is_in_no_passage() -> None:
    text = "---\ntitle: T\n---\nHead line\n\nBy Ann Reed\nMay 4, 2026\n\nThe fire was out. It rained.\n"
    assert chunk_plain(text) == ["Head line", "The fire was out. It rained."]


def test_a_passage_is_parted_where_metadata_lies_in_it() -> None:
    text = "Fire at Pell\nUpdated 2025-11-03 18:00\nIt is out."
    assert chunk_plain(text) == ["Fire at Pell", "It is out."]


def test_no_sentence_crosses_a_line_of_its_own() -> None:
    assert chunk_plain("Gulls steal crown of queen\nTrain strike called off\nBakery opens", words=5) == [
        "Gulls steal crown of queen",
        "Train strike called off",
        "Bakery opens",
    ]


def test_a_heading_begins_a_passage_and_ends_none() -> None:
    text = "Head\n\nOne two three four.\n\nBACKGROUND\n\nFive six seven eight.\n\nMore here."
    assert chunk_plain(text, words=6) == [
        "Head\n\nOne two three four.",
        "BACKGROUND\n\nFive six seven eight.",
        "More here.",
    ]


def test_a_document_of_metadata_only_has_no_passage() -> None:
    assert chunk_plain("---\ntitle: T\ndate: 2025-01-01\n---\n") == []
