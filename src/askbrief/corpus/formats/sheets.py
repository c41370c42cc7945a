"""XLSX, XLSB, XLS and ODS: every sheet with its rows; the cell references are checked before the grid is built."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.archive import Archive
from askbrief.corpus.formats.grid import Grid, Repeated
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.office import find_main_part, load_properties, load_relations
from askbrief.corpus.formats.writer import Writer
from askbrief.corpus.formats.xmlstream import iter_events

# A dense grid of more cells than this is not built.
_CELLS = 4_000_000
_TAIL = 4_096
# A cell that is not empty; styled empty ones often reach to the last row and column.
_REFERENCE = re.compile(rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*(?<!/)>""")


def extract_xlsx(data: bytes, budget: Budget) -> list[Extracted]:
    """The workbook.

    Raises:
        UnreadableError: It is damaged, locked or has no text.
    """
    archive = Archive(data, budget)
    main = find_main_part(archive, "xl/workbook.xml")
    writer = Writer(budget)
    if main.endswith(".bin"):
        _check_size(archive, budget)
        _write_workbook(data, writer)
    elif _is_sparse(archive, main):
        _write_sparse(archive, main, writer)
    else:
        _write_workbook(data, writer)
    if not writer.blocks:
        raise UnreadableError("holds no text")
    title, author = load_properties(archive)
    return [writer.finish(title=title, author=author)]


def extract_xls(data: bytes, budget: Budget) -> list[Extracted]:
    """The workbook of an old Excel; errors as for XLSX."""
    writer = Writer(budget)
    _write_workbook(data, writer)
    if not writer.blocks:
        raise UnreadableError("holds no text")
    return [writer.finish()]


def extract_ods(data: bytes, budget: Budget) -> list[Extracted]:
    """The workbook of an OpenDocument program; errors as for XLSX."""
    archive = Archive(data, budget)
    if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise UnreadableError("needs a password")
    _check_repetitions(archive)
    writer = Writer(budget)
    _write_workbook(data, writer)
    if not writer.blocks:
        raise UnreadableError("holds no text")
    return [writer.finish()]


def _check_size(archive: Archive, budget: Budget) -> None:
    """Unpack every member once, so that the limits hold for a library that unpacks them by itself."""
    for info in archive.infos:
        for _ in archive.iter_chunks(info):
            pass


def _is_sparse(archive: Archive, main: str) -> bool:
    """Whether a sheet's corners are so far apart that its dense grid would not fit; counts every unpacked byte.

    Raises:
        UnreadableError: A member is damaged, or they unpack to more than the limits.
    """
    sheets = {target for kind, target in load_relations(archive, main).values() if kind == "worksheet"}
    cells = 0
    for info in archive.infos:
        if info.filename not in sheets:
            if not info.filename.startswith(("xl/media/", "docProps/", "_rels/")):
                for _ in archive.iter_chunks(info):
                    pass
            continue
        cells += _count_grid(archive.iter_chunks(info))
    return cells > _CELLS


def _count_grid(chunks: Iterable[bytes]) -> int:
    """How many cells a grid has that holds all cells of a sheet.

    Only references count: cells without one stand beside each other. Whoever hides them from this pattern makes the
    worker run out of memory, which is a report too.
    """
    lowest = highest = leftmost = rightmost = 0
    tail = b""
    for chunk in chunks:
        data = tail + chunk
        found = _REFERENCE.findall(data)
        tail = data[max(0, data.rfind(b"<")) :][:_TAIL]
        if not found:
            continue
        rows = {int(number) for _, number in found}
        columns = {_column(letters.decode()) for letters in {letters for letters, _ in found}}
        lowest, highest = min(rows) if not lowest else min(lowest, *rows), max(highest, *rows)
        leftmost, rightmost = min(columns) if not leftmost else min(leftmost, *columns), max(rightmost, *columns)
    return (highest - lowest + 1) * (rightmost - leftmost + 1) if highest else 0


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _check_repetitions(archive: Archive) -> None:
    """Refuse an ODS whose repeated cells would make too large a grid; empty cells and rows at the end do not count."""
    cells = rows = columns = 0
    widest = height = pending = row_repeat = cell_repeat = 0
    filled = False
    for kind, name, attributes, text in iter_events(archive.iter_chunks("content.xml")):
        if kind == "start" and name == "table":
            widest = height = pending = 0
        elif kind == "start" and name == "table-row":
            row_repeat, columns, rows = _repeat(attributes, "number-rows-repeated"), 0, 0
        elif kind == "start" and name in ("table-cell", "covered-table-cell"):
            cell_repeat, filled = _repeat(attributes, "number-columns-repeated"), "value" in attributes
        elif kind == "text" and not text.isspace():
            filled = True
        elif kind == "end" and name in ("table-cell", "covered-table-cell"):
            columns += cell_repeat
            rows, filled = columns if filled else rows, False
        elif kind == "end" and name == "table-row":
            pending += row_repeat
            if rows:
                widest, height, pending = max(widest, rows), height + pending, 0
            if widest * height + cells > _CELLS:
                raise UnreadableError("holds more cells than can be read")
        elif kind == "end" and name == "table":
            cells += widest * height


