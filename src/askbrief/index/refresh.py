"""Indexing: brings a store up to date with its folder, as a generator of progress.

Work that was done is kept: documents and vectors are saved batch by batch, so that an interrupted run goes on where it
stopped, and nothing is visible before everything is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from time import perf_counter

from askbrief.config import Folder
from askbrief.corpus.chunk import CHUNKER, build_indexed_text, chunk_document, find_content, find_vector_key
from askbrief.corpus.document import build_document
from askbrief.corpus.extracted import Block
from askbrief.corpus.scan import ArticleFile, Scan, load_bytes, scan_folder
from askbrief.errors import (
    CorpusError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreNotFoundError,
    StoreOutdatedError,
)
from askbrief.index.plan import Plan, build_plan, find_differences, record_problem
from askbrief.models.encoder import Encoder
from askbrief.models.gpu import MANY_CHARACTERS, accelerate
from askbrief.store.lock import lock_for_writing
from askbrief.store.rows import FileRecord
from askbrief.store.sqlite import set_aside_database
from askbrief.store.store import Identity, Store
from askbrief.types import Document, Passage, Progress, SkippedFile

LOCK_TIMEOUT_SECONDS = 600.0
SLOW_SECONDS = 5.0
"""What is estimated to take longer is said before it begins."""
CHARACTERS_PER_SECOND = 40_000.0
"""Speed of encoding that is assumed until it was measured."""
_MIN_MEASURED_CHARACTERS = 20_000
_BATCH_PASSAGES = 256
_SCRATCH = "rebuilding"


@dataclass(slots=True)
class Refreshed:
    """What a refresh did. ``notes`` are sentences for people, such as why everything was read anew."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
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


def scan(folder: Folder) -> Scan:
    """The articles of ``folder``.

    Raises:
        CorpusError: The folder cannot be read.
    """
    return scan_folder(folder.articles, root=folder.root, without=folder.index)


def preview(folder: Folder, encoder: Encoder) -> Generator[Progress, None, Plan]:
    """What ``refresh`` would do, as a plan; changes nothing.

    Raises:
        CorpusError: The folder cannot be read, or holds no article.
    """
    found = scan(folder)
    _require_articles(folder, found)
    store = _open_if_usable(folder, identify(folder, encoder))
    if store is not None:
        with store, suppress(StoreDamagedError):
            return (yield from _plan(found, folder, store))
    return (yield from _plan(found, folder, None))


def refresh(
    folder: Folder,
    encoder: Encoder,
    *,
    store: Store | None = None,
    is_thorough: bool = False,
    found: Scan | None = None,
) -> Generator[Progress, None, tuple[Store, Refreshed]]:
    """Brings the store of ``folder`` up to date, making it if there is none.

    Yields progress and returns the open store with what was done. An up-to-date store is only read. A store that was
    made with other settings is made anew; a damaged one is set aside, kept, and made anew; the notes say so.

    Args:
        folder: The folder.
        encoder: Encodes what is new.
        store: The folder's store, if it is open; another one may be returned, and this one is then closed.
        is_thorough: Whether all that the store holds is read and compared with its checksums.
        found: What ``scan`` has just found.

    Raises:
        CorpusError: The folder cannot be read, or holds no article.
        StoreBusyError: Another process has been writing for too long.
        StoreError: The index cannot be written.
    """
    identity = identify(folder, encoder)
    found = found or scan(folder)
    done = Refreshed()
    if store is not None and not store.is_current:
        store.close()
        store = None
    if store is None:
        store = _open_if_usable(folder, identity)
    if store is not None:
        try:
            if find_differences(found, store.load_stats()).is_empty and store.generation:
                if is_thorough:
                    store.check()
                done.skipped = store.load_skipped()
                return store, done
        except StoreDamagedError:
            pass
        store.close()
    _require_articles(folder, found)
    with ExitStack() as stack:
        yield from _lock(folder, stack)
        found = scan(folder)  # others may have seen newer files
        shutil.rmtree(folder.index / _SCRATCH, ignore_errors=True)
        store = _open_or_create(folder, identity, done)
        try:
            if is_thorough:
                store.check()
            yield from _apply(found, folder, store, encoder, done)
        except StoreDamagedError as error:
            store.close()
            done = Refreshed()
            _set_aside(folder, error, done)
            store = Store.create(folder.index, identity)
            yield from _apply(found, folder, store, encoder, done)
        except BaseException:
            store.close()
            raise
    return store, done


def rebuild(folder: Folder, encoder: Encoder) -> Generator[Progress, None, tuple[Store, Refreshed]]:
    """Reads and encodes everything anew, and else as ``refresh``; until that is done, the store that is there answers.

    Raises:
        CorpusError: The folder cannot be read, or holds no article.
        StoreBusyError: Another process has been writing for too long.
        StoreError: The index cannot be written.
    """
    identity, done, scratch = identify(folder, encoder), Refreshed(), folder.index / _SCRATCH
    _require_articles(folder, scan(folder))
    with ExitStack() as stack:
        yield from _lock(folder, stack)
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)
        stack.enter_context(lock_for_writing(scratch, timeout_seconds=0))  # makes the folder
        generation = _find_generation(folder, identity)
        with Store.create(scratch, identity, generation=generation) as store:
            yield from _apply(scan(folder), folder, store, encoder, done)
            try:
                store.replace(folder.index)
            except StoreDamagedError as error:
                _set_aside(folder, error, done)
                store.replace(folder.index)
    return Store.open(folder.index, identity), done


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


