"""The dense index: exact nearest neighbours by cosine. The only user of FAISS.

*Distance* does not occur: vectors have length 1, so FAISS's inner product is the cosine, and higher is better.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.errors import StoreDamagedError, StoreError

_BLOCK = 8192


def build_dense(file: Path, vectors: Iterable[tuple[int, NDArray[np.float32]]], *, dimension: int) -> None:
    """Writes an index of ``(row, vector)`` pairs; rows are unique, vectors of shape (dimension,) and length 1.

    Raises:
        StoreError: The file cannot be written.
    """
    import faiss

    index = faiss.IndexIDMap(faiss.IndexFlatIP(dimension))
    rows: list[int] = []
    block: list[NDArray[np.float32]] = []

    def flush() -> None:
        if rows:
            index.add_with_ids(np.stack(block).astype(np.float32), np.asarray(rows, dtype=np.int64))
            rows.clear()
            block.clear()

    for row, vector in vectors:
        rows.append(row)
        block.append(vector)
        if len(rows) == _BLOCK:
            flush()
    flush()
    try:
        faiss.write_index(index, str(file))
    except RuntimeError as error:
        raise StoreError(f"{file} cannot be written", hint="Check the folder's permissions and free space.") from error


class DenseIndex:
    """An opened dense index of ``count`` vectors."""

    def __init__(self, file: Path, *, dimension: int) -> None:
        import faiss

        try:
            self._index: Any = faiss.read_index(str(file))
        except (RuntimeError, MemoryError) as error:
            raise StoreDamagedError(f"{file} is damaged", hint="Run: askbrief index") from error
        if self._index.d != dimension:
            raise StoreDamagedError(f"{file} holds vectors of another length", hint="Run: askbrief index")
        self.count: int = self._index.ntotal

    def search(self, vector: NDArray[np.float32], *, top: int) -> list[tuple[int, float]]:
        """The ``top`` rows nearest to ``vector`` (shape (dimension,)) with their cosines, best first; ties by row.

        FAISS keeps any of the rows that tie for the last place, so it is asked for more until the tie is whole.
        """
        if not self.count:
            return []
        wanted = min(top + 1, self.count)
        cosines, rows = self._index.search(vector[None].astype(np.float32), wanted)
        while wanted < self.count and cosines[0][-1] == cosines[0][top - 1]:
            wanted = min(2 * wanted, self.count)
            cosines, rows = self._index.search(vector[None].astype(np.float32), wanted)
        found = [(int(row), float(cosine)) for row, cosine in zip(rows[0], cosines[0], strict=True) if row >= 0]
        return sorted(found, key=lambda item: (-item[1], item[0]))[:top]
