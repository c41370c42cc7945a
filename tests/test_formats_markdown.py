from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.markdown import extract_markdown

WORDS = st.sampled_from(["Lena", "port", "8642", "naïve", "a.m.", "O’Dowd", "don't", "x-ray", "£9,500", "東京", "é"])
FORMS = ("{}", "# {}", "### {} ##", "> Quoted {}\n> on", "- Item {}\n- more", "1. One {}", "A\n{}")
MARKS = st.text("ab Lé1 \n\t*_`~[]()!<>&;#|\\-+=:^\"'.", max_size=80)


def read(markdown: str, path: str = "a.md") -> Extracted:
    (document,) = extract_markdown(markdown.encode(), path).documents
    return document


def shown(markdown: str) -> str:
    return read(markdown).text


def kinds(markdown: str) -> list[tuple[str, str]]:
    document = read(markdown)
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


@st.composite
def inline(draw: st.DrawFn, depth: int = 2) -> tuple[str, str]:
    """Marked-up text and what is shown of it."""
    word = draw(WORDS)
    plain = [
        (word, word),
        (f"`{word}`", word),
        (f"[[{word}]]", word),
        (f"[[People/{word} x|{word}]]", word),
        (f"![{word}](p/{word}.png)", word),
        (f"<https://e.example/{word.encode('ascii', 'ignore').decode()}>", ""),
        (f"{word}&amp;{word}", f"{word}&{word}"),
        (f"{word}\\*{word}", f"{word}*{word}"),
        (f"{word}<!-- hidden {word} -->", word),
        (f"<b>{word}</b>", word),
    ]
    if not depth:
        return draw(st.sampled_from(plain))
    marked, seen = draw(inline(depth - 1))
    wrapped = [
        (f"*{marked}*", seen),
        (f"**{marked}**", seen),
        (f"a ~~{marked}~~", f"a {seen}") if "~" not in marked else (marked, seen),
        (f"{marked} and {word}", f"{seen} and {word}"),
        (f'[{marked}](https://e.example/{depth} "{depth}")', seen),
    ]
    if "[" in marked or "<https" in marked:
        wrapped.pop()
    return draw(st.sampled_from([*plain, *wrapped]))


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A page of Markdown, and the words that are shown of it, in order."""
    blocks: list[str] = []
    words: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        marked, seen = draw(inline())
        form = draw(st.sampled_from(FORMS))
        blocks.append(form.format(marked))
        said = form.strip("#> -").replace("## ", "").replace("\n- ", " ").replace("\n> ", " ").removesuffix(" ##")
        words += said.format(seen).split()
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join("\n\n".join(blocks).split("\n")), words


def assert_maps_to_the_file(document: Extracted, source: str) -> None:
    for offset, character in enumerate(document.text):
        if character.isspace():
            continue
        at = document.find_source_offset(offset)
        assert at is not None
        assert source[at] == character or source[at] == "&", (offset, character, source[at : at + 9])
    covered = {offset for block in document.blocks for offset in range(block.start, block.end)}
    assert all(character.isspace() or offset in covered for offset, character in enumerate(document.text))
    assert all(one.end <= other.start for one, other in zip(document.blocks, document.blocks[1:], strict=False))


@given(pages())
def test_every_character_shown_is_the_files_own_and_every_word_is_shown(page: tuple[str, list[str]]) -> None:
    markdown, words = page
    document = read(markdown)
    assert_maps_to_the_file(document, markdown.replace("\r\n", "\n"))
    rest = iter(document.text.split())
    for word in words:
        if not word.startswith("https"):
            assert any(word == other or word in other for other in rest), (word, document.text)


@given(MARKS)
def test_any_marks_are_mapped(markdown: str) -> None:
    document = read("Body\n\n" + markdown)
    assert_maps_to_the_file(document, "Body\n\n" + markdown)


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("The port is `8642`.", "The port is 8642."),
        ("By [[People/Lena Marsh|Lena Marsh]].", "By Lena Marsh."),
        ("The licence is **MIT**.", "The licence is MIT."),
        ("See <https://gannet.example/docs>.", "See https://gannet.example/docs."),
        ("In [1931](https://e.x/1931).[^1]\n\n[^1]: An *old* note.", "In 1931.\n\nAn old note."),
        ("AT&amp;T &mdash; 5&nbsp;km &#233;", "AT&T — 5\xa0km é"),
        ("snake_case_word and 2 * 3 * 4", "snake_case_word and 2 * 3 * 4"),
        ("- [x] done\n- [ ] open", "done\nopen"),
        ("1984. A year\n1985. Another", "1984. A year\n1985. Another"),
        ("``a ` b`` and ` c `", "a ` b and c"),
        ("[[Otter Society|the *old* society]]", "the old society"),
        ("[a][r] and [r]\n\n[r]: http://e.x 'T'", "a and r"),
        ("one\\\ntwo  \nthree", "one\ntwo\nthree"),
        (
            "<div><p>Owner: <b>Judd&nbsp;Kale</b></p></div>\n\n<script>var x = 'Evil';</script>\n\nEnd",
            "Owner: Judd\xa0Kale\n\nEnd",
        ),
        ("| A | B |\n|---|---|\n| x \\| y | **2** |", "A\tB\nx | y\t2"),
        ("Text\n\n```py\nx = '*1*'\n\ny\n```\n\nEnd", "Text\n\nx = '*1*'\n\ny\n\nEnd"),
        ("Setext\n======\n\nText<br>more <!-- no -->", "Setext\n\nText\nmore"),
        ('![A fox](fox.png "t") ran', "A fox ran"),
        ("**bold**text and *a*", "boldtext and a"),
        ("\\# no heading \\[x\\]", "# no heading [x]"),
    ],
)
def test_the_rendered_text_is_read(markdown: str, text: str) -> None:
    document = read(markdown)
    assert document.text == text
    assert_maps_to_the_file(document, markdown)


def test_offsets_lead_to_the_line_of_the_file() -> None:
    markdown = "---\ntitle: T\n---\n\n# Head\n\n> - The **keeper** is [[H|Hetty Lorne]].\n"
    document = read(markdown)
    at = document.text.index("Hetty Lorne")
    assert document.find_source_offset(at) == markdown.index("Hetty Lorne")
    assert document.find_source_offset(document.text.index("keeper")) == markdown.index("keeper")


def test_blocks_are_those_of_the_mark_up() -> None:
    markdown = (
        "# Head\n\n*May 4, 2026*\n\nPara *one*.\n\n- item a\n\n  more\n- b\n\n"
        "| H | I |\n|--|--|\n| 1 | 2 |\n\n## Next\n\n    code\n"
    )
    assert kinds(markdown) == [
        ("title", "Head"),
        ("dateline", "May 4, 2026"),
        ("paragraph", "Para one."),
        ("item", "item a"),
        ("item", "more"),
        ("item", "b"),
        *(("cell", cell) for cell in "HI12"),
        ("heading", "Next"),
        ("code", "code"),
    ]


def test_lines_that_nobody_wrapped_are_blocks_of_their_own() -> None:
    markdown = (
        "Gulls steal crown of queen\nTrain strike called off\nBakery opens\n\n"
        "The keeper has gone to\nthe harbour today.\n"
    )
    assert kinds(markdown)[:4] == [
        ("title", "Gulls steal crown of queen"),
        ("paragraph", "Train strike called off"),
        ("paragraph", "Bakery opens"),
        ("paragraph", "The keeper has gone to\nthe harbour today."),
    ]


@pytest.mark.parametrize(
    ("front", "title", "published", "author"),
    [
        (
            "title: [one, two]\ndate: 2025-03-04T10:00:00Z\nauthor:\n  name: Nested Nora",
            "Body text.",
            date(2025, 3, 4),
            "Nested Nora",
        ),
        ("title: 2026-05-26\ndate: !!timestamp 2026-05-26", "2026-05-26", date(2026, 5, 26), ""),
        ("Title: Big\nDate: 4 March 2025\nAuthors:\n- Ann\n- Bob", "Big", date(2025, 3, 4), "Ann"),
        ("title: [\npublished: 2025-03-04", "[", date(2025, 3, 4), ""),
        ("title: *nowhere\ncreated: 2025/03/04\ntags:\n  - a: b\n  c", "*nowhere", date(2025, 3, 4), ""),
        ("pubDate: Tue, 04 Mar 2025 10:00:00 GMT\nupdated: 2026-01-01", "Body text.", date(2025, 3, 4), ""),
        ("date: 20250304", "Body text.", date(2025, 3, 4), ""),
    ],
)
def test_front_matter_states_and_is_never_body(front: str, title: str, published: date, author: str) -> None:
    document = read(f"---\n{front}\n---\nBody text.\n")
    assert (document.title, document.date, document.author) == (title, published, author)
    assert [block.kind for block in document.blocks] == ["metadata", "paragraph"]
    assert document.text[document.blocks[1].start :] == "Body text."


def test_toml_front_matter_is_read() -> None:
    document = read('+++\ntitle = "Hugo"\ndate = 2025-03-04\n+++\nBody.\n')
    assert (document.title, document.date) == ("Hugo", date(2025, 3, 4))


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    document = read("---\nJust a line of words.\n---\nMore.\n")
    assert "metadata" not in [block.kind for block in document.blocks]
    assert "Just a line of words." in document.text
