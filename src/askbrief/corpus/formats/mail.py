"""EML, MBOX and MHTML: each message a document with subject, day and sender; quoted replies are places."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from email.message import Message as Headers
from email.utils import parseaddr, parsedate_to_datetime

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.flow import write_flow
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.mime import Part, header_text, iter_parts, parse_headers
from askbrief.corpus.formats.webpages import read_page
from askbrief.corpus.formats.writer import OpenPlace, Writer, clean

# Reads an attached file: (name, bytes, budget) to its documents.
ReadMember = Callable[[str, bytes, Budget], list[Extracted]]

_FROM_LINE = re.compile(rb"(?:\A|(?<=\n)\r?\n)From [^\r\n]*\r?\n(?=[A-Za-z][A-Za-z0-9-]*:|>From )")
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_QUOTE = re.compile(r"^ {0,3}(?:> ?)+")
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:(?:original|forwarded) message|ursprüngliche nachricht|message d'origine|mensaje original)"
    r"\s*-{2,}\s*$",
    re.IGNORECASE,
)
_REPLY_FROM = re.compile(r"^\s*\*?(?:From|Von|De|Da|Van):\*? \S")
_REPLY_SENT = re.compile(r"^\s*\*?(?:Sent|Gesendet|Envoyé|Enviado|Inviato|Verzonden):\*? \S")
_FOOTER = re.compile(r"mailing list|unsubscri|listinfo|list-archive|abmelden|désabonn|yahoo!? groups", re.IGNORECASE)
_RULE = re.compile(r"^\s*(?:[_=*-]{10,}|-{2,3}|[_~=-]{5,}.{0,60}[_~=>-]{5,})\s*$")
_FOOTER_LINES = 12
_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "text/markdown"})


@dataclass(slots=True)
class Message:
    """A message that is to be written.

    Attributes:
        subject: Its subject; "".
        sender: Name and address, as the header has them.
        recipients: The same of those it went to.
        date_line: The date as the header has it.
        sent: The day when it was sent, where it was sent.
        author: The sender's name, or the address.
        plain: Its text; "" where it has HTML only.
        page: Its HTML; "".
        more: Texts of further parts.
        attachments: Names and bytes of attached files.
    """

    subject: str = ""
    sender: str = ""
    recipients: str = ""
    date_line: str = ""
    sent: date | None = None
    author: str = ""
    plain: str = ""
    page: str = ""
    more: list[str] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)


def extract_eml(data: bytes, budget: Budget, *, read_member: ReadMember | None = None) -> list[Extracted]:
    """The message, and its attachments as documents of their own.

    Raises:
        UnreadableError: It has no text.
    """
    return write_with_attachments(_load(data, budget), budget, read_member)


def write_with_attachments(message: Message, budget: Budget, read_member: ReadMember | None) -> list[Extracted]:
    """A message that is a file of its own, and its attachments.

    Raises:
        UnreadableError: There is no text in any of them.
    """
    documents = [write_message(message, budget, number=None)] if _has_text(message) else []
    documents += _read_attachments(message, budget, read_member)
    if not documents:
        raise UnreadableError("holds no text")
    return documents


def extract_mbox(data: bytes, budget: Budget, *, read_member: ReadMember | None = None) -> list[Extracted]:
    """The messages of a mailbox, counted from 1."""
    documents: list[Extracted] = []
    found = list(_FROM_LINE.finditer(data))
    starts = [line.end() for line in found] or [0]
    begins = [line.start() for line in found] or [0]
    for number, (start, end) in enumerate(zip(starts, [*begins[1:], len(data)], strict=True), 1):
        if budget.full:
            break
        message = _load(_ESCAPED_FROM.sub(rb"\1", data[start:end]), budget)
        if _has_text(message):
            documents.append(write_message(message, budget, number=number))
        documents += _read_attachments(message, budget, read_member, number=number)
    if not documents:
        raise UnreadableError("holds no messages")
    return documents


def extract_mhtml(data: bytes, budget: Budget) -> list[Extracted]:
    """The page that a browser saved with its pictures.

    Raises:
        UnreadableError: There is no page in it, or the page has no text.
    """
    for part in iter_parts(data, budget):
        if part.kind in ("text/html", "application/xhtml+xml"):
            return [read_page(decode_bytes(part.data, budget, declared=part.charset), budget)]
    raise UnreadableError("holds no web page")


def _load(data: bytes, budget: Budget) -> Message:
    headers, _ = parse_headers(data, budget)
    message = Message(
        subject=header_text(headers, "Subject"),
        sender=header_text(headers, "From"),
        recipients=header_text(headers, "To"),
        date_line=header_text(headers, "Date"),
        sent=_find_day(headers),
    )
    name, address = parseaddr(message.sender)
    message.author = name or address or message.sender
    written: set[int] = set()
    for part in iter_parts(data, budget):
        try:
            _take_part(part, message, written, budget)
        except UnreadableError as error:
            budget.report(f"a part of a message {error.report}")
    return message


def _take_part(part: Part, message: Message, written: set[int], budget: Budget) -> None:
    if part.is_attachment or not part.kind.startswith("text/") or part.kind not in _TEXTS:
        if part.name:
            message.attachments.append((part.name, part.data))
    elif part.kind == "text/html":
        page = decode_bytes(part.data, budget, declared=part.charset)
        if not message.page:
            message.page = page
        elif part.group is None:
            message.more.append(_visible_text(page))
    else:
        plain = decode_bytes(part.data, budget, declared=part.charset)
        if not message.plain and (part.group is not None or not message.page):
            message.plain = plain
        else:
            message.more.append(plain)


def _visible_text(page: str) -> str:
    writer = Writer(Budget())
    write_flow(page, writer)
    return writer.finish().text


def _has_text(message: Message) -> bool:
    return bool(message.plain.strip() or message.page.strip() or message.more or message.subject)


def _find_day(headers: Headers) -> date | None:
    try:
        return parsedate_to_datetime(str(headers.get("Date", ""))).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _read_attachments(
    message: Message, budget: Budget, read_member: ReadMember | None, *, number: int | None = None
) -> list[Extracted]:
    documents: list[Extracted] = []
    if read_member:
        for name, data in message.attachments:
            member = name if number is None else f"{number}!{name}"
            documents += read_member(member, data, budget)
    return documents


def write_message(message: Message, budget: Budget, *, number: int | None) -> Extracted:
    """The message as a document; in a mailbox it is a place with its number, and its member is that number."""
    writer = Writer(budget)
    label = ", ".join(filter(None, (f"{message.sent:%-d %b %Y}" if message.sent else "", message.author)))
    place = writer.open("message", number, label)
    if message.subject:
        writer.add(message.subject, "title")
    if message.sender:
        writer.add(f"From: {message.sender}", "byline", gap="\n")
    if message.recipients:
        writer.add(f"To: {message.recipients[:500]}", "byline", gap="\n")
    if message.date_line:
        writer.add(f"Date: {message.date_line}", "dateline", gap="\n")
    if _prefers_page(message):
        write_flow(message.page, writer, heading_place=None, quote_places=True)
    else:
        write_plain(message.plain, writer)
    for text in message.more:
        write_plain(text, writer)
    writer.close(place)
    return writer.finish(
        title=message.subject,
        published=message.sent,
        author=message.author,
        member="" if number is None else str(number),
    )


def _prefers_page(message: Message) -> bool:
    """Whether the HTML says clearly more than the plain text, which is then only a notice."""
    if not message.page.strip():
        return False
    if not message.plain.strip():
        return True
    return len(message.plain.split()) * 4 < len(_visible_text(message.page).split())


def write_plain(text: str, writer: Writer) -> None:
    """Write a plain message: own paragraphs, quoted ones without their marks, the footer of a list as metadata."""
    lines = clean(text).split("\n")
    footer = _find_footer(lines)
    quoted: OpenPlace | None = None
    original = False
    paragraph: list[str] = []
    for at, line in enumerate([*lines[:footer], ""]):
        original = original or bool(_ORIGINAL.match(line)) or _begins_reply(lines[at : at + 4])
        mark = _QUOTE.match(line)
        words = line[mark.end() :] if mark else line
        is_quoted = bool(mark) or original
        if paragraph and (not words.strip() or is_quoted != bool(quoted)):
            writer.add("\n".join(paragraph), "quoted" if quoted else "paragraph")
            paragraph.clear()
        if not words.strip():
            continue
        if is_quoted and quoted is None:
            quoted = writer.open("quoted")
        elif quoted is not None and not is_quoted:
            writer.close(quoted)
            quoted = None
        paragraph.append(words.rstrip())
    if quoted is not None:
        writer.close(quoted)
    for line in lines[footer:]:
        writer.add(line, "metadata", gap="\n")


def _begins_reply(lines: list[str]) -> bool:
    """Whether the header of an answered message stands here, as Outlook copies it."""
    return bool(lines and _REPLY_FROM.match(lines[0]) and any(_REPLY_SENT.match(line) for line in lines[1:]))


def _find_footer(lines: list[str]) -> int:
    """Where the footer of a mailing list begins: a rule near the end above lines on the list; else the end."""
    last = len(lines)
    while last and not lines[last - 1].strip():
        last -= 1
    for at in range(last - 1, max(-1, last - _FOOTER_LINES - 1), -1):
        if _RULE.match(lines[at]) and _FOOTER.search("\n".join(lines[at:last])):
            return at
    return len(lines)
