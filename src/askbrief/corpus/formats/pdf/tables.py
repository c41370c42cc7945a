"""Tables: columns beside each other whose lines belong together as rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from askbrief.corpus.formats.pdf.sheet import Index, Sheet

_PROSE_CHARACTERS = 22  # per line of a column; cells are mostly shorter
_NUMBER_CHARACTERS = 8  # of the cells in a column of numbers
_LONG_COLUMN = 12  # lines; two such columns of short lines are rather an index
_STEP = 0.18  # how much larger the distance of rows is than that of the lines of a cell, in units of the font size


@dataclass(slots=True)
class Row:
    """One row of a table.

    Attributes:
        cells: What they say, in reading order.
        size: Font size.
        leader: Whether a leader runs between two of them.
    """

    cells: list[str]
    size: float
    leader: bool = False


def find_rows(sheet: Sheet, columns: list[Index]) -> list[Row] | None:
    """The rows of columns beside each other, if these are a table; None if each column is to be read by itself."""
    lines = [sheet.split_rows(column) for column in columns]
    lengths = [float(np.median([sum(len(sheet.text[i]) + 1 for i in row) for row in rows])) for rows in lines]
    prose = [
        length > _PROSE_CHARACTERS and len(rows) > 1 and _runs_on(sheet, rows)
        for length, rows in zip(lengths, lines, strict=True)
    ]
    if sum(prose) > 1:
        return None
    which = np.full(len(sheet.text), -1)
    for number, column in enumerate(columns):
        which[column] = number
    groups, distinct = _group_rows(sheet, which, columns, labelled=any(prose) and not prose[0])
    if not (_match_baselines(sheet, lines, lengths, prose) or (distinct and _fills_rows(which, groups))):
        return None
    return [_build_row(sheet, which, group) for group in groups]


def _runs_on(sheet: Sheet, rows: list[Index]) -> bool:
    """Whether lines go on with a small letter often enough for running text (always in scripts without case)."""
    starts = [sheet.text[row[0]][0] for row in rows]
    if len(rows) == 2:
        return bool(starts[1].islower())
    cased = [letter for letter in starts if letter.islower() or letter.isupper()]
    return len(cased) < 0.2 * len(starts) or sum(map(str.islower, cased)) >= 0.2 * len(starts)


def _match_baselines(sheet: Sheet, lines: list[list[Index]], lengths: list[float], prose: list[bool]) -> bool:
    """Whether the lines of the columns stand on common baselines as those of a table do."""
    bases = [np.array([sheet.base[row[0]] for row in rows]) for rows in lines]
    counts = [len(base) for base in bases]
    longest = max(range(len(bases)), key=lambda i: counts[i])
    others = np.concatenate([base for i, base in enumerate(bases) if i != longest])
    matched = int((np.abs(others[:, None] - bases[longest]).min(axis=1) < 0.3 * sheet.body).sum())
    if matched < 0.8 * len(others):
        return False
    if len(lines) > 2 and matched >= 0.85 * len(others):
        return True
    if any(prose):
        numbers = all(a or length <= _NUMBER_CHARACTERS for a, length in zip(prose, lengths, strict=True))
        if numbers and matched == len(others) and counts[longest] - min(counts) <= 1:
            return True
        # Labels beside descriptions; as many lines on either side are a sidebar beside a text.
        return len(others) <= 0.6 * (len(lines) - 1) * counts[longest]
    if len(lines) == 2 and min(counts) > _LONG_COLUMN:
        return min(lengths) <= _NUMBER_CHARACTERS
    return True


def _group_rows(sheet: Sheet, which: Index, columns: list[Index], *, labelled: bool) -> tuple[list[Index], bool]:
    """Group the pieces of a table into rows, and say whether wider gaps set them apart.

    Rows may have several lines where their cells are broken: then rows are further apart than lines are, or only the
    first line has a cell in the first column.
    """
    strips, gaps = sheet.split_strips(np.concatenate(columns))
    if len(strips) < 2:
        return strips, False
    close, far = float(np.percentile(gaps, 10)), float(np.percentile(gaps, 90))
    if far - close > _STEP * sheet.body:
        breaks = np.array(gaps) > (close + far) / 2
        full = [_covers(which, strip) for strip in strips]
        inner = [full[i + 1] >= full[i] for i in np.flatnonzero(~breaks)]
        if np.mean(inner) < 0.7:
            return _join(strips, breaks), True
    breaks = np.ones(len(gaps), bool)
    for i, strip in enumerate(strips[1:]):
        if (which[strip] == 0).any():
            continue
        small = all(sheet.text[j][0].islower() for j in strip)
        breaks[i] = not (small or (labelled and len(columns) == 2))
    return _join(strips, breaks), False


def _join(strips: list[Index], breaks: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[Index]:
    groups = [strips[0]]
    for strip, apart in zip(strips[1:], breaks, strict=True):
        if apart:
            groups.append(strip)
        else:
            groups[-1] = np.concatenate([groups[-1], strip])
    return groups


def _covers(which: Index, strip: Index) -> int:
    """In how many columns a strip has text."""
    return len(set(which[strip].tolist()))


def _fills_rows(which: Index, groups: list[Index]) -> bool:
    """Whether nearly every group has text in several columns, as rows do but lines of a sidebar do not."""
    return len(groups) > 2 and bool(np.mean([_covers(which, group) > 1 for group in groups]) >= 0.8)


def _build_row(sheet: Sheet, which: Index, group: Index) -> Row:
    texts: list[str] = []
    for column in sorted(set(which[group].tolist())):
        cell = group[which[group] == column]
        lines = sheet.split_rows(cell)
        if len(lines) == 1:
            texts += [sheet.join_row(part) for part in sheet.split_apart(lines[0])]
        else:
            texts.append(sheet.join_lines(cell))
    return Row(texts, float(np.median(sheet.size[group])), bool(sheet.leader[group].any()))
