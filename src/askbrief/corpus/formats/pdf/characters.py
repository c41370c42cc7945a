"""Characters: those of one page as PDFium lists them, with their boxes and fonts."""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAX_PAGE_CHARACTERS = 1_000_000
HYPHEN = 2  # what PDFium puts in place of a hyphen at the end of a line

_MAX_OBJECTS = 20_000  # page objects looked at to tell a picture from an empty page
_PICTURE_SHARE = 0.25  # of the page's area


def _prototype(function: Any, result: Any, *arguments: Any) -> Any:
    """Return ``function`` with plain addresses for pointers: half the time per call, and boxes go into one array."""
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_get_code = _prototype(pdfium.FPDFText_GetUnicode, ctypes.c_uint, _POINTER, _INT)
_get_box = _prototype(pdfium.FPDFText_GetLooseCharBox, _INT, _POINTER, _INT, _POINTER)
_get_origin = _prototype(pdfium.FPDFText_GetCharOrigin, _INT, _POINTER, _INT, _POINTER, _POINTER)
_get_object = _prototype(pdfium.FPDFText_GetTextObject, _POINTER, _POINTER, _INT)
_has_error = _prototype(pdfium.FPDFText_HasUnicodeMapError, _INT, _POINTER, _INT)
_is_generated = _prototype(pdfium.FPDFText_IsGenerated, _INT, _POINTER, _INT)


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters of a page as PDFium lists them, white space included.

    Attributes:
        codes: Unicode code points, shape (n,).
        boxes: Left, top, right and bottom ends in points, shape (n, 4).
        origins: Where the characters stand on their baselines, shape (n, 2).
        fonts: Font size in points, direction in radians and weight, shape (n, 3).
        errors: Whether the font gives no character code, shape (n,).
        generated: Whether PDFium put in the character, shape (n,).
        visible: Left, bottom, right and top ends of the visible part of the page.
    """

    codes: NDArray[np.int64]
    boxes: Floats
    origins: Floats
    fonts: Floats
    errors: NDArray[np.bool_]
    generated: NDArray[np.bool_]
    visible: tuple[float, float, float, float]


def read_characters(page: Any) -> Characters:
    """Read the characters of an open PDFium page.

    Raises:
        ValueError: PDFium cannot make text of the page, or it has more than ``MAX_PAGE_CHARACTERS``.
    """
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        raise ValueError("the page has no readable content")
    try:
        count = pdfium.FPDFText_CountChars(text_page)
        if not 0 <= count <= MAX_PAGE_CHARACTERS:
            raise ValueError("the page has too many characters")
        return _read_all(ctypes.cast(text_page, ctypes.c_void_p).value or 0, count, find_visible(page))
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def find_visible(page: Any) -> tuple[float, float, float, float]:
    """Left, bottom, right and top ends of the visible part of a page, in points."""
    box = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, box):
        return 0.0, 0.0, 612.0, 792.0
    if box.right - box.left < 1 or box.top - box.bottom < 1:
        return -1e6, -1e6, 1e6, 1e6
    return box.left, box.bottom, box.right, box.top


def _read_all(text_page: int, count: int, visible: tuple[float, float, float, float]) -> Characters:
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
            if code != HYPHEN and generated[i]:
                continue
        _get_box(text_page, i, box + 16 * i)
        _get_origin(text_page, i, origin + 16 * i, origin + 16 * i + 8)
        errors[i] = _has_error(text_page, i) == 1
        item = _get_object(text_page, i)
        if item is None or item != last:
            last, font = item, _measure_font(text_page, i)
        fonts[i] = font
    return Characters(np.array(codes, np.int64), boxes.astype(np.float64), origins, fonts, errors, generated, visible)


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


def has_picture(page: Any) -> bool:
    """Whether a page shows an image, or images together, over a good part of its area."""
    left, bottom, right, top = find_visible(page)
    area = max(1.0, (right - left) * (top - bottom))
    bounds = [ctypes.c_float() for _ in range(4)]
    covered = 0.0
    for i in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page, i)
        kind = pdfium.FPDFPageObj_GetType(item)
        shows = kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)
        if shows and pdfium.FPDFPageObj_GetBounds(item, *bounds):
            x0, y0, x1, y1 = (bound.value for bound in bounds)
            covered += max(0.0, x1 - x0) * max(0.0, y1 - y0)
    return covered >= _PICTURE_SHARE * area
