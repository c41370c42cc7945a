"""Forms of a compiled model: the ways to make an exported fp32 graph smaller and quicker, quickest first.

int8 fails on models a few of whose activations are far larger than the rest, since one scale serves a whole activation.
Smoothing divides each channel of an activation by a constant and multiplies the weights that it meets by the same
(Xiao et al., "SmoothQuant", 2023), which leaves the product as it is and the activation without outliers. Blocks
quantise the weights only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Feed = Mapping[str, NDArray[np.int64] | NDArray[np.float32]]
"""What a graph is run on: its inputs by their names."""
SMOOTHING = 0.75
"""How much of an activation's range moves into the weights, in [0, 1]: all-mpnet-base-v2 keeps a mean cosine of 0.934
with 0.5, 0.994 with 0.75."""
_LEAST_RANGE = 0.1
"""A channel counts as at least this share of the median one, so that one silent on the examples may speak."""
_BLOCK = 32
_ACCURACY_INT8 = 4
"""MatMulNBits' accuracy level at which it rounds activations to int8, by blocks: three times as fast with 8 bits."""


@dataclass(frozen=True, slots=True)
class Form:
    """A way to make a graph smaller.

    Attributes:
        name: As the card and ``doctor`` say it.
        version: Counts changes; a compiled model of another version is compiled again.
        build: Called with the fp32 graph, the file to write and examples to run the graph on.
    """

    name: str
    version: int
    build: Callable[[Path, Path, Sequence[Feed]], None]


def find_forms() -> list[Form]:
    """The forms to try on this machine, quickest first."""
    if sums_in_16_bits():
        return [INT8, REDUCED, SMOOTHED_REDUCED, *_LARGER]
    return [INT8, SMOOTHED, *_LARGER]


def sums_in_16_bits() -> bool:
    """Whether products of int8 may overflow: on x86 processors without VNNI, which add them up in 16 bits."""
    if platform.machine().lower() not in ("x86_64", "amd64", "i386", "i686", "x86"):
        return False
    try:
        return "vnni" not in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True


def _build_int8(source: Path, target: Path, _: Sequence[Feed], *, reduce_range: bool = False) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        quantize_dynamic(
            os.fspath(source),
            os.fspath(target),
            per_channel=True,
            weight_type=QuantType.QInt8,
            reduce_range=reduce_range,
        )


def _build_reduced(source: Path, target: Path, examples: Sequence[Feed]) -> None:
    _build_int8(source, target, examples, reduce_range=True)


def _build_smoothed(source: Path, target: Path, examples: Sequence[Feed], *, reduce_range: bool = False) -> None:
    smoothed = target.with_suffix(".smoothed")
    _smooth(source, smoothed, examples)
    try:
        _build_int8(smoothed, target, examples, reduce_range=reduce_range)
    finally:
        smoothed.unlink()


def _build_smoothed_reduced(source: Path, target: Path, examples: Sequence[Feed]) -> None:
    _build_smoothed(source, target, examples, reduce_range=True)


