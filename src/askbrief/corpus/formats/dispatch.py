"""One file or member: told by its content and its suffix, read by the module of its family."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.table import (
    DOCX,
    EPUB,
    FORMATS,
    GZ,
    HTML,
    MSG,
    ODS,
    ODT,
    PDF,
    PPTX,
    RTF,
    XLS,
    XLSX,
    ZIP,
    Format,
    is_read,
    suffix_of,
)
from askbrief.errors import AskbriefError, is_panic

_PACKAGE = "askbrief.corpus.formats."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What a compound file is, by a stream at its root.
_OLE_STREAMS = {"EncryptedPackage": "locked", "__properties_version1.0": "msg", "WordDocument": "doc",
    "PowerPoint Document": "ppt", "Workbook": "xls", "Book": "xls"}  # fmt: skip
_OFFICE_PARTS = (("word/", DOCX), ("ppt/", PPTX), ("xl/", XLSX))
_OPEN_DOCUMENT = {
    "application/epub+zip": EPUB,
    "application/vnd.oasis.opendocument.spreadsheet": ODS,
    "application/vnd.oasis.opendocument.text": ODT,
    "application/vnd.oasis.opendocument.presentation": ODT,
}
_OFFICE = frozenset({DOCX, PPTX, XLSX, ODT, ODS, EPUB})


def find_format(data: bytes, path: str) -> Format:
    """What reads a file: its content where that is unmistakable, else its suffix.

    Raises:
        UnreadableError: It is of a kind that is not read, locked, or empty.
    """
    named = FORMATS.get(suffix_of(path))
    if not data.strip(b"\x00 \t\r\n"):
        raise UnreadableError("is empty")
    if data[:4] == b"PK\x03\x04":
        return _find_zipped(data, named)
    if data.startswith(_OLE):
        return _find_compound(data, named)
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return PDF
    if data.lstrip()[:5] == b"{\\rtf":
        return RTF
    if data[:2] == b"\x1f\x8b":
        return GZ
    if named is None:
        raise UnreadableError("is of a kind that is not read")
    if named in (XLS, XLSX) and re.match(rb"\s*<(?:!doctype html|html|table|meta)", data[:200], re.IGNORECASE):
        return HTML
    if named in _OFFICE and not re.match(rb"\s*(?:\xef\xbb\xbf)?<\?xml", data[:100]):
        raise UnreadableError(f"is damaged (not a whole {named.name.upper()} file)")
    return named


def _find_zipped(data: bytes, named: Format | None) -> Format:
    mimetype = re.search(rb"mimetype(application/[a-z.+-]+)", data[:200])
    if mimetype and (found := _OPEN_DOCUMENT.get(mimetype[1].decode().removesuffix("-template"))):
        return found
    if named in _OFFICE:
        return named
    names = set(re.findall(rb"PK\x01\x02.{42}(word/|ppt/|xl/)(?:document|presentation|workbook)\.", data, re.DOTALL))
    return next((found for prefix, found in _OFFICE_PARTS if prefix.encode() in names), ZIP)


def _find_compound(data: bytes, named: Format | None) -> Format:
    streams = _root_streams(data)
    kinds = {kind for stream, kind in _OLE_STREAMS.items() if stream in streams}
    if "locked" in kinds:
        raise UnreadableError("needs a password")
    if "msg" in kinds:
        return MSG
    if "xls" in kinds:
        return XLS
    for kind in kinds:
        raise UnreadableError(f"is in the old .{kind} format (save it as .{kind}x)")
    if named in (MSG, XLS):
        return named
    raise UnreadableError("is of a kind that is not read")


def _root_streams(data: bytes) -> set[str]:
    """The streams at the root of a compound file; of a damaged one all whose names stand in it."""
    import olefile

    try:
        with olefile.OleFileIO(data) as ole:
            return {entry[0] for entry in ole.listdir() if len(entry) == 1}
    except Exception:  # olefile raises errors of many kinds for damaged files
        return {stream for stream in _OLE_STREAMS if stream.encode("utf-16-le") in data}


def extract(data: bytes, path: str, *, encoding: str = "") -> Extraction:
    """Read one file.

    Args:
        data: Its bytes.
        path: Its name, for the suffix; nothing is opened.
        encoding: The encoding that the settings name for it; "" where they name none.

    Returns:
        Its documents and what was not read of it; never an error.
    """
    budget = Budget(encoding=encoding)
    documents: list[Extracted] = []
    extractor = ""
    try:
        found = find_format(data, path)
        extractor = found.extractor
        if found.module in _WHOLE:
            return read_whole(data, path, found, encoding=encoding)
        documents = read_file(data, path, budget, found)
        if not documents and not budget.reports:
            budget.report("holds no text")
    except UnreadableError as error:
        budget.report(error.report)
    except MemoryError:
        documents = []
        budget.report("needed too much memory")
    return Extraction(
        documents=tuple(documents),
        reports=budget.all_reports(),
        encoding=budget.read_as,
        certainty=budget.certainty,
        replaced=budget.replaced,
        extractor=extractor,
    )


# Modules whose function makes the whole Extraction by itself, and whether it wants the file's name and encoding.
_WHOLE = {"pdf": False, "plain": True, "markdown": True}


def read_whole(data: bytes, path: str, found: Format, *, encoding: str = "") -> Extraction:
    """What a module with limits of its own reads.

    Raises:
        UnreadableError: It cannot be read, for whatever reason.
    """
    with _as_reports(found):
        function = _load(found)
        wants = {"path": path, "encoding": encoding or None} if _WHOLE[found.module] else {}
        extraction: Extraction = function(data, **wants)
        return extraction


def read_file(data: bytes, path: str, budget: Budget, found: Format) -> list[Extracted]:
    """The documents of a file or member.

    Raises:
        UnreadableError: It cannot be read, for whatever reason.
    """
    if found.module in _WHOLE:
        extraction = read_whole(data, path, found, encoding=budget.encoding)
        if extraction.encoding:
            budget.note_decoding(extraction.encoding, certainty=extraction.certainty, replaced=extraction.replaced)
        for sentence in extraction.reports:
            budget.report(sentence)
        budget.characters -= sum(len(document.text) for document in extraction.documents)
        budget.full = budget.full or budget.characters < 0
        return list(extraction.documents)
    with _as_reports(found):
        function = _load(found)
        if found is ZIP:
            return list(function(data, budget, is_read=is_read, read_member=read_member))
        if found is GZ:
            name = path[:-3] if path.lower().endswith(".gz") else path
            return list(function(data, budget, name=name, read_member=_read_inside))
        if found.holds:
            return list(function(data, budget, read_member=read_member))
        return list(function(data, budget))


@contextmanager
def _as_reports(found: Format) -> Iterator[None]:
    """Turn whatever a module or its library raises into a report on this file."""
    try:
        yield
    except (UnreadableError, MemoryError):
        raise
    except AskbriefError as error:
        raise UnreadableError(str(error)) from error
    except RecursionError as error:
        raise UnreadableError("is nested too deep") from error
    except Exception as error:
        raise UnreadableError(f"could not be read as {found.name.upper()} ({type(error).__name__})") from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise UnreadableError(f"is damaged (not a whole {found.name.upper()} file)") from error


def _read_inside(path: str, data: bytes, budget: Budget) -> list[Extracted]:
    return read_file(data, path, budget, find_format(data, path))


def read_member(name: str, data: bytes, budget: Budget) -> list[Extracted]:
    """The documents of a member, named by it; none where its kind is not read, or where it is reported as damaged."""
    if not is_read(name) or budget.full:
        return []
    shown = name if len(name) <= 100 else f"{name[:97]}..."
    inner = Budget(
        budget.unpacked, budget.members, budget.characters, budget.parts, budget.depth, encoding=budget.encoding
    )
    documents: list[Extracted] = []
    try:
        documents = _read_inside(name, data, inner)
    except UnreadableError as error:
        inner.report(error.report)
    for sentence in inner.reports:
        budget.report(f"{shown}: {sentence}")
    budget.unpacked, budget.members, budget.unlisted = inner.unpacked, inner.members, budget.unlisted + inner.unlisted
    budget.characters, budget.parts, budget.full = inner.characters, inner.parts, budget.full or inner.full
    if inner.read_as:
        budget.note_decoding(inner.read_as, certainty=inner.certainty, replaced=inner.replaced)
    return [
        replace(document, member=f"{name}!{document.member}" if document.member else name) for document in documents
    ]


def _load(found: Format) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(_PACKAGE + found.module), found.function)
    return function
