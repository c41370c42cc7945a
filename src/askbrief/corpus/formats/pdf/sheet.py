"""Sheet: the pieces of one page while it is put into reading order."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.pieces import Pieces

Index = NDArray[np.int64]

_ASCENT, _DESCENT = 0.75, 0.2  # of a line, in units of its font size
_INITIAL = 1.8  # font size of an initial, in units of the text's
_APART = 1.2  # gap between the cells of a row, in units of the page's font size


class Sheet:
    """The pieces of one page, with what is asked of groups of them; a group is an array of their numbers.

    Attributes:
        text, left, right, base, size, bold, leader, fixed: As in ``Pieces``.
        top, bottom: Upper and lower ends of the pieces, shape (n,).
        body: Font size of most text of the page.
    """

    def __init__(self, pieces: Pieces) -> None:
        self.text, self.left, self.right = list(pieces.text), pieces.left.copy(), pieces.right
        self.base, self.size, self.bold, self.leader = pieces.base, pieces.size, pieces.bold, pieces.leader
        self.fixed = pieces.fixed
        self.top, self.bottom = self.base + _ASCENT * self.size, self.base - _DESCENT * self.size
        weights = np.array([len(text) for text in pieces.text])
        order = np.argsort(self.size)
        half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
        self.body = float(self.size[order][half])
        self.gone = self._join_initials()

    def _join_initials(self) -> set[int]:
        """Put large initials before the line that they begin, whose top they share; return their numbers."""
        gone = set()
        for i in np.flatnonzero(self.size > _INITIAL * self.body):
            if len(self.text[i]) != 1 or not self.text[i].isalpha():
                continue
            top = self.base[i] + 0.7 * self.size[i]
            gap = self.left - self.right[i]
            near = (gap > -0.3 * self.body) & (gap < self.body) & (self.size < 0.6 * self.size[i])
            near &= np.abs(self.base + 0.7 * self.size - top) < 0.7 * self.size
            if near.any():
                j = np.flatnonzero(near)[np.abs(self.top - top)[near].argmin()]
                self.text[j] = self.text[i] + self.text[j]
                self.left[j] = self.left[i]
                gone.add(int(i))
        return gone

    def split_rows(self, index: Index) -> list[Index]:
        """Group pieces by their baselines, from the top down; each group from the left to the right."""
        rows: list[list[int]] = []
        for i in index[np.argsort(-self.base[index], kind="stable")]:
            first = rows[-1][0] if rows else i
            if rows and self.base[first] - self.base[i] < 0.35 * min(self.size[i], self.size[first]):
                rows[-1].append(int(i))
            else:
                rows.append([int(i)])
        return [np.array(sorted(row, key=lambda i: self.left[i])) for row in rows]

    def split_strips(self, index: Index) -> tuple[list[Index], list[float]]:
        """Group pieces that overlap vertically, from the top down.

        Returns:
            The groups, and the distance of each from the one above it (one less than groups).
        """
        slack = 0.05 * self.body
        strips: list[list[int]] = []
        gaps: list[float] = []
        low = 0.0
        for i in index[np.argsort(-self.top[index], kind="stable")]:
            if strips and self.top[i] - slack > low:
                strips[-1].append(int(i))
                low = min(low, float(self.bottom[i]))
                continue
            if strips:
                gaps.append(low - float(self.top[i]))
            strips.append([int(i)])
            low = float(self.bottom[i])
        return [np.array(strip) for strip in strips], gaps

    def split_apart(self, row: Index) -> list[Index]:
        """Cut the pieces of one line where they stand far apart."""
        gaps = self.left[row[1:]] - self.right[row[:-1]]
        return np.split(row, np.flatnonzero(gaps > _APART * self.body) + 1)

    def join_row(self, row: Index) -> str:
        """The text of the pieces of one line; pieces that touch are one word."""
        text: str = self.text[row[0]]
        for i, j in itertools.pairwise(row):
            text += self.text[j] if self.left[j] - self.right[i] < 0.1 * self.size[j] else f" {self.text[j]}"
        return text

    def join_lines(self, index: Index) -> str:
        """The text of the lines of one cell; a hyphen between small letters is undone."""
        lines = [self.join_row(row) for row in self.split_rows(index)]
        text = lines[0]
        for line in lines[1:]:
            if len(text) > 1 and text[-1] in "-\u00ad" and text[-2].islower() and line[:1].islower():
                text = text[:-1] + line
            else:
                text = f"{text} {line}"
        return text
