"""Schema 1: answers, passages and explanations as JSON, written and read by one set of typed records."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, convert, to_builtins
from msgspec.json import decode
from msgspec.structs import replace

from askbrief.errors import AskbriefError
from askbrief.text.display import printable
from askbrief.types import (
    AgreementKind,
    Answer,
    AnswerGroup,
    AnswerSpan,
    Candidate,
    Freshness,
    Hit,
    Mentions,
    Note,
    Outcome,
    Passage,
    Place,
    PlaceKind,
    RankedSpan,
    Span,
    Trace,
)

SCHEMA = 1


class PlaceFields(Struct, frozen=True, kw_only=True):
    """Where something is in the original: a page, a row, a message, a time."""

    kind: PlaceKind
    number: int | None = None
    label: str = ""


class AnswerSpanFields(Struct, frozen=True, kw_only=True):
    """The words of an answer, where they are, and the sentence around them."""

    text: str
    confidence: float = 0.0
    document: str = ""
    path: str
    title: str = ""
    date: datetime.date | None = None
    start: int
    end: int
    line: int | None = None
    column: int | None = None
    places: tuple[PlaceFields, ...] = ()
    member: str = ""
    doubt: str = ""
    sentence: str
    sentence_start: int
    score: float = 0.0


class HitFields(Struct, frozen=True, kw_only=True):
    """A passage with its scores."""

    document: str
    path: str
    title: str = ""
    date: datetime.date | None = None
    line: int | None = None
    places: tuple[PlaceFields, ...] = ()
    member: str = ""
    start: int
    end: int
    text: str
    score: float
    cosine: float
    bm25: float


class SkippedFields(Struct, frozen=True, kw_only=True):
    """A file that is not in the index, and why."""

    path: str
    reason: str


class FreshnessFields(Struct, frozen=True, kw_only=True):
    """What an answer was checked against; shards are there where the index has some."""

    generation: int = 0
    documents: int = 0
    passages: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    renamed: int = 0
    skipped: tuple[SkippedFields, ...] = ()
    checked: bool = False
    shards: int | UnsetType = UNSET
    missing: tuple[int, ...] | UnsetType = UNSET


class ReadSpanFields(Struct, frozen=True, kw_only=True):
    """A span that the reader proposed; ``confidence`` is null where a better span says the same."""

    text: str
    start: int
    end: int
    margin: float
    confidence: float | None


class CandidateFields(Struct, frozen=True, kw_only=True):
    """A passage that was read: its scores, its place in either search (0: not found by it), and its spans."""

    path: str
    line: int | None = None
    score: float
    cosine: float
    dense_rank: int
    bm25: float
    lexical_rank: int
    spans: tuple[ReadSpanFields, ...]
    read_twice: bool = False


class ExplanationFields(Struct, frozen=True, kw_only=True):
    """How a question was answered: a view of its trace."""

    verdict: str
    matches: int
    dense_weight: float
    min_confidence: float
    candidates: tuple[CandidateFields, ...]


class NoteFields(Struct, frozen=True, kw_only=True):
    """Who or when an expression in the best answer's sentence means."""

    kind: Literal["antecedent", "date"]
    text: str
    start: int
    end: int
    meaning: str
    source_start: int | None = None
    source_end: int | None = None
    description: str


class GroupFields(Struct, frozen=True, kw_only=True):
    """Answers that say the same; ``members`` count in ``answers``, from 0."""

    text: str
    members: tuple[int, ...]
    date: datetime.date | None = None
    documents: int


class MentionsFields(Struct, frozen=True, kw_only=True):
    """How often the articles have the phrase whose mentions were asked for."""

    phrase: str
    count: int
    documents: int


class AnswerFields(Struct, frozen=True, kw_only=True):
    """An answer. Fields may be added, never changed; what is not required may be missing in what is read."""

    schema: int
    question: str
    searched: str = ""
    answered: bool
    confidence: float = 0.0
    answers: tuple[AnswerSpanFields, ...]
    passages: tuple[HitFields, ...] = ()
    freshness: FreshnessFields = FreshnessFields()
    timings_ms: dict[str, float] = {}
    outcome: Outcome | None = None
    agreement: AgreementKind = "one"
    groups: tuple[GroupFields, ...] = ()
    notes: tuple[NoteFields, ...] = ()
    asked: str = ""
    how: str = "as typed"
    focus: str = ""
    candidates: tuple[str, ...] = ()
    offered: str = ""
    filters: str = ""
    filtered: str = ""
    mentions: MentionsFields | UnsetType = UNSET
    nearest: HitFields | UnsetType = UNSET
    explanation: ExplanationFields | UnsetType = UNSET


