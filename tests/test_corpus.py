from __future__ import annotations

import os
import random
from datetime import date
from pathlib import Path

import pytest
from conftest import SEED

from askbrief.corpus.decode import Decoded, decode
from askbrief.corpus.document import build_document, read_text
from askbrief.corpus.scan import MAX_FILE_BYTES, ArticleFile, Scan, load_bytes, scan_folder
from askbrief.errors import CorpusError
from askbrief.types import Document, SkippedFile

ACCENTS = "Le préfet a été reçu à l’hôtel de ville, où l’on fêtait Noël. Ça coûte « très » cher."
PLAIN = "Le préfet a été reçu à la mairie, où son frère fêtait déjà la fin de l'été.\n" * 4
MUNOZ = "The minister, Jose Muñoz, spoke about Iran and nuclear talks. " * 6
QUOTED = "The café’s owner said “it’s naïve” – and left."
RUSSIAN = "Иран укрепляет связи с соседями, продолжая переговоры с США по ядерной программе."
POLISH = "Prezydent powiedział, że rozmowy w Łodzi były ważne i trwały długo. Źle się stało."
TURKISH = "İran'ın Türkiye Büyükelçisi görüştü. Şehir güzeldi, ağaç vardı."


def scan(folder: Path, without: Path | None = None) -> Scan:
    return scan_folder(folder, root=folder, without=without)


def paths(found: Scan) -> list[str]:
    return [file.path for file in found.files]


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"This is {name}.", encoding="utf-8")


def build(text: str, path: str = "a.txt") -> Document:
    return build_document(read_text(text, path), path)


def test_articles_are_listed_by_path_with_size_and_time(tmp_path: Path) -> None:
    write(tmp_path, "b/c.MD", "a.txt")
    os.utime(tmp_path / "a.txt", ns=(5, 7))
    os.utime(tmp_path / "b/c.MD", ns=(5, 9))
    assert scan(tmp_path).files == (
        ArticleFile("a.txt", len("This is a.txt."), 7),
        ArticleFile("b/c.MD", len("This is b/c.MD."), 9),
    )


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, ".a.txt", ".git/b.txt", "c/.d/e.txt", "f.txt")
    found = scan(tmp_path)
    assert paths(found) == ["f.txt"]
    assert (found.skipped, found.others) == ((), {})


def test_the_index_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "index/a.txt", "b/index/c.txt")
    assert paths(scan(tmp_path, without=tmp_path / "index")) == ["b/index/c.txt"]


def test_other_files_are_counted_by_ending(tmp_path: Path) -> None:
    write(tmp_path, "a.pdf", "b.PDF", "c.docx", "README", "d.txt")
    assert scan(tmp_path).others == {".pdf": 2, ".docx": 1, "no ending": 1}


def test_paths_are_relative_to_the_root(tmp_path: Path) -> None:
    write(tmp_path, "seeds/a.txt")
    assert paths(scan_folder(tmp_path / "seeds", root=tmp_path)) == ["seeds/a.txt"]
    (file,) = scan_folder(tmp_path / "seeds", root=Path("/")).files
    assert f"/{file.path}" == str(tmp_path / "seeds" / "a.txt")


def test_a_folder_named_like_an_article_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "x.txt/a.md")
    found = scan(tmp_path)
    assert (paths(found), found.skipped) == (["x.txt/a.md"], ())


def test_a_link_inside_is_an_article_and_one_that_leads_out_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt", "out.txt")
    (tmp_path / "in" / "b.txt").symlink_to("a.txt")
    (tmp_path / "in" / "c.txt").symlink_to("../out.txt")
    found = scan(tmp_path / "in")
    assert paths(found) == ["a.txt", "b.txt"]
    assert found.skipped == (SkippedFile("c.txt", "is a link that leads out of the folder"),)


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "in/sub/a.txt", "out/b.txt")
    (tmp_path / "in" / "again").symlink_to("sub")
    (tmp_path / "in" / "sub" / "up").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "away").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "named.txt").symlink_to("sub")
    found = scan(tmp_path / "in")
    assert paths(found) == ["sub/a.txt"]
    assert found.skipped == (SkippedFile("named.txt", "is not a regular file"),)
    assert found.others == {}


