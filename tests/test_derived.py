"""Generations that share files with the one before: after any history the store finds what one made at once finds."""

from __future__ import annotations

import random
import shutil
import statistics
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from conftest import FakeEncoder, make_extraction

import askbrief.store.dense
import askbrief.store.store
from askbrief.store.generation import BASE, LEXICAL, RECENT
from askbrief.store.records import FileRecord
from askbrief.store.store import Identity, Store
from askbrief.types import Document, Passage, Span

IDENTITY = Identity(encoder="fake", dimension=5, chunker=1, passage_words=100)
WORDS = (*FakeEncoder.WORDS, "envoy", "talks", "bridge", "river")
QUERIES = (*WORDS, "ankara railway", "drone baghdad river")


@pytest.fixture(autouse=True)
def sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small, a store shares what it can; it is built whole when half of it is stale."""
    monkeypatch.setattr(askbrief.store.store, "MIN_SHARED_PASSAGES", 0)
    monkeypatch.setattr(askbrief.store.store, "MAX_STALE_SHARE", 0.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Generation 1 with the files 0 to 9."""
    with create(tmp_path / "index") as store:
        write(store, {f"{number}": make_text(number) for number in range(10)})
        yield store


def create(folder: Path) -> Store:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return Store.create(folder, IDENTITY)


def make_text(seed: int) -> str:
    chance = random.Random(seed)
    return f"Note {seed} " + " ".join(chance.choices(WORDS, k=6))


def write(store: Store, texts: Mapping[str, str], *, gone: tuple[str, ...] = ()) -> None:
    """Publishes files with one passage each."""
    records = []
    for path, text in texts.items():
        document = Document(f"{path}:{text}", "", text, None, (path,))
        passage, key = Passage(document.id, Span(0, len(text)), text), text.encode()
        vectors = [] if store.rows.has_vector(key) else [(key, FakeEncoder().encode_question(text))]
        store.rows.add_vectors(vectors)
        store.rows.add_extraction(make_extraction(document), [(document, [(passage, key)])])
        records.append(FileRecord(path, len(text), 1, extraction=make_extraction(document).key))
    store.publish(records, gone=gone)


def find(store: Store) -> tuple[dict[str, list[tuple[str, float]]], dict[str, set[str]]]:
    """For each query all texts with their cosines as the dense search orders them, and those that share a word."""
    dense, lexical = {}, {}
    with store.snapshot() as derived:
        assert derived.dense.count == derived.lexical.count == store.rows.count_passages()

        def name(row: int) -> str:
            (passage,) = store.rows.load_passages([row])
            return store.rows.load_document(passage.document_id).text

        for query in QUERIES:
            found = derived.dense.search(FakeEncoder().encode_question(query), top=99)
            dense[query] = sorted(((name(row), cosine) for row, cosine in found), key=lambda pair: (-pair[1], pair[0]))
            lexical[query] = {name(row) for row, _ in derived.lexical.search(query, top=99)}
    return dense, lexical


def find_in_new(
    folder: Path, texts: Mapping[str, str]
) -> tuple[dict[str, list[tuple[str, float]]], dict[str, set[str]]]:
    """What a store finds that was made of ``texts`` at once."""
    with create(folder) as store:
        write(store, texts)
        return find(store)


def assert_all_but_the_farthest(found: dict[str, float], texts: Iterable[str], query: str) -> None:
    """Each text of the nearer half is found, and what is found has about its cosine."""
    vector = FakeEncoder().encode_question(query)
    exact = {text: float(FakeEncoder().encode_question(text) @ vector) for text in texts}
    assert found == pytest.approx({text: exact[text] for text in found}, abs=0.02)
    assert found.keys() >= {text for text in exact if exact[text] > statistics.median(exact.values()) + 0.02}


def inode(store: Store, generation: int, name: str) -> int:
    return (store.folder / f"generation-{generation:06}" / name).stat().st_ino


