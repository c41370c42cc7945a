"""Trained readers → compiled reader: the folder that ships inside the package.

python -m training.export_reader RUN … [--shares 1 1 2] --to src/askbrief/models/weights
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from transformers import AutoTokenizer

from askbrief.models.compile import save_compiled
from askbrief.models.compile_reader import as_span_module
from training.weights import ENCODER_FOLDER, load_model


def export_reader(runs: Sequence[Path], target: Path, *, shares: Sequence[float] | None) -> None:
    """Compiles the mean of ``runs`` (see ``load_model``) into ``target``, replacing the model that is there."""
    model = load_model(runs, shares=shares, attn_implementation="eager")
    target.mkdir(parents=True, exist_ok=True)
    save_compiled(
        as_span_module(model),
        AutoTokenizer.from_pretrained(ENCODER_FOLDER),
        target,
        outputs=("start", "end"),
        card={"kind": "reader", "name": "askbrief-reader-minilm-l6"},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="their weights are averaged")
    parser.add_argument("--shares", type=float, nargs="+", help="how much each run counts; all the same without it")
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    export_reader(arguments.runs, arguments.to, shares=arguments.shares)


if __name__ == "__main__":
    main()
