"""Extracted text: what extraction makes of one file, before anything is chunked or indexed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from askbrief.types import Block, Place


@dataclass(frozen=True, slots=True)
class Extracted:
    """One document as it was found in a file.

    Attributes:
        text: The text that every offset counts characters of; lines end in LF.
        blocks: The blocks of the text in order, not overlapping; they hold every character that is not white space.
        places: Sorted by start, then from the outer to the inner; may nest (a sheet, its rows), never partly overlap.
        title: "" where none was found.
        date: Publication date, where the document states one.
        author: "" where none was found.
        member: Where in the file it lies, if the file holds several: "a/b.html", "4"; "" otherwise.
        runs: Pairs (character of the text, character of the decoded file) where a stretch copied from the file begins,
            sorted; () where text and file are the same, None where the lines are not the file's own (PDF, DOCX, ...).
        lines: Where each line of the decoded file begins; () unless ``runs`` lead to one.
    """

    text: str
    blocks: tuple[Block, ...]
    places: tuple[Place, ...] = ()
    title: str = ""
    date: date | None = None
    author: str = ""
    member: str = ""
    runs: tuple[tuple[int, int], ...] | None = ()
    lines: tuple[int, ...] = ()

    def find_source_offset(self, offset: int) -> int | None:
        """The character of the decoded file that stands at ``offset`` of the text; None where there is none."""
        if self.runs is None:
            return None
        if not self.runs:
            return offset
        at = bisect_right(self.runs, (offset, 1 << 60)) - 1
        start, source = self.runs[max(0, at)]
        return source + max(0, offset - start)


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a file holds.

    Attributes:
        documents: Its documents, in the order of the file; () where nothing could be read.
        reports: Sentences for people on what was not read, without the file's name: "3 of 3 pages are pictures
            without text (try ocrmypdf)", "needs a password".
        encoding: Name of the encoding of a text file, "" for others.
        certainty: How sure the encoding is, in [0, 1].
        replaced: Bytes that were not valid in the encoding and became U+FFFD.
        extractor: Name and version of what read it: "pdf 1 pypdfium2 5.0.0".
    """

    documents: tuple[Extracted, ...]
    reports: tuple[str, ...] = ()
    encoding: str = ""
    certainty: float = 1.0
    replaced: int = 0
    extractor: str = ""