def test_a_small_change_shares_the_base_and_keeps_a_recent_part(store: Store) -> None:
    write(store, {"3": "An envoy crossed the river."})
    assert inode(store, 1, BASE) == inode(store, 2, BASE)
    assert store._load_manifest().base_count == 10
    assert store.rows.load_removed() == [4]
    words = {path.name for path in (store.folder / "generation-000001" / LEXICAL).glob("*.idx")}
    more = {path.name for path in (store.folder / "generation-000002" / LEXICAL).glob("*.idx")}
    assert words < more
    with store.snapshot() as derived:
        assert (derived.dense.count, derived.lexical.count) == (10, 10)
        rows = [row for row, _ in derived.dense.search(FakeEncoder().encode_question("x"), top=99)]
        assert sorted(rows) == [1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
        assert [row for row, _ in derived.lexical.search("crossed", top=9)] == [11]


def test_what_is_shared_is_never_written_to(store: Store) -> None:
    folder = store.folder / "generation-000001"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    write(store, {"3": "An envoy crossed the river.", "new": "A bridge."}, gone=("5", "6"))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_change_without_new_text_has_no_recent_part(store: Store) -> None:
    write(store, {}, gone=("0",))
    assert not (store.folder / "generation-000002" / RECENT).exists()
    write(store, {"new": "A bridge."})
    write(store, {}, gone=("new",))
    assert not (store.folder / "generation-000004" / RECENT).exists()
    assert store.rows.load_removed() == [1]


def test_above_the_share_it_is_built_whole_again(store: Store) -> None:
    write(store, {str(number): make_text(100 + number) for number in range(2)})
    assert (store._load_manifest().base_count, len(store.rows.load_removed())) == (10, 2)
    write(store, {"2": make_text(102)})
    assert (store._load_manifest().base_count, store.rows.load_removed()) == (10, [])
    assert store._load_manifest().base_row == 13
    assert not (store.folder / "generation-000003" / RECENT).exists()


def test_text_that_is_gone_is_not_found_whatever_part_it_was_in(store: Store) -> None:
    write(store, {"new": "A zyzzyva.", "newer": "Another zyzzyva."})
    write(store, {"newer": "A bridge."}, gone=("new",))
    with store.snapshot() as derived:
        assert derived.lexical.search("zyzzyva", top=9) == []
        rows = [row for row, _ in derived.dense.search(FakeEncoder().encode_question("x"), top=99)]
    assert all("zyzzyva" not in store.rows.load_document(p.document_id).text for p in store.rows.load_passages(rows))
    assert len(store.rows.load_passages(rows)) == len(rows) == 11


@pytest.mark.parametrize("exact_rows", [50_000, 3], ids=["exact", "compact"])
@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_all_is_found_that_a_new_store_finds(
    store: Store, tmp_path: Path, seed: int, exact_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askbrief.store.dense, "EXACT_ROWS", exact_rows)
    chance = random.Random(seed)
    texts = {str(number): make_text(number) for number in range(10)}
    shared = 0
    for step in range(8):
        gone = tuple(chance.sample(sorted(texts), k=chance.randrange(3)))
        new = {str(chance.randrange(14)): make_text(1000 * seed + step) for _ in range(chance.randrange(3))}
        gone = tuple(path for path in gone if path not in new)
        texts = {path: text for path, text in texts.items() if path not in gone} | new
        write(store, new, gone=gone)
        shared += bool(store.rows.load_removed() or (store.folder / f"generation-{step + 2:06}" / RECENT).exists())
        dense, lexical = find(store)
        expected_dense, expected_lexical = find_in_new(tmp_path / "new", texts)
        assert lexical == expected_lexical
        for query in QUERIES:
            if exact_rows > len(texts):
                assert {name for name, _ in dense[query]} == set(texts.values())
                assert dense[query] == expected_dense[query]
            else:
                assert_all_but_the_farthest(dict(dense[query]), texts.values(), query)
    assert shared >= 3


def test_added_files_weigh_words_as_if_they_had_been_there(store: Store, tmp_path: Path) -> None:
    write(store, {"new": "A drone over the river."})
    with create(tmp_path / "new") as other:
        write(other, {str(number): make_text(number) for number in range(10)} | {"new": "A drone over the river."})
        for query in QUERIES:
            with store.snapshot() as one, other.snapshot() as two:
                assert one.lexical.search(query, top=99) == two.lexical.search(query, top=99)


@pytest.mark.parametrize("name", [BASE, LEXICAL])
def test_on_a_damaged_generation_nothing_is_built(store: Store, name: str) -> None:
    place = store.folder / "generation-000001" / name
    victim = place if place.is_file() else next(place.glob("*.idx"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data) if name == LEXICAL else b"short")
    write(store, {"new": "A bridge."})
    assert (store._load_manifest().base_count, store.rows.load_removed()) == (11, [])
    dense, _ = find(store)
    assert len(dense["drone"]) == 11


def test_a_shared_base_that_is_damaged_is_noticed_and_rebuilt(store: Store) -> None:
    base = store.folder / "generation-000001" / BASE
    data = bytearray(base.read_bytes())
    data[-3] ^= 1
    base.write_bytes(bytes(data))
    write(store, {"new": "A bridge."})
    assert store._load_manifest().base_count == 10
    dense, _ = find(store)
    assert len(dense["drone"]) == 11
    assert (store._load_manifest().base_count, store.rows.load_removed()) == (11, [])


def test_without_hard_links_files_are_copied(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write(store, {"new": "A bridge."})
    assert inode(store, 1, BASE) != inode(store, 2, BASE)
    assert store._load_manifest().base_count == 10
    assert len(find(store)[0]["drone"]) == 11


def test_waiting_documents_stay_out_of_what_is_shared(store: Store) -> None:
    waiting = Document("waiting", "", "A zyzzyva.", None, ("w",))
    passage = Passage("waiting", Span(0, 10), "A zyzzyva.")
    store.rows.add_vectors([(b"w", FakeEncoder().encode_question("x"))])
    store.rows.add_extraction(make_extraction(waiting), [(waiting, [(passage, b"w")])])
    write(store, {"new": "A bridge."})
    assert not store.rows.has_document("waiting")
    assert len(find(store)[0]["drone"]) == 11
    with store.snapshot() as derived:
        assert derived.lexical.search("zyzzyva", top=9) == []


def test_more_vectors_than_are_kept_exact_are_found_by_estimates(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store.is_exact
    assert before
    monkeypatch.setattr(askbrief.store.dense, "EXACT_ROWS", 9)
    write(store, {str(number): make_text(200 + number) for number in range(10)})
    assert not store.is_exact
    with store.snapshot() as derived:
        assert derived.dense.oversampling == 2
    found, _ = find(store)
    texts = [make_text(200 + number) for number in range(10)]
    for query in QUERIES:
        assert_all_but_the_farthest(dict(found[query]), texts, query)
    size = (store.folder / "generation-000002" / BASE).stat().st_size
    assert size < 1000
