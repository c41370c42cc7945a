"""Extraction: the bytes of a file → its documents. One way for every kind of file."""

from __future__ import annotations

from functools import cache
from types import TracebackType
from typing import Self

from askbrief.corpus.extracted import Extraction
from askbrief.corpus.extractor import PASSING, Extractor
from askbrief.corpus.formats.table import FORMATS, TEXT, suffix_of
from askbrief.errors import CorpusError

_MARKDOWN = (".md", ".markdown")


class FileExtractor:
    """Extracts files: text here, everything else in a worker process that starts when the first such file comes."""

    def __init__(self) -> None:
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
        if suffix_of(path) not in TEXT:
            return self._worker.extract(data, path)
        try:
            return _extract_text(data, path)
        except CorpusError as error:
            return Extraction((), reports=(error.message,), extractor=find_extractor(path))


def is_final(extraction: Extraction) -> bool:
    """Whether the same bytes would be read in the same way again: a time-out is not final."""
    return not PASSING.intersection(extraction.reports)


def find_extractor(path: str) -> str:
    """Name and versions of all that may read a file of that name."""
    return _find_extractor(suffix_of(path))


@cache
def _find_extractor(suffix: str) -> str:
    if suffix in TEXT:
        from askbrief.corpus.formats import markdown, plain

        return markdown.EXTRACTOR if suffix in _MARKDOWN else plain.EXTRACTOR
    found = FORMATS[suffix]
    return " ".join(sorted({kind.extractor for kind in FORMATS.values()})) if found.holds else found.extractor


def _extract_text(data: bytes, path: str) -> Extraction:
    from askbrief.corpus.formats import markdown, plain

    if suffix_of(path) in _MARKDOWN:
        return markdown.extract_markdown(data, path)
    return plain.extract_text(data, path)
