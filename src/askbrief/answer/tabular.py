"""Tables as the reader sees them: a row is a sentence of ``Header: value, Header: value``.

The words of a cell mean little without its header and its row. What is put in is no part of the document: its places
lie between the cells, so that no answer can hold it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.rows import Row


def write_rows(text: str, places: NDArray[np.int64], rows: Sequence[Row]) -> tuple[str, NDArray[np.int64]]:
    """The text with the headers before the cells, commas between them, and a full stop behind each row.

    Args:
        text: What the reader would see.
        places: Offset in the document of each of its characters, and of its end, shape (len(text) + 1,).
        rows: The rows; cells outside of the text are left out.

    Returns:
        The same two, longer.
    """
    pieces: list[str] = []
    parts: list[NDArray[np.int64]] = []
    at = 0
    for where, put, place in _find_additions(text, places, rows):
        begins_with_semicolon = not put and text[where] == ";"
        pieces += (text[at:where], "," if begins_with_semicolon else put)
        parts += (places[at:where], np.full(len(pieces[-1]), place, dtype=np.int64))
        at = where + begins_with_semicolon
    return "".join((*pieces, text[at:])), np.concatenate((*parts, places[at:]))


def _find_additions(text: str, places: NDArray[np.int64], rows: Sequence[Row]) -> list[tuple[int, str, int]]:
    """What is put in before which character, with its place; nothing where a semicolon is to become a comma."""
    added = []
    for row in rows:
        for number, cell in enumerate(row.cells):
            where = int(np.searchsorted(places, cell.start))
            if where >= len(text) or places[where] != cell.start:
                continue
            label = f"{row.headers[number]}: " if row.headers and row.headers[number] else ""
            is_separate = number > 0 and text[where] != ";" and not text[:where].rstrip().endswith((":", ";"))
            if text[where] == ";":
                added.append((where, "", cell.start))
            elif label or is_separate:
                added.append((where, (", " if is_separate else "") + label, cell.start - 1))
        end = row.cells[-1].end
        where = int(np.searchsorted(places, end))
        if 0 < where <= len(text) and places[where] == end and text[where - 1] not in ".!?:":
            added.append((where, ". ", end))
    return added
