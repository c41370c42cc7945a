from __future__ import annotations

import pytest

from askbrief.corpus.formats.plain import read_plain

BODY = "The harbour was closed on Monday after a fire, and two dock workers were taken to hospital. It opened again."


def title(text: str) -> str:
    return read_plain(text, "a.txt").title


@pytest.mark.parametrize(
    "headline",
    [
        "Myanmar hit by 7.7 quake. These are the top 10 deadliest of the last century",
        *(
            "Who won?",
            "It rained.",
            "“We were lucky,” says mayor.",
            "STORM GWEN: WHAT WE KNOW",
            "Gulls steal crown; queen cries",
        ),
        *("What we know so far:", "U.S. and Iran talk", "1984 comes back to the stage", "Yes! No…"),
    ],
)
def test_a_short_line_before_a_blank_line_is_the_title_whatever_its_punctuation(headline: str) -> None:
    assert title(f"{headline}\n\n{BODY}") == headline
    assert title(f"\n  {headline}  \n \n{BODY}") == headline


@pytest.mark.parametrize("line", ["2026-06-08", "By Ann Reed", "Published: April 4, 2026", "Monday, May 4, 2026"])
def test_a_line_before_a_dateline_is_the_title(line: str) -> None:
    assert title(f"Poet Edda Grange dies. She was 93\n{line}\n\n{BODY}") == "Poet Edda Grange dies. She was 93"
    assert title(f"{line}\n\nPoet Edda Grange dies\n\n{BODY}") == "Poet Edda Grange dies"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{BODY} {BODY}", BODY.split(". ")[0] + "."),
        (
            "June 6, 1844 was the day on which Ned Crow drove. It rained.",
            "June 6, 1844 was the day on which Ned Crow drove.",
        ),
        (
            "Updated 2025-11-03 18:00\nA ferry hit the quay at Pell on Sunday.",
            "A ferry hit the quay at Pell on Sunday.",
        ),
        ("ANKARA, May 24 (Reuters) — Turkey said on Monday. It left.", "Turkey said on Monday."),
        ("One sentence. Another.\nMore text here.", "One sentence."),
        ("The keeper of the house\nis Hetty Lorne. She came.", "The keeper of the house is Hetty Lorne."),
        ("- one thing\n- another", "- one thing"),
    ],
)
def test_the_first_sentence_is_the_title_where_there_is_no_headline(text: str, expected: str) -> None:
    assert title(text) == expected


@pytest.mark.parametrize("table", ["Name\tRole\nTess Oakley\ttreasurer", "Name        Role\nTess Oakley treasurer"])
def test_a_table_has_no_title(table: str) -> None:
    assert title(table) == ""


def test_a_headline_is_never_cut() -> None:
    long = "Quake of the century hits the north of the country. " * 3
    headline = long[:145].rsplit(" ", 1)[0]
    assert title(f"{headline}\n\n{BODY}") == headline
