"""``askbrief cluster``: the service that answers over the shards of a folder, and the state of both."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE
from askbrief.cli.opening import find_named_folder
from askbrief.cli.streams import write, write_json

if TYPE_CHECKING:
    from askbrief.config import Folder
    from askbrief.output.progress import ProgressDisplay
    from askbrief.types import Progress

_T = TypeVar("_T")


@click.group()
def cluster() -> None:
    """Ask an index in shards on several machines.

    It needs Ray: pip install 'askbrief[cluster]'.
    """


@cluster.command()
@options.folder
@options.cluster
@options.as_json
def status(folder: Path | None, cluster: str, as_json: bool) -> int:
    """Show nodes, shards, replicas, and what is behind. Changes nothing."""
    from contextlib import closing

    from askbrief.cluster.client import ClusterClient
    from askbrief.cluster.status import build_status
    from askbrief.output.cluster import cluster_status_as_json, describe_cluster_status

    found = find_named_folder(folder)
    with closing(ClusterClient(found, cluster)) as client:
        if cluster:
            client.connect()
        shown = build_status(found, is_connected=bool(cluster))
    if as_json:
        write_json(cluster_status_as_json(shown))
    else:
        write(describe_cluster_status(shown))
    return DONE


@cluster.command()
@options.folder
@options.cluster
@click.option("--port", type=click.IntRange(1, 65535), help="Port of POST /ask, on loopback of the head node.")
def serve(folder: Path | None, cluster: str, port: int | None) -> int:
    """Start the service, or replace the one that runs.

    It stays when this command ends; with --cluster local it ends with Ctrl+C.
    """
    from contextlib import closing

    from askbrief.cluster.client import ClusterClient
    from askbrief.cluster.connection import LOCAL
    from askbrief.cluster.service import HOST, PORT, ROUTE

    _require_address(cluster)
    with closing(ClusterClient(find_named_folder(folder), cluster)) as client:
        client.deploy(port=port or PORT)
        write(f"POST http://{HOST}:{port or PORT}{ROUTE}")
        sys.stdout.flush()
        while cluster == LOCAL:
            time.sleep(1)
    return DONE


@cluster.command()
@options.folder
@options.cluster
def stop(folder: Path | None, cluster: str) -> int:
    """End the service. The shards stay."""
    from contextlib import closing

    from askbrief.cluster.client import ClusterClient

    _require_address(cluster)
    with closing(ClusterClient(find_named_folder(folder), cluster)) as client:
        client.stop()
    return DONE


def index_on_cluster(folder: Folder, address: str, *, shards: int | None, as_json: bool, verbose: bool) -> int:
    """Bring the shards of a folder up to date, with progress on stderr, and write what they hold."""
    from contextlib import closing

    from askbrief.cli.indexing import write_freshness
    from askbrief.cluster.client import ClusterClient
    from askbrief.output.progress import ProgressDisplay

    display = ProgressDisplay(sys.stderr, advice="", verbose=verbose)
    try:
        with closing(ClusterClient(folder, address)) as client:
            indexed = _finish(client.index(count=shards), display)
    finally:
        display.stop()
    write_freshness(indexed.freshness, notes=indexed.notes, as_json=as_json)
    return DONE


def _finish(steps: Generator[Progress, None, _T], display: ProgressDisplay) -> _T:
    while True:
        try:
            display.update(next(steps))
        except StopIteration as end:
            result: _T = end.value
            return result


def _require_address(address: str) -> None:
    if not address:
        raise click.UsageError("Say which cluster: --cluster HOST:PORT, or --cluster local.")
