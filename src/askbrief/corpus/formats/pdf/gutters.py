"""Gutters: vertical strips without ink between lines beside each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.glyphs import Floats
from askbrief.corpus.formats.pdf.sheet import Index, Sheet

# Distances are in units of the font size.
_GUTTER = 0.6  # smallest width
_MIN_LINES = 2.2  # lines beside each other that make a gutter
_WIDE_GUTTER = 1.6  # the same of a gutter that fewer lines suffice for
_MIN_LINES_WIDE = 1.4
_CLOSE_ROW = 0.65  # distance of the lines of one cell
_CLOSE = 0.9  # distance of lines that belong to one column beside a gutter
_CLOSE_END = 1.8  # the same where nothing crosses the gutter any more
_MIN_WIDTH = 3.0  # of a region that may have a gutter
_MAX_CELLS = 1500  # raster rows and columns; larger regions get a coarser raster


@dataclass(frozen=True, slots=True)
class Gutter:
    """A gutter: its middle, and the tops and bottoms of the lines beside it, if they are rows or columns."""

    x: float
    rows: tuple[float, float]
    columns: tuple[float, float]


def find_gutter(sheet: Sheet, index: Index) -> Gutter | None:
    """The best gutter among pieces: a vertical strip without ink and with lines on both its sides.

    A raster of the region tells for each of its columns how many raster rows in a run without ink have ink on both
    sides; the longest such run is the gutter. Rows with ink on one side only neither count nor end the run.
    """
    body = float(np.median(sheet.size[index]))
    raster = _draw(sheet, index, body)
    if raster is None:
        return None
    solid, heights, x0, dx, dy = raster
    before = np.maximum.accumulate(solid, axis=1)
    after = np.maximum.accumulate(solid[:, ::-1], axis=1)[:, ::-1]
    gap = ~solid & before & after
    for width, lines in ((_GUTTER, _MIN_LINES), (_WIDE_GUTTER, _MIN_LINES_WIDE)):
        blocked = solid.copy()
        for shift in range(1, max(1, int(width * sheet.body / dx))):
            blocked[:, :-shift] |= solid[:, shift:]
        best = _find_longest_run(gap & ~blocked, blocked)
        if best is not None and best[0] * dy >= lines * body:
            _, column, start, end = best
            rows = start, _extend_down(blocked[:, column], heights, end, _CLOSE_ROW * body)
            columns = _extend_run(blocked[:, column], heights, start, end, body)
            inked = np.flatnonzero(solid[columns[0] : columns[1]].any(axis=0))
            right = inked[inked >= column].min(initial=solid.shape[1] - 1)
            left = inked[inked < column].max(initial=-1) + 1
            ends = [(float(heights[a]) + dy, float(heights[b - 1]) - dy) for a, b in (rows, columns)]
            return Gutter(float(x0 + (left + right) / 2 * dx), ends[0], ends[1])
    return None


def _draw(sheet: Sheet, index: Index, body: float) -> tuple[NDArray[np.bool_], Floats, float, float, float] | None:
    """Draw pieces as a raster; None where the region is too narrow for a gutter.

    Returns:
        Which cells have ink, shape (rows, columns), without rows that have none; the height of each row in points,
        shape (rows,); the left end, and the width and height of a cell.
    """
    left, right, top, bottom = sheet.left[index], sheet.right[index], sheet.top[index], sheet.bottom[index]
    x0, x1, y0, y1 = float(left.min()), float(right.max()), float(bottom.min()), float(top.max())
    if x1 - x0 < _MIN_WIDTH * body:
        return None
    dx, dy = max(1.0, (x1 - x0) / _MAX_CELLS), max(body / 4, (y1 - y0) / _MAX_CELLS)
    wide, high = int((x1 - x0) / dx) + 2, int((y1 - y0) / dy) + 2
    ink = np.zeros((high, wide + 1), np.int32)
    first = np.floor((left - x0) / dx).astype(int)
    last = np.minimum(np.ceil((right - x0) / dx).astype(int), wide - 1)
    upper = np.floor((y1 - top) / dy + 0.5).astype(int)
    lower = np.minimum(np.maximum(np.floor((y1 - bottom) / dy + 0.5).astype(int), upper + 1), high)
    for row in range(int((lower - upper).max())):
        inside = upper + row < lower
        np.add.at(ink, (upper[inside] + row, first[inside]), 1)
        np.add.at(ink, (upper[inside] + row, last[inside]), -1)
    solid = np.asarray(np.cumsum(ink, axis=1)[:, :-1] > 0, bool)
    rows = np.flatnonzero(solid.any(axis=1))
    return solid[rows], np.asarray(y1 - rows * dy, np.float64), x0, dx, dy


def _extend_down(blocked: NDArray[np.bool_], heights: Floats, end: int, limit: float) -> int:
    """Take in the lines below a run that are no further than ``limit`` from each other and do not cross the gutter."""
    while end < len(blocked) and not blocked[end] and heights[end - 1] - heights[end] < limit:
        end += 1
    return end


def _extend_run(blocked: NDArray[np.bool_], heights: Floats, start: int, end: int, body: float) -> tuple[int, int]:
    """Take in the lines on one side of a gutter above and below its run: one column may be longer than the other.

    Lines at the end of a region may be further from each other than those before a line that crosses the gutter.
    """
    while start > 0 and not blocked[start - 1] and heights[start - 1] - heights[start] < _CLOSE * body:
        start -= 1
    crossed = blocked[end:].any()
    return start, _extend_down(blocked, heights, end, (_CLOSE if crossed else _CLOSE_END) * body)


def _find_longest_run(gap: NDArray[np.bool_], blocked: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """The column of a raster whose run of rows that are not blocked has most rows with a gap.

    Returns:
        Number of rows with a gap, column, first row with a gap and the row after the last one; None if there is no gap.
    """
    if not gap.any():
        return None
    counted: Index = np.cumsum(gap, axis=0)
    runs: Index = counted - np.maximum.accumulate(np.where(blocked, counted, 0), axis=0)
    best: Index = runs.max(axis=0)
    top = int(best.max())
    widest = np.flatnonzero(best == top)
    # The middle of the widest stretch of equally good columns.
    stretches = np.split(widest, np.flatnonzero(np.diff(widest) > 1) + 1)
    widest = max(stretches, key=len)
    column = int(widest[len(widest) // 2])
    end = int(runs[:, column].argmax()) + 1
    crossed = np.flatnonzero(blocked[:end, column]).max(initial=-1)
    start = int(crossed + 1 + gap[crossed + 1 : end, column].argmax())
    return top, column, start, end
