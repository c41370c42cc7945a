"""Sentences of a document, none of which leaves its block."""

from __future__ import annotations

from askbrief.text.segment import find_sentences
from askbrief.types import Document, Span


def find_blocks_within(document: Document, within: Span) -> list[Span]:
    """The blocks of ``document`` as far as they lie in ``within``, in order; all of it where it has no blocks."""
    if not document.blocks:
        return [within]
    found = ((max(block.start, within.start), min(block.end, within.end)) for block in document.blocks)
    return [Span(start, end) for start, end in found if start < end]


def find_sentences_within(document: Document, within: Span) -> list[Span]:
    """The sentences of ``document`` as far as they lie in ``within``, in order, as spans of its text."""
    return [
        Span(block.start + sentence.start, block.start + sentence.end)
        for block in find_blocks_within(document, within)
        for sentence in find_sentences(block.of(document.text))
    ]
