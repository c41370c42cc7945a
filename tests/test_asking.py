"""``askbrief ask``: filters and order as options, follow-ups, and what is saved."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from conftest import FakeEncoder, FakeReader
from test_dialogue import MET, WHO, AskedReader

from askbrief import assistant
from askbrief.cli.main import run
from askbrief.conversations import shell
from askbrief.conversations.saved import Conversations
from askbrief.output import progress

WHERE = "where did the envoy meet Okay Memis?"


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, only_margins: None) -> None:
    reader = AskedReader(
        **MET, where_did_the_envoy_meet_Okay_Memis=("Ankara", 4.0), whom_did_the_envoy_meet=("Okay", 4.0)
    )
    monkeypatch.setattr(assistant, "load_encoder", lambda *_, **__: FakeEncoder())
    monkeypatch.setattr(assistant, "load_reader", lambda *_, **__: reader)
    monkeypatch.setattr(assistant, "load_second_look", lambda *_, **__: None)
    monkeypatch.setattr(progress, "QUIET_SECONDS", 3600.0)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_history: None) -> Path:
    """The user's data folder; questions are saved in it."""
    monkeypatch.delenv("ASKBRIEF_HISTORY")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def saved(data: Path) -> Iterator[Conversations]:
    with Conversations() as found:
        yield found


def ask(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    run(["ask", *arguments, "--json", "-C", str(folder)])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def find_questions(saved: Conversations) -> list[list[str]]:
    """The questions of each conversation, the last used first."""
    found = saved.list_conversations()
    return [[entry.answer.question for entry in saved.iter_entries(conversation.id)] for conversation in found]


@pytest.mark.parametrize(
    ("options", "described", "paths"),
    [
        (["--type", "md"], "1 article MD files", ["b.md"]),
        (["--type", "md", "--type", "txt"], "2 articles MD or TXT files", ["a.txt", "b.md"]),
        (["--title", "trains"], '1 article title with "trains"', ["b.md"]),
        (["--in", "old"], "0 articles in old/", []),
        (["--source", "a.t"], "1 article from a.t", ["a.txt"]),
        (
            ["--since", "2025-05", "--until", "2025-06"],
            "0 articles since May 2025, until June 2025; 2 without a date left out",
            [],
        ),
    ],
)
def test_filters_are_options_too(
    options: list[str], described: str, paths: list[str], articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fields,) = ask(articles, capsys, WHO, *options)
    assert (fields["filtered"], sorted(hit["path"] for hit in fields["passages"])) == (described, paths)
    run(["search", "the", *options, "--json", "-C", str(articles)])
    found = json.loads(capsys.readouterr().out)["passages"]
    assert sorted(hit["path"] for hit in found) == paths


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "soon"], "since:soon is no date"),
        (["--since", "2025", "--since", "2024"], "the filter since: is given twice"),
        (["--since", "2025", "--until", "2024"], "since:2025-01-01 is after until:2024-12-31"),
        (["--in", "/etc"], "in:/etc is no folder below the articles' own"),
    ],
)
def test_a_wrong_filter_is_named(
    arguments: list[str], message: str, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", WHO, *arguments, "-C", str(articles)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0]) == ("", f"askbrief: {message}.")


def test_sort_by_date_puts_the_newest_credible_answer_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "load_reader", lambda *_, **__: FakeReader())
    for name, words in (("2025-05-01-a.txt", "Memis"), ("2025-05-20-b.txt", "Razi"), ("c.txt", "Sadeq")):
        (tmp_path / name).write_text(f"{words} met the envoy.\n", encoding="utf-8")
    # All are found and read alike, and rows break the tie.
    for options, texts in (([], ["Memis", "Razi", "Sadeq"]), (["--sort", "date"], ["Razi", "Memis", "Sadeq"])):
        (fields,) = ask(tmp_path, capsys, "who met the envoy?", "--top", "3", *options)
        assert [answer["text"] for answer in fields["answers"]] == texts
    (fields,) = ask(tmp_path, capsys, "who met the envoy most recently?")
    assert fields["answers"][0]["text"] == "Razi"
    assert run(["ask", "who?", "--sort", "age", "-C", str(tmp_path)]) == 2


