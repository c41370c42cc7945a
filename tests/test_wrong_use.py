"""What goes wrong in a user's hands: a clear message with a hint, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeEncoder

from askbrief import assistant
from askbrief.answer.question import MAX_QUESTION_CHARACTERS
from askbrief.cli.main import run

DRIVER = (sys.executable, str(Path(__file__).parent / "driver.py"))
QUESTION = "the drone in Ankara"


pytestmark = pytest.mark.usefixtures("fake_models")


class Screen:
    """Runs commands and keeps what they wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str | Path) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        return (code, *self._capsys.readouterr())

    def fail(self, *arguments: str | Path) -> tuple[int, str]:
        """The exit code and message of a command that must fail with a hint and without a word on stdout."""
        code, out, err = self.run(*arguments)
        assert out == ""
        message, hint = err.rstrip("\n").split("\n")
        assert message.startswith("askbrief: ")
        assert message.endswith(".")
        assert hint.startswith("Hint: ")
        return code, message

    def ask(self, folder: Path) -> str:
        """The answer to QUESTION."""
        code, out, _ = self.run("ask", QUESTION, "--json", "-C", folder)
        assert code == 0
        text: str = json.loads(out)["answers"][0]["text"]
        return text


@pytest.fixture
def screen(capsys: pytest.CaptureFixture[str]) -> Screen:
    return Screen(capsys)


@pytest.fixture
def indexed(articles: Path, screen: Screen) -> Path:
    assert screen.ask(articles) == "Okay"
    return articles


def load_counts(folder: Path) -> dict[str, int]:
    database = sqlite3.connect(folder / ".askbrief" / "askbrief.sqlite")
    (generation,) = database.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
    tables = ("documents", "passages", "vectors", "files")
    counts = {table: database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}
    database.close()
    return {"generation": int(generation), **counts}


def test_no_folder_there(tmp_path: Path, screen: Screen) -> None:
    code, message = screen.fail("ask", QUESTION, "-C", tmp_path / "none")
    assert (code, message) == (1, f"askbrief: {tmp_path / 'none'} does not exist.")


def test_a_file_in_place_of_a_folder(articles: Path, screen: Screen) -> None:
    code, message = screen.fail("index", "-C", articles / "a.txt")
    assert (code, message) == (1, f"askbrief: {articles / 'a.txt'} is not a folder.")


def test_no_folder_named_and_none_around(tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, message = screen.fail("ask", QUESTION)
    assert code == 1
    assert message.startswith(f"askbrief: no folder named: neither {tmp_path}")


def test_a_folder_without_articles_names_what_is_there(tmp_path: Path, screen: Screen) -> None:
    assert screen.fail("index", "-C", tmp_path) == (1, f"askbrief: {tmp_path} holds no articles.")
    (tmp_path / "a.png").write_bytes(b"PNG")
    (tmp_path / "b.PNG").write_bytes(b"PNG")
    code, message = screen.fail("ask", QUESTION, "-C", tmp_path)
    assert (code, message) == (1, f"askbrief: {tmp_path} holds no articles (found instead: 2 .png).")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.PNG"]


def test_a_folder_whose_articles_are_gone_keeps_its_index(indexed: Path, screen: Screen) -> None:
    before = load_counts(indexed)
    for name in ("a.txt", "b.md"):
        (indexed / name).rename(indexed / f"{name}.off")
    assert screen.fail("ask", QUESTION, "-C", indexed)[0] == 1
    assert load_counts(indexed) == before


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9, "is binary"), (b"", "is empty"), (b"\xef\xbb\xbf \r\n", "is empty")],
)
def test_a_file_that_is_no_text_is_told_and_the_rest_answers(
    articles: Path, screen: Screen, data: bytes, reason: str
) -> None:
    (articles / "x.txt").write_bytes(data)
    code, out, err = screen.run("ask", QUESTION, "-C", articles)
    assert (code, out.split("\n")[0]) == (0, "Okay")
    assert err == f"askbrief: skipped x.txt: it {reason}\n"


