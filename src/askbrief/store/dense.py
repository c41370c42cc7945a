"""The dense index: nearest neighbours by cosine. The only user of FAISS.

*Distance* does not occur: vectors have length 1, so FAISS's inner product is the cosine, and higher is better.

Up to ``EXACT_ROWS`` vectors are kept as they are, and a search is exact. More are kept in four bits for two dimensions
(product quantisation, searched by table lookups inside registers: André et al., "Quicker ADC", 2019): cosines are then
estimates, and whoever asks for ``oversampling`` times as many rows as wanted and takes the best of them by their own
vectors gets the exact ones but for a few of the last (``benchmarks/growth.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.errors import StoreDamagedError, StoreError

EXACT_ROWS = 50_000
OVERSAMPLING = 2
_BLOCK = 8192
_BITS = 4
_ROUNDING = 1e-4
"""Squared distance by which two processors may differ in what they keep of a vector."""


def is_exact(count: int) -> bool:
    """Whether a file of ``count`` vectors keeps them as they are."""
    return count <= EXACT_ROWS


def build_dense(file: Path, vectors: Iterable[tuple[int, NDArray[np.float32]]], *, count: int, dimension: int) -> None:
    """Writes an index of ``(row, vector)`` pairs; rows are unique, vectors of shape (dimension,) and length 1.

    Args:
        file: Written anew.
        vectors: The pairs.
        count: How many they are: more than ``EXACT_ROWS`` are kept in four bits for two dimensions.
        dimension: Length of a vector.

    Raises:
        StoreError: The file cannot be written.
    """
    faiss = _load_faiss()
    blocks = _iter_blocks(vectors)
    index: Any
    if is_exact(count):
        index = faiss.IndexFlatIP(dimension)
    else:
        first = next(blocks)
        index = train_compact(first[1])
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

    Attributes:
        count: Vectors that can be found.
        oversampling: 1 where every cosine is exact, else ``OVERSAMPLING``.
    """

    def __init__(self, *files: Path, dimension: int, without: Sequence[int] = ()) -> None:
        """Opens ``files``, whose rows are distinct. Exact ones are mapped, not read.

        Args:
            files: Made by ``build_dense``.
            dimension: Length of a vector.
            without: Rows of the files that are not to be found.

        Raises:
            StoreDamagedError: A file is none, or holds vectors of another length.
        """
        faiss = _load_faiss()
        self._parts: list[Any] = []
        for file in files:
            try:
                part = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
            except (RuntimeError, MemoryError) as error:
                raise StoreDamagedError(f"{file} is damaged", hint="Run: askbrief index") from error
            if part.d != dimension:
                raise StoreDamagedError(f"{file} holds vectors of another length", hint="Run: askbrief index")
            self._parts.append(part)
        exact = (isinstance(faiss.downcast_index(part.index), faiss.IndexFlat) for part in self._parts)
        self.oversampling = 1 if all(exact) else OVERSAMPLING
        self.count: int = sum(part.ntotal for part in self._parts) - len(without)
        self._without = np.asarray(without, dtype=np.int64)

    def search(
        self, vector: NDArray[np.float32], *, top: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The ``top`` rows nearest to ``vector`` (shape (dimension,)) with their cosines, best first; ties by row.

        Args:
            vector: Of length 1.
            top: Most rows returned.
            allowed: The rows that may be found; None allows all.
        """
        question = vector[None].astype(np.float32)
        found = [item for part in self._parts for item in self._find_nearest(part, question, top=top, allowed=allowed)]
        return sorted(found, key=lambda item: (-item[1], item[0]))[:top]

    def iter_rows(self) -> Iterator[tuple[int, Callable[[NDArray[np.float32]], bool]]]:
        """Every row of the files, file by file, rows ``without`` too, and whether it was made of a given vector."""
        faiss = _load_faiss()
        for part in self._parts:
            rows = faiss.vector_to_array(part.id_map)
            for start in range(0, len(rows), _BLOCK):
                block = rows[start : start + _BLOCK]
                vectors = part.index.reconstruct_n(start, len(block))
                yield from ((int(row), partial(_keeps, part, kept)) for row, kept in zip(block, vectors, strict=True))

    def _find_nearest(
        self, part: Any, question: NDArray[np.float32], *, top: int, allowed: NDArray[np.int64] | None
    ) -> list[tuple[int, float]]:
        """At least the ``top`` nearest rows of a file.

        FAISS keeps any of the rows that tie for the last place, and cannot skip rows of a compact file: it is asked for
        more until enough rows are left and, of exact cosines, the tie is whole. A compact file may lack its farthest.
        """
        selection = self._select(part, allowed)
        wanted = min(top + 1, part.ntotal)
        while wanted:
            cosines, rows = part.search(question, wanted, params=selection)
            left = (rows[0] >= 0) & ~np.isin(rows[0], self._without)
            if allowed is not None and selection is None:
                left &= np.isin(rows[0], allowed)
            kept = cosines[0][left]
            is_whole = len(kept) >= top and (self.oversampling > 1 or kept[top - 1] > cosines[0][-1])
            if is_whole or wanted == part.ntotal or (selection is not None and rows[0][-1] < 0):
                return [(int(row), float(cosine)) for row, cosine in zip(rows[0][left], kept, strict=True)]
            wanted = min(2 * wanted, part.ntotal)
        return []

    def _select(self, part: Any, allowed: NDArray[np.int64] | None) -> Any:
        """What makes FAISS look at the rows ``allowed`` alone; None where all are, and for a compact file."""
        faiss = _load_faiss()
        if allowed is None or not isinstance(faiss.downcast_index(part.index), faiss.IndexFlat):
            return None
        return faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))


def _load_faiss() -> Any:
    """FAISS with one thread: one question gets no more anyway, and the others would idle in the way of the reader's."""
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def _keeps(part: Any, kept: NDArray[np.float32], vector: NDArray[np.float32]) -> bool:
    """Whether ``kept`` is as near to ``vector`` as what ``part`` would keep of it; all of shape (dimension,)."""
    again = part.index.sa_decode(part.index.sa_encode(vector[None]))[0]
    return float(np.sum((vector - kept) ** 2)) <= float(np.sum((vector - again) ** 2)) + _ROUNDING


def train_compact(block: NDArray[np.float32]) -> Any:
    """An empty compact index for vectors like those of ``block``, shape (n, dimension)."""
    faiss = _load_faiss()
    dimension = block.shape[1]
    pieces = dimension // 2 if dimension % 2 == 0 else dimension
    index = faiss.IndexPQFastScan(dimension, pieces, _BITS, faiss.METRIC_INNER_PRODUCT)
    index.pq.cp.min_points_per_centroid = 1
    index.train(np.resize(block, (max(len(block), 2**_BITS), dimension)))
    return index


def _iter_blocks(
    vectors: Iterable[tuple[int, NDArray[np.float32]]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Rows, shape (n,), and vectors, shape (n, dimension), of at most ``_BLOCK`` pairs at once."""
    pairs = iter(vectors)
    while block := list(islice(pairs, _BLOCK)):
        rows, values = zip(*block, strict=True)
        yield np.asarray(rows, dtype=np.int64), np.stack(values).astype(np.float32)
