"""Losses: what a reader says of a batch, against labels, a teacher, and the other passages of the question."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from askbrief.models.calibration import Calibration
from training.batches import send
from training.example import JOINED
from training.mixtures import PASSIVES
from training.units import Encoded, Unit

RETRIEVAL_WEIGHT = Calibration().retrieval_weight
UNTAUGHT = {PASSIVES, JOINED}
"""Sources that the reader at the start of a run has little knowledge of: there the labels count alone."""


def find_scores(reader: Any, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """What a reader says of a batch: scores of starts and of ends, each (B, L), padding far below."""
    padding = inputs["attention_mask"] == 0
    if reader.config.model_type == "mpnet":
        inputs = {name: tensor for name, tensor in inputs.items() if name != "token_type_ids"}
    else:
        # The mask as attention uses it: to make that of the other, transformers would wait for the GPU to look at it.
        inputs = inputs | {"attention_mask": ~padding[:, None, None]}
    device = padding.device.type
    half = device == "cuda" or torch.cpu._is_avx512_bf16_supported()
    with torch.autocast(device, torch.bfloat16, enabled=half):
        output = reader(**inputs)
    return [scores.float().masked_fill(padding, -1e4) for scores in (output.start_logits, output.end_logits)]


def find_teacher_shares(items: list[Encoded], share: float) -> NDArray[np.float32]:
    """How much a teacher counts for each of ``items``, shape (B,): nothing where their source is new to it."""
    return np.array([0.0 if item.source in UNTAUGHT else share for item in items], dtype=np.float32)


def blend(target: torch.Tensor, taught: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Labels mixed with a teacher's distributions.

    Args:
        target: Distributions of the labels, shape (B, L).
        taught: The teacher's scores, shape (B, L), padding far below.
        shares: How much the teacher counts in each row, in [0, 1], shape (B,).
    """
    return target + shares[:, None] * (taught.softmax(-1) - target)


def find_own_loss(scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of each passage, its first token being "not here"; both (B, L), padding far below."""
    return -(target * scores.log_softmax(-1)).sum(-1).mean()


def find_shared_loss(
    logits: torch.Tensor, target: torch.Tensor, outside: torch.Tensor, units: list[Unit]
) -> torch.Tensor:
    """Mean cross-entropy over all passages of a question at once; 0 without a unit of several.

    Args:
        logits: Shape (B, L), the rows in the order of the units' items.
        target: Likewise; the first row of each unit holds its answer.
        outside: Likewise, true where no answer can stand.
        units: What the rows belong to.
    """
    firsts = np.cumsum([0, *(len(unit.items) for unit in units)])
    several = [(first, len(unit.items)) for first, unit in zip(firsts, units, strict=False) if len(unit.items) > 1]
    if not several:
        return torch.zeros((), device=logits.device)
    rows = np.full((len(several), max(size for _, size in several)), -1)
    for row, (first, size) in zip(rows, several, strict=True):
        row[:size] = range(first, first + size)
    members = send(rows, logits.device)
    prior = send(np.array([s for unit in units for s in unit.scores], dtype=np.float32), logits.device)
    margins = logits - logits[:, :1] + RETRIEVAL_WEIGHT / 2 * prior[:, None]
    totals = margins.masked_fill(outside, -1e4).logsumexp(-1)
    sums = totals[members.clamp(min=0)].masked_fill(members < 0, -1e4).logsumexp(-1)
    right = (target * margins).sum(-1)[members[:, 0]]
    return (sums - right).mean()
