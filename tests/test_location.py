"""Where something is, described for people, at any width."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from askbrief.output.layout import MEASURE
from askbrief.output.location import describe_date, describe_location, render_location
from askbrief.output.text import render_hits
from askbrief.types import Hit, Passage, Span

LONG = "archive/2026/international/middle-east/iran-is-shoring-up-ties.txt"


def locate(path: str, line: int = 31) -> Hit:
    return Hit(Passage("0123456789abcdef", Span(0, 1), "x"), path, line, 1, 0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (None, f"{LONG}:31"),
        (69, f"{LONG}:31"),
        (68, "archive/2026/…/middle-east/iran-is-shoring-up-ties.txt:31"),
        (56, "archive/…/middle-east/iran-is-shoring-up-ties.txt:31"),
        (44, "archive/…/iran-is-shoring-up-ties.txt:31"),
        (36, "…/iran-is-shoring-up-ties.txt:31"),
        (30, "…/iran-is-sho…g-up-ties.txt:31"),
    ],
)
def test_folders_in_the_middle_go_first_then_the_middle_of_the_name(width: int | None, shown: str) -> None:
    assert describe_location(locate(LONG), width=width) == shown


@given(
    st.lists(st.text(st.characters(blacklist_characters="/", blacklist_categories=["Cs"]), min_size=1), min_size=1),
    st.integers(12, 120),
    st.integers(1, 99_999),
)
def test_every_location_fits_and_ends_with_its_line(parts: list[str], width: int, line: int) -> None:
    shown = describe_location(locate("/".join(parts), line), width=width)
    assert cell_len(shown) <= width
    assert shown.endswith(f":{line}")
    assert "\n" not in shown


def test_a_location_links_to_its_file() -> None:
    style = render_location(locate("a b/ü?.txt"), root=Path("/news")).style
    assert str(style).endswith("link file:///news/a%20b/%C3%BC%3F.txt")
    assert "link" not in str(render_location(locate("a.txt")).style)


@pytest.mark.parametrize(("width", "folders"), [(160, 12), (80, 12), (60, 12)])
def test_locations_use_the_whole_terminal_and_text_a_readable_measure(width: int, folders: int) -> None:
    hit = replace(
        locate("/".join(["long-folder"] * folders + ["name.txt"])), passage=Passage("0" * 16, Span(0, 1), "word " * 90)
    )
    head, *text = [line for line in render_hits([hit], width=width).plain.split("\n") if line]
    assert head.startswith("1. long-folder/")
    assert head.endswith("/name.txt:31")
    assert width - len("long-folder/") < len(head) <= width
    assert max(map(len, text)) <= min(width, MEASURE)
    assert max(map(len, text[1:])) > min(width, MEASURE) - 6


def test_dates_are_written_as_people_read_them() -> None:
    assert describe_date(date(2026, 5, 6)) == "6 May 2026"
    assert re.fullmatch(r"31 December 1999", describe_date(date(1999, 12, 31)))
