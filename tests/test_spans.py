from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from askbrief.answer.clause import asks_for_clause, widen_to_clause
from askbrief.answer.decode import MAX_ANSWER_TOKENS, find_spans, merge
from askbrief.answer.penalty import LENGTH_WEIGHT, NAME_REPEAT_WEIGHT, REPEAT_WEIGHT, find_penalty, find_shortfalls
from askbrief.answer.tidy import tidy
from askbrief.models.runtime import Tokens
from askbrief.types import Span

FRAME = (0, 0)


def make_tokens(question: Sequence[tuple[int, int]], context: Sequence[tuple[int, int]]) -> Tokens:
    """[CLS] question [SEP] context [SEP]."""
    offsets = [FRAME, *question, FRAME, *context, FRAME]
    second = [False] * (len(question) + 2) + [True] * len(context) + [False]
    return Tokens(
        ids=np.zeros(len(offsets), dtype=np.int64),
        types=np.asarray(second, dtype=np.int64),
        second=np.asarray(second),
        offsets=np.asarray(offsets, dtype=np.int64),
    )


def scores(*values: float) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


ENVOY = [(0, 3), (4, 9), (10, 13), (14, 19)]  # The envoy met Memis


def find(
    tokens: Tokens, start: NDArray[np.float32], end: NDArray[np.float32], *, blocks: Sequence[Span], origin: int = 0
) -> list[tuple[Span, float]]:
    """Spans of a context whose first character has the offset ``origin`` in the document."""
    places = np.arange(origin, origin + 200, dtype=np.int64)
    return find_spans(tokens, start, end, places=places, blocks=blocks)


def test_a_span_lies_in_one_block() -> None:
    tokens = make_tokens([], ENVOY)
    start, end = scores(0, 0, 9, 0, 0, 0, 0), scores(0, 0, 0, 0, 0, 8, 0)
    assert find(tokens, start, end, blocks=[Span(0, 19)])[0] == (Span(0, 19), 17.0)
    # "The envoy" and "met Memis" are blocks of their own: no span from "The" to "Memis"
    found = find(tokens, start, end, blocks=[Span(0, 9), Span(10, 19)])
    assert found[:3] == [(Span(0, 3), 9.0), (Span(0, 9), 9.0), (Span(10, 19), 8.0)]
    assert len(found) == 6


def test_offsets_lead_back_to_the_document_where_the_context_was_normalised() -> None:
    tokens = make_tokens([], [(0, 5), (6, 10)])  # "offer made" of "oﬀer made": the ligature is one character there
    places = np.array([0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9], dtype=np.int64)
    found = find_spans(tokens, scores(0, 0, 5, 0, 0), scores(0, 0, 5, 1, 0), places=places, blocks=[Span(0, 9)])
    assert found[:2] == [(Span(0, 4), 10.0), (Span(0, 9), 6.0)]


def test_margins_are_start_plus_end_less_not_here() -> None:
    tokens = make_tokens([(0, 3)], ENVOY)
    start = scores(1, 0, 0, 0, 3, 0, 5, 0)
    end = scores(2, 0, 0, 0, 1, 0, 4, 0)
    found = find(tokens, start, end, blocks=[Span(100, 119)], origin=100)
    # "not here" is 1 + 2 = 3; Memis 5 + 4, envoy met Memis 3 + 4, then three spans of 4: in the order of the text
    assert found[:5] == [
        (Span(114, 119), 6.0),
        (Span(104, 119), 4.0),
        (Span(100, 119), 1.0),
        (Span(104, 109), 1.0),
        (Span(110, 119), 1.0),
    ]
    assert len(found) == 10  # four tokens have 4 + 3 + 2 + 1 spans


def test_tokens_of_the_question_and_the_frame_never_answer() -> None:
    tokens = make_tokens([(0, 3), (4, 9)], ENVOY)
    start = scores(0, 50, 50, 50, 0, 0, 0, 1, 50)
    end = scores(0, 50, 50, 50, 0, 0, 0, 1, 50)
    assert find(tokens, start, end, blocks=[Span(0, 19)], origin=0)[0] == (Span(14, 19), 2.0)


