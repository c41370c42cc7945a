"""The folder of articles: which files there are, and each file → Document."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from askbrief.corpus.formats.table import TEXT, is_read, suffix_of
from askbrief.errors import CorpusError
from askbrief.types import SkippedFile

MAX_TEXT_BYTES, MAX_FILE_BYTES = 64 * 2**20, 256 * 2**20
"""Largest text file, and largest file of any other kind."""


class ArticleFile(NamedTuple):
    """A file as the folder shows it.

    Attributes:
        path: Relative to the root, with ``/``.
        size: Bytes.
        mtime_ns: Time of the last change of the content, nanoseconds.
        ctime_ns: Time of the last change of content, name or permissions, nanoseconds; a copy that keeps the other
            time has a new one.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Scan:
    """The state of a folder.

    Attributes:
        files: The articles, sorted by path.
        skipped: What looks like an article, but cannot be one.
        others: Files of other kinds, counted by ending.
    """

    files: tuple[ArticleFile, ...]
    skipped: tuple[SkippedFile, ...]
    others: Counter[str] = field(default_factory=Counter)


def scan_folder(articles: Path, *, root: Path, without: Path | None = None) -> Scan:
    """Lists the articles below a folder.

    Hidden files and folders are left out. Links that lead out of ``root`` are skipped and reported; links to folders
    are not followed (what they lead to inside ``root`` is found where it lies).

    Args:
        articles: Folder to list.
        root: Folder that paths are relative to.
        without: A folder to leave out, such as the index.

    Raises:
        CorpusError: ``articles`` cannot be listed.
    """
    files: list[ArticleFile] = []
    skipped: list[SkippedFile] = []
    others: Counter[str] = Counter()
    for entry, path in _iter_entries(articles, skipped, root=root, without=without):
        if is_read(entry.name):
            found = _look_at(entry, path, root)
            if isinstance(found, ArticleFile):
                files.append(found)
            else:
                skipped.append(found)
        else:
            with contextlib.suppress(OSError):  # a link in a circle
                if not entry.is_symlink() or entry.is_file():
                    others[os.path.splitext(entry.name)[1].lower() or "no ending"] += 1
    files.sort(key=itemgetter(0))
    return Scan(tuple(files), tuple(sorted(skipped, key=lambda s: s.path)), others)


def _iter_entries(
    articles: Path, skipped: list[SkippedFile], *, root: Path, without: Path | None
) -> Iterator[tuple[os.DirEntry[str], str]]:
    """All that is no folder, with its path; a folder that cannot be listed is added to ``skipped``.

    One at a time: to hold the entries of a folder of 26,000 files made ``scan_folder`` a third slower.
    """
    prefix = len(os.path.join(root, ""))
    pending = [str(articles)]
    while pending:
        folder = pending.pop()
        place = os.path.join(folder, "")[prefix:].replace(os.sep, "/")
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if not entry.is_dir(follow_symlinks=False):
                        yield entry, place + entry.name
                    elif without is None or entry.path != str(without):
                        pending.append(entry.path)
        except OSError as error:
            if folder == str(articles):
                raise CorpusError(f"{articles} cannot be read: {error.strerror}", hint="Check the folder.") from error
            skipped.append(SkippedFile(_shown(place[:-1]), f"cannot be listed: {error.strerror}"))


def _look_at(entry: os.DirEntry[str], path: str, root: Path) -> ArticleFile | SkippedFile:
    """What looks like an article by its name, or why it is none."""
    if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(root):
        return SkippedFile(_shown(path), "is a link that leads out of the folder")
    try:
        status = entry.stat()
    except OSError as error:
        return SkippedFile(_shown(path), f"cannot be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return SkippedFile(_shown(path), "is not a regular file")
    if not path.isascii() and path != _shown(path):
        return SkippedFile(_shown(path), "has a name that is not valid text")
    return ArticleFile(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _shown(path: str) -> str:
    """A path in which bytes that are no text have become U+FFFD."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def load_bytes(file: Path) -> bytes:
    """The content of an article.

    Raises:
        CorpusError: It cannot be read, or is too large.
    """
    try:
        size = file.stat().st_size
        limit = MAX_TEXT_BYTES if suffix_of(file.name) in TEXT else MAX_FILE_BYTES
        if size > limit:
            raise CorpusError(f"is larger than {limit // 2**20} MiB ({size / 2**20:.0f} MiB)", hint="Split the file.")
        return file.read_bytes()
    except OSError as error:
        raise CorpusError(f"cannot be read: {error.strerror}", hint="Check the file and its permissions.") from error
