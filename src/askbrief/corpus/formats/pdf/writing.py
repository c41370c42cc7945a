"""Writing: the text of a PDF with its blocks and pages, made of paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from askbrief.corpus.formats.pdf.paragraphs import Kind, Paragraph
from askbrief.types import Block, BlockKind, Place

_KINDS: dict[Kind, BlockKind] = {
    "title": "title",
    "heading": "heading",
    "paragraph": "paragraph",
    "item": "item",
    "metadata": "metadata",
    "code": "code",
    "row": "cell",
    "contents": "metadata",
}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HYPHEN_END = re.compile(r"(\S*[^\W\d_])[-\u00ad\u2010]$")
_WORD_START = re.compile(r"[^\W\d_]+")
_DASH_END = re.compile(r"\S[-–—\u2010]$")
_ADDRESS_END = re.compile(r"(?:https?://|www\.)\S*[/_=&?]$|https?:$|\w@$")
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\u3000-\u30ff]")


@dataclass(slots=True)
class Written:
    """Text with its blocks and pages while it grows."""

    text: list[str] = field(default_factory=list)
    length: int = 0
    blocks: list[Block] = field(default_factory=list)
    pages: list[tuple[int, int, int]] = field(default_factory=list)  # start, end, page from 0

    def add(self, text: str) -> None:
        """Append ``text``."""
        self.text.append(text)
        self.length += len(text)

    def add_page(self, start: int, page: int) -> None:
        """Say that the text from ``start`` to the end stands on ``page``."""
        if self.pages and self.pages[-1][2] == page:
            self.pages[-1] = (self.pages[-1][0], self.length, page)
        elif self.length > start:
            self.pages.append((start, self.length, page))


def write(paragraphs: list[Paragraph], labels: list[str]) -> tuple[str, tuple[Block, ...], tuple[Place, ...]]:
    """Write paragraphs one after the other.

    Args:
        paragraphs: In reading order.
        labels: The printed number of each page.

    Returns:
        The text, its blocks, and its pages as places.
    """
    words = _collect_words(paragraphs)
    written = Written()
    last = ""
    for paragraph in paragraphs:
        kind = paragraph.kind
        if written.length:
            written.add("\n" if kind == last and kind in ("row", "contents") else "\n\n")
        last = kind
        if kind in ("row", "contents"):
            _write_row(written, paragraph)
        else:
            _write_lines(written, paragraph, words)
    places = tuple(Place(start, end, "page", page + 1, labels[page]) for start, end, page in written.pages)
    return "".join(written.text), tuple(written.blocks), places


def _write_row(written: Written, paragraph: Paragraph) -> None:
    start = written.length
    for number, (_, cell) in enumerate(paragraph.lines):
        if number:
            written.add("\t")
        at = written.length
        written.add(cell)
        written.blocks.append(Block(at, written.length, _KINDS[paragraph.kind]))
    written.add_page(start, paragraph.page)


def _write_lines(written: Written, paragraph: Paragraph, words: dict[str, int]) -> None:
    begin = start = written.length
    page, text = paragraph.lines[0]
    for following, line in paragraph.lines[1:]:
        text, joint = (text, "\n") if paragraph.kind == "code" else _join(text, line, words)
        written.add(text)
        if following != page:
            joint = "\n" if joint else ""
            written.add_page(start, page)
            start, page = written.length + len(joint), following
        written.add(joint)
        text = line
    written.add(text)
    written.add_page(start, page)
    written.blocks.append(Block(begin, written.length, _KINDS[paragraph.kind]))


def _join(text: str, line: str, words: dict[str, int]) -> tuple[str, str]:
    """What becomes of the end of a line before ``line``, and what stands between the two."""
    broken = _HYPHEN_END.search(text)
    start = _WORD_START.match(line)
    if broken and start:
        return (text[:-1], "") if _is_hyphenation(broken[1], line, start[0], words) else (text, "")
    if text.endswith("\u00ad"):
        return text[:-1], ""
    if _DASH_END.search(text) and line[:1].isalnum() and text[-2].isalnum():
        return text, ""
    if _ADDRESS_END.search(text) and line[:1].isascii() and line[:1].isalnum():
        return text, ""
    if _UNSPACED.match(text[-1:]) and _UNSPACED.match(line[:1]):
        return text, ""
    return text, " "


def _is_hyphenation(before: str, line: str, after: str, words: dict[str, int]) -> bool:
    """Whether the hyphen after ``before`` only breaks a word at the end of the line.

    It does, unless only the hyphenated word stands elsewhere in the file, or a capital follows a small letter. In a
    word with other hyphens, the hyphen is one of the word if what is before or after it is a word of the file.
    """
    head = re.split(r"[^\w-]", before)[-1]
    if "-" in head or line[len(after) : len(after) + 1] == "-":
        return not (words.get(head.rsplit("-", 1)[-1].lower()) or words.get(after.lower()))
    if after[0].isupper() and not head.isupper():
        return False
    joined, hyphenated = (head + after).lower(), f"{head}-{after}".lower()
    return words.get(joined, 0) > 0 or words.get(hyphenated, 0) == 0


def _collect_words(paragraphs: list[Paragraph]) -> dict[str, int]:
    """How often each word stands within a line of the file, in lower case; hyphenated ones and their parts."""
    words: dict[str, int] = {}
    for paragraph in paragraphs:
        broken = False
        for _, line in paragraph.lines:
            found = _WORD.findall(line.lower())
            if broken:
                found = found[1:]
            broken = bool(_HYPHEN_END.search(line))
            for word in found[:-1] if broken else found:
                for part in {word, *word.split("-")}:
                    words[part] = words.get(part, 0) + 1
    return words
