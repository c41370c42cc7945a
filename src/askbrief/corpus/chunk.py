"""Chunking: Document → Passages of whole sentences, with exact offsets."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from askbrief.text.normalise import normalise_for_reading
from askbrief.text.segment import find_sentences, find_words, trim
from askbrief.types import Block, BlockKind, Document, Passage, Span

CHUNKER = 2
_MAX_CHARACTERS_PER_WORD = 12
_UNREAD = frozenset(("metadata", "dateline", "byline"))
_HEADINGS = frozenset(("title", "heading"))


def chunk_document(document: Document, *, passage_words: int) -> list[Passage]:
    """Fills passages with whole sentences, in order, up to ``passage_words`` words each.

    No sentence leaves its block, no passage ends with a heading that others follow, and metadata, datelines and
    by-lines are in none. Every other non-space character lies in at least one passage. A sentence that alone is longer
    is cut at a word border (text without spaces: after ``12 * passage_words`` characters). 12 characters count as a
    word at least, so that text without spaces fills passages too.

    Args:
        document: What to chunk.
        passage_words: Most words of a passage.
    """
    passages = []
    for stretch in _find_stretches(document.text, document.blocks):
        pieces = [
            (piece, block.kind)
            for block in stretch
            for sentence in _find_sentences(document.text, block)
            for piece in _split_sentence(document.text, sentence, passage_words=passage_words)
        ]
        spans = _fill(document.text, pieces, passage_words=passage_words)
        passages += [Passage(document.id, span, span.of(document.text)) for span in spans]
    return passages


def _find_stretches(text: str, blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks that are read, parted where one that is not read lies between them."""
    stretches: list[list[Block]] = [[]]
    for block in blocks or (Block(0, len(text), "paragraph"),):
        if block.kind not in _UNREAD:
            stretches[-1].append(block)
        elif stretches[-1]:
            stretches.append([])
    return stretches


def _find_sentences(text: str, block: Block) -> list[Span]:
    sentences = find_sentences(text[block.start : block.end])
    return [Span(block.start + sentence.start, block.start + sentence.end) for sentence in sentences]


def _fill(text: str, pieces: Sequence[tuple[Span, BlockKind]], *, passage_words: int) -> Iterator[Span]:
    sizes = [_count_words(piece.of(text)) for piece, _ in pieces]
    first = 0
    while first < len(pieces):
        last, total = first, sizes[first]
        while last + 1 < len(pieces) and total + sizes[last + 1] <= passage_words:
            last += 1
            total += sizes[last]
        while first < last < len(pieces) - 1 and pieces[last][1] in _HEADINGS:
            last -= 1
        yield Span(pieces[first][0].start, pieces[last][0].end)
        first = last + 1


def build_indexed_text(title: str, text: str) -> str:
    """What dense and lexical search know of a passage with that ``text``, in a document of that ``title``."""
    return normalise_for_reading(f"{title}\n{text}").text


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
