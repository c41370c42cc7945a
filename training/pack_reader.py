"""Compile a trained reader for the second look and pack its weights into the folder that ships inside the package.

    python -m training.pack_reader RUN --base FOLDER --data ../shared/data --to src/askbrief/models/large_weights

int8 with smoothed activations and weights of 7 bits, which suit every processor; then 4 bits for each weight of a
product (``askbrief.models.packed``). Smoothing learns the ranges of activations from training questions.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from transformers import AutoTokenizer

from askbrief.models.compile import hash_file, save_compiled
from askbrief.models.compile_reader import MAX_TOKENS, STRIDE, as_span_module
from askbrief.models.forms import SMOOTHED_REDUCED
from askbrief.models.packed import BLOCK, LARGEST, LEVELS, PACKED, pack, unpack
from askbrief.models.runtime import CARD, GRAPH, TOKENIZER, WEIGHTS, CompiledModel, Tokens
from corpora.questions import iter_rows
from training.weights import load_model

EXAMPLES = 64
SAMPLE = 2_000_000
"""Weights that the levels are learned from."""


def find_matrices(graph: Path) -> list[tuple[int, int, int]]:
    """Offset in the file of weights, rows and columns of each matrix of int8 in a graph, by offset."""
    model = onnx.load(graph, load_external_data=False)
    found = []
    for tensor in model.graph.initializer:
        where = {entry.key: entry.value for entry in tensor.external_data}
        if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) == 2 and "offset" in where:
            rows, columns = tensor.dims
            if rows % BLOCK == 0 and columns > 2:
                found.append((int(where["offset"]), rows, columns))
    return sorted(found)


def max_abs(values: NDArray[np.int8]) -> int:
    """The largest absolute value."""
    return max(-int(values.min()), int(values.max()))


def find_levels(weights: bytes, matrices: Sequence[tuple[int, int, int]]) -> NDArray[np.float32]:
    """The 16 shares of a block's largest weight that its weights are nearest to on average (k-means on a sample)."""
    shares = []
    for offset, rows, columns in matrices:
        blocks = np.frombuffer(weights, np.int8, rows * columns, offset).reshape(-1, BLOCK, columns)
        exact = blocks.astype(np.float32)
        shares.append((exact / np.maximum(np.abs(exact).max(axis=1, keepdims=True), 1)).ravel()[:: len(matrices)])
    sample = np.sort(np.concatenate(shares))
    sample = sample[:: max(1, len(sample) // SAMPLE)]
    levels = np.linspace(-1, 1, LEVELS, dtype=np.float32)
    for _ in range(60):
        borders = np.searchsorted(sample, (levels[1:] + levels[:-1]) / 2)
        levels = np.array([part.mean() for part in np.split(sample, borders)], dtype=np.float32)
    return np.round(levels, 4)


def pack_reader(run: Path, target: Path, *, base: Path, data: Path) -> None:
    """Writes the packed model of a training run into ``target``, replacing the model that is there."""
    target.mkdir(parents=True, exist_ok=True)
    rows = list(iter_rows(data / "reader" / "train" / "squad_paragraphs.jsonl.gz"))
    chosen = rows[:: len(rows) // EXAMPLES][:EXAMPLES]

    def find_examples(compiled: CompiledModel) -> list[Tokens]:
        pairs = [(row["qas"][0]["question"], row["context"]) for row in chosen]
        return [compiled.tokenise_pair(*pair, max_tokens=MAX_TOKENS, stride=STRIDE)[0] for pair in pairs]

    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        save_compiled(
            as_span_module(load_model([run], base=base, attn_implementation="eager").eval()),
            AutoTokenizer.from_pretrained(base),
            scratch,
            outputs=("start", "end"),
            card={"kind": "reader", "name": "askbrief-reader-mpnet"},
            forms=(SMOOTHED_REDUCED,),
            find_examples=find_examples,
        )
        weights = (scratch / WEIGHTS).read_bytes()
        matrices = find_matrices(scratch / GRAPH)
        largest = max(max_abs(np.frombuffer(weights, np.int8, r * c, at)) for at, r, c in matrices)
        if largest > LARGEST:
            raise SystemExit(f"weights up to {largest}, not {LARGEST}")
        levels = find_levels(weights, matrices)
        packed, parts = pack(weights, matrices, levels)
        (scratch / WEIGHTS).write_bytes(unpack(packed, parts, levels))
        card = json.loads((scratch / CARD).read_text(encoding="utf-8"))
        card["sha256"][WEIGHTS] = hash_file(scratch / WEIGHTS)
        card["packed"] = {"levels": [float(f"{level:.4f}") for level in levels], "parts": parts}
        for file in (GRAPH, TOKENIZER):
            (target / file).write_bytes((scratch / file).read_bytes())
        (target / PACKED).write_bytes(packed)
        (target / CARD).write_text(json.dumps(card) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--base", type=Path, required=True, help="folder of the pre-trained model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    pack_reader(arguments.run, arguments.to, base=arguments.base, data=arguments.data)


if __name__ == "__main__":
    main()
