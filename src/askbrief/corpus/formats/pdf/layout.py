"""Layout: the reading order of one page: columns by their gutters, tables row by row, everything else line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from askbrief.corpus.formats.pdf.gutters import find_gutter
from askbrief.corpus.formats.pdf.pieces import Pieces
from askbrief.corpus.formats.pdf.sheet import Index, Sheet
from askbrief.corpus.formats.pdf.tables import Row, find_rows

_MAX_DEPTH = 40
_BLANK = 4.0  # height of a blank across all columns, as of a picture, in units of the font size
_MAX_COLUMNS = 60
_MAX_ICON = 12  # characters
_TABLE_COLUMN = 0.6  # a table's gutter runs through so much of its height
_MARKER = re.compile(
    r"(?:[•●○◦▪■□‣⁃∙·◆❏✓➢\-–—*]|\(?(?:\d{1,3}|[A-Za-z]|[ivxlIVXL]{1,5})[.):]\)?|\(\d{1,3}\)|\[\d{1,3}\]|\d{1,3})"
)


@dataclass(slots=True)
class Line:
    """One line of a column.

    Attributes:
        text: What it says.
        left, right, base, size, bold: As in ``Pieces``.
        column_left, column_right: Ends of the column that the line belongs to.
        column: Number of the column on the page, in reading order.
        leading: Usual distance of the baselines of the column, 0 where it has one line only.
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool
    column_left: float = 0.0
    column_right: float = 0.0
    column: int = 0
    leading: float = 0.0
    leader: bool = False
    fixed: bool = False


def order_page(pieces: Pieces) -> list[Line | Row]:
    """Put the pieces of a page into reading order."""
    if not len(pieces):
        return []
    order = _Order(Sheet(pieces))
    order.split(np.array([i for i in range(len(pieces)) if i not in order.sheet.gone], np.int64), 0)
    return order.found


class _Order:
    """The reading order of a page while it is found."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.found: list[Line | Row] = []
        self.columns = 0

    def split(self, index: Index, depth: int) -> None:
        """Append the pieces at ``index`` to ``found``: those above their best gutter, beside it, and below."""
        sheet = self.sheet
        strips, gaps = sheet.split_strips(index)
        if depth < _MAX_DEPTH and gaps and max(gaps) > _BLANK * sheet.body:
            at = gaps.index(max(gaps)) + 1
            self.split(np.concatenate(strips[:at]), depth + 1)
            self.split(np.concatenate(strips[at:]), depth + 1)
            return
        gutter = find_gutter(sheet, index) if depth < _MAX_DEPTH and len(index) > 3 else None
        if gutter is None:
            self.append_lines(index)
            return
        middle = (sheet.top[index] + sheet.bottom[index]) / 2
        rows: list[Row] | None = None
        for top, bottom in (gutter.rows, gutter.columns):
            band = index[(middle <= top) & (middle >= bottom)]
            left, right = self.cut(band, gutter.x)
            if not (len(left) and len(right)):
                self.append_lines(index)
                return
            if self.is_list(left, right):
                self.join_markers(left, right, index, depth)
                return
            rows = find_rows(sheet, self.find_columns(band, left, right))
            if rows is not None:
                break
        above, below = index[middle > top], index[middle < bottom]
        if len(above):
            self.split(above, depth + 1)
        if rows is None:
            self.split(left, depth + 1)
            self.split(right, depth + 1)
        else:
            self.found += rows
            self.columns += 1
        if len(below):
            self.split(below, depth + 1)

    def cut(self, index: Index, x: float) -> tuple[Index, Index]:
        """The pieces on the left and on the right of ``x``."""
        return index[self.sheet.left[index] < x], index[self.sheet.left[index] >= x]

    def find_columns(self, band: Index, left: Index, right: Index) -> list[Index]:
        """Every column of a band whose gutter runs through most of the band's height."""
        high = float(self.sheet.top[band].max() - self.sheet.bottom[band].min())
        columns: list[Index] = []
        waiting = [right, left]
        while waiting and len(columns) + len(waiting) < _MAX_COLUMNS:
            side = waiting.pop()
            gutter = find_gutter(self.sheet, side) if len(side) > 3 else None
            if gutter is not None and gutter.rows[0] - gutter.rows[1] > _TABLE_COLUMN * high:
                parts = self.cut(side, gutter.x)
                if len(parts[0]) and len(parts[1]):
                    waiting += [parts[1], parts[0]]
                    continue
            columns.append(side)
        return columns + waiting[::-1]

    def is_list(self, left: Index, right: Index) -> bool:
        """Whether the left side holds nothing but the markers of a list."""
        sheet = self.sheet
        marks = sum(bool(_MARKER.fullmatch(sheet.text[i])) for i in left)
        narrow = float(sheet.right[left].max() - sheet.left[left].min()) < 4 * sheet.body
        return marks >= 0.8 * len(left) and narrow and len(left) <= len(right)

    def join_markers(self, left: Index, right: Index, index: Index, depth: int) -> None:
        """Join each marker of a list with the piece beside it, and put ``index`` into order again."""
        sheet, gone = self.sheet, set()
        for i in left:
            beside = right[np.abs(sheet.base[right] - sheet.base[i]) < 0.35 * sheet.body]
            if len(beside):
                j = beside[sheet.left[beside].argmin()]
                sheet.text[j] = f"{sheet.text[i]} {sheet.text[j]}"
                sheet.left[j] = sheet.left[i]
                gone.add(int(i))
        if gone:
            self.split(np.array([i for i in index if int(i) not in gone], np.int64), depth + 1)
        else:
            self.append_lines(index)

    def take_icons(self, rows: list[Index]) -> tuple[list[Index], list[Index]]:
        """Take signs in quite another font size from the left of the lines of a paragraph, to stand after them."""
        sheet = self.sheet
        lines, icons = [], []
        for row in rows:
            if len(row) > 1 and len(sheet.text[row[0]]) <= _MAX_ICON and not sheet.text[row[0]].isnumeric():
                ratio = sheet.size[row[0]] / sheet.size[row[1]]
                gap = sheet.left[row[1]] - sheet.right[row[0]]
                if not 0.72 < ratio < 1.4 and gap > 0.3 * sheet.body:
                    icons.append(row[:1])
                    row = row[1:]
            lines.append(row)
        return lines, icons

    def append_lines(self, index: Index) -> None:
        """Append the lines of one column."""
        sheet = self.sheet
        rows, icons = self.take_icons(sheet.split_rows(index))
        left, right = float(sheet.left[index].min()), float(sheet.right[index].max())
        steps = -np.diff([sheet.base[row[0]] for row in rows])
        leading = float(np.median(steps)) if len(steps) else 0.0
        for row in rows + icons:
            lengths = np.array([len(sheet.text[i]) for i in row])
            main = row[lengths.argmax()]
            long = row[lengths > 1]
            self.found.append(
                Line(
                    sheet.join_row(row),
                    float(sheet.left[row[0]]),
                    float(sheet.right[row].max()),
                    float(sheet.base[main]),
                    float(sheet.size[main]),
                    bool(sheet.bold[long].all()) if len(long) else bool(sheet.bold[main]),
                    left,
                    right,
                    self.columns,
                    leading,
                    bool(sheet.leader[row].any()),
                    bool(sheet.fixed[row].any() and sheet.fixed[long].all()),
                )
            )
        self.columns += 1
