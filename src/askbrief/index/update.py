"""Updating: read what differs, encode what is new, publish the result. The store is open and locked."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

from askbrief.config import Folder
from askbrief.corpus.formats.table import TEXT, suffix_of
from askbrief.corpus.scan import MAX_TEXT_BYTES, ArticleFile, Scan
from askbrief.index.batch import Batch
from askbrief.index.differences import (
    ENCODINGS,
    Differences,
    describe_encodings,
    find_differences,
    load_known,
    record_unlisted,
)
from askbrief.index.plan import Found, Plan, build_plan, find_contents
from askbrief.index.read import ReadFile, iter_files
from askbrief.index.refreshed import Refreshed
from askbrief.models.encoder import Encoder
from askbrief.models.gpu import MANY_CHARACTERS, AcceleratedEncoder, accelerate
from askbrief.store.records import ExtractionRecord
from askbrief.store.store import Store
from askbrief.types import Progress

SLOW_SECONDS = 5.0
"""What is estimated to take longer is said before it begins."""
CHARACTERS_PER_SECOND = 40_000.0
"""Speed of encoding that is assumed until it was measured."""
_MIN_MEASURED_CHARACTERS = 20_000
_BYTES_PER_CHARACTER = 20
"""Of files that are not text: a guess over PDF, office files and web pages."""


def update(
    scan: Scan, folder: Folder, store: Store, encoder: Encoder, done: Refreshed
) -> Generator[Progress, None, None]:
    """Read what differs, encode what is new, and publish the result, yielding progress.

    Args:
        scan: The folder as it is.
        folder: The folder.
        store: Its open store. The lock for writing is held.
        encoder: Encodes what is new.
        done: Gets what was done.

    Raises:
        StoreDamagedError: The store is damaged.
        StoreError: The store cannot be written.
    """
    known = store.rows.load_files()
    extractions = store.rows.load_extractions()
    differences = find_differences(scan, load_known(store.rows, folder.settings))
    total = len(differences.pending)
    seconds = _estimate_seconds(differences, store)
    accelerated: AcceleratedEncoder | None = None
    batch: Batch | None = None
    found: list[Found] = []
    for number, read in enumerate(iter_pending(differences, folder, known=extractions)):
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
    plan = build_plan(differences, found, known=known, contents=find_contents(extractions))
    _publish(store, plan, differences, found)
    encodings = describe_encodings(folder.settings)
    if (store.rows.load_meta(ENCODINGS) or "") != encodings:
        store.rows.save_meta(ENCODINGS, encodings)
    done.added, done.changed, done.renamed, done.removed = plan.added, plan.changed, plan.renamed, plan.removed
    done.skipped = store.rows.load_skipped()
    yield Progress("Indexed", total, total)


def iter_pending(
    differences: Differences, folder: Folder, *, known: Mapping[bytes, ExtractionRecord]
) -> Generator[ReadFile, None, None]:
    """Read the files that are new or changed, each once.

    Args:
        differences: What differs between the folder and its store.
        folder: The folder.
        known: What was read of files before, by key; it is not read again.
    """
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
