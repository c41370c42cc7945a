"""Extraction: the bytes of a file → its documents. One function for every kind of file."""

from __future__ import annotations

from askbrief.corpus.decode import decode
from askbrief.corpus.document import read_text
from askbrief.corpus.extracted import Extraction

EXTRACTOR = "text 1"


def extract(data: bytes, path: str) -> Extraction:
    """What the file at ``path`` holds.

    Args:
        data: Its bytes.
        path: Its path relative to the folder; the suffix tells the kind of file, the name may hold a date.

    Raises:
        CorpusError: It cannot be read as what its name says.
    """
    decoded = decode(data)
    return Extraction((read_text(decoded.text, path),), encoding=decoded.encoding, extractor=EXTRACTOR)
