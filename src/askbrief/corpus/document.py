"""Documents: the text of a file → title, date and text."""

from __future__ import annotations

import hashlib
import re
from dataclasses import astuple, replace

from askbrief.corpus.dates import find_dateline, find_file_name_date, parse_date
from askbrief.corpus.extracted import Extracted
from askbrief.text.display import shorten
from askbrief.text.segment import find_sentences, trim
from askbrief.types import Block, Document, Span

MAX_TITLE_CHARACTERS = 120
_MAX_FRONT_MATTER_CHARACTERS = 16_384
_NO_VALUE = ("", "~", "null")
_HEADING = re.compile(r"^#{1,2}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")


def build_document(extracted: Extracted, path: str) -> Document:
    """The document of what was extracted from the file at ``path``."""
    document = Document(
        id="",
        title=extracted.title,
        text=extracted.text,
        date=extracted.date,
        paths=(f"{path}!{extracted.member}" if extracted.member else path,),
        author=extracted.author,
        blocks=extracted.blocks,
        places=extracted.places,
        runs=extracted.runs,
    )
    return replace(document, id=find_document_id(document))


def find_document_id(document: Document) -> str:
    """The id that a document has by all it holds, but not by where it lies."""
    parts = (
        document.title,
        str(document.date),
        document.text,
        document.author,
        repr([astuple(block) for block in document.blocks]),
        repr([astuple(place) for place in document.places]),
        repr(document.runs),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_text(text: str, path: str) -> Extracted:
    """What a plain text or Markdown file at ``path`` with that normalised ``text`` holds.

    The title is that of the front matter, else a Markdown heading, else a headline (a short first line of its own),
    else the beginning of the first sentence. The date is that of the front matter, else of a dateline, else of the
    file name.
    """
    front, body_start = _read_front_matter(text)
    dateline = find_dateline(text[body_start : body_start + 400])
    lead_start = body_start + (dateline[1] if dateline else 0)
    title = front.get("title", "").strip() or _find_title(text, body_start, lead_start, path)
    published = parse_date(front.get("date", "")) or (dateline[0] if dateline else None)
    if published is None:
        published = find_file_name_date(path.rsplit("/", 1)[-1])
    body = trim(text, Span(0, len(text)))
    blocks = (Block(body.start, body.end, "paragraph"),)
    return Extracted(text=text, blocks=blocks, title=" ".join(title.split()), date=published)


def _read_front_matter(text: str) -> tuple[dict[str, str], int]:
    """The front matter's fields that hold one value, as written, and the offset where the body starts."""
    match = _FRONT_MATTER.match(text[:_MAX_FRONT_MATTER_CHARACTERS])
    if match is None:
        return {}, 0
    import yaml

    try:
        fields = yaml.load(match[1], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return {}, 0
    if not isinstance(fields, dict):
        return {}, 0
    texts = {name: value for name, value in fields.items() if isinstance(value, str) and value not in _NO_VALUE}
    return {name: _join_surrogates(value) for name, value in texts.items()}, match.end()


def _join_surrogates(text: str) -> str:
    """``text`` with escaped surrogate pairs as the characters they stand for; single ones become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _find_title(text: str, body_start: int, lead_start: int, path: str) -> str:
    head = text[body_start : body_start + 4000]
    if path.lower().endswith(".md") and (heading := _HEADING.search(head)):
        return heading[1]
    lines = [line.strip() for line in head.lstrip().split("\n", 1)]
    is_headline = len(lines) == 2 and len(lines[0]) <= MAX_TITLE_CHARACTERS and not _SENTENCE_END.search(lines[0])
    if is_headline and find_dateline(lines[0]) is None:
        return lines[0].lstrip("# ")
    lead = text[lead_start : lead_start + 1000]
    sentences = find_sentences(lead)
    first = sentences[0] if sentences else trim(lead, Span(0, len(lead)))
    return shorten(first.of(lead), MAX_TITLE_CHARACTERS)
