"""What the copy keys copy. Pure; the characters are the file's own."""

from __future__ import annotations

from dataclasses import replace

from askbrief.types import Answer, AnswerSpan


def build_quote(span: AnswerSpan) -> str:
    """The sentence of an answer, verbatim and in quotes, and where it stands."""
    return f"“{span.sentence_text}” ({cite(span)})"


def cite(span: AnswerSpan) -> str:
    """Title, path with line, and date, as far as they are known."""
    parts = [span.title, f"{span.path}:{span.line}", span.date.isoformat() if span.date else ""]
    return ", ".join(part for part in parts if part)


def build_footnote(answer: Answer) -> str:
    """The best answer as Markdown, its citation as a footnote."""
    from askbrief.output.markdown import answer_as_markdown

    return answer_as_markdown(replace(answer, answers=answer.answers[:1]))