def test_an_answer_outside_the_passage_is_left_out() -> None:
    tokens = make_tokens([], ENVOY)
    start, end = scores(0, 0, 9, 9, 0, 1, 0), scores(0, 0, 9, 9, 0, 1, 0)
    found = find(tokens, start, end, blocks=[Span(10, 19)], origin=0)
    assert found == [(Span(14, 19), 2.0), (Span(10, 19), 1.0), (Span(10, 13), 0.0)]


def test_an_end_before_its_start_is_no_span() -> None:
    tokens = make_tokens([], ENVOY)
    start, end = scores(0, 0, 0, 0, 0, 9, 0), scores(0, 0, 9, 0, 0, 0, 0)
    # The best orderly spans start at Memis or end at The.
    assert find(tokens, start, end, blocks=[Span(0, 19)], origin=0)[:2] == [(Span(0, 3), 9.0), (Span(14, 19), 9.0)]


def test_a_span_has_at_most_the_allowed_tokens() -> None:
    length = MAX_ANSWER_TOKENS + 5
    tokens = make_tokens([], [(i, i + 1) for i in range(length)])
    start, end = np.zeros(length + 3, dtype=np.float32), np.zeros(length + 3, dtype=np.float32)
    start[2] = 10
    end[2 + MAX_ANSWER_TOKENS - 1] = 5
    end[2 + MAX_ANSWER_TOKENS] = 7
    found = find(tokens, start, end, blocks=[Span(0, length)], origin=0)
    assert found[0] == (Span(0, MAX_ANSWER_TOKENS), 15.0)
    assert all(len(span) <= MAX_ANSWER_TOKENS for span, _ in found)


def test_a_window_without_the_passage_has_no_span() -> None:
    tokens = make_tokens([], ENVOY)
    zeros = np.zeros(7, dtype=np.float32)
    assert find(tokens, zeros, zeros, blocks=[Span(50, 60)], origin=0) == []


@pytest.mark.parametrize(
    ("marked", "tidied"),
    [
        ("met ⟦Mem⟧is in", "Memis"),
        ("met M⟦emis⟧ in", "Memis"),
        ("met⟦ Memis, ⟧in", "Memis"),
        ("in ⟦Ankara.⟧ They", "Ankara"),
        ("⟦– Ankara: ⟧", "Ankara"),
        ("in the ⟦U.S.⟧ today", "U.S."),
        ("at ⟦9 a.m.⟧ today", "9 a.m."),
        ("by ⟦Sam Jones Jr.⟧ today", "Sam Jones Jr."),
        ("the ⟦(PKK)⟧ said", "(PKK)"),
        ("the ⟦Party (PKK⟧) said", "Party (PKK)"),
        ("the ⟦Party (⟧PKK) said", "Party"),
        ("the ⟦Party (PKK⟧, banned) said", "Party"),
        ("the Party (⟦PKK)⟧ said", "PKK"),
        ("the ⟦(PKK⟧, banned) said", "PKK"),
        ("the ⟦[holiday⟧ season]", "holiday"),
        ("at ⟦“peace⟧ and stability”", "peace"),
        ("at ⟦“peace and stability⟧” now", "“peace and stability”"),
        ("at “peace and ⟦stability.”⟧ Now", "stability"),
        ('said ⟦"yes⟧" twice', '"yes"'),
        ('said ⟦"yes⟧ and no"', "yes"),
        ('said "oh ⟦yes"⟧ twice', "yes"),
        ("the ⟦PRESIDENT’S⟧ men", "PRESIDENT’S"),
        ("fell to ⟦-5⟧ degrees", "-5"),
        ("a rise of ⟦.5⟧ percent", ".5"),
        ("cost ⟦$5 million⟧, he", "$5 million"),
        ("the ⟦cafe⟧\u0301 there", "cafe\u0301"),
        ("the e⟦\u0301lan⟧ there", "e\u0301lan"),
        ("so⟦, ; ⟧then", ""),
        ('say⟦"⟧ing', ""),
        ("so⟦ \n⟧then", ""),
    ],
)
def test_tidy_marks_what_a_person_would_mark(marked: str, tidied: str) -> None:
    before, inside, after = re.split("[⟦⟧]", marked)
    text = before + inside + after
    span = tidy(text, Span(len(before), len(before) + len(inside)), within=Span(0, len(text)))
    assert span.of(text) == tidied


