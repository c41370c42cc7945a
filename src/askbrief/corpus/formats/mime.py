"""Takes mail apart: headers, parts of parts up to a depth, and a boundary that a broken header hides."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import HeaderParser

from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import one_line

PARTS = 1_000
DEPTH = 20
_HEADER_BYTES = 1 << 18
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_HIDDEN_BOUNDARY = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=Content-[A-Za-z-]+:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has no parts of its own.

    Attributes:
        kind: Its content type, "text/plain".
        charset: The encoding that its header declares; None where it declares none.
        name: The name of the attached file; "".
        is_attachment: Whether it is said to be one.
        group: Number of the multipart/alternative around it; None outside of any.
        data: Its decoded bytes.
    """

    kind: str
    charset: str | None
    name: str
    is_attachment: bool
    group: int | None
    data: bytes


def parse_headers(data: bytes, budget: Budget) -> tuple[Message, bytes]:
    """The headers at the beginning and the bytes after them.

    Header lines that have lost their fold's blank end nothing: the first empty line does.
    """
    found = _BLANK_LINE.search(data, 0, _HEADER_BYTES)
    if data[:1] in b"\r\n" and data:
        return Message(), data.lstrip(b"\r\n")
    head, body = (data[: found.start()], data[found.end() :]) if found else (data[:_HEADER_BYTES], data[_HEADER_BYTES:])
    return HeaderParser().parsestr(_mend(decode_bytes(head, budget))), body


def _mend(head: str) -> str:
    """The header lines, those without a colon and a name joined to the line before, as if they were folded."""
    lines: list[str] = []
    for line in head.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t") or re.match(r"[!-9;-~]+:", line) or not lines:
            lines.append(line)
        else:
            lines.append(" " + line)
    return "\n".join(lines)


def header_text(message: Message, name: str) -> str:
    """A header's words, decoded; "" where it is missing."""
    value = message.get(name)
    if value is None:
        return ""
    words: list[str] = []
    try:
        for part, charset in decode_header(str(value)):
            words.append(part if isinstance(part, str) else decode_bytes(part, Budget(), declared=charset))
    except (HeaderParseError, ValueError, binascii.Error, LookupError, UnreadableError):
        return one_line(str(value))
    return one_line("".join(words))


def iter_parts(data: bytes, budget: Budget) -> Iterator[Part]:
    """The parts of a message that have no parts themselves, in their order.

    Args:
        data: The whole message.
        budget: Where it is reported that parts were left out, or nested too deep.
    """
    stack: list[tuple[bytes, int, int | None]] = [(data, 0, None)]
    count = groups = 0
    while stack:
        current, depth, group = stack.pop()
        headers, body = parse_headers(current, budget)
        kind = headers.get_content_type()
        if count == 0 and not kind.startswith("multipart/") and (boundary := _find_boundary(body)):
            kind = "multipart/mixed"
        else:
            boundary = _stated_boundary(headers) or (_find_boundary(body) if kind.startswith("multipart/") else b"")
        count += 1
        if count > PARTS:
            budget.report(f"holds more than {PARTS:,} parts; the rest was not read")
            return
        if kind.startswith("multipart/") and boundary:
            if depth >= DEPTH:
                budget.report(f"its parts are nested deeper than {DEPTH}; what is deeper was not read")
                continue
            groups += 1
            inner = groups if kind == "multipart/alternative" else group
            stack += [(part, depth + 1, inner) for part in reversed(_split(body, boundary, PARTS + 2))]
        elif kind == "message/rfc822" and depth < DEPTH:
            stack.append((_decode_body(headers, body), depth + 1, None))
        else:
            yield _make_part(headers, kind, body, group)


def _make_part(headers: Message, kind: str, body: bytes, group: int | None) -> Part:
    charset = headers.get_param("charset")
    name = headers.get_filename() or ""
    disposition = str(headers.get("Content-Disposition", "")).lower()
    return Part(
        kind="text/plain" if kind.startswith("multipart/") else kind,
        charset=charset if isinstance(charset, str) else None,
        name=one_line(name),
        is_attachment=disposition.lstrip().startswith("attachment"),
        group=group,
        data=_decode_body(headers, body),
    )


def _stated_boundary(headers: Message) -> bytes:
    try:
        boundary = headers.get_boundary()
    except (ValueError, TypeError, UnicodeError):
        return b""
    return boundary.encode("utf-8", "replace") if boundary else b""


def _find_boundary(body: bytes) -> bytes:
    """The boundary that the body shows: a line of two hyphens and a word above a Content- header, twice at least."""
    found = _HIDDEN_BOUNDARY.search(body, 0, _HEADER_BYTES)
    return found[1] if found and body.count(b"--" + found[1]) > 1 else b""


def _split(body: bytes, boundary: bytes, limit: int) -> list[bytes]:
    """The parts between the boundary's lines, at most ``limit``."""
    pattern = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
    parts: list[bytes] = []
    begins: int | None = None
    for found in pattern.finditer(body):
        if begins is not None:
            parts.append(body[begins : found.start()])
        begins = None if found[1] else found.end()
        if found[1] or len(parts) >= limit:
            return parts
    if begins is not None:
        parts.append(body[begins:])
    return parts


def _decode_body(headers: Message, body: bytes) -> bytes:
    encoding = str(headers.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64":
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
        try:
            return base64.b64decode(kept + b"=" * (-len(kept) % 4))
        except binascii.Error:
            return base64.b64decode(kept[: len(kept) // 4 * 4])
    return quopri.decodestring(body) if encoding == "quoted-printable" else body
