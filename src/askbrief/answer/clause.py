"""Clauses: the answers to why and how."""

from __future__ import annotations

from askbrief.text.patterns import compiled
from askbrief.types import Span

_ASKS_FOR_CLAUSE = (
    r"(?i)\s*(?:why\b|for what reason|how\s+"
    r"(?:did|does|do|is|are|was|were|can|could|has|have|had|will|would|should|come)\b)"
)
_CONNECTIVE = (
    r"(?i)\b(?:because(?: of)?|due to|owing to|thanks to|since|so that|in order to|by|through|to)\s"
    r"(?:[^\s,;:.()]+\s){0,2}$"
)
_CLAUSE_END = r"[,:](?!\d)|[;()\[\]—–\n]|[.!?](?:[\s\[]|$|[”’\"'])"
_MAX_WIDENING_WORDS = 12


def asks_for_clause(question: str) -> bool:
    """Whether ``question`` asks why, or how something happens: a clause answers it, not a name or number."""
    return compiled(_ASKS_FOR_CLAUSE).match(question) is not None


def widen_to_clause(text: str, span: Span, *, within: Span) -> Span:
    """``span`` with the "because of" or "by" before it, and on to the end of its clause if that is near."""
    start, end = span.start, span.end
    if before := compiled(_CONNECTIVE).search(text[max(within.start, start - 60) : start]):
        start -= len(before[0])
    after = compiled(_CLAUSE_END).search(text, end, within.end)
    rest = text[end : after.start() if after else within.end]
    if len(rest.split()) <= _MAX_WIDENING_WORDS:
        end += len(rest.rstrip())
    return Span(start, end)