@pytest.mark.parametrize(
    ("text", "raw", "within", "tidied"),
    [
        ("xxAnkaraxx", Span(4, 6), Span(2, 8), Span(2, 8)),
        ("the (PKK) said", Span(4, 8), Span(4, 8), Span(5, 8)),
        ("the “PKK” said", Span(4, 8), Span(0, 8), Span(5, 8)),
        ('the "PKK" said', Span(4, 8), Span(0, 8), Span(5, 8)),
        ('the "PKK" said', Span(5, 9), Span(5, 9), Span(5, 8)),
    ],
)
def test_tidy_stays_in_the_passage(text: str, raw: Span, within: Span, tidied: Span) -> None:
    assert tidy(text, raw, within=within) == tidied


@pytest.mark.parametrize(
    ("marked", "tidied"),
    [
        ("on ⟦May⟧ 25, 2020 in", "May"),
        ("on May 25, ⟦2020⟧ in", "2020"),
        ("⟦on May⟧ 25, 2020 in", "on May 25, 2020"),
        ("on ⟦May 25⟧, 2020 in", "May 25, 2020"),
        ("on ⟦25 May⟧ 2020 in", "25 May 2020"),
        ("from ⟦May 25 to 30⟧.", "May 25 to 30"),
        ("paid ⟦1⟧,000,000 euros", "1,000,000"),
        ("rose by 0.⟦5 percent⟧.", "0.5 percent"),
        ("met ⟦Mohammad⟧-Hassan Habibzadeh", "Mohammad-Hassan"),
        ("an ⟦11⟧-year career", "11"),
        ("the ⟦capital of the⟧ state", "capital"),
        ("met ⟦of Ankara and⟧ others", "Ankara"),
        ("is ⟦the⟧ best", ""),
        ("vitamin ⟦A⟧ helps", "A"),
        ("it has ⟦8,935,112³⟧ people", "8,935,112"),  # the mark of a note
        ("it has ⟦453¹²⟧ people", "453"),
        ("it has ⟦10⁶⟧ cells", "10⁶"),
        ("it has ⟦5 km²⟧ of land", "5 km²"),
        ("was ⟦banned.\n\nProblems went on⟧ later", "banned"),
    ],
)
def test_tidy_completes_dates_numbers_and_names_and_drops_loose_ends(marked: str, tidied: str) -> None:
    before, inside, after = re.split("[⟦⟧]", marked)
    text = before + inside + after
    span = tidy(text, Span(len(before), len(before) + len(inside)), within=Span(0, len(text)))
    assert span.of(text) == tidied


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("why was he banned?", True),
        ("How do cestids swim?", True),
        ("For what reason did he leave?", True),
        ("How many years did it last?", False),
        ("how long is the bridge", False),
        ("How old are they?", False),
        ("Who knows why he left?", False),
        ("whyever not", False),
    ],
)
def test_why_and_how_ask_for_a_clause(question: str, expected: bool) -> None:
    assert asks_for_clause(question) is expected


@pytest.mark.parametrize(
    ("marked", "widened"),
    [
        ("It was late because of ⟦a shortage⟧ of crew, he said.", "because of a shortage of crew"),
        ("They swim by ⟦undulating⟧ their bodies. They eat.", "by undulating their bodies"),
        ("He left due to the sudden ⟦illness⟧; he came back.", "due to the sudden illness"),
        ("It cost him ⟦a fine⟧ of 1,000 euros.", "a fine of 1,000 euros"),
        ("It ended ⟦there⟧.", "there"),
        ("⟦a⟧ b c d e f g h i j k l m n o p.", "a"),
        ("It ⟦failed⟧.[1] Then", "failed"),
        ("nearby ⟦house⟧.", "house"),
    ],
)
def test_widening_takes_in_the_connective_and_the_rest_of_the_clause(marked: str, widened: str) -> None:
    before, inside, after = re.split("[⟦⟧]", marked)
    text = before + inside + after
    span = widen_to_clause(text, Span(len(before), len(before) + len(inside)), within=Span(0, len(text)))
    assert span.of(text) == widened


