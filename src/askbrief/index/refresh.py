"""Refreshing: bring a store up to date with its folder, as a generator of progress.

Work that was done is kept: documents and vectors are saved batch by batch, so that an interrupted run goes on where it
stopped, and nothing is visible before everything is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import replace

from askbrief.config import Folder
from askbrief.corpus.chunk import CHUNKER
from askbrief.corpus.scan import Scan, scan_folder
from askbrief.errors import (
    CorpusError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreNotFoundError,
    StoreOutdatedError,
)
from askbrief.index.differences import find_differences, load_known
from askbrief.index.refreshed import Refreshed
from askbrief.models.encoder import Encoder
from askbrief.store.lock import lock_for_writing
from askbrief.store.sqlite import set_aside_database
from askbrief.store.store import Identity, Store
from askbrief.types import Progress

LOCK_TIMEOUT_SECONDS = 600.0
_SCRATCH = "rebuilding"


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
    """The articles of ``folder``, or of its shard.

    Raises:
        CorpusError: The folder cannot be read.
    """
    shard = folder.shard
    if shard is None:
        return scan_folder(folder.articles, root=folder.root, without=folder.index)
    found = scan_folder(folder.articles, root=folder.root, without=shard.whole)
    return replace(
        found,
        files=tuple(file for file in found.files if shard.holds(file.path)),
        skipped=tuple(file for file in found.skipped if shard.holds(file.path)),
    )


def refresh(
    folder: Folder,
    encoder: Encoder,
    *,
    store: Store | None = None,
    is_thorough: bool = False,
    found: Scan | None = None,
) -> Generator[Progress, None, tuple[Store, Refreshed]]:
    """Bring the store of ``folder`` up to date, and create it if there is none.

    Yields progress and returns the open store with what was done. An up-to-date store is only read. A store that was
    made with other settings is rebuilt; a damaged one is saved under another name and rebuilt; the notes say so.

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
        store = open_if_usable(folder, identity)
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
    from askbrief.index.update import update  # loads what reads files: not needed where nothing differs

    require_articles(folder, found)
    with ExitStack() as stack:
        yield from _lock(folder, stack)
        found = scan(folder)  # others may have seen newer files
        shutil.rmtree(folder.index / _SCRATCH, ignore_errors=True)
        store = _open_or_create(folder, identity, done)
        try:
            if is_thorough:
                store.check()
            yield from update(found, folder, store, encoder, done)
        except StoreDamagedError as error:
            store.close()
            done = Refreshed()
            _set_aside(folder, error, done)
            store = Store.create(folder.index, identity)
            yield from update(found, folder, store, encoder, done)
        except BaseException:
            store.close()
            raise
    return store, done


def rebuild(folder: Folder, encoder: Encoder) -> Generator[Progress, None, tuple[Store, Refreshed]]:
    """Read and encode everything again, otherwise as ``refresh``; the old store answers until that is done.

    Raises:
        CorpusError: The folder cannot be read, or holds no article.
        StoreBusyError: Another process has been writing for too long.
        StoreError: The index cannot be written.
    """
    from askbrief.index.update import update  # loads what reads files: not needed where nothing differs

    identity, done, scratch = identify(folder, encoder), Refreshed(), folder.index / _SCRATCH
    require_articles(folder, scan(folder))
    with ExitStack() as stack:
        yield from _lock(folder, stack)
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)
        stack.enter_context(lock_for_writing(scratch, timeout_seconds=0))  # makes the folder
        generation = _find_generation(folder, identity)
        with Store.create(scratch, identity, generation=generation) as store:
            yield from update(scan(folder), folder, store, encoder, done)
            try:
                store.replace(folder.index)
            except StoreDamagedError as error:
                _set_aside(folder, error, done)
                store.replace(folder.index)
    return Store.open(folder.index, identity), done


def replace_damaged(folder: Folder, encoder: Encoder, error: StoreDamagedError) -> None:
    """Save a damaged database under another name, and leave an empty store.

    Raises:
        StoreError: The index cannot be written, or another process is writing.
    """
    with lock_for_writing(folder.index, timeout_seconds=LOCK_TIMEOUT_SECONDS):
        _set_aside(folder, error, Refreshed())
        Store.create(folder.index, identify(folder, encoder)).close()


def require_articles(folder: Folder, scan: Scan) -> None:
    """Refuse a folder without articles.

    Raises:
        CorpusError: There are none.
    """
    if scan.files or folder.shard is not None:  # a shard may have none
        return
    others = ", ".join(f"{count} {ending}" for ending, count in scan.others.most_common(3))
    found = f" (found instead: {others})" if others else ""
    raise CorpusError(
        f"{folder.articles} holds no articles{found}", hint="Put articles there, or name another --folder."
    )


def open_if_usable(folder: Folder, identity: Identity) -> Store | None:
    """The store of ``folder``; None where there is none that can be used."""
    try:
        return Store.open(folder.index, identity)
    except StoreError:
        return None


def _open_or_create(folder: Folder, identity: Identity, done: Refreshed) -> Store:
    """The store of ``folder``, rebuilt where that is necessary. Call it with the lock held."""
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
    """Lock the index; a folder that was moved away meanwhile is not made again for it.

    Raises:
        CorpusError: The folder is gone.
        StoreError: The index cannot be written.
    """
    if not folder.root.is_dir():
        raise CorpusError(f"{folder.root} no longer exists", hint="Check the folder.")
    try:
        stack.enter_context(lock_for_writing(folder.index, timeout_seconds=0))
    except StoreBusyError:
        yield Progress("Waiting for another process that is indexing", 0, 0, is_slow=True)
        stack.enter_context(lock_for_writing(folder.index, timeout_seconds=LOCK_TIMEOUT_SECONDS))


def _find_generation(folder: Folder, identity: Identity) -> int:
    """The generation that is there; 0 if none is usable."""
    store = open_if_usable(folder, identity)
    if store is None:
        return 0
    with store:
        try:
            return store.rows.generation
        except StoreDamagedError:
            return 0
