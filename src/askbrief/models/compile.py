"""PyTorch models → compiled models: one ONNX graph, its weights, its tokenizer and a card.

Of the forms in ``forms`` the first that agrees with the source is kept: as a rule int8 per channel.
The only user of torch, apart from sentence-transformers in ``encoding``; imported only when something is compiled.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askbrief.errors import ModelError
from askbrief.models.forms import INT8, Feed, Form
from askbrief.models.runtime import CARD, GRAPH, TOKENIZER, WEIGHTS, CompiledModel, Tokens
from askbrief.types import Progress

COMPILER = 3
"""Counts changes of the export, and of int8, which change the vectors of every model. A change of another form counts
in its own version, and leaves the models that do not need it as they are."""
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_STEPS = ("loading", "exporting", "checking")
_SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""What onnxruntime fuses into something slower than the parts: 0.23 ms a layer instead of 0.05 (150 tokens)."""


class StepReport:
    """Reports the steps of a compilation: "loading", "exporting", "checking".

    Args:
        stage: What is being done, for people.
        on_progress: Called at each step.
    """

    def __init__(self, stage: str, on_progress: Callable[[Progress], None]) -> None:
        self._stage, self._on_progress = stage, on_progress

    def __call__(self, step: str, details: str = "") -> None:
        """Say that ``step`` begins."""
        self._on_progress(Progress(self._stage, _STEPS.index(step), len(_STEPS), is_slow=True, details=details))

    def finish(self, stage: str, details: str) -> None:
        """Say what came of it."""
        self._on_progress(Progress(stage, len(_STEPS), len(_STEPS), is_slow=True, details=details))


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a compiled form agrees with its source.

    Attributes:
        agrees: Whether that is enough.
        description: In a few words, such as "mean cosine 0.924".
        facts: What goes into the card.
    """

    agrees: bool
    description: str
    facts: Mapping[str, Any]


def save_compiled(
    module: Any,
    tokenizer: Any,
    folder: Path,
    *,
    outputs: tuple[str, ...],
    card: Mapping[str, Any],
    forms: Sequence[Form] = (INT8,),
    find_examples: Callable[[CompiledModel], Sequence[Tokens]] = lambda _: (),
    check: Callable[[], Verdict] | None = None,
    on_form: Callable[[str], None] = lambda _: None,
) -> None:
    """Writes ``module`` as an ONNX graph in the first of ``forms`` that agrees with it, and tokenizer and card.

    Args:
        module: A torch module of ``(input_ids, attention_mask, token_type_ids)``, each (B, L), in evaluation mode.
        tokenizer: A ``transformers`` tokenizer with a fast backend.
        folder: An existing, empty folder.
        outputs: Names of the module's outputs, whose first dimension is the batch.
        card: What to remember of the model; its form, file sizes and hashes are added.
        forms: What to try, in this order.
        find_examples: Texts to learn the range of activations from, made by the tokenizer of the unfinished model.
        check: Judges the form that lies in ``folder``; None takes the first.
        on_form: Called before a form is tried, with what the ones before came to.

    Raises:
        ModelError: The tokenizer has no fast form, or no form agrees with the source.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("the model's tokenizer has no fast form", hint="Choose a model that ships a tokenizer.json.")
    backend.save(str(folder / TOKENIZER))
    full = folder / "full.onnx"
    _export(module, full, outputs=outputs)
    _save_card(folder, card)
    examples = [_as_feed(tokens) for tokens in find_examples(CompiledModel(folder))]
    failed: dict[str, str] = {}
    for form in forms:
        on_form(", ".join(f"{name}: {why}" for name, why in failed.items()))
        try:
            _build(form, full, folder, examples)
            facts = {**card, "form": form.name, "form_version": form.version, "failed": failed}
            _save_card(folder, facts, files=(GRAPH, WEIGHTS, TOKENIZER))
            verdict = check() if check else Verdict(agrees=True, description="", facts={})
        except ModelError as error:
            failed[form.name] = error.message
            continue
        if verdict.agrees:
            _save_card(folder, facts | dict(verdict.facts), files=(GRAPH, WEIGHTS, TOKENIZER))
            full.unlink()
            return
        failed[form.name] = verdict.description
    reasons = ", ".join(f"{name}: {why}" for name, why in failed.items())
    raise ModelError(f"no compiled form of the model agrees with it ({reasons})", hint="Choose another model.")


def _build(form: Form, full: Path, folder: Path, examples: Sequence[Feed]) -> None:
    """Writes the graph in ``form``, in place of another.

    Raises:
        ModelError: The libraries cannot build it.
    """
    small = folder / "small.onnx"
    for name in (GRAPH, WEIGHTS, CARD):
        (folder / name).unlink(missing_ok=True)
    try:
        form.build(full, small, examples)
        _optimise(small, folder / GRAPH)
    except Exception as error:  # of an unusual graph the libraries raise anything; another form may do
        raise ModelError(f"cannot be built ({error})", hint="Choose another model.") from error
    finally:
        small.unlink(missing_ok=True)


def _save_card(folder: Path, card: Mapping[str, Any], *, files: tuple[str, ...] = ()) -> None:
    complete = {
        **card,
        "compiler": COMPILER,
        "bytes": {name: (folder / name).stat().st_size for name in files},
        "sha256": {name: hash_file(folder / name) for name in files},
    }
    (folder / CARD).write_text(json.dumps(complete, indent=2) + "\n", encoding="utf-8")


def _as_feed(tokens: Tokens) -> Feed:
    ids = tokens.ids[None]
    return dict(zip(_INPUTS, (ids, np.ones_like(ids), tokens.types[None]), strict=True))


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
