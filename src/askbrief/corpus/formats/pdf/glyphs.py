"""Glyphs: the characters of one page as PDFium reports them, with their boxes turned upright."""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAX_CHARACTERS = 20_000_000
_MAX_OBJECTS = 20_000  # page objects looked at to tell a picture from an empty page
_PICTURE_SHARE = 0.25  # of the page's area
_FORM, _IMAGE, _TEXT = pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_TEXT
_HYPHEN = 2  # what PDFium puts in place of a hyphen at the end of a line


def _prototype(function: Any, result: Any, *arguments: Any) -> Any:
    """Return ``function`` with plain addresses for pointers: half the time per call, and boxes go into one array."""
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value)


_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_get_code = _prototype(pdfium.FPDFText_GetUnicode, ctypes.c_uint, _POINTER, _INT)
_get_box = _prototype(pdfium.FPDFText_GetLooseCharBox, _INT, _POINTER, _INT, _POINTER)
_get_origin = _prototype(pdfium.FPDFText_GetCharOrigin, _INT, _POINTER, _INT, _POINTER, _POINTER)
_get_object = _prototype(pdfium.FPDFText_GetTextObject, _POINTER, _POINTER, _INT)
_has_error = _prototype(pdfium.FPDFText_HasUnicodeMapError, _INT, _POINTER, _INT)
_is_generated = _prototype(pdfium.FPDFText_IsGenerated, _INT, _POINTER, _INT)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The visible glyphs of one page in the order of its content, white space left out.

    Coordinates are in points, from the page's lower left corner after it was turned so that most of its text is upright.

    Attributes:
        codes: Characters (Unicode code points), shape (n,).
        left, right: Horizontal ends of the boxes, shape (n,).
        base: Baselines, shape (n,).
        size: Font sizes, shape (n,).
        bold: Whether the font is bold, shape (n,).
        space: 0 where no white space precedes the glyph, 1 where PDFium inferred it, 2 where the file has it, 3 where
            PDFium begins a line, shape (n,).
        turned: Whether the glyph runs in another direction than most of the page, shape (n,).
        shared: Whether the glyph has the very box of the one before it (a ligature), shape (n,).
        width, height: Of the page's visible box.
    """

    codes: NDArray[np.int64]
    left: Floats
    right: Floats
    base: Floats
    size: Floats
    bold: NDArray[np.bool_]
    space: NDArray[np.int64]
    turned: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageContent:
    """What one page holds: its readable glyphs, how many have no character code, and whether it is a picture."""

    glyphs: Glyphs
    characters: int
    unreadable: int
    is_picture: bool


def read_page(page: Any) -> PageContent:
    """Read the glyphs of an open PDFium page.

    Glyphs outside the visible box of the page and those without a character code are left out.

    Raises:
        ValueError: PDFium cannot make text of the page.
    """
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        raise ValueError("the page has no readable content")
    try:
        count = min(max(0, pdfium.FPDFText_CountChars(text_page)), MAX_CHARACTERS)
        raw = _read_raw(ctypes.cast(text_page, ctypes.c_void_p).value or 0, count)
    finally:
        pdfium.FPDFText_ClosePage(text_page)
    visible = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, visible):
        visible.left, visible.bottom, visible.right, visible.top = 0.0, 0.0, 612.0, 792.0
    glyphs, unreadable = _turn_upright(raw, visible)
    characters = len(glyphs.codes)
    is_picture = characters + unreadable == 0 and _has_picture(page, visible)
    return PageContent(glyphs, characters, unreadable, is_picture)


@dataclass(frozen=True, slots=True)
class _Raw:
    """The characters of a page as PDFium lists them, white space included."""

    codes: NDArray[np.int64]
    boxes: Floats
    origins: Floats
    fonts: Floats
    errors: NDArray[np.bool_]
    generated: NDArray[np.bool_]


def _read_raw(text_page: int, count: int) -> _Raw:
    boxes = np.zeros((count, 4), np.float32)
    origins = np.zeros((count, 2), np.float64)
    fonts = np.zeros((count, 3), np.float64)
    errors = np.zeros(count, bool)
    generated = np.zeros(count, bool)
    codes = [_get_code(text_page, i) for i in range(count)]
    box, origin = boxes.ctypes.data, origins.ctypes.data
    last, font = None, (1.0, 0.0, 0.0)
    for i, code in enumerate(codes):
        if code <= 32:
            generated[i] = _is_generated(text_page, i) == 1
            if code != _HYPHEN and generated[i]:
                continue
        _get_box(text_page, i, box + 16 * i)
        _get_origin(text_page, i, origin + 16 * i, origin + 16 * i + 8)
        errors[i] = _has_error(text_page, i) == 1
        item = _get_object(text_page, i)
        if item is None or item != last:
            last, font = item, _measure_font(text_page, i)
        fonts[i] = font
    return _Raw(np.array(codes, np.int64), boxes.astype(np.float64), origins, fonts, errors, generated)


def _measure_font(text_page: int, index: int) -> tuple[float, float, float]:
    """Font size in points, direction of the text in radians, and weight of a character."""
    matrix = pdfium.FS_MATRIX()
    handle = ctypes.cast(text_page, pdfium.FPDF_TEXTPAGE)
    size = pdfium.FPDFText_GetFontSize(handle, index)
    angle = 0.0
    if pdfium.FPDFText_GetMatrix(handle, index, matrix):
        size *= math.hypot(matrix.c, matrix.d)
        angle = math.atan2(matrix.b, matrix.a) if matrix.a or matrix.b else 0.0
    return (size if math.isfinite(size) else 0.0), angle, float(pdfium.FPDFText_GetFontWeight(handle, index))


def _turn_upright(raw: _Raw, visible: Any) -> tuple[Glyphs, int]:
    """Turn the page so that most text is upright; return its visible glyphs and the number of unreadable ones."""
    codes = raw.codes
    blank = np.isin(codes, (9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x200B))
    blank |= (codes >= 0x2000) & (codes <= 0x200A) | raw.generated & (codes != _HYPHEN)
    blank &= ~raw.errors
    middle_x, middle_y = (raw.boxes[:, 0] + raw.boxes[:, 2]) / 2, (raw.boxes[:, 1] + raw.boxes[:, 3]) / 2
    # FS_RECTF lists left, top, right, bottom.
    inside = (middle_x >= visible.left - 1) & (middle_x <= visible.right + 1)
    inside &= (middle_y >= visible.bottom - 1) & (middle_y <= visible.top + 1)
    broken = raw.errors | (codes < 32) & ~((codes == _HYPHEN) & ~raw.errors) | (codes >= 0x7F) & (codes < 0xA0)
    broken |= (codes >= 0xE000) & (codes < 0xF900) | (codes == 0xFFFD) | (codes >= 0xF0000) | (codes == 0xFFFF)
    broken |= (codes >= 0xD800) & (codes < 0xE000)
    ink = ~blank & inside
    keep = np.flatnonzero(ink & ~broken & (raw.fonts[:, 0] > 0.5))
    quarters = np.round(raw.fonts[keep, 1] / (math.pi / 2)).astype(int) % 4
    main = int(np.bincount(quarters, minlength=4).argmax()) if len(keep) else 0
    tilt = np.abs(raw.fonts[keep, 1] - np.round(raw.fonts[keep, 1] / (math.pi / 2)) * (math.pi / 2))
    left, right, base = _turn(raw, keep, main, visible)
    order = _count_spaces(blank | broken, raw.generated | broken, codes, keep)
    values = codes[keep]
    values[values == _HYPHEN] = ord("-")
    shared = np.zeros(len(keep), bool)
    if len(keep) > 1:
        same = np.abs(raw.boxes[keep[1:]] - raw.boxes[keep[:-1]]).max(axis=1) < 0.01
        shared[1:] = same & (keep[1:] - keep[:-1] == 1)
    wide, high = visible.right - visible.left, visible.top - visible.bottom
    glyphs = Glyphs(
        values,
        left,
        right,
        base,
        raw.fonts[keep, 0],
        raw.fonts[keep, 2] >= 600,
        order,
        (quarters != main) | (tilt > 0.3),
        shared,
        *((wide, high) if main % 2 == 0 else (high, wide)),
    )
    return glyphs, int((ink & broken).sum())


def _turn(raw: _Raw, keep: NDArray[np.int64], quarters: int, visible: Any) -> tuple[Floats, Floats, Floats]:
    """Left and right ends and baselines of glyphs after turning the page by ``-quarters`` right angles."""
    boxes, origins = raw.boxes[keep], raw.origins[keep]
    if quarters == 0:
        return boxes[:, 0] - visible.left, boxes[:, 2] - visible.left, origins[:, 1] - visible.bottom
    low, high = np.minimum(boxes[:, 1], boxes[:, 3]), np.maximum(boxes[:, 1], boxes[:, 3])
    if quarters == 1:
        return low - visible.bottom, high - visible.bottom, visible.right - origins[:, 0]
    if quarters == 2:
        return visible.right - boxes[:, 2], visible.right - boxes[:, 0], visible.top - origins[:, 1]
    return visible.top - high, visible.top - low, origins[:, 0] - visible.left


def _count_spaces(
    blank: NDArray[np.bool_], generated: NDArray[np.bool_], codes: NDArray[np.int64], keep: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What white space stands before each kept glyph (see ``Glyphs.space``)."""
    result = np.zeros(len(keep), np.int64)
    breaks = blank & ((codes == 10) | (codes == 13)) & generated
    for level, kind in ((1, blank & generated & ~breaks), (2, blank & ~generated), (3, breaks)):
        total = np.concatenate(([0], np.cumsum(kind)))
        before = total[keep]
        result[np.diff(before, prepend=0) > 0] = level
    return result


def _has_picture(page: Any, visible: Any) -> bool:
    """Whether a page shows an image, or images together, over a good part of its area."""
    area = max(1.0, (visible.right - visible.left) * (visible.top - visible.bottom))
    bounds = [ctypes.c_float() for _ in range(4)]
    covered = 0.0
    for i in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page, i)
        if pdfium.FPDFPageObj_GetType(item) not in (_IMAGE, _FORM):
            continue
        if pdfium.FPDFPageObj_GetBounds(item, *bounds):
            left, bottom, right, top = (bound.value for bound in bounds)
            covered += max(0.0, right - left) * max(0.0, top - bottom)
    return covered >= _PICTURE_SHARE * area
