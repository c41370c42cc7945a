"""The encoding that the settings name reaches every file that is text, and none that names its own."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.assistant import Assistant
from askbrief.corpus.extract import FileExtractor, find_extractor
from askbrief.corpus.formats.dispatch import extract

# In code page 850 é is 0x82, in Windows-1252 a low quote; ñ is 0xA4, in Windows-1252 a currency sign.
NAME = "Renée Núñez"
BYTES = NAME.encode("cp850")


def text_of(data: bytes, path: str, encoding: str) -> str:
    return "\n\n".join(document.text for document in extract(data, path, encoding=encoding).documents)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.csv", b"name,age\n%s,44\n"),
        ("a.tsv", b"name\tage\n%s\t44\n"),
        ("a.json", b'{"name": "%s"}'),
        ("a.jsonl", b'{"name": "%s"}\n{"name": "Ann"}\n'),
        ("a.html", b"<html><body><p>The winner of the long race is %s of Pell.</p></body></html>"),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nThe winner is %s.\n"),
        ("a.rst", b"Race\n====\n\nThe winner is %s.\n"),
        ("a.org", b"* Race\nThe winner is %s.\n"),
        ("a.tex", b"\\begin{document}The winner is %s.\\end{document}"),
        ("a.txt", b"The winner is %s.\n"),
        ("a.md", b"# Race\n\nThe winner is %s.\n"),
    ],
)
def test_the_encoding_that_is_set_is_used(path: str, data: bytes) -> None:
    assert NAME in text_of(data.replace(b"%s", BYTES), path, "cp850")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (
            "a.html",
            b'<html><head><meta charset="windows-1252"></head><body><p>The winner of the race is %s.</p></body></html>',
        ),
        (
            "a.xml",
            b'<?xml version="1.0" encoding="ISO-8859-1"?><rss><channel><item><title>%s</title></item></channel></rss>',
        ),
    ],
)
def test_it_counts_more_than_what_the_text_declares(path: str, data: bytes) -> None:
    data = data.replace(b"%s", BYTES)
    assert NAME in text_of(data, path, "cp850")
    assert NAME not in text_of(data, path, "")


def test_valid_utf_8_stays_utf_8() -> None:
    assert NAME in text_of(f"name\n{NAME}\n".encode(), "a.csv", "cp850")


def mail(charset: str) -> bytes:
    named = f"; charset={charset}" if charset else ""
    head = f"Subject: Race\nFrom: a@b.example\nContent-Type: text/plain{named}\nContent-Transfer-Encoding: 8bit\n\n"
    return head.encode() + b"The winner is %s.\n"


def test_a_part_of_a_mail_that_names_no_charset_is_read_in_it() -> None:
    assert NAME in text_of(mail("").replace(b"%s", BYTES), "a.eml", "cp850")


def test_a_part_of_a_mail_that_names_its_charset_is_read_in_that() -> None:
    data = mail("windows-1252").replace(b"%s", NAME.encode("cp1252"))
    assert NAME in text_of(data, "a.eml", "cp850")


def test_encoded_words_of_a_header_name_their_charset() -> None:
    message = EmailMessage()
    message["Subject"] = f"On {NAME}"
    message["From"] = "a@b.example"
    message.set_content("Hello, all of you.", charset="iso-8859-1")
    assert extract(message.as_bytes(), "a.eml", encoding="cp850").documents[0].title == f"On {NAME}"


def test_members_of_an_archive_are_read_in_it() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", b"name\n%s\n" % BYTES)
        archive.writestr("b.txt", b"The winner is %s.\n" % BYTES)
    found = {
        document.member: document.text for document in extract(packed.getvalue(), "box.zip", encoding="cp850").documents
    }
    assert NAME in found["a.csv"]
    assert NAME in found["b.txt"]


def test_what_was_decided_is_kept_with_how_sure_it_is() -> None:
    data = b"name,age\n" + BYTES + b",44\n"
    found = extract(data, "a.csv", encoding="cp850")
    assert (found.encoding, found.certainty, found.replaced) == ("cp850", 1.0, 0)
    plain = extract(b"name,age\nAnn,44\n", "a.csv")
    assert (plain.encoding, plain.certainty) == ("utf-8", 1.0)
    guessed = extract("name,town\nJosé,Málaga\n".encode("cp1252"), "a.csv")
    assert guessed.encoding == "cp1252"
    assert 0.0 < guessed.certainty <= 1.0


@pytest.mark.parametrize(("path", "differs"), [("a.csv", True), ("a.eml", True), ("a.pdf", False), ("a.docx", False)])
def test_only_files_that_it_is_for_are_read_again_when_it_is_set(path: str, differs: bool) -> None:
    assert (find_extractor(path) != find_extractor(path, encoding="cp850")) is differs


def test_the_worker_is_told() -> None:
    with FileExtractor(lambda path: "cp1252" if path.startswith("old/") else "cp850") as extractor:
        data = b"name\n" + BYTES + b"\n"
        assert "Ren‚e" in extractor.extract(data, "old/a.csv").documents[0].text
        assert NAME in extractor.extract(data, "new/a.csv").documents[0].text


def test_a_pattern_in_the_settings_reaches_a_table(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.csv").write_bytes(b"name,age\n" + BYTES + b",44\n")
    settings = tmp_path / "askbrief.toml"

    def read() -> str:
        with Assistant.open(tmp_path, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
            assistant.update()
            return "".join(document.text for document in assistant.iter_documents())

    settings.write_text('[encodings]\n"old/*" = "cp850"\n', encoding="utf-8")
    assert NAME in read()
    settings.write_text('[encodings]\n"old/*" = "cp1252"\n', encoding="utf-8")
    assert "Ren‚e" in read()  # 0x82 of Windows-1252 is a low quote
