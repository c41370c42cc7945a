"""Paragraphs: the lines of pages joined to headings, paragraphs, items and rows that run across columns and pages."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from askbrief.corpus.formats.pdf.layout import Line
from askbrief.corpus.formats.pdf.tables import Row

Kind = Literal["title", "heading", "paragraph", "item", "metadata", "code", "row", "contents"]

# Distances are in units of the line's font size.
_INDENT = 0.7
_OTHER_SIZE = 1.12  # ratio of font sizes from which lines are not of one paragraph
_HEADING_SIZE = 1.12  # of a heading's font to the text's
_GAP = 1.3  # distance of baselines between paragraphs, in units of the usual distance
_MAX_HEADING = 220  # characters
_TURNED_TEXT = 200  # characters
_SHORT_COLUMN = 12  # lines; their usual distance is not believed if it is large
_LOOK_AHEAD = 12  # notes, tables and captions between the two parts of a paragraph

_END = re.compile(r"[.!?…。！？؟۔][\"'”’»)\]⁰¹²³⁴-⁹]*$")
_STOP = re.compile(r"[.!?…。！？؟۔:;][\"'”’»)\]⁰¹²³⁴-⁹]*$")
_PAGE_NUMBER = re.compile(r"\d{1,4}")
_ENUMERATOR = re.compile(r"\(?(\d{1,3})[.)]\s")
_BULLET = re.compile(r"[•●○◦▪■□‣⁃∙◆❏✓➢]|[-–—*·]\s")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\(\d{1,3}\)|\[\d{1,3}\])\s")


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, or the cells of a row.

    Attributes:
        kind: What it is.
        lines: Its lines with their pages, in reading order; for a row its cells.
        page: Page (from 0) of the first line.
        size: Font size.
        bold: Whether it is bold throughout.
        full: Whether its last line reaches the right end of its column.
        column: Column that the last line stands in, -1 for rows.
    """

    kind: Kind
    lines: list[tuple[int, str]]
    page: int
    size: float
    bold: bool = False
    full: bool = False
    column: int = -1


@dataclass(frozen=True, slots=True)
class Measures:
    """What most text of a file is like.

    Attributes:
        size: Font size in points.
        leading: Distance of the baselines, in units of the font size.
        fixed: Whether all characters are equally wide.
    """

    size: float
    leading: float
    fixed: bool = False


def measure_text(pages: list[list[Line | Row]]) -> Measures:
    """Measure the text of most lines of a file."""
    sizes: dict[float, int] = {}
    steps: list[float] = []
    fixed = 0
    for page in pages:
        for line in page:
            sizes[round(line.size * 2) / 2] = sizes.get(round(line.size * 2) / 2, 0) + len(_text_of(line))
            fixed += len(line.text) if isinstance(line, Line) and line.fixed else 0
            if isinstance(line, Line) and line.leading:
                steps.append(line.leading / line.size if line.size else 1.2)
    size = max(sizes, key=lambda each: sizes[each], default=10.0)
    leading = float(np.clip(np.median(steps), 1.0, 2.6)) if steps else 1.2
    return Measures(size, leading, fixed > 0.4 * sum(sizes.values()))


def build_paragraphs(page: list[Line | Row], number: int, measures: Measures) -> list[Paragraph]:
    """Join the lines of one page to paragraphs; ``number`` counts pages from 0."""
    found: list[Paragraph] = []
    at = 0
    while at < len(page):
        line = page[at]
        if isinstance(line, Row):
            end = at + 1
            while end < len(page) and isinstance(page[end], Row):
                end += 1
            rows = [row for row in page[at:end] if isinstance(row, Row)]
            contents = _find_contents(rows)
            for row, is_contents in zip(rows, contents, strict=True):
                cells = [(number, cell) for cell in row.cells]
                found.append(Paragraph("contents" if is_contents else "row", cells, number, row.size))
            at = end
            continue
        end = at + 1
        while end < len(page) and _of_column(page[end], line.column):
            end += 1
        column = [each for each in page[at:end] if isinstance(each, Line)]
        found += _split_column(column, number, measures)
        at = end
    return found