def test_widening_stays_in_the_passage() -> None:
    text = "because of a shortage of crew, he said"
    assert widen_to_clause(text, Span(13, 21), within=Span(11, 24)) == Span(13, 24)


def test_spans_of_the_same_words_are_one_with_the_margin_of_all() -> None:
    text = "The Ankara talks, and Ankara, and ankara; then Basra."
    found = [(Span(22, 28), 2.0), (Span(0, 10), 1.0), (Span(47, 52), 2.25), (Span(34, 40), 2.0), (Span(5, 5), 9.0)]
    merged = merge(text, found)
    # ln(e^2 + e^1 + e^2) = 2 + ln(2 + 1/e) = 2.862; the place is the first of the best
    assert [(span.of(text), span.start) for span, _ in merged] == [("Basra", 47), ("Ankara", 22)]
    assert [margin for _, margin in merged] == pytest.approx([2.25, 2.862], abs=0.001)
    assert merge("The Who play.", [(Span(0, 3), 0.5)]) == [(Span(0, 3), 0.5)]


@pytest.mark.parametrize(
    ("question", "answer", "repeats"),
    [
        ("who met Okay Memis?", "The diplomat met with the minister", NAME_REPEAT_WEIGHT),
        ("What did the envoy visit?", "the port he visited in May", REPEAT_WEIGHT),
        ("Who met Okay Memis?", "The diplomat", 0.0),
        ("Which railway will be discussed?", "the Shalamcheh railway", 0.0),  # its last word
        ("Who met whom?", "Met Office of Oslo", 0.0),  # its first word, and a name
        ("Who leads the Bank of Spain?", "head of the bank", 0.0),  # a name is no word in lower case
        ("When is it?", "it is the day it was", 0.0),  # function words
        ("Who sings?", "the woman who sings there", NAME_REPEAT_WEIGHT),
        ("Who opened the bridge?", "Bridge", NAME_REPEAT_WEIGHT),  # nothing but the question's words
        ("Who opened the bridge?", "The opening of bridges", NAME_REPEAT_WEIGHT),
        ("Who opened the bridge?", "Bridge Company", 0.0),
        ("Who is Okay Memis?", "Okay Memis", NAME_REPEAT_WEIGHT),
        ("Who won, Memis or Maleki?", "Maleki", 0.0),  # a choice
        (
            "Which park is home to the Kearney house?",
            "Kearney",
            0.0,
        ),  # no name, place or time asked for by who, where, when
    ],
)
def test_length_and_the_words_of_the_question_cost(question: str, answer: str, repeats: float) -> None:
    length = LENGTH_WEIGHT * math.log(1 + len(answer.split()))
    assert find_penalty(question, answer) == pytest.approx(length + repeats)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("who killed Memis", [1.0, 0.0, 1.0]),
        ("Who was killed by strikes there?", [1.0, 0.0, 1.0]),  # both words; "was", "by" and "there" mean nothing
        ("Which guard led strikes?", [0.0, 1 / 3, 2 / 3]),  # guard and led; strike; none
        ("Who is Memis?", [0.0, 0.0, 0.0]),  # a name is no word in lower case
        ("", [0.0, 0.0, 0.0]),
    ],
)
def test_a_sentence_falls_short_of_the_one_with_most_of_the_questions_words(
    question: str, expected: list[float]
) -> None:
    sentences = ["The guards were led by Memis.", "He was killed by a strike.", "Sadeq wept there."]
    assert find_shortfalls(question, sentences) == pytest.approx(expected)


def test_no_sentence_falls_short_of_nothing() -> None:
    assert find_shortfalls("who killed Memis", []) == []
