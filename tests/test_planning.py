from __future__ import annotations

import os
from pathlib import Path

import pytest

from askbrief.corpus.scan import ArticleFile, Scan, scan_folder
from askbrief.index.differences import find_differences
from askbrief.index.plan import Plan, build_plan
from askbrief.index.read import iter_files
from askbrief.store.records import ExtractionRecord, FileRecord
from askbrief.types import SkippedFile


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


class Known:
    """What a store that has read all of a folder knows."""

    def __init__(self, folder: Path | None = None) -> None:
        self.files: dict[str, FileRecord] = {}
        self.extractions: dict[bytes, ExtractionRecord] = {}
        if folder is not None:
            for read in iter_files(scan_folder(folder, root=folder).files, root=folder, known={}):
                self.files[read.found.record.path] = read.found.record
                assert read.extraction is not None
                self.extractions[read.extraction.key] = read.extraction


def plan(folder: Path, known: Known) -> Plan:
    stats = {path: (r.size, r.mtime_ns, r.ctime_ns, r.problem) for path, r in known.files.items()}
    differences = find_differences(scan_folder(folder, root=folder), stats)
    found = [read.found for read in iter_files(differences.pending, root=folder, known=known.extractions)]
    contents = {key: extraction.content for key, extraction in known.extractions.items()}
    return build_plan(differences, found, known=known.files, contents=contents)


def paths(files: tuple[ArticleFile, ...]) -> list[str]:
    return [file.path for file in files]


def test_differences_compare_size_and_time() -> None:
    known: dict[str, tuple[int, int, int, str | None]] = {
        "same.txt": (1, 1, 1, None),
        "size.txt": (1, 1, 1, None),
        "copied.txt": (1, 1, 1, None),
        "time.txt": (1, 1, 1, None),
        "gone.txt": (1, 1, 1, None),
        "link.txt": (-1, 0, 0, "is a link"),
        "other.txt": (-1, 0, 0, "is a link"),
    }
    files = (
        ArticleFile("new.txt", 1, 1, 1),
        ArticleFile("same.txt", 1, 1, 1),
        ArticleFile("size.txt", 2, 1, 1),
        ArticleFile("copied.txt", 1, 1, 2),
        ArticleFile("time.txt", 1, 2, 1),
    )
    skipped = (
        SkippedFile("link.txt", "is a link"),
        SkippedFile("more.txt", "is a link"),
        SkippedFile("other.txt", "cannot be read"),
    )
    found = find_differences(Scan(files, skipped), known)
    assert paths(found.pending) == ["new.txt", "size.txt", "copied.txt", "time.txt"]
    assert found.gone == ("gone.txt",)
    assert found.unlisted == skipped[1:]
    assert not found.is_empty
    few = {path: known[path] for path in ("same.txt", "link.txt")}
    assert find_differences(Scan(files[1:2], skipped[:1]), few).is_empty


@pytest.mark.parametrize("gone", ["same.txt", "link.txt"])
def test_a_file_that_is_gone_is_seen_where_nothing_else_differs(gone: str) -> None:
    known: dict[str, tuple[int, int, int, str | None]] = {
        "same.txt": (1, 1, 1, None),
        "link.txt": (-1, 0, 0, "is a link"),
    }
    scan = Scan((ArticleFile("same.txt", 1, 1, 1),), (SkippedFile("link.txt", "is a link"),))
    left = Scan(() if gone == "same.txt" else scan.files, () if gone == "link.txt" else scan.skipped)
    assert find_differences(left, known).gone == (gone,)
    assert find_differences(scan, known).is_empty


def test_a_plan_sorts_files_by_what_happened_to_them(tmp_path: Path) -> None:
    write(tmp_path, same="Same.", touched="Touched.", changed="Before.", old="Moved.", removed="Removed.")
    known = Known(tmp_path)
    (tmp_path / "old.txt").rename(tmp_path / "moved.txt")
    (tmp_path / "removed.txt").unlink()
    write(tmp_path, added="New text.", changed="After all.")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "link.txt").symlink_to("nowhere")
    os.utime(tmp_path / "touched.txt", ns=(1, 5))
    found = plan(tmp_path, known)
    assert (found.added, found.changed) == (("added.txt",), ("changed.txt",))
    assert found.renamed == (("old.txt", "moved.txt"),)
    assert (found.removed, found.gone) == (("removed.txt",), ("removed.txt", "old.txt"))
    empty, link = SkippedFile("empty.txt", "is empty"), SkippedFile("link.txt", f"cannot be read: {os.strerror(2)}")
    assert found.unreadable == (empty, link)
    assert found.touched == ("touched.txt",)
    assert found.characters == len("New text.") + len("After all.")


def test_a_copy_is_added_and_needs_no_encoding(tmp_path: Path) -> None:
    write(tmp_path, a="One text.")
    known = Known(tmp_path)
    write(tmp_path, b="One text.")
    found = plan(tmp_path, known)
    assert (found.added, found.renamed, found.removed, found.characters) == (("b.txt",), (), (), 0)


def test_copies_that_are_both_new_are_encoded_once(tmp_path: Path) -> None:
    write(tmp_path, a="One text.", b="One text.")
    assert plan(tmp_path, Known()).characters == len("One text.")


def test_of_two_copies_gone_and_one_new_one_is_renamed_and_one_removed(tmp_path: Path) -> None:
    write(tmp_path, a="One text.", b="One text.", keep="Other.")
    known = Known(tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "b.txt").rename(tmp_path / "c.txt")
    found = plan(tmp_path, known)
    assert (found.renamed, found.removed, found.added) == ((("a.txt", "c.txt"),), ("b.txt",), ())


def test_a_moved_and_edited_file_is_another_one(tmp_path: Path) -> None:
    write(tmp_path, a="One text.", keep="Other.")
    known = Known(tmp_path)
    (tmp_path / "a.txt").unlink()
    write(tmp_path, b="One more text.")
    found = plan(tmp_path, known)
    assert (found.renamed, found.removed, found.added) == ((), ("a.txt",), ("b.txt",))


def test_a_problem_that_is_known_is_no_news(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    known = Known()
    known.files["empty.txt"] = FileRecord("empty.txt", 0, 1, problem="is empty")
    found = plan(tmp_path, known)
    assert (found.unreadable, found.added, found.changed, found.gone) == ((), (), (), ())
    assert found.touched == ("empty.txt",)


def test_a_file_that_can_be_read_at_last_is_changed(tmp_path: Path) -> None:
    write(tmp_path, a="Text.")
    known = Known()
    known.files["a.txt"] = FileRecord("a.txt", 0, 1, problem="is empty")
    found = plan(tmp_path, known)
    assert (found.changed, found.characters) == (("a.txt",), 5)


def test_the_same_text_in_another_encoding_is_no_change(tmp_path: Path) -> None:
    write(tmp_path, a="Some text.")
    known = Known(tmp_path)
    (tmp_path / "a.txt").write_bytes("Some text.".encode("utf-16"))
    found = plan(tmp_path, known)
    assert (found.changed, found.touched) == ((), ("a.txt",))


def test_a_file_that_can_no_longer_be_opened_is_reported(tmp_path: Path) -> None:
    write(tmp_path, a="Text.")
    known = Known(tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").symlink_to("nowhere")
    found = plan(tmp_path, known)
    assert found.unreadable == (SkippedFile("a.txt", f"cannot be read: {os.strerror(2)}"),)
    assert (found.added, found.changed, found.gone) == ((), (), ())
