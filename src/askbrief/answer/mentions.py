"""Mentions: which articles have a phrase, how often and where, for questions that ask just that.

The words are compared as whole words, without case and accents; word forms and other names do not count.
"""

from __future__ import annotations

import re
from collections.abc import Container

from askbrief.answer.words import word_set
from askbrief.store.generation import Derived
from askbrief.store.store import Store
from askbrief.text.patterns import compiled
from askbrief.text.segment import fold
from askbrief.types import Candidate, Document, Match, Mentions, Passage, RankedSpan, Reading, Span

BLOCK = 500
"""Passages that are loaded at once."""

_ARTICLES = r"(?:articles?|documents?|files?|texts?|stor(?:y|ies)|reports?|notes?|pages?|e?-?mails?|messages?|letters?)"
_MENTION = r"(?:mention(?:s|ed)?|contains?|refers? to)"
_BE = r"(?:is|are|was|were|does|do|did)"
_REQUEST = (
    rf"(?i)(?:(?:in )?(?:which|what|how many) (?:of (?:the|these|my) )?{_ARTICLES} {_MENTION} (?P<which>.+)"
    rf"|(?:list|show|find|count|give)(?: me)? (?:(?:every|all|each|any|the|all the) )?mentions? of (?P<list>.+)"
    rf"|(?:list|show|find|count)(?: me)? (?:(?:every|all|each|the|all the) )?{_ARTICLES}"
    rf" (?:that |which |with )?(?:{_MENTION}|mentioning|containing) (?P<articles>.+)"
    rf"|(?:where|how often|how many times|in (?:which|what|how many) {_ARTICLES}) {_BE} (?P<where>.+?) mentioned"
    rf"|where (?:do|does) (?:the |these |my )?{_ARTICLES} mention (?P<places>.+))"
)
_NEEDED = ("mention", "contain", "refer")
"""A request has at least one of these."""
_TAIL = rf"(?i)\s+in (?:the|these|my|all|any)(?: of (?:the|these|my))? {_ARTICLES}$"
_QUOTED = r"[\"'“”„‘’«»](?P<words>.+)[\"'“”‘’«»]"
_KIND = r"(?i)(?:the )?(?:exact )?(?:words?|phrase|term|name|expression) (?=\S)"
_ARTICLE = r"(?i)(?:the|an?) (?=\S)"
_POINTING = word_set("he she it they him her them this that these those who what which there one us me you")


def find_phrase(question: str) -> str:
    """The phrase whose mentions a question asks for; '' where it asks for something else."""
    if not any(word in question.lower() for word in _NEEDED):
        return ""
    found = compiled(_REQUEST).fullmatch(question.strip().rstrip("?!. ").strip())
    if found is None:
        return ""
    phrase = compiled(_TAIL).sub("", next(group for group in found.groups() if group).strip(" ,:"))
    kind, article = compiled(_KIND), compiled(_ARTICLE)
    phrase = kind.sub("", phrase, count=1) if kind.match(phrase) else phrase
    quoted = compiled(_QUOTED).fullmatch(phrase)
    phrase = quoted["words"].strip() if quoted else phrase
    if not quoted and (fold(phrase) in _POINTING or not any(character.isalnum() for character in phrase)):
        return ""
    return phrase if quoted else article.sub("", phrase, count=1) if article.match(phrase) else phrase


def find_mentions(
    phrase: str, *, store: Store, derived: Derived, allowed: Container[int] | None = None, top: int
) -> tuple[Mentions, list[RankedSpan]]:
    """How often the articles have a phrase, and where: the first place of each article by path, then the others.

    Args:
        phrase: The words.
        store: The open store, inside its ``snapshot``.
        derived: That snapshot's indexes.
        allowed: Rows of the passages that may be found; None allows all.
        top: Most places.

    Raises:
        StoreError: The store cannot be read.
    """
    rows = [row for row in derived.lexical.find_all(phrase) if allowed is None or row in allowed]
    pattern = _build_pattern(phrase)
    documents: dict[str, Document] = {}
    found: dict[str, dict[Span, Candidate]] = {}
    for start in range(0, len(rows), BLOCK):
        for record in store.rows.load_passages(rows[start : start + BLOCK]):
            if record.document_id not in documents:
                documents[record.document_id] = store.rows.load_document(record.document_id)
            document = documents[record.document_id]
            passage = Passage(document.id, record.span, record.span.of(document.text))
            match = Match(record.row, 0.0, 0.0, document_id=document.id)
            for span in _find_places(pattern, document.text, passage.span):
                places = found.setdefault(document.id, {})
                places.setdefault(span, Candidate(match, passage, document, (Reading(span, 0.0),)))
    ordered = sorted(found, key=lambda document_id: documents[document_id].path)
    spans = [sorted(found[document_id].items(), key=lambda item: item[0]) for document_id in ordered]
    first = [places[0] for places in spans] + [place for places in spans for place in places[1:]]
    ranked = [RankedSpan(candidate, Reading(span, 0.0), 1.0) for span, candidate in first[:top]]
    return Mentions(phrase, sum(map(len, spans)), len(spans)), ranked


def _build_pattern(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, _fold_signs(fold(phrase)).split()))
    return re.compile(rf"(?<!\w){words}(?!\w)")


def _find_places(pattern: re.Pattern[str], text: str, within: Span) -> list[Span]:
    """The places of a folded pattern in a part of a text, as spans of the text as it is."""
    pieces = [_fold_signs(fold(character)) for character in within.of(text)]
    origins = [at for at, piece in enumerate(pieces, start=within.start) for _ in piece]
    found = []
    for match in pattern.finditer("".join(pieces)):
        end = origins[match.end() - 1] + 1
        while end < within.end and not pieces[end - within.start]:  # an accent written apart
            end += 1
        found.append(Span(origins[match.start()], end))
    return found


def _fold_signs(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'").replace("–", "-").replace("‑", "-")