def test_a_file_of_100_megabytes_is_told_and_not_read(articles: Path, screen: Screen) -> None:
    with open(articles / "huge.txt", "wb") as stream:
        stream.truncate(100 * 2**20)
    began = time.monotonic()
    code, _, err = screen.run("ask", QUESTION, "-C", articles)
    assert (code, err) == (0, "askbrief: skipped huge.txt: it is larger than 64 MiB (100 MiB)\n")
    assert time.monotonic() - began < 5


def test_a_database_of_garbage_is_kept_and_made_anew(indexed: Path, screen: Screen) -> None:
    index = indexed / ".askbrief"
    garbage = b"garbage " * 4096
    (index / "askbrief.sqlite").write_bytes(garbage)
    code, out, err = screen.run("ask", QUESTION, "-C", indexed)
    assert (code, out.split("\n")[0]) == (0, "Okay")
    (kept,) = index.glob("damaged-*.sqlite")
    assert kept.read_bytes() == garbage
    assert "is damaged" in err
    assert f"saved the damaged file as {kept.name} and rebuilt the index\n" in err
    assert screen.run("ask", QUESTION, "-C", indexed)[2] == ""


def test_the_status_of_a_damaged_database_changes_nothing(indexed: Path, screen: Screen) -> None:
    database = indexed / ".askbrief" / "askbrief.sqlite"
    database.write_bytes(b"garbage " * 4096)
    code, message = screen.fail("status", "-C", indexed)
    assert code == 1
    assert "is damaged" in message
    assert database.read_bytes() == b"garbage " * 4096


@pytest.mark.parametrize("pattern", ["dense-*.faiss", "lexical-*/*.idx", "lexical-*/meta.json"])
@pytest.mark.parametrize("keep", [0, 7, None])
def test_damaged_search_indexes_are_rebuilt_without_encoding(
    indexed: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch, pattern: str, keep: int | None
) -> None:
    for file in (indexed / ".askbrief").glob(pattern):
        if keep is None:
            file.unlink()
        else:
            os.truncate(file, keep)
    encoder = FakeEncoder()
    monkeypatch.setattr(assistant, "load_encoder", lambda *_, **__: encoder)
    assert screen.ask(indexed) == "Okay"
    assert encoder.encoded == []
    assert load_counts(indexed)["generation"] == 1


def test_an_index_path_that_is_a_file(articles: Path, screen: Screen) -> None:
    (articles / ".askbrief").write_text("mine", encoding="utf-8")
    code, message = screen.fail("ask", QUESTION, "-C", articles)
    assert code == 1
    assert message.startswith(f"askbrief: {articles / '.askbrief'} cannot be written: ")
    assert (articles / ".askbrief").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("question", ["", "   ", "?!"])
@pytest.mark.parametrize("command", ["ask", "search"])
def test_an_empty_question(articles: Path, screen: Screen, command: str, question: str) -> None:
    assert screen.fail(command, question, "-C", articles) == (2, "askbrief: the question is empty.")


def test_a_question_of_5000_words(articles: Path, screen: Screen) -> None:
    code, message = screen.fail("ask", "word " * 5000, "-C", articles)
    assert code == 2
    assert message == (
        f"askbrief: the question has 24,999 characters; at most {MAX_QUESTION_CHARACTERS:,} can be asked."
    )


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ("colour = 'red'", "unknown setting 'colour'"),
        ("passage_words = 'many'", "passage_words must be int, not 'many'"),
        ("passage_words = true", "passage_words must be int, not True"),
        ("passage_words = 5", "passage_words must lie between 20 and 400"),
        ("articles = ", "cannot be read"),
        ("articles = '..'", "articles = '..' leads out of"),
        ("articles = '/'", "articles = '/' leads out of"),
        ("index = '../index'", "index = '../index' leads out of"),
    ],
)
def test_wrong_settings(indexed: Path, screen: Screen, settings: str, part: str) -> None:
    before = load_counts(indexed)
    (indexed / "askbrief.toml").write_text(settings, encoding="utf-8")
    code, message = screen.fail("ask", QUESTION, "-C", indexed)
    assert code == 1
    assert "askbrief.toml" in message
    assert part in message
    assert load_counts(indexed) == before
    (indexed / "askbrief.toml").unlink()
    assert screen.ask(indexed) == "Okay"


