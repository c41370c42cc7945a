"""Pieces: the glyphs of one page joined to stretches of a line that no gutter can run through."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.glyphs import Floats, Glyphs

# Distances are in units of the larger font size of two neighbours.
_NO_GUTTER = 0.55  # a wider gap may be a gutter between columns
_BACK = 0.6  # how far the next glyph may step back (kerning, accents)
_SAME_LINE = 0.25  # distance between the baselines of one line
_RAISED = 0.7  # the same for superscripts and subscripts
_SMALL = 0.85  # font size of these, in units of the text's
_SPACE = 0.28  # a gap is a space even if PDFium saw none
_INFERRED_SPACE = 0.1  # the smallest gap where PDFium's inferred space is believed

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
    0x200B: "",
    0x2060: "",
    0xFEFF: "",
    0x00A0: " ",
}
# macOS writes the character code of TeX's ff ligature as that of the return key.
_QUARTZ_FF = re.compile(r"(?<=[A-Za-z])↵|↵(?=[a-z])")
_ACCENTS = {
    0x60: "\u0300",
    0xB4: "\u0301",
    0x5E: "\u0302",
    0x2C6: "\u0302",
    0x7E: "\u0303",
    0x2DC: "\u0303",
    0xAF: "\u0304",
    0x2D8: "\u0306",
    0x2D9: "\u0307",
    0xA8: "\u0308",
    0x2DA: "\u030a",
    0x2DD: "\u030b",
    0x2C7: "\u030c",
    0xB8: "\u0327",
    0x2DB: "\u0328",
}
_LAM, _ALEFS = 0x644, (0x622, 0x623, 0x625, 0x627)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of one page, in the order of its content.

    Attributes:
        text: What each piece says, without white space at its ends.
        left, right, base: Ends and baseline, in points from the lower left corner, shape (n,).
        size: Font size of most of the piece, shape (n,).
        bold: Whether most of the piece is bold, shape (n,).
        width, height: Of the page.
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

    def __len__(self) -> int:
        return len(self.text)

    @classmethod
    def empty(cls) -> Pieces:
        """A page without text."""
        none = np.zeros(0)
        return cls([], none, none, none, none, none.astype(bool), 612.0, 792.0, right_to_left=False)

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
        )


def build_pieces(glyphs: Glyphs) -> Pieces:
    """Join the upright glyphs of a page to pieces; glyphs that run in another direction are left out."""
    upright = np.flatnonzero(~glyphs.turned)
    codes, absorbed = _repair(glyphs, upright)
    arabic = ((codes >= 0x590) & (codes < 0x900) | (codes >= 0xFB1D) & (codes < 0xFE00) | (codes >= 0xFE70)).sum()
    right_to_left = bool(arabic > 0.4 * len(codes))
    page = _Page(glyphs, upright[~absorbed], codes[~absorbed])
    runs = page.split_lines() if right_to_left else page.merge(page.split())
    return page.build(runs, right_to_left=right_to_left)


def _repair(glyphs: Glyphs, index: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Put reversed lam-alef ligatures right and separately drawn accents onto their letters.

    Returns:
        The codes of the glyphs at ``index``, and which of the glyphs are now part of another.
    """
    codes, absorbed = glyphs.codes[index].copy(), np.zeros(len(index), bool)
    reversed_ = np.flatnonzero(glyphs.shared[index][1:] & (codes[1:] == _LAM) & np.isin(codes[:-1], _ALEFS))
    codes[reversed_ + 1], codes[reversed_] = codes[reversed_], _LAM
    left, right, base, size = glyphs.left[index], glyphs.right[index], glyphs.base[index], glyphs.size[index]
    for i in np.flatnonzero(np.isin(codes, list(_ACCENTS))):
        for j in (i + 1, i - 1):
            if not 0 <= j < len(codes) or abs(base[i] - base[j]) > 0.5 * size[i]:
                continue
            overlap = min(right[i], right[j]) - max(left[i], left[j])
            letter = chr(codes[j])
            if letter == "ı":
                letter = "i"
            composed = unicodedata.normalize("NFC", letter + _ACCENTS[int(codes[i])])
            if overlap > 0.5 * (right[i] - left[i]) > 0 and letter.isalpha() and len(composed) == 1:
                codes[j], absorbed[i] = ord(composed), True
                break
    return codes, absorbed


