from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder
from numpy.typing import NDArray

import askbrief.index.batch
import askbrief.index.refresh
import askbrief.store.rows
from askbrief.config import FILE_NAME, Folder, open_folder
from askbrief.errors import CorpusError, StoreBusyError, StoreDamagedError, StoreError, StoreNotFoundError
from askbrief.index.refresh import identify, refresh, replace_damaged, scan
from askbrief.index.refreshed import Refreshed
from askbrief.store.generation import BASE
from askbrief.store.lock import lock_for_writing
from askbrief.store.records import ExtractionRecord
from askbrief.store.sqlite import FILE_NAME as DATABASE
from askbrief.store.store import Store
from askbrief.types import Progress, SkippedFile

ANKARA = "The envoy met Okay Memis in Ankara.\n\nThey spoke about the drone."
TRAINS = "Trains\n\nThe railway to Baghdad opens in May."
ANKARA_ENCODED = f"The envoy met Okay Memis in Ankara.\n{ANKARA}"
TRAINS_ENCODED = f"Trains\n{TRAINS}"


class Interrupted(FakeEncoder):
    """Is interrupted when it comes to a text about trains."""

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        for text in texts:
            if "railway" in text:
                raise KeyboardInterrupt
            yield from super().encode_passages([text])


def update(root: Path, encoder: FakeEncoder) -> tuple[dict[str, str], int, Refreshed]:
    """Runs a refresh; returns each file's text, the generation and what was done."""
    store, done = finish(open_folder(root), encoder)
    with store:
        return texts(store), store.rows.generation, done


def finish(folder: Folder, encoder: FakeEncoder) -> tuple[Store, Refreshed]:
    return drain(refresh(folder, encoder))


def drain(steps: Iterator[Progress]) -> tuple[Store, Refreshed]:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            store, done = end.value
            return store, done


def texts(store: Store) -> dict[str, str]:
    with store.snapshot() as derived:
        vector = FakeEncoder().encode_question("")
        rows = [row for row, _ in derived.dense.search(vector, top=99)]
        assert len(rows) == store.rows.count_passages() == derived.lexical.count
        found = {passage.document_id for passage in store.rows.load_passages(rows)}
        documents = [store.rows.load_document(id_) for id_ in found]
        return {path: document.text for document in documents for path in document.paths}


def find_extraction(store: Store, path: str) -> ExtractionRecord:
    """What was read of the file at ``path``."""
    key = store.rows.load_files()[path].extraction
    assert key is not None
    return store.rows.load_extractions()[key]


def touch(file: Path) -> None:
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1_000_000_000))


