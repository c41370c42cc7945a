"""The dense index: nearest neighbours by cosine. The only user of FAISS.

*Distance* does not occur: vectors have length 1, so FAISS's inner product is the cosine, and higher is better.

Up to ``EXACT_ROWS`` vectors are kept as they are, and a search is exact. More are kept in one byte a dimension: cosines
are then estimates, and whoever asks for ``oversampling`` times as many rows as wanted and takes the best of them by
their own vectors gets the exact ones (``benchmarks/growth.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.cores import count_cores
from askbrief.errors import StoreDamagedError, StoreError

EXACT_ROWS = 50_000
OVERSAMPLING = 2
MIN_SHARE = 25_000
"""Fewer vectors are not worth a thread of their own."""
_BLOCK = 8192
_RANGE_MARGIN = 0.1
"""Share by which the range of a dimension is widened beyond that of the first block."""


def is_exact(count: int) -> bool:
    """Whether a file of ``count`` vectors keeps them as they are."""
    return count <= EXACT_ROWS


def build_dense(file: Path, vectors: Iterable[tuple[int, NDArray[np.float32]]], *, count: int, dimension: int) -> None:
    """Writes an index of ``(row, vector)`` pairs; rows are unique, vectors of shape (dimension,) and length 1.

    Args:
        file: Written anew.
        vectors: The pairs.
        count: How many they are: more than ``EXACT_ROWS`` are kept in one byte a dimension.
        dimension: Length of a vector.

    Raises:
        StoreError: The file cannot be written.
    """
    import faiss

    blocks = _iter_blocks(vectors)
    index: Any
    if is_exact(count):
        index = faiss.IndexFlatIP(dimension)
    else:
        index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        index.sq.rangestat_arg = _RANGE_MARGIN
        first = next(blocks)
        index.train(first[1])
        blocks = chain([first], blocks)
    index = faiss.IndexIDMap(index)
    for rows, block in blocks:
        index.add_with_ids(block, rows)
    try:
        faiss.write_index(index, str(file))
    except RuntimeError as error:
        raise StoreError(f"{file} cannot be written", hint="Check the folder's permissions and free space.") from error


class DenseIndex:
    """One or more opened dense files, searched as one.

    The files are mapped, not read: opening costs the same whatever their size. FAISS searches for one question with one
    thread, so each core searches a share of the rows.

    Attributes:
        count: Vectors that can be found.
        oversampling: 1 where every cosine is exact, else ``OVERSAMPLING``.
    """

    def __init__(self, *files: Path, dimension: int, without: Sequence[int] = ()) -> None:
        """Opens ``files``, whose rows are distinct.

        Args:
            files: Made by ``build_dense``.
            dimension: Length of a vector.
            without: Rows of the files that are not to be found.

        Raises:
            StoreDamagedError: A file is none, or holds vectors of another length.
        """
        import faiss

        self._parts: list[Any] = []
        for file in files:
            try:
                part = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
            except (RuntimeError, MemoryError) as error:
                raise StoreDamagedError(f"{file} is damaged", hint="Run: askbrief index") from error
            if part.d != dimension:
                raise StoreDamagedError(f"{file} holds vectors of another length", hint="Run: askbrief index")
            self._parts.append(part)
        compact = (isinstance(faiss.downcast_index(part.index), faiss.IndexScalarQuantizer) for part in self._parts)
        self.oversampling = OVERSAMPLING if any(compact) else 1
        self.count: int = sum(part.ntotal for part in self._parts) - len(without)
        gone = faiss.IDSelectorNot(faiss.IDSelectorBatch(np.asarray(without, dtype=np.int64))) if without else None
        self._shares = [(part, parameters) for part in self._parts for parameters in _divide(part, gone)]

    def search(self, vector: NDArray[np.float32], *, top: int) -> list[tuple[int, float]]:
        """The ``top`` rows nearest to ``vector`` (shape (dimension,)) with their cosines, best first; ties by row."""
        import faiss

        question = vector[None].astype(np.float32)
        alone = partial(faiss.omp_set_num_threads, 1)  # FAISS's own threads would idle in the others' way
        with ThreadPoolExecutor(max_workers=count_cores(), initializer=alone) as pool:
            searches = [pool.submit(_find_nearest, *share, question, top=top) for share in self._shares]
            found = [item for search in searches for item in search.result()]
        return sorted(found, key=lambda item: (-item[1], item[0]))[:top]

    def iter_vectors(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Every row of the files with its vector as far as it is kept, file by file; rows ``without`` too."""
        import faiss

        for part in self._parts:
            rows = faiss.vector_to_array(part.id_map)
            for start in range(0, len(rows), _BLOCK):
                block = rows[start : start + _BLOCK]
                vectors = part.index.reconstruct_n(start, len(block))
                yield from zip(map(int, block), vectors, strict=True)


def _divide(part: Any, selector: Any) -> list[Any]:
    """Search parameters of each share of a file, about equal ones where rows ascend; one of all is None."""
    import faiss

    shares = min(count_cores(), part.ntotal // MIN_SHARE)
    if shares < 2:
        return [faiss.SearchParameters(sel=selector) if selector else None]  # type: ignore[call-arg]
    inner = (part.id_map.at(part.ntotal * number // shares) for number in range(1, shares))
    ranges = [faiss.IDSelectorRange(low, high) for low, high in pairwise([0, *sorted(inner), 2**63 - 1])]
    selectors = [faiss.IDSelectorAnd(range_, selector) if selector else range_ for range_ in ranges]
    return [faiss.SearchParameters(sel=chosen) for chosen in selectors]  # type: ignore[call-arg]


def _find_nearest(part: Any, parameters: Any, question: NDArray[np.float32], *, top: int) -> list[tuple[int, float]]:
    """At least the ``top`` nearest rows of a share of a file.

    FAISS keeps any of the rows that tie for the last place, so it is asked for more until the tie is whole. It fills up
    with the row -1 where there are no more.
    """
    if not part.ntotal:
        return []
    wanted = min(top + 1, part.ntotal)
    cosines, rows = part.search(question, wanted, params=parameters)
    while wanted < part.ntotal and rows[0][-1] >= 0 and cosines[0][-1] == cosines[0][top - 1]:
        wanted = min(2 * wanted, part.ntotal)
        cosines, rows = part.search(question, wanted, params=parameters)
    return [(int(row), float(cosine)) for row, cosine in zip(rows[0], cosines[0], strict=True) if row >= 0]


def _iter_blocks(
    vectors: Iterable[tuple[int, NDArray[np.float32]]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Rows, shape (n,), and vectors, shape (n, dimension), of at most ``_BLOCK`` pairs at once."""
    pairs = iter(vectors)
    while block := list(islice(pairs, _BLOCK)):
        rows, values = zip(*block, strict=True)
        yield np.asarray(rows, dtype=np.int64), np.stack(values).astype(np.float32)
