"""PDF: characters with their boxes become lines in reading order, and these become paragraphs with pages."""

from askbrief.corpus.formats.pdf.document import EXTRACTOR, extract_pdf

__all__ = ["EXTRACTOR", "extract_pdf"]