def test_what_is_asked_is_saved_in_one_conversation_a_day(
    articles: Path, saved: Conversations, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(articles, capsys, WHO)
    ask(articles, capsys, "where?")
    assert find_questions(saved) == [[WHO, "where?"]]
    (conversation,) = saved.list_conversations(articles)
    assert (conversation.title, conversation.view) == (WHO, shell.VIEW)
    # Without --continue nothing is taken up.
    assert [entry.answer.searched for entry in saved.iter_entries(conversation.id)] == [WHO, "where?"]


def test_the_next_day_has_a_conversation_of_its_own(
    articles: Path, saved: Conversations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(articles, capsys, WHO)
    with saved._file.writing() as connection:
        before = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1000)
        connection.execute("UPDATE conversations SET updated_ms = ?", (before,))
    ask(articles, capsys, "where?")
    assert find_questions(saved) == [["where?"], [WHO]]


def test_each_folder_has_its_own(
    articles: Path, tmp_path: Path, saved: Conversations, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("Nobody came.\n", encoding="utf-8")
    ask(articles, capsys, WHO)
    ask(other, capsys, "who came?")
    assert find_questions(saved) == [["who came?"], [WHO]]


def test_a_conversation_of_the_chat_is_left_alone_but_can_be_continued(
    articles: Path, saved: Conversations, capsys: pytest.CaptureFixture[str]
) -> None:
    with assistant.Assistant.open(articles) as opened:
        saved.begin(articles, opened.ask(WHO))
    (fields,) = ask(articles, capsys, "--continue", "where?")
    assert (fields["searched"], fields["answers"][0]["text"]) == (WHERE, "Ankara")
    assert find_questions(saved) == [[WHO, "where?"]]
    ask(articles, capsys, "who came?")
    assert find_questions(saved) == [["who came?"], [WHO, "where?"]]


def test_continue_takes_up_the_last_question_of_the_folder(
    articles: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(articles, capsys, WHO)
    (fields,) = ask(articles, capsys, "--continue", "where?")
    assert (fields["asked"], fields["searched"], fields["focus"]) == ("where?", WHERE, WHO)
    assert fields["how"] == "same question, other question word"
    assert run(["ask", "--continue", "where?", "-C", str(articles)]) == 0
    assert capsys.readouterr().out.startswith(f"↳ searched: {WHERE}\n\nAnkara\n")


@pytest.mark.parametrize("is_kept", [True, False])
def test_continue_without_anything_to_take_up_says_so(
    is_kept: bool, articles: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_kept:
        monkeypatch.setenv("ASKBRIEF_HISTORY", "0")
    run(["ask", "--continue", "where?", "-C", str(articles)])
    assert capsys.readouterr().err == (
        "askbrief: there is no earlier question about this folder; the question is searched as typed.\n"
    )


def test_history_can_be_switched_off(
    articles: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKBRIEF_HISTORY", "0")
    ask(articles, capsys, WHO)
    monkeypatch.delenv("ASKBRIEF_HISTORY")
    (articles / "askbrief.toml").write_text("history = false\n", encoding="utf-8")
    ask(articles, capsys, WHO)
    assert not data.exists()


def test_an_answer_is_given_even_where_it_cannot_be_saved(
    articles: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data.write_text("in the way", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{WHO}\n{WHO}\n"))
    assert run(["ask", "-", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert out.count("The envoy\n\n") == 2
    assert err.count("askbrief: the question was not saved: ") == err.count("\n") == 1


def test_a_conversation_is_read_line_by_line(
    articles: Path, saved: Conversations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [WHO, "?", "where?", "Where does the railway to Baghdad open?"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    found = ask(articles, capsys, "--conversation", "-")
    assert [fields["question"] for fields in found] == lines
    assert [fields.get("searched") for fields in found] == [WHO, None, WHERE, lines[3]]
    assert found[1]["error"] == "the question is empty"
    assert found[2]["answers"][0]["text"] == "Ankara"
    assert found[2]["candidates"] == [WHERE, "where did someone meet Okay Memis?"]
    assert find_questions(saved) == [[WHO, "where?", lines[3]]]


def test_lines_of_a_batch_are_asked_one_by_one(
    articles: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{WHO}\nwhere?\n"))
    assert [fields["searched"] for fields in ask(articles, capsys, "-")] == [WHO, "where?"]


@pytest.mark.parametrize("arguments", [["--conversation", "where?"], ["--conversation", "--continue", "-"]])
def test_a_conversation_needs_standard_input(
    arguments: list[str], articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", *arguments, "-C", str(articles)]) == 2
    assert "give - as QUESTION" in capsys.readouterr().err
