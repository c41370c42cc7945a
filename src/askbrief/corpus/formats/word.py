"""DOCX: paragraphs, headings, lists, tables and text boxes, with the notes at the end; deleted text is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.archive import Archive
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.office import find_main_part, load_properties, load_relations
from askbrief.corpus.formats.writer import Writer, looks_like_heading, one_line, raise_digits
from askbrief.corpus.formats.xmlstream import Event, iter_events
from askbrief.types import BlockKind

# Fallback repeats an AlternateContent; moveFrom and del are no longer there; rt is ruby beside its base.
_SKIPPED = frozenset(["Fallback", "moveFrom", "del", "delText", "instrText", "rt", "sectPr"])
_HEADING_NAME = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|nagłówek)\s*([1-9])?$", re.IGNORECASE
)
_CONTENTS_NAME = re.compile(r"(?:toc|verzeichnis|tm)\s*\d|table of figures|toc heading", re.IGNORECASE)
_KINDS: dict[str, BlockKind] = {
    "quote": "quoted",
    "intense quote": "quoted",
    "block text": "quoted",
    "author": "byline",
    "date": "dateline",
    "source code": "code",
    "html preformatted": "code",
    "macro text": "code",
}
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = frozenset({"0", "false", "off", "none"})


@dataclass(slots=True)
class _Style:
    name: str = ""
    base: str = ""
    level: int | None = None
    is_bold: bool = False


@dataclass(slots=True)
class _Paragraph:
    """A paragraph that is being read."""

    text: list[str] = field(default_factory=list)
    plain: bool = False
    style: str = ""
    level: int | None = None
    is_item: bool = False


@dataclass(slots=True)
class _Run:
    """A run that is being read: text of one format."""

    text: list[str] = field(default_factory=list)
    is_hidden: bool = False
    is_raised: bool = False
    is_bold: bool | None = None


def extract_docx(data: bytes, budget: Budget) -> list[Extracted]:
    """The document with its footnotes and endnotes.

    Raises:
        UnreadableError: It is damaged, locked or has no text.
    """
    archive = Archive(data, budget)
    main = find_main_part(archive, "word/document.xml")
    styles = _load_styles(archive, main)
    writer = Writer(budget)
    story = _Story(writer, styles)
    story.read(archive.iter_chunks(main), budget)
    writer.close_headings()
    relations = load_relations(archive, main)
    for kind in ("footnote", "endnote"):
        part = next((target for name, target in relations.values() if name == f"{kind}s"), "")
        if story.notes[kind] and part in archive:
            _write_notes(kind, story.notes[kind], archive.iter_chunks(part), writer, styles)
    if not writer.blocks:
        raise UnreadableError("holds no text")
    title, author = load_properties(archive)
    return [writer.finish(title=story.title or title, author=author)]


def _load_styles(archive: Archive, main: str) -> dict[str, _Style]:
    part = next(
        (target for name, target in load_relations(archive, main).values() if name == "styles"), "word/styles.xml"
    )
    styles: dict[str, _Style] = {}
    current = _Style()
    if part not in archive:
        return styles
    for kind, name, attributes, _ in iter_events(archive.iter_chunks(part)):
        if kind != "start":
            continue
        value = attributes.get("val", "")
        if name == "style":
            current = styles[attributes.get("styleId", "")] = _Style()
        elif name == "name":
            current.name = value
        elif name == "basedOn":
            current.base = value
        elif name == "outlineLvl" and value.isdigit():
            current.level = int(value)
        elif name == "b":
            current.is_bold = attributes.get("val", "1") not in _OFF
    return styles


def _find_level(styles: dict[str, _Style], style: str) -> int | None:
    """The heading level of a style, 1 for the highest; None for body text."""
    for _ in range(10):
        found = styles.get(style)
        if found is None:
            named = _HEADING_NAME.match(style)
            return int(named[1] or 1) if named else None
        named = _HEADING_NAME.match(found.name)
        if named:
            return int(named[1] or 1)
        if found.level is not None:
            return found.level + 1 if found.level < 9 else None
        style = found.base
    return None


class _Story:
    """Writes the paragraphs of one part of the file."""

    def __init__(self, writer: Writer, styles: dict[str, _Style]) -> None:
        self.writer = writer
        self.styles = styles
        self.title = ""
        self.notes: dict[str, list[str]] = {"footnote": [], "endnote": []}
        self._open: list[_Paragraph] = []
        self._runs: list[_Run] = []
        self._cells: list[list[str]] = []
        self._first_row = True
        self._sdt = 0
        self._contents: int | None = None

    def read(self, chunks: Iterable[bytes], budget: Budget | None) -> None:
        """Write everything in the part."""
        self.write(iter_events(chunks, budget))

    def write(self, events: Iterator[Event]) -> None:
        """Write what stands in the events, which may be those of a single note."""
        skipped = 0
        in_text = False
        for kind, name, attributes, text in events:
            run = self._runs[-1] if self._runs else None
            if skipped:
                skipped += (kind == "start") - (kind == "end")
            elif kind == "text":
                if in_text and run:
                    run.text.append(text)
            elif kind == "start":
                in_text = name == "t"
                if name in _SKIPPED:
                    # A deletion mark in run or paragraph properties is no deleted text: it has no children.
                    skipped = 1
                elif name == "r":
                    self._runs.append(_Run())
                elif not run or not self._format(name, attributes, run):
                    self._start(name, attributes, run)
            else:
                in_text = False
                self._end(name)

    @staticmethod
    def _format(name: str, attributes: dict[str, str], run: _Run) -> bool:
        """Take a property of a run; say whether it is one."""
        is_on = attributes.get("val", "1") not in _OFF
        if name == "vanish":
            run.is_hidden = is_on
        elif name == "b":
            run.is_bold = is_on
        elif name == "vertAlign":
            run.is_raised = attributes.get("val") == "superscript"
        return name in ("vanish", "b", "vertAlign")

    def _end_run(self) -> None:
        if not self._runs:
            return
        run = self._runs.pop()
        if self._open and not run.is_hidden:
            joined = "".join(run.text)
            paragraph = self._open[-1]
            is_bold = self._is_bold(paragraph.style) if run.is_bold is None else run.is_bold
            paragraph.plain = paragraph.plain or (bool(joined.strip()) and not is_bold)
            paragraph.text.append(raise_digits(joined) if run.is_raised else joined)

    def _is_bold(self, style: str) -> bool:
        found = self.styles.get(style)
        return bool(found and found.is_bold)

    def _start(self, name: str, attributes: dict[str, str], run: _Run | None) -> None:
        value = attributes.get("val", "")
        paragraph = self._open[-1] if self._open else None
        if name == "p":
            self._open.append(_Paragraph())
        elif name in _CHARACTERS and run:
            run.text.append(_CHARACTERS[name])
        elif name in ("footnoteReference", "endnoteReference"):
            self.notes[name.removesuffix("Reference")].append(attributes.get("id", ""))
        elif name == "tr":
            self._cells.append([])
        elif name == "tbl" and not self._cells:
            self._first_row = True
        elif name == "sdt":
            self._sdt += 1
        elif name == "docPartGallery" and value.lower().startswith("table of") and self._contents is None:
            self._contents = self._sdt
        elif paragraph is None:
            return
        elif name == "pStyle":
            paragraph.style = value
        elif name == "outlineLvl" and value.isdigit() and int(value) < 9:
            paragraph.level = int(value) + 1
        elif name == "numPr":
            paragraph.is_item = True

    def _end(self, name: str) -> None:
        if name == "r":
            self._end_run()
        elif name == "p" and self._open:
            self._write_paragraph(self._open.pop())
        elif name == "tr" and self._cells:
            self._write_row(self._cells.pop())
        elif name == "tc" and self._cells:
            self._cells[-1].append("")
        elif name == "sdt":
            if self._contents == self._sdt:
                self._contents = None
            self._sdt -= 1

    def _write_paragraph(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.text)
        if not text.strip():
            return
        if self._cells:
            cells = self._cells[-1]
            if not cells:
                cells.append("")
            cells[-1] = f"{cells[-1]}\n{text}" if cells[-1] else text
            return
        found = self.styles.get(paragraph.style)
        name = found.name if found else paragraph.style
        level = paragraph.level or _find_level(self.styles, paragraph.style)
        kind: BlockKind = "item" if paragraph.is_item else "paragraph"
        if self._contents is not None or _CONTENTS_NAME.match(name):
            self.writer.add(text, "metadata")
        elif name.lower() in ("title", "titel", "titre") and not self.title:
            self.title = one_line(text)
            self.writer.heading(text, 1, kind="title")
        elif level and len(text) < 300:
            self.writer.heading(text, level + 1)
        elif not paragraph.plain and kind == "paragraph" and looks_like_heading(text):
            # A line that is bold throughout heads what follows, in documents without heading styles.
            self.writer.heading(text, 10)
        else:
            written = _KINDS.get(name.lower(), kind)
            self.writer.add(text, written, folded=written == "code")

    def _write_row(self, cells: list[str]) -> None:
        texts = [cell for cell in cells if cell.strip()]
        if self._cells:
            # A table in a cell: its rows become lines of the cell.
            outer = self._cells[-1]
            if not outer:
                outer.append("")
            outer[-1] = "\n".join(filter(None, [outer[-1], "\t".join(texts)]))
            return
        self.writer.add_row(texts, first=self._first_row)
        self._first_row = False


def _write_notes(
    kind: str, order: list[str], chunks: Iterable[bytes], writer: Writer, styles: dict[str, _Style]
) -> None:
    """Write the notes that the text refers to, numbered in the order of the references."""
    numbers = {note: at for at, note in reversed(list(enumerate(order, 1)))}
    notes: dict[int, list[Event]] = {}
    current: list[Event] | None = None
    for event in iter_events(chunks, writer.budget):
        if event.kind == "start" and event.name == kind:
            current = []
            number = numbers.get(event.attributes.get("id", ""))
            if number is not None:
                notes[number] = current
        elif current is not None:
            current.append(event)
    for number, events in sorted(notes.items()):
        place = writer.open("notes", number, f"{kind} {number}")
        _Story(writer, styles).write(iter(events))
        writer.close(place)
