"""Blocks of plain text: headline, dateline, paragraph, list item, table cell: what no sentence and no answer leaves.

Lines are joined into one block only where the text shows that it was wrapped: the next begins with a small letter, the
line ends in the middle of a phrase, or the next word would not have fitted into the width of the wrapped lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise

from askbrief.corpus.head import HeadLine
from askbrief.types import Block, BlockKind, Span

_ITEM = re.compile(r"[ \t]*(?:[-*•–·‣◦▪●○+]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])[ \t]+(?=\S)")
_SENTENCE_END = re.compile(r"[.!?…:][\"'”’)\]]*\s*$")
_OPEN_END = re.compile(
    r"(?:[,;–—-]|\b(?:the|an?|of|and|or|but|in|on|at|to|for|with|by|from|as|that|than|is|was|were|are|has|had|have|his"
    r"|her|its|their|which|who|into|about|after|before|not|be|said|Mr|Mrs|Ms|Dr|St))\.?\s*$"
)
_CONTINUES = re.compile(r"\s*[\"'“‘(\[]?(?:[^\W\d_A-Z]|[,;)\]”])")
_RULE = re.compile(r"\s*([=~_*#.—–-])(?:\s*\1){2,}\s*$")
_COLUMN_GAP = re.compile(r"\t+|(?<![.!?:])(?<![.!?:][\"'”’)])[ \xa0]{2,}|[ \xa0]{3,}")
_QUOTED = re.compile(r"[ ]{0,3}>")
_Line = tuple[int, int]
_MIN_WIDTH, _MAX_WIDTH, _MAX_HEADING = 30, 110, 90
_ALIGNED = 0.7


def find_blocks(
    text: str, *, start: int = 0, head: Sequence[HeadLine] = (), title: Span | None = None, end: int | None = None
) -> list[Block]:
    """The blocks of ``text[start:end]`` in order, not overlapping; they hold all that is not white space.

    Args:
        text: The text of the document.
        start: Where to begin, behind the front matter.
        head: Datelines, by-lines and metadata that ``find_head_lines`` found.
        title: The line that is the headline.
        end: Where to stop; the end of the text if None.
    """
    end = len(text) if end is None else end
    blocks: list[Block] = []
    named: list[tuple[int, int, BlockKind]]
    named = [(line.start, line.end, line.kind) for line in head if line.kind != "wire"]
    named += [(title.start, title.end, "title")] if title else []
    at = start
    for first, last, kind in sorted(named):
        blocks += _find_body_blocks(text, at, max(at, _line_start(text, first, at)))
        last = _with_marks(text, last, end)
        blocks.append(_trimmed(text, _line_start(text, first, at), last, kind))
        at = last
    blocks += _find_body_blocks(text, at, end)
    return [block for block in blocks if block.start < block.end]


def find_wrap_width(lines: Sequence[str]) -> int | None:
    """The width that the lines were wrapped at, in characters; None if nothing shows that they were.

    Lines that go on with a small letter on the next show it: if most of these are about as long as the longest of them,
    or there are many, they were wrapped at that length.
    """
    continued = sorted(len(a.rstrip()) for a, b in pairwise(lines) if _goes_on(a, b))
    if not continued:
        return None
    widest = continued[int(0.9 * (len(continued) - 1))]
    near = sum(length > 0.75 * widest for length in continued)
    if not _MIN_WIDTH <= widest <= _MAX_WIDTH or 2 * near < len(continued):
        return None
    return widest


def _find_body_blocks(text: str, start: int, end: int) -> list[Block]:
    """The blocks of a stretch without head lines."""
    lines = _split_lines(text, start, end)
    width = find_wrap_width([text[a:b] for a, b in lines])
    blocks: list[Block] = []
    group: list[_Line] = []
    for line in [*lines, (end, end)]:
        if text[line[0] : line[1]].strip():
            group.append(line)
        elif group:
            blocks += _split_group(text, group, width, is_last=line == (end, end))
            group = []
    return blocks


def _split_group(text: str, group: list[_Line], width: int | None, *, is_last: bool) -> list[Block]:
    """The blocks of lines without a blank line between them."""
    blocks: list[Block] = []
    at = next_table = 0
    while at < len(group):
        if at >= next_table:
            rows = _collect_rows(text, group, at)
            next_table = at + max(1, len(rows) - 1)
            if _is_table(text, group[at : at + len(rows)], rows):
                blocks += [cell for row in rows for cell in row]
                at = next_table = at + len(rows)
                continue
        last = at
        while last + 1 < len(group) and _is_joined(text, group[last], group[last + 1], group[at], width):
            last += 1
        kind = _find_kind(text, group, at, last, is_last=is_last)
        if kind != "quoted" and last == at and len(cells := _split_cells(text, *group[at])) > 2:
            blocks += cells
        else:
            blocks.append(_trimmed(text, group[at][0], group[last][1], kind))
        at = last + 1
    return blocks


def _is_joined(
    text: str, line: tuple[int, int], following: tuple[int, int], first: tuple[int, int], width: int | None
) -> bool:
    one, other = text[line[0] : line[1]], text[following[0] : following[1]]
    if bool(_QUOTED.match(one)) != bool(_QUOTED.match(other)):
        return False
    one, other = _unquoted(one), _unquoted(other)
    if not one or not other or _ITEM.match(other) or _RULE.match(one) or _RULE.match(other):
        return False
    if _goes_on(one, other):
        return True
    is_item = _ITEM.match(text[first[0] : first[1]]) is not None
    if is_item and len(other) - len(other.lstrip()) >= 2 and not _SENTENCE_END.search(one):
        return True
    if width is None or len(one.rstrip()) > width + 12:
        return False
    room = width - len(one.rstrip())
    return len(other.split(None, 1)[0]) >= room


def _goes_on(one: str, other: str) -> bool:
    """Whether the sentence of a line plainly goes on in the next."""
    if not one.strip() or not other.strip() or _ITEM.match(other) or _SENTENCE_END.search(one):
        return False
    if "\t" in one.strip() or "\t" in other.strip() or len(one) > 2 * _MAX_WIDTH:
        return False
    return _CONTINUES.match(other) is not None or (_OPEN_END.search(one) is not None and len(one.split()) > 2)


def _find_kind(text: str, group: list[_Line], first: int, last: int, *, is_last: bool) -> BlockKind:
    line = text[group[first][0] : group[first][1]]
    if _QUOTED.match(line):
        return "quoted"
    if _ITEM.match(line):
        return "item"
    is_short = first == last and len(line.strip()) <= _MAX_HEADING and not _SENTENCE_END.search(line)
    if is_short and not line.rstrip().endswith((",", ";")):
        is_alone = len(group) == 1 and not is_last
        is_underlined = last + 1 < len(group) and _RULE.match(text[group[last + 1][0] : group[last + 1][1]]) is not None
        if is_alone or is_underlined or (line.isupper() and len(group) > 1 and last + 1 < len(group)):
            return "heading"
    return "paragraph"


def _collect_rows(text: str, group: Sequence[_Line], at: int) -> list[list[Block]]:
    """The cells of the lines from ``at`` on, as long as there are as many on each, give or take one."""
    rows: list[list[Block]] = []
    for begin, end in islice(group, at, None):
        row = _split_cells(text, begin, end)
        if len(row) < 2 or (rows and abs(len(row) - len(rows[0])) > 1):
            break
        rows.append(row)
    return rows


def _is_table(text: str, lines: Sequence[_Line], rows: Sequence[Sequence[Block]]) -> bool:
    """Whether the cells of the lines are parted by tabs, or begin or end at the same places."""
    if len(rows) < 2:
        return False
    if all("\t" in text[begin:end].strip() for begin, end in lines):
        return True
    edges = Counter(
        edge
        for (begin, _), row in zip(lines, rows, strict=True)
        for cell in row[1:]
        for edge in (("from", cell.start - begin), ("to", cell.end - begin))
    )
    gaps = len(rows[0]) - 1
    return sum(seen for _, seen in edges.most_common(gaps)) >= _ALIGNED * len(rows) * gaps


def _split_cells(text: str, start: int, end: int) -> list[Block]:
    cells = []
    at = start + len(text[start:end]) - len(text[start:end].lstrip())
    for gap in _COLUMN_GAP.finditer(text, at, end):
        if gap.start() > at:
            cells.append(_trimmed(text, at, gap.start(), "cell"))
        at = gap.end()
    cells.append(_trimmed(text, at, end, "cell"))
    return [cell for cell in cells if cell.start < cell.end]


def _split_lines(text: str, start: int, end: int) -> list[_Line]:
    lines = []
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        lines.append((at, stop))
        at = stop + 1
    return lines


def _unquoted(line: str) -> str:
    match = re.match(r"(?:[ ]{0,3}>[ ]?)+", line)
    return line[match.end() :] if match else line


def _line_start(text: str, at: int, least: int) -> int:
    """Where the marks of emphasis and blanks before ``at`` begin."""
    while at > least and text[at - 1] in " \t*_>\xa0":
        at -= 1
    return at


def _with_marks(text: str, at: int, limit: int) -> int:
    while at < limit and text[at] in "*_" and text[at - 1] != "\n":
        at += 1
    return at


def _trimmed(text: str, start: int, end: int, kind: BlockKind) -> Block:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return Block(start + left, max(start + left, start + len(piece.rstrip())), kind)