def answer_as_json(answer: Answer, *, explained: Trace | None = None, verdict: str = "") -> str:
    """An answer as one line of JSON, schema 1.

    Args:
        answer: What to write.
        explained: The trace that it is a view of, where its explanation is to be written too.
        verdict: The explanation in a sentence.
    """
    nearest = answer.nearest if not answer.answered else None
    return as_json(
        AnswerFields(
            schema=SCHEMA,
            question=answer.question,
            searched=answer.searched,
            answered=answer.answered,
            confidence=round(answer.confidence, 4),
            answers=tuple(map(_build_answer_span_fields, answer.answers)),
            passages=tuple(map(_build_hit_fields, answer.hits)),
            freshness=build_freshness_fields(answer.freshness),
            timings_ms=dict(answer.timings_ms),
            outcome=answer.outcome,
            agreement=answer.agreement,
            groups=tuple(
                GroupFields(text=group.text, members=group.members, date=group.date, documents=group.documents)
                for group in answer.groups
            ),
            notes=tuple(map(_build_note_fields, answer.notes)),
            asked=answer.question,
            how=answer.how,
            focus=answer.focus,
            candidates=answer.rewrites,
            offered=answer.offered,
            filters=answer.filters,
            filtered=answer.filtered,
            mentions=convert(answer.mentions, MentionsFields, from_attributes=True) if answer.mentions else UNSET,
            nearest=_build_hit_fields(nearest) if nearest else UNSET,
            explanation=_build_explanation(explained, verdict) if explained else UNSET,
        )
    )


def load_answer(line: str | bytes) -> Answer:
    """The answer that ``answer_as_json`` wrote as ``line``; what that rounds is rounded, and rows are 0.

    Raises:
        ValueError: It is no such line; the message says why.
    """
    try:
        fields = decode(line, type=AnswerFields)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if fields.schema != SCHEMA:
        raise ValueError(f"its schema is {fields.schema}, and only {SCHEMA} is known")
    if fields.answered != bool(fields.answers):
        raise ValueError("answered and answers do not agree")
    answers, hits = tuple(map(_load_answer_span, fields.answers)), tuple(map(_load_hit, fields.passages))
    nearest = None if isinstance(fields.nearest, UnsetType) else _load_hit(fields.nearest)
    if answers:
        nearest = next((hit for hit in hits if _holds(hit, answers[0])), None)
    return Answer(
        question=fields.question,
        searched=fields.searched,
        answers=answers,
        hits=hits,
        confidence=fields.confidence,
        nearest=nearest,
        freshness=convert(to_builtins(fields.freshness), Freshness),
        timings_ms=fields.timings_ms,
        outcome=fields.outcome or ("answered" if answers else "no_short_answer"),
        agreement=fields.agreement,
        groups=tuple(AnswerGroup(g.text, g.members, g.date, g.documents) for g in fields.groups),
        notes=tuple(map(_load_note, fields.notes)),
        how=fields.how,
        focus=fields.focus,
        rewrites=fields.candidates,
        offered=fields.offered,
        filters=fields.filters,
        filtered=fields.filtered,
        mentions=convert(fields.mentions, Mentions, from_attributes=True) if fields.mentions else None,
    )


def hits_as_json(query: str, hits: Sequence[Hit]) -> str:
    """Passages as one line of JSON, schema 1."""
    return as_json({"schema": SCHEMA, "query": query, "passages": tuple(map(_build_hit_fields, hits))})


def error_as_json(question: str, error: AskbriefError) -> str:
    """What stands in place of an answer to a question that could not be asked, as one line of JSON, schema 1."""
    head = {"schema": SCHEMA, "question": question, "answered": False, "answers": ()}
    return as_json(head | {"error": error.message, "hint": error.hint})


def as_json(fields: Struct | dict[str, Any]) -> str:
    """One line of JSON; characters outside ASCII stay as they are, but for those that would steer a terminal."""
    line = json.dumps(to_builtins(fields), ensure_ascii=False)
    return "".join(
        f"\\u{ord(char):04x}" if safe != char else char for char, safe in zip(line, printable(line), strict=True)
    )


def freshness_as_json(freshness: Freshness) -> str:
    """The state of an index as one line of JSON, schema 1."""
    return as_json({"schema": SCHEMA} | to_builtins(build_freshness_fields(freshness)))


def build_freshness_fields(freshness: Freshness) -> FreshnessFields:
    """What an answer was checked against, for JSON."""
    fields = convert(freshness, FreshnessFields, from_attributes=True)
    return fields if freshness.shards else replace(fields, shards=UNSET, missing=UNSET)


def _build_explanation(trace: Trace, verdict: str) -> ExplanationFields:
    return ExplanationFields(
        verdict=verdict,
        matches=len(trace.matches),
        dense_weight=trace.dense_weight,
        min_confidence=trace.min_confidence,
        candidates=tuple(_build_candidate_fields(candidate, trace.ranked) for candidate in trace.candidates),
    )


