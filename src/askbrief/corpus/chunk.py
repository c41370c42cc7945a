"""Chunking: Document → Passages of whole sentences, with exact offsets."""

from __future__ import annotations

import hashlib
import math
from itertools import pairwise

from askbrief.text.segment import find_sentences, find_words, trim
from askbrief.types import Document, Passage, Span

CHUNKER = 1
_MAX_CHARACTERS_PER_WORD = 12


def chunk_document(document: Document, *, passage_words: int, overlap_sentences: int) -> list[Passage]:
    """Fills passages with whole sentences, in order, up to ``passage_words`` words each.

    Every non-space character of the document lies in at least one passage. A sentence that alone is longer is cut at
    a word border (text without spaces: after ``12 * passage_words`` characters). 12 characters count as a word at
    least, so that text without spaces fills passages too.

    Args:
        document: What to chunk.
        passage_words: Most words of a passage.
        overlap_sentences: Sentences that a passage repeats of the one before it, where there is room.
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
        if last + 1 == len(pieces):
            break
        first = _step_back(sizes, first, last + 1, passage_words=passage_words, overlap=overlap_sentences)
    return passages


def build_indexed_text(title: str, text: str) -> str:
    """What dense and lexical search know of a passage with that ``text``, in a document of that ``title``."""
    return f"{title}\n{text}"


def find_vector_key(text: str) -> bytes:
    """The key that the vector of an indexed text is stored under: 16 bytes."""
    return hashlib.sha256(text.encode()).digest()[:16]


def find_content(text: str) -> str:
    """The key that a file's text is known by: 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _count_words(text: str) -> int:
    return max(len(find_words(text)), math.ceil(len(text) / _MAX_CHARACTERS_PER_WORD))


def _step_back(sizes: list[int], first: int, following: int, *, passage_words: int, overlap: int) -> int:
    """Where the next passage starts: ``overlap`` pieces before ``following``, as far as that leaves room for it."""
    start = following
    while following - start < overlap and start - 1 > first and sum(sizes[start - 1 : following + 1]) <= passage_words:
        start -= 1
    return start


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
