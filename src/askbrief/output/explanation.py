"""Explanations: how a question was answered, or why it was not, as text for people."""

from __future__ import annotations

from rich.text import Text

from askbrief.answer.pipeline import build_hits
from askbrief.output.layout import MEASURE, wrap
from askbrief.output.location import describe_location
from askbrief.text.display import one_line, shorten
from askbrief.types import Candidate, RankedSpan, Trace

_SPANS = 3
_QUOTE_CHARACTERS = 70


def describe_trace(trace: Trace, *, width: int | None = None) -> list[str]:
    """Lines: the verdict first, then each passage that was read with its scores and spans, the formulas last.

    Args:
        trace: What happened.
        width: Columns that locations are shortened to; None does not shorten.
    """
    lines = [describe_verdict(trace), ""]
    for number, candidate in enumerate(trace.candidates, start=1):
        lines += _describe_candidate(number, candidate, trace, width=width)
    lexical_weight = 1 - trace.dense_weight
    lines += [
        "",
        f"{len(trace.matches):,} candidates from dense and lexical search. Score = {trace.dense_weight:g} × cosine +"
        f" {lexical_weight:g} × BM25, each scaled to 0…1 over the candidates. The reader read the best"
        f" {len(trace.candidates)}{_describe_second_look(trace)}: the margin of a span is its log-odds against “not"
        " here”; margin and score together give the probability.",
    ]
    return lines


def _describe_second_look(trace: Trace) -> str:
    again = sum(candidate.is_read_twice for candidate in trace.candidates)
    return f", and a larger reader {again} of them again" if again else ""


def render_trace(trace: Trace, *, width: int | None = None) -> Text:
    """``describe_trace`` for a terminal of ``width`` columns; None does not wrap."""
    lines = describe_trace(trace, width=None if width is None else min(width, MEASURE))
    blocks = [wrap(Text(line.lstrip()), width=width, indent=len(line) - len(line.lstrip())) for line in lines]
    return Text("\n").join(blocks).append("\n")


def describe_verdict(trace: Trace) -> str:
    """Why there is an answer, or none."""
    if not trace.candidates:
        return "No passage was found, so there is no answer."
    if not trace.ranked:
        return "The reader found no words that could answer, so there is no answer."
    best = trace.ranked[0]
    words = f"“{_quote(best)}” ranks first with {best.confidence:.0%}"
    if len(trace.ranked) > 1:
        words += f", ahead of “{_quote(trace.ranked[1])}” with {trace.ranked[1].confidence:.0%}"
    if trace.is_answered:
        return f"{words}: at least {trace.min_confidence:.0%}, so it is the answer."
    return f"{words}: below {trace.min_confidence:.0%}, so it is not given as an answer."


def _describe_candidate(number: int, candidate: Candidate, trace: Trace, *, width: int | None) -> list[str]:
    match = candidate.match
    (hit,) = build_hits([candidate])
    score = f" · score {match.score:.2f}" + " · read twice" * candidate.is_read_twice
    room = None if width is None else width - len(f"{number}. {score}")
    lexical = f"BM25 {match.bm25:.1f} (no. {match.lexical_rank})" if match.lexical_rank else "no word in common"
    lines = [
        f"{number}. {describe_location(hit, width=room)}{score}",
        f"   cosine {match.cosine:.2f} (no. {match.dense_rank}) · {lexical}",
    ]
    ranked = [span for span in trace.ranked if span.candidate.match == match]
    lines += [f"   {s.reading.margin:+6.1f} = {s.confidence:4.0%}  “{_quote(s)}”" for s in ranked[:_SPANS]]
    if not candidate.readings:
        lines.append("   no words that could answer")
    elif not ranked:
        lines.append("   only words that a better span has already")
    return lines


def _quote(ranked: RankedSpan) -> str:
    return shorten(one_line(ranked.reading.span.of(ranked.candidate.document.text)), _QUOTE_CHARACTERS)