def _repeat(attributes: dict[str, str], name: str) -> int:
    count = attributes.get(name, "1")
    return int(count) if count.isdigit() and len(count) < 10 else 1


def _write_workbook(data: bytes, writer: Writer) -> None:
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise UnreadableError("needs a password") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableError("is damaged (not a whole workbook)") from error
    for metadata in workbook.sheets_metadata:
        if metadata.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = workbook.get_sheet_by_name(metadata.name)
            merged = sheet.merged_cell_ranges or []
        except (python_calamine.CalamineError, ValueError) as error:
            writer.budget.report(f"sheet {metadata.name}: {error}")
            continue
        rows, columns = sheet.start or (0, 0), sheet.end
        if columns is None:
            continue
        place = writer.open("sheet", None, metadata.name)
        Grid(writer, certain=False).write(_iter_rows(sheet, rows[0], rows[1], merged))
        writer.close(place)


def _iter_rows(sheet: Any, first_row: int, first_column: int, merged: list[Any]) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers; a text merged over several columns of a row is repeated in them for headers."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in merged:
        if top == bottom and 0 < right - left < 100:
            spans.setdefault(top, []).append((left - first_column, right - first_column))
    for number, row in enumerate(sheet.to_python(skip_empty_area=True), first_row):
        cells = [render_value(value) for value in row]
        if sum(map(bool, cells)) > 1:
            for left, right in spans.get(number, ()):
                if 0 <= left < len(cells) and cells[left]:
                    cells[left + 1 : right + 1] = [Repeated(cells[left])] * (min(right + 1, len(cells)) - left - 1)
        yield number + 1, cells


def render_value(value: Any) -> str:
    """A cell's value as people write it: whole numbers without a point, days as 2023-06-30."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _write_sparse(archive: Archive, main: str, writer: Writer) -> None:
    """Write the cells that are there, without a grid: numbers as stored, no headers."""
    relations = load_relations(archive, main)
    shared = _load_shared(archive, next((part for kind, part in relations.values() if kind == "sharedStrings"), ""))
    for kind, name, attributes, _ in iter_events(archive.iter_chunks(main)):
        part = relations.get(attributes.get("r:id", ""), ("", ""))[1]
        if kind == "start" and name == "sheet" and part in archive:
            place = writer.open("sheet", None, attributes.get("name", ""))
            for number, cells in _iter_sparse_rows(archive, part, shared):
                row = writer.open("row", number)
                for at, cell in enumerate(cells):
                    if at:
                        writer.add(";", "cell", gap="")
                    writer.add(cell, "cell", gap=" " if at else None)
                writer.close(row)
            writer.close(place)


def _iter_sparse_rows(archive: Archive, part: str, shared: list[str]) -> Iterator[tuple[int, list[str]]]:
    number, kind_of_cell = 0, ""
    cells: list[str] = []
    value: list[str] = []
    reads = False
    for kind, name, attributes, text in iter_events(archive.iter_chunks(part)):
        if kind == "text":
            if reads:
                value.append(text)
        elif kind == "start":
            reads = name in ("v", "t")
            if name == "row":
                stated = attributes.get("r", "")
                number, cells = int(stated) if stated.isdigit() else number + 1, []
            elif name == "c":
                kind_of_cell, value = attributes.get("t", ""), []
        else:
            reads = False
            if name == "c" and (stored := "".join(value)):
                is_shared = kind_of_cell == "s" and stored.isdigit() and int(stored) < len(shared)
                cells.append(shared[int(stored)] if is_shared else stored)
            elif name == "row" and cells:
                yield number, cells


def _load_shared(archive: Archive, part: str) -> list[str]:
    if part not in archive:
        return []
    strings: list[str] = []
    current: list[str] = []
    reads = False
    for kind, name, _, text in iter_events(archive.iter_chunks(part)):
        if kind == "text":
            if reads:
                current.append(text)
        elif kind == "start":
            reads = name == "t"
        else:
            reads = False
            if name == "si":
                strings.append("".join(current))
                current = []
    return strings
