"""The history: listed, searched, exported, marked, deleted; and answers opened at their places."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import click
import platformdirs
import pytest

from askbrief.answer.schema import load_answer
from askbrief.cli import history as history_command
from askbrief.cli.main import run
from askbrief.conversations.saved import Conversations
from askbrief.errors import AskbriefError
from askbrief.output.history import describe_entry
from askbrief.output.markdown import iter_history_markdown
from askbrief.output.opening import Target, build_command, build_target, fill_command, open_target
from askbrief.types import Answer, AnswerSpan, Freshness, Mentions, Outcome, Place, Span

SENTENCE = "The envoy met Okay Memis in Ankara."
FILE = Path("/f/a b.pdf")


def make_span(words: str = "Okay Memis", *, path: str = "a.txt", sentence: str = SENTENCE) -> AnswerSpan:
    start = sentence.index(words)
    return AnswerSpan(
        text=words,
        confidence=0.9,
        document_id="0123456789abcdef",
        path=path,
        title="Visit",
        date=date(2025, 5, 25),
        span=Span(start, start + len(words)),
        sentence=Span(0, len(sentence)),
        sentence_text=sentence,
        line=1,
        column=start + 1,
        score=4.0,
    )


def make_answer(question: str, *spans: AnswerSpan) -> Answer:
    return Answer(question, question, spans, (), 0.9, None, Freshness(1, 2, 9))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the user."""
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "home")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "home"


@pytest.fixture
def filled(articles: Path, home: Path) -> Path:
    """Three questions about the articles and one about another folder."""
    with Conversations(home) as saved:
        first = saved.begin(articles, make_answer("who was met?", make_span(), make_span("Ankara")))
        saved.begin(articles / "..", make_answer("elsewhere?", make_span()))
        saved.append(first.conversation_id, make_answer("who wrote Emma?"))
        saved.begin(articles, make_answer("=where?", make_span("Ankara")))
    return articles


def list_lines(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """Number of each question and what follows its time."""
    lines = capsys.readouterr().out.splitlines()
    return [(line[:5].strip(), line[25:]) for line in lines]


def test_questions_are_listed_newest_first(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "-C", str(filled)]) == 0
    assert list_lines(capsys) == [
        ("4", "  =where?  Ankara  a.txt:1"),
        ("3", "  who wrote Emma?  not in these articles"),
        ("1", "  who was met?  Okay Memis  a.txt:1"),
    ]


