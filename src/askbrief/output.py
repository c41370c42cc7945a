"""Answers and hits as text for people and as JSON for programs. Writes nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from rich.console import Console
from rich.text import Text

from askbrief.datatypes import Answer, AnswerSpan, Freshness, Hit, Passage, SkippedFile, Span
from askbrief.text import count_noun, one_line, printable, shorten

SCHEMA = 1
SPAN_STYLE = "bold black on yellow"
_ANSWER_STYLE, _SOURCE_STYLE, _PATH_STYLE = "bold", "dim", "cyan"
_NEAREST_CHARACTERS = 300
_BETWEEN = Text("\n\n")


def describe_confidence(confidence: float) -> str:
    """A probability in [0, 1] as a word and a number."""
    word = "high" if confidence >= 0.7 else "medium" if confidence >= 0.4 else "low"
    return f"{word} confidence ({confidence:.0%})"


def render_answer(answer: Answer, *, width: int | None = None) -> Text:
    """An answer for people: the words, their sentence with the words lit, the source; or "not in these documents".

    Args:
        answer: What to show.
        width: Columns to wrap lines at; None does not wrap.
    """
    if not answer.answered:
        return _render_no_answer(answer, width=width)
    blocks = []
    for number, span in enumerate(answer.answers, start=1):
        label = f"{number}. " if len(answer.answers) > 1 else ""
        date = f" · {span.date}" if span.date else ""
        source = _render_source(span.path, span.line)
        source.append(f"{date} · {describe_confidence(span.confidence)}", style=_SOURCE_STYLE)
        blocks += [
            _wrap(Text(label + one_line(span.text), style=_ANSWER_STYLE), width=width),
            _wrap(light_up(span), width=width, indent=2),
            _wrap(source, width=width, indent=2),
        ]
    return _BETWEEN.join([*blocks, _render_basis(answer, width=width)]).append("\n")


def light_up(span: AnswerSpan) -> Text:
    """The sentence of an answer with its words lit; the characters are the file's own, control characters apart."""
    text = Text(one_line(span.sentence_text))
    start = span.span.start - span.sentence.start
    text.stylize(SPAN_STYLE, start, start + len(span.span))
    return text


def render_hits(hits: Sequence[Hit], *, width: int | None = None) -> Text:
    """Passages for people, best first, each with its source and scores; ``width`` as in ``render_answer``."""
    if not hits:
        return Text("No passage found.\n")
    blocks = []
    for number, hit in enumerate(hits, start=1):
        head = Text(f"{number}. ", style=_ANSWER_STYLE).append_text(_render_source(hit.path, hit.line))
        head.append(f" · score {hit.score:.2f} (cosine {hit.cosine:.2f}, BM25 {hit.bm25:.1f})", style=_SOURCE_STYLE)
        blocks += [_wrap(head, width=width), _wrap(Text(one_line(hit.passage.text)), width=width, indent=2)]
    return _BETWEEN.join(blocks).append("\n")


def describe_basis(freshness: Freshness) -> str:
    """One line: what an answer was checked against."""
    documents = count_noun(freshness.documents, "document")
    if not freshness.checked:
        return f"not checked against the folder: from the index as it is, {documents}"
    return ", ".join([f"checked against the folder: {documents}", *_describe_changes(freshness)])


def describe_freshness(freshness: Freshness) -> str:
    """One line: what the index holds, and what the last refresh changed."""
    parts = [count_noun(freshness.documents, "document"), count_noun(freshness.passages, "passage")]
    parts += _describe_changes(freshness) or ["nothing changed"]
    if freshness.skipped:
        parts.append(f"{count_noun(len(freshness.skipped), 'file')} skipped")
    return ", ".join(parts)


def _describe_changes(freshness: Freshness) -> list[str]:
    changes = {name: getattr(freshness, name) for name in ("added", "changed", "renamed", "removed")}
    return [f"{count:,} {name}" for name, count in changes.items() if count]


def describe_skipped(freshness: Freshness) -> list[str]:
    """One line for each file that could not be read."""
    return [one_line(f"skipped {file.path}: it {file.reason}") for file in freshness.skipped]


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


def _render_no_answer(answer: Answer, *, width: int | None) -> Text:
    blocks = [_wrap(Text("Not in these documents.", style=_ANSWER_STYLE), width=width)]
    if (hit := answer.nearest) is not None:
        source = _render_source(hit.path, hit.line)
        source.append(f" · {answer.confidence:.0%} likely to hold the answer", style=_SOURCE_STYLE)
        blocks += [
            Text("The nearest passage:"),
            _wrap(Text(shorten(printable(hit.passage.text), _NEAREST_CHARACTERS)), width=width, indent=2),
            _wrap(source, width=width, indent=2),
        ]
    return _BETWEEN.join([*blocks, _render_basis(answer, width=width)]).append("\n")


def _render_basis(answer: Answer, *, width: int | None) -> Text:
    return _wrap(Text(describe_basis(answer.freshness), style=_SOURCE_STYLE), width=width, indent=2)


def _wrap(text: Text, *, width: int | None, indent: int = 0) -> Text:
    """``text`` indented by ``indent`` columns and wrapped to at most ``width``, without blanks at the ends of lines."""
    margin = " " * indent
    if width is None:
        return Text(margin).append_text(text)
    lines = text.wrap(Console(width=width), max(10, width - indent))
    for line in lines:
        line.rstrip()
    return Text("\n").join(Text(margin).append_text(line) for line in lines)


def _render_source(path: str, line: int) -> Text:
    return Text.assemble((one_line(f"{path}:{line}"), _PATH_STYLE))


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
