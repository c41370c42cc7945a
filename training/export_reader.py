"""Trained readers → compiled reader: the folder that ships inside the package.

python -m training.export_reader training/runs/first training/runs/second --to src/askbrief/models/reader
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from askbrief.compiling import save_compiled
from askbrief.reading import as_span_module
from training.train_reader import MODEL_FOLDER


def export_reader(runs: Sequence[Path], target: Path) -> None:
    """Compiles the mean of the last checkpoints of ``runs`` into ``target``, replacing the model that is there."""
    states = [torch.load(run / "state.pt", map_location="cpu", weights_only=True) for run in runs]
    model = AutoModelForQuestionAnswering.from_pretrained(MODEL_FOLDER, attn_implementation="eager")
    model.load_state_dict(average([state["model"] for state in states]))
    target.mkdir(parents=True, exist_ok=True)
    save_compiled(
        as_span_module(model),
        AutoTokenizer.from_pretrained(MODEL_FOLDER),
        target,
        outputs=("start", "end"),
        card={"kind": "reader", "name": "askbrief-reader-minilm-l6", "steps": sum(state["step"] for state in states)},
    )


def average(weights: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of each tensor of floats; what is not floats (positions) is the first's."""
    return {
        name: torch.stack([one[name] for one in weights]).mean(dim=0) if first.is_floating_point() else first
        for name, first in weights[0].items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="their weights are averaged")
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    export_reader(arguments.runs, arguments.to)


if __name__ == "__main__":
    main()
