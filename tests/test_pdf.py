"""PDF: reading order, words, tables, furniture, pages and reports, on small files written here."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_writer import Page, build_file, write_pdf

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.pdf import EXTRACTOR, extract_pdf
from askbrief.corpus.formats.pdf.bidi import reorder
from askbrief.corpus.formats.pdf.document import describe_pages
from askbrief.corpus.formats.pdf.letters import Run, write_both_ways
from askbrief.corpus.formats.pdf.texcodes import find_codes
from askbrief.types import Place

FILES = Path(os.environ.get("ASKBRIEF_FILES", "../shared/files"))

WEIRS = [
    "The lower weir was built of oak in the autumn",
    "of 1871 and held for thirty winters without any",
    "repair. Its keeper wrote a diary in which every",
    "flood of the river is recorded, and the infor-",
    "mation is still used. The diary ends in March",
]
MARROW = [
    "of 1902, when the keeper moved to the harbour",
    "town of Marrow. The second weir is of stone and",
    "stands two miles further down. Engineers of the",
    "county opened its long-term record in 1903, and",
    "the long-",
    "term record is complete until today.",
]


def read(data: bytes) -> Extracted:
    """The one document of a file, after checking what holds for every document."""
    extraction = extract_pdf(data)
    assert extraction.extractor == EXTRACTOR
    (document,) = extraction.documents
    check(document)
    return document


def check(document: Extracted) -> None:
    assert document.runs is None
    ends = [0]
    for block in document.blocks:
        assert block.start >= ends[-1]
        assert block.end > block.start
        assert not document.text[ends[-1] : block.start].strip()
        ends.append(block.end)
    assert not document.text[ends[-1] :].strip()
    assert [place.start for place in document.places] == sorted(place.start for place in document.places)
    assert all(a.end <= b.start for a, b in zip(document.places, document.places[1:], strict=False))


def blocks(document: Extracted) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_columns_are_read_one_after_the_other_and_hyphens_undone() -> None:
    page = Page().write(150, 740, "A History of Two Weirs", size=18, font="F2")
    page.write_lines(60, 700, WEIRS).write_lines(320, 700, MARROW)
    document = read(write_pdf([page]))
    assert blocks(document) == [
        ("title", "A History of Two Weirs"),
        (
            "paragraph",
            "The lower weir was built of oak in the autumn of 1871 and held for thirty winters without any repair. Its"
            " keeper wrote a diary in which every flood of the river is recorded, and the information is still used."
            " The diary ends in March of 1902, when the keeper moved to the harbour town of Marrow. The second weir is"
            " of stone and stands two miles further down. Engineers of the county opened its long-term record in 1903,"
            " and the long-term record is complete until today.",
        ),
    ]
    assert document.title == "A History of Two Weirs"
    assert document.places == (Place(0, len(document.text), "page", 1),)


def test_the_order_of_the_content_does_not_matter() -> None:
    lines = [(60, 700 - 12 * i, line) for i, line in enumerate(WEIRS)]
    lines += [(320, 700 - 12 * i, line) for i, line in enumerate(MARROW)]
    mixed = Page()
    for x, y, line in sorted(lines, key=lambda line: (line[2][::-1], line[0])):
        mixed.write(x, y, line)
    straight = Page().write_lines(60, 700, WEIRS).write_lines(320, 700, MARROW)
    assert read(write_pdf([mixed])).text == read(write_pdf([straight])).text


def test_words_keep_a_hyphen_that_only_stands_with_it_elsewhere() -> None:
    lines = [
        "The well-known keeper and his well-",
        "known boat were seen by fisher-",
        "men of Marrow in 1990-",
        "1995 or so.",
    ]
    document = read(write_pdf([Page().write_lines(72, 700, lines)]))
    assert (
        document.text
        == "The well-known keeper and his well-known boat were seen by fishermen of Marrow in 1990-1995 or so."
    )


def test_heads_feet_and_page_numbers_are_left_out() -> None:
    pages = []
    for number in range(4):
        page = Page().write(72, 760, "Annals of the Valley").write(500, 760, str(47 + number))
        page.write_lines(
            72, 700, [f"Chapter {'ABCD'[number]} tells of the weirs of the valley.", "They were built of oak."]
        )
        pages.append(page.write(72, 30, f"Printed at Marrow, sheet {number + 1} of 4"))
    document = read(write_pdf(pages))
    assert document.text == "\n\n".join(
        f"Chapter {letter} tells of the weirs of the valley. They were built of oak." for letter in "ABCD"
    )
    assert [place.number for place in document.places] == [1, 2, 3, 4]


def test_the_same_words_in_the_middle_of_pages_stay() -> None:
    pages = [Page().write(72, 400, "The weir stands.").write(72, 30, "Annals") for _ in range(4)]
    assert read(write_pdf(pages)).text == "\n\n".join(4 * ["The weir stands."])


def test_lines_that_differ_at_the_top_of_pages_stay() -> None:
    tops = ["Oak lasts longer than elm.", "Stone lasts longer than oak.", "Iron rusts in the river."]
    document = read(write_pdf([Page().write(72, 750, top) for top in tops]))
    assert document.text == "\n\n".join(tops)


def test_sentences_run_across_pages_and_notes_do_not_break_them() -> None:
    first = (
        Page().write_lines(72, 700, WEIRS).write_lines(72, 80, ["* Kept in the county's archive at Marrow."], size=7)
    )
    second = Page().write_lines(72, 700, MARROW)
    document = read(write_pdf([first, second]))
    assert [kind for kind, _ in blocks(document)] == ["item", "paragraph"]
    assert blocks(document)[0][1] == "* Kept in the county's archive at Marrow."
    assert "The diary ends in March\nof 1902, when the keeper moved" in document.text
    first_page, second_page = document.places
    assert document.text[first_page.start : first_page.end].endswith("ends in March")
    assert document.text[second_page.start :].startswith("of 1902")


def test_tables_are_read_by_rows() -> None:
    page = Page().write(72, 740, "The depths were measured every spring by the keepers of the stations below.")
    rows = [("Station", "2017", "2018"), ("Hollow Creek", "12.4", "13.1"), ("Vane Bridge", "8.95", "9.02")]
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.write(72 + 130 * column, 700 - 18 * number, cell)
    document = read(write_pdf([page]))
    assert document.text == (
        "The depths were measured every spring by the keepers of the stations below.\n\n"
        "Station\t2017\t2018\nHollow Creek\t12.4\t13.1\nVane Bridge\t8.95\t9.02"
    )
    assert [kind for kind, _ in blocks(document)] == ["paragraph"] + 9 * ["cell"]


def test_fractions_are_no_notes() -> None:
    page = Page().write(72, 700, "The rate is 48").write(134.3, 703.5, "1", size=6).write(137.6, 700, "/")
    assert read(write_pdf([page.write(140.4, 700, "2", size=6)])).text == "The rate is 48 1/2"


def test_letters_that_are_lowered_stay_in_their_word() -> None:
    page = Page().write(72, 700, "Written in T").write(122.5, 697, "E").write(128.4, 700, "X by a keeper.")
    assert read(write_pdf([page])).text == "Written in TEX by a keeper."


def test_code_keeps_its_lines() -> None:
    page = (
        Page()
        .write_lines(72, 700, [*WEIRS, "Run:"])
        .write_lines(72, 620, ["def weir(depth):", 'return "high" if depth', "print(weir(3))"], font="F4")
    )
    assert blocks(read(write_pdf([page])))[-1] == ("code", 'def weir(depth):\nreturn "high" if depth\nprint(weir(3))')


def test_numbers_of_notes_are_raised() -> None:
    page = Page().write(72, 700, "Population 8,935,112").write(166.6, 703.5, "3", size=6)
    assert read(write_pdf([page])).text == "Population 8,935,112³"


def test_numbered_lines_lose_their_numbers() -> None:
    page = Page()
    for number in range(24):
        page.write(50 if number > 8 else 55.6, 700 - 24 * number, str(number + 1))
        page.write(100, 700 - 24 * number, f"witness {'abcdefghijklmnopqrstuvwx'[number]} said so and")
    text = read(write_pdf([page])).text
    assert text.startswith("witness a said so and witness b said so and witness c")
    assert not any(character.isdigit() for character in text)


def test_stamps_and_text_outside_the_page_are_left_out_and_sideways_pages_turned() -> None:
    page = Page(crop=(0, 0, 612, 780)).write_lines(72, 700, WEIRS).write(72, 785, "PROOF: remove before printing")
    page.write(20, 300, "arXiv:1234.5678 [cs.CL] 21 Jun 2021", size=14, turn="0 1 -1 0")
    assert read(write_pdf([page])).text.startswith("The lower weir was built")
    assert "arXiv" not in read(write_pdf([page])).text
    assert "PROOF" not in read(write_pdf([page])).text
    sideways = Page()
    for number, line in enumerate(WEIRS):
        sideways.write(300 + 12 * number, 100, line, turn="0 1 -1 0")
    assert read(write_pdf([sideways])).text == read(write_pdf([Page().write_lines(72, 700, WEIRS)])).text


def test_what_is_filled_into_forms_is_read() -> None:
    page = Page().write(72, 700, "Name of the keeper:").fill(180, 696, "Odalys Brandt")
    page.fill(180, 640, "Off", kind="Btn").fill(180, 600, "")
    assert read(write_pdf([page])).text == "Name of the keeper: Odalys Brandt"


def test_lists_and_headings_are_blocks() -> None:
    page = Page().write(72, 740, "Rules of the Weir", size=16, font="F2").write_lines(72, 700, WEIRS)
    page.write_lines(
        72, 620, ["1. Open the sluice at dawn.", "2. Close it before the", "flood of the evening.", "• Never alone."]
    )
    assert [(kind, text[:16]) for kind, text in blocks(read(write_pdf([page])))] == [
        ("title", "Rules of the Wei"),
        ("paragraph", "The lower weir w"),
        ("item", "1. Open the slui"),
        ("item", "2. Close it befo"),
        ("item", "• Never alone."),
    ]


@pytest.mark.parametrize(
    ("info", "title"),
    [
        ("/Title(The Weirs of Marrow)", "The Weirs of Marrow"),
        ("/Title(Microsoft Word - weirs.doc)", "Annals of the Valley"),
        ("/Title(weirs_final2.indd)", "Annals of the Valley"),
        ("/Title()", "Annals of the Valley"),
        ("/CreationDate(D:20190301)", "Annals of the Valley"),
    ],
)
def test_titles(info: str, title: str) -> None:
    page = Page().write(72, 740, "Annals of the Valley", size=20).write_lines(72, 700, WEIRS)
    document = read(write_pdf([page], info=info))
    assert document.title == title
    assert document.date is None


def test_publication_dates_are_those_of_publication() -> None:
    data = write_pdf([Page().write(72, 700, "A weir.")])
    assert read(data + b"<prism:publicationDate>2019-03-01</prism:publicationDate>").date == date(2019, 3, 1)
    assert read(data + b"<xmp:CreateDate>2019-03-01</xmp:CreateDate>").date is None
    assert read(data + b"<prism:publicationDate>2019-99-01</prism:publicationDate>").date is None


def test_printed_page_numbers_are_labels() -> None:
    pages = [
        Page().write(72, 700, text) for text in ("Preface of the editor.", "Chapter on weirs.", "Chapter on mills.")
    ]
    document = read(write_pdf(pages, labels="<</Nums[0<</S/r/St 3>>1<</S/D/St 47701>>]>>"))
    assert [(place.number, place.label) for place in document.places] == [(1, "iii"), (2, "47701"), (3, "47702")]


def test_what_cannot_be_read_is_reported() -> None:
    words = Page().write(72, 700, "Some words of the keeper.")
    codeless = Page().write(72, 700, "abcdefghijklmn", font="F3")
    assert extract_pdf(write_pdf(3 * [Page(picture=True)])).reports == (
        "3 of 3 pages are pictures without text (try ocrmypdf)",
    )
    assert extract_pdf(write_pdf([Page(picture=True)])).reports == (
        "the only page is a picture without text (try ocrmypdf)",
    )
    extraction = extract_pdf(write_pdf([words, Page(picture=True), codeless, codeless]))
    assert extraction.reports == (
        "1 of 4 pages is a picture without text (try ocrmypdf)",
        "pages 3–4: fonts without character codes",
    )
    assert extraction.documents[0].text == "Some words of the keeper."
    assert extract_pdf(write_pdf([Page()])).reports == ("has no text",)
    assert extract_pdf(b"").reports == ("is damaged, or not a PDF file",)
    assert extract_pdf(b"%PDF-1.7\nnothing of the kind").reports == ("is damaged, or not a PDF file",)


def test_passwords() -> None:
    page = Page().write(72, 700, "The keeper's secret.")
    assert read(write_pdf([page], user=b"")).text == "The keeper's secret."
    locked = extract_pdf(write_pdf([page], user=b"open sesame"))
    assert (locked.documents, locked.reports) == ((), ("needs a password",))


def test_lies_about_pages_end() -> None:
    text = b"BT /F1 12 Tf 72 700 Td (The ferry sails at noon.) Tj ET"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>"
    rest = [page, b"<</Length %d>>\nstream\n%s\nendstream" % (len(text), text)]
    rest.append(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    catalog = b"<</Type/Catalog/Pages 2 0 R>>"
    lie = extract_pdf(build_file([catalog, b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>", *rest]))
    assert lie.documents[0].text == "The ferry sails at noon."
    assert lie.reports == ("pages 2–1,000,000 are missing",)
    circle = extract_pdf(build_file([catalog, b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>", *rest]))
    assert circle.documents[0].text == "The ferry sails at noon."
    assert circle.reports == ("page 2 cannot be read (damaged)",)


def test_streams_that_unpack_to_far_too_much_are_not_opened() -> None:
    packed = zlib.compress(b"BT /F1 12 Tf 72 700 Td (a) Tj ET\n" * 2_200_000, 9)
    content = b"<</Filter/FlateDecode/Length %d>>\nstream\n" % len(packed) + packed + b"\nendstream"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>"
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    bomb = extract_pdf(build_file([b"<</Type/Catalog/Pages 2 0 R>>", pages, page, content]))
    assert (bomb.documents, bomb.reports) == ((), ("has a page that unpacks to more than 64 MB",))


def test_pages_in_words() -> None:
    assert describe_pages([3]) == "page 3"
    assert describe_pages([4, 5, 6, 7, 8, 9]) == "pages 4–9"
    assert describe_pages([1, 3, 7, 8, 9]) == "pages 1, 3, 7–9"
    assert describe_pages(list(range(1, 1200, 2))) == "pages 1, 3, 5, 7, 9 and 595 more"


@pytest.mark.parametrize(
    ("seen", "right_to_left", "read_as"),
    [
        (list("אבג 41 דה"), True, "אבג 14 דה"),
        (list("בג nohtyP דה"), True, "בג Python דה"),
        (list("בג 5202.21 דה"), True, "בג 12.2025 דה"),
        (list("the word גבא is old"), False, "the word אבג is old"),
        (list("plain 14 words"), False, "plain 14 words"),
    ],
)
def test_directions(seen: list[str], right_to_left: bool, read_as: str) -> None:
    assert "".join(reorder(seen, right_to_left=right_to_left)) == read_as


def test_letters_of_ligatures_are_turned_back() -> None:
    # lam and alef share one glyph (10 to 20); PDFium lists the alef first.
    codes = np.array([ord(letter) for letter in "سالم"])
    left, right = np.array([0.0, 10.0, 20.0, 20.0]), np.array([10.0, 20.0, 20.0, 30.0])
    shared = np.array([False, False, True, False])
    run = Run(codes, left, right, np.zeros(4, np.int64), shared, 12.0)
    assert write_both_ways(list("سالم"), run, right_to_left=True) == "سلام"


def test_codes_of_bitmap_fonts_are_believed_if_they_are_those_of_a_language() -> None:
    text = (
        "the keeper of the lower weir wrote a diary in which every flood of the river is recorded and the information"
        " is still used by engineers of the county who opened another record in the following century with suspicion"
    )
    counts = np.bincount([ord(letter) for letter in text if letter != " "] + [0x0C], minlength=256)
    meanings = find_codes(counts)
    assert meanings is not None
    assert (meanings[ord("e")], meanings[0x0C], meanings[0]) == (ord("e"), 0xFB01, 0)
    shifted = np.roll(counts, 3)
    assert find_codes(shifted) is None
    assert find_codes(np.zeros(256, np.int64)) is None


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 4000), st.booleans())
def test_damaged_files_give_text_or_a_report(noise: bytes, at: int, cut: bool) -> None:
    page = Page().write_lines(60, 700, WEIRS).write_lines(320, 700, MARROW)
    data = write_pdf([page, page], info="/Title(Weirs)")
    at = min(at, len(data))
    extraction = extract_pdf(data[:at] + noise + (b"" if cut else data[at + len(noise) :]))
    assert extraction.documents or extraction.reports
    for document in extraction.documents:
        check(document)


@pytest.mark.skipif(not FILES.exists(), reason="the files to read are not here")
def test_the_text_of_real_files_is_as_before() -> None:
    """A library's update that moves offsets is seen here; the hashes are printed for a look at what changed."""
    golden = json.loads((Path(__file__).parent / "golden_pdf.json").read_text())
    hashes = {}
    for name in golden:
        extraction = extract_pdf((FILES / name).read_bytes())
        for document in extraction.documents:
            check(document)
        told = [(document.text, document.title, document.places) for document in extraction.documents]
        hashes[name] = hashlib.sha256(repr((told, extraction.reports)).encode()).hexdigest()[:16]
    assert hashes == golden
