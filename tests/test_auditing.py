from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import FakeEncoder

import askbrief.corpus.document
import askbrief.index.batch
import askbrief.index.read
import askbrief.store.generation
import askbrief.store.store
from askbrief.assistant import Assistant
from askbrief.config import open_folder
from askbrief.index.refresh import identify
from askbrief.store.audit import audit
from askbrief.store.generation import BASE, LEXICAL
from askbrief.store.store import Store

Harm = Callable[[Path], object]


@pytest.fixture
def index(articles: Path) -> Path:
    """Documents and passages: 1 of a.txt, 2 of b.md."""
    update(articles)
    return articles / ".askbrief"


def update(articles: Path) -> None:
    with Assistant.open(articles, encoder=FakeEncoder()) as assistant:
        assistant.update()


def find_faults(index: Path) -> list[str]:
    with Store.open(index, identify(open_folder(index.parent), FakeEncoder())) as store:
        return list(audit(store))


def change(index: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(index / "askbrief.sqlite")
    with connection:
        assert connection.execute(statement, values).rowcount
    connection.close()


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)


def forge(monkeypatch: pytest.MonkeyPatch, name: str, forged: Callable[..., object]) -> None:
    """Makes generations that are sound files with another content than they must have."""
    build = askbrief.store.generation.build_derived
    monkeypatch.setattr(askbrief.store.store, "build_derived", lambda *a, **k: build(*a, **k | {name: forged(k[name])}))


def test_a_sound_index_has_no_fault(index: Path) -> None:
    before = {file: file.read_bytes() for file in index.rglob("*") if file.is_file()}
    assert find_faults(index) == []
    assert {file: file.read_bytes() for file in index.rglob("*") if file.is_file()} == before


def test_an_index_that_shares_its_base_has_no_fault(
    index: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askbrief.store.store, "MIN_SHARED_PASSAGES", 1)
    monkeypatch.setattr(askbrief.store.store, "MAX_STALE_SHARE", 2.0)
    (articles / "a.txt").unlink()
    (articles / "c.txt").write_text("A drone over the __ दिल्ली railway.", encoding="utf-8")
    update(articles)
    with Store.open(index, identify(open_folder(articles), FakeEncoder())) as store:
        assert store.rows.load_removed() == [1]
    assert find_faults(index) == []


def test_an_index_with_nothing_published_has_no_fault(tmp_path: Path) -> None:
    with Store.create(tmp_path, identify(open_folder(tmp_path), FakeEncoder())) as store:
        assert list(audit(store)) == []


def test_damage_that_sqlite_sees_is_told(index: Path) -> None:
    change(index, "DELETE FROM vectors")
    change(index, "UPDATE files SET extraction = x'00' WHERE path = 'a.txt'")
    assert find_faults(index)[0] == "files None belongs to nothing"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE documents SET text = replace(text, 'drone', 'plane')", "a row is not what was written"),
        ("UPDATE passages SET end = end - 1", "a row is not what was written"),
        ("UPDATE vectors SET vector = zeroblob(20)", "a row is not what was written"),
        ("UPDATE files SET size = 1", "a row is not what was written"),
        ("UPDATE meta SET value = '9' WHERE key = 'documents'", "a row is not what was written"),
        ("UPDATE meta SET value = CAST(value AS BLOB) WHERE key = 'last_row'", "a row is not what was written"),
        ("DELETE FROM meta WHERE key = 'manifest'", "the manifest of the index is damaged"),
        ("DELETE FROM vectors WHERE key = (SELECT MIN(key) FROM vectors)", "a passage or its vector is missing"),
    ],
)
def test_a_row_that_was_altered_is_told(index: Path, statement: str, fault: str) -> None:
    change(index, statement)
    (found,) = find_faults(index)
    assert fault in found


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("documents", "9", "2 articles lie in files, but 9 are counted"),
        ("passages", "9", "the dense index holds 2 passages, but 9 are counted"),
        ("manifest", "", "the manifest of the index is damaged"),
    ],
)
def test_a_number_that_does_not_agree_is_told(index: Path, key: str, value: str, fault: str) -> None:
    with Store.open(index, identify(open_folder(index.parent), FakeEncoder())) as store:
        store.rows.save_meta(key, value)
        assert list(audit(store)) == [fault]


@pytest.mark.parametrize("name", [BASE, f"{LEXICAL}/meta.json"])
@pytest.mark.parametrize("harm", [flip, Path.unlink])
def test_a_harmed_search_index_is_told_and_not_rebuilt(index: Path, name: str, harm: Harm) -> None:
    harm(index / "generation-000001" / name)
    for _ in range(2):
        assert find_faults(index) == [f"the search indexes in {index} are missing or damaged"]


def without_first(pairs: Sequence[tuple[int, object]]) -> list[tuple[int, object]]:
    return list(pairs)[1:]


def exchanged(pairs: Sequence[tuple[int, object]]) -> list[tuple[int, object]]:
    (one, first), (other, second) = pairs
    return [(one, second), (other, first)]


def doubled(pairs: Sequence[tuple[int, object]]) -> list[tuple[int, object]]:
    first, second = pairs
    return [first, second, (3, second[1])]


@pytest.mark.parametrize(
    ("name", "forged", "faults"),
    [
        ("vectors", without_first, ["the dense index does not hold passage 1 where it must"]),
        ("vectors", exchanged, [f"the dense index holds another vector than that of passage {n}" for n in (1, 2)]),
        ("vectors", doubled, ["the dense index holds row 3, which is no published passage"]),
        ("texts", without_first, ["the lexical index holds other words than those of passage 1"]),
        ("texts", exchanged, [f"the lexical index holds other words than those of passage {n}" for n in (1, 2)]),
        ("texts", doubled, ["the lexical index holds 3 passages, not the 2 published ones"]),
    ],
)
def test_sound_files_of_another_content_are_told(
    articles: Path, monkeypatch: pytest.MonkeyPatch, name: str, forged: Callable[..., object], faults: list[str]
) -> None:
    (articles / "a.txt").write_text("An envoy in Ankara, Ankara.", encoding="utf-8")
    with monkeypatch.context() as patch:
        forge(patch, name, forged)
        update(articles)
    found = find_faults(articles / ".askbrief")
    assert found[: len(faults)] == faults


def test_a_vector_of_another_text_is_told(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(askbrief.index.batch, "find_vector_key", lambda text: text[::-1].encode()[:16])
        update(articles)
    found = find_faults(articles / ".askbrief")
    assert found == [f"the vector of passage {n} was made from another text" for n in (1, 2)]


def test_a_text_that_is_not_that_of_its_file_is_told(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        build = askbrief.corpus.document.build_document
        patch.setattr(askbrief.index.read, "build_document", lambda *a: replace(build(*a), title="Another title"))
        update(articles)
    found = find_faults(articles / ".askbrief")
    assert found == [f"the text kept for {path} is not that of the file it was read from" for path in ("a.txt", "b.md")]
