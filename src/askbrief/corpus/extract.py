"""Extraction: the bytes of a file → its documents. One function for every kind of file."""

from __future__ import annotations

from askbrief.corpus.extracted import Extraction
from askbrief.corpus.formats import markdown, plain


def find_extractor(path: str) -> str:
    """Name and version of what reads a file of that name."""
    return markdown.EXTRACTOR if path.lower().endswith(".md") else plain.EXTRACTOR


def extract(data: bytes, path: str) -> Extraction:
    """What the file at ``path`` holds.

    Args:
        data: Its bytes.
        path: Its path relative to the folder; the suffix tells the kind of file, the name may hold a date.

    Raises:
        CorpusError: It cannot be read as what its name says.
    """
    if path.lower().endswith(".md"):
        return markdown.extract_markdown(data, path)
    return plain.extract_text(data, path)
