from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from conftest import SEED

from askbrief.corpus.decode import decode
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.markdown import extract_markdown
from askbrief.corpus.formats.plain import read_plain
from askbrief.corpus.scan import MAX_TEXT_BYTES, ArticleFile, Scan, load_bytes, scan_folder
from askbrief.errors import CorpusError
from askbrief.types import Document, SkippedFile


def scan(folder: Path, without: Path | None = None) -> Scan:
    return scan_folder(folder, root=folder, without=without)


def paths(found: Scan) -> list[str]:
    return [file.path for file in found.files]


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"This is {name}.", encoding="utf-8")


def build(text: str, path: str = "a.txt") -> Document:
    if not path.endswith(".md"):
        return build_document(read_plain(text, path), path)
    (extracted,) = extract_markdown(text.encode(), path).documents
    return build_document(extracted, path)


def test_articles_are_listed_by_path_with_size_and_time(tmp_path: Path) -> None:
    write(tmp_path, "b/c.MD", "a.txt")
    os.utime(tmp_path / "a.txt", ns=(5, 7))
    os.utime(tmp_path / "b/c.MD", ns=(5, 9))
    changed = [(tmp_path / name).stat().st_ctime_ns for name in ("a.txt", "b/c.MD")]
    assert scan(tmp_path).files == (
        ArticleFile("a.txt", len("This is a.txt."), 7, changed[0]),
        ArticleFile("b/c.MD", len("This is b/c.MD."), 9, changed[1]),
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
    write(tmp_path, "a.png", "b.PNG", "c.doc", "README", "d.txt", "e.pdf", "f.mbox.gz")
    found = scan(tmp_path)
    assert paths(found) == ["d.txt", "e.pdf", "f.mbox.gz"]
    assert found.others == {".png": 2, ".doc": 1, "no ending": 1}


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
    "name",
    ["a b.txt", "שלום.txt", "[x] 100%.md", "a\nb.txt", "-rf.txt", "'\".txt", "👩‍👧.md", "\\.txt", "a!.txt", "b!c.md"],
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
    os.truncate(file, MAX_TEXT_BYTES)
    assert len(load_bytes(file)) == MAX_TEXT_BYTES
    os.truncate(file, 100 * 1024 * 1024)
    with pytest.raises(CorpusError, match=r"is larger than 64 MiB \(100 MiB\)"):
        load_bytes(file)


def test_a_file_that_vanished_and_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read: No such file"):
        load_bytes(tmp_path / "gone.txt")
    with pytest.raises(CorpusError, match="cannot be read: Is a directory"):
        load_bytes(tmp_path)


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
        ("Intro line.\n\n## Deep *heading* ##\n\nText.", "a.md", "Deep heading"),
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
    ("front", "title"),
    [
        ("title: [", "["),
        ("title: " + "[" * 3000, "[" * 3000),
        (r'title: "\UFFFFFFFF"', r"\UFFFFFFFF"),
        ("title: *nowhere", "*nowhere"),
        ("a: b: c", "Heading"),
    ],
)
def test_front_matter_that_is_not_yaml_is_read_line_by_line(front: str, title: str) -> None:
    document = build(f"---\n{front}\n---\n# Heading\n\nText.", "a.md")
    assert (document.title, document.date) == (title, None)


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("- a\n- b", "Heading"),
        ("just words", "just words"),
        ("One: with words\nand more.", "One: with words and more."),
    ],
)
def test_a_rule_and_text_are_no_front_matter(front: str, title: str) -> None:
    document = build(f"---\n{front}\n---\n# Heading\n\nText.", "a.md")
    assert (document.title, document.date) == (title, None)
    assert document.text.startswith(front.replace("- ", "").split("\n")[0])


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
