"""ZIP and GZ: each member is a document of its own; nothing is written to disk."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.archive import Archive, gunzip
from askbrief.corpus.formats.limits import DEPTH, Budget, UnreadableError

ReadMember = Callable[[str, bytes, Budget], list[Extracted]]


def extract_zip(
    data: bytes, budget: Budget, *, is_read: Callable[[str], bool], read_member: ReadMember
) -> list[Extracted]:
    """The documents of the members whose names tell a format that is read.

    Args:
        data: The archive.
        budget: Its members and their bytes are counted here, with those of archives inside it.
        is_read: Whether a file of this name is read.
        read_member: Reads one; its documents' members come after "!" where it holds several.

    Raises:
        UnreadableError: It is damaged, nested too deep, or has no member that can be read.
    """
    if budget.depth >= DEPTH:
        raise UnreadableError(f"is nested deeper than {DEPTH} archives")
    archive = Archive(data, budget)
    documents: list[Extracted] = []
    skipped = 0
    broken: dict[str, list[str]] = {}
    budget.depth += 1
    try:
        for info in archive.infos:
            name = info.filename
            if info.is_dir() or _is_hidden(name):
                continue
            if budget.full or budget.unpacked < 0 or budget.members < 0:
                break
            if not is_read(name) or _leads_outside(name):
                skipped += 1
                continue
            try:
                content = archive.read(info)
            except UnreadableError as error:
                broken.setdefault(error.report, []).append(_short(name))
                continue
            documents += read_member(name, content, budget)
    finally:
        budget.depth -= 1
    for reason, names in broken.items():
        budget.report(f"{names[0]}{f' and {len(names) - 1:,} more' if len(names) > 1 else ''}: {reason}")
    if skipped and not documents and not budget.reports:
        raise UnreadableError("holds no files of a kind that is read")
    return documents


def extract_gz(data: bytes, budget: Budget, *, name: str, read_member: ReadMember) -> list[Extracted]:
    """The documents of the file inside, whose name is this one's without ".gz".

    Raises:
        UnreadableError: It is damaged, nested too deep, or unpacks to more than the limits.
    """
    if budget.depth >= DEPTH:
        raise UnreadableError(f"is nested deeper than {DEPTH} archives")
    budget.depth += 1
    try:
        return read_member(name, gunzip(data, budget), budget)
    finally:
        budget.depth -= 1


def _is_hidden(name: str) -> bool:
    """Whether it is what macOS or a program adds to archives, not a document."""
    return name.startswith("__MACOSX/") or posixpath.basename(name).startswith(".")


def _leads_outside(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:2]


def _short(name: str) -> str:
    return name if len(name) <= 100 else f"{name[:97]}..."
