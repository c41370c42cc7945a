"""The topics of a question, and the earlier words that a follow-up leaves out."""

from __future__ import annotations

import pytest

from askbrief.answer.dialogue import Turn
from askbrief.answer.rewrite import build_rewrites
from askbrief.answer.terms import build_features, find_left_out, find_terms, score_term
from askbrief.answer.topics import find_singular, find_topics


@pytest.mark.parametrize(
    ("question", "topics"),
    [
        ("What are the main symptoms of hay fever?", ["hay fever"]),
        ("Tell me about the history of glass blowing.", ["glass blowing"]),
        ("What is the role of copper in solar panels?", ["copper", "solar panels"]),
        ("How does a heat pump work?", ["heat pump"]),
        ("How many oaks did the windstorm topple?", ["oaks", "windstorm"]),
        ("What are the most common types?", []),
        ("who was it?", []),
    ],
)
def test_topics(question: str, topics: list[str]) -> None:
    assert find_topics(question) == topics


@pytest.mark.parametrize(
    ("word", "singular"),
    [("types", "type"), ("cities", "city"), ("boxes", "box"), ("glass", "glass"), ("virus", "virus"), ("gas", "gas")],
)
def test_singular(word: str, singular: str) -> None:
    assert find_singular(word) == singular


def test_terms_are_content_words_in_the_singular() -> None:
    assert find_terms("What are Darwin’s theories of the finches?") == {"darwin", "theory", "finch"}


FIRST = Turn("What are the benefits of copper pipes?", "What are the benefits of copper pipes?")


def test_topic_of_the_first_question_is_left_out_of_a_pronoun() -> None:
    words = find_left_out("How long do they last?", [FIRST], rules=[], foci=[], stands_alone=False)
    assert words == ["copper", "pipes"]


def test_word_of_the_question_itself_has_no_features() -> None:
    rows = build_features("Is copper dear?", [FIRST], rules=[], foci=[], stands_alone=False)
    assert set(rows) == {"benefit", "pipe"}
    assert rows["benefit"]["generic"] == 1.0
    assert "generic" not in rows["pipe"]


def test_score_is_the_weighted_sum() -> None:
    assert score_term({"a": 1.0, "b": 0.5, "unknown": 9.0}, {"a": 2.0, "b": -2.0}, -0.5) == pytest.approx(0.5)


def test_candidate_for_a_question_without_names() -> None:
    found = build_rewrites("How long do they last?", [FIRST])
    assert found[0].text == "How long do copper pipes last?"
