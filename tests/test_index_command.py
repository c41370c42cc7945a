"""askbrief index with its flags, and questions without a refresh."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeEncoder

import askbrief.index.batch
import askbrief.index.update
from askbrief import assistant
from askbrief.cli.main import run
from askbrief.config import open_folder
from askbrief.store.sqlite import FILE_NAME as DATABASE

DRIVER = (sys.executable, str(Path(__file__).parent / "driver.py"), os.devnull, "0")

pytestmark = pytest.mark.usefixtures("fake_models")


def dump(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` but the empty lock, and what SQLite keeps beside an open database."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.name.endswith((".lock", "-wal", "-shm")))
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def change_everything(articles: Path) -> None:
    """b.md becomes c.md, a.txt says something else, d.txt is new, e.txt cannot be read."""
    (articles / "b.md").rename(articles / "c.md")
    (articles / "a.txt").write_text("Nobody came to Baghdad.", encoding="utf-8")
    (articles / "d.txt").write_text("A drone fell.", encoding="utf-8")
    (articles / "e.txt").touch()


def test_a_dry_run_shows_the_plan_and_changes_nothing(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    change_everything(articles)
    before = dump(articles)
    capsys.readouterr()
    assert run(["index", "--dry-run", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert out.split("\n") == [
        "changed   a.txt",
        "renamed   c.md, before b.md",
        "added     d.txt",
        "skipped   e.txt: it is empty",
        "1 added, 1 changed, 1 renamed, 1 skipped; about 1 second of encoding",
        "",
    ]
    assert err == ""
    assert dump(articles) == before
    assert run(["index", "-C", str(articles)]) == 0
    assert capsys.readouterr().out == "3 articles, 3 passages, 1 added, 1 changed, 1 renamed, 1 file skipped\n"
    assert run(["index", "--dry-run", "-C", str(articles)]) == 0
    assert capsys.readouterr().out == "nothing to do\n"


def test_a_dry_run_as_json(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    change_everything(articles)
    (articles / "c.md").unlink()
    capsys.readouterr()
    assert run(["index", "--dry-run", "--json", "-C", str(articles)]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert fields == {
        "schema": 1,
        "added": ["d.txt"],
        "changed": ["a.txt"],
        "renamed": [],
        "removed": ["b.md"],
        "unreadable": [{"path": "e.txt", "reason": "is empty"}],
        "touched": [],
        "characters": len("Nobody came to Baghdad.") + len("A drone fell."),
        "seconds": 0.0,
    }


def test_a_dry_run_without_an_index_makes_none(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "--dry-run", "-C", str(articles)]) == 0
    assert capsys.readouterr().out.startswith("added     a.txt\nadded     b.md\n2 added; ")
    assert not (articles / ".askbrief").exists()


@pytest.mark.parametrize("other", ["--rebuild", "--watch"])
def test_a_dry_run_goes_with_nothing_else(articles: Path, other: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "--dry-run", other, "-C", str(articles)]) == 2
    assert "--dry-run cannot be combined" in capsys.readouterr().err


def test_rebuild_reads_everything_anew(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = FakeEncoder()
    monkeypatch.setattr(assistant, "load_encoder", lambda *_, **__: encoder)
    assert run(["index", "-C", str(articles)]) == 0
    encoder.encoded.clear()
    assert run(["index", "--rebuild", "--json", "-C", str(articles)]) == 0
    fields = json.loads(capsys.readouterr().out.split("\n")[1])
    assert (fields["generation"], fields["documents"], fields["added"]) == (2, 2, 2)
    assert len(encoder.encoded) == 2
    assert run(["ask", "the drone in Ankara", "-C", str(articles)]) == 0
    assert capsys.readouterr().out.startswith("Okay\n")
    assert not (articles / ".askbrief" / "rebuilding").exists()


def test_an_interrupted_rebuild_leaves_the_old_index(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["index", "-C", str(articles)]) == 0

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FakeEncoder, "encode_passages", interrupt)
        assert run(["index", "--rebuild", "-C", str(articles)]) == 130
        assert not (articles / ".askbrief" / "rebuilding").exists()
        capsys.readouterr()
        assert run(["ask", "--json", "the drone in Ankara", "-C", str(articles)]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert (fields["freshness"]["generation"], fields["answers"][0]["text"]) == (1, "Okay")


def test_rebuild_takes_the_place_of_a_damaged_index_and_keeps_it(
    articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    index = open_folder(articles).index
    (index / DATABASE).write_bytes(b"garbage " * 999)
    capsys.readouterr()
    assert run(["index", "--rebuild", "-C", str(articles)]) == 0
    (kept,) = index.glob("damaged-*.sqlite")
    assert kept.read_bytes() == b"garbage " * 999
    out, err = capsys.readouterr()
    assert out == "2 articles, 2 passages, 2 added\n"
    assert f"saved the damaged file as {kept.name}" in err


def test_index_mends_what_a_question_without_a_refresh_found_damaged(
    articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    index = open_folder(articles).index
    database = sqlite3.connect(index / DATABASE)
    with database:
        assert database.execute("UPDATE documents SET text = upper(text)").rowcount == 2
    database.close()
    asked = ["ask", "--no-refresh", "the drone in Ankara", "-C", str(articles)]
    capsys.readouterr()
    assert run(asked) == 1
    said = f"{index / DATABASE} is damaged: a row is not what was written"
    assert capsys.readouterr().err == f"askbrief: {said}.\nHint: Run: askbrief index\n"
    assert run(["index", "-C", str(articles)]) == 0
    (kept,) = index.glob("damaged-*.sqlite")
    out, err = capsys.readouterr()
    assert out == "2 articles, 2 passages, 2 added\n"
    assert err == f"askbrief: {said}; saved the damaged file as {kept.name} and rebuilt the index\n"
    assert run(asked) == 0
    assert capsys.readouterr().out.startswith("Okay\n")


def test_a_question_without_a_refresh_answers_from_what_is_there(
    articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    (articles / "a.txt").write_text("Hazem Razi met nobody in Ankara.", encoding="utf-8")
    capsys.readouterr()
    assert run(["ask", "--no-refresh", "the drone in Ankara", "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Okay\n")
    assert out.endswith("\n\n  2 articles, not compared with the folder\n")
    assert err == ""
    assert run(["ask", "--no-refresh", "--json", "the drone in Ankara", "-C", str(articles)]) == 0
    freshness = json.loads(capsys.readouterr().out)["freshness"]
    assert (freshness["checked"], freshness["generation"]) == (False, 1)
    assert run(["search", "--no-refresh", "--json", "Razi", "-C", str(articles)]) == 0
    assert "Hazem" not in capsys.readouterr().out
    assert run(["ask", "--json", "the drone in Ankara", "-C", str(articles)]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert (fields["freshness"]["checked"], fields["answers"][0]["text"]) == (True, "Hazem")


@pytest.mark.parametrize("command", ["ask", "search"])
def test_without_an_index_there_is_nothing_to_answer_from(
    articles: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--no-refresh", "the drone", "-C", str(articles)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"askbrief: {articles / '.askbrief'} holds no index.\nHint: Run: askbrief index\n"
    assert not (articles / ".askbrief").exists()


def test_nor_from_one_whose_making_was_interrupted(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FakeEncoder, "encode_passages", interrupt)
        assert run(["index", "-C", str(articles)]) == 130
    capsys.readouterr()
    assert run(["ask", "--no-refresh", "the drone", "-C", str(articles)]) == 1
    assert "holds no index yet; what was indexed so far is kept.\nHint: Run: askbrief index" in capsys.readouterr().err


def test_long_work_is_said_before_it_begins(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    characters = sum(len(file.read_text(encoding="utf-8")) for file in articles.iterdir())
    monkeypatch.setattr(askbrief.index.update, "CHARACTERS_PER_SECOND", characters / 90)
    assert run(["ask", "the drone in Ankara", "-C", str(articles)]) == 0
    assert capsys.readouterr().err == (
        "askbrief: 2 files to index, about 2 minutes. With --no-refresh the answer comes from the index as it "
        "is, where there is one.\n"
    )
    (articles / "a.txt").write_text("Short.", encoding="utf-8")
    assert run(["ask", "what is short", "-C", str(articles)]) == 0
    assert capsys.readouterr().err == ""


def test_the_speed_that_was_measured_is_used(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askbrief.index.update, "_MIN_MEASURED_CHARACTERS", 1)
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(askbrief.index.batch, "perf_counter", lambda: float(next(clock)))
    assert run(["index", "-C", str(articles)]) == 0
    encoded = len("The envoy met Okay Memis in Ankara.\n" + "The envoy met Okay Memis in Ankara.\n\n")
    encoded += len("They spoke about the drone." + "Trains\nTrains\n\nThe railway to Baghdad opens in May.")
    (articles / "c.txt").write_text("word " * 100, encoding="utf-8")
    capsys.readouterr()
    assert run(["index", "--dry-run", "--json", "-C", str(articles)]) == 0
    assert json.loads(capsys.readouterr().out)["seconds"] == round(500 / round(encoded / 10), 1)


def read_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    fields = json.loads(process.stdout.readline())
    assert isinstance(fields, dict)
    return fields


@pytest.mark.parametrize("polling", ["", "1"])
def test_watching_brings_the_index_up_to_date_until_it_is_interrupted(articles: Path, polling: str) -> None:
    environment = os.environ | ({"WATCHFILES_FORCE_POLLING": "1"} if polling else {})
    with subprocess.Popen(
        [*DRIVER, "index", "--watch", "--json", "-C", str(articles)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert (read_line(process)["generation"], process.poll()) == (1, None)
            (articles / "c.txt").write_text("A drone fell.", encoding="utf-8")
            second = read_line(process)
            assert (second["generation"], second["added"], second["documents"]) == (2, 1, 3)
            (articles / "c.txt").unlink()
            third = read_line(process)
            assert (third["generation"], third["removed"], third["documents"]) == (3, 1, 2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "askbrief: interrupted; what was indexed so far is kept."
