"""The store: one SQLite file is the truth; the dense and the lexical index are derived from it.

Layout of the index folder:

    askbrief.sqlite          files, documents, passages, vectors, identity, generation
    generation-000007/       the search indexes derived from generation 7
    write.lock               held by the one process that writes

A new generation becomes visible by the one SQLite commit that names it, after its search indexes were written beside
the old ones. Documents that are read but not yet published wait in the same tables: their rows come after the last
published one, and no search index knows them. Rows are never used again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from askbrief.errors import StoreDamagedError, StoreError, StoreNotFoundError, StoreOutdatedError
from askbrief.store.dense import is_exact
from askbrief.store.generation import (
    Derived,
    Manifest,
    build_derived,
    check_files,
    extend_derived,
    move_derived,
    open_derived,
    remove_derived,
)
from askbrief.store.lock import refuse_foreign
from askbrief.store.records import FileRecord
from askbrief.store.rows import Rows
from askbrief.store.sqlite import FILE_NAME, Database, making_database
from askbrief.store.tables import SCHEMA_VERSION, create_tables

MIN_SHARED_PASSAGES = 5_000
"""A smaller index is built whole at each change."""
MAX_STALE_SHARE = 1 / 8
"""Above this share of passages that are gone from the base or came after it, the index is built whole again."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What an index was made with; a store of another identity is of no use and is made anew.

    Attributes:
        encoder: Fingerprint of the encoder.
        dimension: Length of its vectors.
        chunker: Version of the chunking.
        passage_words: As in the settings.
        schema: Version of the tables.
    """

    encoder: str
    dimension: int
    chunker: int
    passage_words: int
    schema: int = SCHEMA_VERSION


class Store:
    """An open store. Use it from one thread at a time, and close it.

    Attributes:
        folder: The index folder.
        identity: What it was made with.
        rows: What its database holds.
    """

    def __init__(self, folder: Path, database: Database, identity: Identity) -> None:
        self.rows = Rows(database)
        self._database = database
        self.folder = folder
        self.identity = identity
        self._derived: Derived | None = None

    @classmethod
    def open(cls, folder: Path, identity: Identity) -> Store:
        """Opens the store in ``folder``.

        Raises:
            StoreNotFoundError: There is none.
            StoreDamagedError: Its database is broken.
            StoreOutdatedError: It was made with another identity; the message says what differs.
            StoreError: It cannot be read, or holds a link.
        """
        try:
            present = (folder / FILE_NAME).is_file()
            if present:
                refuse_foreign(folder)
        except OSError as error:
            raise StoreError(f"{folder} cannot be read: {error.strerror}", hint="Check its permissions.") from error
        if not present:
            raise StoreNotFoundError(f"{folder} holds no index", hint="Run: askbrief index")
        database = Database(folder)
        try:
            found = dict(database.rows("SELECT key, value FROM meta"))
            wanted = {key: str(value) for key, value in asdict(identity).items()}
            if different := [key for key in wanted if found.get(key) != wanted[key]]:
                details = ", ".join(f"{key.replace('_', ' ')} {found.get(key)} → {wanted[key]}" for key in different)
                message = f"the index was made with other settings ({details})"
                raise StoreOutdatedError(message, hint="Run: askbrief index")
        except StoreError:
            database.close()
            raise
        return cls(folder, database, identity)

    @classmethod
    def create(cls, folder: Path, identity: Identity, *, generation: int = 0) -> Store:
        """Make an empty store in place of whatever store is there.

        The vectors of a store that was made with the same encoder are kept, so that nothing is encoded twice.

        Args:
            folder: The index folder.
            identity: What it is made with.
            generation: Number before that of the first one to be published.

        Raises:
            StoreError: The folder cannot be written.
        """
        values = asdict(identity) | {"generation": generation, "last_row": 0, "documents": 0, "passages": 0}
        with making_database(folder) as database, database.writing():
            remove_derived(folder, keep=None)
            create_tables(database, {key: str(value) for key, value in values.items()})
            with contextlib.suppress(StoreError):
                Rows(database).import_vectors(_iter_vectors(folder, encoder=identity.encoder))
        return cls(folder, Database(folder), identity)

    def replace(self, folder: Path) -> None:
        """Puts this store in place of the one in another index folder on the same disk, in one commit, and closes it.

        Raises:
            StoreError: The folder cannot be written.
            StoreDamagedError: The database that is there cannot be overwritten.
        """
        move_derived(self.folder, folder, self.rows.generation)
        self._database.copy_to(folder)
        remove_derived(folder, keep=self.rows.generation)
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._derived = None
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_published(self) -> bool:
        """Whether anything was published since the store was made."""
        return self.rows.load_meta("manifest") is not None

    @property
    def is_exact(self) -> bool:
        """Whether all vectors are searched as they are, none in a compact form."""
        return is_exact(self._load_manifest().base_count)

    def publish(self, records: Iterable[FileRecord], *, gone: Iterable[str]) -> None:
        """Makes the next generation: ``records`` saved, ``gone`` files forgotten, documents without a file dropped.

        Until it returns every reader sees the generation before; if it fails, so it stays.

        Raises:
            StoreError: The folder cannot be written.
        """
        with self._database.writing():
            self.rows.save_files(records)
            self._database.execute_many("DELETE FROM files WHERE path = ?", ((path,) for path in gone))
            gone_rows = self.rows.drop_unused()
            self.rows.save_copies()
            generation = self.rows.generation + 1
            last_row = self.rows.find_last_row()
            documents, passages, _ = self.rows.count_rows()
            self.rows.save_meta("documents", str(documents))
            self.rows.save_meta("passages", str(passages))
            if not self._extend_derived(gone_rows, last_row=last_row):
                self._build_derived(generation, last_row=last_row)
            self.rows.save_meta("last_row", str(max(last_row, self.rows.load_number("last_row"))))
            self.rows.save_meta("generation", str(generation))
        self._derived = None
        remove_derived(self.folder, keep=generation)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Derived]:
        """One published state for the length of the block, whatever others write meanwhile.

        Missing or damaged search indexes are first rebuilt from the database, without encoding anything. They are
        looked at once for each generation: a file that was changed since its checksum was taken is read whole.

        Raises:
            StoreError: They need rebuilding, and the folder cannot be written.
        """
        with contextlib.ExitStack() as stack:
            yield self._enter_snapshot(stack)

    @contextlib.contextmanager
    def inspecting(self) -> Iterator[Derived]:
        """``snapshot`` that rebuilds nothing and reads all files of the search indexes.

        Raises:
            StoreDamagedError: The search indexes are missing or damaged.
        """
        with self._database.reading():
            yield self._open_derived(is_thorough=True)

    def check(self) -> None:
        """Reads all that is published, and rebuilds the search indexes where they are missing or damaged.

        Raises:
            StoreDamagedError: Something in the database is not as it was written.
            StoreError: The search indexes need rebuilding, and the folder cannot be written.
        """
        with self._database.reading():
            if found := self.rows.find_damage():
                raise self.rows.damaged(found[0])
            self.rows.load_files()
            if sum(1 for _ in self.rows.iter_published()) != self.rows.count_passages():
                raise self.rows.damaged("a passage is missing")
        if self.is_published:
            with contextlib.ExitStack() as stack:
                self._enter_snapshot(stack, is_thorough=True)
            self._save_seen()

    def _enter_snapshot(self, stack: contextlib.ExitStack, *, is_thorough: bool = False) -> Derived:
        repaired = -1
        while True:
            stack.enter_context(self._database.reading())
            generation = self.rows.generation
            try:
                self._derived = self._open_derived(is_thorough=is_thorough)
                return self._derived
            except StoreDamagedError:
                stack.close()
                if repaired == generation:
                    raise
            if self.rows.generation == generation:  # else the writer of a later one took the files away
                self._repair_derived(generation, is_thorough=is_thorough)
                repaired = generation

    def _open_derived(self, *, is_thorough: bool = False) -> Derived:
        if not is_thorough and self._derived is not None and self._derived.generation == self.rows.generation:
            return self._derived
        manifest = check_files(self.folder, self._load_manifest(), is_thorough=is_thorough)
        return open_derived(self.folder, manifest, dimension=self.identity.dimension, without=self.rows.load_removed())

    def _repair_derived(self, generation: int, *, is_thorough: bool) -> None:
        with self._database.writing():
            if generation != self.rows.generation:
                return
            try:
                self._open_derived(is_thorough=is_thorough)
            except StoreDamagedError:
                self._build_derived(generation, last_row=self.rows.load_number("last_row"))

    def _save_seen(self) -> None:
        """Keeps which files of the search indexes are sound, so that a copied index is not read at every opening."""
        with contextlib.suppress(StoreError):  # a disk for reading only, another writer: the next check does it
            manifest = self._load_manifest()
            if check_files(self.folder, manifest) != manifest:
                with self._database.writing():
                    self.rows.save_meta("manifest", check_files(self.folder, self._load_manifest()).to_json())

    def _extend_derived(self, gone_rows: Sequence[int], *, last_row: int) -> bool:
        """Makes the next generation out of the files of the one before; returns whether they were worth it."""
        try:
            before = self._load_manifest()
            published = [row for row in gone_rows if row <= self.rows.load_number("last_row")]
            self.rows.save_removed(row for row in published if row <= before.base_row)
            recent = self.rows.count_after(before.base_row)
            stale = recent + self.rows.count_rows()[2]
            if before.base_count < MIN_SHARED_PASSAGES or stale > MAX_STALE_SHARE * before.base_count:
                return False
            manifest = extend_derived(
                self.folder,
                before,
                vectors=self.rows.iter_vectors(before.base_row, last_row),
                texts=self.rows.iter_texts(self.rows.load_number("last_row"), last_row),
                without=published,
                count=recent,
                dimension=self.identity.dimension,
            )
        except StoreDamagedError:
            return False
        self.rows.save_meta("manifest", manifest.to_json())
        return True

    def _build_derived(self, generation: int, *, last_row: int) -> None:
        self._database.execute("DELETE FROM removed")
        manifest = build_derived(
            self.folder,
            generation,
            vectors=self.rows.iter_vectors(0, last_row),
            texts=self.rows.iter_texts(0, last_row),
            base_row=last_row,
            count=self.rows.count_passages(),
            dimension=self.identity.dimension,
        )
        self.rows.save_meta("manifest", manifest.to_json())

    def _load_manifest(self) -> Manifest:
        manifest = Manifest.from_json(self.rows.load_meta("manifest") or "")
        if manifest.generation != self.rows.generation:
            raise StoreDamagedError("the search indexes are of another generation", hint="Run: askbrief index")
        return manifest


def _iter_vectors(folder: Path, *, encoder: str) -> Iterator[tuple[bytes, bytes, int]]:
    """Key, vector and checksum of the vectors in ``folder``; none if another encoder made them.

    Raises:
        StoreError: There is no database, or it cannot be read.
    """
    if not (folder / FILE_NAME).is_file():
        return
    with contextlib.closing(Database(folder)) as database:
        if dict(database.rows("SELECT key, value FROM meta")).get("encoder") == encoder:
            yield from database.rows("SELECT key, vector, checksum FROM vectors")
