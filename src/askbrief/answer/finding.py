"""Finding: from a question to the passages that will be read, over whatever holds them: one store or many shards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from askbrief.answer import pipeline
from askbrief.answer.dialogue import Turn
from askbrief.answer.mentions import find_phrase
from askbrief.answer.query import Query
from askbrief.answer.reader import Reader
from askbrief.answer.small_talk import is_small_talk
from askbrief.types import Trace

Search = Callable[[Query, int], Trace]
"""Finds at most so many passages for a query."""
Mention = Callable[[Trace, str, Query], Trace]
"""Adds to a trace the places of a phrase."""


def find_passages(
    query: Query,
    *,
    history: Sequence[Turn],
    top: int,
    search: Search,
    mention: Mention,
    load_reader: Callable[[], Reader] | None,
) -> tuple[Trace, bool]:
    """What is found for a question, and whether it is to be read.

    Args:
        query: As typed.
        history: The turns before, oldest first, where the question may take up what they said.
        top: Most candidates.
        search: Finds passages.
        mention: Finds the places of a phrase.
        load_reader: Gives the reader, which chooses between rewrites; None where only passages are wanted.

    Returns:
        The trace; and whether the reader is still to read it: not where the question is small talk, where it asks for
        the places of a phrase that there is, or without a reader.
    """
    if load_reader is not None and is_small_talk(query.asked):
        return replace(search(query, 0), matches=()), False
    phrase = find_phrase(query.asked) if load_reader is not None else ""
    if history and not phrase and load_reader is not None:
        trace = pipeline.follow(query, history, search=lambda one: search(one, top), load_reader=load_reader)
    else:
        trace = search(query, top)
    if phrase:
        trace = mention(trace, phrase, query)
    return trace, load_reader is not None and trace.outcome != "mentions"
