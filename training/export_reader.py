"""Trained reader → compiled reader: the folder that ships inside the package.

python -m training.export_reader training/runs/first --to src/askbrief/models/reader
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from askbrief.compiling import save_compiled
from training.train_reader import MODEL_FOLDER


class Spans(torch.nn.Module):
    """A question-answering model reduced to its two outputs, start and end scores of shape (B, L)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> tuple[Any, Any]:
        """Start and end scores."""
        output = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return output.start_logits, output.end_logits


def export_reader(run: Path, target: Path) -> None:
    """Compiles the last checkpoint of ``run`` into ``target``, replacing the model that is there."""
    model = AutoModelForQuestionAnswering.from_pretrained(MODEL_FOLDER, attn_implementation="eager")
    state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    target.mkdir(parents=True, exist_ok=True)
    save_compiled(
        Spans(model.eval()),
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
