"""Documents: what was extracted from a file, with an id."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, replace

from askbrief.corpus.extracted import Extracted
from askbrief.types import Document


def build_document(extracted: Extracted, path: str) -> Document:
    """The document of what was extracted from the file at ``path``."""
    document = Document(
        id="",
        title=extracted.title,
        text=extracted.text,
        date=extracted.date,
        paths=(path,),
        author=extracted.author,
        blocks=extracted.blocks,
        places=extracted.places,
        runs=extracted.runs,
        lines=extracted.lines,
        member=extracted.member,
    )
    return replace(document, id=find_document_id(document))


def find_document_id(document: Document) -> str:
    """The id that a document has by all it holds, but not by where it lies."""
    parts = (
        document.title,
        str(document.date),
        document.text,
        document.author,
        repr([astuple(block) for block in document.blocks]),
        repr([astuple(place) for place in document.places]),
        repr(document.runs),
        repr(document.lines),
        document.member,
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
