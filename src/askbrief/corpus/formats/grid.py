"""Writes tables: each row as ``Header: value; Header: value``, each header and each value a block of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from askbrief.corpus.formats.writer import Writer, fold, one_line
from askbrief.types import BlockKind

_NUMBER = re.compile(
    r"[-+(]?[^\w\s]{0,2}\s?[\d.,'’  ]*\d[\d.,'’  ]*\s?[%€$£)]?|\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}|[-–—]+"
)
_HEADER_LENGTH = 120
_AHEAD = 3


def is_number(text: str) -> bool:
    """Whether the text is a number, an amount, a date or a dash."""
    return len(text) < 40 and bool(_NUMBER.fullmatch(text.strip()))


class Repeated(str):
    """A merged cell's text in the columns that it covers besides its first: a header of them, but written once."""

    __slots__ = ()


class Grid:
    """Writes the rows of one table or sheet and finds their headers.

    A header is a row of several texts above numbers, or the first row of several cells; where numbers follow, two such
    rows make one header. A second one is found only above numbers, after an empty row.
    """

    def __init__(self, writer: Writer, *, certain: bool) -> None:
        self.writer = writer
        self.certain = certain
        self.header: dict[int, str] = {}
        self._gap = False
        self._in_header = False

    def write(self, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Write rows of (number from 1, cells); empty rows separate tables."""
        iterator = iter(rows)
        ahead: list[tuple[int, list[str]]] = []
        for number, cells in self._prefetch(iterator, ahead):
            if self.writer.budget.full:
                return
            filled = {at: cell for at, cell in enumerate(cells) if cell and not cell.isspace()}
            if not filled:
                self._gap = bool(self.header)
                continue
            self._write_filled(number, filled, [row for _, row in ahead])
            self._gap = False

    @staticmethod
    def _prefetch(
        rows: Iterable[tuple[int, Sequence[str]]], ahead: list[tuple[int, list[str]]]
    ) -> Iterable[tuple[int, list[str]]]:
        iterator = iter(rows)
        for number, cells in islice(iterator, _AHEAD * 2 + 1):
            ahead.append((number, list(cells)))
        while ahead:
            current = ahead.pop(0)
            yield current
            following = next(iterator, None)
            if following is not None:
                ahead.append((following[0], list(following[1])))

    def _write_filled(self, number: int, filled: dict[int, str], ahead: list[list[str]]) -> None:
        real = {at: cell for at, cell in filled.items() if not isinstance(cell, Repeated)}
        if len(real) > 1 and self._is_header(real, ahead):
            self._extend_header(filled)
            self._write_cells(number, real, {}, kind="metadata" if self.certain else "cell")
            return
        self._in_header = False
        single = len(real) == 1 and not (self.certain and self.header)
        self._write_cells(number, real, {} if single else self.header)

    def _extend_header(self, filled: dict[int, str]) -> None:
        """Take a row as header, or as the next line of it; one text over several columns belongs to all of them."""
        above = self.header if self._in_header else {}
        over = [text for at, text in above.items() if at > min(above)]
        self.header = dict(above)
        for at, cell in filled.items():
            upper = over[0] if len(over) == 1 and at > min(above) else above.get(at, "")
            text = one_line(cell)
            self.header[at] = f"{upper} {text}" if upper and upper != text else text
        self._in_header = True

    def _is_header(self, filled: dict[int, str], ahead: list[list[str]]) -> bool:
        if any(is_number(cell) or len(cell) > _HEADER_LENGTH for cell in filled.values()):
            return False
        following = [row for row in ahead if sum(bool(cell.strip()) for cell in row) > 1][:_AHEAD]
        numbers = bool(following) and any(is_number(cell) for cell in following[0] if cell.strip())
        if self._in_header:
            return not self.certain and numbers
        if self.certain:
            return not self.header and len(set(filled.values())) == len(filled)
        if not self.header:
            return bool(following)
        return self._gap and (numbers or (len(following) > 1 and any(is_number(c) for c in following[1] if c.strip())))

    def _write_cells(
        self, number: int, filled: dict[int, str], header: dict[int, str], *, kind: BlockKind = "cell"
    ) -> None:
        writer = self.writer
        row = writer.open("row", number)
        gap: str | None = None
        for at, cell in filled.items():
            label = header.get(at, "")
            place = writer.open("row", number, label) if label else None
            if label:
                # The words of the header are repeated here by us, so that they are no part of the cell's block.
                writer.add(f"{label}:" if gap is None else f"; {label}:", kind, gap=gap)
            elif gap is not None:
                writer.add(";", kind, gap=gap)
            writer.add(fold(cell), kind, gap=" " if label or gap is not None else None)
            gap = ""
            if place:
                writer.close(place)
        writer.close(row)
