"""The text that is indexed and read where a document is set in type: ligatures, soft and end-of-line hyphens undone.

What is shown stays the document's own: every offset leads back to it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from askbrief.text.patterns import compiled
from askbrief.types import Span

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_SAME_WIDTH = {"\u2010": "-", "\u2011": "-"}
_CHANGED = (
    r"[\ufb00-\ufb06\u2010\u2011]|[\u00ad\u200b\u2060\ufeff]+(?:[ \t]*\n[ \t]*(?=[^\W\d_]))?"
    r"|(?<=[^\W\d_])-[ \t]*\n[ \t]*(?=[^\W\d_])"
)
_ANY = re.compile("[\ufb00-\ufb06\u2010\u2011\u00ad\u200b\u2060\ufeff]|-[ \t]*\n")
_WORD_BEFORE, _WORD_AFTER = re.compile(r"[^\W\d_]+$"), re.compile(r"[^\W\d_]+")


class Normalised(NamedTuple):
    """A text as it is read, and where its characters stand in the source.

    Attributes:
        text: The text to index and read.
        offsets: Of each of its characters the offset in the source, then the source's length; () if both are the same.
    """

    text: str
    offsets: tuple[int, ...] = ()

    def find_source(self, span: Span) -> Span:
        """The place in the source of ``span`` of the text, with the whole of a ligature or hyphen at its ends."""
        if not self.offsets:
            return span
        start = self.offsets[span.start]
        if span.start == span.end:
            return Span(start, start)
        last = self.offsets[span.end - 1]
        return Span(start, max(start + 1, last + 1))

    def find_span(self, source: Span) -> Span:
        """The characters of the text that stand for ``source``, a place in the source."""
        if not self.offsets:
            return source
        start = bisect_left(self.offsets, source.start, 0, len(self.text))
        if start and self.offsets[start] > source.start and self.offsets[start - 1] == source.start:
            start -= 1
        end = bisect_right(self.offsets, source.end - 1, start, len(self.text)) if source.end > source.start else start
        return Span(start, max(start, end))


def normalise_for_reading(text: str) -> Normalised:
    """The text with ligatures as letters, and without soft hyphens, zero-width marks and hyphens at the end of lines.

    A hyphen at the end of a line is dropped with the line's end where the word goes on in small letters ("Ar-" and
    "chibald"); before a capital, and where the text has the word with its hyphen elsewhere, it stays ("well-known").
    """
    if not _ANY.search(text):
        return Normalised(text)
    pieces: list[str] = []
    offsets: list[int] = []
    at = 0
    for match in compiled(_CHANGED).finditer(text):
        pieces.append(text[at : match.start()])
        offsets += range(at, match.start())
        instead = _find_replacement(text, match)
        pieces.append(instead)
        offsets += [match.start()] * len(instead)
        at = match.end()
    pieces.append(text[at:])
    offsets += range(at, len(text) + 1)
    return Normalised("".join(pieces), tuple(offsets))


def _find_replacement(text: str, match: re.Match[str]) -> str:
    found = match[0]
    if found in _LIGATURES:
        return _LIGATURES[found]
    if found in _SAME_WIDTH:
        return _SAME_WIDTH[found]
    if found[0] != "-":
        return ""
    before = _WORD_BEFORE.search(text, max(0, match.start() - 40), match.start())
    after = _WORD_AFTER.match(text, match.end())
    if before is None or after is None:
        return found
    if not after[0][0].islower():
        return "-"
    return "-" if f"{before[0]}-{after[0]}" in text else ""
