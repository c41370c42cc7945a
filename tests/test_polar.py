"""Yes/no questions: what they are, and which sentence speaks to them. Invented sentences."""

from __future__ import annotations

import pytest

from askbrief.answer.polar import UNREAD_MARGIN, Statement, choose_statement, find_clause, is_polar, score_statement


@pytest.mark.parametrize(
    ("question", "polar"),
    [
        ("Did Sweden sign the treaty?", True),
        ("is it still open?", True),
        ("Hasn't Ruiz been charged?", True),
        ("and was it damaged?", True),
        ("Can anyone or anything stop it?", True),
        ("Did he win or lose?", False),
        ("Can you tell me who won?", False),
        ("Who did it?", False),
        ("When was it open?", False),
        ("did", False),
        ("", False),
    ],
)
def test_what_is_a_yes_no_question(question: str, polar: bool) -> None:
    assert is_polar(question) is polar


SIGNED = Statement("Sweden has not signed the treaty.", 2.0, 0.8)
OTHER = Statement("Sweden spoke of a treaty with Ghana.", 1.0, 0.7)


def test_sentence_with_the_words_and_its_not() -> None:
    assert choose_statement("Did Sweden sign the treaty?", [OTHER, SIGNED]) == 1


def test_score_is_margin_words_and_cosine() -> None:
    # "sign" and "treaty" are both there: 2.0 + 10 * 2/2 + 8 * 0.8
    assert score_statement("Did Sweden sign the treaty?", SIGNED) == pytest.approx(18.4)
    # only "treaty" is: 1.0 + 10 * 1/2 + 8 * 0.7
    assert score_statement("Did Sweden sign the treaty?", OTHER) == pytest.approx(11.6)


def test_what_the_reader_passed_over_and_the_sentence_does_not_say_costs() -> None:
    # -2.0 + 10 * 1/2 + 8 * 0.7, less 4 for "sign"
    statement = Statement("Sweden spoke of a treaty with Ghana.", -2.0, 0.7)
    assert score_statement("Did Sweden sign the treaty?", statement) == pytest.approx(4.6)
    assert choose_statement("Did Sweden sign the treaty?", [statement]) is None


def test_unread_sentence_has_the_least_margin() -> None:
    unread = Statement("Sweden has not signed the treaty.", -40.0, 0.8)
    assert score_statement("Did Sweden sign the treaty?", unread) == pytest.approx(UNREAD_MARGIN + 10 + 6.4)


def test_ordinal_of_another_rank_speaks_to_an_ordinal() -> None:
    second = Statement("Ruiz is the second woman in the post.", 0.0, 0.6)
    later = Statement("Ruiz is a woman in a post.", 0.0, 0.6)
    question = "Is Ruiz the first woman in the post?"
    assert score_statement(question, second) > score_statement(question, later)


def test_of_equals_the_better_found() -> None:
    assert choose_statement("Did Sweden sign the treaty?", [SIGNED, SIGNED]) == 0


def test_nothing_said() -> None:
    assert choose_statement("Did the mayor resign?", [Statement("The mayor opened the pool.", -5.0, 0.4)]) is None
    assert choose_statement("Did the mayor resign?", []) is None


def test_clause_with_all_the_words_is_enough() -> None:
    sentence = "The south of the park was closed but the rest of the park remained open."
    assert find_clause("Was the rest of the park open?", sentence).of(sentence) == "the rest of the park remained open."
    whole = "The bridge was closed; traffic went over the old bridge, which remained."
    assert find_clause("Was traffic on the bridge closed?", whole).of(whole) == whole
