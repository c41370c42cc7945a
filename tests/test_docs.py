"""The README stays true: its Python runs, its figures are the saved ones, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from askbrief.config import Settings, load_settings
from benchmarks.table import BEGIN, END, build_table

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIGURES = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
GUARANTEES = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def find_block(language: str) -> str:
    match = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert match is not None
    return match[1]


def test_the_figures_are_the_saved_ones() -> None:
    assert FIGURES.split(BEGIN)[1].split(END)[0].strip() == build_table()


def test_the_settings_shown_are_the_defaults(tmp_path: Path) -> None:
    import tomllib

    shown = find_block("toml")
    (tmp_path / "askbrief.toml").write_text(shown)
    assert list(tomllib.loads(shown)) == list(Settings.__dataclass_fields__)
    assert load_settings(tmp_path) == Settings()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`((?:src|docs|training|benchmarks)/[\w./-]*)`", README))))
def test_paths_named_in_the_readme_exist(target: str) -> None:
    assert (ROOT / target).exists()


PROMISES = [line for line in GUARANTEES.splitlines() if line.startswith("| ") and not line.endswith("| |")]


def test_there_are_promises() -> None:
    assert len(PROMISES) >= 20


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_names_tests_that_exist(promise: str) -> None:
    named = re.findall(r"`(tests/\w+\.py)::(\w+)`", promise)
    assert named
    for file, name in named:
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), name


def test_the_readme_fits_in_three_screens() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("page", ["README.md", "docs/chat.md", "docs/architecture.md", "benchmarks/README.md"])
def test_pictures_and_pages_that_are_linked_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith("http")]
    assert all((ROOT / page).parent.joinpath(target).is_file() for target in targets)


def test_the_rooms_on_the_page_are_the_import_layers() -> None:
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    layers = [re.split(r" [|:] ", layer) for layer in contract["layers"] if layer != "__main__"]
    rooms = re.findall(r"^\| `(\w+)` \|", ARCHITECTURE, re.MULTILINE)
    assert rooms == [room for layer in layers for room in layer]
    package = ROOT / "src" / "askbrief"
    assert all((package / room).is_dir() or (package / f"{room}.py").is_file() for room in rooms)


def test_every_package_is_a_room() -> None:
    rooms = set(re.findall(r"^\| `(\w+)` \|", ARCHITECTURE, re.MULTILINE))
    packages = {path.parent.name for path in (ROOT / "src" / "askbrief").glob("*/__init__.py")}
    assert packages <= rooms


@pytest.mark.models
def test_the_python_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(find_block("python"), str(Path("README.md")), "exec"), {})
    printed = capsys.readouterr().out
    assert "seeds/000_278bca0f8ddf4b0f.txt" in printed
    assert "Shalamcheh" in printed
