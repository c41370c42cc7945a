"""Trained reader → compiled reader: the folder that ships inside the package.

python -m training.export_reader training/runs/first --to src/askbrief/models/reader
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from askbrief.compiling import save_compiled
from askbrief.reading import as_span_module
from training.train_reader import MODEL_FOLDER


def export_reader(run: Path, target: Path) -> None:
    """Compiles the last checkpoint of ``run`` into ``target``, replacing the model that is there."""
    model = AutoModelForQuestionAnswering.from_pretrained(MODEL_FOLDER, attn_implementation="eager")
    state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    target.mkdir(parents=True, exist_ok=True)
    save_compiled(
        as_span_module(model),
        AutoTokenizer.from_pretrained(MODEL_FOLDER),
        target,
        outputs=("start", "end"),
        card={"kind": "reader", "name": "askbrief-reader-minilm-l6", "steps": state["step"]},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    export_reader(arguments.run, arguments.to)


if __name__ == "__main__":
    main()
