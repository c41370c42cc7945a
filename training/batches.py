"""Batches: which units are learned from together, as the padded arrays that a model takes."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.units import Encoded, Unit

LENGTH_STEP = 8
"""Batches are as long as a multiple of this: a GPU is quicker at such lengths."""


def build_batches(units: list[Unit], *, batch_tokens: int, seed: int) -> list[list[int]]:
    """Rows of each batch: units keep their rough order, but are sorted by length inside stretches of it."""
    rng = random.Random(seed)
    batches: list[list[int]] = []
    stretch: list[int] = []
    tokens = 0
    for row, unit in enumerate(units):
        stretch.append(row)
        tokens += sum(len(item.ids) for item in unit.items)
        if tokens < 60 * batch_tokens and row + 1 < len(units):
            continue
        stretch.sort(key=lambda r: units[r].length)
        made: list[list[int]] = []
        batch: list[int] = []
        size = 0
        for r in stretch:
            size += len(units[r].items)
            if batch and size * units[r].length > batch_tokens:
                made.append(batch)
                batch, size = [], len(units[r].items)
            batch.append(r)
        made.append(batch)
        rng.shuffle(made)
        batches += made
        stretch, tokens = [], 0
    return batches


def collate(
    items: list[Encoded], device: torch.device, *, padding_id: int = 0
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Padded model inputs, each (B, L), and the target distributions of start and end, (2, B, L)."""
    shape = len(items), -(-max(len(item.ids) for item in items) // LENGTH_STEP) * LENGTH_STEP
    ids, mask, types = inputs = np.zeros((3, *shape), dtype=np.int64)
    ids += padding_id
    targets = np.zeros((2, *shape), dtype=np.float32)
    for row, item in enumerate(items):
        n = len(item.ids)
        ids[row, :n], mask[row, :n], types[row, item.asked : n] = item.ids, 1, 1
        for target, places, shares in (
            (targets[0, row], item.starts, item.start_shares),
            (targets[1, row], item.ends, item.end_shares),
        ):
            np.add.at(target, places, shares or 1 / len(places))
    names = ("input_ids", "attention_mask", "token_type_ids")
    return dict(zip(names, send(inputs, device), strict=True)), send(targets, device)


def send(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """The array on ``device``; a GPU goes on with what it is doing meanwhile."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
