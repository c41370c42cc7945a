import gzip
import json

import pytest
from office_files import pack
from reading_of_files import blocks, places, read, read_one

from askbrief.corpus.formats.limits import FIELD_CHARACTERS
from askbrief.corpus.formats.sheets import render_value


def test_records_that_span_lines_keep_their_row_number() -> None:
    data = b'Year,Title,Plot\n1901,Kansas,"A bar.\nIt burns."\n1902,"Trees, and snow",\n'
    document = read_one(data, "a.csv")
    assert document.text == (
        "Year; Title; Plot\n\nYear: 1901; Title: Kansas; Plot: A bar.\nIt burns.\n\nYear: 1902; Title: Trees, and snow"
    )
    assert ("row", 2, "Plot", "; Plot: A bar.\nIt burns.") in places(document)
    assert ("cell", "A bar.\nIt burns.") in blocks(document)
    assert ("row", 3, "Title", "; Title: Trees, and snow") in places(document)
    assert [text for kind, text in blocks(document) if kind == "metadata"] == ["Year", ";", "Title", ";", "Plot"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    lines = ["name", "wage"], ["Ann", "12"], ["Bob, jun.", "7,50"]
    data = "\n".join(separator.join(f'"{cell}"' if "," in cell else cell for cell in line) for line in lines)
    assert read_one(data.encode(), "a.csv").text.endswith("name: Bob, jun.; wage: 7,50")


def test_the_separator_may_be_stated() -> None:
    assert read_one(b"sep=;\r\na;b\r\n1;2\r\n", "a.csv").text == "a; b\n\na: 1; b: 2"


def test_a_table_of_numbers_has_no_header() -> None:
    assert read_one(b"1,2\n3,4\n", "a.csv").text == "1; 2\n\n3; 4"


def test_a_field_that_is_too_long_is_cut_and_the_next_row_is_read() -> None:
    extraction = read(b'id,text\n1,"' + b"word " * 300_000 + b'"\n2,The kiln cooled.\n', "a.csv")
    assert extraction.reports == (f"row 2: only the first {FIELD_CHARACTERS:,} characters were read",)
    assert extraction.documents[0].text.endswith("id: 2; text: The kiln cooled.")


def test_a_blank_line_in_a_cell_ends_a_block() -> None:
    document = read_one(b'a,b\n1,"One.\n\nTwo."\n', "a.csv")
    assert blocks(document)[-2:] == [("cell", "One."), ("cell", "Two.")]


def test_lines_with_text_are_documents() -> None:
    lines = [
        {
            "id": 7,
            "headline": "Heat",
            "body": "It was hot.\n\nVery.",
            "date": "2021-06-05T10:00:00Z",
            "author": "A. Lee",
        },
        {"id": 8, "headline": "Cold", "body": "It froze.", "tags": ["x"]},
    ]
    data = "".join(json.dumps(line) + "\n" for line in lines).encode() + b"{broken\n"
    extraction = read(data, "a.jsonl")
    assert extraction.reports == ("line 3: no valid JSON",)
    first, second = extraction.documents
    assert blocks(first) == [
        ("title", "Heat"),
        ("paragraph", "It was hot."),
        ("paragraph", "Very."),
        ("metadata", "id: 7"),
        ("metadata", "date: 2021-06-05T10:00:00Z"),
        ("metadata", "author: A. Lee"),
    ]
    assert (first.member, first.title, str(first.date), first.author) == ("1", "Heat", "2021-06-05", "A. Lee")
    assert places(second) == [("line", 2, "", second.text)]


def test_lines_without_text_are_rows() -> None:
    document = read_one(b'{"ship":"Ark","tons":300.50,"gone":true}\n{"ship":"Tern","crew":{"cook":"Al"}}\n', "a.ndjson")
    assert document.text == "ship: Ark; tons: 300.50; gone: true\n\nship: Tern; crew.cook: Al"
    assert [place[:2] for place in places(document)] == [("line", 1), ("line", 2)]


def test_a_list_in_an_object_gives_the_documents() -> None:
    data = json.dumps(
        {"count": 2, "articles": [{"title": "A", "text": "One."}, {"title": "B", "text": "Two."}]}
    ).encode()
    assert [(document.member, document.title) for document in read(data, "a.json").documents] == [
        ("1", "A"),
        ("2", "B"),
    ]


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 90 + "1" + "}" * 90])
def test_json_nested_too_deep_is_reported(text: str) -> None:
    assert read(text.encode(), "a.json").reports == ("is nested too deep",)


