from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import FakeEncoder, make_extraction

import askbrief.store.sqlite
import askbrief.store.store
from askbrief.errors import StoreBusyError, StoreDamagedError, StoreError, StoreNotFoundError, StoreOutdatedError
from askbrief.store.generation import Derived, Manifest, build_derived, check_files, open_derived, remove_derived
from askbrief.store.lock import lock_for_writing
from askbrief.store.records import FileRecord
from askbrief.store.sqlite import FILE_NAME as DATABASE
from askbrief.store.sqlite import set_aside_database
from askbrief.store.store import Identity, Store
from askbrief.types import Document, Passage, SkippedFile, Span

IDENTITY = Identity(encoder="fake", dimension=5, chunker=1, passage_words=100)
ANKARA = Document("a" * 16, "Talks", "They met in Ankara. The drone fell.", date(2025, 5, 25), ("a.txt",))
BAGHDAD = Document("b" * 16, "", "A railway to Baghdad.", None, ("b.txt",))
ANKARA_SPANS = (Span(0, 19), Span(20, 35))
BAGHDAD_SPANS = (Span(0, 21),)


def key(text: str) -> bytes:
    return text.encode()[:16].ljust(16)


def add(store: Store, document: Document, spans: Sequence[Span]) -> None:
    texts = [span.of(document.text) for span in spans]
    passages = [(Passage(document.id, span, text), key(text)) for span, text in zip(spans, texts, strict=True)]
    vectors = zip(map(key, texts), FakeEncoder().encode_passages(texts), strict=True)
    store.rows.add_vectors(vectors)
    store.rows.add_extraction(make_extraction(document), [(document, passages)])


def record(document: Document, path: str | None = None) -> FileRecord:
    return FileRecord(path or document.path, len(document.text), 1, extraction=make_extraction(document).key)


def words(store: Store, query: str) -> list[int]:
    with store.snapshot() as derived:
        return [row for row, _ in derived.lexical.search(query, top=10)]


