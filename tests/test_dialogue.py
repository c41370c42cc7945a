"""Conversations: follow-ups are searched as whole questions, in the open, and the articles at hand come first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.answer.dialogue import Said, Turn, build_turn
from askbrief.answer.fuse import BOOST
from askbrief.assistant import Assistant
from askbrief.types import Document, Passage, Reading, Span

pytestmark = pytest.mark.usefixtures("only_margins")


class AskedReader(FakeReader):
    """Answers a question with the words and the margin given for it; keeps what it was asked, in how many passages."""

    def __init__(self, **known: tuple[str, float]) -> None:
        super().__init__()
        self.known = {question.replace("_", " "): found for question, found in known.items()}
        self.asked: list[tuple[str, int]] = []

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        self.asked.append((question, len(passages)))
        words, margin = self.known.get(question.rstrip("?"), ("?", 0.0))
        found = []
        for _, passage in passages:
            at = passage.text.find(words)
            start = passage.span.start + at
            found.append([] if at < 0 else [Reading(Span(start, start + len(words)), margin)])
        return found


WHO = "who met Okay Memis?"
MET = {"who_met_Okay_Memis": ("The envoy", 5.0)}


def make_assistant(folder: Path, reader: AskedReader) -> Assistant:
    return Assistant.open(folder, encoder=FakeEncoder(), reader=reader)


def test_a_turn_is_what_a_conversation_remembers_of_an_answer(articles: Path) -> None:
    with make_assistant(articles, AskedReader(**MET)) as assistant:
        answer = assistant.ask(WHO)
    turn = build_turn(answer)
    said = Said("The envoy", "The envoy met Okay Memis in Ankara.", answer.answers[0].document_id, "", None)
    assert (turn.asked, turn.searched, turn.focus) == (WHO, WHO, "")
    assert [(one.text, one.sentence, one.document_id) for one in turn.answers] == [
        (said.text, said.sentence, said.document_id)
    ]


def test_without_history_a_question_is_searched_as_typed(articles: Path) -> None:
    reader = AskedReader()
    with make_assistant(articles, reader) as assistant:
        answer = assistant.ask("where?", refresh=True)
    assert (answer.question, answer.searched, answer.how, answer.rewrites) == ("where?", "where?", "as typed", ())
    assert {question for question, _ in reader.asked} == {"where?"}


def test_where_asks_the_question_before_with_another_question_word(articles: Path) -> None:
    # Of "the envoy" and "someone" the first is answered, with 1 / (1 + e^-4); the other, not at all, is not close.
    reader = AskedReader(**MET, where_did_the_envoy_meet_Okay_Memis=("Ankara", 4.0))
    with make_assistant(articles, reader) as assistant:
        talk = assistant.conversation()
        assert talk.ask(WHO).text == "The envoy"
        reader.asked.clear()
        answer = talk.ask("where?")
    assert (answer.question, answer.searched) == ("where?", "where did the envoy meet Okay Memis?")
    assert (answer.text, answer.how, answer.focus) == ("Ankara", "same question, other question word", WHO)
    assert answer.rewrites == ("where did the envoy meet Okay Memis?", "where did someone meet Okay Memis?")
    assert answer.offered == ""
    # Each rewrite was read in two passages, at the same time; then the chosen one in the one that said nothing.
    assert sorted(reader.asked[:2]) == sorted((question, 2) for question in answer.rewrites)
    assert reader.asked[2:] == [("where did the envoy meet Okay Memis?", 1)]
    assert set(answer.timings_ms) == {"refresh", "rewrite", "search", "read", "conclude", "total"}
    assert [turn.asked for turn in talk.history] == [WHO, "where?"]
    assert talk.history[1].searched == answer.searched


def test_the_rewrite_that_is_answered_best_is_chosen_and_a_close_one_offered(articles: Path) -> None:
    # Log-odds less 0.3 a place: 1.0 - 0.0 and 2.0 - 0.3; the second is ahead, and the first within 1.0 of it.
    reader = AskedReader(
        **MET,
        where_did_the_envoy_meet_Okay_Memis=("Ankara", 1.0),
        where_did_someone_meet_Okay_Memis=("Okay", 2.0),
    )
    with make_assistant(articles, reader) as assistant:
        talk = assistant.conversation()
        talk.ask(WHO)
        answer = talk.ask("where?")
    assert (answer.searched, answer.text) == ("where did someone meet Okay Memis?", "Okay")
    assert answer.offered == "where did the envoy meet Okay Memis?"


def test_a_rewrite_farther_than_one_is_not_offered(articles: Path) -> None:
    reader = AskedReader(
        **MET,
        where_did_the_envoy_meet_Okay_Memis=("Ankara", 1.0),
        where_did_someone_meet_Okay_Memis=("Okay", 2.4),
    )
    with make_assistant(articles, reader) as assistant:
        talk = assistant.conversation()
        talk.ask(WHO)
        answer = talk.ask("where?")
    assert (answer.searched, answer.offered) == ("where did someone meet Okay Memis?", "")


def test_a_question_that_stands_by_itself_carries_nothing_over(articles: Path) -> None:
    reader = AskedReader(**MET)
    with make_assistant(articles, reader) as assistant:
        talk = assistant.conversation()
        talk.ask(WHO)
        typed = talk.ask("Where does the railway to Baghdad open?")
        alone = assistant.ask("Where does the railway to Baghdad open?")
    assert (typed.searched, typed.rewrites, typed.focus) == ("Where does the railway to Baghdad open?", (), "")
    assert [(hit.path, hit.score) for hit in typed.hits] == [(hit.path, hit.score) for hit in alone.hits]


def test_as_typed_nothing_is_taken_up_but_the_turn_is_kept(articles: Path) -> None:
    reader = AskedReader(**MET, where_did_the_envoy_meet_Okay_Memis=("Ankara", 4.0))
    with make_assistant(articles, reader) as assistant:
        talk = assistant.conversation()
        talk.ask(WHO)
        answer = talk.ask("where?", as_typed=True)
    assert (answer.searched, answer.how) == ("where?", "as typed")
    assert [turn.searched for turn in talk.history] == [WHO, "where?"]


def test_the_articles_of_the_last_answers_are_boosted(articles: Path) -> None:
    reader = AskedReader(**MET, where_did_the_envoy_meet_Okay_Memis=("Ankara", 4.0))
    with make_assistant(articles, reader) as assistant:
        history = (build_turn(assistant.ask(WHO)),)
        followed = assistant.trace("where?", history=history)
        alone = assistant.trace("where did the envoy meet Okay Memis?")
    scores = [{c.document.path: c.match.score for c in trace.candidates} for trace in (followed, alone)]
    assert scores[0]["a.txt"] == pytest.approx(scores[1]["a.txt"] + BOOST)
    assert scores[0]["b.md"] == scores[1]["b.md"]


def test_history_can_be_handed_in_without_an_answer_object(articles: Path) -> None:
    reader = AskedReader(where_did_the_envoy_meet_Okay_Memis=("Ankara", 4.0))
    with make_assistant(articles, reader) as assistant:
        answer = assistant.ask("where?", history=[Turn(WHO, WHO, (Said("the envoy"),))])
    assert (answer.searched, answer.text) == ("where did the envoy meet Okay Memis?", "Ankara")


def test_filters_of_a_follow_up_hold_for_it_alone(articles: Path) -> None:
    reader = AskedReader(**MET, where_did_the_envoy_meet_Okay_Memis=("Ankara", 4.0))
    with make_assistant(articles, reader) as assistant:
        talk = assistant.conversation()
        talk.ask(WHO)
        none = talk.ask("where? type:md")
        again = talk.ask("where?")
    assert (none.searched, none.filtered, none.answered) == (
        "where did the envoy meet Okay Memis?",
        "1 article MD files",
        False,
    )
    assert (again.filtered, again.text) == ("", "Ankara")
