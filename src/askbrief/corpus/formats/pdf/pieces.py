"""Pieces: the glyphs of one page joined to stretches of a line that no gutter can run through."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.bidi import find_right_to_left
from askbrief.corpus.formats.pdf.characters import Floats
from askbrief.corpus.formats.pdf.fields import Field
from askbrief.corpus.formats.pdf.glyphs import Glyphs, Index
from askbrief.corpus.formats.pdf.letters import (
    SMALL,
    Run,
    compose_accents,
    raise_notes,
    resolve_ligatures,
    write_both_ways,
)
from askbrief.corpus.formats.pdf.spacing import SAME_LINE, find_leaders, find_spaces, find_stretched

# Distances are in units of the larger font size of two neighbours.
_NO_GUTTER = 0.55  # a wider gap may be a gutter between columns
_NO_GUTTER_SPACE = 0.8  # the same where the file has a space
_BACK = 0.6  # how far the next glyph may step back (kerning, accents)
_LOWERED = 0.35  # the same for letters of the text's size that touch it, as in the TeX logo
_RAISED = 0.7  # the same for superscripts and subscripts

_BACKWARD = 0.4  # share of right-to-left letters from which a page is read from the right
_MIN_FIXED = 5  # different characters that tell a font of fixed width
_MAX_INSERTED = 3  # glyphs that may stand in a hole of another run
_REACH = 100.0  # points between baselines that are compared; larger type is not raised or lowered
_MAX_NEAR = 2000  # runs with nearly one baseline that are compared with each
_DIGITS = [ord(digit) for digit in "0123456789,*"]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of one page, in the order of its content.

    Attributes:
        text: What each piece says, without white space at its ends.
        left, right, base: Ends and baseline, in points from the lower left corner, shape (n,).
        size: Font size of most of the piece, shape (n,).
        bold: Whether most of the piece is bold, shape (n,).
        width, height: Of the page.
        fixed: Whether all glyphs of the piece are equally wide, as in code, shape (n,).
        leader: Whether a leader (a row of dots) follows the piece, shape (n,).
        right_to_left: Whether the page runs from right to left; coordinates are mirrored then.
    """

    text: list[str]
    left: Floats
    right: Floats
    base: Floats
    size: Floats
    bold: NDArray[np.bool_]
    width: float
    height: float
    right_to_left: bool
    leader: NDArray[np.bool_]
    fixed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.text)

    @classmethod
    def empty(cls) -> Pieces:
        """A page without text."""
        none = np.zeros(0)
        return cls(
            [], none, none, none, none, none.astype(bool), 612.0, 792.0, False, none.astype(bool), none.astype(bool)
        )

    def select(self, kept: NDArray[np.bool_]) -> Pieces:
        """Return only the pieces where ``kept``, shape (n,), is true."""
        return Pieces(
            [text for text, keep in zip(self.text, kept, strict=True) if keep],
            self.left[kept],
            self.right[kept],
            self.base[kept],
            self.size[kept],
            self.bold[kept],
            self.width,
            self.height,
            self.right_to_left,
            self.leader[kept],
            self.fixed[kept],
        )


def build_pieces(glyphs: Glyphs, fields: Sequence[Field] = ()) -> Pieces:
    """Join the glyphs of a page to pieces, and put filled form fields beside them."""
    codes, absorbed = compose_accents(glyphs)
    backward = find_right_to_left(codes)
    right_to_left = bool(backward.sum() > _BACKWARD * len(codes))
    leaders = find_leaders(glyphs, codes)
    page = _Page(glyphs, codes, keep=~absorbed & ~leaders, leaders=leaders)
    if right_to_left:
        page.mirror()
    runs = page.merge(page.split_glyphs() if backward.any() else page.split())
    return page.build(runs, [] if right_to_left else fields, right_to_left=right_to_left)


