"""Rows of tables: the cells that stand side by side, each with the header of its column where the table has one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from askbrief.text.patterns import compiled
from askbrief.types import Block, Document, Span

_MAX_HEADER = 40
_MAX_WALK = 4000
"""Cells that are looked at to find the first row of a table."""
_COMPARED_ROWS = 20
_YEAR = r"(?:1[5-9]|20)\d\d"
_NUMBER = r"[-+(~<>≈]?\s?[^\w\s]{0,2}\s?\d[\d.,:/’' \u00a0%€$£)-]*(?:\s?[^\W\d_]{1,3})?|[-–—]"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        cells: Its cells in order; in a text of ``Header: value; …`` each header is a cell as well.
        headers: The header of each cell's column; () where the table states none, or states it in the row.
        is_header: Whether it is itself the row of the headers.
    """

    cells: tuple[Span, ...]
    headers: tuple[str, ...] = ()
    is_header: bool = False

    @property
    def span(self) -> Span:
        """From the first cell to the last."""
        return Span(self.cells[0].start, self.cells[-1].end)

    def find_header(self, text: str, span: Span) -> str:
        """The header of the column that ``span`` lies in, also where the row states it; '' for none."""
        at = next((at for at, cell in enumerate(self.cells) if cell.overlaps(span)), 0)
        if self.headers:
            return self.headers[at]
        before = self.cells[at - 1].of(text) if at else ""
        return before.strip("; :") if before.endswith(":") else ""

    def describe(self, text: str) -> str:
        """The words of the row and its headers."""
        return " ".join((*self.headers, self.span.of(text)))


def find_rows_within(document: Document, within: Span) -> list[Row]:
    """The rows of at least two cells that overlap ``within``, in order, each whole."""
    blocks = document.blocks
    at = max(0, bisect_right(blocks, within.start, key=lambda block: block.start) - 1)
    if not blocks or not any(block.kind == "cell" for block in _from(blocks, at, within)):
        return []
    text = document.text
    while at and _is_beside(text, blocks[at - 1], blocks[at]):
        at -= 1
    rows: list[Row] = []
    table: tuple[int, dict[int, str]] | None = None
    while at < len(blocks) and blocks[at].start < within.end:
        end = _find_row_end(text, blocks, at)
        cells = _collect_cells(blocks[at:end])
        if blocks[at].kind == "cell" and len(cells) > 1 and cells[-1].end > within.start:
            first = _find_table(text, blocks, at)
            if table is None or table[0] != first:
                table = first, _find_header(text, blocks, first, is_certain=_is_markdown(document))
            headers = _find_headers(text, cells, table[1]) if at > first else ()
            rows.append(Row(cells, headers, is_header=at == first and bool(table[1])))
        at = end
    return rows


def _from(blocks: Sequence[Block], at: int, within: Span) -> list[Block]:
    end = at
    while end < len(blocks) and blocks[end].start < within.end:
        end += 1
    return list(blocks[at:end])


def _is_beside(text: str, one: Block, other: Block) -> bool:
    """Whether two blocks are cells of one row."""
    return one.kind == other.kind == "cell" and "\n" not in text[one.end : other.start]


def _is_below(text: str, one: Block, other: Block) -> bool:
    """Whether a cell begins the row right below that of the other."""
    return one.kind == other.kind == "cell" and text[one.end : other.start].strip(" \t") == "\n"


def _find_row_end(text: str, blocks: Sequence[Block], at: int) -> int:
    end = at + 1
    while end < len(blocks) and _is_beside(text, blocks[end - 1], blocks[end]):
        end += 1
    return end


def _collect_cells(blocks: Sequence[Block]) -> tuple[Span, ...]:
    return tuple(Span(block.start, block.end) for block in blocks)


def _find_table(text: str, blocks: Sequence[Block], at: int) -> int:
    """The first cell of the table that the cell ``at`` is in; that cell itself where the table is too long."""
    first = at
    while first and at - first < _MAX_WALK:
        one, other = blocks[first - 1], blocks[first]
        if not (_is_beside(text, one, other) or _is_below(text, one, other)):
            return first
        first -= 1
    return at if first else 0


def _find_columns(text: str, cells: Sequence[Span]) -> list[int]:
    """The column of each cell, from 0; tabs count those that are empty."""
    begin = text.rfind("\n", 0, cells[0].start) + 1
    columns = [text.count("\t", begin, cells[0].start)]
    for one, other in pairwise(cells):
        columns.append(columns[-1] + max(1, text.count("\t", one.end, other.start)))
    return columns


def _find_headers(text: str, cells: Sequence[Span], names: Mapping[int, str]) -> tuple[str, ...]:
    """The header of each cell; none at all where it is not clear which is whose."""
    if not names:
        return ()
    columns = _find_columns(text, cells)
    has_tabs = "\t" in text[cells[0].end : cells[1].start]
    if (columns[-1] != max(names) and not has_tabs) or columns[-1] > max(names):
        return ()
    return tuple(names.get(column, "") for column in columns)


def _is_markdown(document: Document) -> bool:
    """Whether every table of a document has a row of headers, as it does in Markdown."""
    return (document.member or document.path).lower().endswith((".md", ".markdown"))


def _find_header(text: str, blocks: Sequence[Block], first: int, *, is_certain: bool) -> dict[int, str]:
    """The headers of a table by column, if its first row is one: unlike what stands below it, and no numbers.

    A row that is one cell shorter than all below it has nothing above their labels.
    """
    end = _find_row_end(text, blocks, first)
    header = _collect_cells(blocks[first:end])
    body: list[tuple[Span, ...]] = []
    while end < len(blocks) and len(body) < _COMPARED_ROWS and _is_below(text, blocks[end - 1], blocks[end]):
        begin, end = end, _find_row_end(text, blocks, end)
        body.append(_collect_cells(blocks[begin:end]))
    columns = _find_columns(text, header)
    lacks_corner = columns[0] == 0 and len(body) > 1 and max(map(len, body)) == len(header) + 1 and not is_certain
    said = [cell.of(text) for cell in header]
    names = dict(zip([column + lacks_corner for column in columns], said, strict=True))
    if is_certain:
        return names
    if len(set(said)) < len(said) or not all(map(_may_be_header, said)):
        return {}
    return names if body and (0 not in names or _looks_unlike(text, names, body)) else {}


def _looks_unlike(text: str, names: Mapping[int, str], body: Sequence[Sequence[Span]]) -> bool:
    """Whether more headers differ from cells that all look alike below them than do not."""
    below: dict[int, set[tuple[str, ...]]] = {column: set() for column in names}
    for cells in body:
        for column, cell in zip(_find_columns(text, cells), cells, strict=True):
            below.setdefault(column, set()).add(_find_shape(cell.of(text)))
    alike = [(name, below[column]) for column, name in names.items() if len(below[column]) == 1]
    return sum(1 if _find_shape(name) not in shapes else -1 for name, shapes in alike) > 0


def _may_be_header(cell: str) -> bool:
    is_number = compiled(_NUMBER).fullmatch(cell) is not None and not compiled(_YEAR).fullmatch(cell)
    return not is_number and len(cell) <= _MAX_HEADER and not cell.endswith(":")


def _find_shape(cell: str) -> tuple[str, ...]:
    """What a cell looks like: a year, a number, or of each word whether it begins with a capital."""
    if compiled(_YEAR).fullmatch(cell):
        return ("year",)
    if compiled(_NUMBER).fullmatch(cell):
        return ("number",)
    return tuple("capital" if word[0].isupper() else "small" for word in cell.split())
