"""What the copy keys copy. Pure; the characters are the file's own."""

from __future__ import annotations

from askbrief.tui.citation import cite
from askbrief.types import AnswerSpan, Document


def build_quote(span: AnswerSpan) -> str:
    """The sentence of an answer, verbatim and in quotes, and where it stands."""
    return f"“{span.sentence_text}” ({cite(span)})"


def build_footnote(span: AnswerSpan, *, number: int, document: Document | None) -> str:
    """An answer as Markdown, its citation as a footnote.

    Args:
        span: The answer.
        number: Number of the footnote.
        document: The article, where it is known: it may state its outlet and link.
    """
    from askbrief.conversations.origin import find_origin
    from askbrief.output.markdown import span_as_markdown

    origin = find_origin(document.title, document.text) if document is not None else None
    return span_as_markdown(span, note=number, origin=origin)
