"""Chunking: Document → Passages of whole sentences, with exact offsets."""

from __future__ import annotations

import hashlib
import math
from itertools import pairwise

from askbrief.text.segment import find_sentences, find_words, trim
from askbrief.types import Document, Passage, Span

CHUNKER = 1
_MAX_CHARACTERS_PER_WORD = 12


def chunk_document(document: Document, *, passage_words: int) -> list[Passage]:
    """Fills passages with whole sentences, in order, up to ``passage_words`` words each.

    Every non-space character of the document lies in at least one passage. A sentence that alone is longer is cut at
    a word border (text without spaces: after ``12 * passage_words`` characters). 12 characters count as a word at
    least, so that text without spaces fills passages too.

    Args:
        document: What to chunk.
        passage_words: Most words of a passage.
    """
    pieces = [
        piece
        for sentence in find_sentences(document.text)
        for piece in _split_sentence(document.text, sentence, passage_words=passage_words)
    ]
    sizes = [_count_words(piece.of(document.text)) for piece in pieces]
    passages = []
    first = 0
    while first < len(pieces):
        last, total = first, sizes[first]
        while last + 1 < len(pieces) and total + sizes[last + 1] <= passage_words:
            last += 1
            total += sizes[last]
        span = Span(pieces[first].start, pieces[last].end)
        passages.append(Passage(document.id, span, span.of(document.text)))
        first = last + 1
    return passages


def build_indexed_text(title: str, text: str) -> str:
    """What dense and lexical search know of a passage with that ``text``, in a document of that ``title``."""
    return f"{title}\n{text}"


def find_vector_key(text: str) -> bytes:
    """The key that the vector of an indexed text is stored under: 16 bytes."""
    return hashlib.sha256(text.encode()).digest()[:16]


def _count_words(text: str) -> int:
    return max(len(find_words(text)), math.ceil(len(text) / _MAX_CHARACTERS_PER_WORD))


def _split_sentence(text: str, sentence: Span, *, passage_words: int) -> list[Span]:
    limit = passage_words * _MAX_CHARACTERS_PER_WORD
    cuts = [sentence.start]
    count = 0
    for word in find_words(sentence.of(text)):
        start, end = sentence.start + word.start, sentence.start + word.end
        if start > cuts[-1] and (count == passage_words or end - cuts[-1] > limit):
            cuts.append(start)
            count = 0
        while end - cuts[-1] > limit:
            cuts.append(cuts[-1] + limit)
            count = 0
        count += 1
    while sentence.end - cuts[-1] > limit:
        cuts.append(cuts[-1] + limit)
    pieces = (trim(text, Span(*pair)) for pair in pairwise([*cuts, sentence.end]))
    return [piece for piece in pieces if piece]
