"""The service: searchers and answerers as deployments of Ray Serve, which places, restarts, scales and updates them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askbrief.answer.reader import Reader
from askbrief.cluster.connection import load_ray, load_serve
from askbrief.cluster.manifest import Manifest
from askbrief.cluster.replicas import SHARD_SECONDS, AnswererReplica, SearcherReplica
from askbrief.config import Folder
from askbrief.errors import ClusterError
from askbrief.models.encoder import Encoder

APPLICATION = "askbrief"
ROUTE = "/ask"
HOST, PORT = "127.0.0.1", 8756
COPIES = 2
"""Replicas of each searcher and of the answerer, where the cluster has as many nodes."""
DESCRIBE_SECONDS = 30.0
_OPTIONS: dict[str, Any] = {
    "ray_actor_options": {"num_cpus": 0},  # questions are short, and indexing must find a core beside them
    "health_check_period_s": 2,
    "health_check_timeout_s": 10,
    "graceful_shutdown_timeout_s": 5,
    "max_ongoing_requests": 32,
}


def deploy(
    folder: Folder,
    manifest: Manifest,
    *,
    encoder: Encoder | None = None,
    reader: Reader | None = None,
    port: int = PORT,
    shard_seconds: float = SHARD_SECONDS,
) -> None:
    """Start the service for ``folder``, or replace what runs, replica by replica; returns when all can be asked.

    Args:
        folder: The whole folder, on a disk that all nodes see under the same path.
        manifest: Its shards.
        encoder: In place of the one that the settings name; it must be possible to send it.
        reader: The same for the reader.
        port: Where ``POST /ask`` is answered, on loopback of the head node.
        shard_seconds: How long the shards of a searcher are waited for before they count as missing.

    Raises:
        ClusterError: It does not start.
    """
    serve = load_serve()
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    nodes = count_nodes()
    groups = divide(manifest.count, nodes)
    scaling = {"min_replicas": min(COPIES, nodes), "max_replicas": max(COPIES, nodes), "target_ongoing_requests": 8}
    searcher = serve.deployment(SearcherReplica).options(
        **_OPTIONS, autoscaling_config=scaling, max_replicas_per_node=1
    )
    answerer = serve.deployment(AnswererReplica).options(**_OPTIONS, name="answerer", autoscaling_config=scaling)
    searchers = [
        (numbers, searcher.options(name=f"searcher-{group}").bind(folder, manifest, numbers))
        for group, numbers in enumerate(groups)
    ]
    try:
        serve.start(proxy_location="HeadOnly", http_options={"host": HOST, "port": port})
        serve.run(
            answerer.bind(folder, manifest, searchers, encoder, reader, shard_seconds),
            name=APPLICATION,
            route_prefix=ROUTE,
        )
    except (RuntimeError, ValueError, TimeoutError, load_ray().exceptions.RayError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise ClusterError(
            f"the service does not start: {reason}", hint="Run: askbrief cluster status --cluster ADDRESS"
        ) from error


def divide(count: int, nodes: int) -> list[tuple[int, ...]]:
    """The shards of each searcher: as many searchers as nodes, none without a shard, sizes equal within one."""
    groups = max(1, min(count, nodes))
    return [tuple(range(group, count, groups)) for group in range(groups)]


def count_nodes() -> int:
    """The nodes of the cluster that live."""
    return sum(bool(node["Alive"]) for node in load_ray().nodes())


def find_handle() -> Any | None:
    """The handle of the answerers of this cluster; None where no service runs."""
    applications = load_serve().status().applications
    if APPLICATION not in applications or applications[APPLICATION].status == "DELETING":
        return None
    return load_serve().get_app_handle(APPLICATION)


@dataclass(frozen=True, slots=True)
class Served:
    """What a service answers for: a folder, its number of shards, and the fingerprint of its encoder."""

    folder: Folder
    count: int
    encoder: str

    @property
    def root(self) -> Path:
        """The folder itself."""
        return self.folder.root

    def fits(self, folder: Folder, manifest: Manifest) -> bool:
        """Whether that is ``folder`` as its manifest and settings now are."""
        return self.folder == folder and self.count == manifest.count and self.encoder == manifest.encoder


def find_served(handle: Any) -> Served:
    """What the service behind ``handle`` answers for.

    Raises:
        ClusterError: It does not answer.
    """
    try:
        return Served(*handle.describe.remote().result(timeout_s=DESCRIBE_SECONDS))
    except (TimeoutError, load_ray().exceptions.RayError) as error:
        raise ClusterError("the service does not answer", hint="Run: askbrief cluster serve") from error


def stop() -> None:
    """End the service; the shards stay where they are."""
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    load_serve().shutdown()


def find_replicas() -> dict[str, Sequence[str]]:
    """The states of the replicas of each deployment: "RUNNING", "STARTING"; empty where no service runs."""
    application = load_serve().status().applications.get(APPLICATION)
    if application is None:
        return {}
    return {
        name: tuple(str(getattr(state, "value", state)) for state, n in found.replica_states.items() for _ in range(n))
        for name, found in sorted(application.deployments.items())
    }
