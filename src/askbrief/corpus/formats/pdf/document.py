"""PDF files: opened with PDFium, read page by page, and written as one text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.corpus.formats.pdf.furniture import find_furniture
from askbrief.corpus.formats.pdf.glyphs import Index, PageContent, read_page
from askbrief.corpus.formats.pdf.layout import order_page
from askbrief.corpus.formats.pdf.metadata import choose_title, find_date, find_label, find_metadata
from askbrief.corpus.formats.pdf.paragraphs import Paragraph, build_paragraphs, build_turned, join_pages, measure_text
from askbrief.corpus.formats.pdf.pieces import Pieces, build_pieces
from askbrief.corpus.formats.pdf.streams import find_oversized_stream
from askbrief.corpus.formats.pdf.texcodes import find_codes
from askbrief.corpus.formats.pdf.writing import write

VERSION = 1
EXTRACTOR = f"pdf {VERSION} pypdfium2 {pypdfium2.PYPDFIUM_INFO}"

MAX_CHARACTERS = 20_000_000

_MAX_MISSING = 200  # pages in a row that cannot be loaded; the number of pages is not believed after them
_UNREADABLE = 0.3  # share of a page's characters without codes from which the page is reported
_ERRORS = {
    pdfium.FPDF_ERR_PASSWORD: "needs a password",
    pdfium.FPDF_ERR_FORMAT: "is damaged, or not a PDF file",
    pdfium.FPDF_ERR_SECURITY: "is encrypted in a way that cannot be read",
}
# PDFium is not safe with threads.
_ONE_THREAD = threading.Lock()


@dataclass(slots=True)
class _Read:
    """What was read of a file: for each page its pieces and printed number, and the numbers of pages that failed."""

    pages: list[Pieces] = field(default_factory=list)
    turned: dict[int, Pieces] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    count: int = 0
    pictures: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    missing: int = 0
    cut: int = 0

    def add(self, content: PageContent) -> None:
        """Keep the text of the next page."""
        if content.turned is not None:
            self.turned[len(self.pages)] = build_pieces(content.turned)
        self.pages.append(build_pieces(content.glyphs, content.fields))

    def report(self) -> list[str]:
        """Say what could not be read."""
        reports = []
        if self.pictures:
            verb = "is a picture" if self.count == 1 else "pages are pictures"
            subject = "the only page" if self.count == 1 else f"{len(self.pictures):,} of {self.count:,}"
            if self.count > 1 and len(self.pictures) == 1:
                verb = "pages is a picture"
            reports.append(f"{subject} {verb} without text (try ocrmypdf)")
        if self.unreadable:
            reports.append(f"{describe_pages(self.unreadable)}: fonts without character codes")
        if self.failed:
            reports.append(f"{describe_pages(self.failed)} cannot be read (damaged)")
        if self.missing:
            reports.append(f"pages {self.missing:,}–{self.count:,} are missing")
        if self.cut:
            reports.append(
                f"more than {MAX_CHARACTERS // 1_000_000} million characters: pages from {self.cut:,} on left out"
            )
        return reports


def extract_pdf(data: bytes) -> Extraction:
    """Read the text of a PDF file in reading order, with its pages as places.

    Args:
        data: The file.

    Returns:
        One document, or none where there is no text; and reports on what could not be read.
    """
    oversized = find_oversized_stream(data)
    if oversized:
        return Extraction((), (oversized,), extractor=EXTRACTOR)
    with _ONE_THREAD, _open(data) as document:
        if isinstance(document, str):
            return Extraction((), (document,), extractor=EXTRACTOR)
        read = _read_pages(document)
        named, author = find_metadata(document, "Title"), find_metadata(document, "Author")
    paragraphs = _build_paragraphs(read)
    reports = tuple(read.report())
    if not paragraphs:
        return Extraction((), reports or ("has no text",), extractor=EXTRACTOR)
    title = choose_title(named, paragraphs)
    labels = ["" if label == str(number) else label for number, label in enumerate(read.labels, 1)]
    text, blocks, places = write(paragraphs, labels)
    author = author if " " in author and len(author) <= 200 else ""
    extracted = Extracted(text, blocks, places, title, find_date(data), author, runs=None)
    return Extraction((extracted,), reports, extractor=EXTRACTOR)


def describe_pages(numbers: list[int]) -> str:
    """Pages in words: "page 3", "pages 4–9", "pages 1, 3, 7–9"; the first few stretches only."""
    stretches: list[list[int]] = []
    for number in numbers:
        if stretches and number == stretches[-1][1] + 1:
            stretches[-1][1] = number
        else:
            stretches.append([number, number])
    parts = [f"{a:,}" if a == b else f"{a:,}–{b:,}" for a, b in stretches[:5]]
    if len(stretches) > 5:
        return f"pages {', '.join(parts)} and {sum(b - a + 1 for a, b in stretches[5:]):,} more"
    return f"page{'s' * (len(numbers) > 1)} {', '.join(parts)}"


@contextmanager
def _open(data: bytes) -> Iterator[Any]:
    """Open a file with PDFium; gives its document, or a sentence on what is wrong."""
    document = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
    if not document:
        yield _ERRORS.get(pdfium.FPDF_GetLastError(), "cannot be opened")
        return
    try:
        yield document
    finally:
        pdfium.FPDF_CloseDocument(document)


def _read_pages(document: Any) -> _Read:
    """Read the pages of an open document; a page that fails stays empty."""
    read, characters = _Read(count=pdfium.FPDF_GetPageCount(document)), 0
    codes = np.zeros(256, np.int64)
    for number in range(1, read.count + 1):
        content = _read_page(document, number - 1)
        read.labels.append(find_label(document, number - 1))
        if content is None:
            read.failed.append(number)
            read.pages.append(Pieces.empty())
            if len(read.failed) >= _MAX_MISSING and read.failed[-_MAX_MISSING] == number - _MAX_MISSING + 1:
                del read.failed[-_MAX_MISSING:]
                read.missing = number - _MAX_MISSING + 1
                break
            continue
        characters += content.characters
        if characters > MAX_CHARACTERS:
            read.cut = number
            break
        if content.is_picture:
            read.pictures.append(number)
        if content.unreadable > _UNREADABLE * (content.characters + content.unreadable):
            read.unreadable.append(number)
        read.add(content)
        codes += content.codes
    trusted = find_codes(codes) if read.unreadable else None
    if trusted is not None:
        for number in read.unreadable:
            content = _read_page(document, number - 1, trusted)
            if content is not None:
                read.pages[number - 1] = build_pieces(content.glyphs, content.fields)
        read.unreadable = []
    return read


def _read_page(document: Any, index: int, trusted: Index | None = None) -> PageContent | None:
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        return None
    try:
        return read_page(page, trusted=trusted)
    except ValueError:
        return None
    finally:
        pdfium.FPDF_ClosePage(page)


def _build_paragraphs(read: _Read) -> list[Paragraph]:
    """Put the pages into reading order without their heads, feet and numbers, and join their paragraphs."""
    masks = find_furniture(read.pages, read.labels[: len(read.pages)])
    pages = [order_page(page.select(~mask)) for page, mask in zip(read.pages, masks, strict=True)]
    measures = measure_text(pages)
    built = [build_paragraphs(page, number, measures) for number, page in enumerate(pages)]
    for number, pieces in read.turned.items():
        built[number] += build_turned(order_page(pieces), number, measures)
    return join_pages(built)