def _lock(folder: Folder, stack: ExitStack) -> Generator[Progress, None, None]:
    try:
        stack.enter_context(lock_for_writing(folder.index, timeout_seconds=0))
    except StoreBusyError:
        yield Progress("Waiting for another process that is indexing", 0, 0, is_slow=True)
        stack.enter_context(lock_for_writing(folder.index, timeout_seconds=LOCK_TIMEOUT_SECONDS))


def _find_generation(folder: Folder, identity: Identity) -> int:
    """The generation that is there; 0 if none is usable."""
    store = _open_if_usable(folder, identity)
    if store is None:
        return 0
    with store:
        try:
            return store.generation
        except StoreDamagedError:
            return 0


def _plan(found: Scan, folder: Folder, store: Store | None) -> Generator[Progress, None, Plan]:
    known = store.load_files() if store else {}
    speed = (store.load_speed() if store else None) or CHARACTERS_PER_SECOND
    stats = {path: (record.size, record.mtime_ns, record.problem) for path, record in known.items()}
    plan = yield from build_plan(find_differences(found, stats), known, root=folder.root)
    return replace(plan, seconds=plan.characters / speed)


def _apply(
    found: Scan, folder: Folder, store: Store, encoder: Encoder, done: Refreshed
) -> Generator[Progress, None, None]:
    plan = yield from _plan(found, folder, store)
    total = len(plan.reading)
    records = list(plan.problems)
    accelerated = None
    if plan.characters >= MANY_CHARACTERS:
        yield Progress("Looking for a GPU", 0, 0)
        accelerated = accelerate(encoder)
    stage = f"Indexing on {accelerated.device}" if accelerated else "Indexing"
    seconds = plan.seconds if plan.seconds > SLOW_SECONDS and not accelerated else None
    batch = _Batch(store, accelerated or encoder)
    for number, file in enumerate(plan.reading):
        yield Progress(stage, number, total, seconds=seconds)
        record, document, blocks = _read(file, folder)
        records.append(record)
        if document is not None:
            batch.add(document, blocks, folder)
            if batch.is_full:
                batch.save()
    batch.save()
    if accelerated and accelerated.failure:
        done.notes.append(f"{accelerated.device} failed ({accelerated.failure}); the rest was encoded without it")
    if batch.characters >= _MIN_MEASURED_CHARACTERS and not accelerated:
        store.save_speed(batch.characters / batch.seconds)
    if plan.touched:
        store.touch_files(plan.touched)
    if records or plan.gone or not store.is_published:
        yield Progress("Publishing", total, total)
        store.publish(records, gone=plan.gone)
    done.added, done.changed, done.renamed, done.removed = plan.added, plan.changed, plan.renamed, plan.removed
    done.skipped = store.load_skipped()
    yield Progress("Indexed", total, total)


def _read(file: ArticleFile, folder: Folder) -> tuple[FileRecord, Document | None, tuple[Block, ...]]:
    from askbrief.corpus.formats.plain import extract_text

    try:
        extraction = extract_text(load_bytes(folder.root / file.path), file.path)
    except CorpusError as error:
        return record_problem(file, error), None, ()
    (extracted,) = extraction.documents
    document = build_document(extracted, file.path)
    content = find_content(extracted.text)
    record = FileRecord(file.path, file.size, file.mtime_ns, extraction.encoding, None, document.id, content)
    return record, document, extracted.blocks


class _Batch:
    """Documents on their way into the store.

    Attributes:
        characters: Text encoded so far.
        seconds: Time that took.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self._documents: dict[str, tuple[Document, list[tuple[Passage, bytes]]]] = {}
        self._passages = 0
        self.characters = 0
        self.seconds = 0.0

    @property
    def is_full(self) -> bool:
        return self._passages >= _BATCH_PASSAGES

    def add(self, document: Document, blocks: Sequence[Block], folder: Folder) -> None:
        if document.id in self._documents or self._store.has_document(document.id):
            return
        settings = folder.settings
        passages = chunk_document(
            document, blocks, passage_words=settings.passage_words, overlap_sentences=settings.overlap_sentences
        )
        keys = [find_vector_key(build_indexed_text(document.title, passage.text)) for passage in passages]
        self._documents[document.id] = (document, list(zip(passages, keys, strict=True)))
        self._passages += len(passages)

    def save(self) -> None:
        texts = {
            key: build_indexed_text(document.title, passage.text)
            for document, passages in self._documents.values()
            for passage, key in passages
            if not self._store.has_vector(key)
        }
        began = perf_counter()
        vectors = list(zip(texts, self._encoder.encode_passages(list(texts.values())), strict=True))
        self.seconds += perf_counter() - began
        self.characters += sum(map(len, texts.values()))
        self._store.add_documents(self._documents.values(), vectors)
        self._documents.clear()
        self._passages = 0
