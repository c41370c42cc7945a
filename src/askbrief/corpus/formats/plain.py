"""Plain text: the text that is read and shown is the file's own."""

from __future__ import annotations

from askbrief.corpus.blocks import find_blocks
from askbrief.corpus.dates import find_file_name_date, find_file_name_year
from askbrief.corpus.decode import Decoded, decode
from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.corpus.front_matter import read_front_matter
from askbrief.corpus.head import find_author, find_head_lines, find_publication_date
from askbrief.corpus.headline import find_headline
from askbrief.types import Block

EXTRACTOR = "plain 1"


def extract_text(data: bytes, path: str, *, encoding: str | None = None) -> Extraction:
    """The document of a plain text file.

    Args:
        data: The whole file.
        path: Where it lies; its name may hold the date.
        encoding: The encoding that the settings name for it.

    Raises:
        CorpusError: It is empty, binary, or in an encoding that is not known.
    """
    decoded = decode(data, declared=encoding)
    return build_extraction(decoded, read_plain(decoded.text, path), EXTRACTOR)


def read_plain(text: str, path: str) -> Extracted:
    """The document of a decoded ``text`` whose lines end in LF."""
    name = path.rsplit("/", 1)[-1]
    front = read_front_matter(text)
    year = front.date.year if front.date else find_file_name_year(name)
    head = find_head_lines(text, start=front.end, year=year)
    headline = find_headline(text, start=front.end, head=head)
    metadata = [Block(0, len(text[: front.end].rstrip()), "metadata")] if front.end else []
    return Extracted(
        text,
        (*metadata, *find_blocks(text, start=front.end, head=head, title=headline.span)),
        title=front.title or headline.title,
        date=front.date or find_publication_date(head) or find_file_name_date(name),
        author=front.author or find_author(head),
    )


def build_extraction(decoded: Decoded, document: Extracted, extractor: str) -> Extraction:
    """An extraction of one document, which says how many bytes were not valid."""
    reports: tuple[str, ...] = ()
    if decoded.replaced:
        noun = "byte is" if decoded.replaced == 1 else "bytes are"
        reports = (f"{decoded.replaced:,} {noun} not valid {decoded.encoding} and shown as U+FFFD",)
    return Extraction((document,), reports, decoded.encoding, decoded.certainty, decoded.replaced, extractor)
