"""The head of an article: which of its first lines are datelines, by-lines and other metadata, and what they state.

A date is taken only where articles put it: after a word such as "Published" or "Date:", alone on a line, in a by-line
or between separators ("Reuters | May 4, 2026"), and in a wire's dateline ("ANKARA, May 24 (Reuters) -"). A sentence
that begins with a date states none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from askbrief.corpus.dates import WrittenDate, find_dates

HEAD_LINES = 14
_MAX_LINE, _MAX_BODY_LINE, _MAX_LEAD, _MIN_WIRE_TEXT, _MAX_NAME_WORDS = 160, 200, 120, 12, 5
Rank = Literal[1, 2, 3, 4, 5]

_TIME = (
    r"(?:(?:at|T)?\s*\d{1,2}(?:[:.]\d{2}){1,2}(?:\.\d+)?\s*(?:[ap]\.?m\.?)?"
    r"|(?:at\s*)?\d{1,2}\s*[ap]\.?m\.?|noon)"
)
_ZONE = r"(?:(?-i:Z|\(?[A-Z]{2,4}\)?)|[+-]\d{2}:?\d{2}|(?:local|eastern|pacific)(?: time)?)"
_WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?"
_CLOCK = re.compile(rf"[\s,·|–—-]*(?:{_TIME}(?:\s*{_ZONE})?)?[\s,.·|–—-]*", re.IGNORECASE)
_LABEL_WORDS = (
    r"(?:(?:first|originally|last)\s+)?(?:date[ds]?|published|publication date|posted|created|filed|issued|released"
    r"|updated|modified|revised)"
)
_LABEL = re.compile(
    rf"(?P<label>{_LABEL_WORDS})\b(?:\s+(?:on|at))?\s*[:\-–—]?[*_]*\s*(?:{_WEEKDAY},?\s+)?(?=[\dA-Za-z])", re.IGNORECASE
)
_LATER = re.compile(r"updated|modified|revised", re.IGNORECASE)
_WEEKDAY_ONLY = re.compile(rf"(?:{_WEEKDAY},?\s*)?", re.IGNORECASE)
_REST = re.compile(
    rf"(?:[\s,·|•–—-]|{_LABEL_WORDS}\b:?|\d+\s*min(?:ute)?s?(?: read)?|{_TIME}|{_ZONE}\b)*", re.IGNORECASE
)
_BYLINE = re.compile(
    r"(?:(?:story|text|words|written|reported|report|analysis|photos?|story and photos)\s+)?by:?\s+"
    r"(?P<name>[^\W\d_].*)$",
    re.IGNORECASE,
)
_NAME_END = re.compile(
    rf"\s*(?:[,|·•(\[]|\s[–—-]\s|\s(?:for|in|on|at)\s|{_LABEL_WORDS}\b|\d|$)|\s+(?:{_WEEKDAY}\s|and staff)",
    re.IGNORECASE,
)
_SMALL_WORDS = re.compile(
    r"and|of|by|the|for|in|at|de|la|von|van|de[rln]|d[iau]|des|e|[ab]l|el|bin|y|on", re.IGNORECASE
)
_NO_NAME = re.compile(rf"{_WEEKDAY}|[ap]\.?m\.?|staff|min|read", re.IGNORECASE)
_MAX_CREDIT_WORDS = 14
_METADATA = re.compile(
    r"(?P<key>from|to|cc|subject|author|title|headline|source|section|tags?|categor(?:y|ies)|url|link|keywords|slug"
    r"|message-id|reply-to|sent|location|copyright|language|permalink|topics?|byline|pubdate|timestamp|id)"
    r"\s*[:=]\s*(?P<value>\S.*)?$",
    re.IGNORECASE,
)
_WIRE = re.compile(
    r"(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ'’.-]+(?:[ /,]+(?:[A-ZÀ-Þ][A-ZÀ-Þ'’.-]+|[A-Z][a-z]+\.?|[A-Z]\.[A-Z]\.?)){0,5}"
    r"|[A-Z][\w'’.-]+(?: [A-Z][\w'’.-]+){0,3})"
    r"(?P<middle>[,:]?\s[^\n]{0,60}?)\s?(?:--|[-–—―]{1,2}|[|:])\s+(?=\S)"
)
_AGENCY = re.compile(r"[(/][A-Z][\w&. -]{1,30}[)/]")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]*_]*$")
_BAR = re.compile(r"\s*[|·•]")
_SEPARATOR_BEFORE, _SEPARATOR_AFTER = re.compile(r"[|·•,:–—-]\s*$"), re.compile(r"\s*(?:[|·•–—(]|$)")


@dataclass(frozen=True, slots=True)
class HeadLine:
    """A line, or its beginning, that states something about the article.

    Attributes:
        start: First character.
        end: Character after the last; before the end of the line where the article's text follows on the same line.
        kind: What it is.
        date: Date that it states, if any.
        rank: How good a witness of the publication the date is, 1 is best.
        author: Who wrote the article, "" if it does not say.
        title: Title that a mail's or a record's header gives.
    """

    start: int
    end: int
    kind: Literal["dateline", "byline", "metadata", "wire"]
    date: date | None = None
    rank: Rank = 5
    author: str = ""
    title: str = ""


def find_head_lines(text: str, *, start: int = 0, year: int | None = None) -> list[HeadLine]:
    """The datelines, by-lines and metadata among the first lines of an article, in order.

    Args:
        text: The text of the document.
        start: Where the article begins, behind its front matter.
        year: Year for a wire's dateline without one; None leaves such a date out unless another line gives the year.
    """
    found: list[HeadLine] = []
    yearless: list[tuple[HeadLine, WrittenDate]] = []
    for number, (begin, end) in enumerate(_iter_lines(text, start)):
        if number == HEAD_LINES:
            break
        line = text[begin:end]
        known = _classify(line, begin, is_first=number == 0, has_neighbour=_has_key_beside(text, begin, end))
        if known:
            found.append(known)
            if known.end < end:
                break
            continue
        wire = _match_wire(line, begin)
        if wire:
            found.append(wire[0])
            yearless += [(wire[0], wire[1])] if wire[1] else []
            break
        is_sentence = _SENTENCE_END.search(line) is not None and len(line.split()) > _MAX_NAME_WORDS
        if len(line) > _MAX_BODY_LINE or (is_sentence and (number or len(line) > _MAX_LEAD)):
            break
    return _with_years(found, yearless, year)


def _with_years(
    found: list[HeadLine], yearless: list[tuple[HeadLine, WrittenDate]], year: int | None
) -> list[HeadLine]:
    for line, written in yearless:
        others = {other.date.year for other in found if other.date}
        known = others.pop() if len(others) == 1 else year
        if known:
            at = found.index(line)
            found[at] = HeadLine(line.start, line.end, line.kind, written.in_year(known), 4)
    return found


def find_publication_date(lines: list[HeadLine]) -> date | None:
    """The date that the best witness among the lines states; the first of equals."""
    dated = [line for line in lines if line.date]
    return min(dated, key=lambda line: line.rank).date if dated else None


def find_author(lines: list[HeadLine]) -> str:
    """The author that the first by-line names, or ""."""
    return next((line.author for line in lines if line.author), "")


def _iter_lines(text: str, start: int) -> Iterator[tuple[int, int]]:
    """The lines that are not blank, without white space and the stars of emphasis around them."""
    at = start
    while at < len(text) and at < start + 20_000:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        if line.strip():
            left = len(line) - len(line.lstrip(" \t\xa0*_>"))
            yield at + left, at + max(left, len(line.rstrip(" \t\xa0*_")))
        at = end + 1


def _has_key_beside(text: str, begin: int, end: int) -> bool:
    """Whether the line before or after has the form of a header, too."""
    before = text[max(0, begin - 300) : begin].rstrip(" \t*_").removesuffix("\n").rsplit("\n", 1)[-1].strip(" \t*_")
    after = text[end : end + 300].lstrip(" \t*_").removeprefix("\n").split("\n", 1)[0].strip(" \t*_")
    return any(_METADATA.match(line) or _LABEL.match(line) for line in (before, after) if line)


def _classify(line: str, begin: int, *, is_first: bool, has_neighbour: bool) -> HeadLine | None:
    end = begin + len(line)
    metadata = _METADATA.match(line)
    if metadata and len(line) < 1000 and (has_neighbour or metadata["key"].lower() in ("author", "byline", "pubdate")):
        key, value = metadata["key"].lower(), (metadata["value"] or "").strip()
        when = _full_date(value) if key in ("sent", "pubdate", "timestamp") else None
        author = _clean_name(value) if key in ("from", "author", "byline") else ""
        title = value if key in ("subject", "title", "headline") else ""
        return HeadLine(begin, end, "metadata", when, 2, author, title)
    labelled = _match_label(line, begin)
    if labelled:
        return labelled
    dates = [written for written in find_dates(line[:_MAX_LINE]) if written.date]
    if dates and _WEEKDAY_ONLY.fullmatch(line[: dates[0].start]):
        rest = _skip_dates(line, dates[0].end)
        if rest == len(line) or _starts_text(line, dates[0].end):
            stop = rest if rest == len(line) else dates[0].end
            return HeadLine(begin, begin + stop, "dateline", dates[0].date, 2)
    if len(line) > _MAX_LINE or (_SENTENCE_END.search(line) and not _BYLINE.match(line)):
        return None
    byline = _BYLINE.match(line)
    if byline and _is_mostly_names(byline["name"], dates):
        when = dates[0].date if dates else None
        return HeadLine(begin, end, "byline", when, 3, _clean_name(byline["name"]))
    if dates and not _match_wire(line, begin) and _is_credit(line, dates[0], is_first=is_first):
        story = re.search(r"\bby (.+)", line[: dates[0].start])
        return HeadLine(begin, end, "dateline", dates[0].date, 3, _clean_name(story[1]) if story else "")
    return None


def _match_label(line: str, begin: int) -> HeadLine | None:
    """A line that begins with "Published:", "date" and the like, and a date; the article may follow on it."""
    match = _LABEL.match(line)
    if match is None:
        return None
    head = line[match.end() : match.end() + 60]
    dates = find_dates(head)
    if not dates or dates[0].start != 0:
        return None
    after = match.end() + dates[0].end
    rank: Rank = 5 if _LATER.search(match["label"]) else 1
    rest = line[_skip_dates(line, after) :]
    author = re.match(r"\s*,?\s*by:?\s+(.+)", rest, re.IGNORECASE)
    if dates[0].date is None:
        return HeadLine(begin, begin + len(line), "dateline") if not rest else None
    if not rest or (len(line) <= _MAX_LINE and not _SENTENCE_END.search(rest) and (author or len(rest) <= 60)):
        name = _clean_name(author[1]) if author else ""
        return HeadLine(begin, begin + len(line), "dateline", dates[0].date, rank, name)
    if line[after : after + 1] in ("", " ", "\t", ".", "T") and rest[:1] not in ",;":
        return HeadLine(begin, begin + len(line) - len(rest), "dateline", dates[0].date, rank)
    return None


def _skip_dates(line: str, at: int) -> int:
    """Where what is no time, zone, label, further date or separator begins behind a date."""
    while True:
        clock = _CLOCK.match(line, at)
        rest = _REST.match(line, clock.end() if clock else at)
        after = rest.end() if rest else at
        more = next((written for written in find_dates(line[after : after + 40]) if written.start < 12), None)
        if more is None or not _WEEKDAY_ONLY.fullmatch(line[after : after + more.start]):
            return after if not line[after:].strip() or after > at else at
        at = after + more.end


def _starts_text(line: str, at: int) -> bool:
    """Whether behind the date that opens a line a new text begins: behind a dash or bar, with a capital."""
    return re.match(rf"(?:,?\s*{_TIME})?\s*(?:\s[-–—]|[–—|:])\s+[A-Z“\"]", line[at:]) is not None


def _is_credit(line: str, written: WrittenDate, *, is_first: bool) -> bool:
    """Whether a short line is a list of source, date and the like, and no headline that speaks of a date."""
    before, after = line[: written.start].rstrip(), line[written.end :]
    before = re.sub(rf"[,\s]*{_WEEKDAY},?$", lambda m: "," if before != m[0] else "", before, flags=re.IGNORECASE)
    if not before:
        return _BAR.match(after) is not None and _is_mostly_names(after, [])
    if not _SEPARATOR_BEFORE.search(before) or (is_first and not _BAR.search(before)):
        return False
    rest = after[_skip_dates(after, 0) :]
    return (not rest or _SEPARATOR_AFTER.match(after) is not None) and _is_mostly_names(before, [])


def _is_mostly_names(text: str, dates: list[WrittenDate]) -> bool:
    """Whether most words begin with a capital, as in names; dates, times and small words aside."""
    if dates:
        text = re.sub(rf"{_LABEL_WORDS}.*", "", text, flags=re.IGNORECASE)
    words = [word for word in re.findall(r"[^\W\d_][\w'’.-]*", text) if not _SMALL_WORDS.fullmatch(word)]
    words = [word for word in words if not re.fullmatch(rf"{_WEEKDAY}|[ap]\.?m\.?|staff|min|read", word, re.IGNORECASE)]
    return (
        len(words) <= 14
        and 5 * sum(word[0].isupper() for word in words) >= 4 * len(words) >= 0
        and bool(words or dates)
    )


def _clean_name(value: str) -> str:
    """The name in a by-line, without address, date and agency."""
    name = re.sub(r"\s*<[^>]*>|\(?\S+@\S+\)?", "", value).strip(" \"'*_")
    end = _NAME_END.search(name)
    return name[: end.start()].strip(" .,;") if end and end.start() else name.strip(" .,;")


def _full_date(value: str) -> date | None:
    return next((written.date for written in find_dates(value) if written.date), None)


def _match_wire(line: str, begin: int) -> tuple[HeadLine, WrittenDate | None] | None:
    """The dateline of a news wire at the beginning of the first sentence, with its date if that has no year."""
    match = _WIRE.match(line)
    if match is None:
        return None
    rest = line[: match.end()].rstrip(" -–—―|:")
    dates = find_dates(rest)
    agency = _AGENCY.search(rest)
    for written in dates[:1]:
        rest = rest[: written.start] + rest[written.end :]
    rest = re.sub(rf"{_WEEKDAY}(?=\W|$)", "", _AGENCY.sub("", rest), flags=re.IGNORECASE)
    is_place = match["place"].split(",")[0].isupper() or agency is not None
    has_text = agency is not None or len(line) - match.end() >= _MIN_WIRE_TEXT
    if not is_place or not has_text or len(dates) != 1 or dates[0].start < 3 or not _is_mostly_names(rest, []):
        return None
    wire = HeadLine(begin, begin + match.end(), "wire", dates[0].date, 4)
    return wire, None if dates[0].date else dates[0]
