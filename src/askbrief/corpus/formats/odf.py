"""ODT and ODP: paragraphs, headings, lists, tables, notes and slides; deleted text and comments are left out."""

from __future__ import annotations

from collections.abc import Iterator

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.archive import Archive
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.office import choose_title
from askbrief.corpus.formats.writer import OpenPlace, Writer, looks_like_heading, one_line, raise_digits
from askbrief.corpus.formats.xmlstream import Event, iter_events, load_tree

_SKIPPED = frozenset(
    [
        "tracked-changes",
        "annotation",
        "annotation-end",
        "ruby-text",
        "settings",
        "scripts",
        "font-face-decls",
        "master-styles",
        "forms",
        "title",
        "desc",
        "note-citation",
        "sequence-decls",
        "variable-decls",
        "user-field-decls",
        "header",
        "footer",
        "event-listeners",
        "meta",
        "tracked-changes",
    ]
)
_CONTENTS = frozenset({"table-of-content", "illustration-index", "table-index", "object-index", "alphabetical-index"})
_GENERATED = frozenset({"page-number", "page-count", "date-time", "footer-decl", "header-decl", "date-time-decl"})


def extract_odt(data: bytes, budget: Budget) -> list[Extracted]:
    """The text document or presentation, with its notes.

    Raises:
        UnreadableError: It is damaged, locked or has no text.
    """
    title = author = ""
    if data[:2] != b"PK":
        story = _Story(Writer(budget))
        story.write(iter_events([data], budget))
    else:
        archive = Archive(data, budget)
        if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise UnreadableError("needs a password")
        story = _Story(Writer(budget))
        story.write(iter_events(archive.iter_chunks("content.xml"), budget))
        title, author = _load_properties(archive)
    story.write_notes()
    if not story.writer.blocks:
        raise UnreadableError("holds no text")
    return [story.writer.finish(title=story.title or title, author=author)]


def _load_properties(archive: Archive) -> tuple[str, str]:
    if "meta.xml" not in archive:
        return "", ""
    try:
        tree = load_tree(archive.iter_chunks("meta.xml"))
    except UnreadableError:
        return "", ""
    author = tree.findtext(".//creator") or tree.findtext(".//initial-creator") or ""
    return choose_title(tree.findtext(".//title") or ""), one_line(author)


