"""Decoding: the bytes of a file → text."""

from __future__ import annotations

from dataclasses import dataclass

from askbrief.errors import CorpusError
from askbrief.text.segment import normalise_newlines

_WESTERN = "cp1252"

_BOMS = (  # the longer first: UTF-32-LE begins like UTF-16-LE
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text with newlines normalised, and the encoding it was in."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded:
    """The text of a file: by its byte-order mark, else strictly as UTF-8, else as charset-normalizer detects it.

    Where Windows-1252 reads as much like a language as the encoding it takes for the best, Windows-1252 is taken: the
    encodings around it differ in a few letters only, and it is by far the most common.

    Raises:
        CorpusError: It is binary, empty, or in no encoding that can be told.
    """
    if not data.strip():
        raise CorpusError("is empty", hint="Remove the file or write something into it.")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _checked(data.decode(encoding), encoding.removesuffix("-sig"))
            except UnicodeDecodeError as error:
                raise CorpusError(f"is not valid {encoding}: {error.reason}", hint="Save it again as UTF-8.") from error
    if b"\0" in data:
        raise CorpusError("is binary", hint="Only text files can be read.")
    try:
        return _checked(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        raise CorpusError("is binary, or in an encoding that cannot be told", hint="Save it again as UTF-8.")
    for match in matches:
        if _WESTERN in match.could_be_from_charset and match.coherence >= best.coherence:
            return _checked(str(match), _WESTERN)
    return _checked(str(best), best.encoding)


def _checked(text: str, encoding: str) -> Decoded:
    text = normalise_newlines(text)
    if not text.strip():
        raise CorpusError("is empty", hint="Remove the file or write something into it.")
    controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\f")
    if controls > max(8, len(text) // 20):
        raise CorpusError("is binary", hint="Only text files can be read.")
    return Decoded(text, encoding)
