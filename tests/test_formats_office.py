from office_files import W, docx, epub, odt, pack, paragraph, pptx, relations, row, shape, xlsx
from reading_of_files import blocks, places, read, read_one

from askbrief.corpus.formats.limits import PARTS

STYLES = (
    '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Own"><w:name w:val="My heads"/><w:basedOn w:val="berschrift1"/></w:style>'
    '<w:style w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>'
)


def test_word_headings_are_places_whatever_their_style_is_called() -> None:
    body = paragraph("Harbours", style="berschrift1") + paragraph("The pier is long.") + paragraph("Ships", style="Own")
    document = read_one(docx(body + paragraph("Two ships lie here."), styles=STYLES), "a.docx")
    assert document.text == "Harbours\n\nThe pier is long.\n\nShips\n\nTwo ships lie here."
    assert blocks(document) == [
        ("heading", "Harbours"),
        ("paragraph", "The pier is long."),
        ("heading", "Ships"),
        ("paragraph", "Two ships lie here."),
    ]
    assert places(document) == [
        ("heading", None, "Harbours", "Harbours\n\nThe pier is long."),
        ("heading", None, "Ships", "Ships\n\nTwo ships lie here."),
    ]
    assert document.author == "Ann Lee"
    assert document.date is None
    assert document.runs is None


def test_a_bold_line_heads_what_follows_but_a_bold_sentence_does_not() -> None:
    body = paragraph("Opening hours", run="<w:b/>") + paragraph("Closed on Mondays.", run="<w:b/>") + paragraph("Ring.")
    assert [kind for kind, _ in blocks(read_one(docx(body), "a.docx"))] == ["heading", "paragraph", "paragraph"]


def test_insertions_are_read_and_deletions_are_not() -> None:
    body = (
        "<w:p><w:r><w:t>The bill was </w:t></w:r><w:ins><w:r><w:t>passed</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>rejected</w:delText></w:r></w:del><w:r><w:t> in May.</w:t></w:r></w:p>"
        "<w:p><w:moveFrom><w:r><w:t>Moved "
        "away.</w:t></w:r></w:moveFrom><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>"
    )
    assert read_one(docx(body), "a.docx").text == "The bill was passed in May."


def test_a_deletion_mark_of_a_paragraph_hides_nothing_after_it() -> None:
    body = "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>Still here.</w:t></w:r></w:p>" + paragraph("And here.")
    assert read_one(docx(body), "a.docx").text == "Still here.\n\nAnd here."


def test_a_text_box_is_read_once_and_after_its_paragraph() -> None:
    box = f"<w:txbxContent>{paragraph('In the box.')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>Around </w:t></w:r><w:r><mc:AlternateContent xmlns:mc='m'><mc:Choice>"
        f"{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>it.</w:t></w:r></w:p>"
    )
    assert sorted(read_one(docx(body), "a.docx").text.split("\n\n")) == ["Around it.", "In the box."]


def test_content_controls_are_read_and_the_table_of_contents_is_metadata() -> None:
    body = (
        f"<w:sdt><w:sdtContent>{paragraph('Dear Sir,')}</w:sdtContent></w:sdt>"
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
        f"<w:sdtContent>{paragraph('Harbours 1')}</w:sdtContent></w:sdt>" + paragraph("Ships 7", style="TOC1")
    )
    assert blocks(read_one(docx(body + paragraph("The end."), styles=STYLES), "a.docx")) == [
        ("paragraph", "Dear Sir,"),
        ("metadata", "Harbours 1"),
        ("metadata", "Ships 7"),
        ("paragraph", "The end."),
    ]


def test_footnotes_stand_at_the_end_in_the_order_of_their_marks() -> None:
    body = (
        "<w:p><w:r><w:t>First</w:t></w:r><w:r><w:footnoteReference w:id='7'/></w:r><w:r><w:t> and second.</w:t></w:r>"
        "<w:r><w:footnoteReference w:id='3'/></w:r></w:p>"
    )
    notes = "".join(
        f"<w:footnote w:id='{at}'>{paragraph(text)}</w:footnote>"
        for at, text in ((0, "separator"), (3, "Note of the second."), (7, "Note of the first."))
    )
    document = read_one(docx(body, footnotes=notes), "a.docx")
    assert document.text == "First and second.\n\nNote of the first.\n\nNote of the second."
    assert places(document) == [
        ("notes", 1, "footnote 1", "Note of the first."),
        ("notes", 2, "footnote 2", "Note of the second."),
    ]


