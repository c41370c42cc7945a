"""Evidence: what the kind of the question says for or against an answer."""

from __future__ import annotations

import pytest

from askbrief.answer.evidence import (
    APPOSITION_WEIGHT,
    NOT_TIME_WEIGHT,
    NUMBER_WEIGHT,
    QUOTED_WEIGHT,
    SPEAKER_WEIGHT,
    find_evidence,
)
from askbrief.answer.penalty import is_unrelated
from askbrief.types import Span


def weigh(question: str, marked: str) -> float:
    """The evidence for what stands between stars in a text."""
    before, answer, after = marked.split("*")
    text = before + answer + after
    return find_evidence(question, text, Span(len(before), len(before) + len(answer)), within=Span(0, len(text)))


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("When did the poet die?", "She died on *June 5* at home."),
        ("When was the bridge opened?", "It was opened in *1931* by the queen."),
        ("When does the choir meet?", "It meets *every Monday evening*."),
        ("When did the ice melt?", "It melted *after the sea rose*."),
        ("When did he leave?", "He left in the *nineteenth century*."),
        ("In what year did the mill burn?", "It burned in *1708*."),
        ("When did Augustus die?", "He died in *AD 14*."),
    ],
)
def test_a_time_for_when_costs_nothing(question: str, marked: str) -> None:
    assert weigh(question, marked) == 0.0


@pytest.mark.parametrize(
    ("question", "marked", "cost"),
    [
        ("When did the poet die?", "The poet dies at *93*", NUMBER_WEIGHT),
        ("When was the shop robbed?", "The thieves took *$40* from it.", NUMBER_WEIGHT),
        ("On what date was the vote?", "The motion won *11* votes.", NUMBER_WEIGHT),
        ("When was it lit?", "It was lit by *about 40* men.", NUMBER_WEIGHT),
        ("When did the envoy arrive?", "The envoy arrived in *Ankara*.", NOT_TIME_WEIGHT),
        ("When will Pell be mayor?", "*Ida Pell* is to be mayor.", NOT_TIME_WEIGHT),
    ],
)
def test_what_is_no_time_costs(question: str, marked: str, cost: float) -> None:
    assert weigh(question, marked) == -cost


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("When Fox left, who replaced him?", "*Gary Kubiak* replaced Fox."),
        ("How old was the poet when she died?", "The poet dies at *93*"),
        ("Who met the envoy?", "*Okay Memis* met the envoy."),
        ("What did the vote come to?", "The motion won *11* votes."),
    ],
)
def test_other_questions_ask_for_no_time(question: str, marked: str) -> None:
    assert weigh(question, marked) == 0.0


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("Who said the card was right?", '"The card was right," *Sand* said of the referee, Joan Pick.'),
        ("Who said that the tide was late?", '"The tide was late," said the pilot, *Bram Oster*.'),
        ("Who told the court of the boat?", "*Mira Solt*, the owner, told the court of the boat."),
        ("Who says the dam will hold?", "The dam will hold, according to *Edda Grange*."),
        ("Who warned of floods?", "*The mayor* also warned of floods."),
    ],
)
def test_who_is_said_to_speak_gains(question: str, marked: str) -> None:
    assert weigh(question, marked) == SPEAKER_WEIGHT


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("Who said the card was right?", '"The card was right," Sand said of the referee, *Joan Pick*.'),
        ("Who said that the tide was late?", 'Bram Oster met *Mira Solt*. "The tide was late," he said.'),
        ("Who is the referee?", '"The card was right," *Sand* said of the referee, Joan Pick.'),
    ],
)
def test_who_is_spoken_of_does_not(question: str, marked: str) -> None:
    assert weigh(question, marked) == 0.0


@pytest.mark.parametrize(
    ("question", "marked", "gain"),
    [
        (
            'Who said "We were lucky with the tide"?',
            '"We were lucky with the tide. An hour later and the boats were gone," *Quill* said.',
            SPEAKER_WEIGHT + QUOTED_WEIGHT,
        ),
        (
            "Who said “it\u2019s over”?",
            "“It's over,” said the pilot, *Bram Oster*.",
            SPEAKER_WEIGHT + QUOTED_WEIGHT,
        ),
        ('Who said "so be it"?', 'The mayor, *Ida Pell*, said: "So be it."', SPEAKER_WEIGHT + QUOTED_WEIGHT),
        # the words of another
        ('Who said "so be it"?', '"So be it," Ann Reed said. "Never," *Ida Pell* said.', SPEAKER_WEIGHT),
        ('Who said "never mind"?', '"So be it," *Ann Reed* said.', SPEAKER_WEIGHT),
    ],
)
def test_who_spoke_the_quoted_words_gains_more(question: str, marked: str, gain: float) -> None:
    assert weigh(question, marked) == gain


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("How many people died in the fire at Port Ellery?", "It was under control after 85 firefighters came.", True),
        ("How many people died in the fire at Port Ellery?", "Ellery has 900 tonnes.", False),
        ("How many people died?", "Two persons were hurt, many more fled.", True),  # "many" asks, it says nothing
        ("Who opened the bridge?", "The opening was on Monday.", False),
        ("What is Pell's job?", "The clerk, Ida Pell, left.", False),  # a possessive is the same word
        ("Why did Ida Pell do it?", "She wanted peace.", False),  # it may speak of her
        ("Who is it?", "Nobody came.", False),  # nothing is asked that a sentence could have
    ],
)
def test_a_sentence_without_a_word_of_the_question_is_about_something_else(
    question: str, sentence: str, expected: bool
) -> None:
    assert is_unrelated(question, sentence) is expected


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("who met Okay Memis?", "The envoy met with the *Secretary-General of the Council*, Okay Memis, in Ankara."),
        ("who met okay memis?", "The envoy met *the Secretary-General*, Okay Memis."),
        ("Who hit Ida Pell?", "Ida Pell, *the mayor of Linn*, was hit by a ball."),
        ("Whom did Ida Pell see?", "Ida Pell, *Linn's mayor*, saw the envoy."),
    ],
)
def test_what_the_one_that_a_question_names_is_called_is_not_who_is_asked_for(question: str, marked: str) -> None:
    assert weigh(question, marked) == -APPOSITION_WEIGHT


@pytest.mark.parametrize(
    ("question", "marked"),
    [
        ("Who is Okay Memis?", "The envoy met *the Secretary-General*, Okay Memis, in Ankara."),
        ("Who was Ida Pell?", "Ida Pell, *the mayor of Linn*, was hit by a ball."),
        ("Who met Okay Memis?", "*The envoy*, Ana Ruiz, met Okay Memis."),
        ("Who met Okay Memis?", "*The envoy* met Okay Memis, the Secretary-General."),
        ("Who met Okay Memis?", "*The envoy*, Okay Memis, and Ana Ruiz met."),
        ("Who met Okay Memis?", "*Ana Ruiz*, Okay Memis, Cleo Dorn: all of them came."),
        ("What did Okay Memis lead?", "The envoy met *the Secretary-General*, Okay Memis."),
    ],
)
def test_others_and_those_whose_description_is_asked_for_cost_nothing(question: str, marked: str) -> None:
    assert weigh(question, marked) == 0.0
