"""Decoding: the bytes of a text file → its text, the encoding it was in, and how sure that is.

In this order: a byte-order mark; UTF-8, in which a few bad bytes become U+FFFD; what the caller or the file declares;
UTF-16 and UTF-32 without a mark by their zero bytes; else the encoding in which the file reads most like text
(``guess_encoding``).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from askbrief.errors import CorpusError

_BOMS = (  # the longer first: UTF-32-LE begins like UTF-16-LE
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_STATEFUL = re.compile(r"^(?:iso2022|hz|utf-?7|utf-?16|utf-?32)", re.IGNORECASE)
_DECLARATION = re.compile(
    rb"<\?xml[^>]{0,100}?\sencoding\s*=\s*[\"']([\w.:-]+)"
    rb"|<meta\s[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)"
    rb"|\A(?:[^\n]*\n)?[ \t\f]*#.*?coding[:=][ \t]*([\w.-]+)",
    re.IGNORECASE,
)
_HEAD_BYTES = 4096
_SUPERSETS = {  # what files in fact are that declare one of these (WHATWG Encoding Standard, section 4.2)
    "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "big5": "big5hkscs",
}  # fmt: skip
_NEWLINES = re.compile(r"\r\n?")
_CONTROLS = bytes(code for code in range(32) if code not in b"\0\t\n\f\r\x1b")
_MOST_NULS = 40
_MIN_UTF8_CERTAINTY = 0.6
_EMPTY = CorpusError("is empty", hint="Remove the file or write something into it.")


class BinaryError(CorpusError):
    """The bytes are no text in any encoding."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text.

    Attributes:
        text: Lines end in LF: CR LF and a lone CR count as one character each in every offset.
        encoding: Name of the encoding as Python spells it.
        certainty: In [0, 1]; how sure it is that no letter is another one than was written.
        replaced: Bytes that were not valid and became U+FFFD.
    """

    text: str
    encoding: str
    certainty: float = 1.0
    replaced: int = 0


def decode(data: bytes, *, declared: str | None = None) -> Decoded:
    """The text of a file.

    Args:
        data: The whole file.
        declared: The encoding that the user's settings or the file's container name. Text that is valid UTF-8 stays
            UTF-8 all the same, as declarations are often copied along.

    Raises:
        CorpusError: It is empty, binary, not what its mark says, or ``declared`` is not known.
    """
    if not data.strip(b"\0 \t\r\n\f"):
        raise _EMPTY
    codec = find_codec(declared) if declared else None
    if declared and codec is None:
        raise CorpusError(f"has the encoding {declared!r}, which is not known", hint="Name one that Python knows.")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode_marked(data, mark, encoding)
    if codec and _STATEFUL.match(codec):
        return _decode_as(data, codec, certainty=1.0)
    wide = find_wide_encoding(data)
    if wide:
        return _decode_as(data, wide, certainty=0.98)
    data = _without_padding(data)
    _check_controls(data)
    found = _decode_utf8(data)
    if found:
        return found
    if codec and codec != "ascii":
        return _decode_as(data, codec, certainty=1.0)
    codec = find_declaration(data)
    if codec:
        named = _decode_as(data, codec, certainty=0.97)
        if named.replaced <= 1 + len(data) // 1000:
            return named
    from askbrief.corpus.encodings import guess_encoding

    guess = guess_encoding(data)
    if guess is None:
        raise CorpusError("is binary, or in an encoding that cannot be told", hint="Save it again as UTF-8.")
    found = _decode_as(data, guess.encoding, certainty=guess.certainty)
    return replace(found, certainty=min(found.certainty, _MIN_UTF8_CERTAINTY)) if found.replaced else found


def find_codec(name: str) -> str | None:
    """The Python name of a text encoding, in the extended form that files in fact use; None if it is not known."""
    try:
        codec = codecs.lookup(name.strip())
        "".encode(codec.name)
    except (LookupError, ValueError):
        return None
    return _SUPERSETS.get(codec.name, codec.name)


def find_declaration(data: bytes) -> str | None:
    """The encoding that the head of an HTML, XML or Python file names, if it is known and extends ASCII."""
    match = _DECLARATION.search(data[:_HEAD_BYTES])
    if match is None:
        return None
    name = next(group for group in match.groups() if group).decode("ascii", "replace")
    codec = find_codec(name)
    return None if codec is None or _STATEFUL.match(codec) or codec in ("utf-8", "ascii") else codec


def find_wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: zero bytes stand at (nearly) always the same places of each character."""
    head = data[:65_536]
    zeros = [head[place::4].count(0) for place in range(4)]
    quarter = len(head) / 4
    if sum(zeros) < 2 or sum(zeros) < len(head) / 100:
        return None
    if zeros[3] > 0.99 * quarter and zeros[2] > 0.9 * quarter and zeros[0] < quarter / 10:
        return "utf-32-le"
    if zeros[0] > 0.99 * quarter and zeros[1] > 0.9 * quarter and zeros[3] < quarter / 10:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if max(even, odd) < 20 * min(even, odd) or len(data) % 2:
        return None
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    sample = text[:4096]
    readable = sum(character.isalnum() or character in " \n\r\t.,;:!?-–—'’“”\"()" for character in sample)
    return encoding if readable > 0.85 * len(sample) else None


