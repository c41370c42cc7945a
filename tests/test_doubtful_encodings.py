"""Encodings that are set or not certain: from askbrief.toml to the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.answer.rank import describe_doubt
from askbrief.answer.schema import answer_as_json, load_answer
from askbrief.assistant import Assistant
from askbrief.config import load_settings
from askbrief.errors import ConfigError
from askbrief.output.text import render_answer
from askbrief.types import Answer, Document

TEXT = "The envoy met S\u00f8ren Kj\u00e6r in Ankara."
DOCUMENT = Document("0" * 16, "", TEXT, None, ("a.txt",))


@pytest.fixture
def folder(tmp_path: Path, only_margins: None) -> Path:
    root = tmp_path / "news"
    (root / "old").mkdir(parents=True)
    return root


def ask(folder: Path) -> Answer:
    with Assistant.open(folder, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
        return assistant.ask("the envoy met in Ankara")


@pytest.mark.parametrize(
    ("encoding", "certainty", "replaced", "doubt"),
    [
        ("utf-8", 1.0, 0, ""),
        ("cp1252", 0.9, 0, ""),
        ("cp1252", 0.89, 0, "the file's encoding is not certain (read as cp1252)"),
        ("cp1252", 0.6, 2, "the file's encoding is not certain (read as cp1252)"),
        ("utf-8", 0.95, 1, "1 byte of the file was not valid utf-8 (shown as \ufffd)"),
        ("utf-8", 0.95, 1200, "1,200 bytes of the file were not valid utf-8 (shown as \ufffd)"),
        ("", 0.0, 0, ""),
    ],
)
def test_what_is_doubtful(encoding: str, certainty: float, replaced: int, doubt: str) -> None:
    document = replace(DOCUMENT, encoding=encoding, certainty=certainty, replaced=replaced)
    assert describe_doubt(document) == doubt
    assert document == DOCUMENT  # it is the same article in whatever encoding its file was


def test_an_answer_of_a_file_with_a_bad_byte_says_so(folder: Path) -> None:
    data = ("\u201cS\u00f8ren\u201d \u2013 \u00e6\u00f8\u00e5\u00e9\u00e8\u00fc\u00f6\u00e4\u00df. " + TEXT).encode()
    (folder / "a.txt").write_bytes(data + b" \xff\n")
    answer = ask(folder)
    # Of 15 characters beyond ASCII and one bad byte it is sure to 1 - 1/15 = 0.93 that this is UTF-8.
    assert answer.answers[0].doubt == "1 byte of the file was not valid utf-8 (shown as \ufffd)"
    lines = render_answer(answer).plain.split("\n")
    assert f"  \u2504 {answer.answers[0].doubt}" == lines[lines.index("  a.txt:1") + 1]
    assert load_answer(answer_as_json(answer)).answers[0].doubt == answer.answers[0].doubt


def test_a_utf_8_file_is_not_in_doubt(folder: Path) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    answer = ask(folder)
    assert answer.answers[0].doubt == ""
    assert "\u2504" not in render_answer(answer).plain


def test_the_encoding_that_is_set_is_used_and_changing_it_reads_the_files_again(folder: Path) -> None:
    (folder / "a.txt").write_bytes(TEXT.encode("cp1252"))
    (folder / "old" / "b.md").write_bytes("# Old\n\nThe envoy saw S\u00f8ren.\n".encode("cp850"))
    (folder / "c.txt").write_text("Only Ankara.\n", encoding="utf-8")
    settings = folder / "askbrief.toml"

    def read() -> dict[str, str]:
        with Assistant.open(folder, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
            freshness = assistant.update()
            counts.append((freshness.added, freshness.changed))
            return {document.path: document.text for document in assistant.iter_documents()}

    counts: list[tuple[int, int]] = []
    settings.write_text('encoding = "cp1252"\n[encodings]\n"old/*" = "cp850"\n', encoding="utf-8")
    found = read()
    assert (found["a.txt"].strip(), found["old/b.md"].split()[-1]) == (TEXT, "S\u00f8ren.")
    # As cp850, 0xF8 is a degree sign and 0xE6 the micro sign; as cp1252, 0x9B is an angle.
    settings.write_text('encoding = "cp850"\n[encodings]\n"old/*" = "cp1252"\n', encoding="utf-8")
    found = read()
    assert found["a.txt"].strip() == "The envoy met S\u00b0ren Kj\u00b5r in Ankara."
    assert found["old/b.md"].split()[-1] == "S\u203aren."
    assert found["c.txt"].strip() == "Only Ankara."
    read()
    assert counts == [(3, 0), (0, 2), (0, 0)]


def test_the_first_pattern_that_fits_counts(tmp_path: Path) -> None:
    (tmp_path / "askbrief.toml").write_text(
        'encoding = "koi8-r"\n[encodings]\n"old/x*" = "cp850"\n"old/*" = "cp1252"\n', encoding="utf-8"
    )
    settings = load_settings(tmp_path)
    found = [settings.find_encoding(path) for path in ("old/x/a.txt", "old/a.txt", "a.txt")]
    assert found == ["cp850", "cp1252", "koi8-r"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('encoding = "klingon"', "the encoding 'klingon' is not known"),
        ('encoding = "base64"', "the encoding 'base64' is not known"),
        ('[encodings]\n"*" = "klingon"', "the encoding 'klingon' is not known"),
        ('encodings = "cp1252"', "encodings must be a table"),
        ('[encodings]\n"*" = 1252', "encodings must be a table"),
        ("encoding = 1252", "encoding must be str"),
        ('history = "no"', "history must be bool"),
    ],
)
def test_wrong_settings_are_named(settings: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "askbrief.toml").write_text(f"{settings}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_settings(tmp_path)
