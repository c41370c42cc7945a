"""Text that is copied from a file stretch by stretch, so that each of its characters has a line there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.writer import one_line
from askbrief.types import Block, BlockKind, Place


class Copied:
    """Collects stretches of a source as blocks.

    Attributes:
        kind: What the block is that is written now, or the next one.
        gap: What stands before the next block; afterwards a blank line again.
        length: Characters written so far.
        begin: Where the open block begins; None where none is open.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.kind: BlockKind = "paragraph"
        self.gap = "\n\n"
        self.length = 0
        self.begin: int | None = None
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._runs: list[tuple[int, int]] = []
        self._headings: list[tuple[int, int, str]] = []
        self._places: list[Place] = []

    def emit(self, text: str, source: int) -> None:
        """Append text to the open block, or open one; white space at its beginning and second line ends are dropped.

        Args:
            text: Characters of the source, or what they stand for.
            source: Where they are in the source.
        """
        if self.begin is None:
            kept = text.lstrip()
            if not kept:
                return
            source += len(text) - len(kept) if self.source.startswith(text, source) else 0
            text = kept
            if self.length:
                self._parts.append(self.gap)
                self.length += len(self.gap)
            self.gap = "\n\n"
            self.begin = self.length
        elif not text.strip() and "\n" in text and self._parts[-1].rstrip(" ").endswith("\n"):
            return
        if not self._runs or self._runs[-1][1] + self.length - self._runs[-1][0] != source:
            self._runs.append((self.length, source))
        self._parts.append(text)
        self.length += len(text)

    def end_block(self) -> None:
        """End the open block, without white space at its end."""
        if self.begin is None:
            return
        while self._parts and not self._parts[-1].rstrip():
            self.length -= len(self._parts.pop())
        stripped = self._parts[-1].rstrip()
        self.length -= len(self._parts[-1]) - len(stripped)
        self._parts[-1] = stripped
        self.blocks.append(Block(self.begin, self.length, self.kind))
        self.begin = None
        while self._runs and self._runs[-1][0] >= self.length:
            self._runs.pop()

    def text_from(self, begin: int) -> str:
        """The text from here on."""
        parts: list[str] = []
        at = self.length
        for part in reversed(self._parts):
            if at <= begin:
                break
            parts.append(part)
            at -= len(part)
        return "".join(reversed(parts))

    def add_heading(self, begin: int, level: int, label: str = "") -> None:
        """Open a place that ends before the next heading of its level or above; its label is its text or the given."""
        self._headings.append((begin, level, one_line(label or self.text_from(begin))[:300]))

    def add_place(self, place: Place) -> None:
        """Add a place outside the headings."""
        self._places.append(place)

    def finish(self, *, body: int, title: str = "", author: str = "", published: date | None = None) -> Extracted:
        """The document.

        Args:
            body: Where the last heading's place ends.
            title: Its title.
            author: Its author.
            published: The day of its publication.
        """
        places = [*self._places, *nest(self._headings, body)]
        return Extracted(
            text="".join(self._parts),
            blocks=tuple(self.blocks),
            places=tuple(sorted(places, key=lambda place: (place.start, -place.end))),
            title=title,
            author=author,
            date=published,
            runs=tuple(self._runs),
        )


def nest(headings: Sequence[tuple[int, int, str]], end: int) -> list[Place]:
    """A place for each heading of (start, level, label), up to the next one of its level or above, or to the end."""
    places: list[Place] = []
    opened: list[tuple[int, int, str]] = []
    for start, level, label in [*headings, (end, -1, "")]:
        while opened and opened[-1][1] >= level:
            begin, _, words = opened.pop()
            if start > begin:
                places.append(Place(begin, start, "heading", None, words))
        opened.append((start, level, label))
    return sorted(places, key=lambda place: (place.start, -place.end))
