"""Queries: what was asked, and what is searched for it in which articles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from askbrief.answer.filters import Filters, asks_for_latest, combine_filters, parse_filters
from askbrief.answer.question import check_question

Sort = Literal["best", "date"]

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


def build_query(question: str, filters: Filters | None = None, *, sort: Sort = "best") -> Query:
    """The question without the filters in its line, and all filters.

    Args:
        question: As typed.
        filters: Which articles are asked, beside the filters in the line.
        sort: "date" puts the newest article first of those that answer credibly, as "the latest …" does.

    Raises:
        QuestionError: The question is empty or too long, or a filter is wrong.
    """
    text, found = parse_filters(check_question(question))
    text = check_question(text)
    newest_first = sort == "date" or asks_for_latest(text)
    return Query(text, text, combine_filters(found, filters) if filters else found, newest_first=newest_first)
