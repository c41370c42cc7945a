"""Answers and hits as text for people and as JSON for programs. Writes nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from askbrief.text.display import count_noun, one_line, printable, shorten
from askbrief.types import Answer, AnswerSpan, Freshness, Hit

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
