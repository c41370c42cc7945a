"""Decodes the bytes of web pages, tables, mail and transcripts."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What web browsers read where a page says one of the first.
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]+)""", re.IGNORECASE)


def decode_bytes(data: bytes, *, declared: str | None = None) -> str:
    """The characters of the bytes: by their mark, as UTF-8, as declared, or as Windows-1252."""
    return _decode(data, declared=declared)


def decode_page(data: bytes, *, declared: str | None = None) -> str:
    """The characters of a web page, which may name its encoding in its head."""
    found = _XML.search(data[:200]) or _META.search(data[:4096])
    return decode_bytes(data, declared=declared or (found[1].decode("ascii", "ignore") if found else None))


def _decode(data: bytes, *, declared: str | None = None) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if not bad or (bad <= 3 and bad * 1000 <= len(text)):
        return text
    if declared:
        try:
            name = codecs.lookup(declared.strip("\"' ")).name
            name = _MEANT.get(name, name)
            return data.decode(name, "replace")
        except (LookupError, UnicodeError, ValueError):
            pass
    return data.decode("cp1252", "replace")