def _build_blocks(source: Path, target: Path, *, bits: int) -> None:
    """Weights of products in blocks of ``_BLOCK``; tables, such as that of the embeddings, in int8."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

        quantize_dynamic(
            os.fspath(source),
            os.fspath(target),
            op_types_to_quantize=["Gather"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
        quantizer = MatMulNBitsQuantizer(
            onnx.load(target), bits=bits, block_size=_BLOCK, is_symmetric=True, accuracy_level=_ACCURACY_INT8
        )
        quantizer.process()
        onnx.save(quantizer.model.model, target)


def _build_8_bit_blocks(source: Path, target: Path, _: Sequence[Feed]) -> None:
    _build_blocks(source, target, bits=8)


def _build_4_bit_blocks(source: Path, target: Path, _: Sequence[Feed]) -> None:
    _build_blocks(source, target, bits=4)


def _build_fp32(source: Path, target: Path, _: Sequence[Feed]) -> None:
    target.write_bytes(source.read_bytes())


def _smooth(source: Path, target: Path, examples: Sequence[Feed]) -> None:
    """Writes the graph with the outliers of its activations moved into its weights.

    Products with the same activation share a factor for each channel, s = max|x|^a / max|w|^(1 - a), where a is
    ``SMOOTHING``. A node before them divides by it; their weights are multiplied by it.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source)
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer if len(tensor.dims) == 2}
    groups: dict[str, list[Any]] = {}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and node.input[0] not in weights:
            groups.setdefault(node.input[0], []).append(node)
    ranges = _measure_ranges(source, list(groups), examples)
    nodes = list(graph.node)
    for name, products in groups.items():
        arrays = [numpy_helper.to_array(weights[node.input[1]]) for node in products]
        factors = _find_factors(ranges[name], np.max([np.abs(array).max(axis=1) for array in arrays], axis=0))
        graph.initializer.append(numpy_helper.from_array(1 / factors, f"{name}/divisors"))
        divided = helper.make_node("Mul", [name, f"{name}/divisors"], [f"{name}/smoothed"], name=f"{name}/smoothing")
        nodes.insert(min(nodes.index(node) for node in products), divided)
        for node, array in zip(products, arrays, strict=True):
            tensor = numpy_helper.from_array(array * factors[:, None], f"{node.input[1]}/{name}/smoothed")
            if tensor.name not in {made.name for made in graph.initializer[len(weights) :]}:
                graph.initializer.append(tensor)
            node.input[0], node.input[1] = divided.output[0], tensor.name
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)
    onnx.save(model, target)


def _find_factors(activation: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """The factor of each channel, with a geometric mean of 1.

    Args:
        activation: The largest absolute value of each channel on the examples, shape (K,).
        weight: The largest absolute weight that each channel meets, shape (K,).
    """
    activation, weight = (np.maximum(x, _LEAST_RANGE * np.median(x) + 1e-6) for x in (activation, weight))
    logarithms = SMOOTHING * np.log(activation) - (1 - SMOOTHING) * np.log(weight)
    factors: NDArray[np.float32] = np.exp(logarithms - logarithms.mean()).astype(np.float32)
    return factors


def _measure_ranges(source: Path, names: Sequence[str], examples: Sequence[Feed]) -> dict[str, NDArray[np.float32]]:
    """The largest absolute value of each channel (the last dimension) of the activations ``names``."""
    import onnx
    import onnxruntime
    from onnx import helper

    model = onnx.load(source)
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    probing = source.with_suffix(".probing")
    onnx.save(model, probing)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(os.fspath(probing), options, providers=["CPUExecutionProvider"])
        known = {item.name for item in session.get_inputs()}
        ranges: dict[str, NDArray[np.float32]] = {}
        for example in examples:
            feed = {name: array for name, array in example.items() if name in known}
            for name, values in zip(names, session.run(list(names), feed), strict=True):
                largest = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
                ranges[name] = np.maximum(ranges.get(name, largest), largest)
    finally:
        probing.unlink()
    return ranges


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No words from onnxruntime's quantisation, which also sets up logging, and no socket from onnx."""
    from unittest import mock

    root = logging.root
    disabled, level, handlers = root.manager.disable, root.level, list(root.handlers)
    logging.disable(logging.WARNING)
    try:
        # onnx names its scratch files by uuid1, which opens a socket to learn the address of the network card.
        with mock.patch("uuid.uuid1", uuid.uuid4):
            yield
    finally:
        logging.disable(disabled)
        root.handlers[:] = handlers
        root.setLevel(level)


INT8 = Form("int8", 1, _build_int8)
REDUCED = Form("int8, reduced range", 1, _build_reduced)
SMOOTHED = Form("int8, smoothed", 1, _build_smoothed)
SMOOTHED_REDUCED = Form("int8, smoothed, reduced range", 1, _build_smoothed_reduced)
BLOCKS_8, BLOCKS_4 = Form("8-bit blocks", 1, _build_8_bit_blocks), Form("4-bit blocks", 1, _build_4_bit_blocks)
FP32 = Form("fp32", 1, _build_fp32)
_LARGER = (BLOCKS_8, BLOCKS_4, FP32)
VERSIONS = {form.name: form.version for form in (INT8, REDUCED, SMOOTHED, SMOOTHED_REDUCED, *_LARGER)}
