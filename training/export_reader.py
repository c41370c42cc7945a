"""Compile trained readers into the folder that ships inside the package.

python -m training.export_reader RUN … [--shares 1 1 2] --to src/askbrief/models/weights [--parent FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from transformers import AutoTokenizer

from askbrief.models.calibration import Calibration
from askbrief.models.compile import save_compiled
from askbrief.models.compile_reader import as_span_module
from training.weights import ENCODER_FOLDER, load_model


def export_reader(
    runs: Sequence[Path], target: Path, *, shares: Sequence[float] | None, parent: Path | None, base: Path
) -> None:
    """Compiles the mean of ``runs`` (see ``load_model``) into ``target``, replacing the model that is there.

    Args:
        runs: Folders of training runs.
        target: Folder of the compiled reader.
        shares: How much each run counts.
        parent: Where to save it in fp32 as well, as transformers loads it.
        base: The pre-trained model that the runs began from.
    """
    model = load_model(runs, base=base, shares=shares, attn_implementation="eager")
    tokenizer = AutoTokenizer.from_pretrained(base)
    if parent:
        model.save_pretrained(parent)
        tokenizer.save_pretrained(parent)
    target.mkdir(parents=True, exist_ok=True)
    save_compiled(
        as_span_module(model),
        tokenizer,
        target,
        outputs=("start", "end"),
        card={"kind": "reader", "name": "askbrief-reader-minilm-l6", "calibration": asdict(Calibration())},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="their weights are averaged")
    parser.add_argument("--shares", type=float, nargs="+", help="how much each run counts; all the same without it")
    parser.add_argument("--base", type=Path, default=ENCODER_FOLDER, help="folder of the pre-trained model")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--parent", type=Path, help="save it in fp32 for transformers too, in this folder")
    arguments = parser.parse_args()
    options = {"shares": arguments.shares, "parent": arguments.parent, "base": arguments.base}
    export_reader(arguments.runs, arguments.to, **options)


if __name__ == "__main__":
    main()
