"""PyTorch models → compiled models: one ONNX graph, its int8 weights, its tokenizer and a card.

Weights are quantised per channel: per tensor loses ten times as much of the cosine (``docs/decisions.md``).
The only user of torch, apart from sentence-transformers in ``encoding``; imported only when something is compiled.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from askbrief.errors import ModelError
from askbrief.models.runtime import CARD, GRAPH, TOKENIZER, WEIGHTS

COMPILER = 3
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""What onnxruntime fuses into something slower than the parts: 0.23 ms a layer instead of 0.05 (150 tokens)."""


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A scratch folder that becomes ``target`` when the block ends well, and vanishes otherwise.

    Two processes may make the same target: the first to finish wins, and its result stands.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise ModelError(
            f"{target.parent} cannot be written: {error.strerror}", hint="Set XDG_CACHE_HOME to a folder you can write."
        ) from error
    try:
        yield scratch
        try:
            scratch.rename(target)
        except OSError:
            if not (target / CARD).is_file():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def save_compiled(
    module: Any, tokenizer: Any, folder: Path, *, outputs: tuple[str, ...], card: Mapping[str, Any]
) -> None:
    """Writes ``module`` as an int8 ONNX graph, the tokenizer and the card into ``folder``.

    Args:
        module: A torch module of ``(input_ids, attention_mask, token_type_ids)``, each (B, L), in evaluation mode.
        tokenizer: A ``transformers`` tokenizer with a fast backend.
        folder: An existing, empty folder.
        outputs: Names of the module's outputs, whose first dimension is the batch.
        card: What to remember of the model; file sizes and the graph's hash are added.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("the model's tokenizer has no fast form", hint="Choose a model that ships a tokenizer.json.")
    backend.save(str(folder / TOKENIZER))
    full, small = folder / "full.onnx", folder / "small.onnx"
    _export(module, full, outputs=outputs)
    _quantise(full, small)
    _optimise(small, folder / GRAPH)
    full.unlink()
    small.unlink()
    complete = {
        **card,
        "compiler": COMPILER,
        "bytes": {name: (folder / name).stat().st_size for name in (GRAPH, WEIGHTS, TOKENIZER)},
        "sha256": {name: hash_file(folder / name) for name in (GRAPH, WEIGHTS, TOKENIZER)},
    }
    (folder / CARD).write_text(json.dumps(complete, indent=2) + "\n", encoding="utf-8")


def hash_file(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _export(module: Any, file: Path, *, outputs: tuple[str, ...]) -> None:
    import torch

    ids = torch.arange(14).reshape(2, 7) + 5
    example = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    axes = {name: {0: "batch", 1: "tokens"} for name in _INPUTS} | {name: {0: "batch"} for name in outputs}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, example, str(file), dynamo=False, opset_version=17,
            input_names=list(_INPUTS), output_names=list(outputs), dynamic_axes=axes,
        )  # fmt: skip


def _quantise(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    level = logging.root.level
    logging.root.setLevel(logging.ERROR)
    try:
        # onnx names its scratch files by uuid1, which opens a socket to learn the address of the network card.
        with mock.patch("uuid.uuid1", uuid.uuid4):
            quantize_dynamic(os.fspath(source), os.fspath(target), per_channel=True, weight_type=QuantType.QInt8)
    finally:
        logging.root.setLevel(level)


def _optimise(source: Path, target: Path) -> None:
    """Fuses what onnxruntime would fuse at each start, as far as the result suits every processor.

    The weights go into a file of their own, which onnxruntime maps: half the memory and time to load.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", WEIGHTS)
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(
        str(source), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW_FUSIONS
    )
