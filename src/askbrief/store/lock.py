"""The lock around writing to an index folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from askbrief.errors import StoreBusyError, StoreError
from askbrief.store.sqlite import FILE_NAME

LOCK = "write.lock"


@contextlib.contextmanager
def lock_for_writing(folder: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Keeps every other process from writing to ``folder``, which is made if missing, for the length of the block.

    The operating system releases the lock when the process that holds it ends.

    Raises:
        StoreBusyError: Another process holds it for longer than ``timeout_seconds``.
        StoreError: The folder cannot be written, or is not to be: see ``refuse_foreign``.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_foreign(folder)
        lock = FileLock(folder / LOCK, timeout=timeout_seconds, mode=0o600)
        lock.acquire()
    except Timeout as error:
        raise StoreBusyError(f"another process is writing to {folder}", hint="Try again when it is done.") from error
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written: {error.strerror}",
            hint="Check its permissions, or ask the index as it is: --no-refresh",
        ) from error
    try:
        yield
    finally:
        lock.release()


def refuse_foreign(folder: Path) -> None:
    """Keeps askbrief from writing where it did not write before, or through a link to elsewhere.

    An index folder is empty, hidden files apart, or holds a database or a lock; askbrief makes no links in it.

    Raises:
        StoreError: The folder holds something else, or a link.
        OSError: It cannot be listed.
    """
    pending = [folder]
    while pending:
        place = pending.pop()
        try:
            with os.scandir(place) as entries:
                found = list(entries)
        except FileNotFoundError:  # a generation that its writer has just removed
            if place == folder:
                raise
            continue
        names = {entry.name for entry in found if not entry.name.startswith(".")}
        if place == folder and names and not names & {FILE_NAME, LOCK}:
            raise StoreError(f"{folder} holds other files than an index", hint="Name another folder as the index.")
        for entry in found:
            if entry.is_symlink():
                raise StoreError(f"{entry.path} is a link, which askbrief did not make", hint="Remove it.")
            if entry.is_dir():
                pending.append(Path(entry.path))