def test_table_cells_are_blocks_of_their_own() -> None:
    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Berries", "150"))
    heads = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Food", "Calories"))
    document = read_one(docx(paragraph("Look:") + f"<w:tbl><w:tr>{heads}</w:tr><w:tr>{cells}</w:tr></w:tbl>"), "a.docx")
    assert document.text == "Look:\n\nFood\tCalories\nBerries\t150"
    assert blocks(document)[1:] == [("cell", "Food"), ("cell", "Calories"), ("cell", "Berries"), ("cell", "150")]


def test_raised_digits_do_not_run_into_numbers() -> None:
    raised = "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>3</w:t></w:r>"
    assert read_one(docx(f"<w:p><w:r><w:t>8,935,112</w:t></w:r>{raised}</w:p>"), "a.docx").text == "8,935,112³"


def test_a_title_that_is_a_file_name_is_none() -> None:
    assert read_one(docx(paragraph("x"), title="report_v2.docx"), "a.docx").title == ""
    assert read_one(docx(paragraph("x"), title="Microsoft Word - Draft"), "a.docx").title == ""
    assert read_one(docx(paragraph("x"), title="Salt roads"), "a.docx").title == "Salt roads"


def test_entities_are_refused() -> None:
    doctype = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    extraction = read(docx(paragraph("before &x; after"), doctype=doctype), "a.docx")
    assert extraction.documents == ()
    assert extraction.reports == ("declares XML entities of its own, which are not read",)


def test_broken_xml_is_read_up_to_the_break() -> None:
    whole = pack(
        {
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/document.xml": f"<w:document {W}><w:body>{paragraph('Kept.')}<w:p></w:oops>",
        }
    )
    extraction = read(whole, "a.docx")
    assert [document.text for document in extraction.documents] == ["Kept."]
    assert extraction.reports == ("its XML is broken at line 1; the rest was not read",)


def test_a_locked_office_file_needs_a_password() -> None:
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert read(locked, "a.docx").reports == ("needs a password",)


def test_opendocument_leaves_out_deleted_text_and_comments() -> None:
    body = (
        "<text:tracked-changes><text:deletion><text:p>gone</text:p></text:deletion></text:tracked-changes>"
        '<text:h text:outline-level="1">Ports</text:h><text:p>The quay'
        "<office:annotation><text:p>Really?</text:p></office:annotation>"
        " is<text:s/>old.<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>Built in 1611.</text:p>"
        "</text:note-body></text:note> So is the "
        "inn.</text:p><text:list><text:list-item><text:p>Rope</text:p></text:list-item></text:list>"
    )
    document = read_one(odt(body), "a.odt")
    assert document.text == "Ports\n\nThe quay is old. So is the inn.\n\nRope\n\nBuilt in 1611."
    assert [kind for kind, _ in blocks(document)] == ["heading", "paragraph", "item", "paragraph"]
    assert places(document)[-1] == ("notes", 1, "footnote 1", "Built in 1611.")


def test_an_automatic_style_stands_for_the_style_that_it_is_made_from() -> None:
    styles = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    document = read_one(
        odt('<text:p text:style-name="P1">Salt</text:p><text:p>White.</text:p>', styles=styles), "a.odt"
    )
    assert document.title == "Salt"
    assert blocks(document)[0] == ("title", "Salt")


def test_slides_come_in_the_order_of_the_show_with_their_notes() -> None:
    slides = [
        shape("Tides", kind="title") + shape("Twice a day.") + shape("7", kind="sldNum"),
        "<p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>Low</a:t></a:r></a:p></a:txBody></a:tc>"
        "<a:tc><a:txBody><a:p><a:r><a:t>0.4 m</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame>",
    ]
    document = read_one(pptx(slides, notes={0: shape("Say hello.") + shape("1", kind="sldImg")}), "a.pptx")
    assert document.text == "Tides\n\nTwice a day.\n\nSay hello.\n\nLow\t0.4 m"
    assert places(document) == [
        ("slide", 1, "Tides", "Tides\n\nTwice a day.\n\nSay hello."),
        ("notes", 1, "notes", "Say hello."),
        ("slide", 2, "", "Low\t0.4 m"),
    ]
    assert document.title == "Tides"


def test_a_missing_slide_is_reported_and_the_others_are_read() -> None:
    extraction = read(
        pack({name: data for name, data in _members(pptx([shape("One."), shape("Two.")])) if "slide2" not in name}),
        "a.pptx",
    )
    assert extraction.reports == ("slide 1 is missing",)
    assert [document.text for document in extraction.documents] == ["Two."]