def _decode_marked(data: bytes, mark: bytes, encoding: str) -> Decoded:
    if encoding == "utf-8":
        found = _decode_utf8(data[len(mark) :], is_marked=True)
        if found:
            return found
    else:
        try:
            text = data.decode(encoding)
            return _finish(text.replace("\0", "\ufffd"), encoding, certainty=1.0, replaced=text.count("\0"))
        except UnicodeDecodeError as error:
            if error.start > 0.9 * len(data) and len(data) > 40:  # cut in the middle of a character
                return _decode_as(data, encoding, certainty=1.0)
    raise CorpusError(f"is not valid {encoding}, though its mark says so", hint="Save it again as UTF-8.")


def _decode_utf8(data: bytes, *, is_marked: bool = False) -> Decoded | None:
    """The text if it is UTF-8 but for a few bytes: many more characters beyond ASCII than bad places."""
    if b"\0" not in data:
        try:
            return _finish(data.decode("utf-8"), "utf-8", certainty=1.0, replaced=0)
        except UnicodeDecodeError:
            pass
    text = data.decode("utf-8", "replace")
    put_in = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    bad = len(data) - (len(text.encode("utf-8")) - 3 * put_in)
    places = len(re.findall("\ufffd+", text))
    good = sum(character > "\x7f" and character != "\ufffd" for character in text)
    if places and (good < 6 * places if not is_marked else put_in > len(text) // 10):
        return None
    nuls = text.count("\0")
    certainty = max(_MIN_UTF8_CERTAINTY, 1 - places / max(1, good)) if places else 1.0
    return _finish(text.replace("\0", "\ufffd"), "utf-8", certainty=certainty, replaced=bad + nuls)


def _decode_as(data: bytes, encoding: str, *, certainty: float) -> Decoded:
    text = data.decode(encoding, "replace")
    replaced = text.count("\ufffd") + text.count("\0")
    return _finish(text.replace("\0", "\ufffd"), encoding, certainty=certainty, replaced=replaced)


def _without_padding(data: bytes) -> bytes:
    """``data`` without the zero bytes that an interrupted download or a fixed size leaves at the end."""
    return data.rstrip(b"\0") if data.endswith(b"\0\0\0\0") else data


def _check_controls(data: bytes) -> None:
    controls = sum(data.count(code) for code in _CONTROLS)
    if data.count(0) * _MOST_NULS > len(data) or controls > max(8, len(data) // 20):
        raise BinaryError("is binary", hint="Only text files can be read.")


def _finish(text: str, encoding: str, *, certainty: float, replaced: int) -> Decoded:
    text = _NEWLINES.sub("\n", text.removeprefix("\ufeff"))
    if not text.strip("\ufffd \t\n\f"):
        raise _EMPTY
    if not text.strip():
        raise _EMPTY
    controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\f\x1b")
    if controls > max(8, len(text) // 20):
        raise BinaryError("is binary", hint="Only text files can be read.")
    return Decoded(text, encoding, certainty, replaced)
