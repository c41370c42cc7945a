"""The explanation of an answer: a sentence, the table of what was read, and the formulas last."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from askbrief.output.explanation import describe_trace
from askbrief.output.text import describe_confidence
from askbrief.text.display import one_line
from askbrief.text.segment import find_words, fold
from askbrief.tui.citation import cut
from askbrief.tui.highlights import find_asked
from askbrief.tui.lit import plain
from askbrief.types import RankedSpan, Trace

_WORDS_COLUMNS, _TITLE_COLUMNS = 26, 34
_MAX_NAMED = 4
_CLOSE, _FAR = 0.1, 0.4
"""Differences of confidence: below the first two answers are close, above the second far apart."""


def build_explanation(trace: Trace) -> list[Widget]:
    """The parts of the explanation, top to bottom."""
    return [
        Static(plain(trace.question), classes="question"),
        Static(plain(describe_reason(trace)), classes="reason"),
        Static(build_table(trace), classes="table"),
        Static(plain(describe_trace(trace)[-1]), classes="formulas"),
    ]


def describe_reason(trace: Trace) -> str:
    """Why there is this answer, or none, in one sentence."""
    if not trace.candidates:
        return "There is no answer: no passage was found."
    if not trace.ranked:
        return f"There is no answer: in the {len(trace.candidates)} nearest passages no words answer the question."
    best, *others = trace.ranked
    if not trace.is_answered:
        return (
            f"There is no answer: the best words found, “{_quote(best, 60)}”, are too unlikely to answer the question."
        )
    reason = f"“{_quote(best, 60)}” was chosen"
    if named := find_named(trace.question, best):
        reason += f" because its passage names {_join(named)}"
    if not others:
        return f"{reason}; no other words came into question."
    difference = best.confidence - others[0].confidence
    how = "close behind" if difference < _CLOSE else "far behind" if difference > _FAR else "behind"
    return f"{reason}; the next best, “{_quote(others[0], 40)}”, was {how}."


def find_named(question: str, ranked: RankedSpan) -> list[str]:
    """The question's own words that the passage of a span has, in the order of the question."""
    passage = ranked.candidate.passage.text
    there = {fold(span.of(passage)) for span in find_asked(passage, question)}
    words = (span.of(question) for span in find_words(question))
    return [word for word in dict.fromkeys(words) if any(known.startswith(fold(word)) for known in there)][:_MAX_NAMED]


def build_table(trace: Trace) -> Content:
    """The spans of the passages that were read, best first, and the passages without one."""
    lines = [Content.styled(_columns("", "Words", "In", "Confidence", "Search"), "bold")]
    for number, ranked in enumerate(trace.ranked[:10], start=1):
        title = ranked.candidate.document.title or ranked.candidate.document.path
        word = describe_confidence(ranked.confidence)
        cells = _columns(
            str(number), _quote(ranked, _WORDS_COLUMNS), title, word, f"{ranked.candidate.match.score:.2f}"
        )
        is_answer = trace.is_answered and number == 1
        lines.append(plain(cells).stylize("bold $text-success") if is_answer else plain(cells))
    read = {ranked.candidate.match.row for ranked in trace.ranked[:10]}
    for candidate in trace.candidates:
        if candidate.match.row not in read:
            title = candidate.document.title or candidate.document.path
            cells = _columns("–", "no words that answer", title, "", f"{candidate.match.score:.2f}")
            lines.append(plain(cells).stylize("dim"))
    return Content("\n").join(lines)


def _columns(number: str, words: str, title: str, confidence: str, search: str) -> str:
    title = cut(title, _TITLE_COLUMNS)
    return f"{number:>2}  {words:{_WORDS_COLUMNS}}  {title:{_TITLE_COLUMNS}}  {confidence:10}  {search:>6}"


def _quote(ranked: RankedSpan, columns: int) -> str:
    return cut(one_line(ranked.reading.span.of(ranked.candidate.document.text)), columns)


def _join(words: list[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
