"""Queries: what was asked, and what is searched for it in which articles."""

from __future__ import annotations

from dataclasses import dataclass

from askbrief.answer.filters import Filters

ALL = Filters()
"""Every article."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question on its way.

    Attributes:
        asked: As typed, without filters.
        searched: As searched: the same, or a rewrite that stands by itself.
        filters: Which articles are asked.
        boosted: Ids of the articles that a conversation is about: their passages score higher.
        how: How ``searched`` was made of ``asked``.
        focus: The earlier words that it takes up; '' for none.
        rewrites: All that was considered for ``searched``, the chosen one included; () where it was searched as typed.
        newest_first: Whether of all credible answers those of the newest articles come first.
        offered: A rewrite that was nearly as good and may answer otherwise; '' for none.
    """

    asked: str
    searched: str
    filters: Filters = ALL
    boosted: frozenset[str] = frozenset()
    how: str = "as typed"
    focus: str = ""
    rewrites: tuple[str, ...] = ()
    offered: str = ""
    newest_first: bool = False
