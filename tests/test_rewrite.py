"""Follow-ups: which candidate questions, in which order, and when none."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.answer.grammar import find_lemma, parse_question
from askbrief.answer.rewrite import MAX_REWRITES, Said, Turn, build_rewrites, choose_rewrite, find_boosted

MEETING = Turn(
    "who met Ana Ruiz?",
    "who met Ana Ruiz?",
    (Said("The Danish envoy", "The Danish envoy met Ana Ruiz in Oslo on Monday.", "d1", "Talks", date(2024, 3, 5)),),
)
FIRE = Turn(
    "Which fire threatens Cedar Grove?",
    "Which fire threatens Cedar Grove?",
    (Said("Miller Fire", "The Miller Fire threatens Cedar Grove.", "d2"),),
)
ARREST = Turn(
    "Who was arrested for the theft of the Larsen papers?",
    "Who was arrested for the theft of the Larsen papers?",
    (Said("Peter Holm", "Peter Holm, 41, was arrested.", "d3"),),
)


def rewrite(question: str, *history: Turn) -> list[str]:
    return [candidate.text for candidate in build_rewrites(question, history)]


def test_first_question_is_searched_as_typed() -> None:
    assert build_rewrites("where?", []) == ()


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("where?", "where did the Danish envoy meet Ana Ruiz?"),
        ("and when was that?", "when did the Danish envoy meet Ana Ruiz?"),
        ("why?", "why did the Danish envoy meet Ana Ruiz?"),
        ("so how long exactly?", "how long did the Danish envoy meet Ana Ruiz?"),
    ],
)
def test_bare_question_word_goes_to_the_question_before(question: str, best: str) -> None:
    assert rewrite(question, MEETING)[0] == best


def test_answer_of_a_place_question_is_kept_for_the_time() -> None:
    second = Turn("where?", "where did the Danish envoy meet Ana Ruiz?", (Said("Oslo"),))
    assert rewrite("when?", MEETING, second)[0] == "when did the Danish envoy meet Ana Ruiz in Oslo?"


def test_answer_takes_the_place_of_the_question_phrase_with_an_auxiliary() -> None:
    assert rewrite("when?", ARREST)[0] == "when was Peter Holm arrested for the theft of the Larsen papers?"


def test_pronoun_after_who_is_the_person_found() -> None:
    assert rewrite("how old is he?", ARREST) == ["how old is Peter Holm?"]


def test_pronoun_after_which_is_the_thing_found_with_its_article() -> None:
    assert rewrite("how big is it?", FIRE)[0] == "how big is the Miller Fire?"


def test_pronoun_goes_on_with_what_the_last_pronoun_meant() -> None:
    second = Turn("how big is it?", "how big is the Miller Fire?", (Said("40 acres"),), focus="the Miller Fire")
    assert rewrite("what started it?", FIRE, second) == ["what started the Miller Fire?"]


def test_what_the_last_pronoun_meant_may_end_in_a_small_letter() -> None:
    second = Turn("is it out?", "is the Miller fire out?", (Said("40% contained"),), focus="the Miller fire")
    assert rewrite("what started it?", FIRE, second)[0] == "what started the Miller fire?"


def test_pronoun_does_not_take_a_name_of_another_gender() -> None:
    turn = Turn("did Maria Lopez meet Robert Blake?", "did Maria Lopez meet Robert Blake?")
    assert rewrite("where does she live?", turn)[0] == "where does Maria Lopez live?"
    assert rewrite("where does he live?", turn)[0] == "where does Robert Blake live?"


def test_possessive_pronoun_becomes_a_possessive_name() -> None:
    turn = Turn("Who is Maria Lopez?", "Who is Maria Lopez?", (Said("a lawyer"),))
    assert rewrite("what is her job?", turn)[0] == "what is Maria Lopez’s job?"


def test_there_is_a_place() -> None:
    turn = Turn("what did Sweden sign with Ghana?", "what did Sweden sign with Ghana?")
    assert rewrite("who travelled there?", turn)[:2] == ["who travelled to Sweden?", "who travelled to Ghana?"]
    assert rewrite("who lives there?", turn)[0] == "who lives in Sweden?"


def test_what_about_exchanges_the_name_of_the_same_kind() -> None:
    turn = Turn("What did Sweden sign with Ghana?", "What did Sweden sign with Ghana?")
    found = build_rewrites("what about Kenya?", [turn])
    assert (found[0].text, found[0].how, found[0].focus) == (
        "What did Sweden sign with Kenya?",
        "name exchanged",
        "Ghana",
    )


def test_and_a_name_exchanges_it() -> None:
    turn = Turn("what did Ana Ruiz say about Larsen?", "what did Ana Ruiz say about Larsen?")
    assert rewrite("and Peter Holm?", turn)[0] == "what did Peter Holm say about Larsen?"


def test_back_to_an_earlier_thing() -> None:
    railway = Turn(
        "Which railway will be discussed?",
        "Which railway will be discussed?",
        (Said("the Lund-Malmo railway", "They will discuss the Lund-Malmo railway."),),
    )
    other = Turn("who leads Norway?", "who leads Norway?", (Said("Ola Nordmann"),))
    assert rewrite("back to the railway: which cities does it connect?", railway, other)[0] == (
        "which cities does the Lund-Malmo railway connect?"
    )


def test_they_after_a_bare_question_are_the_people_of_the_whole_question() -> None:
    where = Turn("where?", "where did the Danish envoy meet Ana Ruiz?", (Said("Oslo"),), MEETING.searched)
    when = Turn("when was that?", "when did the Danish envoy meet Ana Ruiz in Oslo?", (Said("Monday"),), where.searched)
    assert rewrite("what did they discuss?", MEETING, where, when)[0] == (
        "what did Ana Ruiz and the Danish envoy discuss?"
    )


def test_it_is_the_subject_that_the_question_describes() -> None:
    turn = Turn(
        "how strong was the storm that hit Cuba on Sunday?", "how strong was the storm that hit Cuba on Sunday?"
    )
    assert rewrite("when did it start?", turn)[0] == "when did the storm that hit Cuba on Sunday start?"


def test_it_stays_the_same_thing_after_a_whole_sentence_as_answer() -> None:
    polar = Turn(
        "is it contained?",
        "is the Miller Fire contained?",
        (
            Said(
                "The Miller Fire on the Costa Verde was contained.", "The Miller Fire on the Costa Verde was contained."
            ),
        ),
        "the Miller Fire",
    )
    assert rewrite("what started it?", FIRE, polar) == ["what started the Miller Fire?"]


def test_a_person_is_neither_a_company_nor_an_acronym_nor_what_was_asked_for_as_a_thing() -> None:
    fired = Turn("Why did Google fire Peter Holm?", "Why did Google fire Peter Holm?")
    named = Turn("what does NOVA stand for?", "what does NOVA stand for?", (Said("New Orbital Vision Array"),))
    assert rewrite("when was he hired?", fired, named) == ["when was Peter Holm hired?"]


def test_both_pronouns_are_put_in() -> None:
    turn = Turn("Who did Google hire?", "Who did Google hire?", (Said("Peter Holm"),))
    assert "how long did Peter Holm work at Google?" in rewrite("how long did he work there?", turn)


def test_what_a_thing_is_called_is_spoken_of_by_that_name() -> None:
    turn = Turn("what is the rebel group called?", "what is the rebel group called?", (Said("Northern Front"),))
    assert rewrite("what do they want?", turn)[0] == "what do Northern Front want?"


def test_a_numbered_name_is_taken_whole() -> None:
    turn = Turn("why was Red No. 3 banned?", "why was Red No. 3 banned?", (Said("cancer"),))
    assert rewrite("what is it made of?", turn)[0] == "what is Red No. 3 made of?"


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("for how long?", "for how long did the captains have to leave?"),
        ("under which law?", "under which law did the captains have to leave?"),
    ],
)
def test_counted_things_are_the_subject_and_had_to_is_asked_with_did(question: str, best: str) -> None:
    turn = Turn("how many captains had to leave?", "how many captains had to leave?", (Said("13"),))
    assert rewrite(question, turn)[0] == best


def test_a_question_for_a_reaction_takes_up_to_what() -> None:
    found = build_rewrites("how did Norway react?", [FIRE])
    assert (found[0].text, found[1].text) == ("how did Norway react (the Miller Fire)?", "how did Norway react?")


def test_a_short_question_about_something_definite_may_be_typed_as_meant() -> None:
    assert rewrite("who is the chief?", FIRE)[:2] == ["who is the chief (the Miller Fire)?", "who is the chief?"]


@pytest.mark.parametrize(
    "question",
    [
        "Who won the Kestrel Prize in 2019?",
        "What group announced that it would disband?",
        "how many seats does the Rialto theatre in Aarhus have?",
        "What are supertankers?",
    ],
)
def test_questions_that_stand_alone_are_searched_as_typed(question: str) -> None:
    assert build_rewrites(question, [MEETING, FIRE]) == ()


def test_short_question_without_a_name_gets_the_topic_and_stays_possible_as_typed() -> None:
    found = build_rewrites("how many people died?", [FIRE])
    assert "how many people died (the Miller Fire)?" in [one.text for one in found]
    assert (found[1].text, found[1].how) == ("how many people died?", "as typed")


def test_choice_weighs_confidence_against_rank() -> None:
    assert choose_rewrite([0.5, 0.55]) == (0, 1)  # 0.0 against 0.20 - 0.3
    assert choose_rewrite([0.5, 0.7, 0.1]) == (1, 0)  # 0.0 against 0.85 - 0.3
    assert choose_rewrite([0.9]) == (0, None)
    assert choose_rewrite([0.0, 1.0]) == (1, None)
    with pytest.raises(ValueError, match="no candidate"):
        choose_rewrite([])


def test_boosted_articles_are_those_of_the_last_two_answers() -> None:
    nothing = Turn("why?", "why?")
    assert find_boosted([ARREST, MEETING, FIRE]) == {"d1", "d2"}
    assert find_boosted([MEETING, FIRE, nothing]) == {"d2"}


@pytest.mark.parametrize(
    ("verb", "lemma"),
    [("met", "meet"), ("visited", "visit"), ("stopped", "stop"), ("created", "create"), ("died", "die"),
     ("announced", "announce"), ("toppled", "topple"), ("carried", "carry"), ("replaced", "replace")],
)  # fmt: skip
def test_lemma(verb: str, lemma: str) -> None:
    assert find_lemma(verb) == (lemma, "did")


def test_question_in_its_parts() -> None:
    parsed = parse_question("Which British singer was on Lombok?")
    assert parsed is not None
    assert (parsed.phrase, parsed.auxiliary, parsed.rest, parsed.is_subject) == (
        "Which British singer",
        "was",
        "on Lombok",
        True,
    )
    parsed = parse_question("Which countries will Sharif visit?")
    assert parsed is not None
    assert (parsed.phrase, parsed.rest, parsed.is_subject) == ("Which countries", "Sharif visit", False)
    assert parse_question("Tell me more") is None


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_any_text_gives_at_most_four_candidates_on_one_line(question: str, earlier: str, answer: str) -> None:
    found = build_rewrites(question, [Turn(earlier, earlier, (Said(answer, answer),))])
    assert len(found) <= MAX_REWRITES
    assert all(one.text.strip() and "\n" not in one.text for one in found)
    assert len({one.text.casefold() for one in found}) == len(found)


def test_do_it_takes_up_no_thing_first() -> None:
    jailed = Turn("who was jailed for the theft?", "who was jailed for the theft?", (Said("Peter Holm"),))
    assert rewrite("why did he do it?", jailed) == ["why did Peter Holm do it?", "why did Peter Holm do it (theft)?"]
