"""Decodes the bytes of web pages, tables, mail and transcripts, which may name their encoding."""

from __future__ import annotations

from askbrief.corpus.decode import BinaryError, decode, find_codec
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.errors import CorpusError


def decode_bytes(data: bytes, budget: Budget, *, declared: str | None = None) -> str:
    """The characters of a file or a part of one.

    Args:
        data: Its bytes.
        budget: The file's; where no header names an encoding, the one that the settings name for the file is taken,
            whatever the text itself declares, and how sure the decision is is noted.
        declared: The encoding that a header names; a name that is not known counts as none.

    Returns:
        Its text; "" where it is empty, and as Windows-1252 where no encoding fits.

    Raises:
        UnreadableError: It is binary.
    """
    if not data:
        return ""
    named = declared if declared and find_codec(declared) else None
    try:
        decoded = decode(data, declared=named or budget.encoding or None)
    except BinaryError as error:
        raise UnreadableError(error.message) from error
    except CorpusError:
        if not data.strip(b"\0 \t\r\n\f"):
            return ""
        budget.note_decoding("cp1252", certainty=0.0, replaced=0)
        return data.decode("cp1252", "replace")
    if named is None:
        budget.note_decoding(decoded.encoding, certainty=decoded.certainty, replaced=decoded.replaced)
    return decoded.text