def test_a_link_to_nothing_and_a_link_in_a_circle_are_reported(tmp_path: Path) -> None:
    (tmp_path / "circle.txt").symlink_to("circle.txt")
    (tmp_path / "nothing.txt").symlink_to("none")
    (tmp_path / "circle").symlink_to("circle")
    found = scan(tmp_path)
    assert found.skipped == (
        SkippedFile("circle.txt", f"cannot be read: {os.strerror(40)}"),
        SkippedFile("nothing.txt", f"cannot be read: {os.strerror(2)}"),
    )
    assert (found.files, found.others) == ((), {})


def test_a_pipe_is_reported_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert scan(tmp_path).skipped == (SkippedFile("pipe.txt", "is not a regular file"),)


@pytest.mark.parametrize(
    "name", ["a b.txt", "שלום.txt", "[x] 100%.md", "a\nb.txt", "-rf.txt", "'\".txt", "👩‍👧.md", "\\.txt"]
)
def test_odd_names_are_kept(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    assert paths(scan(tmp_path)) == [name]


def test_a_name_that_is_no_text_is_reported(tmp_path: Path) -> None:
    try:
        with open(os.fsencode(tmp_path) + b"/a\xff.txt", "wb"):
            pass
    except OSError:
        pytest.skip("this file system takes no such name")
    assert scan(tmp_path).skipped == (SkippedFile("a\ufffd.txt", "has a name that is not valid text"),)


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.txt", "locked/b.txt")
    list_folder = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = scan(tmp_path)
    assert paths(found) == ["a.txt"]
    assert found.skipped == (SkippedFile("locked", "cannot be listed: Permission denied"),)


def test_missing_articles_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="none cannot be read: No such file"):
        scan_folder(tmp_path / "none", root=tmp_path)


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "big.txt"
    file.touch()
    os.truncate(file, MAX_FILE_BYTES)
    assert len(load_bytes(file)) == MAX_FILE_BYTES
    os.truncate(file, 100 * 1024 * 1024)
    with pytest.raises(CorpusError, match=r"is larger than 64 MiB \(100 MiB\)"):
        load_bytes(file)


def test_a_file_that_vanished_and_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read: No such file"):
        load_bytes(tmp_path / "gone.txt")
    with pytest.raises(CorpusError, match="cannot be read: Is a directory"):
        load_bytes(tmp_path)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-32", "utf-32")],
)
def test_unicode_is_decoded_and_its_mark_dropped(encoding: str, name: str) -> None:
    assert decode("“Ça” שלום 👩‍👧\r\n".encode(encoding)) == Decoded("“Ça” שלום 👩‍👧\n", name)


@pytest.mark.parametrize("order", ["le", "be"])
def test_both_byte_orders_are_decoded(order: str) -> None:
    assert decode(f"\ufeffÇa {order}".encode(f"utf-16-{order}")) == Decoded(f"Ça {order}", "utf-16")
    assert decode(f"\ufeffÇa {order}".encode(f"utf-32-{order}")) == Decoded(f"Ça {order}", "utf-32")


@pytest.mark.parametrize(
    ("text", "encoding"), [(PLAIN, "latin-1"), (ACCENTS, "cp1252"), (MUNOZ, "cp1252"), (QUOTED, "cp1252")]
)
def test_western_encodings_are_detected_and_reported(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == Decoded(text, "cp1252")


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "cp1251"), (POLISH, "cp1250"), (TURKISH, "cp1254")])
def test_other_encodings_are_detected_and_reported(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == Decoded(text, encoding)


def test_every_newline_is_normalised() -> None:
    assert decode(b"a\r\nb\rc\n").text == "a\nb\nc\n"


def test_text_is_otherwise_unchanged() -> None:
    text = "  e\u0301 \u00a0\t\u200b\u2028x\f\x1b \n\n"
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", b"\xff\xfe", "\u00a0\u2003".encode()]
)
def test_nothing_to_read_is_empty(data: bytes) -> None:
    with pytest.raises(CorpusError, match="is empty"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"abc\0def",
        b"\x89PNG\r\n\x1a\n\0\0",
        "text".encode("utf-16-le"),
        b"\x01\x02" * 9,
        random.Random(0).randbytes(4096),
    ],
)
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(CorpusError, match="binary"):
        decode(data)


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_without_nuls_are_refused(seed: int) -> None:
    with pytest.raises(CorpusError, match="binary"):
        decode(random.Random(seed).randbytes(3000).replace(b"\0", b""))