class _Story:
    """Writes the body of an OpenDocument file."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.title = ""
        self._parents: dict[str, str] = {}
        self._style = ""
        self._raised: set[str] = set()
        self._bold: set[str] = set()
        self._spans: list[tuple[str, int]] = []
        self._paragraphs: list[tuple[str, dict[str, str], list[str]]] = []
        self._rows: list[list[str]] = []
        self._notes: list[tuple[str, list[str]]] = []
        self._marks: list[int] = []
        self._first_row = True
        self._items = 0
        self._contents = 0
        self._in_notes = 0
        self._slide = 0
        self._slide_place: OpenPlace | None = None
        self._notes_place: OpenPlace | None = None
        self._title_frames: list[bool] = []

    def write(self, events: Iterator[Event]) -> None:
        """Write everything that stands in the events."""
        skipped = 0
        for kind, name, attributes, text in events:
            if skipped:
                skipped += (kind == "start") - (kind == "end")
            elif kind == "text":
                if self._paragraphs:
                    self._paragraphs[-1][2].append(" ".join(text.split("\n")))
            elif kind == "start":
                if name in _SKIPPED or name in _GENERATED:
                    skipped = 1
                else:
                    self._start(name, attributes)
            else:
                self._end(name)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("p", "h"):
            self._paragraphs.append((name, attributes, []))
        elif name == "style":
            self._style = attributes.get("name", "")
            self._parents[self._style] = attributes.get("parent-style-name", "")
        elif name == "text-properties":
            if attributes.get("text-position", "").startswith("super"):
                self._raised.add(self._style)
            if attributes.get("font-weight") == "bold":
                self._bold.add(self._style)
        elif name == "span":
            self._spans.append(
                (attributes.get("style-name", ""), len(self._paragraphs[-1][2]) if self._paragraphs else 0)
            )
        elif name == "list-item":
            self._items += 1
        elif name == "table":
            self._first_row = True
        elif name == "table-row":
            self._rows.append([])
        elif name in ("table-cell", "covered-table-cell") and self._rows:
            self._rows[-1].append("")
        elif name == "note":
            self._notes.append((attributes.get("note-class", "footnote"), []))
            self._marks.append(len(self._notes) - 1)
        elif name in _CONTENTS:
            self._contents += 1
        elif name == "page":
            self._begin_slide()
        elif name == "notes" and self._slide:
            self._in_notes += 1
            self._notes_place = self.writer.open("notes", self._slide, "notes")
        elif name == "frame":
            self._title_frames.append(attributes.get("class", "") == "title")
        elif self._paragraphs:
            self._paragraphs[-1][2].append(_SPACES.get(name, "") * min(1000, _count(attributes)))

    def _end(self, name: str) -> None:
        if name in ("p", "h") and self._paragraphs:
            self._write_paragraph(*self._paragraphs.pop())
        elif name == "span" and self._spans:
            self._end_span(*self._spans.pop())
        elif name == "list-item":
            self._items -= 1
        elif name == "table-row" and self._rows:
            self._write_row(self._rows.pop())
        elif name == "note" and self._marks:
            self._marks.pop()
        elif name in _CONTENTS:
            self._contents -= 1
        elif name == "notes" and self._notes_place:
            self._in_notes -= 1
            self.writer.close(self._notes_place)
        elif name == "frame" and self._title_frames:
            self._title_frames.pop()

    def _end_span(self, style: str, begin: int) -> None:
        """Raise the digits of a span in superscript."""
        if style in self._raised and self._paragraphs:
            parts = self._paragraphs[-1][2]
            text = "".join(parts[begin:])
            parts[begin:] = [raise_digits(text)]

    def _begin_slide(self) -> None:
        if self._slide_place:
            self.writer.close(self._slide_place)
        self._slide += 1
        self._slide_place = self.writer.open("slide", self._slide)

    def _write_paragraph(self, name: str, attributes: dict[str, str], parts: list[str]) -> None:
        text = "".join(parts)
        if not text.strip():
            return
        style = self._find_style(attributes.get("style-name", ""))
        if self._marks:
            self._notes[self._marks[-1]][1].append(text)
        elif self._rows:
            row = self._rows[-1]
            if not row:
                row.append("")
            row[-1] = f"{row[-1]}\n{text}" if row[-1] else text
        elif self._contents:
            self.writer.add(text, "metadata")
        elif any(self._title_frames) and not self._in_notes:
            self.writer.add(text, "heading")
            if not self.title:
                self.title = one_line(text)
            if self._slide_place:
                self._slide_place.label = self._slide_place.label or one_line(text)
        elif name == "h" or style.startswith("Heading_20_"):
            level = attributes.get("outline-level") or style[-1:]
            self.writer.heading(text, int(level) + 1 if level.isdigit() else 2)
        elif style == "Title" and not self.title:
            self.title = one_line(text)
            self.writer.heading(text, 1, kind="title")
        elif attributes.get("style-name", "") in self._bold and not self._items and looks_like_heading(text):
            self.writer.heading(text, 10)
        else:
            self.writer.add(text, "item" if self._items else "quoted" if style == "Quotations" else "paragraph")

    def _find_style(self, style: str) -> str:
        """The named style that an automatic one stands for."""
        for _ in range(10):
            if style not in self._parents or not self._parents[style] or style == "Title":
                break
            style = self._parents[style]
        return style

    def _write_row(self, cells: list[str]) -> None:
        if self._rows:
            outer = self._rows[-1]
            if not outer:
                outer.append("")
            outer[-1] = "\n".join(filter(None, [outer[-1], "\t".join(filter(None, cells))]))
            return
        self.writer.add_row(cells, first=self._first_row)
        self._first_row = False

    def write_notes(self) -> None:
        """Write the footnotes and endnotes in their order, each kind counted by itself."""
        self.writer.close_headings()
        for kind in ("footnote", "endnote"):
            of_kind = [paragraphs for note, paragraphs in self._notes if note == kind]
            for number, paragraphs in enumerate(of_kind, 1):
                place = self.writer.open("notes", number, f"{kind} {number}")
                for text in paragraphs:
                    self.writer.add(text)
                self.writer.close(place)


_SPACES = {"s": " ", "tab": "\t", "line-break": "\n"}


def _count(attributes: dict[str, str]) -> int:
    count = attributes.get("c", "1")
    return int(count) if count.isdigit() and len(count) < 6 else 1
