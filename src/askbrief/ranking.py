"""Ranking: what was read in each passage → the answers over all passages, each with a probability and its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from askbrief.datatypes import AnswerSpan, Document, Hit, Span
from askbrief.reading import Reading
from askbrief.spans import asks_for_clause, widen_to_clause
from askbrief.text import LineIndex, find_sentences, find_words, fold

RETRIEVAL_WEIGHT = 12.0
"""What the mixed score of a passage, in [0, 1], is worth in units of the margin when spans are ranked."""
CONFIDENCE_SLOPE, CONFIDENCE_OFFSET = 0.253, -3.404
"""Logistic regression of "these words are right" on that sum, fitted on development data (``docs/decisions.md``)."""


def find_confidence(margin: float, *, score: float) -> float:
    """The probability in [0, 1] that the best span over all passages answers the question.

    Args:
        margin: Its log-odds against "not here".
        score: The mixed retrieval score of its passage, in [0, 1].
    """
    logit = CONFIDENCE_SLOPE * (margin + RETRIEVAL_WEIGHT * score) + CONFIDENCE_OFFSET
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def rank_readings(
    question: str,
    hits: Sequence[Hit],
    readings: Sequence[Sequence[Reading]],
    documents: Mapping[str, Document],
    *,
    top: int,
) -> list[tuple[Hit, Reading, float]]:
    """The best ``top`` spans over all passages with their confidence, best first; of equals the better found passage's.

    Where the question asks why or how, a span becomes the clause that it stands in. A span is left out if it overlaps a
    better one of its document, or if the words of the one are among the other's.
    """
    widen = asks_for_clause(question)
    scored = [
        (hit, reading, find_confidence(reading.margin, score=hit.score))
        for hit, found in zip(hits, readings, strict=True)
        for reading in found
    ]
    scored.sort(key=lambda item: (-item[2], -item[0].score, item[0].row, item[1].span))
    kept: list[tuple[Hit, Reading, float]] = []
    said: list[str] = []
    for hit, reading, confidence in scored:
        if len(kept) == top:
            break
        document = documents[hit.passage.document_id].text
        if widen:
            reading = Reading(widen_to_clause(document, reading.span, within=hit.passage.span), reading.margin)
        text = reading.span.of(document)
        words = " ".join(["", *(fold(word.of(text)) for word in find_words(text)), ""])
        overlapping = any(
            hit.passage.document_id == other.passage.document_id and reading.span.overlaps(better.span)
            for other, better, _ in kept
        )
        if not overlapping and not any(words in better or better in words for better in said):
            said.append(words)
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
