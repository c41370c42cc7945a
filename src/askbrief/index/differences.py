"""Differences: what the folder and its index do not have in common, by names, sizes and times alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from askbrief.config import Settings
from askbrief.corpus.formats.table import ENCODED, suffix_of
from askbrief.corpus.scan import ArticleFile, Scan
from askbrief.store.records import FileRecord
from askbrief.store.rows import Rows
from askbrief.types import SkippedFile

RETRY_SIZE = -1
"""Size recorded for a file that could not be opened, so that the next refresh tries it again."""
ENCODINGS = "encodings"
"""Key under which the store keeps the encodings that its files were read with."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs by names, sizes and times alone.

    Attributes:
        pending: Files to read: new ones and those whose size or times changed.
        gone: Paths in the store that the folder no longer has.
        unlisted: Links and other entries that cannot be articles, where the store does not know it yet.
    """

    pending: tuple[ArticleFile, ...]
    gone: tuple[str, ...]
    unlisted: tuple[SkippedFile, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the store is up to date."""
        return not (self.pending or self.gone or self.unlisted)


def find_differences(scan: Scan, known: Mapping[str, tuple[int, int, int, str | None]]) -> Differences:
    """Compare a folder with what the store knows, without reading a file.

    Args:
        scan: The folder.
        known: Size, time of change of content, time of any change, and problem, by path.
    """
    pending = [file for file in scan.files if known.get(file.path, ())[:3] != file[1:]]
    unlisted = tuple(s for s in scan.skipped if known.get(s.path) != (RETRY_SIZE, 0, 0, s.reason))
    gone: tuple[str, ...] = ()
    if pending or unlisted or len(known) != len(scan.files) + len(scan.skipped):
        present = {file.path for file in scan.files} | {file.path for file in scan.skipped}
        gone = tuple(sorted(path for path in known if path not in present))
    return Differences(tuple(pending), gone, unlisted)


def load_known(rows: Rows, settings: Settings) -> dict[str, tuple[int, int, int, str | None]]:
    """What the store knows for ``find_differences``; where other encodings are set, no file that has one is known."""
    known = rows.load_stats()
    if (rows.load_meta(ENCODINGS) or "") == describe_encodings(settings):
        return known
    return {path: (RETRY_SIZE, *stats[1:]) if suffix_of(path) in ENCODED else stats for path, stats in known.items()}


def describe_encodings(settings: Settings) -> str:
    """The encodings that are set, as the store keeps them; '' where none are."""
    return repr((settings.encoding, settings.encodings)) if settings.encoding or settings.encodings else ""


def record_unlisted(skipped: SkippedFile) -> FileRecord:
    """The record of an entry that cannot be an article."""
    return FileRecord(skipped.path, RETRY_SIZE, 0, problem=skipped.reason)
