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

import numpy as np
from numpy.typing import NDArray

from askbrief.answer.decode import SPANS_PER_PASSAGE, find_spans, merge
from askbrief.answer.evidence import find_evidence
from askbrief.answer.penalty import (
    COLUMN_WEIGHT,
    COVERAGE_WEIGHT,
    ROW_WEIGHT,
    UNRELATED_WEIGHT,
    find_penalty,
    find_row_shortfalls,
    find_shared,
    find_shortfalls,
    is_unrelated,
)
from askbrief.answer.tabular import write_rows
from askbrief.answer.tidy import tidy
from askbrief.corpus.rows import Row, find_rows_within
from askbrief.corpus.sentences import find_blocks_within, find_sentences_within
from askbrief.errors import ModelError
from askbrief.models.cache import find_compiled
from askbrief.models.calibration import Calibration, load_calibration
from askbrief.models.compile_reader import MAX_TOKENS, STRIDE, compile_reader
from askbrief.models.locate import find_model
from askbrief.models.runtime import CARD, CompiledModel, Tokens
from askbrief.text.normalise import normalise_for_reading
from askbrief.types import Document, Passage, Progress, Reading, Span

DEFAULT_READER = Path(__file__).parent.parent / "models" / "weights"
FAST = "fast"
"""The reader of the settings that stands for the one that ships, without a second look."""
MAX_LEAD_CHARACTERS = 400
TITLE_SEPARATOR = " | "


class Reader:
    """A compiled extractive reader.

    Attributes:
        folder: Where it lies.
    """

    def __init__(self, folder: Path = DEFAULT_READER) -> None:
        self.folder = folder

    @cached_property
    def _model(self) -> CompiledModel:
        model = CompiledModel(self.folder)
        if model.card.get("kind") != "reader":
            raise ModelError(f"{self.folder} is not a compiled reader", hint="Give the folder of a reader.")
        if not model.is_complete():
            raise ModelError(f"{self.folder} is damaged", hint="Reinstall askbrief.")
        return model

    @property
    def card(self) -> dict[str, object]:
        """What is known of the model."""
        return self._model.card

    @property
    def calibration(self) -> Calibration:
        """How its margins become probabilities.

        Raises:
            ModelError: It is missing or damaged, or its card states something else.
        """
        return load_calibration(self._model)

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
        for number, context in enumerate(contexts):
            cut = self._model.tokenise_pair(question, context.text, max_tokens=MAX_TOKENS, stride=STRIDE)
            windows += cut
            owners += [number] * len(cut)
        found: list[list[Reading]] = [[] for _ in passages]
        for number, tokens, (start, end) in zip(owners, windows, self._model.run_many(windows), strict=True):
            document, passage = passages[number]
            blocks = find_blocks_within(document, passage.span)
            raw = find_spans(tokens, start, end, places=contexts[number].places, blocks=blocks)
            tidied = [(_tidy(document, span, blocks), margin) for span, margin in raw]
            found[number] += [
                Reading(span, margin + _weigh_span(question, document, span, blocks))
                for span, margin in merge(document.text, tidied)
            ]
        weighed = (
            _weigh_sentences(question, document, passage, readings)
            for (document, passage), readings in zip(passages, found, strict=True)
        )
        return [_drop_overlapping(readings)[:SPANS_PER_PASSAGE] for readings in weighed]


def load_reader(
    source: str = "", *, root: Path = Path(), on_progress: Callable[[Progress], None] | None = None
) -> Reader:
    """The reader that ships with askbrief, or any other question-answering model, compiled the first time.

    Args:
        source: Folder (relative to ``root``) of a compiled reader or of an ``AutoModelForQuestionAnswering`` model, or
            the name of such a model in the local Hugging Face cache; '' and "fast" are the shipped reader.
        root: Folder that a relative ``source`` starts from.
        on_progress: Called at each step of a compilation, never for a compiled or cached model.

    Raises:
        ModelError: The model is missing, damaged or unfit, or the cache cannot be written.
    """
    if source in ("", FAST):
        return Reader()
    folder = find_model(source, root=root)
    if (folder / CARD).is_file():
        return Reader(folder)

    def compile_into(scratch: Path, fingerprint: str) -> None:
        compile_reader(folder, scratch, fingerprint=fingerprint, on_progress=on_progress or (lambda _: None))

    return Reader(find_compiled(folder, kind="reader", compile_into=compile_into))


@dataclass(frozen=True, slots=True)
class Context:
    """What the reader sees of a passage.

    Attributes:
        text: Title, the sentence before the passage, and the passage; ligatures and hyphens undone, and the rows of
            tables with the headers of their columns.
        places: Offset in the document of each character, and of the end, shape (len(text) + 1,); of the title, offsets
            before the document's first sentence that the reader sees.
    """

    text: str
    places: NDArray[np.int64]

    def find(self, span: Span) -> Span:
        """The characters of ``text`` that stand for ``span`` of the document, as far as the reader sees it."""
        start, end = np.searchsorted(self.places, (span.start, span.end))
        return Span(int(start), int(end))


