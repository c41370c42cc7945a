"""CSV and TSV: one record a row, whatever separates its fields."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.grid import Grid
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import Writer

_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 1 << 16


def extract_csv(data: bytes, budget: Budget) -> list[Extracted]:
    """The table; row 1 is the first record.

    Raises:
        UnreadableError: It holds no text.
    """
    text = decode_bytes(data, budget).replace("\x00", "")
    first, _, rest = text.partition("\n")
    separator = None
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        separator, text = first.strip()[4], rest
    writer = Writer(budget)
    Grid(writer, certain=True).write(_iter_rows(text, separator or find_separator(text), budget))
    if not writer.blocks:
        raise UnreadableError("holds no text")
    return [writer.finish()]


def find_separator(text: str) -> str:
    """The character that separates fields: the one that gives the first records the most alike number of fields."""
    sample = text[:_SAMPLE]
    best, best_score = ",", 0.0
    for separator in _SEPARATORS:
        try:
            counts = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator) if row][:50]
        except csv.Error:
            continue
        counts = counts[:-1] if len(text) > _SAMPLE and len(counts) > 1 else counts
        if not counts:
            continue
        usual = max(set(counts), key=counts.count)
        score = counts.count(usual) / len(counts) * min(usual, 20) if usual > 1 else 0.0
        if score > best_score:
            best, best_score = separator, score
    return best


def _iter_rows(text: str, separator: str, budget: Budget) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            budget.report(f"row {number:,} is broken")
            continue
        yield number, [budget.cut_field(cell, f"row {number:,}") for cell in row]
