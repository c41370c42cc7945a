"""Layout: the reading order of one page: columns by their gutters, tables row by row, everything else line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.glyphs import Floats
from askbrief.corpus.formats.pdf.pieces import Pieces

_ASCENT, _DESCENT = 0.75, 0.2  # of a line, in units of its font size
_GUTTER = 0.6  # smallest width of a gutter, in units of the page's font size
_MIN_LINES = 2.4  # lines beside each other that make a gutter
_MAX_CELLS = 1500  # raster rows and columns of a page; larger pages get a coarser raster
_MAX_DEPTH = 40
_PROSE_CHARACTERS = 22  # per line of a column; cells of tables are mostly shorter
_MARKER = re.compile(r"(?:[•●○◦▪■□‣⁃∙·◆❏✓➢\-–—*]|\(?(?:\d{1,3}|[A-Za-z]|[ivxlIVXL]{1,5})[.):]\)?|\(\d{1,3}\)|\[\d{1,3}\]|\d{1,3})")


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


@dataclass(slots=True)
class Row:
    """One row of a table: its cells from the left to the right (right to left where the page runs so)."""

    cells: list[str]
    size: float


def order_page(pieces: Pieces) -> list[Line | Row]:
    """Put the pieces of a page into reading order."""
    if not len(pieces):
        return []
    page = _Page(pieces)
    page.order(np.arange(len(pieces)), 0)
    return page.found


class _Page:
    """A page while it is put into order."""

    def __init__(self, pieces: Pieces) -> None:
        self.text = pieces.text
        self.left, self.right, self.base, self.size, self.bold = (
            pieces.left,
            pieces.right,
            pieces.base,
            pieces.size,
            pieces.bold,
        )
        weights = np.array([len(text) for text in pieces.text])
        at = np.argsort(self.size)
        self.body = float(self.size[at][np.searchsorted(np.cumsum(weights[at]), weights.sum() / 2)])
        self.top, self.bottom = self.base + _ASCENT * self.size, self.base - _DESCENT * self.size
        self.found: list[Line | Row] = []
        self.columns = 0

    def order(self, index: NDArray[np.int64], depth: int) -> None:
        """Append the pieces at ``index`` to ``found``: split them at their best gutter, if they have one."""
        gutter = _find_gutter(self, index) if depth < _MAX_DEPTH and len(index) > 3 else None
        if gutter is None:
            self.append_lines(index)
            return
        x, top, bottom = gutter
        middle = (self.top[index] + self.bottom[index]) / 2
        above, below = index[middle > top], index[middle < bottom]
        band = index[(middle <= top) & (middle >= bottom)]
        sides = band[self.left[band] < x], band[self.left[band] >= x]
        if not (len(sides[0]) and len(sides[1])):
            self.append_lines(index)
            return
        if self.is_list(sides[0], sides[1]):
            # Markers and what they mark: not columns, but lines of one. Take the gutter away by joining them.
            self.join_markers(sides[0], sides[1], index, depth)
            return
        for part in (above, None, below):
            if part is None:
                self.order_band(band, sides, depth)
            elif len(part):
                self.order(part, depth + 1)

    def order_band(self, band: NDArray[np.int64], sides: tuple[NDArray[np.int64], NDArray[np.int64]], depth: int) -> None:
        """Append columns one after the other, or the rows of a table."""
        columns = self.find_columns(band, sides)
        if self.is_table(columns):
            self.append_rows(band, columns)
            return
        for side in sides:
            self.order(side, depth + 1)

    def find_columns(
        self, band: NDArray[np.int64], sides: tuple[NDArray[np.int64], NDArray[np.int64]]
    ) -> list[NDArray[np.int64]]:
        """Every column of a band whose gutter runs through most of the band's height."""
        high = float(self.top[band].max() - self.bottom[band].min())
        columns: list[NDArray[np.int64]] = []
        waiting = [sides[1], sides[0]]
        while waiting and len(columns) + len(waiting) < 60:
            side = waiting.pop()
            gutter = _find_gutter(self, side) if len(side) > 3 else None
            if gutter is not None and gutter[1] - gutter[2] > 0.6 * high:
                x = gutter[0]
                parts = side[self.left[side] < x], side[self.left[side] >= x]
                if len(parts[0]) and len(parts[1]):
                    waiting += [parts[1], parts[0]]
                    continue
            columns.append(side)
        return columns + waiting[::-1]

    def is_list(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> bool:
        """Whether the left side holds nothing but the markers of a list."""
        marks = sum(bool(_MARKER.fullmatch(self.text[i])) for i in left)
        narrow = float(self.right[left].max() - self.left[left].min()) < 4 * self.body
        return marks >= 0.8 * len(left) and narrow and len(left) <= len(right)

    def join_markers(
        self, left: NDArray[np.int64], right: NDArray[np.int64], index: NDArray[np.int64], depth: int
    ) -> None:
        """Join each marker with the piece beside it and put ``index`` into order again."""
        gone = set()
        for i in left:
            beside = right[np.abs(self.base[right] - self.base[i]) < 0.35 * self.body]
            if len(beside):
                j = beside[self.left[beside].argmin()]
                self.text[j] = f"{self.text[i]} {self.text[j]}"
                self.left[j] = self.left[i]
                gone.add(int(i))
        rest = np.array([i for i in index if int(i) not in gone], np.int64)
        if gone:
            self.order(rest, depth + 1)
        else:
            self.append_lines(rest)

    def split_rows(self, index: NDArray[np.int64], tolerance: float = 0.35) -> list[NDArray[np.int64]]:
        """Group pieces by baselines, from the top of the page; each group from the left to the right."""
        index = index[np.argsort(-self.base[index], kind="stable")]
        rows: list[list[int]] = []
        for i in index:
            if rows and self.base[rows[-1][0]] - self.base[i] < tolerance * min(self.size[i], self.size[rows[-1][0]]):
                rows[-1].append(int(i))
            else:
                rows.append([int(i)])
        return [np.array(sorted(row, key=lambda i: self.left[i])) for row in rows]

    def append_lines(self, index: NDArray[np.int64]) -> None:
        """Append the lines of one column."""
        rows = self.split_rows(index)
        left, right = float(self.left[index].min()), float(self.right[index].max())
        bases = np.array([self.base[row[0]] for row in rows])
        steps = -np.diff(bases)
        leading = float(np.median(steps)) if len(steps) else 0.0
        for row in rows:
            text = " ".join(self.text[i] for i in row)
            lengths = np.array([len(self.text[i]) for i in row])
            main = row[lengths.argmax()]
            bold = bool(self.bold[row][lengths > 1].all()) if (lengths > 1).any() else bool(self.bold[main])
            line = Line(text, float(self.left[row[0]]), float(self.right[row].max()), float(self.base[main]),
                        float(self.size[main]), bold, left, right, self.columns, leading)
            self.found.append(line)
        self.columns += 1

    def is_table(self, columns: list[NDArray[np.int64]]) -> bool:
        """Whether columns beside each other are those of a table: short lines on common baselines."""
        lines = [self.split_rows(column) for column in columns]
        lengths = [[sum(len(self.text[i]) for i in row) + len(row) - 1 for row in rows] for rows in lines]
        prose = [float(np.median(each)) >= _PROSE_CHARACTERS and len(each) > 2 for each in lengths]
        if sum(prose) > 1:
            return False
        bases = [np.array([self.base[row[0]] for row in rows]) for rows in lines]
        longest = max(range(len(columns)), key=lambda i: len(bases[i]))
        matched = total = 0
        for i, base in enumerate(bases):
            if i != longest:
                matched += int((np.abs(base[:, None] - bases[longest]).min(axis=1) < 0.3 * self.body).sum())
                total += len(base)
        if matched < 0.8 * total:
            return False
        if any(prose):
            # Labels beside descriptions; as many lines on either side are a sidebar beside a text.
            return total <= 0.6 * (len(columns) - 1) * len(bases[longest]) and len(self.group_rows(columns)) > 1
        if len(columns) == 2 and min(len(base) for base in bases) > 12:
            # Two long columns of short lines: an index or a list of contents, unless one is all numbers.
            return min(float(np.median(each)) for each in lengths) <= 8
        return True

    def group_rows(self, columns: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
        """Group the pieces of a table into rows; a row has several lines where its cells are broken."""
        index = np.concatenate(columns)
        rows = self.split_rows(index)
        if len(rows) < 3:
            return rows
        bases = np.array([self.base[row].mean() for row in rows])
        steps = -np.diff(bases)
        close, far = float(np.percentile(steps, 10)), float(np.percentile(steps, 90))
        if far < 1.25 * close or close > 1.6 * self.body:
            return rows
        grouped = [rows[0]]
        for row, step in zip(rows[1:], steps, strict=True):
            if step < (close + far) / 2:
                grouped[-1] = np.concatenate([grouped[-1], row])
            else:
                grouped.append(row)
        return grouped

    def append_rows(self, band: NDArray[np.int64], columns: list[NDArray[np.int64]]) -> None:
        """Append the rows of a table, each cell with all its lines."""
        which = {int(i): number for number, column in enumerate(columns) for i in column}
        for row in self.group_rows(columns):
            cells: dict[int, list[int]] = {}
            for i in row:
                cells.setdefault(which[int(i)], []).append(int(i))
            texts = []
            for _, members in sorted(cells.items()):
                lines = self.split_rows(np.array(members))
                texts.append(join_cell([" ".join(self.text[i] for i in line) for line in lines]))
            self.found.append(Row(texts, float(np.median(self.size[row]))))
        self.columns += 1


def join_cell(lines: list[str]) -> str:
    """Join the lines of a broken cell; a hyphen between lower-case letters is undone."""
    text = lines[0]
    for line in lines[1:]:
        if len(text) > 1 and text[-1] in "-\u00ad" and text[-2].islower() and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}"
    return text


def _find_gutter(page: _Page, index: NDArray[np.int64]) -> tuple[float, float, float] | None:
    """The best gutter among pieces: a vertical strip without ink and with lines on both its sides.

    A raster of the region tells for each vertical line how many raster rows in a run without ink have ink on both
    sides; the longest such run is the gutter. Rows with ink on one side only neither count nor end the run.

    Returns:
        Its middle, and the vertical ends (top, bottom) of the lines that it runs through; None if there is none.
    """
    left, right, top, bottom = page.left[index], page.right[index], page.top[index], page.bottom[index]
    x0, x1, y0, y1 = float(left.min()), float(right.max()), float(bottom.min()), float(top.max())
    body = float(np.median(page.size[index]))
    dx, dy = max(1.0, (x1 - x0) / _MAX_CELLS), max(body / 4, (y1 - y0) / _MAX_CELLS)
    if x1 - x0 < 3 * body:
        return None
    need = _MIN_LINES * body / dy
    wide, high = int((x1 - x0) / dx) + 2, int((y1 - y0) / dy) + 2
    ink = np.zeros((high, wide + 1), np.int32)
    first = np.floor((left - x0) / dx).astype(int)
    last = np.minimum(np.ceil((right - x0) / dx).astype(int), wide - 1)
    upper = np.floor((y1 - top) / dy + 0.5).astype(int)
    lower = np.minimum(np.maximum(np.floor((y1 - bottom) / dy + 0.5).astype(int), upper + 1), high)
    for row in range(int((lower - upper).max())):
        at = upper + row
        inside = at < lower
        np.add.at(ink, (at[inside], first[inside]), 1)
        np.add.at(ink, (at[inside], last[inside]), -1)
    solid = np.cumsum(ink, axis=1)[:, :-1] > 0
    some = solid.any(axis=1)
    solid = solid[some]
    heights = y1 - np.flatnonzero(some) * dy
    before = np.maximum.accumulate(solid, axis=1)
    after = np.maximum.accumulate(solid[:, ::-1], axis=1)[:, ::-1]
    gap = ~solid & before & after
    strip = max(1, int(_GUTTER * page.body / dx))
    blocked = solid.copy()
    for shift in range(1, strip):
        blocked[:, :-shift] |= solid[:, shift:]
    gap &= ~blocked
    best = _find_longest_run(gap, blocked)
    if best is None or best[0] < need:
        return None
    _, column, start, end = best
    band = solid[start:end, :].any(axis=0)
    stop = column
    while stop < wide - 1 and not band[stop]:
        stop += 1
    begin = column
    while begin > 0 and not band[begin - 1]:
        begin -= 1
    return x0 + (begin + stop) / 2 * dx, float(heights[start]) + dy, float(heights[end - 1]) - dy


def _find_longest_run(gap: NDArray[np.bool_], blocked: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """The column of a raster whose run of rows that are not blocked has most rows with a gap.

    Returns:
        Number of rows with a gap, column, first row with a gap and the row after the last one; None if there is no gap.
    """
    if not gap.any():
        return None
    high, wide = gap.shape
    count = np.zeros(wide, np.int64)
    begin = np.zeros(wide, np.int64)
    best = np.zeros(wide, np.int64)
    best_begin = np.zeros(wide, np.int64)
    best_end = np.zeros(wide, np.int64)
    for row in range(high):
        here = gap[row]
        begin = np.where(here & (count == 0), row, begin)
        count = np.where(blocked[row], 0, count + here)
        better = here & (count > best)
        best, best_begin = np.where(better, count, best), np.where(better, begin, best_begin)
        best_end = np.where(better, row + 1, best_end)
    top = int(best.max())
    widest = np.flatnonzero(best == top)
    # The middle of the widest stretch of equally good columns.
    stretches = np.split(widest, np.flatnonzero(np.diff(widest) > 1) + 1)
    column = int(max(stretches, key=len)[len(max(stretches, key=len)) // 2])
    return top, column, int(best_begin[column]), int(best_end[column])