def test_an_articles_folder_that_is_a_link_out_of_the_folder(articles: Path, tmp_path: Path, screen: Screen) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "inside").symlink_to(articles)
    (root / "askbrief.toml").write_text("articles = 'inside'", encoding="utf-8")
    code, message = screen.fail("ask", QUESTION, "-C", root)
    assert code == 1
    assert "leads out of" in message


def start(log: Path, stall: int, *arguments: str | Path, **pipes: Any) -> subprocess.Popen[bytes]:
    command = [*DRIVER, str(log), str(stall), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **pipes)


def count_lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """600 articles of one passage each, the last of which answers."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(599):
        (folder / f"{number:03}.txt").write_text(f"report number {number} was quiet.\n", encoding="utf-8")
    (folder / "999.txt").write_text("the drone flew to Basra.\n", encoding="utf-8")
    return folder


def test_an_interrupted_index_goes_on_where_it_stopped(many: Path, tmp_path: Path, screen: Screen) -> None:
    log = tmp_path / "log"
    process = start(log, 300, "index", "-C", many, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while count_lines(log) < 300 and time.monotonic() < deadline:  # the first 256 are saved by then
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    encoded = count_lines(log)
    assert process.returncode == 130
    assert out == b""
    assert err.strip().endswith(b"askbrief: interrupted; what was indexed so far is kept.")
    assert b"Traceback" not in err
    assert encoded == 300
    counts = load_counts(many)
    assert (counts["generation"], counts["files"]) == (0, 0)
    assert counts["documents"] == counts["vectors"] == 256

    again = start(log, 0, "ask", "where was the drone", "--json", "-C", many, stdout=subprocess.PIPE)
    out, _ = again.communicate(timeout=30)
    assert again.returncode == 0
    assert [found["text"] for found in json.loads(out)["answers"]] == ["Basra"]
    assert count_lines(log) - encoded == 600 - counts["vectors"]
    assert load_counts(many) == {"generation": 1, "documents": 600, "passages": 600, "vectors": 600, "files": 600}


def test_an_interrupted_refresh_leaves_the_earlier_index_answering(many: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    late = [(file, file.rename(tmp_path / file.name)) for file in sorted(many.iterdir())[:590]]
    first = start(log, 0, "index", "-C", many, stdout=subprocess.DEVNULL)
    assert first.wait(timeout=30) == 0
    for file, moved in late:
        moved.rename(file)
    process = start(log, 30, "index", "-C", many, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while count_lines(log) < 30 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    counts = load_counts(many)
    assert (counts["generation"], counts["files"]) == (1, 10)
    again = start(log, 0, "ask", "where was the drone", "--json", "-C", many, stdout=subprocess.PIPE)
    out, _ = again.communicate(timeout=30)
    assert json.loads(out)["answers"][0]["text"] == "Basra"
    assert load_counts(many)["documents"] == 600


def test_two_processes_that_index_at_once_make_one_index(many: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [start(log, 0, "index", "--json", "-C", many, **pipes) for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    found = [json.loads(out) for out, _ in ended]
    assert [fields["documents"] for fields in found] == [600, 600]
    assert sorted(fields["added"] for fields in found) == [0, 600]
    assert count_lines(log) == 600
    assert load_counts(many) == {"generation": 1, "documents": 600, "passages": 600, "vectors": 600, "files": 600}


@pytest.mark.parametrize(
    "arguments", [["search", "railway"], ["search", "railway", "--json"], ["ask", QUESTION], ["index"]]
)
def test_a_closed_pipe_ends_the_command_quietly(articles: Path, tmp_path: Path, arguments: list[str]) -> None:
    process = start(tmp_path / "log", 0, *arguments, "-C", articles, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stream:
        assert stream.read() == b""
    assert process.wait(timeout=30) == 1


@pytest.mark.skipif(shutil.which("head") is None, reason="needs head")
def test_the_first_line_is_what_head_shows(articles: Path, tmp_path: Path) -> None:
    process = start(tmp_path / "log", 0, "search", "railway", "-C", articles, stdout=subprocess.PIPE)
    shown = subprocess.run(["head", "-1"], stdin=process.stdout, capture_output=True, text=True, timeout=30, check=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=30) in (0, 1)
    assert shown.stdout.startswith("1. b.md:1 · score 1.00")
