"""Spacing: what the distances of the glyphs of a line mean: spaces, leaders, justified lines."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.glyphs import Floats, Glyphs, Index

# Distances are in units of the font size.
SAME_LINE = 0.25  # distance between the baselines of one line

_SPACE = 0.28  # a gap is a space even if PDFium saw none
_SPACE_APART = 0.15  # the same between glyphs that do not follow each other in the content
_INFERRED_SPACE = 0.1  # the smallest gap where PDFium's inferred space is believed
_SPACED_OUT = 0.12  # usual gap of letters that are set apart
_STRETCHED = 3.0  # the widest gap between words of a justified line
_EVEN_GAPS = 3  # equal gaps that make a line a justified one
_LEADER_DOTS = 5


def find_leaders(glyphs: Glyphs, codes: Index) -> NDArray[np.bool_]:
    """Find the glyphs that are dots of a leader, as between a title and its page number."""
    dots = np.isin(codes, (0x2E, 0x2026, 0xB7, 0x2024, 0x2025))
    apart = np.abs(np.diff(glyphs.base, prepend=0.0)) > 0.2 * glyphs.size
    apart |= np.abs(np.diff(glyphs.left, prepend=0.0)) > 2 * glyphs.size
    starts = np.flatnonzero(np.diff(dots, prepend=False) | apart)
    leaders = np.zeros(len(codes), bool)
    for start, end in itertools.pairwise([*starts, len(codes)]):
        if dots[start] and end - start >= _LEADER_DOTS:
            leaders[start:end] = True
    return leaders


def find_stretched(codes: Index, gap: Floats, rise: Floats) -> NDArray[np.bool_]:
    """Find gaps between words as wide as a gutter, but as wide as the next ones on the line: a justified line.

    Args:
        codes: Of the glyphs, shape (n,).
        gap: Distance of each glyph from the one before it, in font sizes, shape (n - 1,).
        rise: The same for the baselines.
    """
    stretched = np.zeros(len(gap), bool)
    wide = np.flatnonzero((gap > _SPACE_APART) | (rise > SAME_LINE))
    # Where a line ends, a width that no other gap has.
    width = np.where(rise[wide] < 0.05, gap[wide], -1000.0 - np.arange(len(wide)))
    letters = np.array([chr(code).isalpha() for code in codes.tolist()], bool)
    worded = letters[wide] & letters[wide + 1]
    starts = np.flatnonzero(np.append(True, ~(np.abs(np.diff(width)) < 0.05 + 0.03 * np.abs(width[1:]))))
    for start, end in itertools.pairwise([*starts, len(wide)]):
        if end - start >= _EVEN_GAPS and 0 < width[start] < _STRETCHED and worded[start:end].mean() > 0.5:
            stretched[wide[start:end]] = True
    return stretched


def find_spaces(gap: Floats, space: Index, apart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a space stands between each two neighbours of a line, shape (n,).

    Args:
        gap: Their distance in font sizes, shape (n,).
        space: What stands between them in the content, as in ``Glyphs.space``, shape (n,).
        apart: Whether they are neighbours on the line, but not in the content, shape (n,).
    """
    usual = float(np.median(gap)) if len(gap) >= 5 else 0.0
    if usual > _SPACED_OUT:
        return np.asarray((space == 2) & ~apart | (gap > usual + 0.25), bool)
    wide = gap > np.where(apart, _SPACE_APART, _SPACE)
    return np.asarray((space == 2) & ~apart & (gap > -0.3) | (space == 1) & (gap > _INFERRED_SPACE) | wide, bool)
