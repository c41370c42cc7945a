from __future__ import annotations

import json
from pathlib import Path

import pytest

from askbrief.cli.main import run
from askbrief.output.location import describe_places
from askbrief.output.text import describe_reason
from askbrief.types import Place


def test_what_is_read_of_a_table_is_printed_with_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "crops.csv"
    file.write_text("Crop,Tonnes\nOats,95\n", encoding="utf-8")
    assert run(["text", str(file)]) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines()[-2:], err) == (["[row 2, Tonnes]", "Tonnes: 95"], "")


def test_what_is_read_as_json_has_text_blocks_and_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.md"
    file.write_text("# Trains\n\nThe railway *opens*.\n", encoding="utf-8")
    assert run(["text", str(file), "--json"]) == 0
    fields = json.loads(capsys.readouterr().out)
    (document,) = fields["documents"]
    assert (fields["schema"], fields["encoding"], fields["reports"]) == (1, "utf-8", [])
    assert (document["title"], document["text"]) == ("Trains", "Trains\n\nThe railway opens.")
    assert [(b["start"], b["end"], b["kind"]) for b in document["blocks"]] == [(0, 6, "title"), (8, 26, "paragraph")]


def test_a_file_of_which_nothing_is_read_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").touch()
    assert run(["text", str(tmp_path / "a.txt")]) == 3
    assert capsys.readouterr() == ("\n", "askbrief: is empty\n")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["text", str(tmp_path / "gone.txt")]) == 1
    assert capsys.readouterr().err.startswith("askbrief: cannot be read: No such file")


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ((Place(0, 9, "page", 7, "47701"),), "page 7 (printed 47701)"),
        ((Place(0, 9, "page", 7, "7"),), "page 7"),
        ((Place(0, 9, "sheet", 1, "Sales"), Place(0, 5, "row", 12, "")), "sheet 1, Sales, row 12"),
        ((Place(0, 9, "row", 12), Place(0, 5, "row", 12, "Plot")), "row 12, Plot"),
        ((Place(0, 9, "chapter", 2, "II Rinks and Skaters"),), "“II Rinks and Skaters”"),
        ((Place(0, 9, "slide", 3), Place(3, 5, "notes")), "slide 3, notes"),
        ((Place(0, 9, "message", 4, "24 Sep 2002, John Hall"),), "message 4, 24 Sep 2002, John Hall"),
        ((Place(0, 9, "time", None, "00:12:31"),), "00:12:31"),
        ((), ""),
    ],
)
def test_places_are_described_from_the_outer_to_the_inner(places: tuple[Place, ...], text: str) -> None:
    assert describe_places(places) == text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("is empty", "it is empty"),
        ("needs a password", "it needs a password"),
        ("3 of 3 pages are pictures", "3 of 3 pages are pictures"),
    ],
)
def test_a_reason_ends_a_sentence(reason: str, text: str) -> None:
    assert describe_reason(reason) == text
