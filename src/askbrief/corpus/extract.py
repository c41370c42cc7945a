"""Extraction: the bytes of a file → its documents. One way for every kind of file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import TracebackType
from typing import Self

from askbrief.corpus.extracted import Extraction
from askbrief.corpus.extractor import PASSING, Extractor
from askbrief.corpus.formats.table import ENCODED, FORMATS, TEXT, suffix_of
from askbrief.errors import CorpusError

_MARKDOWN = (".md", ".markdown")


class FileExtractor:
    """Extracts files: text here, everything else in a worker process that starts when the first such file comes.

    Args:
        find_encoding: The encoding that the settings name for the file at a path; '' where they name none.
    """

    def __init__(self, find_encoding: Callable[[str], str] = lambda _: "") -> None:
        self._find_encoding = find_encoding
        self._worker = Extractor()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.close()

    def extract(self, data: bytes, path: str) -> Extraction:
        """What the file at ``path`` holds; what cannot be read is a report.

        Args:
            data: Its bytes.
            path: Its path relative to the folder; the suffix tells the kind of file, the name may hold a date.
        """
        encoding = self._find_encoding(path)
        if suffix_of(path) not in TEXT:
            return self._worker.extract(data, path, encoding=encoding)
        extractor = find_extractor(path, encoding=encoding)
        try:
            return replace(_extract_text(data, path, encoding=encoding), extractor=extractor)
        except CorpusError as error:
            return Extraction((), reports=(error.message,), extractor=extractor)


def is_final(extraction: Extraction) -> bool:
    """Whether the same bytes would be read in the same way again: a time-out is not final."""
    return not PASSING.intersection(extraction.reports)


def find_extractor(path: str, *, encoding: str = "") -> str:
    """Name and versions of all that may read a file of that name, with the encoding that is set for it.

    Args:
        path: The file.
        encoding: As the settings have it; '' where they name none.
    """
    suffix = suffix_of(path)
    return _find_extractor(suffix) + (f" as {encoding}" if encoding and suffix in ENCODED else "")


@cache
def _find_extractor(suffix: str) -> str:
    if suffix in TEXT:
        from askbrief.corpus.formats import markdown, plain

        return markdown.EXTRACTOR if suffix in _MARKDOWN else plain.EXTRACTOR
    found = FORMATS[suffix]
    return " ".join(sorted({kind.extractor for kind in FORMATS.values()})) if found.holds else found.extractor


def _extract_text(data: bytes, path: str, *, encoding: str) -> Extraction:
    from askbrief.corpus.formats import markdown, plain

    if suffix_of(path) in _MARKDOWN:
        return markdown.extract_markdown(data, path, encoding=encoding or None)
    return plain.extract_text(data, path, encoding=encoding or None)
