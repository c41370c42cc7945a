"""Standard streams in any state and encoding: an answer, or one line with a hint."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = (sys.executable, str(Path(__file__).parent / "driver.py"), os.devnull, "0")
QUESTION = "the drone in Ankara"
pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def run_in_shell(arguments: list[str], redirections: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a shell runs it with ``redirections``."""
    command = f"{shlex.join([*DRIVER, *arguments])} {redirections}"
    environment = os.environ | variables
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=60, env=environment)


def list_commands(folder: Path) -> list[list[str]]:
    asked = ["-C", str(folder)]
    return [
        ["ask", QUESTION, *asked],
        ["ask", "--json", QUESTION, *asked],
        ["index", *asked],
        ["--help"],
        ["--version"],
    ]


def test_a_full_standard_output_is_an_error_with_a_hint(articles: Path) -> None:
    for command in list_commands(articles):
        done = run_in_shell(command, ">/dev/full")
        assert done.stderr.decode().splitlines() == [
            f"askbrief: standard output cannot be written: {os.strerror(28)}.",
            "Hint: Free space, or redirect the output.",
        ]
        assert done.returncode == 1


def test_a_closed_standard_output_is_an_error_with_a_hint(articles: Path) -> None:
    for command in list_commands(articles):
        done = run_in_shell(command, ">&-")
        assert done.stderr.decode().splitlines() == [
            "askbrief: standard output is closed.",
            "Hint: Redirect it to a file, or to /dev/null.",
        ]
        assert done.returncode == 1


@pytest.mark.parametrize("state", ["2>/dev/full", "2>&-", "<&-", "<&- 2>&-"])
def test_the_answer_does_not_need_the_other_streams(articles: Path, state: str) -> None:
    (articles / "empty.txt").touch()  # there is something to tell
    done = run_in_shell(["ask", QUESTION, "-C", str(articles)], state)
    assert (done.returncode, done.stdout.startswith(b"Okay\n")) == (0, True)
    assert run_in_shell(["ask", "?", "-C", str(articles)], state).returncode == 2


def test_a_batch_from_a_closed_standard_input_is_an_error_with_a_hint(articles: Path) -> None:
    for command in (["ask", "-"], ["verify", "-"]):
        done = run_in_shell([*command, "-C", str(articles)], "<&-")
        said, hint = done.stderr.decode().splitlines()
        assert (done.returncode, said, hint[:6]) == (1, "askbrief: standard input is closed.", "Hint: ")


def test_nothing_closed_lets_a_file_be_taken_for_a_stream(articles: Path) -> None:
    done = run_in_shell(["ask", QUESTION, "-C", str(articles)], "<&- 2>&-")
    assert done.returncode == 0
    database = (articles / ".askbrief" / "askbrief.sqlite").read_bytes()
    assert database.startswith(b"SQLite format 3\0")


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("latin-1", '"Zoë\'s" envoy - Søren \\u0141 - met Okay \\u7b2c in Ankara.'),
        ("ascii", '"Zo\\xeb\'s" envoy - S\\xf8ren \\u0141 - met Okay \\u7b2c in Ankara.'),
        ("cp1252", "“Zoë’s” envoy – Søren \\u0141 – met Okay \\u7b2c in Ankara."),
    ],
)
def test_what_an_encoding_does_not_have_is_replaced(articles: Path, encoding: str, sentence: str) -> None:
    text = "“Zoë’s” envoy – Søren Ł – met Okay 第 in Ankara."
    (articles / "a.txt").write_text(text, encoding="utf-8")
    done = run_in_shell(["ask", QUESTION, "-C", str(articles)], "", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding).splitlines()[2] == f"  {sentence}"
    done = run_in_shell(["ask", "--json", QUESTION, "-C", str(articles)], "", PYTHONIOENCODING=encoding)
    assert json.loads(done.stdout.decode(encoding))["answers"][0]["sentence"] == text


@pytest.mark.parametrize("columns", ["0", "wide"])
def test_any_number_of_columns_gets_the_answer(articles: Path, columns: str) -> None:
    for command, start in (("ask", b"Okay\n"), ("search", b"1. a.txt:1")):
        done = run_in_shell([command, QUESTION, "-C", str(articles)], "", COLUMNS=columns)
        assert (done.returncode, done.stdout[: len(start)]) == (0, start)
