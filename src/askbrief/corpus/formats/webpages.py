"""HTML: the article of a web page, or all its visible text where no article is found."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from lxml import etree, html

from askbrief.corpus.dates import parse_date
from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.flow import write_flow
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import Writer, one_line, raise_digits

# An article shorter than this is compared with the visible text.
_TINY = 120
# Beyond this depth of elements the article is not looked for: the tree would not be read by libxml2's usual limits.
_DEPTH = 250
# What web sites have around an article, and pages that were written or exported as documents do not.
_SITE = re.compile(
    r"<script[^>]+src\s*=|<(?:form|nav|aside|iframe|footer)\b|role\s*=\s*.navigation"
    r"|(?:class|id)\s*=\s*[\"'][^\"']*(?:menu|sidebar|cookie|footer|navbar|breadcrumb)",
    re.IGNORECASE,
)
_RAISED = re.compile(r"<sup\b[^>]{0,200}>\s*([0-9]{1,4})\s*</sup>", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DATE_NAMES = frozenset(
    [
        "article:published_time",
        "datepublished",
        "pubdate",
        "publishdate",
        "publish-date",
        "publish_date",
        "dc.date",
        "dc.date.issued",
        "dcterms.issued",
        "dcterms.date",
        "date",
        "citation_publication_date",
        "citation_date",
        "parsely-pub-date",
        "sailthru.date",
        "og:published_time",
    ]
)


def extract_html(data: bytes, budget: Budget) -> list[Extracted]:
    """The article of a page, with its headings as places."""
    return [read_page(decode_bytes(data, budget), budget)]


def read_page(page: str, budget: Budget, *, member: str = "") -> Extracted:
    """The article of a decoded page.

    Raises:
        UnreadableError: The page has no text.
    """
    page = _XML_DECLARATION.sub("", page.replace("\x00", ""))
    visible = Writer(Budget())
    page = _RAISED.sub(lambda found: raise_digits(found[1]), page)
    linked = write_flow(page, visible)
    is_document = not _SITE.search(page) and linked * 3 <= visible.length
    article = None if is_document or _depth(page) >= _DEPTH else _find_article(page)
    title, author, published = "", "", _find_date(page)
    writer = Writer(budget)
    if article is not None:
        title, author = _choose_title(one_line(article.title or ""), page), one_line(article.author or "")
        if _is_enough(article.text or "", visible):
            _write_article(article, title, writer)
    if not writer.blocks:
        write_flow(page, writer)
    if not writer.blocks:
        raise UnreadableError("holds no text")
    return writer.finish(
        title=title or _find_title(page, first="title" if is_document else "h1"),
        author=author,
        published=published,
        member=member,
    )


def _find_article(page: str) -> Any:
    import trafilatura

    try:
        return trafilatura.bare_extraction(
            page,
            fast=True,
            include_comments=False,
            with_metadata=True,
            prune_xpath="//*[@hidden]",
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError, etree.LxmlError):
        return None


def _is_enough(article: str, visible: Writer) -> bool:
    """Whether the article can be the whole of the page: not tiny beside paragraphs that it left out."""
    length = len(article.strip())
    return length >= _TINY or (length > 0 and visible.length < 4 * length)


def _depth(page: str) -> int:
    """The most open elements at once, as the tags in the text say; void and unclosed ones make it an upper bound."""
    depth = deepest = 0
    for slash in re.finditer(
        r"<(/?)(?:div|span|section|table|tr|td|ul|li|b|i|a|font|p|blockquote|em|strong)\b", page, re.IGNORECASE
    ):
        depth = max(0, depth - 1) if slash[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _write_article(article: Any, title: str, writer: Writer) -> None:
    body = article.body
    heads = [one_line("".join(head.itertext())) for head in body.iter("head")]
    if title and title not in heads[:2]:
        writer.heading(title, 1, kind="title")
    writer.add(body.text or "")
    for element in body:
        _write_element(element, writer, title)
        writer.add(element.tail or "")


def _write_element(element: Any, writer: Writer, title: str) -> None:
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag == "head":
        text = _text(element)
        is_title = one_line(text) == title
        level = 1 if is_title else max(2, int(re.sub(r"\D", "", element.get("rend") or "") or 2))
        writer.heading(text, level, kind="title" if is_title else "heading")
    elif tag == "list":
        for item in element.iter("item"):
            writer.add(_own_text(item), "item", gap="\n")
    elif tag == "table":
        for at, row in enumerate(element.iter("row")):
            writer.add_row([_text(cell) for cell in row.iter("cell")], first=not at)
    elif tag == "code":
        writer.add("".join(element.itertext()), "code", folded=True)
    elif tag == "quote":
        if not len(element):
            writer.add(element.text or "", "quoted")
            return
        writer.add(_spaces(element.text), "quoted")
        for child in element:
            writer.add(_text(child) + _spaces(child.tail), "quoted")
    elif tag == "div":
        writer.add(element.text or "")
        for child in element:
            _write_element(child, writer, title)
            writer.add(child.tail or "")
    else:
        writer.add(_text(element))


def _text(element: Any) -> str:
    """The words of an element, with its line breaks."""
    parts: list[str] = [_spaces(element.text)]
    for child in element:
        if child.tag == "lb":
            parts.append("\n")
        elif isinstance(child.tag, str):
            inner = _text(child)
            block = child.tag in ("p", "item", "list", "quote", "row", "head")
            parts += ("\n", inner, "\n") if block else (inner,)
        parts.append(_spaces(child.tail))
    return "".join(parts)


def _own_text(item: Any) -> str:
    """The words of a list item without those of the items inside it, which are written by themselves."""
    parts: list[str] = [_spaces(item.text)]
    for child in item:
        if child.tag == "lb":
            parts.append("\n")
        elif child.tag not in ("list", "item"):
            parts.append(_text(child))
        parts.append(_spaces(child.tail))
    return "".join(parts)


def _spaces(text: str | None) -> str:
    return (text or "").replace("\n", " ")


def _choose_title(title: str, page: str) -> str:
    """The page's first heading where the title only adds the name of the site to it."""
    heading = _find_title(page)
    return heading if heading and title.startswith(heading) else title


