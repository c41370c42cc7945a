"""What was read of a file, as text for people and JSON for programs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from askbrief.answer.schema import SCHEMA, as_json
from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.output.location import describe_places
from askbrief.text.display import one_line, printable


def describe_extraction(extraction: Extraction) -> str:
    """The text of each document, with a line before each stretch that says where it is in the file."""
    return "\n\n".join(map(_describe_document, extraction.documents))


def extraction_as_json(path: str, extraction: Extraction) -> str:
    """An extraction as one line of JSON, schema 1."""
    return as_json(
        {
            "schema": SCHEMA,
            "path": path,
            "extractor": extraction.extractor,
            "encoding": extraction.encoding,
            "certainty": round(extraction.certainty, 4),
            "replaced": extraction.replaced,
            "reports": list(extraction.reports),
            "documents": [_build_fields(document) for document in extraction.documents],
        }
    )


def _describe_document(document: Extracted) -> str:
    day = document.date.isoformat() if document.date else ""
    head = " · ".join(filter(None, (one_line(document.title), day, one_line(document.author), document.member)))
    cuts = sorted({0, len(document.text), *(place.start for place in document.places)})
    parts = [f"# {head}"] if head else []
    for start, end in pairwise(cuts):
        around = tuple(place for place in document.places if place.start <= start < place.end)
        piece = printable(document.text[start:end]).strip("\n").removeprefix("; ").rstrip()
        where = one_line(describe_places(around))
        parts += [f"[{where}]\n{piece}" if where else piece] if piece.strip() else []
    return "\n".join(parts)


def _build_fields(document: Extracted) -> dict[str, Any]:
    return {
        "member": document.member,
        "title": document.title,
        "date": document.date.isoformat() if document.date else None,
        "author": document.author,
        "text": document.text,
        "blocks": [{"start": b.start, "end": b.end, "kind": b.kind} for b in document.blocks],
        "places": [
            {"start": p.start, "end": p.end, "kind": p.kind, "number": p.number, "label": p.label}
            for p in document.places
        ],
    }
