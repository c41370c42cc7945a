from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from askbrief.dense import DenseIndex, build_dense
from askbrief.errors import StoreDamagedError, StoreError


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


@pytest.mark.parametrize("without", [(), (1, 75_000, 149_999)])
def test_each_core_searches_a_share_and_the_best_of_all_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: tuple[int, ...]
) -> None:
    monkeypatch.setattr("askbrief.dense.count_cores", lambda: 3)
    monkeypatch.setattr("askbrief.dense.MIN_SHARE", 50)
    angles = np.linspace(0, 3, 150)  # rows 0, 1,000 … 149,000; three more equal the first
    vectors = [(1000 * n, unit(np.cos(a), np.sin(a))) for n, a in enumerate(angles)]
    vectors += [(149_999, unit(1, 0)), (75_000 - 1, unit(1, 0)), (1, unit(1, 0))]
    build_dense(tmp_path / "d.faiss", vectors, count=153, dimension=2)
    index = DenseIndex(tmp_path / "d.faiss", dimension=2, without=without)
    assert len(index._shares) == 3
    equal = [row for row in (0, 1, 74_999, 149_999) if row not in without]
    assert [row for row, _ in index.search(unit(1, 0), top=6)] == [*equal, 1000, 2000, 3000, 4000][:6]
    assert [row for row, _ in index.search(unit(1, 0), top=2)] == equal[:2]
    assert {row for row, _ in index.search(unit(1, 0), top=500)} == {row for row, _ in vectors} - {*without}


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
