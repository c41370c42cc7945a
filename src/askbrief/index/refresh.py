"""Refreshing: brings a store up to date with its folder, as a generator of progress.

Work that was done is kept: documents and vectors are saved batch by batch, so that an interrupted run goes on where it
stopped, and nothing is visible before everything is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace

from askbrief.config import Folder
from askbrief.corpus.chunk import CHUNKER
from askbrief.corpus.formats.table import TEXT, suffix_of
from askbrief.corpus.scan import MAX_TEXT_BYTES, ArticleFile, Scan, scan_folder
from askbrief.errors import (
    CorpusError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreNotFoundError,
    StoreOutdatedError,
)
from askbrief.index.batch import Batch
from askbrief.index.plan import (
    ENCODINGS,
    Differences,
    Found,
    Plan,
    build_plan,
    describe_encodings,
    find_differences,
    load_known,
    record_unlisted,
)
from askbrief.index.read import ReadFile, iter_files
from askbrief.models.encoder import Encoder
from askbrief.models.gpu import MANY_CHARACTERS, AcceleratedEncoder, accelerate
from askbrief.store.lock import lock_for_writing
from askbrief.store.rows import ExtractionRecord, FileRecord
from askbrief.store.sqlite import set_aside_database
from askbrief.store.store import Identity, Store
from askbrief.types import Progress, SkippedFile

LOCK_TIMEOUT_SECONDS = 600.0
SLOW_SECONDS = 5.0
"""What is estimated to take longer is said before it begins."""
CHARACTERS_PER_SECOND = 40_000.0
"""Speed of encoding that is assumed until it was measured."""
_MIN_MEASURED_CHARACTERS = 20_000
_BYTES_PER_CHARACTER = 20
"""Of files that are not text: a guess over PDF, office files and web pages."""
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
            rows = store.rows
            known, extractions = rows.load_files(), rows.load_extractions()
            differences = find_differences(found, load_known(rows, folder.settings))
            speed = rows.load_speed() or CHARACTERS_PER_SECOND
            return (yield from _preview(folder, differences, known=known, extractions=extractions, speed=speed))
    differences = find_differences(found, {})
    return (yield from _preview(folder, differences, known={}, extractions={}, speed=CHARACTERS_PER_SECOND))


def _preview(
    folder: Folder,
    differences: Differences,
    *,
    known: Mapping[str, FileRecord],
    extractions: Mapping[bytes, ExtractionRecord],
    speed: float,
) -> Generator[Progress, None, Plan]:
    found = []
    contents = _find_contents(extractions)
    for number, read in enumerate(_iter_files(differences, folder, known=extractions)):
        yield Progress("Comparing", number, len(differences.pending))
        found.append(read.found)
    plan = build_plan(differences, found, known=known, contents=contents)
    return replace(plan, seconds=plan.characters / speed)


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
    if store is not None and not store.rows.is_current:
        store.close()
        store = None
    if store is None:
        store = _open_if_usable(folder, identity)
    if store is not None:
        try:
            if find_differences(found, load_known(store.rows, folder.settings)).is_empty and store.rows.generation:
                if is_thorough:
                    store.check()
                done.skipped = store.rows.load_skipped()
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
        f"{folder.articles} holds no articles{found}", hint="Put articles there, or name another --folder."
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
        done.notes.append(f"{error.message}; rebuilt it")
    except StoreDamagedError as error:
        _set_aside(folder, error, done)
    return Store.create(folder.index, identity)


def _set_aside(folder: Folder, error: StoreDamagedError, done: Refreshed) -> None:
    kept = set_aside_database(folder.index)
    done.notes.append(f"{error.message}; saved the damaged file as {kept.name} and rebuilt the index")


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
            return store.rows.generation
        except StoreDamagedError:
            return 0


def _apply(
    scan: Scan, folder: Folder, store: Store, encoder: Encoder, done: Refreshed
) -> Generator[Progress, None, None]:
    """Read what differs, encode what is new, and publish the result."""
    known = store.rows.load_files()
    extractions = store.rows.load_extractions()
    differences = find_differences(scan, load_known(store.rows, folder.settings))
    total = len(differences.pending)
    seconds = _estimate_seconds(differences, store)
    accelerated: AcceleratedEncoder | None = None
    batch: Batch | None = None
    found: list[Found] = []
    for number, read in enumerate(_iter_files(differences, folder, known=extractions)):
        stage = f"Indexing on {accelerated.device}" if accelerated else "Indexing"
        step = Progress(stage, number, total, seconds=None if accelerated else seconds)
        yield replace(step, passages=batch.passages if batch else 0)
        found.append(read.found)
        if read.extraction is None:
            continue
        if batch is None:
            store.rows.begin_adding()
            if sum(map(_estimate_characters, differences.pending)) >= MANY_CHARACTERS:
                yield Progress("Looking for a GPU", 0, 0)
                accelerated = accelerate(encoder)
            batch = Batch(store, accelerated or encoder, passage_words=folder.settings.passage_words)
        batch.add(read.extraction, read.documents)
        extractions[read.extraction.key] = read.extraction
        if batch.is_full:
            for _ in batch.save():
                yield replace(step, passages=batch.passages)
    if batch is not None:
        for _ in batch.save():
            yield Progress(stage, total - 1, total, passages=batch.passages)
        if accelerated and accelerated.failure:
            done.notes.append(f"{accelerated.device} failed ({accelerated.failure}); encoded the rest without it")
        if batch.characters >= _MIN_MEASURED_CHARACTERS and not accelerated:
            store.rows.save_speed(batch.characters / batch.seconds)
    plan = build_plan(differences, found, known=known, contents=_find_contents(extractions))
    _publish(store, plan, differences, found)
    encodings = describe_encodings(folder.settings)
    if (store.rows.load_meta(ENCODINGS) or "") != encodings:
        store.rows.save_meta(ENCODINGS, encodings)
    done.added, done.changed, done.renamed, done.removed = plan.added, plan.changed, plan.renamed, plan.removed
    done.skipped = store.rows.load_skipped()
    yield Progress("Indexed", total, total)


def _iter_files(
    differences: Differences, folder: Folder, *, known: Mapping[bytes, ExtractionRecord]
) -> Generator[ReadFile, None, None]:
    find_encoding = folder.settings.find_encoding
    return iter_files(differences.pending, root=folder.root, known=known, find_encoding=find_encoding)


def _publish(store: Store, plan: Plan, differences: Differences, found: Sequence[Found]) -> None:
    """Make a new generation if anything else than sizes and times changed."""
    touched = set(plan.touched)
    store.rows.touch_files(file.record for file in found if file.record.path in touched)
    records = [file.record for file in found if file.record.path not in touched]
    records += map(record_unlisted, differences.unlisted)
    if records or plan.gone or not store.is_published:
        store.publish(records, gone=plan.gone)


def _find_contents(extractions: Mapping[bytes, ExtractionRecord]) -> dict[bytes, str]:
    return {key: extraction.content for key, extraction in extractions.items()}


def _estimate_seconds(differences: Differences, store: Store) -> float | None:
    """How long encoding what differs takes, as far as can be told from sizes; None if that is short."""
    speed = store.rows.load_speed() or CHARACTERS_PER_SECOND
    seconds = sum(map(_estimate_characters, differences.pending)) / speed
    return seconds if seconds > SLOW_SECONDS else None


def _estimate_characters(file: ArticleFile) -> int:
    """Text in a file, as far as its name and size tell; none where it is too large to be read."""
    if suffix_of(file.path) in TEXT:
        return file.size if file.size <= MAX_TEXT_BYTES else 0
    return min(file.size // _BYTES_PER_CHARACTER, MAX_TEXT_BYTES)
