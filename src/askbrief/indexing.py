"""Indexing: brings a store up to date with its folder, as a generator of progress.

Work that was done is kept: documents and vectors are saved batch by batch, so that an interrupted run goes on where it
stopped, and nothing is visible before everything is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, field

from askbrief.chunking import CHUNKER, chunk_document
from askbrief.config import Folder
from askbrief.corpus import ArticleFile, Scan, build_document, decode, load_bytes, scan_folder
from askbrief.database import lock_for_writing, set_aside_database
from askbrief.datatypes import Document, Passage, Progress, SkippedFile
from askbrief.encoding import Encoder
from askbrief.errors import (
    CorpusError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreNotFoundError,
    StoreOutdatedError,
)
from askbrief.store import FileRecord, Identity, Store

LOCK_TIMEOUT_SECONDS = 600.0
_BATCH_PASSAGES = 256
_RETRY_SIZE = -1
"""Size recorded for a file that could not be opened, so that the next refresh tries it again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs between a folder and its store.

    Attributes:
        pending: Files to read: new ones and those whose size or time changed.
        gone: Paths in the store that the folder no longer has.
        known: What the store knows of every file.
        unlisted: Links and other entries that cannot be articles, as records with a problem.
    """

    pending: tuple[ArticleFile, ...]
    gone: tuple[str, ...]
    known: dict[str, FileRecord]
    unlisted: tuple[FileRecord, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the store is up to date."""
        return not (self.pending or self.gone or self.unlisted)


