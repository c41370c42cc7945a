"""Reading: a question and passages → the exact words that answer it, each with a probability.

The reader is a SQuAD-2-style model: it scores every token as start and as end of the answer, and its first token as
"not here". The margin of a span over "not here" is a log-odds that compares across passages, as each passage is read
alone (Clark & Gardner, "Simple and Effective Multi-Paragraph Reading Comprehension", 2018, the no-answer option).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askbrief.datatypes import AnswerSpan, Document, Hit, Passage, Span
from askbrief.errors import ModelError
from askbrief.inference import CompiledModel, Tokens
from askbrief.text import LineIndex, find_sentences, fold, trim

DEFAULT_READER = Path(__file__).parent / "models" / "reader"
MAX_TOKENS = 384
STRIDE = 96
MAX_ANSWER_TOKENS = 40
MAX_LEAD_CHARACTERS = 400
TITLE_SEPARATOR = " | "
CONFIDENCE_SLOPE, CONFIDENCE_OFFSET = 0.24, -1.59
"""Logistic regression of "these words are right" on the margin, fitted on development data (``docs/decisions.md``)."""
_SPANS_PER_PASSAGE = 5
_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "«": "»"}
_EDGE_LEFT = " \t\n,;:.!?)]}”»–—-"
_EDGE_RIGHT = " \t\n,;:!?([{“«–—-"


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
            for raw, margin in find_spans(tokens, start, end, origin=contexts[number][1], within=passage.span):
                span = tidy(document.text, raw, within=passage.span)
                if span:
                    found[number].append(Reading(span, margin))
        return [_drop_overlapping(readings)[:_SPANS_PER_PASSAGE] for readings in found]


def find_confidence(margin: float) -> float:
    """The probability in [0, 1] that the best span over all passages, with this margin, answers the question."""
    logit = CONFIDENCE_SLOPE * margin + CONFIDENCE_OFFSET
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def rank_readings(
    hits: Sequence[Hit], readings: Sequence[Sequence[Reading]], documents: Mapping[str, Document], *, top: int
) -> list[tuple[Hit, Reading, float]]:
    """The best ``top`` spans over all passages with their confidence, best first; of equals the better found passage's.

    A span that overlaps a better one of its document, or has the same words as a better one, is left out.
    """
    scored = [
        (hit, reading, find_confidence(reading.margin))
        for hit, found in zip(hits, readings, strict=True)
        for reading in found
    ]
    scored.sort(key=lambda item: (-item[2], -item[0].score, item[0].row, item[1].span))
    kept: list[tuple[Hit, Reading, float]] = []
    texts: set[str] = set()
    for hit, reading, confidence in scored:
        if len(kept) == top:
            break
        text = fold(reading.span.of(documents[hit.passage.document_id].text))
        overlapping = any(
            hit.passage.document_id == other.passage.document_id and reading.span.overlaps(better.span)
            for other, better, _ in kept
        )
        if text not in texts and not overlapping:
            texts.add(text)
            kept.append((hit, reading, confidence))
    return kept


def build_answer_span(document: Document, hit: Hit, reading: Reading, confidence: float) -> AnswerSpan:
    """The span of ``reading`` with its sentence and its place in ``document``."""
    passage = hit.passage.span
    sentences = [Span(passage.start + s.start, passage.start + s.end) for s in find_sentences(hit.passage.text)]
    around = [sentence for sentence in sentences if sentence.overlaps(reading.span)]
    sentence = Span(around[0].start, around[-1].end)
    line, column = LineIndex(document.text).find(reading.span.start)
    return AnswerSpan(
        text=reading.span.of(document.text),
        confidence=confidence,
        document_id=document.id,
        path=document.path,
        title=document.title,
        date=document.date,
        span=reading.span,
        sentence=sentence,
        sentence_text=sentence.of(document.text),
        line=line,
        column=column,
        score=reading.margin,
    )


def build_context(document: Document, passage: Passage) -> tuple[str, int]:
    """What the reader sees of a passage, and the offset in the document of that text's (virtual) first character."""
    start = passage.span.start
    before = document.text[max(0, start - MAX_LEAD_CHARACTERS) : start]
    sentences = find_sentences(before)
    complete = sentences[1:] if len(before) == MAX_LEAD_CHARACTERS else sentences
    lead_start = start - len(before) + complete[-1].start if complete else start
    prefix = document.title + TITLE_SEPARATOR if document.title else ""
    return prefix + document.text[lead_start : passage.span.end], lead_start - len(prefix)


