"""Optimising: which parameters of a reader are trained, and at what rate."""

from __future__ import annotations

import re
from typing import Any

import torch

_LAYER = re.compile(r"\.layer\.(\d+)\.")


def freeze(model: Any, *, layers: int) -> None:
    """Keeps the embeddings and the lowest ``layers`` as they are; their backward pass is then spared.

    Of the embeddings, only those of words are kept when no layer is.
    """
    base = model.base_model
    base.embeddings.word_embeddings.weight.requires_grad_(False)
    if layers:
        base.embeddings.requires_grad_(False)
        base.encoder.layer[:layers].requires_grad_(False)
        if hasattr(base.encoder, "relative_attention_bias"):  # of all layers at once: it would need those below
            base.encoder.relative_attention_bias.requires_grad_(False)


def build_parameter_groups(model: Any, *, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
    """What the optimiser learns, one group for each rate and decay.

    Args:
        model: Its trainable parameters are taken.
        learning_rate: Of the head and the highest layer.
        layer_decay: Each layer learns this times as quickly as the one above it.
    """
    layers = len(model.base_model.encoder.layer)
    groups: dict[tuple[int, float], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            match = _LAYER.search(name)
            below = layers - 1 - int(match[1]) if match else 0 if name.startswith("qa_outputs") else layers
            groups.setdefault((below, 0.01 if parameter.ndim > 1 else 0.0), []).append(parameter)
    return [
        {"params": parameters, "weight_decay": decay, "lr": learning_rate * layer_decay**below}
        for (below, decay), parameters in groups.items()
    ]


def find_rate(share: float) -> float:
    """The learning rate as a share of its peak, when ``share`` of the run is over: linear up to 1/16, then down."""
    return min(share * 16, (1 - share) * 16 / 15)
