"""The status of an index: what it holds, and how it differs from its folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from askbrief.config import Folder
from askbrief.index.differences import find_differences, load_known
from askbrief.index.refresh import scan
from askbrief.models.locate import DEFAULT_NAME
from askbrief.store.store import Store
from askbrief.types import Decoding, Freshness, Status


def build_status(folder: Folder, store: Store, *, freshness: Freshness, reader: str) -> Status:
    """What is indexed, and how it differs from the folder now. Changes nothing.

    Args:
        folder: The folder.
        store: Its open store.
        freshness: What the store holds.
        reader: Name of the reader in use.

    Raises:
        AskbriefError: The folder or the store cannot be read.
    """
    found = scan(folder)
    differences = find_differences(found, load_known(store.rows, folder.settings))
    # Generations share files by hard links.
    sizes = {(file.st_dev, file.st_ino): file.st_size for file in _iter_file_stats(folder.index)}
    return Status(
        articles=str(folder.articles),
        index=str(folder.index),
        index_bytes=sum(sizes.values()),
        encoder=folder.settings.encoder or DEFAULT_NAME,
        fingerprint=store.identity.encoder,
        reader=reader,
        dense="exact" if store.is_exact else "2 bits a dimension",
        freshness=freshness,
        pending=tuple(sorted([*(f.path for f in differences.pending), *(s.path for s in differences.unlisted)])),
        gone=differences.gone,
        encodings=_find_encodings(store),
        partly=store.rows.load_partly(),
        others=dict(found.others),
    )


def _find_encodings(store: Store) -> dict[str, Decoding]:
    """How the files that are not sound UTF-8 were decoded, by path."""
    extractions = store.rows.load_extractions()
    found = {}
    for path, record in store.rows.load_files().items():
        read = extractions.get(record.extraction or b"")
        if read is not None and (read.replaced or read.encoding not in ("", "utf-8")):
            found[path] = Decoding(read.encoding, read.certainty, read.replaced)
    return found


def _iter_file_stats(folder: Path) -> Iterator[os.stat_result]:
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = file.stat()
            if stat.S_ISREG(status.st_mode):
                yield status