def find_spans(
    tokens: Tokens, start: NDArray[np.float32], end: NDArray[np.float32], *, origin: int, within: Span
) -> list[tuple[Span, float]]:
    """The best spans of one window with their margins, best first.

    Args:
        tokens: The window.
        start: Start score of each token, shape (L,).
        end: End score of each token, shape (L,).
        origin: Document offset of the context's first character.
        within: Document span that answers must lie in.
    """
    begins, ends = tokens.offsets[:, 0] + origin, tokens.offsets[:, 1] + origin
    allowed = tokens.second & (begins >= within.start) & (ends <= within.end) & (ends > begins)
    places = np.flatnonzero(allowed)
    if not len(places):
        return []
    scores = start[places][:, None] + end[places][None, :]
    lengths = places[None, :] - places[:, None]
    scores = np.where((lengths >= 0) & (lengths < MAX_ANSWER_TOKENS), scores, -np.inf)
    best = np.argsort(-scores, axis=None, kind="stable")[: 8 * _SPANS_PER_PASSAGE]
    null = float(start[0] + end[0])
    spans = []
    for i, j in zip(*np.unravel_index(best, scores.shape), strict=True):
        if math.isfinite(scores[i, j]):
            spans.append((Span(int(begins[places[i]]), int(ends[places[j]])), float(scores[i, j]) - null))
    return spans


def tidy(text: str, span: Span, *, within: Span) -> Span:
    """``span`` as a person would mark it: whole words, no loose punctuation, brackets and quotes in pairs.

    The result lies in ``within`` and may be empty.
    """
    start, end = span.start, span.end
    while within.start < start < end and _is_inside_word(text, start):
        start -= 1
    while start < end < within.end and _is_inside_word(text, end):
        end += 1
    while start < end and text[start] in _EDGE_LEFT and not _opens_number(text, start):
        start += 1
    while end > start and text[end - 1] in _EDGE_RIGHT:
        end -= 1
    start, end = _balance(text, start, end, limit=within.end)
    if end > start and text[end - 1] == "." and not _is_abbreviation(text, start, end):
        end -= 1
    return trim(text, Span(start, max(start, end)))


def _is_inside_word(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` would part a word, or a letter from its accent."""
    return all(char.isalnum() or unicodedata.category(char).startswith("M") for char in text[at - 1 : at + 1])


def _opens_number(text: str, at: int) -> bool:
    return text[at] in ".-–" and at + 1 < len(text) and text[at + 1].isdigit()


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether the full stop before ``end`` belongs to the word (U.S., a.m., Jr.)."""
    word = text[start:end].rsplit(None, 1)[-1]
    return "." in word[:-1] or word in {"Jr.", "Sr.", "Inc.", "Ltd.", "Co.", "Corp.", "No.", "St."}


def _balance(text: str, start: int, end: int, *, limit: int) -> tuple[int, int]:
    """The range without a bracket or quote that lost its partner, or with the partner if that is the next character."""
    for opening, closing in _PAIRS.items():
        piece = text[start:end]
        if closing != "’" and piece.endswith(closing) and piece.count(closing) > piece.count(opening):
            end -= 1
        if opening not in piece or piece.count(opening) <= piece.count(closing):
            continue
        if end < limit and text[end] == closing:
            end += 1
        elif piece.startswith(opening):
            start += 1
        else:
            end = start + len(piece[: piece.rfind(opening)].rstrip())
    if text[start:end].count('"') % 2:
        if end < limit and text[end] == '"':
            end += 1
        elif text[start] == '"':
            start += 1
        elif text[end - 1] == '"':
            end -= 1
    return start, end


def _drop_overlapping(readings: list[Reading]) -> list[Reading]:
    kept: list[Reading] = []
    for reading in sorted(readings, key=lambda r: (-r.margin, r.span)):
        if not any(reading.span.overlaps(other.span) for other in kept):
            kept.append(reading)
    return kept