class _Page:
    """The glyphs of a page while they are joined; a run is an array of indices of glyphs."""

    def __init__(self, glyphs: Glyphs, codes: Index, *, keep: NDArray[np.bool_], leaders: NDArray[np.bool_]) -> None:
        self.leader = np.append(leaders[1:], False)[keep]
        self.codes = np.where(glyphs.broken, 0xFFFD, codes)[keep]
        self.left, self.right = glyphs.left[keep], glyphs.right[keep]
        self.base, self.size = glyphs.base[keep], glyphs.size[keep]
        self.bold, self.space = glyphs.bold[keep], glyphs.space[keep]
        # An accent and its letter may have equal boxes too.
        self.shared = glyphs.shared[keep] & np.append(False, keep[:-1])[keep]
        self.backward = find_right_to_left(self.codes)
        # The parts of a ligature share a box: the first one takes all of it.
        self.left = np.where(self.shared, self.right, self.left)
        self.width, self.height = glyphs.width, glyphs.height

    def split(self) -> list[Index]:
        """Cut the content where the next glyph does not go on where the last one ended."""
        if not len(self.codes):
            return []
        large = np.maximum(self.size[1:], self.size[:-1])
        gap, rise = (self.left[1:] - self.right[:-1]) / large, np.abs(np.diff(self.base)) / large
        small = np.minimum(self.size[1:], self.size[:-1]) / large < SMALL
        joined = (gap < np.where(self.space[1:] == 2, _NO_GUTTER_SPACE, _NO_GUTTER)) & (gap > -_BACK)
        joined &= ~self.leader[:-1]
        joined |= find_stretched(self.codes, gap, rise)
        ratio = np.minimum(self.size[1:], self.size[:-1]) / large
        joined &= (ratio > 0.72) | (gap < 0.35)
        lowered = (small & (rise < _RAISED) & (np.abs(gap) < 0.35)) | ((rise < _LOWERED) & (np.abs(gap) < 0.25))
        joined &= (rise < SAME_LINE) | lowered
        return np.split(np.arange(len(self.codes)), np.flatnonzero(~joined) + 1)

    def split_glyphs(self) -> list[Index]:
        """Cut the content into single glyphs, ligatures in one piece: where scripts of two directions are mixed."""
        return np.split(np.arange(len(self.codes)), np.flatnonzero(~self.shared[1:]) + 1)

    def mirror(self) -> None:
        """Turn left and right around."""
        self.left, self.right = self.width - self.right, self.width - self.left
        self.left = np.where(self.shared, self.right, self.left)

    def merge(self, runs: list[Index]) -> list[Index]:
        """Join runs that stand beside each other on one line, whatever their order in the content."""
        runs = self._drop_copies(runs)
        left = np.array([self.left[run].min() for run in runs])
        right = np.array([self.right[run].max() for run in runs])
        size = np.array([self.size[run].max() for run in runs])
        base = np.array([self.base[run][self.size[run].argmax()] for run in runs])
        mark = np.array([len(run) <= 3 and bool(np.isin(self.codes[run], _DIGITS).all()) for run in runs], bool)
        count = np.array([len(run) for run in runs])
        parent = list(range(len(runs)))

        def find(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        order = np.argsort(base, kind="stable")
        reach = min(_RAISED * size.max(initial=0.0), _REACH)
        ends = np.searchsorted(base[order], base[order] + reach, "right")
        for at, end in enumerate(ends):
            i, others = order[at], order[at + 1 : min(end, at + _MAX_NEAR)]
            if not len(others):
                continue
            large = np.maximum(size[others], size[i])
            gap = np.maximum(left[others] - right[i], left[i] - right[others]) / large
            rise, ratio = (base[others] - base[i]) / large, np.minimum(size[others], size[i]) / large
            near = (gap < _NO_GUTTER) & (gap > -_BACK) & (rise < SAME_LINE) & ((ratio > 0.75) | (gap < 0.3))
            limit = np.where(mark[i] | mark[others], 0.45, 0.12)
            near |= (ratio < SMALL) & (rise < _RAISED) & (gap < limit) & (gap > -0.15)
            holes = (rise < _LOWERED) & (gap <= -_BACK) & (np.minimum(count[others], count[i]) <= _MAX_INSERTED)
            near |= np.array([hole and self._fits(runs[i], runs[j]) for hole, j in zip(holes, others, strict=True)])
            for j in others[near]:
                parent[find(int(j))] = find(int(i))
        groups: dict[int, list[int]] = {}
        for i in range(len(runs)):
            groups.setdefault(find(i), []).append(i)
        merged = []
        for group in groups.values():
            group.sort(key=lambda i: left[i])
            run = np.concatenate([runs[i] for i in group])
            inserted = any(left[b] < right[a] - _BACK * size[a] for a, b in itertools.pairwise(group))
            merged.append(run[np.argsort(self.left[run], kind="stable")] if inserted else run)
        return merged

    def _fits(self, one: Index, other: Index) -> bool:
        """Whether the shorter of two runs stands in a hole of the longer one, as the E of the TeX logo does."""
        short, long = (one, other) if len(one) <= len(other) else (other, one)
        begin, end = self.left[short].min(), self.right[short].max()
        if begin < self.left[long].min() or end > self.right[long].max():
            return False
        overlap = np.minimum(self.right[long], end) - np.maximum(self.left[long], begin)
        return bool(overlap.max() < 0.4 * (end - begin))

    def _drop_copies(self, runs: list[Index]) -> list[Index]:
        """Drop runs drawn a second time at nearly the same spot, as for a shadow or imitated bold."""
        seen: dict[bytes, list[tuple[float, float]]] = {}
        kept = []
        for run in runs:
            x, y, size = self.left[run[0]], self.base[run[0]], self.size[run[0]]
            spots = seen.setdefault(self.codes[run].tobytes(), [])
            if len(spots) < 1000 and any(abs(x - a) < 0.15 * size and abs(y - b) < 0.15 * size for a, b in spots):
                continue
            spots.append((x, y))
            kept.append(run)
        return kept

    def build(self, runs: list[Index], fields: Sequence[Field], *, right_to_left: bool) -> Pieces:
        """Write the text of runs and measure them."""
        rows = [(*field, False, False, False) for field in fields]
        for run in runs:
            size = float(np.percentile(self.size[run], 85))
            large = self.size[run] >= SMALL * size
            text = self._write(run, size, right_to_left=right_to_left)
            if text:
                ends = float(self.left[run].min()), float(self.right[run].max())
                rows.append(
                    (
                        text,
                        *ends,
                        float(np.median(self.base[run][large])),
                        size,
                        self.bold[run].mean() > 0.9,
                        self.leader[run[-1]],
                        self._is_fixed(run),
                    )
                )
        columns = list(zip(*rows, strict=True)) if rows else [()] * 8
        numbers = [np.array(column, np.float64) for column in columns[1:5]]
        bold = np.array(columns[5], bool)
        return Pieces(
            list(columns[0]),
            numbers[0],
            numbers[1],
            numbers[2],
            numbers[3],
            bold,
            width=self.width,
            height=self.height,
            right_to_left=right_to_left,
            leader=np.array(columns[6], bool),
            fixed=np.array(columns[7], bool),
        )

    def _is_fixed(self, run: Index) -> bool:
        """Whether all glyphs of a run are equally wide, of several kinds at least."""
        width = self.right[run] - self.left[run]
        several = len(run) >= _MIN_FIXED and len(set(self.codes[run].tolist())) >= _MIN_FIXED
        latin = (self.codes[run] < 0x250).mean() > 0.8
        return bool(several and latin and width.max() < 1.03 * width.min())

    def _write(self, run: Index, size: float, *, right_to_left: bool) -> str:
        """Write a run as text, with its spaces, superscripts and ligatures."""
        characters = [chr(code) for code in self.codes[run]]
        raise_notes(characters, self.size[run], self.base[run], usual=size)
        if right_to_left or self.backward[run].any():
            shared = self.shared[run] & (np.diff(run, prepend=-2) == 1)
            glyphs = Run(self.codes[run], self.left[run], self.right[run], self.space[run], shared, size)
            return resolve_ligatures(write_both_ways(characters, glyphs, right_to_left=right_to_left))
        large = np.maximum(self.size[run[1:]], self.size[run[:-1]])
        gap = (self.left[run[1:]] - self.right[run[:-1]]) / large
        for i in np.flatnonzero(find_spaces(gap, self.space[run[1:]], np.diff(run) != 1)):
            characters[i] += " "
        return resolve_ligatures("".join(characters))
