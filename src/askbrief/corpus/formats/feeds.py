"""RSS and Atom, and other XML by its root element: each item of a feed is a document of its own."""

from __future__ import annotations

from datetime import date
from xml.etree.ElementTree import Element

from askbrief.corpus.dates import parse_date
from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.flow import write_flow
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.publications import extract_publication
from askbrief.corpus.formats.webpages import extract_html
from askbrief.corpus.formats.writer import Writer, one_line
from askbrief.corpus.formats.xmlstream import load_text_tree

_PUBLICATIONS = frozenset({"article", "pmc-articleset", "TEI", "TEI.2", "teiCorpus", "FictionBook"})


def extract_xml(data: bytes, budget: Budget) -> list[Extracted]:
    """The documents of an XML file, by what its root element says it is.

    Raises:
        UnreadableError: It is of a kind that is not read, or declares entities of its own.
    """
    tree = load_text_tree(decode_bytes(data, budget), budget)
    if tree.tag in ("rss", "RDF", "channel", "feed"):
        return _read_feed(tree, budget)
    if tree.tag in _PUBLICATIONS:
        return extract_publication(tree, budget)
    if tree.tag.lower() == "html":
        return extract_html(data, budget)
    raise UnreadableError(f"is XML of a kind that is not read (<{tree.tag[:40]}>)")


def _read_feed(tree: Element, budget: Budget) -> list[Extracted]:
    items = [element for element in tree.iter() if element.tag in ("item", "entry")]
    documents = []
    for number, item in enumerate(items, 1):
        document = _read_item(item, number, budget)
        if document.blocks:
            documents.append(document)
    if not documents:
        raise UnreadableError("holds no items")
    return documents


def _read_item(item: Element, number: int, budget: Budget) -> Extracted:
    title = _plain(item.find("title"))
    writer = Writer(budget)
    place = writer.open("item", number, title)
    writer.add(title, "title")
    body = next(
        (found for name in ("encoded", "content", "description", "summary") if (found := _markup(item.find(name)))), ""
    )
    write_flow(body, writer)
    writer.close(place)
    author = item.find("author")
    name = item.findtext("creator") or (author.findtext("name") or author.text if author is not None else "") or ""
    return writer.finish(title=title, author=one_line(name), published=_find_day(item), member=str(number))


def _plain(element: Element | None) -> str:
    """A title's words; some feeds put markup into it."""
    text = "".join(element.itertext()) if element is not None else ""
    if "<" not in text and "&" not in text:
        return one_line(text)
    writer = Writer(Budget())
    write_flow(text, writer, heading_place=None)
    return one_line(writer.finish().text)


def _markup(element: Element | None) -> str:
    """The HTML of an element, which holds it escaped or as elements."""
    if element is None:
        return ""
    if len(element):
        return _serialize(element)
    text = element.text or ""
    return text if element.get("type") != "text" else text.replace("&", "&amp;").replace("<", "&lt;")


def _serialize(element: Element) -> str:
    from xml.etree.ElementTree import tostring

    return tostring(element, encoding="unicode", method="html")


def _find_day(item: Element) -> date | None:
    stated = (parse_date(item.findtext(name) or "") for name in ("pubDate", "published", "issued", "date"))
    return next(filter(None, stated), None)