def rewrite(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    touch(file)


@pytest.fixture
def root(articles: Path, encoder: FakeEncoder) -> Path:
    """The articles, indexed once."""
    update(articles, encoder)
    encoder.encoded.clear()
    return articles


def test_the_first_run_reads_everything(articles: Path, encoder: FakeEncoder) -> None:
    found, generation, done = update(articles, encoder)
    assert found == {"a.txt": ANKARA + "\n", "b.md": TRAINS}
    assert (generation, done.added, done.changed, done.removed) == (1, ("a.txt", "b.md"), (), ())
    assert encoder.encoded == [ANKARA_ENCODED, TRAINS_ENCODED]


def test_progress_counts_files(articles: Path, encoder: FakeEncoder) -> None:
    assert list(refresh(open_folder(articles), encoder)) == [
        Progress("Indexing", 0, 2),
        Progress("Indexing", 1, 2),
        Progress("Indexing", 1, 2, passages=2),
        Progress("Indexed", 2, 2),
    ]


def test_an_index_up_to_date_is_only_read(root: Path, encoder: FakeEncoder) -> None:
    with lock_for_writing(root / ".askbrief", timeout_seconds=1):
        assert list(refresh(open_folder(root), encoder)) == []
    _, generation, done = update(root, encoder)
    assert (generation, done, encoder.encoded) == (1, Refreshed(), [])


def test_a_new_file_is_added(root: Path, encoder: FakeEncoder) -> None:
    rewrite(root / "c.txt", "A drone fell.")
    found, generation, done = update(root, encoder)
    assert found["c.txt"] == "A drone fell."
    assert (generation, done.added, done.changed, done.removed) == (2, ("c.txt",), (), ())
    assert encoder.encoded == ["A drone fell.\nA drone fell."]


def test_a_changed_file_replaces_its_text(root: Path, encoder: FakeEncoder) -> None:
    rewrite(root / "a.txt", "The envoy left Ankara.")
    found, generation, done = update(root, encoder)
    assert found == {"a.txt": "The envoy left Ankara.", "b.md": TRAINS}
    assert (generation, done.added, done.changed, done.removed) == (2, (), ("a.txt",), ())
    assert encoder.encoded == ["The envoy left Ankara.\nThe envoy left Ankara."]


def test_a_change_of_equal_size_is_seen(root: Path, encoder: FakeEncoder) -> None:
    text = (root / "a.txt").read_text(encoding="utf-8")
    rewrite(root / "a.txt", text.replace("drone", "plane"))
    assert "plane" in update(root, encoder)[0]["a.txt"]


def test_a_removed_file_is_forgotten(root: Path, encoder: FakeEncoder) -> None:
    (root / "a.txt").unlink()
    found, generation, done = update(root, encoder)
    assert found == {"b.md": TRAINS}
    assert (generation, done.added, done.changed, done.removed) == (2, (), (), ("a.txt",))


def test_a_renamed_file_is_not_encoded_again(root: Path, encoder: FakeEncoder) -> None:
    (root / "a.txt").rename(root / "z.txt")
    found, _, done = update(root, encoder)
    assert found == {"z.txt": ANKARA + "\n", "b.md": TRAINS}
    assert (done.added, done.removed, done.renamed) == ((), (), (("a.txt", "z.txt"),))
    assert encoder.encoded == []


def test_a_copy_is_one_document_with_two_paths(root: Path, encoder: FakeEncoder) -> None:
    rewrite(root / "copy.txt", ANKARA + "\n")
    store, _ = finish(open_folder(root), encoder)
    with store:
        assert (store.rows.count_documents(), store.rows.count_passages()) == (2, 2)
        ((_, document_id),) = find_extraction(store, "copy.txt").parts
        assert store.rows.load_document(document_id).paths == ("a.txt", "copy.txt")
    assert encoder.encoded == []


def test_a_touch_encodes_nothing_and_keeps_the_generation(root: Path, encoder: FakeEncoder) -> None:
    touch(root / "a.txt")
    _, generation, done = update(root, encoder)
    assert (generation, done.changed, encoder.encoded) == (1, (), [])
    assert list(refresh(open_folder(root), encoder)) == []


def test_the_same_text_in_another_encoding_keeps_the_generation(root: Path, encoder: FakeEncoder) -> None:
    (root / "a.txt").write_bytes((ANKARA + "\n").encode("utf-16"))
    touch(root / "a.txt")
    store, done = finish(open_folder(root), encoder)
    with store:
        assert (store.rows.generation, find_extraction(store, "a.txt").encoding) == (1, "utf-16")
    assert (done.changed, encoder.encoded) == ((), [])


def test_equal_passages_of_a_changed_article_are_not_encoded_again(articles: Path, encoder: FakeEncoder) -> None:
    (articles / FILE_NAME).write_text("passage_words = 20", encoding="utf-8")
    first = "The envoy met Okay Memis in Ankara. " + "word " * 16 + "end.\n\n"
    rewrite(articles / "a.txt", first + "They spoke about the drone.")
    update(articles, encoder)
    encoder.encoded.clear()
    rewrite(articles / "a.txt", first + "They spoke about the railway.")
    update(articles, encoder)
    assert encoder.encoded == ["The envoy met Okay Memis in Ankara.\nThey spoke about the railway."]


def test_files_that_cannot_be_read_are_reported_and_the_rest_is_indexed(root: Path, encoder: FakeEncoder) -> None:
    (root / "empty.txt").touch()
    (root / "binary.txt").write_bytes(b"a\0b")
    (root / "gone.txt").symlink_to("nowhere")
    expected = (
        SkippedFile("binary.txt", "is binary"),
        SkippedFile("empty.txt", "is empty"),
        SkippedFile("gone.txt", f"cannot be read: {os.strerror(2)}"),
    )
    found, generation, done = update(root, encoder)
    assert (sorted(found), generation, done.skipped) == (["a.txt", "b.md"], 2, expected)
    _, generation, done = update(root, encoder)
    assert (generation, done.skipped, done.added) == (2, expected, ())


def test_a_file_that_becomes_readable_is_read(root: Path, encoder: FakeEncoder) -> None:
    (root / "c.txt").touch()
    update(root, encoder)
    rewrite(root / "c.txt", "A drone fell.")
    found, _, done = update(root, encoder)
    assert (found["c.txt"], done.skipped, done.changed) == ("A drone fell.", (), ("c.txt",))


def test_a_file_that_cannot_be_opened_is_tried_again(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(root / "c.txt", "A drone fell.")
    read_bytes = Path.read_bytes

    def refuse(file: Path) -> bytes:
        if file.name == "c.txt":
            raise PermissionError(13, "Permission denied")
        return read_bytes(file)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        for _ in range(2):
            found, generation, done = update(root, encoder)
            assert (sorted(found), generation) == (["a.txt", "b.md"], 2)
            assert done.skipped == (SkippedFile("c.txt", "cannot be read: Permission denied"),)
    found, _, done = update(root, encoder)
    assert (found["c.txt"], done.skipped) == ("A drone fell.", ())


def test_a_file_that_vanishes_after_the_scan_is_reported(articles: Path, encoder: FakeEncoder) -> None:
    steps = refresh(open_folder(articles), encoder)
    for step in steps:
        if step == Progress("Indexing", 0, 2):
            (articles / "b.md").unlink()
            break
    store, done = drain(steps)
    with store:
        assert texts(store) == {"a.txt": ANKARA + "\n"}
    assert done.skipped == (SkippedFile("b.md", f"cannot be read: {os.strerror(2)}"),)
    assert update(articles, encoder)[2].removed == ("b.md",)


def test_what_changes_while_it_waits_is_seen(articles: Path, encoder: FakeEncoder) -> None:
    steps = refresh(open_folder(articles), encoder)
    with lock_for_writing(articles / ".askbrief", timeout_seconds=1):
        assert next(steps).stage == "Waiting for another process that is indexing"
    rewrite(articles / "c.txt", "A drone fell.")
    other, _ = finish(open_folder(articles), encoder)
    other.close()
    store, _ = drain(steps)
    with store:
        assert sorted(texts(store)) == ["a.txt", "b.md", "c.txt"]
        assert store.rows.generation == 1


def test_a_folder_that_was_moved_after_the_scan_is_not_made_again(articles: Path, encoder: FakeEncoder) -> None:
    folder = open_folder(articles)
    found = scan(folder)
    articles.rename(articles.parent / "elsewhere")
    with pytest.raises(CorpusError, match="no longer exists"):
        drain(refresh(folder, encoder, found=found))
    assert not articles.exists()


def test_a_folder_without_articles_says_what_it_found(tmp_path: Path, encoder: FakeEncoder) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(CorpusError, match=r"holds no articles \(found instead: 1 \.png\)"):
        update(tmp_path, encoder)
    assert not (tmp_path / ".askbrief").exists()


def test_another_encoder_makes_the_index_anew_and_says_so(root: Path) -> None:
    other = FakeEncoder("other")
    found, generation, done = update(root, other)
    assert (sorted(found), generation, len(other.encoded)) == (["a.txt", "b.md"], 1, 2)
    assert done.notes == ["the index was made with other settings (encoder fake → other); rebuilt it"]


def test_another_passage_length_makes_the_index_anew(root: Path, encoder: FakeEncoder) -> None:
    (root / FILE_NAME).write_text("passage_words = 50", encoding="utf-8")
    _, _, done = update(root, encoder)
    assert done.notes == ["the index was made with other settings (passage words 100 → 50); rebuilt it"]
    assert encoder.encoded == []  # the passages are the same, and so are their vectors


@pytest.mark.parametrize("data", [b"", b"garbage " * 999], ids=["empty", "garbage"])
def test_a_damaged_database_is_kept_and_made_anew(root: Path, encoder: FakeEncoder, data: bytes) -> None:
    (root / ".askbrief" / DATABASE).write_bytes(data)
    found, generation, done = update(root, encoder)
    assert (found["a.txt"], generation) == (ANKARA + "\n", 1)
    (kept,) = (root / ".askbrief").glob("damaged-*.sqlite")
    assert kept.read_bytes() == data
    assert len(done.notes) == 1
    assert f"saved the damaged file as {kept.name} and rebuilt the index" in done.notes[0]


def test_a_database_cut_short_is_made_anew(root: Path, encoder: FakeEncoder) -> None:
    database = root / ".askbrief" / DATABASE
    database.write_bytes(database.read_bytes()[:5000])
    found, _, done = update(root, encoder)
    assert sorted(found) == ["a.txt", "b.md"]
    assert "is damaged" in done.notes[0]


def harm(root: Path, statement: str) -> None:
    database = sqlite3.connect(root / ".askbrief" / DATABASE)
    with database:
        assert database.execute(statement).rowcount == 1
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET text = replace(text, 'drone', 'plane') WHERE text LIKE '%drone%'",
        "UPDATE passages SET end = end - 1 WHERE row = 1",
        "UPDATE files SET path = CAST(path AS BLOB) WHERE path = 'a.txt'",
        "UPDATE meta SET value = '1' WHERE key = 'last_row'",
        "DELETE FROM passages WHERE row = 2",
        "DELETE FROM vectors WHERE key = (SELECT MIN(key) FROM vectors)",
    ],
)
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_thorough_refresh_finds_what_no_question_asked_for(
    root: Path, encoder: FakeEncoder, statement: str, is_changed: bool
) -> None:
    harm(root, statement)
    if is_changed:
        (root / "c.txt").write_text("A new drone.", encoding="utf-8")
    store, done = drain(refresh(open_folder(root), encoder, is_thorough=True))
    with store:
        assert sorted(texts(store)) == (["a.txt", "b.md", "c.txt"] if is_changed else ["a.txt", "b.md"])
        assert texts(store)["a.txt"] == ANKARA + "\n"
        store.check()
    (note,) = done.notes
    (kept,) = (root / ".askbrief").glob("damaged-*.sqlite")
    assert note.endswith(f"; saved the damaged file as {kept.name} and rebuilt the index")


