"""Conclusions: what the documents say to a question, judged from what was found and read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from askbrief.answer.agreement import MIN_CONFIDENCE_SHARE, Found, find_agreement
from askbrief.answer.antecedents import find_antecedents
from askbrief.answer.polar import MIN_SCORE, UNREAD_MARGIN, Statement, choose_statement, is_polar, score_statement
from askbrief.answer.rank import find_confidence
from askbrief.answer.reader import Reader
from askbrief.answer.words import find_stems
from askbrief.corpus.sentences import find_sentences_within
from askbrief.models.calibration import Calibration
from askbrief.models.encoder import Encoder
from askbrief.text.segment import find_words, fold
from askbrief.types import AnswerGroup, Candidate, Document, Note, Outcome, Passage, RankedSpan, Reading, Span, Trace

NEAR_COSINE = 0.35
"""Cosine of question and passage from which a passage is near the question."""
NEAR_SHARE = 0.5
"""Share of the question's content words that a passage must have to be near it, where it has at least two."""
READ_AT_ONCE = 500
"""Characters before a mention that are read as one passage, to learn whom it means."""
COMPARED_SPANS = 10
"""Ranked spans that are compared with each other."""


def conclude(trace: Trace, encoder: Encoder, reader: Reader, *, newest_first: bool = False) -> Trace:
    """The trace with its outcome, how its answers relate, and notes on the best.

    Args:
        trace: As read.
        encoder: The encoder.
        reader: The reader.
        newest_first: Whether of all credible answers those of the newest articles come first.
    """
    if newest_first:
        trace = replace(trace, ranked=_put_newest_first(trace))
    if is_polar(trace.searched):
        return _conclude_polar(trace, encoder, reader)
    if not trace.ranked or trace.confidence < trace.min_confidence:
        return replace(trace, outcome=_judge_nearness(trace))
    calibration = reader.calibration
    agreement = find_agreement(trace.searched, [_build_found(span) for span in trace.ranked[:COMPARED_SPANS]])
    groups = tuple(
        AnswerGroup(
            group.text,
            group.members,
            group.latest,
            max(group.documents, _count_documents(trace, group.members, calibration)),
        )
        for group in agreement.groups
    )
    first = groups[0].members[0] if agreement.kind in ("changed", "differ") else 0
    notes = find_notes(trace.ranked[first], reader)
    return replace(trace, outcome="answered", agreement=agreement.kind, groups=groups, notes=notes)


def _put_newest_first(trace: Trace) -> tuple[RankedSpan, ...]:
    """The credible spans, the newest article's first and the undated ones last; then the others."""
    least = max(trace.min_confidence, trace.confidence * MIN_CONFIDENCE_SHARE)
    credible = [span for span in trace.ranked if span.confidence >= least]
    credible.sort(key=lambda span: span.candidate.document.date or date.min, reverse=True)
    return (*credible, *(span for span in trace.ranked if span.confidence < least))


def _count_documents(trace: Trace, members: Sequence[int], calibration: Calibration) -> int:
    """How many articles say one of ``members`` in the same words, those included that were not ranked for that."""
    said = {_fold_words(trace.ranked[member].candidate, trace.ranked[member].reading) for member in members}
    least = trace.ranked[0].confidence * MIN_CONFIDENCE_SHARE
    return len(
        {
            candidate.document.id
            for candidate in trace.candidates
            for reading in candidate.readings
            if _fold_words(candidate, reading) in said
            and find_confidence(reading.margin, score=candidate.match.score, calibration=calibration) >= least
        }
    )


def _fold_words(candidate: Candidate, reading: Reading) -> str:
    text = reading.span.of(candidate.document.text)
    return " ".join(fold(word.of(text)) for word in find_words(text))


