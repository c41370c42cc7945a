"""Packed weights: 4 bits for each weight of a product, and back."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from askbrief.answer.second_look import LARGE_READER
from askbrief.errors import ModelError
from askbrief.models.packed import BLOCK, PACKED, find_place, find_unpacked, pack, unpack
from askbrief.types import Progress

LEVELS = (np.arange(-8, 8) / 8).astype(np.float32)
"""Eighths from -1 to 7/8."""


def test_multiples_of_an_eighth_of_a_block_s_largest_value_come_back_as_they_were() -> None:
    # Column 0: eighths of 64 in its first block, of 8 in its second. Column 1: zeros, then -40 alone.
    first = np.array([8 * (row % 16) - 64 for row in range(BLOCK)] + [row % 16 - 8 for row in range(BLOCK)])
    second = np.array([0] * BLOCK + [-40] + [0] * (BLOCK - 1))
    matrix = np.stack([first, second], axis=1).astype(np.int8)
    weights = b"before!" + matrix.tobytes() + b"after"
    packed, parts = pack(weights, [(7, 2 * BLOCK, 2)], LEVELS)
    assert parts == [(7, 0), (128, 2), (5, 0)]
    # 4 scales and 64 bytes of pairs, as 128 weights have 4 bits each.
    assert len(packed) == 7 + 4 + 64 + 5
    assert packed[:7] == b"before!"
    assert list(packed[7:11]) == [64, 1, 8, 40]
    assert unpack(packed, parts, LEVELS) == weights


def test_other_values_become_the_nearest_level_of_the_scale_that_fits_the_block_best() -> None:
    # A scale of 17 has 15 (7/8 of it), 2 and 0 for 17 and 1; smaller scales are further from 17.
    column = np.array([17, 1] * (BLOCK // 2), dtype=np.int8)[:, None]
    packed, parts = pack(column.tobytes(), [(0, BLOCK, 1)], LEVELS)
    values = np.frombuffer(unpack(packed, parts, LEVELS), dtype=np.int8)
    assert packed[0] == 17
    assert sorted(set(values.tolist())) == [0, 15]


@pytest.mark.parametrize("change", [-1, 1])
def test_packed_bytes_of_another_length_are_refused(change: int) -> None:
    weights = bytes(BLOCK) + b"tail"
    packed, parts = pack(weights, [(0, BLOCK, 1)], LEVELS)
    with pytest.raises(ValueError, match="bytes where"):
        unpack((packed + b"x")[: len(packed) + change], parts, LEVELS)


@pytest.fixture
def folder(tmp_path: Path, cache: Path) -> Path:
    """A packed model of one block."""
    folder = tmp_path / "large"
    folder.mkdir()
    weights = np.array([8 * (row % 16) - 64 for row in range(BLOCK)], dtype=np.int8).tobytes()
    packed, parts = pack(weights, [(0, BLOCK, 1)], LEVELS)
    (folder / PACKED).write_bytes(packed)
    (folder / "model.onnx").write_bytes(b"graph")
    (folder / "tokenizer.json").write_text("{}")
    card = {
        "kind": "reader",
        "bytes": {"model.onnx": 5, "weights.bin": BLOCK, "tokenizer.json": 2},
        "sha256": {"weights.bin": hashlib.sha256(weights).hexdigest()},
        "packed": {"levels": LEVELS.tolist(), "parts": parts},
    }
    (folder / "askbrief.json").write_text(json.dumps(card))
    return folder


def test_a_model_is_unpacked_once_and_again_when_its_copy_is_damaged(folder: Path) -> None:
    steps: list[Progress] = []
    target = find_unpacked(folder, on_progress=steps.append)
    assert target == find_place(folder)
    weights = (target / "weights.bin").read_bytes()
    assert np.frombuffer(weights, dtype=np.int8).tolist() == [8 * (row % 16) - 64 for row in range(BLOCK)]
    assert find_unpacked(folder, on_progress=steps.append) == target
    assert [step.stage for step in steps] == ["Unpacking the larger reader (once)"]
    (target / "weights.bin").write_bytes(weights[:-1])
    find_unpacked(folder, on_progress=steps.append)
    assert (target / "weights.bin").read_bytes() == weights
    assert len(steps) == 2


def test_a_damaged_package_is_named_and_leaves_nothing_in_the_cache(folder: Path) -> None:
    packed = bytearray((folder / PACKED).read_bytes())
    packed[-1] ^= 1
    (folder / PACKED).write_bytes(packed)
    with pytest.raises(ModelError, match=r"packed\.bin is damaged") as raised:
        find_unpacked(folder, on_progress=lambda _: None)
    assert raised.value.hint == "Reinstall askbrief."
    assert list(find_place(folder).parent.iterdir()) == []


@pytest.mark.parametrize("name", ["askbrief.json", PACKED, "model.onnx"])
def test_a_missing_file_is_an_error_with_a_hint(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError) as raised:
        find_unpacked(folder, on_progress=lambda _: None)
    assert raised.value.hint == "Reinstall askbrief."


def test_a_cache_that_cannot_be_written_is_named(folder: Path, cache: Path) -> None:
    cache.write_text("no folder")
    with pytest.raises(ModelError, match=r"cannot be written") as raised:
        find_unpacked(folder, on_progress=lambda _: None)
    assert "XDG_CACHE_HOME" in raised.value.hint


def test_the_package_unpacks_to_the_weights_that_its_card_states(cache: Path) -> None:
    target = find_unpacked(LARGE_READER, on_progress=lambda _: None)
    card = json.loads((LARGE_READER / "askbrief.json").read_text(encoding="utf-8"))
    for name, digest in card["sha256"].items():
        with open(target / name, "rb") as stream:
            assert hashlib.file_digest(stream, "sha256").hexdigest() == digest
    shutil.rmtree(target)
