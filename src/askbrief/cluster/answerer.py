"""The answerer: asks all shards at once, fuses what they found, reads the best passages. Knows nothing of Ray."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import groupby
from operator import add
from time import perf_counter
from typing import Any

from askbrief.answer import pipeline
from askbrief.answer.dialogue import Turn
from askbrief.answer.finding import find_passages
from askbrief.answer.fuse import fuse
from askbrief.answer.query import Query
from askbrief.answer.reader import Reader
from askbrief.answer.retrieve import DEPTH, choose_candidates
from askbrief.answer.second_look import SecondLook
from askbrief.cluster.searcher import Gathered, ShardSearcher
from askbrief.errors import ClusterError, StoreNotFoundError
from askbrief.models.encoder import Encoder
from askbrief.types import Candidate, Document, Freshness, Match, Mentions, RankedSpan, Trace

Task = Callable[[ShardSearcher], Any]
"""What a searcher is to do; it is sent to it, so it and what it gives back are plain data."""


@dataclass(frozen=True, slots=True)
class ShardProblem:
    """Why a shard gave no answer."""

    reason: str


AskShards = Callable[[Mapping[int, Task]], Mapping[int, Any]]
"""Has the searchers of some shards, by number, do their tasks; gives what each gave back, or a ``ShardProblem``."""


class Answerer:
    """Answers questions over the shards of an index."""

    def __init__(
        self,
        ask_shards: AskShards,
        *,
        count: int,
        encoder: Encoder,
        reader: Reader,
        second_look: SecondLook | None = None,
    ) -> None:
        self._ask_shards = ask_shards
        self._count = count
        self._encoder = encoder
        self._reader = reader
        self._second_look = second_look

    def trace(self, query: Query, *, history: Sequence[Turn], top: int, read: bool) -> Trace:
        """A trace over all shards that could be asked; its freshness names the others.

        Args:
            query: The question.
            history: The turns before, oldest first.
            top: Most passages.
            read: Whether they are read.

        Raises:
            ClusterError: Not one shard could be asked.
        """
        asking = _Asking(self._ask_shards, self._count, self._encoder)
        trace, is_unread = find_passages(
            query,
            history=history,
            top=top,
            search=asking.search,
            mention=asking.mention,
            load_reader=(lambda: self._reader) if read else None,
        )
        if is_unread:
            trace = pipeline.conclude(
                pipeline.read(trace, self._reader, self._second_look),
                self._encoder,
                self._reader,
                newest_first=query.newest_first,
            )
        return replace(trace, freshness=asking.name_missing(trace.freshness))

    def load_document(self, document_id: str) -> Document:
        """The article of that id, from whichever shard has it.

        Raises:
            StoreNotFoundError: None of those that could be asked has it.
        """
        task = partial(ShardSearcher.find_document, document_id=document_id)
        found = self._ask_shards(dict.fromkeys(range(self._count), task))
        for document in found.values():
            if isinstance(document, Document):
                return document
        raise StoreNotFoundError(f"no shard has the article {document_id}", hint="Ask again.")


class _Asking:
    """One question to all shards; a shard that failed once is not asked again for it."""

    def __init__(self, ask_shards: AskShards, count: int, encoder: Encoder) -> None:
        self._ask_shards = ask_shards
        self._count = count
        self._encoder = encoder
        self._problems: dict[int, ShardProblem] = {}

    def name_missing(self, freshness: Freshness) -> Freshness:
        """``freshness`` with the shards that were not asked, or not to the end."""
        return replace(freshness, shards=self._count, missing=tuple(sorted(self._problems)))

    def search(self, query: Query, top: int) -> Trace:
        """The passages for a question, from all shards, fused once; nothing is read yet."""
        began = perf_counter()
        depth = max(DEPTH, top)
        with ThreadPoolExecutor(max_workers=1) as beside:
            counting = beside.submit(self._ask_all, partial(ShardSearcher.count_words, query=query.searched))
            vector = self._encoder.encode_question(query.searched)
            counted = counting.result()
        gather = partial(
            ShardSearcher.gather,
            query=query.searched,
            vector=vector,
            depth=depth,
            filters=query.filters,
            statistics=reduce(add, counted.values()),
        )
        found: dict[int, Gathered] = self._ask_all(gather)
        matches = fuse([match for one in found.values() for match in one.matches], depth=depth, boosted=query.boosted)
        candidates = choose_candidates(self._iter_candidates(matches, block=2 * top), top=top)
        articles, undated = (sum(getattr(one, name) for one in found.values()) for name in ("articles", "undated"))
        return pipeline.build_trace(
            query,
            matches=matches,
            candidates=candidates,
            freshness=_sum_up(list(found.values())),
            filtered=query.filters.describe_found(articles, undated=undated) if query.filters else "",
            seconds=perf_counter() - began,
        )

    def mention(self, trace: Trace, phrase: str, query: Query) -> Trace:
        """The trace with the places of ``phrase`` as its answers; as it was where there is none, but for the count."""
        began = perf_counter()
        task = partial(ShardSearcher.find_mentions, phrase=phrase, filters=query.filters, top=pipeline.RANKED_SPANS)
        found: list[tuple[Mentions, list[RankedSpan]]] = list(self._ask_all(task).values())
        mentions = Mentions(phrase, sum(one.count for one, _ in found), sum(one.documents for one, _ in found))
        places = _order_places([place for _, places in found for place in places])[: pipeline.RANKED_SPANS]
        timings = {**trace.timings_ms, "mentions": 1000 * (perf_counter() - began)}
        trace = replace(trace, mentions=mentions, timings_ms=timings)
        return replace(trace, ranked=tuple(places), outcome="mentions") if places else trace

    def _ask_all(self, task: Task) -> dict[int, Any]:
        """What each shard gave back; those that did not are remembered.

        Raises:
            ClusterError: None did.
        """
        numbers = [number for number in range(self._count) if number not in self._problems]
        found = self._ask(dict.fromkeys(numbers, task))
        if not found:
            reasons = "; ".join(dict.fromkeys(problem.reason for problem in self._problems.values()))
            raise ClusterError(
                f"none of the {self._count} shards can be asked: {reasons}",
                hint="Run: askbrief cluster status --cluster ADDRESS",
            )
        return found

    def _ask(self, tasks: Mapping[int, Task]) -> dict[int, Any]:
        found = self._ask_shards(tasks) if tasks else {}
        self._problems |= {n: given for n, given in found.items() if isinstance(given, ShardProblem)}
        return {number: found[number] for number in sorted(found) if number not in self._problems}

    def _iter_candidates(self, matches: Sequence[Match], *, block: int) -> Iterator[Candidate]:
        """The matches with passage and document, ``block`` at once; without those whose shard failed meanwhile."""
        for start in range(0, len(matches), max(1, block)):
            piece = matches[start : start + block]
            by_shard = groupby(sorted(piece, key=lambda match: match.shard), key=lambda match: match.shard)
            tasks = {
                number: partial(ShardSearcher.load_candidates, matches=tuple(wanted))
                for number, wanted in by_shard
                if number not in self._problems
            }
            loaded = {candidate.match: candidate for found in self._ask(tasks).values() for candidate in found}
            yield from (loaded[match] for match in piece if match in loaded)


def _sum_up(found: Sequence[Gathered]) -> Freshness:
    """What the shards hold together; their generations added up grow with each change of any of them."""
    return Freshness(
        generation=sum(one.generation for one in found),
        documents=sum(one.documents for one in found),
        passages=sum(one.passages for one in found),
        checked=False,
    )


def _order_places(places: Sequence[RankedSpan]) -> list[RankedSpan]:
    """The first place of each article by path, then the others, as for one store."""
    ordered = sorted(places, key=lambda place: (place.candidate.document.path, place.reading.span))
    first: dict[str, RankedSpan] = {}
    others = [place for place in ordered if first.setdefault(place.candidate.document.id, place) is not place]
    return [*first.values(), *others]