def test_words_search_the_history_of_this_folder(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "ankara", "en", "-C", str(filled)]) == 0
    assert [number for number, _ in list_lines(capsys)] == ["4", "1"]
    assert run(["history", "emma", "-C", str(filled), "--json"]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert (fields["schema"], fields["query"]) == (1, "emma")
    assert [(found["id"], found["mark"], found["answers"]) for found in fields["questions"]] == [(3, "", [])]
    assert run(["history", "nowhere", "-C", str(filled)]) == 3


def test_an_answer_is_marked_and_unmarked(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for mark, shown in (("right", "+"), ("wrong", "-"), ("none", " ")):
        assert run(["history", "--mark", "1", mark, "-C", str(filled)]) == 0
        assert run(["history", "met", "-C", str(filled)]) == 0
        assert list_lines(capsys)[-1] == ("1", f"{shown} who was met?  Okay Memis  a.txt:1")
    assert run(["history", "--mark", "2", "right", "-C", str(filled)]) == 1  # of another folder
    assert "there is no question 2 about" in capsys.readouterr().err
    assert run(["history", "--mark", "1", "maybe", "-C", str(filled)]) == 2


def test_every_form_exports_all_questions(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "--mark", "4", "wrong", "-C", str(filled)]) == 0
    assert run(["history", "--export", "json", "-C", str(filled)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [load_answer(line).question for line in lines] == ["=where?", "who wrote Emma?", "who was met?"]
    assert [(json.loads(line)["id"], json.loads(line)["mark"]) for line in lines] == [(4, "wrong"), (3, ""), (1, "")]
    assert run(["history", "--export", "csv", "-C", str(filled)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["id"], row["question"], row["answer"], row["place"], row["mark"]) for row in rows] == [
        ("4", "'=where?", "Ankara", "a.txt:1", "wrong"),
        ("3", "who wrote Emma?", "", "", ""),
        ("1", "who was met?", "Okay Memis", "a.txt:1", ""),
    ]
    assert run(["history", "--export", "markdown", "-C", str(filled)]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert [block for block in blocks if block.startswith("#")] == [
        f"# Questions to {filled}".replace("_", "\\_"),
        "## \\=where?",
        "## who wrote Emma?",
        "## who was met?",
    ]
    assert "marked wrong" in blocks[2]


def test_a_long_history_is_cut_and_says_so(articles: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Conversations(home) as saved:
        for number in range(51):
            saved.begin(articles, make_answer(f"question {number}?"))
    assert run(["history", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 50
    assert "hese are the newest 50;" in err
    assert run(["history", "--json", "-C", str(articles)]) == 0
    assert len(json.loads(capsys.readouterr().out)["questions"]) == 51


def test_one_command_deletes_the_history_of_the_folder(
    filled: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["history", "--delete", "-C", str(filled)]) == 1
    assert "3 questions to" in capsys.readouterr().err
    assert run(["history", "--delete", "--yes", "-C", str(filled)]) == 0
    assert capsys.readouterr().err.endswith("3 questions deleted.\n")
    with Conversations(home) as saved:
        assert [entry.answer.question for entry in saved.load_history(filled)] == []
        assert [entry.answer.question for entry in saved.load_history(filled / "..")] == ["elsewhere?"]
    assert run(["history", "--delete", "-C", str(filled)]) == 0


def test_deleting_asks_a_person(filled: Path, home: Path, tmp_path: Path) -> None:
    for typed, left in ((b"n\n", 3), (b"y\n", 0)):
        master, slave = pty.openpty()
        code = (
            "import sys, pathlib, platformdirs; from askbrief.cli.main import run;"
            f"platformdirs.user_data_path = lambda *_, **__: pathlib.Path({str(home)!r});"
            f"sys.exit(run(['history', '--delete', '-C', {str(filled)!r}]))"
        )
        process = subprocess.Popen([sys.executable, "-c", code], stdin=slave, stderr=slave, stdout=subprocess.DEVNULL)
        os.close(slave)
        os.write(master, typed)
        assert process.wait(timeout=60) == 0
        os.close(master)
        with Conversations(home) as saved:
            assert len(saved.load_history(filled)) == left


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "--export", "csv"],
        ["words", "--delete"],
        ["--delete", "--mark", "1", "right"],
        ["--mark", "0", "right"],
    ],
)
def test_wrong_use_is_told(filled: Path, arguments: list[str]) -> None:
    assert run(["history", *arguments, "-C", str(filled)]) == 2


@pytest.mark.parametrize(
    ("target", "setting", "there", "command"),
    [
        (Target(FILE, line=3), "", "vi zathura", ["vi", "+3", "/f/a b.pdf"]),
        (Target(FILE, page=7), "", "vi zathura evince", ["zathura", "-P", "7", "/f/a b.pdf"]),
        (Target(FILE, page=7), "", "evince", ["evince", "--page-index=7", "/f/a b.pdf"]),
        (Target(FILE, page=7), "", "okular", ["okular", "-p", "7", "/f/a b.pdf"]),
        (Target(FILE, page=7), "", "xpdf", ["xpdf", "/f/a b.pdf", "7"]),
        (Target(FILE, page=7), "", "xdg-open", ["xdg-open", "/f/a b.pdf"]),
        (Target(FILE), "", "zathura xdg-open", ["xdg-open", "/f/a b.pdf"]),
        (Target(FILE, 3, 7, "x"), "cmd %f %p %s", "", ["cmd", "/f/a b.pdf", "7", "x"]),
        (Target(FILE, 3, None, "a 'b' $(c); %f"), "'my cmd' +%l:%p '--find=%s' 100%% %f", "",
         ["my cmd", "+3:1", "--find=a 'b' $(c); %f", "100%", "/f/a b.pdf"]),
        (Target(FILE, words="--evil\n\x1b[1m"), "cmd %s %f", "", ["cmd", "evil \ufffd[1m", "/f/a b.pdf"]),
    ],
)  # fmt: skip
def test_the_command_that_opens_a_place(target: Target, setting: str, there: str, command: list[str]) -> None:
    found = build_command(
        target,
        setting=setting,
        environment={"EDITOR": "vi"},
        find=lambda name: name if name in there.split() else None,
        platform="linux",
    )
    assert found == command


@pytest.mark.parametrize("setting", ["cmd", "cmd '%f", "cmd %f %x", "cmd %f %", "  "])
def test_what_is_no_command_is_refused(setting: str) -> None:
    with pytest.raises(AskbriefError, match="is not a command with a place for the file"):
        fill_command(setting, Target(FILE))


def test_without_a_viewer_there_is_a_hint() -> None:
    with pytest.raises(AskbriefError, match=r"there is no viewer for a b\.pdf here") as caught:
        build_command(Target(FILE, page=1), setting="", environment={}, find=lambda _: None, platform="linux")
    assert "askbrief.toml" in caught.value.hint


def test_the_place_of_an_answer_is_its_line_or_its_page() -> None:
    span = make_span()
    assert build_target(span, root=Path("/f")) == Target(Path("/f/a.txt"), 1, None, "Okay Memis")
    places = (Place(0, 9, "chapter", 2), Place(0, 9, "page", 7, "vii"))
    assert build_target(replace(span, line=None, places=places), root=Path("/f")).page == 7


def test_a_program_that_is_not_there_or_fails_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    with pytest.raises(AskbriefError, match="is gone"):
        open_target(Target(file), setting="true %f")
    file.write_text("x", encoding="utf-8")
    open_target(Target(file), setting="true %f")
    with pytest.raises(AskbriefError, match="false ended with 1"):
        open_target(Target(file), setting="false %f")
    with pytest.raises(AskbriefError, match="/no/such/program cannot be run"):
        open_target(Target(file), setting="/no/such/program %f")


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the editor was called with is written here."""
    program, called = tmp_path / "editor", tmp_path / "called"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {called}\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(program))
    return called


def test_open_shows_an_answer_in_the_editor(filled: Path, editor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in filled.iterdir():
        os.utime(file, (0, 0))
    assert run(["open", "-C", str(filled)]) == 0
    assert editor.read_text(encoding="utf-8").splitlines() == ["+1", str(filled / "a.txt")]
    assert capsys.readouterr() == ("", "")
    editor.unlink()
    assert run(["open", "2", "--question", "1", "-C", str(filled)]) == 0
    assert editor.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2"], "“=where?” has 1 answer"),
        (["-q", "3"], "“who wrote Emma?” has no answer"),
        (["-q", "2"], "there is no question 2 about"),
    ],
)
def test_what_cannot_be_opened_is_told(
    filled: Path, editor: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["open", *arguments, "-C", str(filled)]) == 1
    assert message.lower() in capsys.readouterr().err.lower()
    assert not editor.exists()


def test_open_says_that_a_file_has_changed_or_is_gone(
    filled: Path, editor: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.utime(filled / "a.txt", (2**32, 2**32))
    assert run(["open", "-C", str(filled)]) == 0
    assert "a.txt was changed after this was answered" in capsys.readouterr().err.replace("A.txt", "a.txt")
    (filled / "a.txt").unlink()
    assert run(["open", "-C", str(filled)]) == 1
    assert "is gone" in capsys.readouterr().err


def test_an_answer_outside_the_folder_is_not_opened(articles: Path, home: Path, editor: Path) -> None:
    with Conversations(home) as saved:
        saved.begin(articles, make_answer("who?", make_span(path="../../etc/passwd")))
    assert run(["open", "-C", str(articles)]) == 1
    assert not editor.exists()


def test_a_command_of_the_folder_runs_only_if_a_person_allows_it(
    filled: Path, home: Path, editor: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = editor.with_name("editor")
    (filled / "askbrief.toml").write_text(f"open = '{program} %f %s'\n", encoding="utf-8")
    assert run(["open", "-C", str(filled)]) == 1
    assert "was not allowed" in capsys.readouterr().err
    assert not editor.exists()
    asked: list[str] = []

    def allow(text: str, **_: object) -> bool:
        asked.append(text)
        return True

    monkeypatch.setattr(history_command, "can_prompt", lambda: True)
    monkeypatch.setattr(click, "confirm", allow)
    for _ in range(2):
        editor.unlink(missing_ok=True)
        assert run(["open", "-C", str(filled)]) == 0
        assert editor.read_text(encoding="utf-8").splitlines() == [str(filled / "a.txt"), "Ankara"]
    assert len(asked) == 1
    assert f"{program} %f %s" in asked[0]
    (filled / "askbrief.toml").write_text(f"open = '{program} %f'\n", encoding="utf-8")
    assert run(["open", "-C", str(filled)]) == 0
    assert len(asked) == 2


def test_what_is_said_in_place_of_an_answer() -> None:
    def say(outcome: Outcome, mentions: Mentions | None = None) -> str:
        return Answer("q", "q", (), (), 0.0, None, Freshness(1, 2, 2), outcome=outcome, mentions=mentions).summary

    assert say("no_short_answer") == "no short answer found"
    assert say("not_in_documents") == "not in these articles"
    assert say("mentions", Mentions("the pier", 1, 1)) == "mentioned once"
    assert say("mentions", Mentions("the pier", 1200, 3)) == "mentioned 1,200 times"


def test_an_entry_takes_two_lines_on_a_narrow_terminal_and_fits_it(filled: Path) -> None:
    with Conversations() as saved:
        entry = saved.load_history(filled)[-1]
    answer = replace(
        entry.answer, question="where?", searched="where did the envoy meet Okay Memis?", how="names put in"
    )
    entry = replace(entry, answer=answer)
    asked = f"{entry.asked.astimezone():%Y-%m-%d %H:%M}"
    assert describe_entry(entry, columns=60).split("\n") == [
        f"    1  {asked}    where? ↳ where did the envoy…",
        f"         {answer.text}  {answer.answers[0].path}:1",
    ]
    for columns in (40, 60, 80, 120, 160):
        assert all(len(line) <= columns for line in describe_entry(entry, columns=columns).split("\n"))
    assert "\n" not in describe_entry(entry, columns=120) + describe_entry(entry)


def test_a_whole_sentence_stands_once_in_markdown_and_what_was_searched_beside_it(filled: Path) -> None:
    with Conversations() as saved:
        entry = saved.load_history(filled)[-1]
    span = entry.answer.answers[0]
    whole = replace(span, text=span.sentence_text, span=span.sentence)
    answer = replace(entry.answer, answers=(whole,), searched="where did they meet?", how="names put in")
    (_, text) = iter_history_markdown("news", [replace(entry, answer=answer)])
    assert text.count(span.sentence_text) == 1
    assert "\n\nSearched: where did they meet?\n\n> **" in text
