"""The status of a sharded index: its nodes, shards and replicas, and what is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from msgspec.structs import replace as change

from askbrief.cluster import service
from askbrief.cluster.connection import load_ray
from askbrief.cluster.manifest import Manifest, ShardState, load_manifest
from askbrief.config import Folder
from askbrief.corpus.scan import Scan
from askbrief.errors import StoreError
from askbrief.index.differences import find_differences, load_known
from askbrief.index.refresh import scan
from askbrief.store.store import Store


@dataclass(frozen=True, slots=True)
class NodeState:
    """A machine of the cluster."""

    name: str
    address: str
    is_alive: bool
    cores: int
    gpus: int


@dataclass(frozen=True, slots=True)
class ShardStatus:
    """A shard as it is now.

    Attributes:
        state: As it was left, with the generation that its store has now.
        pending: Files that are new or changed since.
        gone: Files that the folder no longer has.
    """

    state: ShardState
    pending: int = 0
    gone: int = 0

    @property
    def is_behind(self) -> bool:
        """Whether it lacks something that the folder has, or has something that the folder lacks."""
        return bool(self.pending or self.gone or self.state.problem or not self.state.generation)


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """A sharded index and the cluster that answers over it.

    Attributes:
        root: The folder.
        generation: Of the manifest.
        shards: By number.
        nodes: None where no cluster was named.
        replicas: States of the replicas by deployment; empty where no service runs.
    """

    root: str
    generation: int
    shards: tuple[ShardStatus, ...]
    nodes: tuple[NodeState, ...] | None
    replicas: Mapping[str, Sequence[str]]


def build_status(folder: Folder, *, is_connected: bool) -> ClusterStatus:
    """What is there now; changes nothing.

    Args:
        folder: The whole folder.
        is_connected: Whether this process is connected to a cluster, whose nodes and service are looked at too.

    Raises:
        AskbriefError: There are no shards, or the folder cannot be read.
    """
    manifest, found = load_manifest(folder), scan(folder)
    shards = tuple(_look_at(folder, manifest, number, found) for number in range(manifest.count))
    return ClusterStatus(
        root=str(folder.root),
        generation=manifest.generation,
        shards=shards,
        nodes=tuple(_iter_nodes()) if is_connected else None,
        replicas=service.find_replicas() if is_connected else {},
    )


def _look_at(folder: Folder, manifest: Manifest, number: int, found: Scan) -> ShardStatus:
    """One shard, compared with its part of what was found in the folder."""
    shard, state = folder.take_shard(number, count=manifest.count), manifest.shards[number]
    assert shard.shard is not None
    own = replace(
        found,
        files=tuple(file for file in found.files if shard.shard.holds(file.path)),
        skipped=tuple(file for file in found.skipped if shard.shard.holds(file.path)),
    )
    try:
        with Store.open(shard.index, manifest.identity) as store:
            differences = find_differences(own, load_known(store.rows, folder.settings))
            pending = len(differences.pending) + len(differences.unlisted)
            now = change(state, generation=store.rows.generation)
            return ShardStatus(now, pending, len(differences.gone))
    except StoreError as error:
        problem = state.problem or error.message
        return ShardStatus(change(state, problem=problem), len(own.files))


def _iter_nodes() -> list[NodeState]:
    found = []
    for node in load_ray().nodes():
        resources = node.get("Resources", {})
        with suppress(KeyError):
            found.append(
                NodeState(
                    name=str(node["NodeID"])[:8],
                    address=str(node["NodeManagerAddress"]),
                    is_alive=bool(node["Alive"]),
                    cores=int(resources.get("CPU", 0)),
                    gpus=int(resources.get("GPU", 0)),
                )
            )
    return sorted(found, key=lambda node: (not node.is_alive, node.name))
