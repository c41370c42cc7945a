"""Documents: what was extracted from a file → title, date and text with an id."""

from __future__ import annotations

import hashlib

from askbrief.corpus.extracted import Extracted
from askbrief.types import Document


def build_document(extracted: Extracted, path: str) -> Document:
    """A document that lies at ``path``."""
    title, text = extracted.title, extracted.text
    digest = hashlib.sha256("\0".join((title, str(extracted.date), text)).encode("utf-8", "surrogatepass"))
    return Document(digest.hexdigest()[:16], title, text, extracted.date, (path,))
