"""Markdown: the text that is read and shown is the rendered text, with a map to the file's characters.

CommonMark with tables, strikethrough, footnotes, task lists, front matter and wiki links. Marks of emphasis, links'
addresses, tags and comments are not shown, and entities are the characters that they stand for. Lines of a paragraph
stay lines, and are blocks of their own where nothing shows that they were wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from askbrief.corpus.blocks import find_blocks
from askbrief.corpus.dates import find_file_name_date, find_file_name_year
from askbrief.corpus.decode import decode
from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.corpus.formats.markdown_inline import Shown, build_parser, render_html, render_inline
from askbrief.corpus.formats.plain import build_extraction, read_plain
from askbrief.corpus.front_matter import FrontMatter, read_front_matter
from askbrief.corpus.head import HeadLine, find_author, find_head_lines, find_publication_date
from askbrief.corpus.headline import find_headline
from askbrief.types import Block, BlockKind, Place, Span

EXTRACTOR = "markdown 2"
_TITLE_LEVELS = ("h1", "h2")
_TITLE_WITHIN = 4000
_TASK = re.compile(r"\[[ xX]\]\s+")


@dataclass(slots=True)
class _Page:
    """The rendered text as it grows, with its runs in the file and the blocks that the mark-up makes."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    runs: list[tuple[int, int]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    headings: list[tuple[Span, str]] = field(default_factory=list)

    def add(self, shown: Shown, kind: BlockKind, *, separator: str) -> Span:
        """Appends a block, trimmed, behind ``separator``; an empty one is left out."""
        first = next((number for number, (character, _) in enumerate(shown) if not character.isspace()), None)
        if first is None:
            return Span(self.length, self.length)
        last = next(number for number in range(len(shown), 0, -1) if not shown[number - 1][0].isspace())
        start = self.length + len(separator) if self.pieces else 0
        self.pieces += [separator] if self.pieces else []
        self.pieces.append("".join(character for character, _ in shown[first:last]))
        expected = -1
        for offset, (_, place) in enumerate(shown[first:last], start=start):
            if place >= 0 and place != expected:
                self.runs.append((offset, place))
            expected = place + 1 if place >= 0 else expected + 1
        self.length = start + last - first
        self.blocks.append(Block(start, self.length, kind))
        return Span(start, self.length)


def extract_markdown(data: bytes, path: str, *, encoding: str | None = None) -> Extraction:
    """The document of a Markdown file; arguments and errors as for ``extract_text``."""
    decoded = decode(data, declared=encoding)
    front = read_front_matter(decoded.text)
    page = render_markdown(decoded.text, start=front.end)
    if not page.blocks:  # mark-up only: comments, an open fence
        return build_extraction(decoded, read_plain(decoded.text, path), EXTRACTOR)
    text = "".join(page.pieces)
    name = path.rsplit("/", 1)[-1]
    body = page.blocks[0].end if front.end and page.blocks else 0
    year = front.date.year if front.date else find_file_name_year(name)
    head = find_head_lines(text, start=body, year=year)
    title, span = _find_title(page, text, front, head, body)
    document = Extracted(
        text,
        tuple(_refine(text, page.blocks, head, span)),
        places=tuple(_find_sections(page, text)),
        title=title,
        date=front.date or find_publication_date(head) or find_file_name_date(name),
        author=front.author or find_author(head),
        runs=tuple(page.runs) if page.runs != [(0, 0)] else (),
        lines=(0, *(match.end() for match in re.finditer("\n", decoded.text))) if page.runs != [(0, 0)] else (),
    )
    return build_extraction(decoded, document, EXTRACTOR)


def render_markdown(source: str, *, start: int = 0) -> _Page:
    """The page of a Markdown text whose front matter ends at ``start``."""
    page = _Page()
    if source[:start].strip():
        page.add(list(zip(source[:start], range(start), strict=True)), "metadata", separator="")
    starts = [start, *(start + match.end() for match in re.finditer("\n", source[start:]))]
    lines = [source[a:b] for a, b in zip(starts, [*starts[1:], len(source) + 1], strict=True)]
    _Renderer(page, source, starts, lines).render(_load_parser().parse(source[start:]))
    return page


@cache
def _load_parser() -> MarkdownIt:
    return build_parser()


