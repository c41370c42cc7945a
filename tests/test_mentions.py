"""Mentions and small talk: what is asked, what is counted, and how it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.answer.mentions import find_phrase
from askbrief.answer.schema import answer_as_json, load_answer
from askbrief.answer.small_talk import ADVICE, is_small_talk
from askbrief.assistant import Assistant
from askbrief.cli.main import run
from askbrief.output.text import render_answer
from askbrief.types import Answer, Mentions


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("Which article mentions Okay Memis?", "Okay Memis"),
        ("which of the documents mention the PKK?", "PKK"),
        ("What files contain the word “railway”?", "railway"),
        ("list every mention of Ankara", "Ankara"),
        ("Show me all mentions of the phrase 'in the capital'.", "in the capital"),
        ("find mentions of Baghdad in these articles", "Baghdad"),
        ("How many articles mention Hazem Razi?", "Hazem Razi"),
        ("in how many documents is Ankara mentioned?", "Ankara"),
        ("Where is Okay Memis mentioned?", "Okay Memis"),
        ("how often was the drone mentioned", "drone"),
        ("Where do the articles mention Basra?", "Basra"),
        ("list all articles that mention Iran", "Iran"),
        ('which article mentions "The Hague"?', "The Hague"),
    ],
)
def test_what_asks_for_mentions(question: str, phrase: str) -> None:
    assert find_phrase(question) == phrase


@pytest.mark.parametrize(
    "question",
    [
        "Who mentioned Ankara?",
        "Which article of the constitution protects speech?",
        "Where is the envoy?",
        "which article mentions it?",
        "where is he mentioned?",
        "What did the report say?",
        "How many articles does the treaty have?",
        "which article mentions ???",
        "list the members of the committee",
    ],
)
def test_what_does_not(question: str) -> None:
    assert find_phrase(question) == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "news"
    root.mkdir()
    for name, text in (
        ("a.txt", "Okay Memis met the envoy. They left.\n\nLater MEMIS flew home, as Okay\nMemis said.\n"),
        ("b.txt", "Nobody knew Okay Memisson.\n"),
        ("c.txt", "Okay Me\u0301mis's train was late.\n"),
        ("d.txt", "Okay, Memis is not here.\n"),
    ):
        (root / name).write_text(text, encoding="utf-8")
    return root


def ask(folder: Path, question: str, *, top: int = 1) -> Answer:
    with Assistant.open(folder, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
        return assistant.ask(question, top=top)


def test_mentions_are_counted_and_the_first_of_each_article_comes_first(folder: Path) -> None:
    answer = ask(folder, "which article mentions okay memis?")
    assert (answer.outcome, answer.answered) == ("mentions", True)
    # Whole words in this order, over a line's end, whatever their case and accents; no longer word, no comma between.
    assert answer.mentions == Mentions("okay memis", 3, 2)
    found = [(span.path, span.text, span.span.start) for span in answer.answers]
    assert found == [("a.txt", "Okay Memis", 0), ("c.txt", "Okay Me\u0301mis", 0), ("a.txt", "Okay\nMemis", 64)]
    for span in answer.answers:
        assert span.span.of((folder / span.path).read_text(encoding="utf-8")) == span.text


def test_one_word_is_found_in_any_writing_but_not_in_another_form(folder: Path) -> None:
    answer = ask(folder, "how often is Memis mentioned?")
    assert answer.mentions == Mentions("Memis", 5, 3)
    assert ask(folder, "how often is trains mentioned?").mentions == Mentions("trains", 0, 0)


def test_at_least_five_places_are_shown_and_as_many_as_were_asked_for(folder: Path) -> None:
    (folder / "a.txt").write_text("Basra. " * 9, encoding="utf-8")
    shown = ask(folder, "where is Basra mentioned?")
    assert (shown.mentions, len(shown.answers)) == (Mentions("Basra", 9, 1), 5)
    assert render_answer(shown).plain.startswith("“Basra” is mentioned 9 times in 1 article; the first 5:\n\n")
    assert len(ask(folder, "where is Basra mentioned?", top=7).answers) == 7


def test_filters_hold_for_mentions(folder: Path) -> None:
    (folder / "e.md").write_text("Okay Memis slept.\n", encoding="utf-8")
    answer = ask(folder, "which article mentions Okay Memis? type:md")
    assert (answer.mentions, [span.path for span in answer.answers]) == (Mentions("Okay Memis", 1, 1), ["e.md"])
    assert answer.filtered == "1 article MD files"


def test_what_is_mentioned_nowhere_is_said_and_asked_as_a_question(folder: Path) -> None:
    answer = ask(folder, "which article mentions Zahedan?")
    # All cosines are 1: near, but scaled to 0. The reader's margin of 5 gives 1 / (1 + e^(3.404 - 0.253 × 5)) = 0.11.
    assert (answer.mentions, answer.outcome) == (Mentions("Zahedan", 0, 0), "no_short_answer")
    assert render_answer(answer).plain.startswith("“Zahedan” stands nowhere in these articles.\n\n")


def test_mentions_as_text_and_as_json(folder: Path) -> None:
    answer = ask(folder, "which article mentions Okay Memis?")
    lines = render_answer(answer).plain.split("\n")
    assert lines[:4] == [
        "“Okay Memis” is mentioned 3 times in 2 articles.", "", "  Okay Memis met the envoy.", ""
    ]  # fmt: skip
    line = answer_as_json(answer)
    assert '"mentions": {"phrase": "Okay Memis", "count": 3, "documents": 2}' in line
    assert load_answer(line).mentions == answer.mentions
    assert load_answer(line).outcome == "mentions"
    assert '"mentions"' not in answer_as_json(ask(folder, "who met the envoy?"))


@pytest.mark.parametrize(
    "line",
    ["hi", "Hello!", "thanks!", "Thank you very much.", "ok", "OK, thanks", "good morning", "Hi there :-)", "Bye"],
)
def test_small_talk(line: str) -> None:
    assert is_small_talk(line)


@pytest.mark.parametrize(
    "line",
    [
        "where?",
        "Hi, who met Memis?",
        "thanks to whom was he freed?",
        "good harvest",
        "OK Corral",
        "who is OK?",
        "Hello Kitty",
    ],
)
def test_no_small_talk(line: str) -> None:
    assert not is_small_talk(line)


@pytest.mark.usefixtures("fake_models")
def test_small_talk_gets_a_line_on_what_can_be_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "thanks!", "-C", str(folder)]) == 3
    assert capsys.readouterr().out == f"{ADVICE}\n"
    answer = ask(folder, "thanks!")
    assert (answer.outcome, answer.answers, answer.hits, answer.nearest) == ("not_in_documents", (), (), None)
