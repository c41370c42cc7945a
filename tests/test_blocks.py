from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.corpus.blocks import find_blocks
from askbrief.corpus.formats.plain import read_plain

LINES = st.lists(
    st.sampled_from(
        [
            *(
                "",
                "  ",
                "A headline",
                "goes on here",
                "By Ann Reed",
                "2026-05-04",
                "- item",
                "1. one",
                "a\tb",
                "x   y   z",
            ),
            *(
                "The envoy met Okay Memis in Ankara and spoke of the railway,",
                "> quoted",
                "---",
                "# Mark",
                "  indented",
                "END.",
            ),
            *(
                "From: Ann",
                "Date: May 4, 2026",
                "LONDON, May 4, 2026 - It",
                "word " * 30,
                "*",
                "**May 4, 2026**",
                "\x0c",
                "\u2028x",
            ),
        ]
    ),
    max_size=12,
)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in read_plain(text, "a.txt").blocks]


def pieces(text: str) -> list[str]:
    return [text[block.start : block.end] for block in find_blocks(text)]


@given(LINES)
def test_blocks_hold_all_that_is_not_space_in_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    blocks = read_plain(text, "a.txt").blocks
    assert all(one.end <= other.start for one, other in pairwise(blocks))
    assert all(block.start < block.end for block in blocks)
    covered = {offset for block in blocks for offset in range(block.start, block.end)}
    assert all(character.isspace() or offset in covered for offset, character in enumerate(text))


def test_a_headline_and_what_is_below_it_are_blocks_of_their_own() -> None:
    text = "Poet Edda Grange dies at 93\n2026-06-08\n\nEdda Grange, the poet, died on June 5 at home in Pell.\n"
    assert kinds(text) == [
        ("title", "Poet Edda Grange dies at 93"),
        ("dateline", "2026-06-08"),
        ("paragraph", "Edda Grange, the poet, died on June 5 at home in Pell."),
    ]


def test_an_article_may_follow_its_dateline_on_the_line() -> None:
    assert kinds(" date 2025-05-25 Iran is shoring up ties. This is important.")[:2] == [
        ("dateline", "date 2025-05-25"),
        ("paragraph", "Iran is shoring up ties. This is important."),
    ]


def test_headlines_under_each_other_are_separate() -> None:
    lines = ["Gulls steal crown of Brindle Fair queen", "Train strike called off", "New bakery for Quarrel Street"]
    lines += ["Chess champion Mira Solt retires at 31", "Bus fares to rise by 12 percent"]
    assert pieces("\n".join(lines)) == lines


@pytest.mark.parametrize("width", [40, 60, 72, 80])
def test_a_wrapped_paragraph_is_one_block(width: int) -> None:
    import textwrap

    text = (
        "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of"
        " a wife. Mr. Bingley came to Netherfield in May. Jane Bennet and Mr. Darcy met there. However little known the"
        " feelings or views of such a man may be on his first entering a neighbourhood, this truth is so well fixed."
    )
    wrapped = textwrap.fill(text, width)
    assert pieces(f"{wrapped}\n\n{wrapped}") == [wrapped, wrapped]


@pytest.mark.parametrize(
    "text",
    [
        "The commit-\ntee elected Ar-\nchibald Sto-\nver as its chair-\nman on Thursday.",
        "Tyger Tyger, burning bright,\nIn the forests of the night;\nWhat immortal hand or eye,\nCould frame thee?",
        "He lives in\nthe old mill of\nPell and is happy.",
        "She said that the\nLibrary had closed.",
    ],
)
def test_a_sentence_that_goes_on_is_one_block(text: str) -> None:
    assert pieces(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One long thing happened.\nThen another one did.", ["One long thing happened.", "Then another one did."]),
        ("Name: Ann Reed\nAge: 44\nTown: Pell", ["Name: Ann Reed", "Age: 44", "Town: Pell"]),
        ("In what distant deeps\nBurnt the fire", ["In what distant deeps", "Burnt the fire"]),
        ("- pears, which must\n  be ripe\n- plums", ["- pears, which must\n  be ripe", "- plums"]),
        ("1) one\n2) two\na. three", ["1) one", "2) two", "a. three"]),
        ("Who?\nwhere it was", ["Who?", "where it was"]),
    ],
)
def test_lines_that_do_not_go_on_are_separate(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    "table",
    [
        "Name\tRole\tAge\nTess Oakley\ttreasurer\t44\nUlric Dane\tsecretary\t61",
        "Name          Role         Age\nTess Oakley   treasurer     44\nUlric Dane    secretary     61",
        "Name           Role   Age\nTess Oakley    treas   44\nUlric Dane     sec     61",
    ],
)
def test_columns_are_cells(table: str) -> None:
    cells = [(kind, piece) for kind, piece in kinds(table)]
    assert {kind for kind, _ in cells} == {"cell"}
    assert [piece for _, piece in cells][3:5] == ["Tess Oakley", table.split("\n")[1].split()[2]]
    assert cells[-1] == ("cell", "61")


def test_two_spaces_behind_a_full_stop_are_no_column() -> None:
    text = "He left.  She stayed.\nIt rained.  They slept."
    assert pieces(text) == ["He left.  She stayed.", "It rained.  They slept."]


def test_headings_and_quotations() -> None:
    text = "A title\n\nSome text of the story.\n\nBACKGROUND\n\nMore text.\n\n> Is it there, I\n> wonder?\n\nNo."
    assert kinds(text) == [
        ("title", "A title"),
        ("paragraph", "Some text of the story."),
        ("heading", "BACKGROUND"),
        ("paragraph", "More text."),
        ("quoted", "> Is it there, I\n> wonder?"),
        ("paragraph", "No."),
    ]
