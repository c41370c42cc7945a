import base64
import struct
from email.message import EmailMessage

import pytest
from office_files import docx, paragraph
from reading_of_files import blocks, places, read, read_one

from askbrief.corpus.formats.mime import PARTS
from askbrief.corpus.formats.rtf import decompress_rtf

HEAD = (
    b"From: Ann Lee <ann@example.org>\nTo: bob@example.org\nSubject: The pump\nDate: Tue, 24 Sep 2002 10:00:00 +0200\n"
)


def test_a_message_has_its_headers_its_words_and_the_quoted_ones() -> None:
    data = HEAD + b"\nIt runs again.\n\nBob wrote:\n> Is the pump\n> repaired?\n>\n> Bob\n\nYes.\n"
    document = read_one(data, "a.eml")
    assert blocks(document) == [
        ("title", "The pump"),
        ("byline", "From: Ann Lee <ann@example.org>"),
        ("byline", "To: bob@example.org"),
        ("dateline", "Date: Tue, 24 Sep 2002 10:00:00 +0200"),
        ("paragraph", "It runs again."),
        ("paragraph", "Bob wrote:"),
        ("quoted", "Is the pump\nrepaired?"),
        ("quoted", "Bob"),
        ("paragraph", "Yes."),
    ]
    assert places(document) == [
        ("message", None, "24 Sep 2002, Ann Lee", document.text),
        ("quoted", None, "", "Is the pump\nrepaired?\n\nBob"),
    ]
    assert (document.title, document.author, str(document.date)) == ("The pump", "Ann Lee", "2002-09-24")


@pytest.mark.parametrize(
    "line",
    ["----- Original Message -----", "-----Ursprüngliche Nachricht-----", "From: Bob Ray\nSent: Monday\nTo: Ann"],
)
def test_an_answered_message_below_is_quoted(line: str) -> None:
    document = read_one(HEAD + f"\nDone.\n\n{line}\n\nPlease repair it.\n".encode(), "a.eml")
    assert [kind for kind, text in blocks(document) if text in ("Done.", "Please repair it.")] == [
        "paragraph",
        "quoted",
    ]


def test_the_footer_of_a_mailing_list_is_metadata() -> None:
    footer = "-- \nPump Users' Group: pump@example.org\nhttp://example.org/listinfo/pump for (un)subscription\n"
    document = read_one(HEAD + f"\nIt runs.\n\n{footer}".encode(), "a.eml")
    assert [text for kind, text in blocks(document) if kind == "metadata"][1] == "Pump Users' Group: pump@example.org"


def test_one_of_two_alternatives_is_read() -> None:
    message = EmailMessage()
    message["Subject"] = "Täglich"
    message["From"] = "Ann <a@b.org>"
    message.set_content("Wir öffnen um neun.")
    message.add_alternative("<p>Wir öffnen um <b>neun</b>.</p>", subtype="html")
    document = read_one(message.as_bytes(), "a.eml")
    assert document.text == "Täglich\nFrom: Ann <a@b.org>\n\nWir öffnen um neun."


def test_html_is_read_where_the_plain_text_is_only_a_notice() -> None:
    message = EmailMessage()
    message.set_content("View in a browser.")
    message.add_alternative(
        f"<p>{'The mill burned down in 1871. ' * 9}</p><blockquote>Old words.</blockquote>", subtype="html"
    )
    document = read_one(message.as_bytes(), "a.eml")
    assert "View in a browser" not in document.text
    assert blocks(document)[-1] == ("quoted", "Old words.")
    assert places(document)[-1] == ("quoted", None, "", "Old words.")


def test_what_outlook_answers_is_quoted_to_the_end() -> None:
    page = '<p>Agreed.</p><hr><div id="divRplyFwdMsg"><p>From: Bob</p></div><p>Shall we meet?</p><p>Bob</p>'
    data = b"Subject: a\nContent-Type: text/html\n\n" + page.encode()
    document = read_one(data, "a.eml")
    assert blocks(document)[1:] == [
        ("paragraph", "Agreed."),
        ("quoted", "From: Bob"),
        ("quoted", "Shall we meet?"),
        ("quoted", "Bob"),
    ]
    assert places(document)[-1] == ("quoted", None, "", "From: Bob\n\nShall we meet?\n\nBob")


