"""The shipped reader, int8 ONNX, as a folder that transformers loads: the same weights for every system.

    python -m benchmarks.peers.weights FOLDER

Weights are the int8 numbers times their scales, as fp32. What the two forms score is then compared: they differ only by
the rounding of activations to int8, which the ONNX form does and the other does not.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.answer.reader import DEFAULT_READER
from askbrief.models.compile_reader import as_span_module, measure_agreement
from askbrief.models.runtime import GRAPH, TOKENIZER, CompiledModel

MIN_CORRELATION = 0.98
_QUANTISED = {"MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulInteger"}
_EMBEDDING = re.compile(r"model\.(.+)_quantized$")


def load_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """Parameters of ``BertForQuestionAnswering`` by name, out of a graph made by ``askbrief.compiling``."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(file)).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    weights = {name.removeprefix("model."): a for name, a in arrays.items() if name.endswith((".weight", ".bias"))}
    for name in arrays:
        if match := _EMBEDDING.match(name):
            weights[match[1]] = _multiply_out(arrays, name.removesuffix("_quantized"))
    for node in graph.node:
        if node.op_type in _QUANTISED:
            source = next(name for name in node.input if name in arrays and name.endswith("_quantized"))
            owner = node.name.removeprefix("/model/").rpartition("/")[0].replace("/", ".")
            weights[f"{owner}.weight"] = _multiply_out(arrays, source.removesuffix("_quantized")).T
    return {name: np.array(array, dtype=np.float32, order="C") for name, array in weights.items()}


def _multiply_out(arrays: dict[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    whole = arrays[f"{name}_quantized"].astype(np.float32) - arrays[f"{name}_zero_point"].astype(np.float32)
    scaled: NDArray[np.float32] = whole * arrays[f"{name}_scale"]
    return scaled


def save_reader(folder: Path, *, source: Path = DEFAULT_READER) -> float:
    """Writes the reader of ``source`` for transformers into ``folder``, and returns the correlation of their scores."""
    import torch
    import transformers

    library: Any = transformers

    weights = load_weights(source / GRAPH)
    words, width = weights["bert.embeddings.word_embeddings.weight"].shape
    layers = [name for name in weights if name.endswith("intermediate.dense.bias")]
    model = library.BertForQuestionAnswering(
        library.BertConfig(
            vocab_size=words,
            hidden_size=width,
            num_hidden_layers=len(layers),
            num_attention_heads=width // 32,
            intermediate_size=len(weights[layers[0]]),
        )
    ).eval()
    missing, unexpected = model.load_state_dict({n: torch.from_numpy(a) for n, a in weights.items()}, strict=False)
    if unexpected or [name for name in missing if not name.endswith("position_ids")]:
        raise SystemExit(f"{source} is no BERT reader: missing {missing}, unexpected {unexpected}")
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    library.BertTokenizerFast(tokenizer_file=str(source / TOKENIZER), model_max_length=512).save_pretrained(folder)
    return measure_agreement(as_span_module(model), CompiledModel(source))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", type=Path, default=DEFAULT_READER, help="folder of a compiled reader")
    arguments = parser.parse_args()
    correlation = save_reader(arguments.folder, source=arguments.source)
    print(f"correlation of the scores {correlation:.4f}")
    if correlation < MIN_CORRELATION:
        raise SystemExit("the two forms do not agree")


if __name__ == "__main__":
    main()
