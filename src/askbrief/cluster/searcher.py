"""A searcher: one shard, opened for reading, that answers with plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from askbrief.answer.allowed import find_allowed
from askbrief.answer.filters import Filters
from askbrief.answer.mentions import find_mentions
from askbrief.answer.retrieve import gather, iter_candidates
from askbrief.config import Folder
from askbrief.errors import StoreError, StoreNotFoundError
from askbrief.store.generation import Derived
from askbrief.store.lexical import Statistics
from askbrief.store.store import Identity, Store
from askbrief.types import Candidate, Document, Match, Mentions, RankedSpan


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a shard found for a question.

    Attributes:
        generation: Of its store.
        documents: In it.
        passages: In it.
        matches: With raw scores and the number of the shard.
        articles: Articles that the filters leave; 0 without filters.
        undated: Articles that were left out only for want of a date.
    """

    generation: int
    documents: int
    passages: int
    matches: tuple[Match, ...]
    articles: int = 0
    undated: int = 0


class ShardSearcher:
    """The store of a shard. Use it from one thread at a time, and close it.

    It is opened when it is first asked, and again where another file was put in its place; each question sees the
    generation that is in force. Where the search indexes are damaged, they are rebuilt from the database.
    """

    def __init__(self, folder: Folder, identity: Identity) -> None:
        assert folder.shard is not None
        self._folder = folder
        self._number = folder.shard.number
        self._identity = identity
        self._store: Store | None = None

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def check(self) -> int:
        """The generation in force.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._open().rows.generation

    def count_words(self, query: str) -> Statistics:
        """How many of the passages have each word of ``query``.

        Raises:
            StoreError: The store cannot be read.
        """
        with self._snapshot() as (_, derived):
            return derived.lexical.count_words(query)

    def gather(
        self, query: str, *, vector: NDArray[np.float32], depth: int, filters: Filters, statistics: Statistics
    ) -> Gathered:
        """The best passages for a question, with raw scores that are comparable between shards.

        Args:
            query: What is searched.
            vector: Its vector, shape (dimension,).
            depth: Passages taken from each search.
            filters: Which articles are asked.
            statistics: Those of all shards.

        Raises:
            StoreError: The store cannot be read.
        """
        with self._snapshot() as (store, derived):
            allowed = find_allowed(store.rows, filters)
            rows = None if allowed is None else allowed.rows
            found = gather(store, derived, lambda _: vector, query, depth=depth, allowed=rows, statistics=statistics)
            return Gathered(
                generation=store.rows.generation,
                documents=store.rows.count_documents(),
                passages=store.rows.count_passages(),
                matches=tuple(replace(match, shard=self._number) for match in found),
                articles=allowed.articles if allowed else 0,
                undated=allowed.undated if allowed else 0,
            )

    def load_candidates(self, matches: Sequence[Match]) -> list[Candidate]:
        """Matches of this shard with passage and document.

        Raises:
            StoreError: The store cannot be read, or no longer has one of them.
        """
        with self._snapshot() as (store, _):
            return list(iter_candidates(store, matches))

    def find_mentions(self, phrase: str, *, filters: Filters, top: int) -> tuple[Mentions, list[RankedSpan]]:
        """How often the articles of this shard have a phrase, and where; as ``answer.mentions.find_mentions``.

        Raises:
            StoreError: The store cannot be read.
        """
        with self._snapshot() as (store, derived):
            allowed = find_allowed(store.rows, filters)
            rows = None if allowed is None else frozenset(allowed.rows)
            return find_mentions(phrase, store=store, derived=derived, allowed=rows, top=top)

    def find_document(self, document_id: str) -> Document | None:
        """An article of this shard; None if it is not in it.

        Raises:
            StoreError: The store cannot be read.
        """
        with self._snapshot() as (store, _):
            return store.rows.load_document(document_id) if store.rows.has_document(document_id) else None

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[Store, Derived]]:
        try:
            store = self._open()
            with store.snapshot() as derived:
                yield store, derived
        except StoreError:
            self.close()
            raise

    def _open(self) -> Store:
        """The open store, with at least one complete state in it.

        Raises:
            StoreError: There is none, or it cannot be used.
        """
        if self._store is not None and not self._store.rows.is_current:
            self.close()
        if self._store is None:
            self._store = Store.open(self._folder.index, self._identity)
        if not self._store.rows.generation:
            raise StoreNotFoundError("nothing of it was indexed yet", hint="Run: askbrief index --cluster ADDRESS")
        return self._store
