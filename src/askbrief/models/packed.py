"""Packed weights: the int8 weights of a compiled model, packed into 4 bits each to ship, and unpacked to run.

Matrix products run on int8; the package should be small. Each block of ``BLOCK`` weights along a column (the dimension
that the product sums over) is stored as a scale and, for each weight, one of 16 levels, which are shares of that scale
found by k-means. Everything but int8 matrices is stored unchanged.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askbrief.errors import ModelError
from askbrief.models.cache import find_cache
from askbrief.models.compile import hash_file, new_folder
from askbrief.models.runtime import CARD, GRAPH, TOKENIZER, WEIGHTS, CompiledModel
from askbrief.types import Progress

PACKED = "packed.bin"
BLOCK = 32
LEVELS = 16
LARGEST = 64
"""Largest absolute value of a packed weight: 7 bits, whose products fit in 16 bits on every processor."""


def find_unpacked(folder: Path, *, on_progress: Callable[[Progress], None]) -> Path:
    """The folder with the model in ``folder`` as it runs, in the user's cache; unpacked now if it is not there.

    Args:
        folder: A packed model: graph, tokenizer, card and ``PACKED``.
        on_progress: Called before it is unpacked.

    Raises:
        ModelError: The packed model is missing or damaged, or the cache cannot be written.
    """
    target = find_place(folder)
    if not ((target / CARD).is_file() and CompiledModel(target).is_complete()):
        on_progress(Progress("Unpacking the larger reader (once)", 0, 1, is_slow=True))
        shutil.rmtree(target, ignore_errors=True)
        with new_folder(target) as scratch:
            _unpack(folder, scratch)
    return target


def find_place(folder: Path) -> Path:
    """Where the packed model in ``folder`` is kept unpacked; it may not be there yet.

    Raises:
        ModelError: The packed model is missing.
    """
    try:
        key = hash_file(folder / CARD)[:16]
    except OSError as error:
        raise ModelError(f"{folder / CARD} cannot be read: {error.strerror}", hint="Reinstall askbrief.") from error
    return find_cache() / "readers" / key


def _unpack(folder: Path, target: Path) -> None:
    try:
        for name in (GRAPH, TOKENIZER, CARD):
            shutil.copyfile(folder / name, target / name)
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        packed, levels, sha256 = card["packed"]["parts"], card["packed"]["levels"], card["sha256"][WEIGHTS]
        parts = [(int(size), int(columns)) for size, columns in packed]
        weights = unpack((folder / PACKED).read_bytes(), parts, np.asarray(levels, dtype=np.float32))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder} is damaged: {error}", hint="Reinstall askbrief.") from error
    try:
        (target / WEIGHTS).write_bytes(weights)
    except OSError as error:
        raise ModelError(
            f"{target} cannot be written: {error.strerror}", hint="Make room, or set XDG_CACHE_HOME to another folder."
        ) from error
    if hash_file(target / WEIGHTS) != sha256:
        raise ModelError(f"{folder / PACKED} is damaged", hint="Reinstall askbrief.")


def pack(
    weights: bytes, matrices: Sequence[tuple[int, int, int]], levels: NDArray[np.float32]
) -> tuple[bytes, list[tuple[int, int]]]:
    """The weights in 4 bits, and the parts that they are in, for ``unpack``.

    Args:
        weights: The file of a compiled model's weights.
        matrices: Offset, rows and columns of each matrix of int8 in it, in order, whose rows are a multiple of
            ``BLOCK`` and whose values are at most ``LARGEST``.
        levels: Shares of a block's largest value, ascending, shape (16,).

    Returns:
        The packed bytes, and the size in bytes of each part unpacked with its columns; 0 columns are no matrix.
    """
    packed, parts, done = bytearray(), [], 0
    for offset, rows, columns in matrices:
        if offset > done:
            parts.append((offset - done, 0))
            packed += weights[done:offset]
        size = rows * columns
        matrix = np.frombuffer(weights, dtype=np.int8, count=size, offset=offset)
        blocks = matrix.reshape(-1, BLOCK, columns)
        largest, codes = _find_codes(blocks, levels)
        packed += largest.tobytes() + (codes[:, ::2] | codes[:, 1::2] << 4).tobytes()
        parts.append((size, columns))
        done = offset + size
    parts.append((len(weights) - done, 0))
    packed += weights[done:]
    return bytes(packed), parts


def unpack(packed: bytes, parts: Sequence[tuple[int, int]], levels: NDArray[np.float32]) -> bytes:
    """The weights that were packed, as near as 4 bits come.

    Args:
        packed: What ``pack`` returned, with ``parts``.
        parts: Size unpacked and columns of each part.
        levels: As they were for ``pack``.

    Raises:
        ValueError: ``packed`` is too short or too long, or the parts are no parts.
    """
    values = np.rint(np.arange(LARGEST + 1, dtype=np.float32)[:, None] * levels).astype(np.int8)
    weights, at = bytearray(), 0
    for size, columns in parts:
        if not columns:
            weights += packed[at : at + size]
            at += size
            continue
        scales = size // BLOCK
        largest = np.frombuffer(packed, dtype=np.uint8, count=scales, offset=at).reshape(-1, 1, columns)
        pairs = np.frombuffer(packed, dtype=np.uint8, count=size // 2, offset=at + scales)
        pairs = pairs.reshape(-1, BLOCK // 2, columns)
        at += scales + size // 2
        blocks = np.empty((len(pairs), BLOCK, columns), dtype=np.int8)
        blocks[:, ::2] = values[largest, pairs & 15]
        blocks[:, 1::2] = values[largest, pairs >> 4]
        weights += blocks.tobytes()
    if at != len(packed):
        raise ValueError(f"{len(packed)} bytes where {at} were expected")
    return bytes(weights)


def _find_codes(blocks: NDArray[np.int8], levels: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The scale of each block and the code of each weight that come nearest.

    Args:
        blocks: Shape (B, ``BLOCK``, C).
        levels: Shape (16,).

    Returns:
        Scales, shape (B, 1, C), and codes, shape (B, ``BLOCK``, C).
    """
    exact = blocks.astype(np.float32)
    top = np.abs(exact).max(axis=1, keepdims=True)
    borders = (levels[1:] + levels[:-1]) / 2
    best = np.full(top.shape, np.inf, dtype=np.float32)
    scales, codes = np.zeros(top.shape, np.uint8), np.zeros(blocks.shape, np.uint8)
    for share in (1.0, 0.95, 0.9, 0.85, 0.8):
        scale = np.clip(np.rint(top * share), 1, LARGEST)
        found = np.searchsorted(borders, exact / scale).astype(np.uint8)
        error = np.square(np.rint(scale * levels[found]) - exact).sum(axis=1, keepdims=True)
        better = error < best
        best = np.where(better, error, best)
        scales = np.where(better, scale.astype(np.uint8), scales)
        codes = np.where(better, found, codes)
    return scales, codes
