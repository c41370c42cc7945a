"""Headlines: the title that a text gives itself, or its first sentence where it gives none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askbrief.corpus.head import HeadLine
from askbrief.text.display import shorten
from askbrief.text.segment import find_sentences
from askbrief.types import Span

MAX_HEADLINE, MAX_SENTENCE_HEADLINE, MAX_TITLE = 150, 110, 120
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")
_LIST_MARKER = re.compile(r"(?:[-*•–·+]|\(?\d{1,3}[.)])\s")
_COLUMNS = re.compile(r"\t|\S {3,}\S")
_SETTINGS = re.compile(r"[\[\]{}<>=|]|^[#/]{2}")


@dataclass(frozen=True, slots=True)
class Headline:
    """A title; ``span`` is the line that it is, None where it is the first sentence of the text's body."""

    title: str
    span: Span | None


def find_headline(text: str, *, start: int = 0, head: Sequence[HeadLine] = ()) -> Headline:
    """The headline, else the first sentence, of the article that begins at ``start``; "" where a table begins it.

    A short first line that a blank line, a dateline or a by-line follows is the headline, whatever its punctuation;
    before another line it is one if it does not end like a sentence. Only a first sentence is ever cut, at a word, to
    ``MAX_TITLE`` characters.

    Args:
        text: The text of the document.
        start: Where the article begins, behind its front matter.
        head: What ``find_head_lines`` found; those lines are no headlines.
    """
    stated = next((line.title for line in head if line.title), "")
    if stated:
        return Headline(" ".join(stated.split()), None)
    begin = _find_body(text, start, head)
    end = text.find("\n", begin)
    end = len(text) if end < 0 else end
    line = text[begin:end].strip()
    if line and end < len(text) and _is_headline(line, text, end, head):
        return Headline(" ".join(line.lstrip("# ").split()), Span(begin, begin + len(text[begin:end].rstrip())))
    if _COLUMNS.search(line):
        return Headline("", None)
    lead = text[begin : begin + 1000]
    sentences = find_sentences(lead)
    return Headline(shorten(sentences[0].of(lead) if sentences else lead, MAX_TITLE), None)


def _find_body(text: str, start: int, head: Sequence[HeadLine]) -> int:
    """The first character that is neither white space nor in a line of the head."""
    at = start
    while True:
        at += len(text[at:]) - len(text[at:].lstrip()) if at < len(text) else 0
        line = next((line for line in head if line.start <= at + 3 and at < line.end), None)
        if line is None:
            return at
        if line.kind == "wire":
            return line.end
        at = line.end
        marks = re.compile(r"[*_]*").match(text, at)
        at = marks.end() if marks else at


def _is_headline(line: str, text: str, end: int, head: Sequence[HeadLine]) -> bool:
    limit = MAX_SENTENCE_HEADLINE if line.endswith((".", ".”", '."')) else MAX_HEADLINE
    if len(line) > limit or _LIST_MARKER.match(line) or line.endswith(","):
        return False
    following = re.compile(r"\s*").match(text, end)
    next_at = following.end() if following else end
    if next_at >= len(text):
        return False
    is_alone = text.count("\n", end, next_at) > 1 or any(line.start <= next_at + 3 < line.end + 3 for line in head)
    if is_alone:
        return not line.endswith((";", ":")) or "\n\n" in text[end:next_at]
    if len(line) > MAX_TITLE or _SENTENCE_END.search(line) or _SETTINGS.search(line) or _COLUMNS.search(line):
        return False
    following_line = text[next_at : next_at + 200].split("\n", 1)[0]
    return not following_line[:1].islower()
