from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from askbrief.corpus.chunk import find_content
from askbrief.corpus.scan import ArticleFile, Scan, scan_folder
from askbrief.index.plan import Plan, build_plan, find_differences
from askbrief.store.rows import FileRecord
from askbrief.types import Progress, SkippedFile


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def record(folder: Path, *, document_id: str = "d") -> dict[str, FileRecord]:
    """What a store that has read all of ``folder`` knows."""
    return {
        file.path: FileRecord(
            file.path,
            file.size,
            file.mtime_ns,
            encoding="utf-8",
            document_id=document_id,
            content=find_content((folder / file.path).read_text(encoding="utf-8")),
        )
        for file in scan_folder(folder, root=folder).files
    }


def plan(folder: Path, known: Mapping[str, FileRecord]) -> Plan:
    stats = {path: (record.size, record.mtime_ns, record.problem) for path, record in known.items()}
    steps = build_plan(find_differences(scan_folder(folder, root=folder), stats), known, root=folder)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Plan = end.value
            return found


def paths(files: tuple[ArticleFile, ...]) -> list[str]:
    return [file.path for file in files]


def test_differences_compare_size_and_time() -> None:
    known: dict[str, tuple[int, int, str | None]] = {
        "same.txt": (1, 1, None),
        "size.txt": (1, 1, None),
        "time.txt": (1, 1, None),
        "gone.txt": (1, 1, None),
        "link.txt": (-1, 0, "is a link"),
        "other.txt": (-1, 0, "is a link"),
    }
    files = (
        ArticleFile("new.txt", 1, 1),
        ArticleFile("same.txt", 1, 1),
        ArticleFile("size.txt", 2, 1),
        ArticleFile("time.txt", 1, 2),
    )
    skipped = (
        SkippedFile("link.txt", "is a link"),
        SkippedFile("more.txt", "is a link"),
        SkippedFile("other.txt", "cannot be read"),
    )
    found = find_differences(Scan(files, skipped), known)
    assert paths(found.pending) == ["new.txt", "size.txt", "time.txt"]
    assert found.gone == ("gone.txt",)
    assert found.unlisted == skipped[1:]
    assert not found.is_empty
    few = {path: known[path] for path in ("same.txt", "link.txt")}
    assert find_differences(Scan(files[1:2], skipped[:1]), few).is_empty


@pytest.mark.parametrize("gone", ["same.txt", "link.txt"])
def test_a_file_that_is_gone_is_seen_where_nothing_else_differs(gone: str) -> None:
    known: dict[str, tuple[int, int, str | None]] = {"same.txt": (1, 1, None), "link.txt": (-1, 0, "is a link")}
    scan = Scan((ArticleFile("same.txt", 1, 1),), (SkippedFile("link.txt", "is a link"),))
    left = Scan(() if gone == "same.txt" else scan.files, () if gone == "link.txt" else scan.skipped)
    assert find_differences(left, known).gone == (gone,)
    assert find_differences(scan, known).is_empty


def test_a_plan_sorts_files_by_what_happened_to_them(tmp_path: Path) -> None:
    write(tmp_path, same="Same.", touched="Touched.", changed="Before.", old="Moved.", removed="Removed.")
    known = record(tmp_path)
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
    assert [(r.path, r.mtime_ns, r.content) for r in found.touched] == [
        ("touched.txt", 5, known["touched.txt"].content)
    ]
    assert paths(found.reading) == ["added.txt", "changed.txt", "moved.txt"]
    assert found.characters == len("New text.") + len("After all.")


def test_a_copy_is_added_and_needs_no_encoding(tmp_path: Path) -> None:
    write(tmp_path, a="One text.")
    known = record(tmp_path)
    write(tmp_path, b="One text.")
    found = plan(tmp_path, known)
    assert (found.added, found.renamed, found.removed, found.characters) == (("b.txt",), (), (), 0)


def test_copies_that_are_both_new_are_encoded_once(tmp_path: Path) -> None:
    write(tmp_path, a="One text.", b="One text.")
    assert plan(tmp_path, {}).characters == len("One text.")


def test_of_two_copies_gone_and_one_new_one_is_renamed_and_one_removed(tmp_path: Path) -> None:
    write(tmp_path, a="One text.", b="One text.", keep="Other.")
    known = record(tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "b.txt").rename(tmp_path / "c.txt")
    found = plan(tmp_path, known)
    assert (found.renamed, found.removed, found.added) == ((("a.txt", "c.txt"),), ("b.txt",), ())


def test_a_moved_and_edited_file_is_another_one(tmp_path: Path) -> None:
    write(tmp_path, a="One text.", keep="Other.")
    known = record(tmp_path)
    (tmp_path / "a.txt").unlink()
    write(tmp_path, b="One more text.")
    found = plan(tmp_path, known)
    assert (found.renamed, found.removed, found.added) == ((), ("a.txt",), ("b.txt",))


def test_a_problem_that_is_known_is_no_news(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    known = {"empty.txt": FileRecord("empty.txt", 0, 1, problem="is empty")}
    found = plan(tmp_path, known)
    assert (found.unreadable, found.reading, found.gone) == ((), (), ())
    assert [r.problem for r in found.touched] == ["is empty"]


def test_a_file_that_can_be_read_at_last_is_changed(tmp_path: Path) -> None:
    write(tmp_path, a="Text.")
    known = {"a.txt": FileRecord("a.txt", 0, 1, problem="is empty")}
    found = plan(tmp_path, known)
    assert (found.changed, found.characters) == (("a.txt",), 5)


def test_the_same_text_in_another_encoding_is_no_change(tmp_path: Path) -> None:
    write(tmp_path, a="Some text.")
    known = record(tmp_path)
    (tmp_path / "a.txt").write_bytes("Some text.".encode("utf-16"))
    found = plan(tmp_path, known)
    assert (found.changed, [r.encoding for r in found.touched]) == ((), ["utf-16"])


def test_planning_counts_the_files_it_reads(tmp_path: Path) -> None:
    write(tmp_path, a="One.", b="Two.")
    steps = build_plan(find_differences(scan_folder(tmp_path, root=tmp_path), {}), {}, root=tmp_path)
    assert list(steps) == [Progress("Comparing", 0, 2), Progress("Comparing", 1, 2)]
