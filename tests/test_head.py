from __future__ import annotations

from datetime import date

import pytest

from askbrief.corpus.formats.plain import read_plain
from askbrief.corpus.head import find_author, find_head_lines, find_publication_date

MAY_4 = date(2026, 5, 4)
BODY = "The harbour was closed on Monday after a fire, and two dock workers were taken to hospital. It opened again."


def stated(text: str, year: int | None = None) -> date | None:
    return find_publication_date(find_head_lines(text, year=year))


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Published: May 4, 2026",
            "Published 4 May 2026, 10:22 BST",
            "*May 4, 2026*",
            "Monday, May 4, 2026",
            "2026-05-04",
        ),
        *("Date: Mon, 4 May 2026", "date 2026-05-04 by Dana Whitlock, Coastal Wire", "By Ann Reed, 4 May 2026"),
        *(
            "May 4, 2026, 5:09 a.m. ET",
            "May 4, 2026 Updated Aug. 18, 2026, 9:29 a.m. ET",
            "Reuters | May 4, 2026 | 3 min read",
        ),
        *(
            "BBC News, 4 May 2026",
            "Posted on May 4th, 2026 at 5:00 PM EST",
            "2026-05-04T10:00:00Z",
            "Dated May 4, 2026",
        ),
        *("Story by Sam Roth and photographs by Jay Calder, The Desert Sun | May 4, 2026", "Updated 2026-05-04 18:00"),
        *(
            "4 May 2026 · Lena Marsh · Politics",
            "By ANN REED | Associated Press | May 4, 2026",
            "Last updated: May 4, 2026",
        ),
        *("First published on Mon 4 May 2026 10.22 BST", "**Published:** 2026/05/04", "By Ann Reed\nMay 4, 2026"),
    ],
)
def test_a_date_below_the_headline_is_the_publication_date(line: str) -> None:
    assert stated(f"Fire shuts terminal\n{line}\n\n{BODY}") == MAY_4
    assert stated(f"# Fire shuts terminal\n\n{line}\n\n{BODY}") == MAY_4


@pytest.mark.parametrize(
    "text",
    [
        *("ANKARA, May 4, 2026 (Reuters) — Turkey said on Monday.", "LONDON, May 4 2026 - A man was held on Monday."),
        *("NEW YORK, May 4, 2026 /PRNewswire/ -- Acme said on Monday.", "Paris, 4 May 2026 (AFP) – The minister left."),
        *("WASHINGTON, D.C., May 4, 2026 (AP) — The Senate voted.", "May 4, 2026 — A man died in the harbour fire."),
    ],
)
def test_a_wires_dateline_states_the_date(text: str) -> None:
    assert stated(f"Headline of the day\n\n{text} {BODY}") == MAY_4


def test_a_wires_date_takes_its_year_from_elsewhere_or_is_left_out() -> None:
    text = f"ANKARA, May 4 (Reuters) — {BODY}"
    assert stated(text) is None
    assert stated(text, year=2026) == MAY_4
    assert stated(f"Headline\nUpdated: June 1, 2026\n\n{text}") == MAY_4
    assert read_plain(text, "reuters-2026-ankara.txt").date == MAY_4
    assert read_plain(text, "reuters.txt").date is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "June 6, 1844 was the day on which Ned Crow drove the first train.",
            "On May 4, 2026, he died.",
            "2026-05-04 was wet.",
        ),
        *(
            "Dated May 4, 2026, the letter says that he is dead.",
            "By May 4, 2026 the town was gone.",
            "date palms grow here",
        ),
        *(
            "The attack of May 4, 2026",
            "dating 2026-05-04",
            "Published in Ankara on 2026-05-04",
            "May 2026",
            "05/04/2026",
        ),
        *(
            f"{BODY}\n\n{BODY}\n\nPublished: May 4, 2026",
            "May 4, 2026, was a Monday, and it rained.",
            "Updated, May 4:",
        ),
        *("CARSON CITY (AP) — On May 4, 2026 the law passed.", "By the time he left on May 4, 2026 it rained."),
    ],
)
def test_a_date_of_which_the_text_speaks_is_none(text: str) -> None:
    assert stated(text) is None
    assert stated(f"A headline here\n\n{text}") is None


def test_published_counts_more_than_updated() -> None:
    assert stated(f"Fire\nUpdated: June 1, 2026\nPublished: May 4, 2026\n\n{BODY}") == MAY_4


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("By Ann Reed, 21 October 2025", "Ann Reed"),
        ("By Rosalind Peake, The Millbrook Messenger, 21 October 2025", "Rosalind Peake"),
        ("by ann reed", ""),
        ("By ANN REED and Bob Vale | Associated Press", "ANN REED and Bob Vale"),
        ("date 2026-03-11 by Dana Whitlock, Coastal Wire", "Dana Whitlock"),
        ("By Friday the whole town was gone", ""),
        ("Words by José Núñez", "José Núñez"),
    ],
)
def test_a_by_line_names_the_author(line: str, author: str) -> None:
    assert find_author(find_head_lines(f"Fire shuts terminal\n{line}\n\n{BODY}")) == author


def test_the_header_of_a_mail_is_metadata() -> None:
    text = f"From: Ann Reed <ann@x.org>\nTo: Bob\nDate: Mon, 4 May 2026 10:00:00 +0000\nSubject: The boat\n\n{BODY}"
    document = read_plain(text, "a.txt")
    assert (document.title, document.date, document.author) == ("The boat", MAY_4, "Ann Reed")
    assert [block.kind for block in document.blocks] == ["metadata", "metadata", "dateline", "metadata", "paragraph"]
