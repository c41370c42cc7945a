"""How an extraction travels from the worker: one line of JSON, then the bytes of the texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any, get_args

from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.types import Block, BlockKind, Place, PlaceKind

_BLOCKS: tuple[BlockKind, ...] = get_args(BlockKind)
_PLACES: tuple[PlaceKind, ...] = get_args(PlaceKind)


def pack(extraction: Extraction, *, is_last: bool) -> list[bytes]:
    """The header line and the texts.

    Args:
        extraction: What was read.
        is_last: Whether the worker ends after it.
    """
    texts = [document.text.encode("utf-8", "replace") for document in extraction.documents]
    header = {
        "documents": [
            _pack_document(document, len(text)) for document, text in zip(extraction.documents, texts, strict=True)
        ],
        "reports": extraction.reports,
        "encoding": extraction.encoding,
        "certainty": extraction.certainty,
        "replaced": extraction.replaced,
        "extractor": extraction.extractor,
        "is_last": is_last,
    }
    return [json.dumps(header, separators=(",", ":")).encode() + b"\n", *texts]


def _pack_document(document: Extracted, size: int) -> dict[str, Any]:
    return {
        "bytes": size,
        "blocks": [
            number for block in document.blocks for number in (block.start, block.end, _BLOCKS.index(block.kind))
        ],
        "places": [
            value
            for place in document.places
            for value in (place.start, place.end, _PLACES.index(place.kind), place.number, place.label)
        ],
        "title": document.title,
        "date": document.date.isoformat() if document.date else None,
        "author": document.author,
        "member": document.member,
        "runs": None if document.runs is None else [number for run in document.runs for number in run],
        "lines": document.lines,
    }


def unpack(line: bytes, read: Callable[[int], bytes]) -> tuple[Extraction, bool]:
    """The extraction, and whether the worker ends after it.

    Args:
        line: The header line.
        read: Gives the next bytes, as many as asked for.

    Raises:
        ValueError: The header is not one that ``pack`` made.
    """
    header = json.loads(line)
    try:
        documents = tuple(
            _unpack_document(found, read(found["bytes"]).decode("utf-8")) for found in header["documents"]
        )
        extraction = Extraction(
            documents=documents,
            reports=tuple(header["reports"]),
            encoding=header["encoding"],
            certainty=header["certainty"],
            replaced=header["replaced"],
            extractor=header["extractor"],
        )
        return extraction, bool(header["is_last"])
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("no header of an extraction") from error


def _unpack_document(found: dict[str, Any], text: str) -> Extracted:
    blocks, places, runs = found["blocks"], found["places"], found["runs"]
    return Extracted(
        text=text,
        blocks=tuple(Block(start, end, _BLOCKS[kind]) for start, end, kind in _groups(blocks, 3)),
        places=tuple(
            Place(start, end, _PLACES[kind], number, label) for start, end, kind, number, label in _groups(places, 5)
        ),
        title=found["title"],
        date=date.fromisoformat(found["date"]) if found["date"] else None,
        author=found["author"],
        member=found["member"],
        runs=None if runs is None else tuple((start, source) for start, source in _groups(runs, 2)),
        lines=tuple(found["lines"]),
    )


def _groups(values: list[Any], size: int) -> zip[tuple[Any, ...]]:
    return zip(*[iter(values)] * size, strict=True)
