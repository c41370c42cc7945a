"""Decodes the bytes of web pages, tables, mail and transcripts, which may name their encoding; never fails."""

from __future__ import annotations

from askbrief.corpus.decode import decode, find_codec
from askbrief.errors import CorpusError


def decode_bytes(data: bytes, *, declared: str | None = None) -> str:
    """The characters of a file or a part of one.

    Args:
        data: Its bytes.
        declared: The encoding that a header names; a name that is not known counts as none.

    Returns:
        Its text; "" where it is empty, and Windows-1252 where no encoding fits.
    """
    try:
        return decode(data, declared=declared if declared and find_codec(declared) else None).text if data else ""
    except CorpusError:
        return data.decode("cp1252", "replace") if data.strip(b"\0 \t\r\n\f") else ""