def nearest(store: Store, query: str) -> list[int]:
    with store.snapshot() as derived:
        return [row for row, _ in derived.dense.search(FakeEncoder().encode_question(query), top=10)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Generation 1 holds ANKARA with the rows 1 and 2."""
    with Store.create(tmp_path, IDENTITY) as store:
        add(store, ANKARA, ANKARA_SPANS)
        store.publish([record(ANKARA)], gone=())
        yield store


def publish_baghdad(store: Store) -> None:
    add(store, BAGHDAD, BAGHDAD_SPANS)
    store.publish([record(BAGHDAD)], gone=())


def test_what_is_published_comes_back(store: Store) -> None:
    assert (store.rows.generation, store.rows.count_documents(), store.rows.count_passages()) == (1, 1, 2)
    assert store.rows.load_document(ANKARA.id) == ANKARA
    assert store.rows.load_files() == {"a.txt": record(ANKARA)}
    first, second = store.rows.load_passages([1, 2])
    assert (first.row, first.document_id, first.span) == (1, ANKARA.id, Span(0, 19))
    assert (second.row, second.document_id, second.span) == (2, ANKARA.id, Span(20, 35))
    np.testing.assert_array_equal(first.vector, FakeEncoder().encode_question("Ankara"))


def test_passages_come_in_the_order_asked(store: Store) -> None:
    assert [passage.row for passage in store.rows.load_passages([2, 1])] == [2, 1]
    assert store.rows.load_passages([]) == []


def test_a_passage_that_is_missing_is_damage(store: Store) -> None:
    with pytest.raises(StoreDamagedError, match="passage 98 is missing"):
        store.rows.load_passages([2, 99, 98, 1])


def test_both_searches_find_published_rows(store: Store) -> None:
    assert words(store, "ankara") == [1]
    assert words(store, "talks") == [2, 1]
    assert nearest(store, "drone") == [2, 1]


def test_a_store_opened_again_answers_the_same(tmp_path: Path, store: Store) -> None:
    with Store.open(tmp_path, IDENTITY) as again:
        assert again.rows.load_document(ANKARA.id) == ANKARA
        assert words(again, "drone") == words(store, "drone") == [2]


def test_waiting_documents_are_not_seen(store: Store) -> None:
    add(store, BAGHDAD, BAGHDAD_SPANS)
    assert (store.rows.generation, store.rows.count_documents(), store.rows.count_passages()) == (1, 1, 2)
    assert store.rows.has_document(BAGHDAD.id)
    assert store.rows.has_vector(key(BAGHDAD.text))
    assert words(store, "baghdad") == []


def test_a_document_is_saved_once(store: Store) -> None:
    add(store, ANKARA, ANKARA_SPANS)
    store.publish([record(ANKARA)], gone=())
    assert words(store, "ankara") == [1]
    assert store.rows.count_passages() == 2


def test_the_next_generation_replaces_the_files_of_the_last(tmp_path: Path, store: Store) -> None:
    publish_baghdad(store)
    assert store.rows.generation == 2
    assert words(store, "railway") == [3]
    names = sorted(path.name for path in tmp_path.glob("generation-*"))
    assert names == ["generation-000001", "generation-000002"]
    store.publish([], gone=["b.txt"])
    assert sorted(path.name for path in tmp_path.glob("generation-*")) == ["generation-000002", "generation-000003"]


def test_copies_share_a_document_until_the_last_is_gone(store: Store) -> None:
    store.publish([record(ANKARA, "copy.txt")], gone=())
    assert store.rows.load_document(ANKARA.id).paths == ("a.txt", "copy.txt")
    store.publish([], gone=["a.txt"])
    assert store.rows.load_document(ANKARA.id).paths == ("copy.txt",)
    assert words(store, "ankara") == [1]
    store.publish([], gone=["copy.txt"])
    assert not store.rows.has_document(ANKARA.id)
    assert not store.rows.has_vector(key("They met in Ankara."))
    assert (store.rows.count_passages(), words(store, "ankara"), nearest(store, "ankara")) == (0, [], [])


@pytest.mark.parametrize("path", ["a.txt", "copy.txt"])
def test_a_copy_that_the_database_lost_is_damage(store: Store, path: str) -> None:
    store.publish([record(ANKARA, "copy.txt")], gone=())
    store._database.execute("DELETE FROM files WHERE path = ?", path)
    with pytest.raises(StoreDamagedError, match="a path of a document is missing"):
        store.rows.load_document(ANKARA.id)


def test_a_document_without_a_path_is_damage(store: Store) -> None:
    store._database.execute("DELETE FROM files")
    with pytest.raises(StoreDamagedError, match="a path of a document is missing"):
        store.rows.load_document(ANKARA.id)


def test_rows_are_never_used_again(store: Store) -> None:
    store.publish([], gone=["a.txt"])
    publish_baghdad(store)
    assert words(store, "baghdad") == [3]


def test_a_touched_file_keeps_the_generation(store: Store) -> None:
    touched = record(ANKARA)._replace(mtime_ns=2)
    store.rows.touch_files([touched])
    assert store.rows.load_files() == {"a.txt": touched}
    assert store.rows.generation == 1


def test_problems_are_listed_by_path(store: Store) -> None:
    store.publish(
        [FileRecord("z.txt", 1, 1, problem="is empty"), FileRecord("c.txt", 1, 1, problem="is binary")], gone=()
    )
    assert store.rows.load_skipped() == (SkippedFile("c.txt", "is binary"), SkippedFile("z.txt", "is empty"))
    assert store.rows.count_documents() == 1


def test_a_document_that_is_missing_is_damage(store: Store) -> None:
    with pytest.raises(StoreDamagedError, match="is incomplete"):
        store.rows.load_document("f" * 16)


@pytest.mark.parametrize("late", [False, True], ids=["before anything is written", "after everything is written"])
def test_a_failed_publish_leaves_the_generation_before(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    def fail(*args: Any, **named: Any) -> Manifest:
        if late:
            build_derived(*args, **named)
        raise StoreError("the disk is full")

    add(store, BAGHDAD, BAGHDAD_SPANS)
    with monkeypatch.context() as patch:
        patch.setattr(askbrief.store.store, "build_derived", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            store.publish([record(BAGHDAD)], gone=["a.txt"])
    with Store.open(tmp_path, IDENTITY) as again:
        for opened in (store, again):
            assert opened.rows.generation == 1
            assert list(opened.rows.load_files()) == ["a.txt"]
            assert (words(opened, "ankara"), words(opened, "baghdad")) == ([1], [])
    publish_baghdad(store)
    assert (store.rows.generation, words(store, "baghdad"), words(store, "ankara")) == (2, [3], [1])


def test_a_snapshot_does_not_move(tmp_path: Path, store: Store) -> None:
    with Store.open(tmp_path, IDENTITY) as writer, store.snapshot() as derived:
        add(writer, BAGHDAD, BAGHDAD_SPANS)
        writer.publish([record(BAGHDAD)], gone=["a.txt"])
        assert (store.rows.generation, writer.rows.generation) == (1, 2)
        assert [row for row, _ in derived.lexical.search("ankara baghdad", top=9)] == [1]
        assert [row for row, _ in derived.dense.search(FakeEncoder().encode_question("drone"), top=9)] == [2, 1]
        assert store.rows.load_document(ANKARA.id) == ANKARA
        assert [passage.row for passage in store.rows.load_passages([1, 2])] == [1, 2]
        with pytest.raises(StoreDamagedError, match="passage 3 is missing"):
            store.rows.load_passages([3])
    assert (store.rows.generation, words(store, "ankara baghdad")) == (2, [3])


def test_a_snapshot_ends_with_an_exception(store: Store) -> None:
    with pytest.raises(RuntimeError, match="inside"), store.snapshot():
        raise RuntimeError("inside")
    assert words(store, "ankara") == [1]


GENERATION = "generation-000001"
DENSE = f"{GENERATION}/base.faiss"


def remove_dense(folder: Path) -> None:
    (folder / DENSE).unlink()


def remove_all(folder: Path) -> None:
    remove_derived(folder, keep=None)


def truncate_dense(folder: Path) -> None:
    (folder / DENSE).write_bytes((folder / DENSE).read_bytes()[:-8])


def empty_dense(folder: Path) -> None:
    (folder / DENSE).write_bytes(b"")


def flip_dense(folder: Path) -> None:
    flip(folder / DENSE)


def flip_postings(folder: Path) -> None:
    flip(next((folder / GENERATION / "lexical").glob("*.idx")))


def remove_postings(folder: Path) -> None:
    next((folder / GENERATION / "lexical").glob("*.idx")).unlink()


def flip_fields(folder: Path) -> None:
    flip(folder / GENERATION / "lexical" / "meta.json")


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    "harm",
    [
        *(remove_dense, remove_all, truncate_dense, empty_dense, flip_dense),
        *(flip_postings, remove_postings, flip_fields),
    ],
)
def test_harmed_indexes_are_rebuilt(tmp_path: Path, store: Store, harm: Callable[[Path], None]) -> None:
    store.close()
    harm(tmp_path)
    with Store.open(tmp_path, IDENTITY) as opened:
        assert (words(opened, "ankara"), words(opened, "talks")) == ([1], [2, 1])
        assert nearest(opened, "drone") == [2, 1]
        assert opened.rows.generation == 1
    with Store.open(tmp_path, IDENTITY) as again:
        manifest = again._load_manifest()
        assert check_files(tmp_path, manifest, is_thorough=True) == manifest
        assert open_derived(tmp_path, manifest, dimension=5, without=()).dense.count == 2


def test_the_manifest_tells_harm_from_health(tmp_path: Path) -> None:
    vector = np.array([1, 0], dtype=np.float32)
    manifest = build_derived(tmp_path, 1, vectors=[(4, vector)], texts=[(4, "drone")], base_row=4, count=1, dimension=2)
    assert Manifest.from_json(manifest.to_json()) == manifest
    found: Derived = open_derived(tmp_path, manifest, dimension=2, without=())
    assert found.dense.search(vector, top=1) == [(4, 1.0)]
    assert found.lexical.search("drone", top=1)[0][0] == 4
    for wrong in (replace(manifest, generation=2), replace(manifest, files={})):
        with pytest.raises(StoreDamagedError, match="missing or damaged"):
            check_files(tmp_path, wrong)
    flip_dense(tmp_path)
    with pytest.raises(StoreDamagedError, match="missing or damaged"):
        check_files(tmp_path, manifest)


def flip_unseen(file: Path) -> None:
    """As a failing disk does: the file's time stays."""
    status = file.stat()
    flip(file)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_opening_checks_no_file_that_is_unchanged(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path) -> tuple[int, int]:
        raise AssertionError(f"{file} was read")

    monkeypatch.setattr(askbrief.store.generation, "_measure", refuse)
    with Store.open(tmp_path, IDENTITY) as opened:
        assert nearest(opened, "drone") == [2, 1]
    (file,) = tmp_path.glob("generation-*/base.faiss")
    os.utime(file)
    with Store.open(tmp_path, IDENTITY) as opened, pytest.raises(AssertionError, match=r"base\.faiss was read"):
        nearest(opened, "drone")


def test_a_thorough_check_reads_what_is_as_it_was(tmp_path: Path, store: Store) -> None:
    (file,) = tmp_path.glob("generation-*/base.faiss")
    sound = file.read_bytes()
    flip_unseen(file)
    with Store.open(tmp_path, IDENTITY) as opened:
        with pytest.raises(StoreDamagedError, match="missing or damaged"), opened.inspecting():
            pass
        assert file.read_bytes() != sound
        opened.check()
        assert file.read_bytes() == sound
        with opened.inspecting() as derived:
            assert derived.dense.count == 2


def test_a_copied_index_is_read_once(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path, copy, ignore=lambda *_: ["copy"])
    with Store.open(copy, IDENTITY) as opened:
        assert opened._load_manifest() != check_files(copy, opened._load_manifest())
        opened.check()
        assert opened._load_manifest() == check_files(copy, opened._load_manifest())


@pytest.mark.parametrize(
    "line", ["", "{}", "[]", '{"generation": 1, "base_row": 1, "base_count": 1, "files": {"": 1}}']
)
def test_a_broken_manifest_is_damage(line: str) -> None:
    with pytest.raises(StoreDamagedError, match="manifest"):
        Manifest.from_json(line)


def test_indexes_of_a_broken_manifest_are_rebuilt(store: Store) -> None:
    manifest = store._load_manifest()
    for line in ("", "nonsense", replace(manifest, generation=7).to_json(), replace(manifest, files={}).to_json()):
        store.rows.save_meta("manifest", line)
        store._derived = None
        assert words(store, "ankara") == [1]
        assert store._load_manifest().generation == 1


def test_indexes_are_rebuilt_without_what_is_waiting(tmp_path: Path, store: Store) -> None:
    add(store, BAGHDAD, BAGHDAD_SPANS)
    store.close()
    remove_all(tmp_path)
    with Store.open(tmp_path, IDENTITY) as opened:
        assert (words(opened, "talks railway"), nearest(opened, "railway")) == ([2, 1], [1, 2])


def test_no_store_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFoundError, match="holds no index"):
        Store.open(tmp_path / "none", IDENTITY)


