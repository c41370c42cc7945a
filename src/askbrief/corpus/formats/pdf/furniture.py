"""Furniture: what stands on pages beside their text: running heads and feet, page numbers, numbers of lines."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.pieces import Pieces

_EDGE_ROWS = 4  # rows at the top and at the bottom of a page that may be heads and feet
_EDGE_SHARE = 0.08  # of the page's height, for rows that are not the outermost
_MARGIN_SHARE = 0.25  # for all of them
_MOST = 0.8  # share of a row's characters that come back from which all of the row is left out
_NEAR_PAGES = 4  # running heads come back within so many pages
_SAME_HEIGHT = 5.0  # points
_MIN_LINE_NUMBERS = 10
_NUMBER = re.compile(r"\d+")
_PRINTED = re.compile(r"(?:(?:https?|file)://\S+ )?1/1|(?:https?|file)://\S+")
_PRINT_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},? \d{1,2}:\d\d")
_ROMAN = re.compile(r"[ivxlcdm]{1,8}", re.IGNORECASE)
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}

Side = Literal["top", "bottom"]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A piece in one of the outermost rows of a page."""

    page: int
    piece: int
    side: Side
    row: int
    y: float
    text: str


def find_furniture(pages: list[Pieces], labels: list[str]) -> list[NDArray[np.bool_]]:
    """Tell the furniture of every page from its text.

    Args:
        pages: The pieces of all pages of a file, in their order.
        labels: The printed number of each page, "" where the file does not say.

    Returns:
        For each page whether each of its pieces is furniture.
    """
    masks = [_find_line_numbers(page) for page in pages]
    edges = [_find_edges(number, page, mask) for number, (page, mask) in enumerate(zip(pages, masks, strict=True))]
    repeated = _find_repeated([edge for page in edges for edge in page], len(pages))
    need = 2 if len(pages) <= 4 else max(3, len(pages) // 10)
    offsets = _count_offsets(edges)
    for number, page in enumerate(pages):
        marked = {edge.piece for edge in edges[number] if (number, edge.piece) in repeated}
        marked |= _find_page_numbers(edges[number], labels[number], number + 1, len(pages))
        marked |= {edge.piece for edge in edges[number] if edge.row == 0 and _is_counted(edge, offsets, need)}
        for piece in _keep_outer(edges[number], marked, page):
            masks[number][piece] = True
    return masks


def _find_line_numbers(page: Pieces) -> NDArray[np.bool_]:
    """Numbers that count the lines down one margin: at even distances over half of the page, by ones or by fives."""
    mask = np.zeros(len(page), bool)
    numeric = np.array([bool(re.fullmatch(r"\d{1,4}", text)) for text in page.text], bool)
    if numeric.sum() < 4 or numeric.all():
        return mask
    mask |= _find_fives(page, numeric)
    rest = ~numeric
    outer = np.flatnonzero(numeric & (page.right < np.percentile(page.left[rest], 2) + 1))
    other = np.flatnonzero(numeric & (page.left > np.percentile(page.right[rest], 98) - 1))
    for margin in (outer, other):
        if len(margin) < 4:
            continue
        margin = margin[np.argsort(-page.base[margin])]
        values = np.array([int(page.text[i]) for i in margin])
        steps, ways = np.diff(values), -np.diff(page.base[margin])
        usual = int(np.median(steps))
        regular = (steps == usual).mean() >= 0.8 and np.abs(ways / np.median(ways) - 1).mean() < 0.15
        tall = page.base[margin[0]] - page.base[margin[-1]] > 0.5 * (page.base.max() - page.base.min())
        if regular and tall and ((usual == 1 and len(margin) >= _MIN_LINE_NUMBERS) or usual in (5, 10)):
            mask[margin] = True
    return mask


def _find_fives(page: Pieces, numeric: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Numbers 5, 10, 15, ... below each other at even distances, as between the columns of a patent."""
    mask = np.zeros(len(page), bool)
    middle = (page.left + page.right) / 2
    for start in (i for i in np.flatnonzero(numeric) if page.text[i] == "5"):
        column = np.flatnonzero(numeric & (np.abs(middle - middle[start]) < 5) & (page.base <= page.base[start]))
        column = column[np.argsort(-page.base[column])]
        values = np.array([int(page.text[i]) for i in column])
        ways = -np.diff(page.base[column])
        if len(column) >= 6 and (np.diff(values) == 5).all() and np.abs(ways / np.median(ways) - 1).max() < 0.15:
            mask[column] = True
    return mask


def _find_edges(number: int, page: Pieces, mask: NDArray[np.bool_]) -> list[_Edge]:
    """The pieces in the outermost rows of a page."""
    index = np.flatnonzero(~mask)
    index = index[np.argsort(-page.base[index], kind="stable")]
    rows: list[list[int]] = []
    for i in index:
        if rows and page.base[rows[-1][0]] - page.base[i] < 0.5 * page.size[i]:
            rows[-1].append(int(i))
        else:
            rows.append([int(i)])
    edges = []
    for at, row in enumerate(rows[:_EDGE_ROWS]):
        edges += [_Edge(number, i, "top", at, page.height - float(page.base[i]), page.text[i]) for i in row]
    for at, row in enumerate(rows[: -_EDGE_ROWS - 1 : -1]):
        edges += [_Edge(number, i, "bottom", at, float(page.base[i]), page.text[i]) for i in row]
    return edges


def _keys(edge: _Edge) -> list[tuple[str, ...]]:
    """What must be the same on other pages: the text, or the text but for a number that grows with the pages."""
    text = " ".join(edge.text.lower().split())
    keys: list[tuple[str, ...]] = [(edge.side, text)]
    for found in _NUMBER.finditer(text):
        if len(found[0]) < 7:
            rest = f"{text[: found.start()]}#{text[found.end() :]}"
            keys.append((edge.side, rest, str(int(found[0]) - edge.page)))
    if _ROMAN.fullmatch(text):
        keys.append((edge.side, "roman", str(_read_roman(text) - edge.page)))
    if edge.row == 0 and sum(map(str.isalpha, text)) >= 20:
        keys.append((edge.side, "all", _NUMBER.sub("#", text)))
    return keys


def _find_repeated(edges: list[_Edge], pages: int) -> set[tuple[int, int]]:
    """Page and piece of every edge that comes back at the same height on pages nearby."""
    groups: dict[tuple[str, ...], list[_Edge]] = defaultdict(list)
    for edge in edges:
        for key in _keys(edge):
            groups[key].append(edge)
    need = 1 if pages <= 3 else 2
    repeated = set()
    for group in groups.values():
        if len(group) <= need:
            continue
        for at, edge in enumerate(group):
            near = {
                other.page
                for other in group[max(0, at - 2 * _NEAR_PAGES) : at + 2 * _NEAR_PAGES + 1]
                if 0 < abs(other.page - edge.page) <= _NEAR_PAGES and abs(other.y - edge.y) < _SAME_HEIGHT
            }
            if len(near) >= need:
                repeated.add((edge.page, edge.piece))
    return repeated


def _offset(edge: _Edge) -> str:
    """By how much a piece that is a number differs from its page's; "" if it is none."""
    text = edge.text.strip("-–—|.· ")
    if text.isascii() and text.isdigit() and len(text) < 6:
        return str(int(text) - edge.page)
    if _ROMAN.fullmatch(text) and text.islower():
        return f"roman {_read_roman(text) - edge.page}"
    return ""


def _is_counted(edge: _Edge, offsets: dict[str, int], need: int) -> bool:
    offset = _offset(edge)
    return offsets.get(offset, 0) >= (2 if offset.startswith("roman") else need)


def _count_offsets(edges: list[list[_Edge]]) -> dict[str, int]:
    """On how many pages a number in the outermost rows differs from the page's by each offset."""
    counts: dict[str, int] = defaultdict(int)
    for page in edges:
        for offset in {_offset(edge) for edge in page if edge.row == 0}:
            counts[offset] += 1
    counts[""] = 0
    return counts


def _find_page_numbers(edges: list[_Edge], label: str, number: int, pages: int) -> set[int]:
    """Pieces alone in the outermost row that are the page's number."""
    if pages == 1 and any(_PRINTED.fullmatch(edge.text) for edge in edges if edge.side == "bottom" and edge.row == 0):
        return {edge.piece for edge in edges if edge.row == 0 and _is_printed(edge, edges)}
    names = {f"{number}", f"{number}/{pages}", f"{number} of {pages}", f"page {number}", f"page {number} of {pages}"}
    if label:
        names |= {label.lower(), f"page {label.lower()}"}
    found = set()
    for side in ("top", "bottom"):
        row = [edge for edge in edges if edge.side == side and edge.row == 0]
        if len(row) == 1 and row[0].text.lower().strip("-–—|· ") in names:
            found.add(row[0].piece)
    return found


def _is_printed(edge: _Edge, edges: list[_Edge]) -> bool:
    """Whether a piece belongs to what browsers print around a page: address and number below, date and title above."""
    if edge.side == "bottom":
        return True
    return any(_PRINT_DATE.match(other.text) for other in edges if other.side == "top" and other.row == 0)


def _keep_outer(edges: list[_Edge], marked: set[int], page: Pieces) -> set[int]:
    """Keep marks on rows at the very edge, or with nothing but marked rows outside; mark the rest of short rows."""
    kept: set[int] = set()
    for side in ("top", "bottom"):
        clear = True
        for at in range(_EDGE_ROWS):
            row = [edge for edge in edges if edge.side == side and edge.row == at]
            found = [edge for edge in row if edge.piece in marked and edge.y < _MARGIN_SHARE * page.height]
            if clear or (row and row[0].y < _EDGE_SHARE * page.height):
                kept |= {edge.piece for edge in found}
                numbers = any(_NUMBER.fullmatch(edge.text) or _ROMAN.fullmatch(edge.text) for edge in found)
                short = sum(len(edge.text) for edge in row) < 90 and len(row) <= 3
                most = sum(len(edge.text) for edge in found) > _MOST * sum(len(edge.text) for edge in row)
                if clear and ((numbers and short) or most):
                    kept |= {edge.piece for edge in row}
                    continue
            clear = clear and len(found) == len(row)
    return kept


def _read_roman(text: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in text.lower()]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
