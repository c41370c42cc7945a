"""Glyphs: the visible characters of one page, turned upright."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.characters import HYPHEN, Characters, Floats, has_picture, read_characters
from askbrief.corpus.formats.pdf.fields import Field, read_fields

__all__ = ["QUARTZ", "Floats", "Glyphs", "Index", "PageContent", "read_page"]

Index = NDArray[np.int64]

QUARTZ = 0xE000  # put for a glyph that macOS gives the character code 0
_TILTED = 0.3  # radians from a right angle; watermarks are, lines of a scan are not
_FEW = 0.1  # share of glyphs without codes up to which they are single signs in a text
_SYMBOLS = {0xF0B7: "•", 0xF0A7: "▪", 0xF06E: "■", 0xF0D8: "➢", 0xF0FC: "✓", 0xF0E0: "→", 0xF02D: "-", 0xF0A8: "□"}
_BLANKS = (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The visible glyphs of one page that run in one direction, in the order of its content, white space left out.

    Coordinates are in points, from the page's lower left corner after it was turned so that these glyphs are upright.

    Attributes:
        codes: Characters (Unicode code points), shape (n,).
        left, right: Horizontal ends of the boxes, shape (n,).
        base: Baselines, shape (n,).
        size: Font sizes, shape (n,).
        bold: Whether the font is bold, shape (n,).
        space: 0 where no white space precedes the glyph, 1 where PDFium inferred it, 2 where the file has it, 3 where
            PDFium begins a line, shape (n,).
        shared: Whether the glyph has the very box of the one before it (a ligature), shape (n,).
        broken: Whether the glyph has no character code; such glyphs are kept inside words only, shape (n,).
        width, height: Of the page's visible box.
    """

    codes: NDArray[np.int64]
    left: Floats
    right: Floats
    base: Floats
    size: Floats
    bold: NDArray[np.bool_]
    space: NDArray[np.int64]
    shared: NDArray[np.bool_]
    broken: NDArray[np.bool_]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageContent:
    """What one page holds.

    Attributes:
        glyphs: Its readable glyphs.
        turned: Those of them that run in the second most frequent direction, if they stand within the text.
        characters: How many glyphs can be read.
        unreadable: How many more have no character code.
        codes: How often each number below 256 stands in place of a character code, shape (256,).
        is_picture: Whether the page is a picture without text.
        fields: Its filled form fields, unless the page was turned.
    """

    glyphs: Glyphs
    turned: Glyphs | None
    characters: int
    unreadable: int
    codes: Index
    is_picture: bool
    fields: list[Field]


def read_page(page: Any, *, trusted: Index | None = None) -> PageContent:
    """Read the glyphs of an open PDFium page.

    Glyphs outside the visible box of the page and those without a character code are left out.

    Args:
        page: PDFium's page.
        trusted: What the codes of glyphs without character codes mean, shape (256,), 0 for nothing; None if they mean
            nothing.

    Raises:
        ValueError: PDFium cannot make text of the page, or it has too many characters.
    """
    raw = read_characters(page)
    blank, broken, inside = _classify(raw)
    histogram = np.bincount(np.minimum(raw.codes[~blank & inside & broken], 255), minlength=256)
    codes = _translate_symbols(raw.codes, broken, broken & _begins_line(raw, blank))
    if trusted is not None:
        codes = np.where(broken & (codes < 256), trusted[np.minimum(codes, 255)], codes)
    broken = broken & (codes == (raw.codes if trusted is None else 0))
    inner = _lies_in_word(raw, broken)
    quartz = inner & (codes == 0) & ~raw.errors
    codes, broken = np.where(quartz, QUARTZ, codes), broken & ~quartz
    keep = np.flatnonzero(~blank & inside & (~broken | inner) & (raw.fonts[:, 0] > 0.5))
    space = _count_spaces(blank | broken, raw.generated | broken, codes, keep)
    angles = raw.fonts[keep, 1] / (math.pi / 2)
    straight = np.abs(angles - np.round(angles)) < _TILTED / (math.pi / 2)
    quarters = np.where(straight, np.round(angles).astype(int) % 4, 4)
    counts = np.bincount(quarters, minlength=5)[:4]
    main, second = (int(quarter) for quarter in np.argsort(-counts, kind="stable")[:2])
    glyphs = _build_glyphs(raw, codes, broken, keep[quarters == main], space[quarters == main], main)
    turned = None
    if counts[second]:
        within = (quarters == second) & _lies_within(raw, keep, quarters == main)
        turned = _build_glyphs(raw, codes, broken, keep[within], space[within], second) if within.any() else None
    unreadable = int(histogram.sum()) if trusted is None else 0
    is_picture = len(keep) + unreadable == 0 and has_picture(page)
    fields = read_fields(page, raw.visible) if main == 0 else []
    return PageContent(glyphs, turned, len(keep), unreadable, histogram, is_picture, fields)