def build_turned(page: list[Line | Row], number: int, measures: Measures) -> list[Paragraph]:
    """Join the lines of a page that run in another direction than the rest; a few words, as on axes, are no text."""
    found = build_paragraphs(page, number, measures)
    if sum(len(text) for paragraph in found for _, text in paragraph.lines) < _TURNED_TEXT:
        for paragraph in found:
            paragraph.kind = "contents" if paragraph.kind in ("row", "contents") else "metadata"
    return found


def _find_contents(rows: list[Row]) -> list[bool]:
    """Which rows are those of a table of contents: leaders to page numbers that never fall."""
    numbers = [int(row.cells[-1]) if row.leader and _PAGE_NUMBER.fullmatch(row.cells[-1]) else None for row in rows]
    known = [number for number in numbers if number is not None]
    rising = sum(a <= b for a, b in itertools.pairwise(known))
    if len(known) < 3 or rising < 0.8 * (len(known) - 1):
        return [False] * len(rows)
    return [row.leader or bool(_PAGE_NUMBER.fullmatch(row.cells[-1])) for row in rows]


def _of_column(line: Line | Row, column: int) -> bool:
    return isinstance(line, Line) and line.column == column


def _text_of(line: Line | Row) -> str:
    return line.text if isinstance(line, Line) else " ".join(line.cells)


def _split_column(column: list[Line], number: int, measures: Measures) -> list[Paragraph]:
    """Cut the lines of one column where a paragraph ends."""
    usual = measures.leading * column[0].size
    leading = column[0].leading if len(column) > 5 else usual
    if len(column) < _SHORT_COLUMN:
        leading = min(leading, 1.2 * usual)
    groups = [[column[0]]]
    for at in range(1, len(column)):
        near = max(line.right for line in column[max(0, at - 3) : at + 3])
        right = column[at].column_right if _is_marked(groups[-1][0]) else near
        if _starts(groups[-1], column[at], right, leading, measures):
            groups.append([])
        groups[-1].append(column[at])
    return [_describe(group, number, measures) for group in groups]


def _starts(group: list[Line], line: Line, right: float, leading: float, measures: Measures) -> bool:
    """Whether ``line`` begins a paragraph of its own after the lines of ``group``."""
    last = group[-1]
    em = max(line.size, 1.0)
    lower, ended = line.text[:1].islower(), bool(_STOP.search(last.text))
    step = last.base - line.base
    if line.leader or last.leader:
        return True
    if not measures.fixed and (line.fixed or last.fixed):
        return not (line.fixed and last.fixed and 0 < step < 2.5 * line.size)
    if _BULLET.match(line.text):
        return True
    if max(line.size, last.size) > _OTHER_SIZE * min(line.size, last.size):
        return not (lower and 0 < step < _GAP * leading)
    if step > _GAP * max(leading, 1.15 * line.size) or step < -0.5 * em:
        return not (lower and not ended and step < 2.2 * leading)
    if lower and not ended:
        return False
    number, before = _ENUMERATOR.match(line.text), _ENUMERATOR.match(group[0].text)
    if number and before and int(number[1]) == int(before[1]) + 1:
        return True
    if line.bold != last.bold:
        return ended or (not last.text.endswith((",", "-")) and (last.bold or right - last.right > 2 * em))
    if line.size > _HEADING_SIZE * measures.size or (line.bold and all(each.bold for each in group)):
        return bool(_NUMBERED.match(line.text)) and ended
    room = right - last.right
    word = line.text.split(" ", 1)[0]
    short = room > (line.right - line.left) * len(word) / max(1, len(line.text)) + 0.8 * em
    if _NUMBERED.match(line.text) and (ended or short):
        return True
    if short and (ended or room > 0.35 * (right - line.column_left)):
        return True
    return _changes_indent(group, line, em, ended=ended)


