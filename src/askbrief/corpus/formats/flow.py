"""Writes the visible text of HTML in its order: headings, paragraphs, list items, table rows, quotations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from askbrief.corpus.formats.writer import OpenPlace, Writer, clean, fold, raise_digits
from askbrief.types import BlockKind, PlaceKind

_SKIPPED = frozenset({
    "script", "style", "noscript", "template", "head", "title", "svg", "math", "object", "iframe", "select",
    "option", "button", "textarea", "canvas", "audio", "video", "map", "nav", "form", "rp", "rt", "annotation",
    "annotation-xml",
})  # fmt: skip
_KEPT_IN_BOOKS = frozenset({"math", "form", "nav"})
_BREAKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "html", "legend", "li", "main", "menu", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot",
    "thead", "tr", "ul", "td", "th", "tei", "l", "lg",
})  # fmt: skip
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_HEADING = re.compile(r"h[1-6]$")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# A cell longer than this is a column of the page's layout.
_CELL = 400
_LINE = 120
# What stands in books in the place of a picture.
_NO_PICTURE = re.compile(
    r"\s*\[\s*(?:image|illustration|picture|photo|figure)(?:\s+(?:unavailable|not available|missing))?\.?\s*\]\s*", re.I
)
# Classes of what mail programs quote, and the id of Outlook's header of an answered message.
_QUOTES = re.compile(r"\b(?:gmail_quote|yahoo_quoted|protonmail_quote|OutlookMessageHeader)\b")
_ANSWERED = "divRplyFwdMsg"
_BACK_LINK = re.compile("\\s*\u21a9[\ufe0e\ufe0f]?\\s*$")
_NOTE_MARK = re.compile(r"[0-9]{1,4}")


class _Row:
    """A table row whose cells are collected; one with headings, tables or long text in it is for layout only."""

    def __init__(self) -> None:
        self.cells: list[list[str]] = []
        self.layout = False


class _Flow:
    """A parser target that writes blocks as elements end."""

    def __init__(
        self,
        writer: Writer,
        on_anchor: Callable[[str], None] | None,
        *,
        heading_place: PlaceKind | None,
        quote_places: bool,
    ) -> None:
        self.writer = writer
        self.on_anchor = on_anchor
        self.heading_place = heading_place
        self.skipped = _SKIPPED - _KEPT_IN_BOOKS if on_anchor else _SKIPPED
        self.buffer: list[str] = []
        self.stack: list[tuple[str, bool]] = []
        self.hidden = 0
        self.pre = 0
        self.quoted = 0
        self.quote_places = quote_places
        self.quote_place: OpenPlace | None = None
        self.rows: list[_Row] = []
        self.anchors: list[str] = []
        self.superscript = 0
        self.linked = self.links = 0
        self.first_row = True
        # Blocks written and elements open when the last line was written that others may follow.
        self.line_of: tuple[int, int] | None = None

    def start(self, tag: str, attributes: Any) -> None:
        """An element begins."""
        name = tag.lower() if isinstance(tag, str) else ""
        name = name.rpartition(":")[2]
        hides = name in self.skipped or "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))
        if name == "hr":
            self._flush()
        if name == "br" and not self.hidden:
            self.buffer.append("\n")
        if name in _VOID:
            return
        self.stack.append((name, hides))
        self.hidden += hides
        if self.hidden:
            return
        if name in _BREAKS:
            self._flush(within=name)
        anchor = attributes.get("id") or (attributes.get("name") if name == "a" else None)
        if anchor and self.on_anchor:
            self.anchors.append(anchor)
            if not "".join(self.buffer).strip():
                self._pass_anchors()
        if name == "pre":
            self.pre += 1
        elif name == "a":
            self.links += 1
        elif name == "blockquote" or _QUOTES.search(attributes.get("class") or ""):
            self.stack[-1] = ("blockquote", hides)
            self._begin_quote()
        elif attributes.get("id") == _ANSWERED and not self.quoted:
            # Outlook does not nest the message that is answered: it is all that follows.
            self._begin_quote()
        elif name == "table":
            self.first_row = True
        elif name == "tr":
            self._lay_out()
            self.rows.append(_Row())
        elif name in ("td", "th") and self.rows:
            self.rows[-1].cells.append([])
        elif name == "sup":
            self.superscript = len(self.buffer) + 1

    def end(self, tag: str) -> None:
        """An element ends."""
        name = (tag.lower() if isinstance(tag, str) else "").rpartition(":")[2]
        if name in _VOID or not self.stack:
            return
        name, hides = self.stack.pop()
        if self.hidden:
            self.hidden -= hides
            return
        if name == "sup" and self.superscript:
            self._raise_digits()
        if name in _BREAKS:
            self._flush(within=name, ends=True)
        if name == "pre":
            self.pre -= 1
        elif name == "a":
            self.links -= 1
        elif name == "blockquote":
            self._end_quote()
        elif name == "tr" and self.rows:
            self._write_row(self.rows.pop())

    def data(self, text: str) -> None:
        """Text stands."""
        if not self.hidden:
            self.linked += len(text) if self.links else 0
            self.buffer.append(text if self.pre else text.replace("\n", " ").replace("\r", " "))

    def comment(self, text: str) -> None:
        """Comments are not read."""

    def pi(self, *parts: str) -> None:
        """Processing instructions are not read."""

    def close(self) -> None:
        """The document ends."""
        self._flush()
        self._lay_out()

    def _begin_quote(self) -> None:
        self.quoted += 1
        if self.quote_places and self.quoted == 1:
            self.quote_place = self.writer.open("quoted")

    def _end_quote(self) -> None:
        self.quoted -= 1
        if self.quote_place and not self.quoted:
            self.writer.close(self.quote_place)
            self.quote_place = None

    def _raise_digits(self) -> None:
        marked = "".join(self.buffer[self.superscript - 1 :])
        if _NOTE_MARK.fullmatch(marked.strip()):
            self.buffer[self.superscript - 1 :] = [raise_digits(marked.strip())]
        self.superscript = 0

    def _pass_anchors(self) -> None:
        if self.on_anchor:
            for anchor in self.anchors:
                self.on_anchor(anchor)
        self.anchors.clear()

    def _flush(self, *, within: str = "", ends: bool = False) -> None:
        text = _BACK_LINK.sub("", "".join(self.buffer))
        self.buffer.clear()
        self.superscript = 0
        if not text.strip():
            if ends and within in ("div", "p"):
                self.line_of = None
            return
        is_heading = ends and bool(_HEADING.match(within))
        if is_heading:
            self._lay_out()
        if self.rows and not self.rows[-1].layout:
            row = self.rows[-1]
            if not row.cells:
                row.cells.append([])
            row.cells[-1].append(fold(text))
        elif is_heading and self.heading_place and len(text) < 500:
            self.writer.heading(fold(text), int(within[1]), place=self.heading_place)
        elif self.pre:
            self.writer.add(clean(text).rstrip(), "code", folded=True)
        else:
            self._write_text(text, within if ends else "")
        self._pass_anchors()

    def _write_text(self, text: str, element: str) -> None:
        """Write a block, or a line of the block before: short divs beside each other are lines of verse or mail."""
        is_line = element == "div" and len(text) < _LINE
        blocks = len(self.writer.blocks)
        if is_line and self.line_of == (blocks, len(self.stack)):
            self.writer.add_line(text)
            return
        self.writer.add(text, "metadata" if _NO_PICTURE.fullmatch(text) else self._kind(element))
        self.line_of = (len(self.writer.blocks), len(self.stack)) if is_line else None

    def _kind(self, name: str) -> BlockKind:
        """What a block is, by the element that ended with it and those around it."""
        if _HEADING.match(name):
            return "heading"
        if self.quoted:
            return "quoted"
        return "item" if name in ("li", "dt", "dd") or any(tag == "li" for tag, _ in self.stack[-3:]) else "paragraph"

    def _lay_out(self) -> None:
        """Write what the open rows hold as paragraphs: they only place things on the page."""
        for row in self.rows:
            for text in (text for cell in row.cells for text in cell):
                self.writer.add(text, "quoted" if self.quoted else "paragraph")
            row.cells.clear()
            row.layout = True

    def _write_row(self, row: _Row) -> None:
        cells = [cell for cell in row.cells if cell]
        flat = [text for cell in cells for text in cell]
        if len(flat) > len(cells) or len(flat) == 1 or any(len(text) > _CELL for text in flat):
            for text in flat:
                self.writer.add(text, "quoted" if self.quoted else "paragraph")
            return
        self.writer.add_row(flat, first=self.first_row)
        self.first_row = False


def write_flow(
    page: str,
    writer: Writer,
    *,
    on_anchor: Callable[[str], None] | None = None,
    heading_place: PlaceKind | None = "heading",
    quote_places: bool = False,
) -> int:
    """Write what a reader sees of a page, without scripts, forms and menus.

    Args:
        page: HTML or XHTML, however broken.
        writer: Where the blocks go.
        on_anchor: Called with each id in the page just before what stands at it is written (books).
        heading_place: The kind of place that headings open; None for none.
        quote_places: Whether quotations are places (mail).

    Returns:
        How many of its characters are in links.
    """
    if not page.strip():
        return 0
    target = _Flow(writer, on_anchor, heading_place=heading_place, quote_places=quote_places)
    parser: Any = etree.HTMLParser(target=target, huge_tree=True, encoding="utf-8", no_network=True)
    for at in range(0, len(page), 1 << 20):
        parser.feed(page[at : at + (1 << 20)].encode("utf-8", "replace"))
    parser.close()
    return target.linked