def _members(data: bytes) -> list[tuple[str, bytes]]:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def test_a_workbook_row_repeats_its_headers_and_each_cell_is_a_block() -> None:
    rows = row(2, "Zone", "Sales") + row(3, "North", 120) + row(4, "South", 98)
    document = read_one(xlsx({"Q1": rows}), "a.xlsx")
    assert document.text == "Zone; Sales\n\nZone: North; Sales: 120\n\nZone: South; Sales: 98"
    assert [text for kind, text in blocks(document) if kind == "cell"][3:] == [
        "Zone:", "North", "; Sales:", "120", "Zone:", "South", "; Sales:", "98",
    ]  # fmt: skip
    assert places(document)[0] == ("sheet", None, "Q1", document.text)
    assert ("row", 4, "", "Zone: South; Sales: 98") in places(document)
    assert ("row", 4, "Sales", "; Sales: 98") in places(document)


def test_two_header_rows_make_one_header_above_numbers() -> None:
    rows = row(1, "Region", "2023", "") + row(3, "", "Sales", "Costs") + row(4, "North", 5, 4)
    rows = row(1, "In francs", "First half") + row(2, "", "Sales", "Costs") + row(4, "North", 5, 4)
    document = read_one(xlsx({"S": rows}), "a.xlsx")
    assert document.text.endswith("In francs: North; First half Sales: 5; First half Costs: 4")


def test_a_second_table_in_a_sheet_has_headers_of_its_own() -> None:
    rows = (
        row(1, "Name", "Born")
        + row(2, "Ann", 1801)
        + row(4, "Ship", "Tons")
        + row(5, "Ark", 300)
        + row(7, "(a) Not audited.")
    )
    document = read_one(xlsx({"S": rows}), "a.xlsx")
    assert document.text.split("\n\n")[3:] == ["Ship: Ark; Tons: 300", "(a) Not audited."]


def test_two_distant_cells_make_no_grid() -> None:
    rows = row(1, "The depot opened in 1904.") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    document = read_one(xlsx({"S": rows}), "a.xlsx")
    assert document.text == "The depot opened in 1904.\n\n1"
    assert places(document)[1:] == [("row", 1, "", "The depot opened in 1904."), ("row", 1048576, "", "1")]


def test_styled_empty_cells_do_not_make_a_sheet_sparse() -> None:
    styled = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    document = read_one(xlsx({"S": row(1, "Zone", "Sales") + row(2, "North", 120) + styled}), "a.xlsx")
    assert document.text == "Zone; Sales\n\nZone: North; Sales: 120"


def test_dates_are_days_and_whole_numbers_have_no_point() -> None:
    styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    rows = row(1, "Joined", "Wage") + '<row r="2"><c r="A2" s="1"><v>43538</v></c><c r="B2"><v>1200.50</v></c></row>'
    assert read_one(xlsx({"S": rows}, styles=styles), "a.xlsx").text.endswith("Joined: 2019-03-14; Wage: 1200.5")


def test_chapters_may_begin_in_the_middle_of_a_file() -> None:
    chapters = {
        "1.xhtml": "<html><body><h2 id='a'>One</h2><p>Salt came by sea.</p><p id='b'>Two begins "
        "here.</p></body></html>",
        "2.xhtml": "<html><body><p>It goes on&nbsp;here.</p></body></html>",
    }
    document = read_one(epub(chapters, [("1.xhtml#a", "I The sea"), ("1.xhtml#b", "II The road")]), "a.epub")
    assert document.text == "One\n\nSalt came by sea.\n\nTwo begins here.\n\nIt goes on\xa0here."
    assert places(document) == [
        ("chapter", None, "I The sea", "One\n\nSalt came by sea."),
        ("chapter", None, "II The road", "Two begins here.\n\nIt goes on\xa0here."),
    ]
    assert (document.title, document.author, str(document.date)) == ("Salt Roads", "Ida Moe", "1911-05-04")


def test_verse_keeps_its_lines_in_one_block() -> None:
    page = (
        "<html><body><div>April is the cruellest month, breeding</div><div>Lilacs out of the dead "
        "land.</div></body></html>"
    )
    document = read_one(epub({"1.xhtml": page}, []), "a.epub")
    assert blocks(document) == [("paragraph", "April is the cruellest month, breeding\nLilacs out of the dead land.")]


def test_missing_chapters_of_a_book_are_reported() -> None:
    page = "<html><body><h1>Real</h1><p>Nine gulls.</p></body></html>"
    extraction = read(epub({"ok.xhtml": page}, [], spine=["gone.xhtml", "ok.xhtml", "../../escape.xhtml"]), "a.epub")
    assert extraction.reports == ("2 of its chapters are missing",)
    assert [document.text for document in extraction.documents] == ["Real\n\nNine gulls."]


def test_cells_beyond_the_limit_are_reported() -> None:
    cells = b"a,b\n" + b"1,2\n" * (PARTS // 5)
    extraction = read(cells, "a.csv")
    assert extraction.reports == ("holds more than 20 million characters or 400,000 cells; the rest was not read",)
    assert extraction.documents[0].text.startswith("a; b\n\na: 1; b: 2")
