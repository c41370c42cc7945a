"""Fields: what was filled into the fields of a form, which is not part of a page's content."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

_MAX_FIELDS = 5000  # on a page
_MAX_BYTES = 20_000  # of a value
_LINE = 14.0  # points; higher fields have their first line at the top


class Field(NamedTuple):
    """A filled field: its value on one line, and its ends, baseline and font size in points."""

    text: str
    left: float
    right: float
    base: float
    size: float


def read_fields(page: Any, visible: tuple[float, float, float, float]) -> list[Field]:
    """Read the filled text fields and choices of a page.

    Args:
        page: PDFium's page.
        visible: Left, bottom, right and top ends of its visible part.
    """
    found = []
    for i in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_FIELDS)):
        note = pdfium.FPDFPage_GetAnnot(page, i)
        if not note:
            continue
        box = pdfium.FS_RECTF()
        if pdfium.FPDFAnnot_GetSubtype(note) == pdfium.FPDF_ANNOT_WIDGET and pdfium.FPDFAnnot_GetRect(note, box):
            text = _find_value(note, b"V") if _find_value(note, b"FT") in ("Tx", "Ch") else ""
            high = min(abs(box.top - box.bottom), _LINE)
            if text and visible[0] < box.left < visible[2] and visible[1] < box.bottom < visible[3] and high > 1:
                base = max(box.top, box.bottom) - 0.75 * high - visible[1]
                found.append(Field(text, box.left - visible[0], box.right - visible[0], base, 0.7 * high))
        pdfium.FPDFPage_CloseAnnot(note)
    return found


def _find_value(note: Any, key: bytes) -> str:
    size = pdfium.FPDFAnnot_GetStringValue(note, key, None, 0)
    if not 2 < size <= _MAX_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAnnot_GetStringValue(note, key, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    text = buffer.raw[:size].decode("utf-16-le", "ignore").replace("\0", "")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
