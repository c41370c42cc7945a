"""What happens to files and folders while they are asked: swapped, unreadable, oddly named; terminals of any width."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.assistant import Assistant
from askbrief.cli.main import run

QUESTION = "the drone in Ankara"
OLD, NEW = "The head of the Lark Choir is Anna Blue.\n", "The head of the Lark Choir is Lola Ruby.\n"


def read(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The texts and the reasons of what was skipped, by path, after bringing the index up to date."""
    with Assistant.open(folder, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
        freshness = assistant.update()
        texts = {document.path: document.text for document in assistant.iter_documents()}
        return texts, {file.path: file.reason for file in freshness.skipped}


def move_over(folder: Path) -> None:
    (folder / "b.tmp").write_text(NEW, encoding="utf-8")
    shutil.copystat(folder / "a.txt", folder / "b.tmp")
    (folder / "b.tmp").replace(folder / "a.txt")


def copy_over(folder: Path) -> None:
    other = folder.parent / "other.txt"
    other.write_text(NEW, encoding="utf-8")
    shutil.copystat(folder / "a.txt", other)
    shutil.copy2(other, folder / "a.txt")


def write_and_set_back(folder: Path) -> None:
    before = (folder / "a.txt").stat()
    (folder / "a.txt").write_text(NEW, encoding="utf-8")
    os.utime(folder / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))


def link_over(folder: Path) -> None:
    other = folder.parent / "other.txt"
    other.write_text(NEW, encoding="utf-8")
    shutil.copystat(folder / "a.txt", other)
    (folder / "a.txt").unlink()
    os.link(other, folder / "a.txt")


def swap_with_another(folder: Path) -> None:
    (folder / "a.txt").rename(folder / "c.tmp")
    (folder / "z.txt").rename(folder / "a.txt")
    (folder / "c.tmp").rename(folder / "z.txt")


@pytest.mark.parametrize("change", [move_over, copy_over, write_and_set_back, link_over, swap_with_another])
def test_a_file_of_the_same_size_and_time_with_another_text_is_read_again(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "choir"
    folder.mkdir()
    (folder / "a.txt").write_text(OLD, encoding="utf-8")
    (folder / "z.txt").write_text(NEW, encoding="utf-8")
    for name in ("a.txt", "z.txt"):
        os.utime(folder / name, (1_577_836_800, 1_577_836_800))
    assert read(folder)[0]["a.txt"] == OLD
    change(folder)
    texts, _ = read(folder)
    if change is swap_with_another:
        assert texts == {"a.txt": NEW, "z.txt": OLD}
    else:
        assert set(texts.values()) == {NEW}  # now a copy of z.txt


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def make_dead_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def make_binary(file: Path) -> None:
    file.write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)) * 4)


def make_empty(file: Path) -> None:
    file.write_bytes(b"")


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (make_folder, None),
        (make_dead_link, "cannot be read"),
        (make_binary, "is binary"),
        (make_empty, "is empty"),
        (make_pipe, "not a regular file"),
    ],
)
def test_the_text_of_a_file_that_is_none_now_answers_no_more(
    tmp_path: Path, change: Callable[[Path], None], reason: str | None
) -> None:
    (tmp_path / "a.txt").write_text(OLD, encoding="utf-8")
    (tmp_path / "b.txt").write_text("Nothing else.\n", encoding="utf-8")
    assert read(tmp_path)[0]["a.txt"] == OLD
    change(tmp_path / "a.txt")
    texts, skipped = read(tmp_path)
    assert texts == {"b.txt": "Nothing else.\n"}
    assert list(skipped) == (["a.txt"] if reason else [])
    assert reason is None or reason in skipped["a.txt"]


@pytest.mark.parametrize("suffix", ["csv", "html", "srt", "rst", "tex", "json", "eml"])
def test_a_binary_file_is_no_text_whatever_its_suffix(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b"\x7fELF\0\0\0" + bytes(range(256)) * 4)
    (tmp_path / "b.txt").write_text("Nothing else.\n", encoding="utf-8")
    texts, skipped = read(tmp_path)
    assert list(texts) == ["b.txt"]
    assert list(skipped) == [f"a.{suffix}"]


@pytest.mark.parametrize("name", ["seeds", "index", "articles", "src", "New folder", "ö"])
@pytest.mark.usefixtures("fake_models")
def test_a_subfolder_of_any_name_hides_nothing(articles: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (articles / name).mkdir()
    (articles / name / "c.txt").write_text("The seed list is long.", encoding="utf-8")
    assert run(["ask", QUESTION, "-C", str(articles)]) == 0
    assert capsys.readouterr().out.startswith("Okay\n")
    assert run(["search", "seed list", "-C", str(articles)]) == 0
    assert f"{name}/c.txt" in capsys.readouterr().out


@pytest.mark.parametrize("columns", ["0", "1", "3", "-5", "100000", "wide", ""])
@pytest.mark.usefixtures("fake_models")
def test_an_answer_is_shown_in_any_number_of_columns(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(["ask", QUESTION, "-C", str(articles)]) == 0
    assert "Okay" in capsys.readouterr().out
