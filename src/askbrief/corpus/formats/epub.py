"""EPUB: the chapters in reading order, by the table of contents, which may point into the middle of a file."""

from __future__ import annotations

import posixpath
from datetime import date
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from askbrief.corpus.dates import parse_date
from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.archive import Archive
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.flow import write_flow
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import Writer, one_line
from askbrief.corpus.formats.xmlstream import load_tree

_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document"})


class _Contents:
    """The table of contents: from (file, anchor) to the chapters that begin there, with their levels."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], list[tuple[str, int]]] = {}

    def add(self, target: str, base: str, label: str, level: int) -> None:
        """Note a chapter."""
        file, _, anchor = unquote(target).partition("#")
        label = one_line(label)
        if label:
            key = (posixpath.normpath(posixpath.join(base, file)) if file else "", anchor)
            self.entries.setdefault(key, []).append((label, level))

    def open(self, key: tuple[str, str], writer: Writer) -> None:
        """Open the chapters that begin here."""
        for label, level in self.entries.pop(key, ()):
            writer.close_headings(level)
            writer.open("chapter", None, label, level=level)


def extract_epub(data: bytes, budget: Budget) -> list[Extracted]:
    """The book.

    Raises:
        UnreadableError: It is damaged, locked or has no text.
    """
    archive = Archive(data, budget)
    if "META-INF/rights.xml" in archive or _is_locked(archive):
        raise UnreadableError("is locked by its seller (DRM)")
    package = _find_package(archive)
    base = posixpath.dirname(package)
    tree = load_tree(archive.iter_chunks(package))
    items = {item.get("id", ""): item for item in tree.iter("item")}
    contents = _load_contents(archive, tree, items, base)
    writer = Writer(budget)
    missing = 0
    for reference in tree.iter("itemref"):
        item = items.get(reference.get("idref", ""))
        name = posixpath.normpath(posixpath.join(base, unquote(item.get("href", "")))) if item is not None else ""
        if item is None or name not in archive:
            missing += 1
        elif (
            item.get("media-type", "application/xhtml+xml") in _PAGES
            and "nav" not in (item.get("properties") or "").split()
        ):
            try:
                _write_file(decode_bytes(archive.read(name), Budget()), name, contents, writer)
            except UnreadableError as error:
                budget.report(f"{name}: {error.report}")
    if missing:
        budget.report(f"{missing} of its chapters {'is' if missing == 1 else 'are'} missing")
    if not writer.blocks:
        raise UnreadableError(budget.reports[0] if budget.reports else "holds no text")
    return [_finish(writer, tree)]


def _finish(writer: Writer, tree: Element) -> Extracted:
    authors = [one_line("".join(author.itertext())) for author in tree.iter("creator")]
    return writer.finish(
        title=next(("".join(title.itertext()) for title in tree.iter("title")), ""),
        author=", ".join(filter(None, authors)),
        published=_find_date(tree),
    )


def _is_locked(archive: Archive) -> bool:
    """Whether chapters are encrypted; obfuscated fonts are no lock."""
    if "META-INF/encryption.xml" not in archive:
        return False
    tree = load_tree(archive.iter_chunks("META-INF/encryption.xml"))
    references = [reference.get("URI", "") for reference in tree.iter("CipherReference")]
    return any(reference.lower().endswith(("html", "htm", "xml")) for reference in references)


def _find_package(archive: Archive) -> str:
    if "META-INF/container.xml" in archive:
        for rootfile in load_tree(archive.iter_chunks("META-INF/container.xml")).iter("rootfile"):
            if (name := rootfile.get("full-path", "")) in archive:
                return name
    found = next((info.filename for info in archive.infos if info.filename.lower().endswith(".opf")), None)
    if not found:
        raise UnreadableError("is no whole EPUB (its package file is missing)")
    return found


def _load_contents(archive: Archive, tree: Element, items: dict[str, Element], base: str) -> _Contents:
    contents = _Contents()
    for item in items.values():
        name = posixpath.normpath(posixpath.join(base, unquote(item.get("href", ""))))
        is_nav = "nav" in (item.get("properties") or "").split()
        if (not is_nav and item.get("media-type") != "application/x-dtbncx+xml") or name not in archive:
            continue
        try:
            found = load_tree(archive.iter_chunks(name))
        except UnreadableError:
            continue
        if is_nav:
            contents.entries.clear()
            for nav in found.iter("nav"):
                if nav.get("type", "toc") == "toc":
                    _read_nav(nav, posixpath.dirname(name), contents, 1)
        elif not contents.entries:
            for points in found.iter("navMap"):
                _read_points(points, posixpath.dirname(name), contents, 1)
        if is_nav and contents.entries:
            break
    return contents


def _read_nav(element: Element, base: str, contents: _Contents, level: int) -> None:
    for child in element:
        if child.tag == "a":
            contents.add(child.get("href", ""), base, "".join(child.itertext()), level)
        elif level < 20:
            _read_nav(child, base, contents, level + (child.tag == "ol" and element.tag == "li"))


def _read_points(element: Element, base: str, contents: _Contents, level: int) -> None:
    for point in element.findall("navPoint"):
        source = point.find("content")
        label = point.find("navLabel")
        if source is not None and label is not None:
            contents.add(source.get("src", ""), base, "".join(label.itertext()), level)
        if level < 20:
            _read_points(point, base, contents, level + 1)


def _write_file(page: str, name: str, contents: _Contents, writer: Writer) -> None:
    has_chapters = bool(contents.entries) or any(place.level for place in writer.open_places())
    contents.open((name, ""), writer)
    write_flow(
        page,
        writer,
        on_anchor=lambda anchor: contents.open((name, anchor), writer),
        heading_place=None if has_chapters else "chapter",
    )


def _find_date(tree: Element) -> date | None:
    """The day of publication; a date that is said to be another event's does not count."""
    for stated in tree.iter("date"):
        is_publication = stated.get("event", "publication") in ("publication", "original-publication")
        if is_publication and (published := parse_date("".join(stated.itertext()))):
            return published
    return None