def find_notes(ranked: RankedSpan, reader: Reader) -> tuple[Note, ...]:
    """Who and when is meant in a span and its sentence, as far as its document tells for sure."""
    document, span = ranked.candidate.document, ranked.reading.span
    around = [s for s in find_sentences_within(document, ranked.candidate.passage.span) if s.overlaps(span)]
    within = Span(around[0].start, around[-1].end) if around else span
    notes = [
        Note("antecedent", found.mention, found.text, found.name, found.name_span, found.describe(document.text))
        for found in find_antecedents(document.text, within=within, ask=partial(_ask, reader, document))
    ]
    if document.date is None:
        return tuple(notes)
    from askbrief.answer.time import find_time_notes  # loads the rules of dates: not for an undated article

    for found in find_time_notes(document.text, article=document.date, within=within):
        meaning = " or ".join(period.describe() for period in found.periods)
        notes.append(Note("date", found.span, found.text, meaning, None, found.describe()))
    return tuple(notes)


def _ask(reader: Reader, document: Document, question: str, part: Span) -> list[tuple[Span, float]]:
    """What the reader finds in a part of an article, read by paragraphs and without the title; best first."""
    untitled = replace(document, title="")
    passages = [(untitled, Passage(document.id, s, s.of(document.text))) for s in _iter_paragraphs(document.text, part)]
    if not passages:
        return []
    found = [reading for readings in reader.read(question, passages) for reading in readings]
    return sorted(((reading.span, reading.margin) for reading in found), key=lambda pair: -pair[1])


def _iter_paragraphs(text: str, part: Span) -> Iterator[Span]:
    """Whole paragraphs of a part of a text, joined up to ``READ_AT_ONCE`` characters."""
    start = at = part.start
    while at < part.end:
        found = text.find("\n\n", at, part.end)
        at = found + 2 if found >= 0 else part.end
        if at - start >= READ_AT_ONCE or at == part.end:
            yield Span(start, at)
            start = at


def _conclude_polar(trace: Trace, encoder: Encoder, reader: Reader) -> Trace:
    """The sentence that speaks to a yes/no question, as the only span; no yes or no of ours."""
    found = [
        (candidate, sentence)
        for candidate in trace.candidates
        for sentence in find_sentences_within(candidate.document, candidate.passage.span)
    ]
    statements = _build_statements(trace.searched, found, encoder)
    chosen = choose_statement(trace.searched, statements)
    if chosen is None:
        return replace(trace, ranked=(), outcome=_judge_nearness(trace))
    candidate, sentence = found[chosen]
    score = score_statement(trace.searched, statements[chosen])
    confidence = 1 / (1 + math.exp(-(score - MIN_SCORE) / 4))
    ranked = RankedSpan(candidate, Reading(sentence, statements[chosen].margin), confidence)
    return replace(trace, ranked=(ranked,), outcome="statement", notes=find_notes(ranked, reader))


def _build_statements(question: str, found: Sequence[tuple[Candidate, Span]], encoder: Encoder) -> list[Statement]:
    asked = encoder.encode_question(question)
    texts = [sentence.of(candidate.document.text) for candidate, sentence in found]
    statements = []
    for (candidate, sentence), text, vector in zip(found, texts, encoder.encode_passages(texts), strict=True):
        margins = [reading.margin for reading in candidate.readings if reading.span.overlaps(sentence)]
        statements.append(Statement(text, max(margins, default=UNREAD_MARGIN), float(vector @ asked)))
    return statements


def _judge_nearness(trace: Trace) -> Outcome:
    """Whether anything that was found is near the question."""
    asked = find_stems(trace.searched)
    for candidate in trace.candidates:
        if candidate.match.cosine >= NEAR_COSINE:
            return "no_short_answer"
        shared = len(asked & find_stems(f"{candidate.document.title} {candidate.passage.text}"))
        if shared >= 2 and shared >= NEAR_SHARE * len(asked):
            return "no_short_answer"
    return "not_in_documents"


def _build_found(ranked: RankedSpan) -> Found:
    document, span = ranked.candidate.document, ranked.reading.span
    around = [s for s in find_sentences_within(document, ranked.candidate.passage.span) if s.overlaps(span)]
    sentence = Span(around[0].start, around[-1].end).of(document.text) if around else span.of(document.text)
    published: date | None = document.date
    return Found(span.of(document.text), sentence, document.id, published, ranked.confidence, span.start)
