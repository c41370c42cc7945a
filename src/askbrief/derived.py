"""The two indexes derived from a store's database, as one thing: built, checked, opened and removed together.

Each pair carries the generation it was made from in its name, and the database keeps the pair's checksum, so that a
pair that is missing, damaged or of another generation is noticed before it is used.
"""

from __future__ import annotations

import contextlib
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askbrief.dense import DenseIndex, build_dense
from askbrief.errors import StoreDamagedError, StoreError
from askbrief.lexical import LexicalIndex, build_lexical

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Derived:
    """An opened pair of indexes of one generation."""

    generation: int
    dense: DenseIndex
    lexical: LexicalIndex


def build_derived(
    folder: Path,
    generation: int,
    *,
    vectors: Iterable[tuple[int, NDArray[np.float32]]],
    texts: Iterable[tuple[int, str]],
    dimension: int,
) -> str:
    """Writes the pair of ``generation`` and returns its checksum.

    Args:
        folder: The index folder.
        generation: Number in the names.
        vectors: Row and unit vector, shape (dimension,), of every passage.
        texts: Row and text of every passage.
        dimension: Length of a vector.

    Raises:
        StoreError: The folder cannot be written.
    """
    dense, lexical = _paths(folder, generation)
    try:
        dense.unlink(missing_ok=True)
        shutil.rmtree(lexical, ignore_errors=True)
        lexical.mkdir()
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}", hint="Check its permissions.") from error
    build_dense(dense, vectors, dimension=dimension)
    build_lexical(lexical, texts)
    return _find_checksum(folder, generation)


def open_derived(folder: Path, generation: int, *, checksum: str, dimension: int) -> Derived:
    """Opens the pair of ``generation``.

    Raises:
        StoreDamagedError: It is missing, or not what ``checksum`` says.
    """
    try:
        found = _find_checksum(folder, generation)
    except OSError as error:
        found = str(error)
    if found != checksum:
        raise StoreDamagedError(f"the search indexes in {folder} are missing or damaged", hint="Run: askbrief index")
    dense, lexical = _paths(folder, generation)
    return Derived(generation, DenseIndex(dense, dimension=dimension), LexicalIndex(lexical))


def remove_derived(folder: Path, *, keep: int | None) -> None:
    """Removes every pair but that of generation ``keep``; what is in use elsewhere stays until the next time."""
    kept = _paths(folder, keep) if keep is not None else ()
    for path in (*folder.glob("dense-*.faiss"), *folder.glob("lexical-*")):
        if path not in kept:
            with contextlib.suppress(OSError):
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _paths(folder: Path, generation: int) -> tuple[Path, Path]:
    return folder / f"dense-{generation:06}.faiss", folder / f"lexical-{generation:06}"


def _find_checksum(folder: Path, generation: int) -> str:
    dense, lexical = _paths(folder, generation)
    total = 0
    for file in (dense, *sorted(f for f in lexical.iterdir() if not f.name.endswith(".lock"))):
        total = zlib.crc32(file.name.encode(), total)
        for block in _iter_blocks(file):
            total = zlib.crc32(block, total)
    return f"{total:08x}"


def _iter_blocks(file: Path) -> Iterator[bytes]:
    with open(file, "rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield block