def _classify(raw: Characters) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which characters are white space, which have no code, and which lie within the visible box, shape (n,) each."""
    codes, (left, bottom, right, top) = raw.codes, raw.visible
    blank = (np.isin(codes, _BLANKS) | (raw.generated & (codes != HYPHEN))) & ~raw.errors
    broken = raw.errors | ((codes < 32) & (codes != HYPHEN)) | ((codes >= 0x7F) & (codes < 0xA0))
    broken |= ((codes >= 0xD800) & (codes < 0xF900)) | (codes == 0xFFFD) | (codes == 0xFFFF) | (codes >= 0xF0000)
    x, y = (raw.boxes[:, 0] + raw.boxes[:, 2]) / 2, (raw.boxes[:, 1] + raw.boxes[:, 3]) / 2
    inside = (x >= left - 1) & (x <= right + 1) & (y >= bottom - 1) & (y <= top + 1)
    return blank, broken & ~blank, inside


def _build_glyphs(
    raw: Characters, codes: Index, broken: NDArray[np.bool_], keep: Index, space: Index, quarters: int
) -> Glyphs:
    """The glyphs at ``keep``, turned by ``-quarters`` right angles."""
    values = codes[keep]
    values[values == HYPHEN] = ord("-")
    shared = np.zeros(len(keep), bool)
    if len(keep) > 1:
        same = np.abs(raw.boxes[keep[1:]] - raw.boxes[keep[:-1]]).max(axis=1) < 0.01
        shared[1:] = same & (np.diff(keep) == 1)
    wide, high = raw.visible[2] - raw.visible[0], raw.visible[3] - raw.visible[1]
    return Glyphs(
        values,
        *_turn(raw, keep, quarters),
        raw.fonts[keep, 0],
        raw.fonts[keep, 2] >= 600,
        space,
        shared,
        broken[keep],
        *((wide, high) if quarters % 2 == 0 else (high, wide)),
    )


def _lies_within(raw: Characters, keep: Index, main: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the glyphs at ``keep`` lie within the box around those where ``main``, and not in a margin."""
    x, y = raw.boxes[keep][:, [0, 2]].mean(axis=1), raw.boxes[keep][:, [1, 3]].mean(axis=1)
    within = (x > x[main].min()) & (x < x[main].max())
    return np.asarray(within & (y > y[main].min()) & (y < y[main].max()), bool)


def _translate_symbols(
    codes: NDArray[np.int64], broken: NDArray[np.bool_], alone: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The bullets and arrows of symbol fonts as Unicode has them, and bullets for single signs that begin a line."""
    for private, public in _SYMBOLS.items():
        codes = np.where(broken & (codes == private), ord(public), codes)
    if len(codes) and broken.mean() < _FEW:
        codes = np.where(alone & (codes < 0xE000), ord("•"), codes)
    return codes


def _begins_line(raw: Characters, blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each glyph stands alone before the first word of a line, in its size and on its baseline."""
    found = np.zeros(len(blank), bool)
    if len(blank) > 2:
        size, base = raw.fonts[:, 0], raw.origins[:, 1]
        found[:-2] = blank[1:-1] & ~blank[2:] & (np.abs(base[2:] - base[:-2]) < 0.1 * size[2:])
        found[:-2] &= np.abs(size[2:] - size[:-2]) < 0.2 * size[2:]
        found[1:] &= np.isin(raw.codes[:-1], (10, 13))
    return found


def _lies_in_word(raw: Characters, broken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each glyph without a code touches a letter on both sides."""
    inside = np.zeros(len(broken), bool)
    if len(broken) < 3 or broken.mean() > _FEW:
        return inside
    letter = (raw.codes >= 0x41) & ~broken & ~raw.generated
    near = np.abs(np.diff(raw.boxes[:, 0], append=0.0)) < 2 * np.maximum(raw.fonts[:, 0], 1.0)
    inside[1:-1] = broken[1:-1] & letter[:-2] & letter[2:] & near[:-2] & near[1:-1]
    return inside


def _turn(raw: Characters, keep: Index, quarters: int) -> tuple[Floats, Floats, Floats]:
    """Left and right ends and baselines of glyphs after turning the page by ``-quarters`` right angles."""
    boxes, origins = raw.boxes[keep], raw.origins[keep]
    left, bottom, right, top = raw.visible
    if quarters == 0:
        return boxes[:, 0] - left, boxes[:, 2] - left, origins[:, 1] - bottom
    low, high = np.minimum(boxes[:, 1], boxes[:, 3]), np.maximum(boxes[:, 1], boxes[:, 3])
    if quarters == 1:
        return low - bottom, high - bottom, right - origins[:, 0]
    if quarters == 2:
        return right - boxes[:, 2], right - boxes[:, 0], top - origins[:, 1]
    return top - high, top - low, origins[:, 0] - left


def _count_spaces(
    blank: NDArray[np.bool_], generated: NDArray[np.bool_], codes: NDArray[np.int64], keep: Index
) -> NDArray[np.int64]:
    """What white space stands before each kept glyph (see ``Glyphs.space``)."""
    result = np.zeros(len(keep), np.int64)
    breaks = blank & ((codes == 10) | (codes == 13)) & generated
    for level, kind in ((1, blank & generated & ~breaks), (2, blank & ~generated), (3, breaks)):
        total = np.concatenate(([0], np.cumsum(kind)))
        before = total[keep]
        result[np.diff(before, prepend=0) > 0] = level
    return result