def test_a_thorough_refresh_rebuilds_a_search_index_without_encoding(root: Path, encoder: FakeEncoder) -> None:
    file = root / ".askbrief" / "generation-000001" / BASE
    before = file.read_bytes()
    file.write_bytes(before[:-1])
    store, done = drain(refresh(open_folder(root), encoder, is_thorough=True))
    store.close()
    assert (file.read_bytes(), encoder.encoded, done.notes) == (before, [], [])


def test_a_first_run_that_is_killed_while_it_makes_the_database_leaves_none(
    articles: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> tuple[object, ...]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(askbrief.store.rows, "sign", die)
        with pytest.raises(KeyboardInterrupt):
            update(articles, encoder)
    folder = open_folder(articles)
    with pytest.raises(StoreNotFoundError):
        Store.open(folder.index, identify(folder, encoder))
    found, generation, done = update(articles, encoder)
    assert (sorted(found), generation, done.notes) == (["a.txt", "b.md"], 1, [])
    assert sorted(path.name for path in folder.index.iterdir()) == [DATABASE, "generation-000001", "write.lock"]


def test_what_a_killed_rebuild_left_goes_with_the_next_change(root: Path, encoder: FakeEncoder) -> None:
    left = root / ".askbrief" / "rebuilding"
    (left / "generation-000002").mkdir(parents=True)
    (root / "c.txt").write_text("A new drone.", encoding="utf-8")
    assert update(root, encoder)[1] == 2
    assert not left.exists()


def test_replace_damaged_leaves_an_empty_store(root: Path, encoder: FakeEncoder) -> None:
    folder = open_folder(root)
    replace_damaged(folder, encoder, StoreDamagedError("broken"))
    assert len(list(folder.index.glob("damaged-*.sqlite"))) == 1
    with Store.open(folder.index, identify(folder, encoder)) as store:
        assert (store.rows.generation, store.rows.load_files()) == (0, {})
    assert sorted(update(root, encoder)[0]) == ["a.txt", "b.md"]


@pytest.mark.parametrize("name", ["base.faiss", "lexical/meta.json"])
def test_a_damaged_search_index_is_rebuilt_without_encoding(root: Path, encoder: FakeEncoder, name: str) -> None:
    (root / ".askbrief" / "generation-000001" / name).write_bytes(b"damage")
    found, generation, done = update(root, encoder)
    assert (sorted(found), generation, done.notes) == (["a.txt", "b.md"], 1, [])
    assert encoder.encoded == []


def test_an_index_that_is_a_file_cannot_be_written(articles: Path, encoder: FakeEncoder) -> None:
    (articles / ".askbrief").touch()
    with pytest.raises(StoreError, match=r"\.askbrief cannot be written"):
        update(articles, encoder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_index_without_permission_cannot_be_written(root: Path, encoder: FakeEncoder) -> None:
    rewrite(root / "c.txt", "A drone fell.")
    (root / ".askbrief").chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        update(root, encoder)


def test_a_busy_index_is_reported(root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(askbrief.index.refresh, "LOCK_TIMEOUT_SECONDS", 0.1)
    rewrite(root / "c.txt", "A drone fell.")
    with lock_for_writing(root / ".askbrief", timeout_seconds=1), pytest.raises(StoreBusyError):
        update(root, encoder)
    assert "c.txt" in update(root, encoder)[0]


def test_an_interrupted_run_keeps_the_index_and_what_was_encoded(
    articles: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askbrief.index.batch, "BATCH_PASSAGES", 1)
    (articles / "b.md").rename(articles / "later")
    update(articles, encoder)
    rewrite(articles / "aa.txt", "A drone fell.")
    (articles / "later").rename(articles / "b.md")

    interrupted = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        update(articles, interrupted)
    assert interrupted.encoded == ["A drone fell.\nA drone fell."]
    folder = open_folder(articles)
    with Store.open(folder.index, identify(folder, encoder)) as store:
        assert (store.rows.generation, texts(store)) == (1, {"a.txt": ANKARA + "\n"})

    encoder.encoded.clear()
    found, generation, _ = update(articles, encoder)
    assert (sorted(found), generation) == (["a.txt", "aa.txt", "b.md"], 2)
    assert encoder.encoded == [TRAINS_ENCODED]


def test_a_run_that_is_given_up_lets_go_of_the_lock(articles: Path, encoder: FakeEncoder) -> None:
    steps = refresh(open_folder(articles), encoder)
    next(steps)
    next(steps)
    steps.close()
    assert sorted(update(articles, encoder)[0]) == ["a.txt", "b.md"]


def test_what_was_left_by_an_interrupted_run_and_is_gone_is_dropped(
    articles: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askbrief.index.batch, "BATCH_PASSAGES", 1)
    with pytest.raises(KeyboardInterrupt):
        update(articles, Interrupted())
    (articles / "a.txt").unlink()
    store, _ = finish(open_folder(articles), encoder)
    with store:
        assert texts(store) == {"b.md": TRAINS}
        with pytest.raises(StoreDamagedError, match="passage 1 is missing"):
            store.rows.load_passages([1])


def test_two_processes_at_once_make_one_index(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text(f"Article {number} tells of Ankara.", encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from conftest import FakeEncoder; from test_indexing import update\n"
        "encoder = FakeEncoder(); sys.stdin.readline()\n"
        "found, generation, done = update(Path(sys.argv[1]), encoder)\n"
        "print(len(encoder.encoded), generation, sorted(found) == [f'{n:02}.txt' for n in range(30)], done.notes)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", program, str(tmp_path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        outputs = [process.communicate(timeout=60) for process in processes]
    assert [error for _, error in outputs] == ["", ""]
    assert sorted(output for output, _ in outputs) == ["0 1 True []\n", "30 1 True []\n"]
