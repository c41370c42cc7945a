"""Builds the text of one document together with its blocks and places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.limits import Budget
from askbrief.types import Block, BlockKind, Place, PlaceKind

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff\u00ad\u2060]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_HEADING_LENGTH = 100
_SPACE = re.compile(r"[ \t\r\f\v]+")
_AROUND_LINE = re.compile(r" *\n *")
_MANY_LINES = re.compile(r"\n{3,}")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")


def clean(text: str) -> str:
    """The text without control characters, soft hyphens and lone surrogates; every line end is one LF."""
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))


def fold(text: str) -> str:
    """The text with each run of blanks as one blank, and no blanks around line feeds."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _MANY_LINES.sub("\n\n", _AROUND_LINE.sub("\n", _SPACE.sub(" ", clean(text)))).strip()


def one_line(text: str) -> str:
    """The text with all white space as single blanks."""
    return " ".join(clean(text).split())


def raise_digits(text: str) -> str:
    """The digits of a superscript as ⁰ to ⁹, so that they do not run into a number; other text as it is."""
    return text.translate(_RAISED) if text.strip().isdigit() else text


def looks_like_heading(text: str) -> bool:
    """Whether a line that is bold throughout can head what follows: short, with letters, no end of a sentence."""
    text = text.strip()
    return (
        0 < len(text) <= _HEADING_LENGTH
        and text[-1] not in ".,;:!?"
        and "\n" not in text
        and any(map(str.isalpha, text))
    )


class OpenPlace:
    """A place whose end is not known yet; it begins where the next block begins."""

    def __init__(self, kind: PlaceKind, number: int | None, label: str, level: int) -> None:
        self.kind, self.number, self.label, self.level = kind, number, label, level
        self.start: int | None = None


class Writer:
    """Collects blocks in the order of the file.

    A block is separated from the one before by ``gap``. Places are opened and closed around blocks; they nest, and
    an empty one leaves no trace. What exceeds the budget is dropped and noted there.
    """

    def __init__(self, budget: Budget, *, gap: str = "\n\n") -> None:
        self.budget = budget
        self.gap = gap
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0
        self._open: list[OpenPlace] = []
        self._places: list[Place] = []

    @property
    def length(self) -> int:
        """Characters written so far."""
        return self._length

    def add(self, text: str, kind: BlockKind = "paragraph", *, gap: str | None = None, folded: bool = False) -> None:
        """Append a block, or several where the text has blank lines.

        Args:
            text: Its words; what is empty or blank is left out.
            kind: What it is.
            gap: What stands between it and the block before, instead of the writer's own.
            folded: Whether the text is clean already, and its blanks are meant (code, verse).
        """
        if not folded:
            text = fold(text)
        for piece in _BLANK_LINE.split(text) if "\n" in text and kind != "code" else (text,):
            piece = piece.strip("\n") if folded else piece.strip()
            if piece and not piece.isspace():
                self._append(piece, kind, self.gap if gap is None else gap)
                gap = None if gap is None or "\n" not in gap else gap

    def add_line(self, text: str) -> None:
        """Append a line to the block before, of which it is a part (verse, an address)."""
        text = fold(text)
        last = self.blocks[-1]
        if self.budget.characters <= len(text):
            self.budget.full = True
            return
        self._parts += ("\n", text)
        self._begin_places(self._length + 1)
        self._length += 1 + len(text)
        self.budget.characters -= 1 + len(text)
        self.blocks[-1] = Block(last.start, self._length, last.kind)

    def add_row(self, cells: Sequence[str], *, first: bool) -> None:
        """Append a table's row: its cells side by side, each a block of its own; a single one is a paragraph.

        Args:
            cells: Their words; of empty ones only the tab is left, so that the columns stay.
            first: Whether it is the first row of its table.
        """
        filled = [(at, cell) for at, cell in enumerate(cells) if cell.strip()]
        if len(filled) == 1:
            self.add(filled[0][1], gap=self.gap if first else "\n")
            return
        gap, last = self.gap if first else "\n", 0
        for at, cell in filled:
            self.add(cell, "cell", gap=gap + "\t" * (at - last))
            gap, last = "", at

    def _append(self, text: str, kind: BlockKind, gap: str) -> None:
        budget = self.budget
        if not self._length:
            gap = ""
        if budget.characters < len(text) or budget.parts < 1:
            budget.full = True
            text = text[: max(0, budget.characters)].strip() if budget.parts > 0 else ""
            if not text:
                return
        budget.characters -= len(text) + len(gap)
        budget.parts -= 1
        self._parts += (gap, text)
        start = self._length + len(gap)
        self._length = start + len(text)
        self.blocks.append(Block(start, self._length, kind))
        self._begin_places(start)

    def _begin_places(self, start: int) -> None:
        for place in reversed(self._open):
            if place.start is not None:
                break
            place.start = start

    def open(self, kind: PlaceKind, number: int | None = None, label: str = "", *, level: int = 0) -> OpenPlace:
        """Open a place inside those that are open; give back what closes it."""
        place = OpenPlace(kind, number, one_line(label)[:300], level)
        self._open.append(place)
        return place

    def open_places(self) -> tuple[OpenPlace, ...]:
        """The places that are open, from the outer to the inner."""
        return tuple(self._open)

    def close(self, place: OpenPlace) -> None:
        """Close a place and those inside it that are still open."""
        if place not in self._open:
            return
        while True:
            last = self._open.pop()
            if last.start is not None:
                self.budget.parts -= 1
                self._places.append(Place(last.start, self._length, last.kind, last.number, last.label))
            if last is place:
                return

    def heading(self, text: str, level: int, *, kind: BlockKind = "heading", place: PlaceKind = "heading") -> None:
        """Append a heading; its place ends before the next heading of its level or above.

        Args:
            text: The heading; its lines become one label.
            level: 1 for the highest.
            kind: "title" for the document's own.
            place: "chapter" for a book's.
        """
        if not text.strip():
            return
        self.close_headings(level)
        self.open(place, None, text, level=level)
        self.add(text, kind)

    def close_headings(self, level: int = 1) -> None:
        """Close open headings of this level and below, down to the place that holds them."""
        for place in self._open[self._base() :]:
            if place.level >= level:
                self.close(place)
                return

    def _base(self) -> int:
        """Where the open headings begin: after the innermost open place that is no heading."""
        return max((at + 1 for at, place in enumerate(self._open) if not place.level), default=0)

    def finish(
        self,
        *,
        title: str = "",
        published: date | None = None,
        author: str = "",
        member: str = "",
    ) -> Extracted:
        """The document; its lines are not the file's own."""
        if self._open:
            self.close(self._open[0])
        places = sorted(self._places, key=lambda place: (place.start, -place.end))
        return Extracted(
            text="".join(self._parts),
            blocks=tuple(self.blocks),
            places=tuple(places),
            title=one_line(title)[:500],
            date=published,
            author=one_line(author)[:300],
            member=member,
            runs=None,
        )
