"""Schema 1: answers and hits as JSON, written and read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from askbrief.text.display import printable
from askbrief.types import Answer, AnswerSpan, Freshness, Hit, Passage, SkippedFile, Span

SCHEMA = 1


def answer_as_json(answer: Answer) -> str:
    """An answer as one line of JSON, schema 1."""
    fields: dict[str, Any] = {
        "schema": SCHEMA,
        "question": answer.question,
        "searched": answer.searched,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "answers": [_answer_span_fields(span) for span in answer.answers],
        "passages": [_hit_fields(hit) for hit in answer.hits],
        "freshness": freshness_fields(answer.freshness),
        "timings_ms": dict(answer.timings_ms),
    }
    if not answer.answered and answer.nearest is not None:
        fields["nearest"] = _hit_fields(answer.nearest)
    return as_json(fields)


def load_answer(line: str) -> Answer:
    """The answer that ``answer_as_json`` wrote as ``line``; what that rounds is rounded, and rows are 0.

    Raises:
        ValueError: It is no such line.
    """
    try:
        fields = json.loads(line)
        answers = tuple(map(_load_answer_span, fields["answers"]))
        hits = tuple(map(_load_hit, fields["passages"]))
        nearest = _load_hit(fields["nearest"]) if "nearest" in fields else None
        if answers:
            nearest = next((hit for hit in hits if _holds(hit, answers[0])), None)
        return Answer(
            question=fields["question"],
            searched=fields["searched"],
            answers=answers,
            hits=hits,
            confidence=fields["confidence"],
            nearest=nearest,
            freshness=_load_freshness(fields["freshness"]),
            timings_ms=fields["timings_ms"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an answer of schema {SCHEMA}: {error!r}") from error


def hits_as_json(query: str, hits: Sequence[Hit]) -> str:
    """Passages as one line of JSON, schema 1."""
    return as_json({"schema": SCHEMA, "query": query, "passages": [_hit_fields(hit) for hit in hits]})


def as_json(fields: dict[str, Any]) -> str:
    """One line of JSON; characters outside ASCII stay as they are, but for those that would steer a terminal."""
    line = json.dumps(fields, ensure_ascii=False)
    return "".join(
        f"\\u{ord(char):04x}" if safe != char else char for char, safe in zip(line, printable(line), strict=True)
    )


def freshness_fields(freshness: Freshness) -> dict[str, Any]:
    """What an answer was checked against, for JSON."""
    return {
        "generation": freshness.generation,
        "documents": freshness.documents,
        "passages": freshness.passages,
        "added": freshness.added,
        "changed": freshness.changed,
        "removed": freshness.removed,
        "renamed": freshness.renamed,
        "skipped": [{"path": file.path, "reason": file.reason} for file in freshness.skipped],
        "checked": freshness.checked,
    }


def _answer_span_fields(span: AnswerSpan) -> dict[str, Any]:
    return {
        "text": span.text,
        "confidence": round(span.confidence, 4),
        "document": span.document_id,
        "path": span.path,
        "title": span.title,
        "date": span.date.isoformat() if span.date else None,
        **_span_fields(span.span),
        "line": span.line,
        "column": span.column,
        "sentence": span.sentence_text,
        "sentence_start": span.sentence.start,
        "score": round(span.score, 4),
    }


def _hit_fields(hit: Hit) -> dict[str, Any]:
    return {
        "document": hit.passage.document_id,
        "path": hit.path,
        "line": hit.line,
        **_span_fields(hit.passage.span),
        "text": hit.passage.text,
        "score": round(hit.score, 4),
        "cosine": round(hit.cosine, 4),
        "bm25": round(hit.bm25, 4),
    }


def _load_answer_span(fields: dict[str, Any]) -> AnswerSpan:
    sentence_start = fields["sentence_start"]
    return AnswerSpan(
        text=fields["text"],
        confidence=fields["confidence"],
        document_id=fields["document"],
        path=fields["path"],
        title=fields["title"],
        date=date.fromisoformat(fields["date"]) if fields["date"] else None,
        span=Span(fields["start"], fields["end"]),
        sentence=Span(sentence_start, sentence_start + len(fields["sentence"])),
        sentence_text=fields["sentence"],
        line=fields["line"],
        column=fields["column"],
        score=fields["score"],
    )


def _load_hit(fields: dict[str, Any]) -> Hit:
    return Hit(
        passage=Passage(fields["document"], Span(fields["start"], fields["end"]), fields["text"]),
        path=fields["path"],
        line=fields["line"],
        row=0,
        score=fields["score"],
        cosine=fields["cosine"],
        bm25=fields["bm25"],
    )


def _load_freshness(fields: dict[str, Any]) -> Freshness:
    return Freshness(
        generation=fields["generation"],
        documents=fields["documents"],
        passages=fields["passages"],
        added=fields["added"],
        changed=fields["changed"],
        removed=fields["removed"],
        renamed=fields.get("renamed", 0),
        skipped=tuple(SkippedFile(file["path"], file["reason"]) for file in fields["skipped"]),
        checked=fields["checked"],
    )


def _holds(hit: Hit, answer: AnswerSpan) -> bool:
    return hit.passage.document_id == answer.document_id and hit.passage.span.contains(answer.span)


def _span_fields(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}
