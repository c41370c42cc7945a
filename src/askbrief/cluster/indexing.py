"""Indexing on a cluster: each shard is one Ray task that builds, continues, updates or repairs an ordinary store.

Ray places the tasks and starts a task again whose worker or node died; the store goes on where it was interrupted. The
folder and its index lie on a disk that all nodes see under the same path.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec.structs import replace as change

from askbrief.cluster.connection import load_ray
from askbrief.cluster.manifest import (
    MAX_SHARDS,
    Manifest,
    ShardState,
    build_manifest,
    find_layouts,
    find_lock,
    load_manifest,
    refuse_links,
    save_manifest,
)
from askbrief.config import Folder
from askbrief.errors import AskbriefError, ClusterError, CorpusError, StoreDamagedError, StoreError
from askbrief.index.keeper import IndexKeeper
from askbrief.index.refresh import identify, scan
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.encoder import Encoder
from askbrief.store.lock import lock_for_writing
from askbrief.types import Freshness, Progress

MAX_RETRIES = 5
"""How often a task is started again whose worker or node died."""
LOCK_TIMEOUT_SECONDS = 600.0
_POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Built:
    """What indexing a shard came to: plain data, sent back by the task.

    Attributes:
        freshness: What it holds and what changed; None where it could not be brought up to date.
        notes: Sentences for people, such as that it was damaged and rebuilt.
        problem: Why it could not be brought up to date; '' if it could.
    """

    freshness: Freshness | None
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class Indexed:
    """What indexing all shards came to.

    Attributes:
        manifest: As saved.
        freshness: What all shards hold, and what changed.
        notes: Sentences for people, each with the number of its shard.
    """

    manifest: Manifest
    freshness: Freshness
    notes: list[str] = field(default_factory=list)


def build_shard(folder: Folder, encoder: Encoder | None) -> Built:
    """Bring the store of a shard up to date, as any store is; what a user can act on comes back as a problem."""
    keeper = None
    try:
        keeper = IndexKeeper(folder, encoder or load_encoder(folder.settings.encoder, root=folder.root))
        for _ in keeper.refresh(is_thorough=True):
            pass
        return Built(keeper.find_freshness(checked=True), tuple(keeper.notes))
    except AskbriefError as error:
        return Built(None, problem=error.message)
    finally:
        if keeper is not None:
            keeper.close()


def index_shards(
    folder: Folder, *, count: int | None = None, encoder: Encoder | None = None
) -> Generator[Progress, None, Indexed]:
    """Bring all shards of ``folder`` up to date, yielding progress. This process is connected to a cluster.

    Args:
        folder: The whole folder.
        count: Shards; None keeps what there are, or else makes one for each core of the cluster.
        encoder: In place of the one that the settings name; it must be possible to send it.

    Raises:
        ClusterError: A shard could not be brought up to date; the manifest names it, and the others are.
        CorpusError: The folder cannot be read, or holds no article.
        StoreError: The manifest cannot be written, or a link leads elsewhere.
    """
    found = scan(folder)
    if not found.files:
        raise CorpusError(f"{folder.articles} holds no articles", hint="Put documents there, or name another --folder.")
    identity = identify(folder, encoder or load_encoder(folder.settings.encoder, root=folder.root))
    refuse_links(folder)
    with lock_for_writing(find_lock(folder), timeout_seconds=LOCK_TIMEOUT_SECONDS):
        before, notes = _load_before(folder)
        manifest = build_manifest(identity, count=_choose_count(folder, count, before), before=before)
        save_manifest(folder, manifest)
        indexed = Indexed(manifest, Freshness(0, 0, 0, shards=manifest.count), notes)
        tasks = _start_tasks(folder, manifest, encoder)
        while tasks:
            yield Progress("Indexing", manifest.count - len(tasks), manifest.count, unit="shard")
            for number, built in _take_done(tasks):
                _record(indexed, number, built)
                save_manifest(folder, indexed.manifest)
        if not indexed.manifest.problems:
            _remove_others(folder, manifest.count)
    yield Progress("Indexed", manifest.count, manifest.count, unit="shard")
    _require_complete(indexed.manifest)
    return indexed


def _load_before(folder: Folder) -> tuple[Manifest | None, list[str]]:
    """The manifest that is there, and what people are told where it cannot be used."""
    try:
        return load_manifest(folder), []
    except StoreDamagedError as error:
        return None, [f"{error.message}; wrote it again"]
    except StoreError:
        return None, []


def _choose_count(folder: Folder, count: int | None, before: Manifest | None) -> int:
    """How many shards to make.

    Raises:
        ClusterError: That number is not possible.
    """
    if count is None and before is not None:
        return before.count
    if count is None and (layouts := find_layouts(folder)):
        return max(layouts)
    count = max(1, int(load_ray().cluster_resources().get("CPU", 1))) if count is None else count
    if not 1 <= count <= MAX_SHARDS:
        raise ClusterError(f"an index cannot have {count} shards", hint=f"Choose from 1 to {MAX_SHARDS}.")
    return count


def _start_tasks(folder: Folder, manifest: Manifest, encoder: Encoder | None) -> dict[Any, int]:
    """A task for each shard; the number of the shard by what stands for the task."""
    ray = load_ray()
    gpus = 1 if ray.cluster_resources().get("GPU") else 0
    task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=MAX_RETRIES, scheduling_strategy="SPREAD")(build_shard)
    return {
        task.remote(folder.take_shard(number, count=manifest.count), encoder): number
        for number in range(manifest.count)
    }


def _take_done(tasks: dict[Any, int]) -> list[tuple[int, Built]]:
    """The tasks that are done by now, taken out of ``tasks``, with what they came to."""
    ray = load_ray()
    done, _ = ray.wait(list(tasks), num_returns=1, timeout=_POLL_SECONDS)
    found = []
    for reference in done:
        number = tasks.pop(reference)
        try:
            found.append((number, ray.get(reference)))
        except ray.exceptions.RayError as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            found.append((number, Built(None, problem=f"its task failed: {reason}")))
    return found


def _record(indexed: Indexed, number: int, built: Built) -> None:
    """Put what a task came to into the manifest and the sums."""
    indexed.notes += [f"shard {number}: {note}" for note in built.notes]
    state, new = indexed.manifest.shards[number], built.freshness
    if new is None:
        indexed.manifest = indexed.manifest.put(change(state, problem=built.problem))
        return
    indexed.manifest = indexed.manifest.put(
        ShardState(number=number, generation=new.generation, documents=new.documents, passages=new.passages)
    )
    so_far = indexed.freshness
    counts = ("documents", "passages", "added", "changed", "removed", "renamed")
    sums = {name: getattr(so_far, name) + getattr(new, name) for name in counts}
    indexed.freshness = replace(
        so_far,
        generation=indexed.manifest.generation,
        skipped=tuple(sorted((*so_far.skipped, *new.skipped), key=lambda file: file.path)),
        **sums,
    )


def _remove_others(folder: Folder, count: int) -> None:
    """Remove the shards of earlier numbers of shards, which nobody needs now."""
    for other, place in find_layouts(folder).items():
        if other != count:
            shutil.rmtree(place, ignore_errors=True)


def _require_complete(manifest: Manifest) -> None:
    """Name the shards that could not be brought up to date.

    Raises:
        ClusterError: There are some.
    """
    if problems := manifest.problems:
        named = "; ".join(f"shard {shard.number}: {shard.problem}" for shard in problems)
        raise ClusterError(
            f"{len(problems)} of {manifest.count} shards could not be brought up to date ({named})",
            hint="The others are; correct the cause and run the command again.",
        )
