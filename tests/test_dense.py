from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from askbrief.errors import StoreDamagedError, StoreError
from askbrief.store.dense import DenseIndex, build_dense


def unit(*values: float) -> NDArray[np.float32]:
    vector = np.array(values, dtype=np.float32)
    return vector / np.float32(np.linalg.norm(vector))


@pytest.fixture
def index(tmp_path: Path) -> DenseIndex:
    build_dense(
        tmp_path / "d.faiss",
        [(10, unit(1, 0)), (7, unit(3, 4)), (3, unit(0, 1)), (5, unit(-1, 0)), (2, unit(3, 4))],
        count=5,
        dimension=2,
    )
    return DenseIndex(tmp_path / "d.faiss", dimension=2)


def test_cosines_come_best_first_and_ties_by_row(index: DenseIndex) -> None:
    found = index.search(unit(1, 0), top=10)
    assert [row for row, _ in found] == [10, 2, 7, 3, 5]
    assert [cosine for _, cosine in found] == pytest.approx([1.0, 0.6, 0.6, 0.0, -1.0])


def test_top_cuts_the_rest(index: DenseIndex) -> None:
    assert [row for row, _ in index.search(unit(0, 1), top=2)] == [3, 2]


@pytest.mark.parametrize("top", [1, 50, 150])
def test_of_many_equal_vectors_the_first_rows_are_found(tmp_path: Path, top: int) -> None:
    build_dense(tmp_path / "d.faiss", ((row, unit(1, 1)) for row in range(1, 400)), count=399, dimension=2)
    found = DenseIndex(tmp_path / "d.faiss", dimension=2).search(unit(1, 1), top=top)
    assert [row for row, _ in found] == list(range(1, top + 1))


def test_a_better_row_puts_out_the_last_of_equals(tmp_path: Path) -> None:
    vectors = [unit(1, 1)] * 5 + [unit(1, 0)] + [unit(0, 1)] * 3
    build_dense(tmp_path / "d.faiss", enumerate(vectors), count=9, dimension=2)
    found = DenseIndex(tmp_path / "d.faiss", dimension=2).search(unit(1, 0), top=4)
    assert [row for row, _ in found] == [5, 0, 1, 2]


def test_vectors_beyond_one_block_are_kept(tmp_path: Path) -> None:
    angles = np.linspace(0, 1, 8200)
    build_dense(
        tmp_path / "d.faiss", ((n, unit(np.cos(a), np.sin(a))) for n, a in enumerate(angles)), count=8200, dimension=2
    )
    index = DenseIndex(tmp_path / "d.faiss", dimension=2)
    assert index.count == 8200
    assert index.search(unit(np.cos(1), np.sin(1)), top=1)[0][0] == 8199


def test_rows_that_are_gone_are_not_found_and_others_take_their_places(tmp_path: Path) -> None:
    vectors = [unit(np.cos(angle), np.sin(angle)) for angle in np.linspace(0, 3, 150)]
    build_dense(tmp_path / "d.faiss", enumerate(vectors), count=150, dimension=2)
    index = DenseIndex(tmp_path / "d.faiss", dimension=2, without=[*range(1, 60), 149])
    assert index.count == 90
    assert [row for row, _ in index.search(unit(1, 0), top=3)] == [0, 60, 61]
    assert {row for row, _ in index.search(unit(1, 0), top=500)} == {0, *range(60, 149)}


def test_several_files_are_searched_as_one(tmp_path: Path) -> None:
    angles = np.linspace(0, 1, 10)
    pairs = [(row, unit(np.cos(angle), np.sin(angle))) for row, angle in enumerate(angles)]
    build_dense(tmp_path / "a", pairs[::2], count=5, dimension=2)
    build_dense(tmp_path / "b", pairs[1::2], count=5, dimension=2)
    index = DenseIndex(tmp_path / "a", tmp_path / "b", dimension=2, without=[3])
    assert [row for row, _ in index.search(unit(1, 0), top=4)] == [0, 1, 2, 4]


@pytest.fixture
def many() -> NDArray[np.float32]:
    """20,000 vectors of 64 dimensions around 300 directions, as those of texts lie around topics."""
    chance = np.random.default_rng(3)
    centres = chance.standard_normal((300, 64))
    vectors = centres[chance.integers(300, size=20_000)] + 0.7 * chance.standard_normal((20_000, 64))
    scaled: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def test_more_vectors_than_are_kept_exact_take_a_sixteenth_and_the_nearest_are_among_the_oversampled(
    tmp_path: Path, many: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askbrief.store.dense.EXACT_ROWS", 19_999)
    build_dense(tmp_path / "d.faiss", enumerate(many), count=20_000, dimension=64)
    assert (tmp_path / "d.faiss").stat().st_size < 20_000 * (64 * 4 / 16 + 8) + 10_000  # and eight bytes for the row
    gone = [*range(0, 20_000, 9)]
    index = DenseIndex(tmp_path / "d.faiss", dimension=64, without=gone)
    assert (index.count, index.oversampling) == (20_000 - len(gone), 2)
    found = 0
    for question in many[:50]:
        cosines = many @ question
        cosines[gone] = -1
        rows = {row for row, _ in index.search(question, top=50 * index.oversampling)}
        assert len(rows) == 100
        assert not rows & {*gone}
        found += len(rows & {*np.argsort(-cosines)[:50].tolist()})
    assert found >= 0.99 * 50 * 50


@pytest.mark.parametrize("exact_rows", [50_000, 10])
def test_a_row_tells_the_vector_it_was_made_of_from_others(
    tmp_path: Path, many: NDArray[np.float32], exact_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askbrief.store.dense.EXACT_ROWS", exact_rows)
    build_dense(tmp_path / "d.faiss", enumerate(many[:100]), count=100, dimension=64)
    rows = dict(DenseIndex(tmp_path / "d.faiss", dimension=64, without=[3]).iter_rows())
    assert list(rows) == list(range(100))
    assert [[row for row in range(100) if keeps(many[row])] for keeps in rows.values()] == [[n] for n in range(100)]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    build_dense(tmp_path / "d.faiss", [], count=0, dimension=2)
    index = DenseIndex(tmp_path / "d.faiss", dimension=2)
    assert (index.count, index.search(unit(1, 0), top=5)) == (0, [])


def test_another_dimension_is_damage(tmp_path: Path, index: DenseIndex) -> None:
    with pytest.raises(StoreDamagedError, match="another length"):
        DenseIndex(tmp_path / "d.faiss", dimension=3)


@pytest.mark.parametrize("data", [b"", b"not an index at all"])
def test_a_broken_file_is_damage(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "d.faiss").write_bytes(data)
    with pytest.raises(StoreDamagedError, match="is damaged"):
        DenseIndex(tmp_path / "d.faiss", dimension=2)


def test_a_folder_that_is_missing_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        build_dense(tmp_path / "none" / "d.faiss", [(1, unit(1, 0))], count=1, dimension=2)
