from __future__ import annotations

import pytest
from conftest import SEED

from askbrief.text.display import count_noun, one_line, printable, shorten
from askbrief.text.segment import LineIndex, find_sentences, find_words, fold, normalise_newlines, trim
from askbrief.types import Span


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in find_sentences(text)]


def words(text: str) -> list[str]:
    return [span.of(text) for span in find_words(text)]


def test_every_kind_of_newline_becomes_lf() -> None:
    assert normalise_newlines("a\r\nb\rc\nd\r\r\ne") == "a\nb\nc\nd\n\ne"


def test_printable_replaces_controls_one_for_one() -> None:
    assert printable("a\x1b[31mb\x07\x7f\x9b") == "a\ufffd[31mb\ufffd\ufffd\ufffd"


def test_printable_replaces_what_changes_direction() -> None:
    assert printable("\u202eevil\u202c \u2066x\u2069 \u200f\u200e\u061c") == "�evil� �x� ���"


def test_printable_replaces_what_is_half_a_character_or_ends_lines_elsewhere() -> None:
    assert printable("a\udcffb\ud83d c\u2028d\u2029e") == "a\ufffdb\ufffd c d e"


def test_one_line_is_one_line_of_equal_length() -> None:
    assert one_line("a\nb\tc\u2028d\x85e\x1b") == "a b c d\ufffde\ufffd"


def test_a_noun_has_its_number() -> None:
    assert [count_noun(number, "file") for number in (0, 1, 2, 1234)] == ["0 files", "1 file", "2 files", "1,234 files"]


def test_printable_keeps_newlines_tabs_and_letters_of_every_script() -> None:
    assert printable("a\tb\n“ü” שלום 👩‍👧 e\u0301") == "a\tb\n“ü” שלום 👩‍👧 e\u0301"


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        (" \n ab c\t ", Span(0, 8), Span(3, 7)),
        ("ab", Span(0, 2), Span(0, 2)),
        ("a   b", Span(1, 4), Span(4, 4)),
        ("abc", Span(1, 1), Span(1, 1)),
    ],
)
def test_trim_leaves_the_span_of_the_inner_text(text: str, span: Span, expected: Span) -> None:
    assert trim(text, span) == expected


def test_shorten_leaves_what_fits() -> None:
    assert shorten("  one\n two ", 7) == "one two"


def test_shorten_cuts_at_a_word_border() -> None:
    assert shorten("one two, three", 11) == "one two…"


def test_shorten_cuts_a_long_word() -> None:
    assert shorten("abcdefghij", 5) == "abcd…"


def test_sentences_end_at_full_stops_but_not_in_abbreviations() -> None:
    assert sentences("Mr. Memis met the U.S. envoy. They spoke! Did they agree? Yes.") == [
        "Mr. Memis met the U.S. envoy.",
        "They spoke!",
        "Did they agree?",
        "Yes.",
    ]


def test_a_blank_line_ends_a_sentence_and_a_single_newline_does_not() -> None:
    assert sentences("A headline\n \t\nThe text goes\non here.") == ["A headline", "The text goes\non here."]


def test_sentences_of_the_seed_hold_every_word_of_it_in_order() -> None:
    text = SEED.read_text(encoding="utf-8")
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
    assert "Soleimani was killed in a US drone strike in Iraq in 2020." in sentences(text)


def test_white_space_has_no_sentence() -> None:
    assert sentences(" \n\n\t ") == []


def test_words_keep_inner_apostrophes_hyphens_and_stops() -> None:
    assert words("Iran’s Al-Hafazi didn't leave the U.S. on 3.5—ok…") == [
        *("Iran’s", "Al-Hafazi", "didn't", "leave", "the", "U.S", "on", "3.5", "ok")
    ]


def test_fold_makes_case_accents_and_forms_equal() -> None:
    assert fold("ÉCOLE Straße ﬁn İzmir") == "ecole strasse fin izmir"
    assert fold("cafe\u0301") == fold("café") == "cafe"


def test_lines_and_columns_count_from_one_in_characters() -> None:
    lines = LineIndex("a👩b\n\nlast")
    assert [lines.find(offset) for offset in (0, 2, 3, 4, 5, 8)] == [(1, 1), (1, 3), (1, 4), (2, 1), (3, 1), (3, 4)]