def _find_title(page: str, *, first: str = "h1") -> str:
    """The words of the page's first h1 or title element, whichever is asked for first."""
    for name in (first, "title" if first == "h1" else "h1"):
        found = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", page[:500_000], re.IGNORECASE | re.DOTALL)
        if found and (text := one_line(html.fromstring(f"<p>{found[1]}</p>").text_content())):
            return text
    return ""


def _find_date(page: str) -> date | None:
    """The publication date that the page's own data state: JSON-LD first, then its meta elements."""
    for found in re.finditer(r"<script[^>]*ld\+json[^>]*>(.*?)</script>", page, re.IGNORECASE | re.DOTALL):
        try:
            stated = _find_published(json.loads(found[1]), 0)
        except (ValueError, RecursionError):
            match = re.search(r'"datePublished"\s*:\s*"([^"]+)"', found[1])
            stated = match[1] if match else ""
        if stated and (published := parse_date(stated)):
            return published
    for found in re.finditer(r"<(?:meta|time)\b[^>]{0,500}>", page, re.IGNORECASE):
        attributes = {
            key.lower(): value for key, value in re.findall(r"""([\w:-]+)\s*=\s*["']([^"']*)["']""", found[0])
        }
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        value = attributes.get("content") or attributes.get("datetime") or ""
        if (name.lower() in _DATE_NAMES or "pubdate" in attributes) and (published := parse_date(value)):
            return published
    return None


def _find_published(data: Any, depth: int) -> str:
    if isinstance(data, dict):
        if isinstance(data.get("datePublished"), str):
            return str(data["datePublished"])
        data = list(data.values())
    if isinstance(data, list) and depth < 6:
        for value in data:
            if stated := _find_published(value, depth + 1):
                return stated
    return ""
