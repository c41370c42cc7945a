"""JATS, TEI and FB2: the XML of journals, editions and books, with sections as places and references at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.publication_heads import read_fb2, read_jats, read_tei, words_of
from askbrief.corpus.formats.writer import Writer, raise_digits
from askbrief.types import BlockKind

_SECTIONS = frozenset({"sec", "div", "div1", "div2", "div3", "div4", "section", "app", "ack", "glossary",
    "ref-list", "fn-group", "abstract", "listBibl"})  # fmt: skip
_INLINE = frozenset({"p", "ab", "l", "hi", "note", "head", "cell", "q", "said"})
_MAYBE_INLINE = frozenset({"quote", "cit", "label", "def", "term", "cite", "list", "ref", "title", "head", "bibl"})
_BREAKS = frozenset({
    "p", "l", "v", "ab", "item", "list-item", "def", "term", "disp-quote", "quote", "cit", "epigraph", "speech",
    "sp", "speaker", "stage", "table", "row", "tr", "caption", "fig", "table-wrap", "label", "def-item", "subtitle",
    "text-author", "empty-line", "boxed-text", "disp-formula", "lg", "stanza", "list", "note", "fn", "figure",
    "ref", "bibl", "biblStruct", "title", "head", "poem", "cite", "annotation", "date", "statement", "verse-group",
    "verse-line", "attrib", "opener", "closer", "salute", "signed", "dateline", "byline",
})  # fmt: skip
_SKIPPED = frozenset({
    "graphic", "media", "object-id", "annotation-xml", "processing-meta", "teiHeader", "fw", "pb", "del",
     "binary", "supplementary-material", "permissions", "contrib-id", "pub-id", "ext-link-hidden",
})  # fmt: skip
# What an editor replaced by what stands beside it.
_REPLACED = frozenset({"orig", "sic", "abbr"})
_LINES = frozenset({"l", "v", "verse-line"})
_ITEMS = frozenset({"item", "list-item", "ref", "bibl", "biblStruct"})
_QUOTES = frozenset({"disp-quote", "quote", "cit", "epigraph", "cite"})
_NOTES = frozenset({"note", "fn"})


def extract_publication(tree: Element, budget: Budget) -> list[Extracted]:
    """An article, edition or book.

    Args:
        tree: Its tree, names without namespaces.
        budget: What may be written.

    Raises:
        UnreadableError: It is of another kind, or has no text.
    """
    writer = Writer(budget)
    walk = _Walk(writer, frozenset({"head"}) if tree.tag.startswith(("TEI", "tei")) else frozenset({"title"}))
    if tree.tag in ("article", "pmc-articleset"):
        article = tree if tree.tag == "article" else tree.find("article") or tree
        about = read_jats(article)
        walk.begin(about.title)
        walk.write_jats(article)
    elif tree.tag in ("TEI", "TEI.2", "teiCorpus"):
        about = read_tei(tree)
        walk.begin(about.title)
        for text in tree.iter("text"):
            walk.write(text, 2)
            break
    else:
        about = read_fb2(tree)
        if tree.find("body/title") is None:
            walk.begin(about.title)
        for body in tree.findall("body"):
            if body.get("name") == "notes":
                walk.notes += [words_of(_without(note, note.findall("title"))) for note in body.findall("section")]
            else:
                walk.write(body, 2)
    walk.write_notes()
    if not writer.blocks:
        raise UnreadableError("holds no text")
    return [writer.finish(title=about.title, author=about.author, published=about.published)]


class _Walk:
    """Writes the elements of a tree in their order."""

    def __init__(self, writer: Writer, titles: frozenset[str]) -> None:
        self.writer = writer
        self.titles = titles
        self.buffer: list[str] = []
        self.notes: list[str] = []
        self.line_open = False

    def begin(self, title: str) -> None:
        """Write the document's title."""
        if title:
            self.writer.heading(title, 1, kind="title")

    def write_jats(self, article: Element) -> None:
        """Write abstract, body, back matter, and reviews with their answers."""
        for abstract in article.findall("front/article-meta/abstract") + article.findall("front-stub/abstract"):
            if abstract.find("title") is None:
                self.writer.close_headings(2)
                self.writer.open("heading", None, "Abstract", level=2)
            self.write(abstract, 2)
        for part in ("body", "back"):
            for element in article.findall(part):
                self.write(element, 2)
        for inner in article.findall("sub-article"):
            title = inner.find(".//article-title")
            self.writer.heading(words_of(title) if title is not None else "", 2)
            self.write_inner(inner)

    def write_inner(self, inner: Element) -> None:
        """Write the body of a review or an answer, one level below its title."""
        for element in inner.findall("body"):
            self.write(element, 3)

    def write(self, element: Element, level: int) -> None:
        """Write an element whose headings have this level."""
        self._walk(element, level, "paragraph")
        self._flush("paragraph")

    def _walk(self, element: Element, level: int, kind: BlockKind) -> None:
        self.buffer.append(_spaces(element.text))
        for child in element:
            tag = child.tag
            if tag in _SKIPPED or (tag in _REPLACED and element.tag == "choice"):
                pass
            elif tag in _SECTIONS:
                self._flush(kind)
                self._write_section(child, level)
            elif tag in ("table", "tbody", "thead"):
                self._flush(kind)
                self._write_table(child)
            elif tag in self.titles and element.tag not in ("bibl", "biblStruct", "analytic", "monogr", "ref"):
                self._flush(kind)
                if element.tag == "body":
                    self.writer.heading(words_of(child), 1)
                else:
                    self.writer.add(words_of(child), "heading")
            elif tag == "fn" and element.tag == "fn-group":
                self.notes.append(" ".join(words_of(part) for part in child if part.tag != "label"))
            elif tag in _NOTES and child.get("n") is None and element.tag in ("p", "ab", "l", "hi", "q"):
                self.notes.append(words_of(child))
            elif tag == "alternatives":
                self.buffer.append(_formula(child))
            elif tag == "math":
                self.buffer.append(words_of(child))
            elif tag in _BREAKS and not self._is_inline(child, element):
                self._flush(kind)
                self._write_block(child, level, kind)
            elif (tag == "sup" or child.get("rend") == "superscript") and (digits := words_of(child)).isdigit():
                self.buffer.append(raise_digits(digits))
            elif tag in ("break", "lb", "br"):
                self.buffer.append("" if child.get("break") == "no" else "\n")
            else:
                self._walk(child, level, kind)
            self.buffer.append(_spaces(child.tail))

    @staticmethod
    def _is_inline(child: Element, parent: Element) -> bool:
        """Whether an element that may stand alone is part of a sentence here."""
        return (child.tag in _MAYBE_INLINE and parent.tag in _INLINE and not len(child)) or (
            child.tag == "ref" and parent.tag != "ref-list"
        )

    def _write_block(self, element: Element, level: int, kind: BlockKind) -> None:
        tag = element.tag
        if tag in ("ref", "biblStruct"):
            self.writer.add(" ".join(words_of(part) for part in _leaves(element)), "item")
            return
        inner: BlockKind = "item" if tag in _ITEMS else "quoted" if tag in _QUOTES else kind
        self._walk(element, level, inner)
        text = "".join(self.buffer)
        if tag in _LINES and text.strip():
            if self.line_open and self.writer.blocks:
                self.writer.add_line(text)
            else:
                self.writer.add(text, inner)
            self.buffer.clear()
            self.line_open = True
            return
        self._flush(inner)
        self.line_open = False

    def _write_section(self, element: Element, level: int) -> None:
        title = next((child for child in element if child.tag in self.titles), None)
        label = element.find("label")
        words = (
            words_of(title)
            if title is not None
            else {"ref-list": "References", "listBibl": "References"}.get(element.tag, "")
        )
        if label is not None and title is not None and words:
            words = f"{words_of(label)} {words}"
        self.line_open = False
        if title is not None:
            self.writer.heading(words, level)
            element = _without(element, [title, label])
        elif words:
            self.writer.close_headings(level)
            self.writer.open("heading", None, words, level=level)
        self._walk(element, level + 1, "paragraph")
        self._flush("paragraph")

    def _write_table(self, table: Element) -> None:
        rows = [row for row in table.iter() if row.tag in ("tr", "row")]
        for at, row in enumerate(rows):
            self.writer.add_row([words_of(cell) for cell in row if cell.tag in ("td", "th", "cell")], first=not at)

    def _flush(self, kind: BlockKind) -> None:
        text = "".join(self.buffer)
        self.buffer.clear()
        if text.strip():
            self.writer.add(text, kind)

    def write_notes(self) -> None:
        """Write the notes that stood inside paragraphs."""
        self.writer.close_headings()
        for number, note in enumerate(self.notes, 1):
            place = self.writer.open("notes", number, f"footnote {number}")
            self.writer.add(note)
            self.writer.close(place)


def _formula(alternatives: Element) -> str:
    """One of the forms of a formula."""
    found = next(
        (form for name in ("math", "tex-math", "textual-form") if (form := alternatives.find(name)) is not None), None
    )
    return words_of(found) if found is not None else ""


def _without(element: Element, left_out: Iterable[Element | None]) -> Element:
    copy = Element(element.tag, element.attrib)
    copy.text = element.text
    copy.extend([child for child in element if child not in left_out])
    return copy


def _spaces(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text) if text else ""


def _leaves(element: Element) -> Iterable[Element]:
    """The parts of a reference that are written apart: names whole, others by themselves."""
    for child in element:
        if child.tag in _SKIPPED:
            continue
        if child.tag in ("name", "string-name", "persName", "mixed-citation", "p") or not len(child):
            yield child
        else:
            yield from _leaves(child)
