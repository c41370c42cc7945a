"""What JATS, TEI and FB2 files state about themselves: title, authors, day of publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

from askbrief.corpus.dates import parse_date
from askbrief.corpus.formats.writer import one_line


@dataclass(frozen=True, slots=True)
class About:
    """Title, authors and day of publication; empty where they are not stated."""

    title: str = ""
    author: str = ""
    published: date | None = None


def words_of(element: Element) -> str:
    """All words in an element on one line."""
    return one_line("".join(element.itertext()))


def read_jats(article: Element) -> About:
    """What the front of an article states."""
    meta = article.find("front/article-meta")
    if meta is None:
        return About()
    title = meta.find("title-group/article-title")
    names = [
        " ".join(filter(None, (name.findtext("given-names"), name.findtext("surname"))))
        for contrib in meta.iter("contrib")
        if contrib.get("contrib-type", "author") == "author"
        for name in contrib.findall("name")
    ] or [words_of(name) for name in meta.iterfind(".//contrib/string-name")]
    dates = sorted(meta.findall("pub-date"), key=lambda stated: stated.find("day") is None)
    published = next((found for stated in dates if (found := _read_jats_date(stated))), None)
    return About(words_of(title) if title is not None else "", ", ".join(names), published)


def _read_jats_date(stated: Element) -> date | None:
    try:
        return date(*(int(stated.findtext(part) or "") for part in ("year", "month", "day")))
    except ValueError:
        return None


def read_tei(tree: Element) -> About:
    """What the header of an edition states."""
    head = tree.find("teiHeader/fileDesc")
    if head is None:
        return About()
    title = head.find("titleStmt/title")
    authors = [words_of(author) for author in head.findall("titleStmt/author")]
    stated = head.find("publicationStmt/date")
    day = (stated.get("when") or words_of(stated)) if stated is not None else ""
    return About(words_of(title) if title is not None else "", ", ".join(filter(None, authors)), parse_date(day))


def read_fb2(tree: Element) -> About:
    """What the description of a book states."""
    info = tree.find("description/title-info")
    if info is None:
        return About()
    names = [
        " ".join(filter(None, (author.findtext(part) for part in ("first-name", "middle-name", "last-name"))))
        for author in info.findall("author")
    ]
    stated = info.find("date")
    day = (stated.get("value") or words_of(stated)) if stated is not None else ""
    return About(one_line(info.findtext("book-title") or ""), ", ".join(filter(None, names)), parse_date(day))
