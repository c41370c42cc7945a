"""Trained readers → compiled reader: the folder that ships inside the package.

python -m training.export_reader RUN … [--last-share 0.75] --to src/askbrief/models/reader
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from transformers import AutoTokenizer

from askbrief.compiling import save_compiled
from askbrief.reading import as_span_module
from training.weights import ENCODER_FOLDER, load_model


def export_reader(runs: Sequence[Path], target: Path, *, last_share: float | None) -> None:
    """Compiles the mean of ``runs`` (see ``load_model``) into ``target``, replacing the model that is there."""
    model = load_model(runs, last_share=last_share, attn_implementation="eager")
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
    parser.add_argument("--last-share", type=float, help="weight of the last run, in [0, 1]")
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    export_reader(arguments.runs, arguments.to, last_share=arguments.last_share)


if __name__ == "__main__":
    main()