def test_a_few_control_characters_are_text() -> None:
    assert decode(b"\x1b[1mbold\x1b[0m").text == "\x1b[1mbold\x1b[0m"


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf\xff", b"\xff\xfea", b"\xff\xfe\x00\xd8"])
def test_a_mark_that_lies_is_reported(data: bytes) -> None:
    with pytest.raises(CorpusError, match="is not valid utf-"):
        decode(data)


def test_the_seed_has_its_date_and_first_sentence() -> None:
    text = decode(load_bytes(SEED)).text
    document = build(text, SEED.name)
    assert document.date == date(2025, 5, 25)
    assert document.title == (
        "Iran is shoring up ties with its neighbors as it continues talks with the US over its nuclear program."
    )
    assert document.text == text
    assert document.path == SEED.name


@pytest.mark.parametrize(
    ("text", "path", "title"),
    [
        ("---\ntitle: From the front\n---\n# Heading\n\nText.", "a.md", "From the front"),
        ("---\ntitle: ''\n---\n# Heading\n\nText.", "a.md", "Heading"),
        ("---\ntitle: ~\n---\n# Heading\n\nText.", "a.md", "Heading"),
        ("---\ntitle: 1984\n...\nText.", "a.txt", "1984"),
        ("---\ntitle: [a, b]\n---\nText here.", "a.md", "Text here."),
        ("Intro line.\n\n## Deep *heading* ##\n\nText.", "a.md", "Deep *heading*"),
        ("### Too deep\n\nText.", "a.md", "Too deep"),
        ("Intro line.\n\n# No heading in text\n", "a.txt", "Intro line."),
        ("  A short  headline\nThe text goes on.", "a.txt", "A short headline"),
        ("A sentence. Another one.\nThe text goes on.", "a.txt", "A sentence."),
        ("“A quoted sentence.”\nThe text goes on.", "a.txt", "“A quoted sentence.”"),
        ("May 25, 2025\nThe envoy left. He was late.", "a.txt", "The envoy left."),
        ("One line only", "a.txt", "One line only"),
    ],
)
def test_titles(text: str, path: str, title: str) -> None:
    assert build(text, path).title == title


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    assert build("word " * 40).title == "word " * 22 + "word…"


@pytest.mark.parametrize(
    ("text", "path", "published"),
    [
        ("---\ndate: 2024-01-02\n---\ndate 2025-05-25 Text.", "2023-01-01.md", date(2024, 1, 2)),
        ("---\ndate: 2024-01-02T23:59:00Z\n---\nText.", "a.md", date(2024, 1, 2)),
        ('---\ndate: "January 2, 2024"\n---\nText.', "a.md", date(2024, 1, 2)),
        ("---\ntitle: T\n---\n\nPublished: 25 May 2025\nText.", "2023-01-01.md", date(2025, 5, 25)),
        ("Text of no date.", "2025-01-01/2023-02-03-a.txt", date(2023, 2, 3)),
        ("Text of no date.", "2025-01-01/a.txt", None),
        ("It was on 2025-05-25.", "a.txt", None),
    ],
)
def test_dates(text: str, path: str, published: date | None) -> None:
    assert build(text, path).date == published


@pytest.mark.parametrize(
    "front",
    [
        *("title: [", "- a\n- b", "just words", "title: " + "[" * 3000, r'title: "\UFFFFFFFF"', "title: *nowhere"),
        *("? [a]\n: b", "a: b: c"),
    ],
)
def test_front_matter_that_cannot_be_read_is_text(front: str) -> None:
    text = f"---\n{front}\n---\n# Heading\n\nText."
    document = build(text, "a.md")
    assert (document.title, document.date, document.text) == ("Heading", None, text)


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ('!!int ""', "Text."),
        ("!!timestamp x", "x"),
        ("!!bool x", "x"),
        (r'"\ud83d\ude00 fun"', "😀 fun"),
        (r'"half \ud800"', "half \ufffd"),
        ("2025-05-25", "2025-05-25"),
    ],
)
def test_front_matter_is_taken_as_written(value: str, title: str) -> None:
    document = build(f"---\ntitle: {value}\n---\nText.", "a.md")
    assert document.title == title
    assert document.title.encode("utf-8").decode("utf-8") == title


def test_the_id_tells_title_date_and_text_but_not_the_place() -> None:
    one = build("Same text.", "a.txt")
    assert build("Same text.", "b/c.txt").id == one.id
    ids = {one.id, build("Other text.").id, build("Same text.", "2025-05-25.txt").id}
    assert len(ids) == 3
    assert all(len(id_) == 16 and int(id_, 16) >= 0 for id_ in ids)