class _Page:
    """The glyphs of a page while they are joined; a run is an array of indices of glyphs."""

    def __init__(self, glyphs: Glyphs, index: NDArray[np.int64], codes: NDArray[np.int64]) -> None:
        self.codes = codes
        self.left, self.right = glyphs.left[index], glyphs.right[index]
        self.base, self.size = glyphs.base[index], glyphs.size[index]
        self.bold, self.space = glyphs.bold[index], glyphs.space[index]
        self.width, self.height = glyphs.width, glyphs.height

    def split(self) -> list[NDArray[np.int64]]:
        """Cut the content where the next glyph does not go on where the last one ended."""
        if not len(self.codes):
            return []
        large = np.maximum(self.size[1:], self.size[:-1])
        gap, rise = (self.left[1:] - self.right[:-1]) / large, np.abs(np.diff(self.base)) / large
        small = np.minimum(self.size[1:], self.size[:-1]) / large < _SMALL
        joined = (gap < _NO_GUTTER) & (gap > -_BACK)
        joined &= (rise < _SAME_LINE) | small & (rise < _RAISED) & (np.abs(gap) < 0.35)
        return np.split(np.arange(len(self.codes)), np.flatnonzero(~joined) + 1)

    def split_lines(self) -> list[NDArray[np.int64]]:
        """Cut the content where PDFium begins a new line (right-to-left pages)."""
        if not len(self.codes):
            return []
        fresh = self.space[1:] == 3
        fresh |= np.abs(np.diff(self.base)) > 0.8 * np.maximum(self.size[1:], self.size[:-1])
        return np.split(np.arange(len(self.codes)), np.flatnonzero(fresh) + 1)

    def merge(self, runs: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
        """Join runs that stand beside each other on one line, whatever their order in the content."""
        runs = self._drop_copies(runs)
        left = np.array([self.left[run].min() for run in runs])
        right = np.array([self.right[run].max() for run in runs])
        size = np.array([self.size[run].max() for run in runs])
        base = np.array([self.base[run][self.size[run].argmax()] for run in runs])
        parent = list(range(len(runs)))

        def find(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        order = np.argsort(base, kind="stable")
        ends = np.searchsorted(base[order], base[order] + _RAISED * size.max(initial=0.0), "right")
        for at, end in enumerate(ends):
            i, others = order[at], order[at + 1 : end]
            if not len(others):
                continue
            large = np.maximum(size[others], size[i])
            gap = np.maximum(left[others] - right[i], left[i] - right[others]) / large
            rise, ratio = (base[others] - base[i]) / large, np.minimum(size[others], size[i]) / large
            near = (gap < _NO_GUTTER) & (gap > -_BACK) & (rise < _SAME_LINE) & (ratio > 0.5)
            near |= (ratio < _SMALL) & (rise < _RAISED) & (gap < 0.3) & (gap > -0.15)
            for j in others[near]:
                parent[find(int(j))] = find(int(i))
        groups: dict[int, list[int]] = {}
        for i in range(len(runs)):
            groups.setdefault(find(i), []).append(i)
        return [
            runs[group[0]] if len(group) == 1 else np.concatenate([runs[i] for i in sorted(group, key=lambda i: left[i])])
            for group in groups.values()
        ]

    def _drop_copies(self, runs: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
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

    def build(self, runs: list[NDArray[np.int64]], *, right_to_left: bool) -> Pieces:
        """Write the text of runs and measure them."""
        rows = []
        for run in runs:
            size = float(np.median(self.size[run]))
            large = self.size[run] >= _SMALL * size
            text = self._write(run, size, right_to_left=right_to_left)
            if text:
                ends = float(self.left[run].min()), float(self.right[run].max())
                if right_to_left:
                    ends = self.width - ends[1], self.width - ends[0]
                rows.append((text, *ends, float(np.median(self.base[run][large])), size, self.bold[run].mean() > 0.5))
        columns = list(zip(*rows, strict=True)) if rows else [()] * 6
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
        )

    def _write(self, run: NDArray[np.int64], size: float, *, right_to_left: bool) -> str:
        """Write a run as text, with its spaces, superscripts and ligatures."""
        characters = [chr(code) for code in self.codes[run]]
        sizes = self.size[run]
        if sizes.min() < _SMALL * size:
            base = float(np.median(self.base[run][sizes >= _SMALL * size]))
            for i in np.flatnonzero((sizes < _SMALL * size) & (self.base[run] > base + 0.12 * size)):
                characters[i] = characters[i].translate(_SUPERSCRIPTS)
        if len(run) > 1:
            for i in np.flatnonzero(self._find_spaces(run, right_to_left=right_to_left)):
                characters[i] += " "
        text = "".join(characters).translate(_LIGATURES)
        if "↵" in text:
            text = _QUARTZ_FF.sub("ff", text)
        return " ".join(text.split())

    def _find_spaces(self, run: NDArray[np.int64], *, right_to_left: bool) -> NDArray[np.bool_]:
        """Whether a space follows each glyph of a run but the last, shape (n - 1,)."""
        space = self.space[run[1:]].copy()
        if right_to_left:
            return space > 0
        large = np.maximum(self.size[run[1:]], self.size[run[:-1]])
        gap = (self.left[run[1:]] - self.right[run[:-1]]) / large
        apart = np.diff(run) != 1  # neighbours on the line, but not in the content
        usual = float(np.median(gap)) if len(gap) >= 5 else 0.0
        if usual > 0.12:
            return (space == 2) & ~apart | (gap > usual + 0.25)
        wide = gap > np.where(apart, 0.15, _SPACE)
        return (space == 2) & ~apart & (gap > -0.3) | (space == 1) & (gap > _INFERRED_SPACE) | wide