@pytest.mark.parametrize("field", list(asdict(IDENTITY)))
def test_another_identity_is_named(tmp_path: Path, store: Store, field: str) -> None:
    old = asdict(IDENTITY)[field]
    new = "other" if field == "encoder" else old + 1
    changes: dict[str, Any] = {field: new}
    with pytest.raises(StoreOutdatedError) as raised:
        Store.open(tmp_path, replace(IDENTITY, **changes))
    assert f"({field.replace('_', ' ')} {old} → {new})" in raised.value.message


def test_create_makes_an_empty_store_in_place_of_another(tmp_path: Path, store: Store) -> None:
    store.close()
    other = replace(IDENTITY, encoder="other")
    with Store.create(tmp_path, other) as made:
        assert (made.rows.generation, made.rows.load_files(), made.rows.count_passages()) == (0, {}, 0)
    assert not list(tmp_path.glob("generation-*"))
    with Store.open(tmp_path, other) as opened:
        assert opened.identity == other


@pytest.mark.parametrize("data", [b"", b"not a database, but long enough to be read as one" * 40])
def test_a_broken_database_is_damage_and_is_kept(tmp_path: Path, store: Store, data: bytes) -> None:
    store.close()
    (tmp_path / DATABASE).write_bytes(data)
    with pytest.raises(StoreDamagedError, match="is damaged"):
        Store.open(tmp_path, IDENTITY)
    kept = set_aside_database(tmp_path)
    assert kept.parent == tmp_path
    assert kept.name.startswith("damaged-")
    assert kept.read_bytes() == data
    assert not list(tmp_path.glob(f"{DATABASE}*"))