@dataclass(slots=True)
class _Renderer:
    page: _Page
    source: str
    starts: list[int]
    lines: list[str]
    items: list[Token] = field(default_factory=list)
    is_item_open: bool = False
    heading: str = ""
    cells: int = -1
    row_at: int = 0
    gap: str = ""
    separator: str = "\n\n"

    def render(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            self._enter(token)
            if token.type == "inline":
                self._add_inline(token)
            elif token.type in ("fence", "code_block"):
                self._add_code(token)
            elif token.type == "html_block" and token.map:
                self._add_html(token)

    def _enter(self, token: Token) -> None:
        if token.type == "list_item_open":
            self.items.append(token)
            self.is_item_open = True
        elif token.type == "list_item_close":
            self.items.pop()
        elif token.type == "heading_open":
            self.heading = token.tag
        elif token.type == "heading_close":
            self.heading = ""
        elif token.type == "tr_open" and token.map:
            self.cells, self.row_at, self.gap = 0, self.starts[token.map[0]], ""
        elif token.type == "table_close":
            self.cells = -1

    def _add_inline(self, token: Token) -> None:
        places = self._place_cell(token) if self.cells >= 0 else self._place_lines(token)
        shown = [
            (character, places[place] if place >= 0 else -1)
            for character, place in render_inline(token.children or (), token.content)
        ]
        if self.cells >= 0:
            # Of an empty cell only the tab is left, so that the columns stay.
            self.gap += "\t" if self.cells else self._part_rows()
            self.gap = "" if self.page.add(shown, "cell", separator=self.gap) else self.gap
            self.cells += 1
            return
        separator = "\n\n"
        if self.is_item_open and self.items:
            separator = "\n"
            task = _TASK.match("".join(character for character, _ in shown))
            shown = [*self._show_number(self.items[-1]), *shown[task.end() if task else 0 :]]
        kind: BlockKind = "heading" if self.heading else "item" if self.items else "paragraph"
        span = self.page.add(shown, kind, separator=separator)
        if self.heading and span:
            self.page.headings.append((span, self.heading))
        self.is_item_open = False

    def _part_rows(self) -> str:
        return "\n" if self.page.blocks and self.page.blocks[-1].kind == "cell" else "\n\n"

    def _show_number(self, item: Token) -> Shown:
        """The number of an ordered list's item as it stands in the file; bullets are not shown."""
        if not item.info or not item.map:
            return []
        mark = f"{item.info}{item.markup}"
        at = self.lines[item.map[0]].find(mark)
        if at < 0:
            return []
        place = self.starts[item.map[0]] + at
        return [*zip(mark, range(place, place + len(mark)), strict=True), (" ", -1)]

    def _place_lines(self, token: Token) -> list[int]:
        """The places in the file of the characters of a block's text."""
        places: list[int] = []
        number = token.map[0] if token.map else 0
        for content in token.content.split("\n"):
            line = self.lines[number] if number < len(self.lines) else ""
            bare = line.rstrip()
            wanted = content.rstrip()
            at = len(bare) - len(wanted) if bare.endswith(wanted) else line.find(wanted)
            if at < 0:  # a tab that is part indent, part text
                at = line.find(wanted.lstrip()) - (len(wanted) - len(wanted.lstrip()))
            begin = self.starts[number] + max(0, at)
            places += range(begin, begin + len(content) + 1)
            number += 1
        return places

    def _place_cell(self, token: Token) -> list[int]:
        """The places of a table cell's characters, in which an escaped bar stands for a bar."""
        places: list[int] = []
        at = self.row_at
        for character in token.content:
            while at < len(self.source) and (
                self.source[at] != character or (not places and not self._fits_cell(token.content, at))
            ):
                at += 1
            places.append(at)
            at += 1
        if places:
            self.row_at = at
        return [*places, at]

    def _fits_cell(self, content: str, at: int) -> bool:
        end = self.source.find("\n", at)
        return self.source[at : end if end >= 0 else None].replace("\\|", "|").startswith(content)

    def _add_code(self, token: Token) -> None:
        if not token.map or not token.content:
            return
        shown: Shown = []
        number = token.map[0] + (token.type == "fence")
        for content in token.content.rstrip("\n").split("\n"):
            line = self.lines[number].rstrip("\n") if number < len(self.lines) else ""
            at = self.starts[number] + max(0, len(line) - len(content))
            shown += zip(content, range(at, at + len(content)), strict=True)
            shown.append(("\n", at + len(content)))
            number += 1
        self.page.add(shown, "code", separator="\n\n")

    def _add_html(self, token: Token) -> None:
        assert token.map
        start = self.starts[token.map[0]]
        end = self.starts[token.map[1]] if token.map[1] < len(self.starts) else len(self.source)
        piece: Shown = []
        for character, place in [*render_html(self.source, start, end), ("\n", -1)]:
            piece.append((character, place))
            if character == "\n" and place < 0:
                self.page.add(piece, "paragraph", separator="\n")
                piece = []


def _find_title(
    page: _Page, text: str, front: FrontMatter, head: Sequence[HeadLine], body: int
) -> tuple[str, Span | None]:
    heading = next(
        (span for span, tag in page.headings if tag in _TITLE_LEVELS and span.start < body + _TITLE_WITHIN), None
    )
    if heading and not any(line.title for line in head):
        return front.title or " ".join(heading.of(text).split()), heading
    headline = find_headline(text, start=body, head=head)
    return front.title or headline.title, headline.span


def _refine(text: str, blocks: Sequence[Block], head: Sequence[HeadLine], title: Span | None) -> list[Block]:
    """The blocks, with paragraphs parted at lines that are their own, datelines and the title under their kinds."""
    refined: list[Block] = []
    for block in blocks:
        is_title = title is not None and block.start <= title.start < block.end
        inside = [line for line in head if block.start <= line.start < block.end]
        if block.kind == "paragraph":
            within = title if is_title else None
            refined += find_blocks(text, start=block.start, end=block.end, head=inside, title=within)
        elif is_title and block.kind == "heading":
            refined.append(Block(block.start, block.end, "title"))
        else:
            refined.append(block)
    return refined


def _find_sections(page: _Page, text: str) -> list[Place]:
    """Each heading with what stands below it, up to the next heading."""
    starts = [span.start for span, _ in page.headings]
    return [
        Place(span.start, end, "heading", label=" ".join(span.of(text).split()))
        for (span, _), end in zip(page.headings, [*starts[1:], len(text)], strict=False)
    ]