def test_what_is_no_json_is_reported() -> None:
    (report,) = read(b"{'a': 1}", "a.json").reports
    assert report.startswith("is no valid JSON (Expecting property name")


def test_lone_surrogates_become_replacement_characters() -> None:
    assert read_one(b'{"text": "a \\ud800 b and more"}', "a.json").text.startswith("text: a \ufffd b")


def test_values_are_written_as_people_write_them() -> None:
    assert [render_value(value) for value in (3.0, -0.25, 1e20, True, "x")] == ["3", "-0.25", "1e+20", "TRUE", "x"]


SRT = """1
00:00:00,179 --> 00:00:02,399
Travis: When you first get
started, it's

2
00:00:02,400 --> 00:00:04,799
almost <i>guaranteed</i> that
you fail.

3
00:00:31,000 --> 00:00:33,000
Much later.
"""


def test_sentences_run_across_the_cues_of_a_transcript() -> None:
    document = read_one(SRT.encode(), "a.srt")
    assert blocks(document) == [
        ("paragraph", "Travis: When you first get\nstarted, it's\nalmost guaranteed that\nyou fail."),
        ("paragraph", "Much later."),
    ]
    assert places(document) == [
        ("time", 1, "00:00:00", "Travis: When you first get\nstarted, it's"),
        ("time", 2, "00:00:02", "almost guaranteed that\nyou fail."),
        ("time", 3, "00:00:31", "Much later."),
    ]


def test_captions_that_roll_are_written_once() -> None:
    vtt = """WEBVTT
Kind: captions

NOTE made by hand

STYLE
::cue { color: red }

00:00.000 --> 00:02.000 align:start position:0%
BLANK
we sailed<00:00:01.000><c> at</c><c> noon</c>

00:02.000 --> 00:02.010
we sailed at noon

intro
00:02.010 --> 00:04.000
we sailed at noon
and &amp; came back

01:00:00.000 --> 01:00:02.000
<v Ann>Good night.</v>
"""
    document = read_one(vtt.replace("BLANK", " ").encode(), "a.vtt")
    assert document.text == "we sailed at noon\nand & came back\nAnn: Good night."
    assert [place[1:3] for place in places(document)] == [(1, "00:00:00"), (2, "00:00:02"), (3, "01:00:00")]


def test_members_of_an_archive_are_documents() -> None:
    inner = pack({"m.csv": "c,d\n3,4\n"})
    members = {"a/note.txt": "The mill burned down.", "t.csv": "a,b\n1,2\n", "p.png": "x", "__MACOSX/._a": "x"}
    data = pack({**members, "in.zip": inner})
    extraction = read(data, "box.zip")
    assert [(document.member, document.text) for document in extraction.documents] == [
        ("a/note.txt", "The mill burned down."),
        ("t.csv", "a; b\n\na: 1; b: 2"),
        ("in.zip!m.csv", "c; d\n\nc: 3; d: 4"),
    ]


def test_names_that_lead_outside_are_passed_over() -> None:
    extraction = read(pack({"../../out.txt": "x", "/abs.txt": "x", "good/in.txt": "Here."}), "a.zip")
    assert [document.member for document in extraction.documents] == ["good/in.txt"]


def test_archives_nested_too_deep_are_reported() -> None:
    data = b"leaf"
    for name in ("leaf.txt", "a.zip", "b.zip", "c.zip"):
        data = pack({name: data})
    assert read(data, "d.zip").reports == ("c.zip: b.zip: a.zip: is nested deeper than 3 archives",)


def test_a_bomb_is_reported() -> None:
    bomb = pack({"a.txt": b"0" * (40 << 20), "b.txt": "Still read."})
    extraction = read(bomb, "a.zip")
    assert extraction.reports == ("a.txt: unpacks to more than 100 times its size",)
    assert [document.text for document in extraction.documents] == ["Still read."]
    assert read(gzip.compress(bytes(40 << 20)), "a.txt.gz").reports == ("unpacks to more than 100 times its size",)


def test_a_small_member_may_be_packed_tightly() -> None:
    assert read(pack({"a.txt": b"0" * 1_000_000}), "a.zip").reports == ()


def test_the_name_inside_decides_what_a_gzip_file_is() -> None:
    packed = gzip.compress(b"a,b\n1,2\n")
    document = read_one(packed, "t.csv.gz")
    assert (document.text, document.member) == ("a; b\n\na: 1; b: 2", "")
    cut = read(packed[:-9], "t.csv.gz")
    assert cut.reports == ("is cut off; the text before the end was read",)
