"""Allowed passages: the rows of the articles that filters leave."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from askbrief.answer.filters import Filters
from askbrief.store.rows import Rows


class Allowed(NamedTuple):
    """What filters leave of a store.

    Attributes:
        rows: Rows of the passages, sorted.
        articles: How many articles they are of.
        undated: How many articles were left out only for want of a date.
    """

    rows: tuple[int, ...]
    articles: int
    undated: int


def find_allowed(rows: Rows, filters: Filters) -> Allowed | None:
    """The passages that ``filters`` leave; None where there is no filter.

    Raises:
        StoreError: The store cannot be read.
    """
    if not filters:
        return None
    without_days = replace(filters, since=None, until=None)
    ids: set[str] = set()
    undated: set[str] = set()
    for facts in rows.iter_facts():
        source = f"{facts.author} {facts.path}"
        if not without_days.accepts(path=facts.path, title=facts.title, published=facts.date, source=source):
            continue
        if filters.needs_date and facts.date is None:
            undated.add(facts.id)
        elif filters.accepts(path=facts.path, title=facts.title, published=facts.date, source=source):
            ids.add(facts.id)
    return Allowed(tuple(rows.find_rows(ids)), len(ids), len(undated))
