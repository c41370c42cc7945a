"""Streams: the compressed parts of a PDF file, measured before PDFium unpacks them into memory."""

from __future__ import annotations

import re
import zlib

_MAX_CONTENT = 64 << 20  # bytes of one content stream; a page of dense text has less than 1 MiB
_MAX_RATIO = 1032  # of zlib
_CHUNK = 1 << 20
_START = re.compile(rb"stream\r?\n")
_PICTURE = re.compile(rb"/Subtype\s*/Image|/Length1\b|/FontFile|/Type\s*/(?:XRef|ObjStm)")


def find_oversized_stream(data: bytes) -> str:
    """Say what is wrong with a file whose content unpacks to far more than a page can hold; "" if nothing is.

    PDFium keeps every drawing command of a page in memory, some 500 bytes for each. Pictures and fonts are not looked
    at, nor is anything encrypted.
    """
    if len(data) < _MAX_CONTENT // _MAX_RATIO:
        return ""
    for found in _START.finditer(data):
        header = data[max(0, found.start() - 400) : found.start()]
        header = header[header.rfind(b"obj") + 1 :]
        if (b"FlateDecode" not in header and b"/Fl" not in header) or _PICTURE.search(header):
            continue
        end = data.find(b"endstream", found.end())
        end = len(data) if end < 0 else end
        if (end - found.end()) * _MAX_RATIO >= _MAX_CONTENT and _unpacks_to_more(data[found.end() : end]):
            return f"has a page that unpacks to more than {_MAX_CONTENT >> 20} MB"
    return ""


def _unpacks_to_more(packed: bytes) -> bool:
    """Whether zlib data unpacks to more than the limit; counted piece by piece, nothing is kept."""
    unpacker, total = zlib.decompressobj(), 0
    try:
        while packed and total <= _MAX_CONTENT:
            total += len(unpacker.decompress(packed, _CHUNK))
            packed = unpacker.unconsumed_tail
    except zlib.error:
        return False
    return total > _MAX_CONTENT
