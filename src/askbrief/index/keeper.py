"""The keeper of an index: opens the store of a folder, keeps it like the folder, and repairs it."""

from __future__ import annotations

from collections.abc import Generator

from askbrief.config import Folder
from askbrief.corpus.scan import Scan
from askbrief.errors import StoreDamagedError
from askbrief.index.refresh import identify, rebuild, refresh, replace_damaged
from askbrief.index.refreshed import Refreshed
from askbrief.models.encoder import Encoder
from askbrief.store.store import Store
from askbrief.types import Freshness, Progress


class IndexKeeper:
    """The open store of ``folder``. Use it from one thread at a time, and close it.

    Attributes:
        refreshed: What the last refresh did; None before the first.
        notes: Sentences for people about what the last refresh found, such as a damaged index.
    """

    def __init__(self, folder: Folder, encoder: Encoder) -> None:
        self.refreshed: Refreshed | None = None
        self.notes: list[str] = []
        self._folder = folder
        self._encoder = encoder
        self._store: Store | None = None

    def open(self) -> Store:
        """The store, opened if it is not yet.

        Raises:
            StoreError: There is no index, or it cannot be used.
        """
        if self._store is None:
            self._store = Store.open(self._folder.index, identify(self._folder, self._encoder))
        return self._store

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def refresh(self, *, is_thorough: bool = False, found: Scan | None = None) -> Generator[Progress, None, None]:
        """Bring the index up to date with the folder, yielding progress.

        Args:
            is_thorough: Whether the whole index is read and compared with its checksums.
            found: The folder as it was just listed, where that was done already.

        Raises:
            AskbriefError: The folder cannot be read, or the index not written.
        """
        store, self._store, self.refreshed = self._store, None, None
        try:
            self._store, self.refreshed = yield from refresh(
                self._folder, self._encoder, store=store, is_thorough=is_thorough, found=found
            )
        except BaseException:
            if store is not None:
                store.close()
            raise
        self.notes = self.refreshed.notes

    def rebuild(self) -> Generator[Progress, None, None]:
        """Read and encode everything again, yielding progress; the old index answers until that is done.

        Raises:
            AskbriefError: The folder cannot be read, or the index not written.
        """
        self.close()
        self._store, self.refreshed = yield from rebuild(self._folder, self._encoder)
        self.notes = self.refreshed.notes

    def recover(self, error: StoreDamagedError) -> Generator[Progress, None, None]:
        """Set a database aside that turned out to be damaged while it was read, and build the index again.

        Raises:
            AskbriefError: The folder cannot be read, or the index not written.
        """
        self.close()
        replace_damaged(self._folder, self._encoder, error)
        yield from self.refresh()
        self.notes = [f"{error.message}; rebuilt the index", *self.notes]

    def find_freshness(self, *, checked: bool) -> Freshness:
        """The state of the index and, where it was ``checked`` against the folder, what the last refresh changed.

        Raises:
            StoreError: There is no index, or it cannot be read.
        """
        store, done = self.open(), (self.refreshed if checked else None) or Refreshed()
        return Freshness(
            generation=store.rows.generation,
            documents=store.rows.count_documents(),
            passages=store.rows.count_passages(),
            added=len(done.added),
            changed=len(done.changed),
            removed=len(done.removed),
            renamed=len(done.renamed),
            skipped=store.rows.load_skipped(),
            checked=checked,
        )