def test_a_database_cut_short_is_damage(tmp_path: Path, store: Store) -> None:
    store.close()
    file = tmp_path / DATABASE
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(StoreDamagedError, match="is damaged"), Store.open(tmp_path, IDENTITY) as opened:
        opened.rows.load_files()


def test_what_a_file_holds_is_not_trusted(store: Store) -> None:
    assert list(store._database.rows("PRAGMA trusted_schema")) == [(0,)]
    assert list(store._database.rows("PRAGMA cell_size_check")) == [(1,)]


def test_nothing_to_set_aside_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        set_aside_database(tmp_path)


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "index"
    with (
        lock_for_writing(folder, timeout_seconds=0.1),
        pytest.raises(StoreBusyError, match="another process is writing to"),
        lock_for_writing(folder, timeout_seconds=0.1),
    ):
        pass
    with lock_for_writing(folder, timeout_seconds=0.1):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_the_lock_is_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), lock_for_writing(tmp_path, timeout_seconds=0.1):
        raise RuntimeError
    with lock_for_writing(tmp_path, timeout_seconds=0.1):
        pass


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "index"
    file.touch()
    with pytest.raises(StoreError, match="cannot be written"), lock_for_writing(file, timeout_seconds=0.1):
        pass
    with pytest.raises(StoreError, match="cannot be written"):
        Store.create(file, IDENTITY)


