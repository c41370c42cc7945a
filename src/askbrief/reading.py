"""Reading: a question and passages → the exact words that may answer it, each with a margin.

The reader is a SQuAD-2-style model: it scores every token as start and as end of the answer, and its first token as
"not here". The margin of a span over "not here" is a log-odds that compares across passages, as each passage is read
alone (Clark & Gardner, "Simple and Effective Multi-Paragraph Reading Comprehension", 2018, the no-answer option).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from askbrief.caching import find_compiled, find_model, quiet_and_offline
from askbrief.compiling import save_compiled
from askbrief.datatypes import Document, Passage, Progress, Span
from askbrief.errors import ModelError
from askbrief.inference import CARD, CompiledModel, Tokens
from askbrief.spans import (
    COVERAGE_WEIGHT,
    SPANS_PER_PASSAGE,
    find_penalty,
    find_shortfalls,
    find_spans,
    merge,
    tidy,
)
from askbrief.text import find_sentences

DEFAULT_READER = Path(__file__).parent / "models" / "reader"
MAX_TOKENS = 384
STRIDE = 96
MIN_AGREEMENT = 0.95
"""A compiled reader whose token scores correlate less than this with its source's is refused."""
MAX_LEAD_CHARACTERS = 400
TITLE_SEPARATOR = " | "
_PROBES = (
    ("Who raised interest rates?", "The governor of the central bank, Ana Ruiz, raised interest rates on Tuesday."),
    ("When did the bridge open?", "The suspension bridge across the strait was opened to traffic in March 1973."),
    ("What caused the blackout?", "A software fault at a substation cut power to much of the island for six hours."),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A span of a document that may answer the question.

    Attributes:
        span: Place in the document.
        margin: Log-odds against "not here"; above 0 the reader takes the span for an answer.
    """

    span: Span
    margin: float


class Reader:
    """A compiled extractive reader."""

    def __init__(self, folder: Path = DEFAULT_READER) -> None:
        self._folder = folder

    @cached_property
    def _model(self) -> CompiledModel:
        model = CompiledModel(self._folder)
        if model.card.get("kind") != "reader":
            raise ModelError(f"{self._folder} is not a compiled reader", hint="Give the folder of a reader.")
        if not model.is_complete():
            raise ModelError(f"{self._folder} is damaged", hint="Reinstall askbrief.")
        return model

    @property
    def card(self) -> dict[str, object]:
        """What is known of the model."""
        return self._model.card

    def load(self) -> None:
        """Loads the model now, and not with the first question.

        Raises:
            ModelError: It is missing or damaged.
        """
        self._model.load()

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        """The best spans of each passage, best first, none overlapping another; each lies in its passage.

        The reader sees the passage after the document's title and the sentence before it, so that "the diplomat" or
        "he" can be understood, but it may answer from the passage only.
        """
        contexts = [build_context(document, passage) for document, passage in passages]
        windows: list[Tokens] = []
        owners: list[int] = []
        for number, (text, _) in enumerate(contexts):
            cut = self._model.tokenise_pair(question, text, max_tokens=MAX_TOKENS, stride=STRIDE)
            windows += cut
            owners += [number] * len(cut)
        found: list[list[Reading]] = [[] for _ in passages]
        for number, tokens, (start, end) in zip(owners, windows, self._model.run_many(windows), strict=True):
            document, passage = passages[number]
            raw = find_spans(tokens, start, end, origin=contexts[number][1], within=passage.span)
            tidied = [(tidy(document.text, span, within=passage.span), margin) for span, margin in raw]
            found[number] += [
                Reading(span, margin - find_penalty(question, span.of(document.text)))
                for span, margin in merge(document.text, tidied)
            ]
        weighed = (
            _weigh_sentences(question, passage, readings)
            for (_, passage), readings in zip(passages, found, strict=True)
        )
        return [_drop_overlapping(readings)[:SPANS_PER_PASSAGE] for readings in weighed]


def load_reader(
    source: str = "", *, root: Path = Path(), on_progress: Callable[[Progress], None] | None = None
) -> Reader:
    """The reader that ships with askbrief, or any other question-answering model, compiled the first time.

    Args:
        source: Folder (relative to ``root``) of a compiled reader or of an ``AutoModelForQuestionAnswering`` model, or
            the name of such a model in the local Hugging Face cache; '' is the shipped reader.
        root: Folder that a relative ``source`` starts from.
        on_progress: Called at each step of a compilation, never for a compiled or cached model.

    Raises:
        ModelError: The model is missing, damaged or unfit, or the cache cannot be written.
    """
    if not source:
        return Reader()
    folder = find_model(source, root=root)
    if (folder / CARD).is_file():
        return Reader(folder)

    def compile_into(scratch: Path, fingerprint: str) -> None:
        compile_reader(folder, scratch, fingerprint=fingerprint, on_progress=on_progress or (lambda _: None))

    return Reader(find_compiled(folder, kind="reader", compile_into=compile_into))


def compile_reader(folder: Path, target: Path, *, fingerprint: str, on_progress: Callable[[Progress], None]) -> None:
    """Compiles the question-answering model in ``folder`` into the empty ``target`` and checks its scores.

    Raises:
        ModelError: It cannot be loaded or exported, or the compiled model's scores differ too much.
    """
    steps = ("loading", "exporting", "checking", "done")

    def report(step: str) -> None:
        on_progress(Progress(f"Compiling the reader (once): {step}", steps.index(step), len(steps) - 1, is_slow=True))

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
        save_compiled(module, tokenizer, target, outputs=("start", "end"), card=card)
        report("checking")
        agreement = measure_agreement(module, CompiledModel(target))
        if agreement < MIN_AGREEMENT:
            raise ModelError(
                f"compiled, {folder} scores tokens differently than before (correlation {agreement:.3f})",
                hint="Choose another reader.",
            )
    report("done")


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


def build_context(document: Document, passage: Passage) -> tuple[str, int]:
    """What the reader sees of a passage, and the offset in the document of that text's (virtual) first character."""
    start = passage.span.start
    before = document.text[max(0, start - MAX_LEAD_CHARACTERS) : start]
    sentences = find_sentences(before)
    complete = sentences[1:] if len(before) == MAX_LEAD_CHARACTERS else sentences
    lead_start = start - len(before) + complete[-1].start if complete else start
    prefix = document.title + TITLE_SEPARATOR if document.title else ""
    return prefix + document.text[lead_start : passage.span.end], lead_start - len(prefix)


def _weigh_sentences(question: str, passage: Passage, readings: list[Reading]) -> list[Reading]:
    """Takes off a margin what the sentence falls short of the passage's sentence with most of the question's words.

    That decides between the spans of a passage, not whether the passage answers: the best keeps the best margin.
    """
    sentences = find_sentences(passage.text)
    shortfalls = find_shortfalls(question, [sentence.of(passage.text) for sentence in sentences])

    def weigh(reading: Reading) -> float:
        inside = Span(reading.span.start - passage.span.start, reading.span.end - passage.span.start)
        around = (fall for at, fall in zip(sentences, shortfalls, strict=True) if at.overlaps(inside))
        return reading.margin - COVERAGE_WEIGHT * min(around, default=0.0)

    weighed = [weigh(reading) for reading in readings]
    shift = max((reading.margin for reading in readings), default=0.0) - max(weighed, default=0.0)
    return [Reading(reading.span, margin + shift) for reading, margin in zip(readings, weighed, strict=True)]


def _drop_overlapping(readings: list[Reading]) -> list[Reading]:
    kept: list[Reading] = []
    for reading in sorted(readings, key=lambda r: (-r.margin, r.span)):
        if not any(reading.span.overlaps(other.span) for other in kept):
            kept.append(reading)
    return kept