def _build_candidate_fields(candidate: Candidate, ranked: Sequence[RankedSpan]) -> CandidateFields:
    document, match = candidate.document, candidate.match
    confidences = {span.reading.span: span.confidence for span in ranked if span.candidate.match == match}
    return CandidateFields(
        path=document.path,
        line=document.text.count("\n", 0, candidate.passage.span.start) + 1,
        score=round(match.score, 4),
        cosine=round(match.cosine, 4),
        dense_rank=match.dense_rank,
        bm25=round(match.bm25, 4),
        lexical_rank=match.lexical_rank,
        spans=tuple(
            ReadSpanFields(
                text=reading.span.of(document.text),
                start=reading.span.start,
                end=reading.span.end,
                margin=round(reading.margin, 4),
                confidence=round(confidences[reading.span], 4) if reading.span in confidences else None,
            )
            for reading in candidate.readings
        ),
        read_twice=candidate.is_read_twice,
    )


def _build_answer_span_fields(span: AnswerSpan) -> AnswerSpanFields:
    return AnswerSpanFields(
        text=span.text,
        confidence=round(span.confidence, 4),
        document=span.document_id,
        path=span.path,
        title=span.title,
        date=span.date,
        start=span.span.start,
        end=span.span.end,
        line=span.line,
        column=span.column,
        places=_build_places(span.places),
        member=span.member,
        doubt=span.doubt,
        sentence=span.sentence_text,
        sentence_start=span.sentence.start,
        score=round(span.score, 4),
    )


def _build_note_fields(note: Note) -> NoteFields:
    return NoteFields(
        kind=note.kind,
        text=note.text,
        start=note.span.start,
        end=note.span.end,
        meaning=note.meaning,
        source_start=note.source.start if note.source else None,
        source_end=note.source.end if note.source else None,
        description=note.description,
    )


def _load_note(fields: NoteFields) -> Note:
    source = None
    if fields.source_start is not None and fields.source_end is not None:
        source = Span(fields.source_start, fields.source_end)
    span = Span(fields.start, fields.end)
    return Note(fields.kind, span, fields.text, fields.meaning, source, fields.description)


def _build_hit_fields(hit: Hit) -> HitFields:
    return HitFields(
        document=hit.passage.document_id,
        path=hit.path,
        title=hit.title,
        date=hit.date,
        line=hit.line,
        places=_build_places(hit.places),
        member=hit.member,
        start=hit.passage.span.start,
        end=hit.passage.span.end,
        text=hit.passage.text,
        score=round(hit.score, 4),
        cosine=round(hit.cosine, 4),
        bm25=round(hit.bm25, 4),
    )


def _load_answer_span(fields: AnswerSpanFields) -> AnswerSpan:
    text, sentence = fields.text, fields.sentence
    within = fields.start - fields.sentence_start
    is_inside = 0 <= fields.sentence_start <= fields.start and sentence.startswith(text, within)
    if not (text.strip() and is_inside and fields.end == fields.start + len(text)):
        raise ValueError("its words are not where it says in its sentence")
    return AnswerSpan(
        text=text,
        confidence=fields.confidence,
        document_id=fields.document,
        path=fields.path,
        title=fields.title,
        date=fields.date,
        span=Span(fields.start, fields.end),
        sentence=Span(fields.sentence_start, fields.sentence_start + len(sentence)),
        sentence_text=sentence,
        line=fields.line,
        column=fields.column,
        score=fields.score,
        places=_load_places(fields.places, start=fields.start),
        member=fields.member,
        doubt=fields.doubt,
    )


def _load_hit(fields: HitFields) -> Hit:
    return Hit(
        passage=Passage(fields.document, Span(fields.start, fields.end), fields.text),
        path=fields.path,
        line=fields.line,
        row=0,
        score=fields.score,
        cosine=fields.cosine,
        bm25=fields.bm25,
        places=_load_places(fields.places, start=fields.start),
        member=fields.member,
        title=fields.title,
        date=fields.date,
    )


def _build_places(places: Sequence[Place]) -> tuple[PlaceFields, ...]:
    return tuple(PlaceFields(kind=place.kind, number=place.number, label=place.label) for place in places)


def _load_places(fields: Sequence[PlaceFields], *, start: int) -> tuple[Place, ...]:
    """Places as they were written: without their ends."""
    return tuple(Place(start, start, field.kind, field.number, field.label) for field in fields)


def _holds(hit: Hit, answer: AnswerSpan) -> bool:
    return hit.passage.document_id == answer.document_id and hit.passage.span.contains(answer.span)
