"""Compile a question-answering model into a reader and check its scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from askbrief.errors import ModelError
from askbrief.models.compile import StepReport, Verdict, save_compiled
from askbrief.models.forms import find_forms
from askbrief.models.quiet import quiet_and_offline
from askbrief.models.runtime import CompiledModel, Tokens
from askbrief.types import Progress

MAX_TOKENS = 384
STRIDE = 96
MIN_AGREEMENT = 0.95
"""A compiled form whose token scores correlate less than this with its source's is not used."""
_PROBES = (
    ("Who raised interest rates?", "The governor of the central bank, Ana Ruiz, raised interest rates on Tuesday."),
    ("When did the bridge open?", "The suspension bridge across the strait was opened to traffic in March 1973."),
    ("What caused the blackout?", "A software fault at a substation cut power to much of the island for six hours."),
)


def compile_reader(folder: Path, target: Path, *, fingerprint: str, on_progress: Callable[[Progress], None]) -> None:
    """Compiles the question-answering model in ``folder`` into the empty ``target``, in a form with about its scores.

    Raises:
        ModelError: It cannot be loaded or exported, or every form's scores differ too much.
    """
    report = StepReport("Preparing the reader (once)", on_progress)
    report("loading")
    with quiet_and_offline():
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        try:
            model = AutoModelForQuestionAnswering.from_pretrained(
                str(folder), local_files_only=True, use_safetensors=True, attn_implementation="eager"
            )
            tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        except Exception as error:
            raise ModelError(
                f"{folder} cannot be loaded as a question-answering model: {error}", hint="Check the folder."
            ) from error
        report("exporting")
        module = as_span_module(model)
        card = {"kind": "reader", "name": folder.name, "fingerprint": fingerprint}

        def check() -> Verdict:
            agreement = measure_agreement(module, CompiledModel(target))
            facts = {"agreement": round(agreement, 4)}
            return Verdict(agreement >= MIN_AGREEMENT, f"correlation {agreement:.3f}", facts)

        save_compiled(
            module,
            tokenizer,
            target,
            outputs=("start", "end"),
            card=card,
            forms=find_forms(),
            find_examples=_find_examples,
            check=check,
            on_form=lambda failed: report("checking", failed),
        )
    compiled = CompiledModel(target)
    details = f"{compiled.describe_form()}; correlation of token scores {compiled.card['agreement']:.3f}"
    report.finish("Prepared the reader", details)


def as_span_module(model: Any) -> Any:
    """A torch module of ``(input_ids, attention_mask, token_type_ids)`` that gives start and end scores, each (B, L).

    Args:
        model: A ``transformers`` question-answering model; token types are passed on only if it knows several.
    """
    import torch

    has_types = getattr(model.config, "type_vocab_size", 0) > 1

    class Spans(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> tuple[Any, Any]:
            types = {"token_type_ids": token_type_ids} if has_types else {}
            output = self.model(input_ids=input_ids, attention_mask=attention_mask, **types)
            return output.start_logits, output.end_logits

    return Spans().eval()


def measure_agreement(module: Any, compiled: CompiledModel) -> float:
    """The mean correlation of all token scores between a module of ``as_span_module`` and its compiled form."""
    import torch

    correlations = []
    for question, text in _PROBES:
        for tokens in compiled.tokenise_pair(question, text, max_tokens=MAX_TOKENS, stride=STRIDE):
            ids, types = torch.from_numpy(tokens.ids)[None], torch.from_numpy(tokens.types)[None]
            with torch.no_grad():
                theirs = module(ids, torch.ones_like(ids), types)
            for one, other in zip(theirs, compiled.run(tokens), strict=True):
                correlations.append(np.corrcoef(one[0].numpy(), other)[0, 1])
    return float(np.mean(correlations))


def _find_examples(compiled: CompiledModel) -> list[Tokens]:
    """The probes, and each question with all their texts."""
    together = " ".join(text for _, text in _PROBES)
    pairs = [*_PROBES, *((question, together) for question, _ in _PROBES)]
    return [
        tokens
        for question, text in pairs
        for tokens in compiled.tokenise_pair(question, text, max_tokens=MAX_TOKENS, stride=STRIDE)
    ]