def test_attachments_are_documents_of_their_own() -> None:
    message = EmailMessage()
    message.set_content("See the file.")
    office = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")
    message.add_attachment(
        docx(paragraph("Signed in Oslo.")), maintype=office[0], subtype=office[1], filename="deed.docx"
    )
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    extraction = read(message.as_bytes(), "a.eml")
    assert [(document.member, document.text) for document in extraction.documents] == [
        ("", "See the file."),
        ("deed.docx", "Signed in Oslo."),
    ]
    assert extraction.reports == ()


def test_a_boundary_that_a_broken_header_hides_is_found() -> None:
    body = b"--q\nContent-Type: text/plain\n\nThe dam holds.\n--q\nContent-Type: image/png\n\nPNG\n--q--\n"
    for head in (
        b"Subject: a\nContent-Type: multipart/mixed\n\n",
        b"Subject: a\nX-Title: =?utf-8?Q?This is on\nlines\n\n",
    ):
        assert read_one(head + body, "a.eml").text == "a\n\nThe dam holds."


def test_a_header_line_without_its_fold_ends_nothing() -> None:
    data = (
        b"Subject: a\nX-Title: on two\nlines\nContent-Type: text/plain;\nboundary=x; charset=iso-8859-1\n\nCaf\xe9.\n"
    )
    assert read_one(data, "a.eml").text == "a\n\nCafé."


def test_too_many_parts_are_reported() -> None:
    part = b"--x\nContent-Type: text/plain\n\ny\n"
    data = b"Subject: many\nContent-Type: multipart/mixed; boundary=x\n\n" + part * 40_000 + b"--x--\n"
    extraction = read(data, "a.eml")
    assert extraction.reports == (f"holds more than {PARTS:,} parts; the rest was not read",)


def test_parts_nested_too_deep_are_reported() -> None:
    data = b"Subject: deep\n"
    for depth in range(1000):
        data += f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n'.encode()
    extraction = read(data + b"Content-Type: text/plain\n\nThe dam holds.\n", "a.eml")
    assert extraction.reports == ("its parts are nested deeper than 20; what is deeper was not read",)


def test_each_message_of_a_mailbox_is_a_document() -> None:
    first = b"From ann@example.org Tue Sep 24 10:00:00 2002\n" + HEAD + b"\nOne.\n>From here on it is quiet.\n\n"
    second = (
        b"From bob@example.org Wed Sep 25 10:00:00 2002\r\nFrom: Bob\r\nSubject: "
        b"=?utf-8?b?w5Ri?=\r\n\r\nTwo.\r\nFrom now on.\r\n"
    )
    extraction = read(first + second, "a.mbox")
    assert [(document.member, document.title) for document in extraction.documents] == [("1", "The pump"), ("2", "Ôb")]
    assert extraction.documents[0].text.endswith("One.\nFrom here on it is quiet.")
    assert extraction.documents[1].text.endswith("Two.\nFrom now on.")
    assert places(extraction.documents[1])[0][:3] == ("message", 2, "Bob")


def test_a_page_that_a_browser_saved_is_its_first_html_part() -> None:
    page = base64.encodebytes("<h1>Mühle</h1><p>Sie brannte 1871 ab.</p>".encode("cp1252"))
    data = (
        b"From: <Saved by Blink>\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/css\n\np {}\n"
        b"--b\nContent-Type: text/html; charset=windows-1252\nContent-Transfer-Encoding: base64\n\n"
        + page
        + b"\n--b--\n"
    )
    document = read_one(data, "a.mhtml")
    assert document.text == "Mühle\n\nSie brannte 1871 ab."
    assert document.title == "Mühle"


def test_compressed_rtf_is_unpacked() -> None:
    # The example of MS-OXRTFCP, section 4.1.1.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert struct.unpack_from("<I", packed, 4)[0] == 43
    assert decompress_rtf(packed) == "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress_rtf(b"short") == ""