def test_a_database_that_another_connection_writes_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(askbrief.store.sqlite, "BUSY_TIMEOUT_SECONDS", 0.05)
    with (
        Store.create(tmp_path, IDENTITY) as one,
        Store.open(tmp_path, IDENTITY) as other,
        one._database.writing(),
        pytest.raises(StoreBusyError),
    ):
        other.rows.touch_files([record(ANKARA)])


@pytest.fixture
def read_only(tmp_path: Path, store: Store) -> Iterator[Path]:
    """The store's folder on a disk that is mounted for reading only."""
    store.close()
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        shutil.copytree(tmp_path, disk / "index", ignore=lambda *_: ["disk"])
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield disk / "index"
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)  # a store may still be open after a failure


def test_a_disk_for_reading_only_is_read(read_only: Path) -> None:
    with Store.open(read_only, IDENTITY) as opened:
        assert nearest(opened, "drone") == [2, 1]
        opened.check()
        with pytest.raises(StoreError, match="cannot be used"):
            opened.rows.save_speed(1)
    with pytest.raises(StoreError, match="Read-only"), lock_for_writing(read_only, timeout_seconds=0):
        pass


def test_a_generation_that_vanishes_while_the_index_is_opened_is_no_error(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def remove_first(place: Any) -> Any:
        if isinstance(place, Path) and place.name.startswith("generation-"):
            shutil.rmtree(place)
        return scan(place)

    (tmp_path / "generation-000000").mkdir()
    store.close()
    monkeypatch.setattr(os, "scandir", remove_first)
    with Store.open(tmp_path, IDENTITY) as opened:
        monkeypatch.undo()
        assert nearest(opened, "drone") == [2, 1]
