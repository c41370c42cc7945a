"""MSG: a message that Outlook saved."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.mail import Message, ReadMember, write_with_attachments
from askbrief.corpus.formats.rtf import decompress_rtf, rtf_text
from askbrief.corpus.formats.writer import one_line

_PROPERTY = "__substg1.0_{}{}"
_SUBJECT, _BODY, _HTML, _RTF, _SENDER, _SENDER_ADDRESS, _TO, _CC = (
    "0037",
    "1000",
    "1013",
    "1009",
    "0C1A",
    "0C1F",
    "0E04",
    "0E03",
)
_LONG_NAME, _SHORT_NAME, _ATTACHED = "3707", "3704", "3701"
_SUBMITTED, _DELIVERED = 0x0039, 0x0E06


def extract_msg(data: bytes, budget: Budget, *, read_member: ReadMember | None = None) -> list[Extracted]:
    """The message, and its attachments as documents of their own.

    Raises:
        UnreadableError: It is damaged or has no text.
    """
    import olefile

    try:
        with olefile.OleFileIO(data) as ole:
            message = _load(ole, budget)
            message.attachments = list(_iter_attachments(ole))
    except (OSError, ValueError, struct.error, IndexError, TypeError, AttributeError) as error:
        raise UnreadableError("is damaged (not a whole Outlook message)") from error
    return write_with_attachments(message, budget, read_member)


def _load(ole: Any, budget: Budget) -> Message:
    plain = _string(ole, _BODY, budget)
    page = _string(ole, _HTML, budget)
    raw_html = _binary(ole, _HTML)
    if raw_html and not page:
        page = decode_bytes(raw_html, budget)
    if not plain.strip() and not page.strip() and (rtf := _binary(ole, _RTF)):
        plain = rtf_text(decompress_rtf(rtf))
    sender, address = _string(ole, _SENDER, budget), _string(ole, _SENDER_ADDRESS, budget)
    return Message(
        subject=_string(ole, _SUBJECT, budget),
        sender=f"{sender} <{address}>" if "@" in address and address != sender else sender or address,
        recipients=_string(ole, _TO, budget),
        date_line="",
        sent=_find_day(ole),
        author=sender or address,
        plain=plain,
        page=page,
    )


def _stream(ole: Any, name: str) -> bytes:
    return bytes(ole.openstream(name).read()) if ole.exists(name) else b""


def _string(ole: Any, code: str, budget: Budget) -> str:
    wide = _stream(ole, _PROPERTY.format(code, "001F"))
    if wide:
        return wide.decode("utf-16-le", "replace")
    return decode_bytes(_stream(ole, _PROPERTY.format(code, "001E")).rstrip(b"\0"), budget)


def _binary(ole: Any, code: str) -> bytes:
    return _stream(ole, _PROPERTY.format(code, "0102"))


def _iter_attachments(ole: Any) -> Iterator[tuple[str, bytes]]:
    for folder in sorted({entry[0] for entry in ole.listdir() if entry[0].startswith("__attach")}):
        names = [f"{folder}/" + _PROPERTY.format(code, "001F") for code in (_LONG_NAME, _SHORT_NAME)]
        name = next((wide.decode("utf-16-le", "replace") for stream in names if (wide := _stream(ole, stream))), "")
        data = _stream(ole, f"{folder}/" + _PROPERTY.format(_ATTACHED, "0102"))
        if name and data:
            yield one_line(name), data


def _find_day(ole: Any) -> date | None:
    """The day when the message was sent, from the fixed properties: 16 bytes each after a header of 32."""
    properties = _stream(ole, "__properties_version1.0")
    found: dict[int, int] = {}
    for at in range(32, len(properties) - 15, 16):
        tag, _, value = struct.unpack_from("<IIQ", properties, at)
        if tag & 0xFFFF == 0x0040:
            found[tag >> 16] = value
    ticks = found.get(_SUBMITTED) or found.get(_DELIVERED)
    if not ticks:
        return None
    try:
        return (datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)).date()
    except OverflowError:
        return None
