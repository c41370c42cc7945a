"""Ranking: what was read in each passage → the answers over all passages, each with a probability and its place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from askbrief.answer.clause import asks_for_clause, widen_to_clause
from askbrief.corpus.rows import find_rows_within
from askbrief.corpus.sentences import find_sentences_within
from askbrief.models.calibration import Calibration
from askbrief.text.segment import find_words, fold
from askbrief.types import AnswerSpan, Candidate, Document, RankedSpan, Span

SURE = 0.9
"""Certainty of an encoding from which an answer says nothing of it."""


def find_confidence(margin: float, *, score: float, calibration: Calibration) -> float:
    """The probability in [0, 1] that the best span over all passages answers the question.

    Args:
        margin: Its log-odds against "not here".
        score: The mixed retrieval score of its passage, in [0, 1].
        calibration: That of the reader that gave the margin.
    """
    logit = calibration.slope * (margin + calibration.retrieval_weight * score) + calibration.offset
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def rank(question: str, candidates: Sequence[Candidate], *, top: int, calibration: Calibration) -> list[RankedSpan]:
    """The best ``top`` spans over all candidates, best first; of equals the one with the better fused score.

    Where the question asks why or how, a span becomes the clause that it stands in. A span is left out if it overlaps a
    better one of its document, or if the words of the one are among the other's.

    Args:
        question: What the candidates were read for.
        candidates: With what was read in them.
        top: Most spans.
        calibration: That of the reader that read them.
    """
    widen = asks_for_clause(question)
    scored = [
        RankedSpan(
            candidate, reading, find_confidence(reading.margin, score=candidate.match.score, calibration=calibration)
        )
        for candidate in candidates
        for reading in candidate.readings
    ]
    scored.sort(key=_order)
    kept: list[RankedSpan] = []
    said: list[str] = []
    for span in scored:
        if len(kept) == top:
            break
        if widen:
            span = _widen(span)
        words = _find_words(span)
        if not any(_overlap(span, better) for better in kept) and not any(
            words in better or better in words for better in said
        ):
            said.append(words)
            kept.append(span)
    return kept


def build_answer_span(ranked: RankedSpan) -> AnswerSpan:
    """The span with its sentence, of a cell the row, and its place in its document."""
    document, span = ranked.candidate.document, ranked.reading.span
    rows = [row.span for row in find_rows_within(document, span)]
    sentences = rows or find_sentences_within(document, ranked.candidate.passage.span)
    around = [sentence for sentence in sentences if sentence.overlaps(span)]
    sentence = Span(around[0].start, around[-1].end)
    line, column = document.find_line(span.start) or (None, None)
    return AnswerSpan(
        text=span.of(document.text),
        confidence=ranked.confidence,
        document_id=document.id,
        path=document.path,
        title=document.title,
        date=document.date,
        span=span,
        sentence=sentence,
        sentence_text=sentence.of(document.text),
        line=line,
        column=column,
        score=ranked.reading.margin,
        places=document.find_places(span.start),
        member=document.member,
        doubt=describe_doubt(document),
    )


def describe_doubt(document: Document) -> str:
    """Why letters of a document may not be those that were written; '' where nothing speaks for that."""
    if document.encoding and document.certainty < SURE:
        return f"the file's encoding is not certain (read as {document.encoding})"
    if document.replaced:
        were = "byte of the file was" if document.replaced == 1 else "bytes of the file were"
        return f"{document.replaced:,} {were} not valid {document.encoding} (shown as \ufffd)"
    return ""


def _order(ranked: RankedSpan) -> tuple[float, float, int, int, Span]:
    match = ranked.candidate.match
    return (-ranked.confidence, -match.score, match.shard, match.row, ranked.reading.span)


def _widen(ranked: RankedSpan) -> RankedSpan:
    candidate, reading = ranked.candidate, ranked.reading
    span = widen_to_clause(candidate.document.text, reading.span, within=candidate.passage.span)
    return replace(ranked, reading=replace(reading, span=span))


def _find_words(ranked: RankedSpan) -> str:
    """The folded words of a span, with a blank before and after each."""
    text = ranked.reading.span.of(ranked.candidate.document.text)
    return " ".join(["", *(fold(word.of(text)) for word in find_words(text)), ""])


def _overlap(one: RankedSpan, other: RankedSpan) -> bool:
    is_same = one.candidate.document.id == other.candidate.document.id
    return is_same and one.reading.span.overlaps(other.reading.span)
