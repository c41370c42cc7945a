from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from conftest import ONLY_MARGINS, ROOT, FakeEncoder, FakeReader, calibrate

from askbrief import __version__, assistant
from askbrief.cli.main import run
from askbrief.errors import ModelError
from askbrief.output import progress

ESCAPE = "\x1b"
COMMAND = (sys.executable, "-m", "askbrief")
DRIVER = (sys.executable, str(Path(__file__).parent / "driver.py"), os.devnull, "0")
SENTENCE = "The envoy met Okay Memis in Ankara."


pytestmark = pytest.mark.usefixtures("fake_models")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def run_in_terminal(arguments: list[str], *, columns: int = 60, **environment: str) -> str:
    """What a terminal of ``columns`` would be sent on stdout."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*DRIVER, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns)} | environment,
    )
    os.close(slave)
    data = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:
            break
        if not block:
            break
        data += block
    os.close(master)
    assert process.wait(timeout=30) == 0
    return data.decode().replace("\r\n", "\n")


def load(text: str) -> dict[str, Any]:
    fields = json.loads(text)
    assert isinstance(fields, dict)
    return fields


def test_ask_writes_the_answer_to_stdout_and_exits_0(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "the", "drone", "in Ankara", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    blocks = out.split("\n\n")
    assert blocks[:2] == ["Okay", f"  {SENTENCE}"]
    assert blocks[2] == "  line 1 · strong\n  a.txt:1"  # a margin of 5 alone is 1 / (1 + e^-5) = 99 %
    assert blocks[3:] == ["  2 articles, up to date, 2 added\n"]
    assert err == ""
    assert ESCAPE not in out


def test_ask_without_an_answer_exits_3(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate(monkeypatch, replace(ONLY_MARGINS, threshold=1.0))
    assert run(["ask", "the drone", "-C", str(articles)]) == 3
    out, err = capsys.readouterr()
    # The question counts (0, 0, 0, 1, 1); a.txt, with its title, (2, 0, 0, 1, 1), a cosine of 2 / √12 = 0.58, is near.
    passage = f"  {SENTENCE} They spoke about the drone.\n  a.txt:1"
    assert out.startswith(f"No short answer found. The closest passages:\n\n{passage}\n\n")
    assert err == ""


def test_ask_what_nothing_is_near_to_exits_3_and_shows_no_passage(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate(monkeypatch, replace(ONLY_MARGINS, threshold=1.0))
    # Of ten drones (0, 0, 0, 10, 1) the railway (0, 1, 1, 0, 1) has a cosine of 1 / √303 = 0.06 and no word.
    (articles / "a.txt").unlink()
    assert run(["ask", "drone " * 10, "-C", str(articles)]) == 3
    assert capsys.readouterr().out == "Not in these articles.\n\n  1 article, up to date, 1 added\n"


def test_ask_json_is_one_object_on_one_line(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "the drone in Ankara", "--json", "--top", "2", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    fields = load(out)
    assert (fields["schema"], fields["question"], fields["answered"]) == (1, "the drone in Ankara", True)
    assert [(found["path"], found["text"]) for found in fields["answers"]] == [("a.txt", "Okay"), ("b.md", "Trains")]
    assert [(found["start"], found["end"], found["line"], found["column"]) for found in fields["answers"]] == [
        (14, 18, 1, 15),
        (0, 6, 1, 3),  # offsets of the text as it is read; in the file the heading begins with "# "
    ]
    assert fields["freshness"]["added"] == 2
    assert err == ""


def test_questions_come_from_stdin_one_a_line(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("the drone\n\n  \nthe railway to Baghdad?"))
    assert run(["ask", "-", "--json", "-C", str(articles)]) == 0
    found = [load(line) for line in capsys.readouterr().out.splitlines()]
    assert [fields["question"] for fields in found] == ["the drone", "the railway to Baghdad?"]
    assert [fields["freshness"]["added"] for fields in found] == [2, 0]


def test_a_batch_with_an_unanswered_question_exits_3(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OnlyDrones(FakeReader):
        def read(self, question: str, passages: Any) -> Any:
            return super().read(question, passages) if "drone" in question else [[] for _ in passages]

    monkeypatch.setattr(assistant, "load_reader", lambda *_, **__: OnlyDrones())
    monkeypatch.setattr(sys, "stdin", io.StringIO("a train\na drone\n"))
    assert run(["ask", "-", "--json", "-C", str(articles)]) == 3
    assert [load(line)["answered"] for line in capsys.readouterr().out.splitlines()] == [False, True]


def test_every_line_of_a_batch_gets_an_object_whatever_is_on_it(articles: Path) -> None:
    lines = [b"\xef\xbb\xbfthe drone in Ankara", b"???", b"", b"who\xff?", b"word " * 5000, b"\0", "la façade".encode()]
    for encoding in ("utf-8:strict", "ascii", "latin-1"):
        done = subprocess.run(
            [*DRIVER, "ask", "--json", "-", "-C", str(articles)],
            input=b"\n".join(lines),
            capture_output=True,
            timeout=30,
            env=os.environ | {"PYTHONIOENCODING": encoding},
        )
        found = [load(line) for line in done.stdout.decode(encoding.split(":")[0]).splitlines()]
        assert [fields["question"] for fields in found[:3]] == ["the drone in Ankara", "???", "who\udcff?"]
        assert (found[5]["question"], found[5]["answered"]) == ("la façade", True)
        assert [fields.get("error", "")[:24] for fields in found] == [
            *("", "the question is empty", "the question is not valid text"[:24], "the question has 24,999 "),
            *("the question is empty", ""),
        ]
        assert all(fields["hint"] for fields in found if "error" in fields)
        assert (done.returncode, done.stderr) == (2, b"")


def test_a_batch_for_people_names_the_question_that_failed(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("?\nthe drone in Ankara\n"))
    assert run(["ask", "-", "-C", str(articles)]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("Okay\n")
    assert err.splitlines()[0] == "askbrief: question 1: the question is empty."


def test_an_error_counts_more_than_a_bad_question(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(FakeReader):
        def read(self, question: str, passages: Any) -> Any:
            raise ModelError("the reader is broken", hint="Reinstall it.")

    monkeypatch.setattr(assistant, "load_reader", lambda *_, **__: Broken())
    monkeypatch.setattr(sys, "stdin", io.StringIO("the drone\n?\n"))
    assert run(["ask", "-", "--json", "-C", str(articles)]) == 1
    found = [load(line)["error"] for line in capsys.readouterr().out.splitlines()]
    assert found == ["the reader is broken", "the question is empty"]


def test_what_a_batch_wrote_can_be_verified(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("?\nthe drone in Ankara\n"))
    run(["ask", "-", "--json", "-C", str(articles)])
    answers = articles.parent / "answers.jsonl"
    answers.write_text(capsys.readouterr().out, encoding="utf-8")
    assert run(["verify", str(answers), "-C", str(articles)]) == 0
    assert capsys.readouterr().err == "askbrief: 1 answer: 1 in place; 1 question without an answer left out\n"


def test_skipped_files_are_told_once_on_stderr(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (articles / "x.txt").write_bytes(b"")
    monkeypatch.setattr(sys, "stdin", io.StringIO("a drone\na train\n"))
    assert run(["ask", "-", "-C", str(articles)]) == 0
    assert capsys.readouterr().err == "askbrief: skipped x.txt: it is empty\n"


def test_search_shows_passages_best_first(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "railway", "--top", "1", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("1. b.md:1 · score 1.00 (cosine 0.82, BM25 ")
    assert out.endswith("\n\n  Trains  The railway to Baghdad opens in May.\n")
    assert (err, ESCAPE in out) == ("", False)


def test_search_json(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "railway", "--json", "-C", str(articles)]) == 0
    fields = load(capsys.readouterr().out)
    assert (fields["schema"], fields["query"]) == (1, "railway")
    assert [(hit["path"], hit["score"]) for hit in fields["passages"]] == [("b.md", 1.0), ("a.txt", 0.0)]


def test_index_then_status(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    assert capsys.readouterr().out == "2 articles, 2 passages, 2 added\n"
    assert run(["index", "--json", "-C", str(articles)]) == 0
    fields = load(capsys.readouterr().out)
    assert (fields["schema"], fields["generation"], fields["added"], fields["documents"]) == (1, 1, 0, 2)
    (articles / "c.txt").write_text("New.", encoding="utf-8")
    assert run(["status", "-C", str(articles)]) == 0
    assert "\nstate     1 file new or changed since it was indexed; " in capsys.readouterr().out
    assert run(["status", "--json", "-C", str(articles)]) == 0
    fields = load(capsys.readouterr().out)
    assert (fields["pending"], fields["gone"], fields["freshness"]["documents"]) == (["c.txt"], [], 2)


def test_status_without_an_index_exits_1(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "-C", str(articles)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"askbrief: {articles / '.askbrief'} holds no index.\nHint: Run: askbrief index\n"
    assert not (articles / ".askbrief").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["ask", "--top", "0", "why?"],
        ["ask", "--nonsense", "why?"],
        ["search", "--top", "1001", "x"],
        ["completion", "tcsh"],
    ],
)
def test_wrong_usage_exits_2_and_says_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Error: " in err
    assert "askbrief" in err


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_an_interruption_exits_130(
    error: type[BaseException],
    articles: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(FakeEncoder, "encode_passages", interrupt)
    assert run(["ask", "why?", "-C", str(articles)]) == 130
    out, err = capsys.readouterr()
    assert (out, err.strip()) == ("", "askbrief: interrupted; what was indexed so far is kept.")


def test_long_work_tells_each_stage_once_on_stderr(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    assert run(["index", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == ["Indexing", "Indexed"]
    assert out == "2 articles, 2 passages, 2 added\n"


def test_a_control_character_in_a_file_name_never_reaches_the_screen(
    articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles / "a.txt").rename(articles / "a\x1b[31m\n.txt")
    (articles / "x\x1b]0;title\x07.txt").write_bytes(b"")
    assert run(["ask", "the drone in Ankara", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert ESCAPE not in out + err
    assert "\x07" not in err
    assert "\n  a\ufffd[31m .txt:1\n" in out
    assert err == "askbrief: skipped x\ufffd]0;title\ufffd.txt: it is empty\n"


def test_a_terminal_gets_the_words_lit_and_lines_that_fit(articles: Path) -> None:
    words = "Okay Memis and Hazem Razi met in Ankara, Baghdad, Basra and Tehran about the drone and the railway."
    (articles / "a.txt").write_text(f"{words}\n", encoding="utf-8")
    sent = run_in_terminal(["ask", "the drone in Ankara", "-C", str(articles)])
    assert f"{ESCAPE}[1;30;43mOkay{ESCAPE}[0m Memis" in sent
    lines = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", sent).split("\n")
    assert max(map(len, lines)) <= 60
    assert lines[2:4] == [
        "  Okay Memis and Hazem Razi met in Ankara, Baghdad, Basra",
        "  and Tehran about the drone and the railway.",
    ]


def test_no_color_takes_the_colours_away(articles: Path) -> None:
    sent = run_in_terminal(["ask", "the drone in Ankara", "-C", str(articles)], NO_COLOR="1")
    assert "\x1b" not in sent
    assert "Okay" in sent


def test_no_color_and_a_pipe_mean_no_escape_codes(articles: Path) -> None:
    for environment in ({"NO_COLOR": "1"}, {"TERM": "xterm-256color"}):
        done = subprocess.run(
            [*DRIVER, "ask", "the drone in Ankara", "-C", str(articles)],
            capture_output=True,
            check=True,
            timeout=30,
            env=os.environ | environment,
        )
        assert b"\x1b" not in done.stdout + done.stderr
        assert f"\n  {SENTENCE}\n" in done.stdout.decode()


def test_version_is_that_of_the_package() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True, timeout=30)
    assert (done.stdout, done.stderr) == (f"askbrief {__version__}\n", "")


def test_help_names_every_command() -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.startswith("Usage: askbrief [OPTIONS] [COMMAND | FOLDER | QUESTION]")
    for command in (
        "ask",
        "chat",
        "search",
        "index",
        "status",
        "doctor",
        "verify",
        "serve",
        "conversations",
        "completion",
    ):
        assert re.search(rf"^  {command} +\S", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_ASKBRIEF_COMPLETE" in script
    assert f"{shell}_complete" in script
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=script, text=True, check=True, timeout=30)


def test_completion_knows_the_commands() -> None:
    words = {"_ASKBRIEF_COMPLETE": "bash_complete", "COMP_WORDS": "askbrief s", "COMP_CWORD": "1"}
    program = [sys.executable, "-c", "from askbrief.__main__ import main; main()"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=30, env=os.environ | words)
    assert done.stdout.split() == ["plain,search", "plain,serve", "plain,status"]


@pytest.mark.models
def test_the_seed_answers_from_the_command_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    shutil.copy(ROOT / "askbrief.toml", tmp_path)
    asked = "Which city does Maleki represent?\nWhat is the population of Ankara?\n"
    done = subprocess.run(
        [*COMMAND, "ask", "-", "--json"], input=asked, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    found = [load(line) for line in done.stdout.splitlines()]
    assert [[answer["text"] for answer in fields["answers"]] for fields in found] == [["Zahedan"], []]
    assert done.returncode == 3