def build_context(document: Document, passage: Passage) -> Context:
    """What the reader sees of a passage."""
    start = passage.span.start
    lead = Span(max(0, start - MAX_LEAD_CHARACTERS), start)
    sentences = find_sentences_within(document, lead)
    complete = sentences[1:] if len(lead) == MAX_LEAD_CHARACTERS else sentences
    lead_start = complete[-1].start if complete else start
    rows = find_rows_within(document, passage.span)
    if rows and rows[0].span.start < start:
        lead_start = min(lead_start, max(rows[0].span.start, lead.start))
    prefix = document.title + TITLE_SEPARATOR if document.title else ""
    body = normalise_for_reading(document.text[lead_start : passage.span.end])
    places = np.arange(-len(prefix), len(body.text) + 1, dtype=np.int64)
    if body.offsets:
        places[len(prefix) :] = body.offsets
    text, places = prefix + body.text, places + lead_start
    return Context(*write_rows(text, places, rows)) if rows else Context(text, places)


def _tidy(document: Document, span: Span, blocks: Sequence[Span]) -> Span:
    """``span`` as a person would mark it, inside its block."""
    return tidy(document.text, span, within=_find_block(span, blocks))


def _find_block(span: Span, blocks: Sequence[Span]) -> Span:
    return next(block for block in blocks if block.contains(span))


def _weigh_span(question: str, document: Document, span: Span, blocks: Sequence[Span]) -> float:
    """What a span gains or loses by what it says."""
    evidence = find_evidence(question, document.text, span, within=_find_block(span, blocks))
    return evidence - find_penalty(question, span.of(document.text))


def _weigh_sentences(question: str, document: Document, passage: Passage, readings: list[Reading]) -> list[Reading]:
    """Takes off a margin what the sentence falls short of the passage's sentence with most of the question's words.

    That decides between the spans of a passage, not whether the passage answers: the best keeps the best margin, unless
    its sentence has nothing to do with the question.
    """
    sentences = find_sentences_within(document, passage.span)
    if rows := find_rows_within(document, passage.span):
        weight = ROW_WEIGHT
        readings = _weigh_columns(question, document, rows, readings)
        sentences, shortfalls = _weigh_rows(question, document, rows, sentences)
    else:
        weight = COVERAGE_WEIGHT
        shortfalls = find_shortfalls(question, [sentence.of(document.text) for sentence in sentences])

    def weigh(reading: Reading) -> float:
        around = (fall for at, fall in zip(sentences, shortfalls, strict=True) if at.overlaps(reading.span))
        return reading.margin - weight * min(around, default=0.0)

    weighed = [weigh(reading) for reading in readings]
    if not weighed:
        return []
    shift = max(reading.margin for reading in readings) - max(weighed)
    best = readings[weighed.index(max(weighed))].span
    said = " ".join(sentence.of(document.text) for sentence in sentences if sentence.overlaps(best))
    shift -= UNRELATED_WEIGHT * is_unrelated(question, said)
    return [Reading(reading.span, margin + shift) for reading, margin in zip(readings, weighed, strict=True)]


def _weigh_rows(
    question: str, document: Document, rows: Sequence[Row], sentences: Sequence[Span]
) -> tuple[list[Span], list[float]]:
    """Rows and the sentences outside of them, and what each falls short of; a row of headers does so in all."""
    first, last = rows[0].span.start, rows[-1].span.end
    headers = [row.span for row in rows if row.is_header]
    body = [row for row in rows if not row.is_header]
    outside = [sentence for sentence in sentences if sentence.start < first or sentence.end > last]
    said = [row.describe(document.text) for row in body]
    shortfalls = find_row_shortfalls(question, said, [sentence.of(document.text) for sentence in outside])
    return [*(row.span for row in body), *outside, *headers], [*shortfalls, *(1.0 for _ in headers)]


def _weigh_columns(
    question: str, document: Document, rows: Sequence[Row], readings: Sequence[Reading]
) -> list[Reading]:
    """The readings, less what it costs those in other columns than the headers that the question names."""
    text = document.text
    weighed = []
    for reading in readings:
        row = next((row for row in rows if row.span.overlaps(reading.span)), None)
        headers = [row.find_header(text, cell) for cell in row.cells] if row else []
        is_named = row is not None and find_shared(question, row.find_header(text, reading.span))
        costs = not is_named and any(find_shared(question, header) for header in headers)
        weighed.append(Reading(reading.span, reading.margin - COLUMN_WEIGHT * costs))
    return weighed


def _drop_overlapping(readings: list[Reading]) -> list[Reading]:
    kept: list[Reading] = []
    for reading in sorted(readings, key=lambda r: (-r.margin, r.span)):
        if not any(reading.span.overlaps(other.span) for other in kept):
            kept.append(reading)
    return kept
