"""Metadata: the title, author, date and printed page numbers that a PDF file states."""

from __future__ import annotations

import ctypes
import re
from datetime import date
from typing import Any

import pypdfium2.raw as pdfium

from askbrief.corpus.formats.pdf.paragraphs import Paragraph

_NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel) ?- .*|untitled.*|no title|document\d*|slide \d+|powerpoint presentation"
    r"|\S*[/\\_]\S*|.*\.(?:docx?|pptx?|xlsx?|pdf|odt|rtf|tex|dvi|qx[dp]|indd|fm|wpd|txt|html?|e?ps|pm[d6]|cdr|ai|sgml?|xml)",
    re.IGNORECASE,
)

# Dates of publication in XMP metadata; those of creation and change say nothing of it.
_PUBLISHED = re.compile(rb"prism:(?:publicationDate|coverDate)(?:>|=[\"'])\s*(\d{4})-(\d\d)-(\d\d)")


def find_date(data: bytes) -> date | None:
    """The date of publication in the metadata of a file, where it is stored unpacked."""
    found = _PUBLISHED.search(data)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def find_label(document: Any, index: int) -> str:
    """The printed number of a page; "" where the file does not say."""
    size = pdfium.FPDF_GetPageLabel(document, index, None, 0)
    if not 2 < size <= 200:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDF_GetPageLabel(document, index, buffer, size)
    return " ".join(buffer.raw[:size].decode("utf-16-le", "ignore").replace("\0", "").split())


def find_metadata(document: Any, key: str) -> str:
    """What the information dictionary of a file says under ``key``, on one line; "" if nothing."""
    size = pdfium.FPDF_GetMetaText(document, key.encode(), None, 0)
    if not 2 < size <= 4000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDF_GetMetaText(document, key.encode(), buffer, size)
    text = buffer.raw[:size].decode("utf-16-le", "ignore").replace("\0", "")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def choose_title(named: str, paragraphs: list[Paragraph]) -> str:
    """The title of the metadata, unless it is a file's name; otherwise the largest text of the first page.

    Marks the paragraph that is the title.
    """
    first = [each for each in paragraphs if each.page == paragraphs[0].page and each.kind in ("heading", "paragraph")]
    largest = max(first, key=lambda each: each.size, default=None)
    written = ""
    if largest is not None and largest.kind == "heading":
        largest.kind = "title"
        written = " ".join(line for _, line in largest.lines)
    if named and not _NO_TITLE.fullmatch(named) and sum(map(str.isalpha, named)) >= 3:
        return named
    return written