@dataclass(slots=True)
class Refreshed:
    """What a refresh did. ``notes`` are sentences for people, such as why everything was read anew."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    skipped: tuple[SkippedFile, ...] = ()
    notes: list[str] = field(default_factory=list)


def identify(folder: Folder, encoder: Encoder) -> Identity:
    """What a store of ``folder`` must have been made with."""
    settings = folder.settings
    return Identity(
        encoder=encoder.fingerprint,
        dimension=encoder.dimension,
        chunker=CHUNKER,
        passage_words=settings.passage_words,
        overlap_sentences=settings.overlap_sentences,
    )


def build_plan(scan: Scan, known: dict[str, FileRecord]) -> Plan:
    """Compares a folder with what the store knows: by size and time only."""
    unlisted = tuple(FileRecord(s.path, _RETRY_SIZE, 0, problem=s.reason) for s in scan.skipped)
    present = {file.path for file in scan.files} | {record.path for record in unlisted}
    pending = tuple(
        file
        for file in scan.files
        if (record := known.get(file.path)) is None or (record.size, record.mtime_ns) != (file.size, file.mtime_ns)
    )
    return Plan(
        pending=pending,
        gone=tuple(sorted(path for path in known if path not in present)),
        known=known,
        unlisted=tuple(record for record in unlisted if known.get(record.path) != record),
    )


def refresh(folder: Folder, encoder: Encoder) -> Generator[Progress, None, tuple[Store, Refreshed]]:
    """Brings the store of ``folder`` up to date, making it if there is none.

    Yields progress and returns the open store with what was done. An up-to-date store is only read. A store that was
    made with other settings is made anew; a damaged one is set aside, kept, and made anew; the notes say so.

    Raises:
        CorpusError: The folder cannot be read, or holds no article.
        StoreBusyError: Another process has been writing for too long.
        StoreError: The index cannot be written.
    """
    identity = identify(folder, encoder)
    scan = scan_folder(folder.articles, root=folder.root, without=folder.index)
    done = Refreshed()
    store = _open_if_usable(folder, identity)
    if store is not None:
        try:
            if build_plan(scan, store.load_files()).is_empty and store.generation:
                done.skipped = store.load_skipped()
                return store, done
        except StoreDamagedError:
            pass
        store.close()
    _require_articles(folder, scan)
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_for_writing(folder.index, timeout_seconds=0))
        except StoreBusyError:
            yield Progress("Waiting for another process that is indexing", 0, 0, is_slow=True)
            stack.enter_context(lock_for_writing(folder.index, timeout_seconds=LOCK_TIMEOUT_SECONDS))
        scan = scan_folder(folder.articles, root=folder.root, without=folder.index)  # others may have seen newer files
        store = _open_or_create(folder, identity, done)
        try:
            yield from _apply(scan, folder, store, encoder, done)
        except StoreDamagedError as error:
            store.close()
            done = Refreshed()
            _set_aside(folder, error, done)
            store = Store.create(folder.index, identity)
            yield from _apply(scan, folder, store, encoder, done)
        except BaseException:
            store.close()
            raise
    return store, done


def replace_damaged(folder: Folder, encoder: Encoder, error: StoreDamagedError) -> None:
    """Sets a database aside that turned out to be damaged while it was read, and leaves an empty store.

    Raises:
        StoreError: The index cannot be written, or another process is writing.
    """
    with lock_for_writing(folder.index, timeout_seconds=LOCK_TIMEOUT_SECONDS):
        _set_aside(folder, error, Refreshed())
        Store.create(folder.index, identify(folder, encoder)).close()


def _require_articles(folder: Folder, scan: Scan) -> None:
    if scan.files:
        return
    others = ", ".join(f"{count} {ending}" for ending, count in scan.others.most_common(3))
    found = f" (found instead: {others})" if others else ""
    raise CorpusError(
        f"{folder.articles} holds no articles{found}", hint="Put .txt or .md files there, or name another --folder."
    )


def _open_if_usable(folder: Folder, identity: Identity) -> Store | None:
    try:
        return Store.open(folder.index, identity)
    except StoreError:
        return None


def _open_or_create(folder: Folder, identity: Identity, done: Refreshed) -> Store:
    """The store of ``folder``, made anew where it must be. Call it with the lock held."""
    try:
        return Store.open(folder.index, identity)
    except StoreNotFoundError:
        pass
    except StoreOutdatedError as error:
        done.notes.append(f"{error.message}; everything was read anew")
    except StoreDamagedError as error:
        _set_aside(folder, error, done)
    return Store.create(folder.index, identity)


def _set_aside(folder: Folder, error: StoreDamagedError, done: Refreshed) -> None:
    kept = set_aside_database(folder.index)
    done.notes.append(f"{error.message}; it was kept as {kept.name} and everything was read anew")


def _apply(
    scan: Scan, folder: Folder, store: Store, encoder: Encoder, done: Refreshed
) -> Generator[Progress, None, None]:
    plan = build_plan(scan, store.load_files())
    records: list[FileRecord] = list(plan.unlisted)
    touched: list[FileRecord] = []
    batch = _Batch(store, encoder)
    total = len(plan.pending)
    for number, file in enumerate(plan.pending):
        yield Progress("Indexing", number, total)
        record, document = _read(file, folder)
        before = plan.known.get(file.path)
        if before is not None and (before.document_id, before.problem) == (record.document_id, record.problem):
            touched.append(record)
            continue
        (done.added if before is None else done.changed).append(file.path)
        records.append(record)
        if document is not None:
            batch.add(document, folder)
            if batch.is_full:
                batch.save()
    batch.save()
    done.removed += plan.gone
    if touched:
        store.touch_files(touched)
    if records or plan.gone or not store.generation:
        yield Progress("Publishing", total, total)
        store.publish(records, gone=plan.gone)
    done.skipped = store.load_skipped()
    yield Progress("Indexed", total, total)


def _read(file: ArticleFile, folder: Folder) -> tuple[FileRecord, Document | None]:
    try:
        decoded = decode(load_bytes(folder.root / file.path))
    except CorpusError as error:
        is_passing = isinstance(error.__cause__, OSError)
        size = _RETRY_SIZE if is_passing else file.size
        return FileRecord(file.path, size, file.mtime_ns, problem=error.message), None
    document = build_document(decoded.text, file.path)
    return FileRecord(file.path, file.size, file.mtime_ns, encoding=decoded.encoding, document_id=document.id), document


class _Batch:
    """Documents on their way into the store."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self._documents: dict[str, tuple[Document, list[tuple[Passage, bytes]]]] = {}
        self._passages = 0

    @property
    def is_full(self) -> bool:
        return self._passages >= _BATCH_PASSAGES

    def add(self, document: Document, folder: Folder) -> None:
        if document.id in self._documents or self._store.has_document(document.id):
            return
        settings = folder.settings
        passages = chunk_document(
            document, passage_words=settings.passage_words, overlap_sentences=settings.overlap_sentences
        )
        self._documents[document.id] = (document, [(p, _vector_key(document, p)) for p in passages])
        self._passages += len(passages)

    def save(self) -> None:
        texts = {
            key: encoded_text(document, passage)
            for document, passages in self._documents.values()
            for passage, key in passages
            if not self._store.has_vector(key)
        }
        vectors = zip(texts, self._encoder.encode_passages(list(texts.values())), strict=True)
        self._store.add_documents(self._documents.values(), vectors)
        self._documents.clear()
        self._passages = 0


def encoded_text(document: Document, passage: Passage) -> str:
    """What the encoder sees of a passage."""
    return f"{document.title}\n{passage.text}"


def _vector_key(document: Document, passage: Passage) -> bytes:
    return hashlib.sha256(encoded_text(document, passage).encode()).digest()[:16]