def _is_marked(line: Line) -> bool:
    """Whether a line begins with the marker of a list."""
    return bool(_BULLET.match(line.text) or _NUMBERED.match(line.text))


def _changes_indent(group: list[Line], line: Line, em: float, *, ended: bool) -> bool:
    """Whether a line is set in or out so that it begins a paragraph."""
    last = group[-1]
    shift = line.left - last.left
    marked = _is_marked(group[0])
    if shift > _INDENT * em:
        return ended and not (marked and len(group) == 1) and shift < 8 * em
    if shift < -_INDENT * em:
        return ended and len(group) > 1
    return False


def _describe(group: list[Line], number: int, measures: Measures) -> Paragraph:
    """Say what lines are together."""
    first, last = group[0], group[-1]
    text = " ".join(line.text for line in group)
    bold = all(line.bold for line in group)
    kind: Kind = "paragraph"
    letters = sum(map(str.isalpha, text))
    if _is_marked(first):
        kind = "item"
    if not measures.fixed and sum(line.fixed for line in group) > 0.5 * len(group):
        kind, bold = "code", False
    large = first.size > _HEADING_SIZE * measures.size or (bold and first.size >= 0.95 * measures.size)
    if not bold and text.endswith("."):
        large = False
    if large and kind != "code" and letters >= 2 and len(text) <= _MAX_HEADING and not text.endswith((",", ";")):
        kind = "heading" if kind == "paragraph" or not _BULLET.match(text) else kind
    size = float(np.median([line.size for line in group]))
    full = last.column_right - last.right < 0.15 * max(1.0, last.column_right - last.column_left)
    return Paragraph(kind, [(number, line.text) for line in group], number, size, bold, full, last.column)


def join_pages(pages: list[list[Paragraph]]) -> list[Paragraph]:
    """Join paragraphs that go on in the next column or on the next page.

    What stands between the two parts (notes, captions, tables) is put before the paragraph if it is on the page where
    the paragraph begins, and after it otherwise.
    """
    waiting = [paragraph for page in pages for paragraph in page]
    joined: list[Paragraph] = []
    at = 0
    while at < len(waiting):
        current = waiting[at]
        at += 1
        while current.kind in ("paragraph", "item") and not _END.search(current.lines[-1][1]):
            following = _find_following(current, waiting, at)
            if following is None:
                break
            between = waiting[at:following]
            page = current.lines[-1][0]
            joined += [each for each in between if each.page == page]
            after = [each for each in between if each.page != page]
            current.lines += waiting[following].lines
            current.full, current.column = waiting[following].full, waiting[following].column
            waiting[at : following + 1] = after
            if after:
                break
        joined.append(current)
    return joined


def _find_following(current: Paragraph, waiting: list[Paragraph], at: int) -> int | None:
    """Where the rest of an unfinished paragraph stands in ``waiting``, looking from ``at``."""
    page = current.lines[-1][0]
    broken = current.lines[-1][1].endswith(("-", "\u00ad", ","))
    for i in range(at, min(at + _LOOK_AHEAD, len(waiting))):
        following = waiting[i]
        larger = following.kind in ("heading", "title") and following.size > current.size * 1.05
        if following.page > page + 1 or larger:
            return None
        if following.kind not in ("paragraph", "item") or abs(following.size / current.size - 1) > 0.07:
            continue
        if following.bold != current.bold:
            continue
        if i > at and (following.page, following.column) == (page, current.column):
            return None
        text = following.lines[0][1]
        if text[:1].islower() and (following.kind == "paragraph" or not _NUMBERED.match(text)):
            return i
        fits = i == at and following.kind == "paragraph" and (current.full or broken) and len(current.lines) > 1
        return i if fits and len(following.lines) > 1 else None
    return None
