"""The client: what the façade uses to index a folder on a cluster and to ask its shards."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from askbrief.answer.dialogue import Turn
from askbrief.answer.query import Query
from askbrief.answer.reader import Reader
from askbrief.cluster import service
from askbrief.cluster.connection import connect, disconnect, load_ray
from askbrief.cluster.hedging import ask_hedged
from askbrief.cluster.indexing import Indexed, index_shards
from askbrief.cluster.manifest import load_manifest
from askbrief.cluster.replicas import SHARD_SECONDS
from askbrief.config import Folder
from askbrief.errors import AskbriefError, ClusterError
from askbrief.models.encoder import Encoder
from askbrief.types import Document, Freshness, Progress, Trace

ASK_SECONDS = 60.0
"""How long an answer is waited for, whatever happens to the nodes meanwhile."""
HEDGE_SECONDS = 1.0
"""How long an answerer may take before another replica is asked as well."""


class ClusterClient:
    """A folder whose index is divided over a cluster. Use it from one thread at a time, and close it.

    Attributes:
        folder: The whole folder.
        address: "local", or host and port of the cluster's head node.
    """

    def __init__(
        self, folder: Folder, address: str, *, encoder: Encoder | None = None, reader: Reader | None = None
    ) -> None:
        self.folder = folder
        self.address = address
        self._encoder = encoder
        self._reader = reader
        self._is_connected = self._owns_connection = False
        self._handle: Any = None

    def close(self) -> None:
        """End the connection; a service that was started stays, unless the cluster is a local one."""
        if self._owns_connection:
            disconnect()
        self._is_connected = self._owns_connection = False
        self._handle = None

    def connect(self) -> None:
        """Connect to the cluster, if that was not done yet.

        Raises:
            ClusterError: That is not possible.
        """
        if not self._is_connected:
            self._owns_connection = connect(self.address)
            self._is_connected = True

    def index(self, *, count: int | None = None) -> Generator[Progress, None, Indexed]:
        """Bring all shards up to date, yielding progress; a running service is replaced where it must be.

        Args:
            count: Shards; None keeps what there are, or else makes one for each core of the cluster.

        Raises:
            AskbriefError: The folder cannot be read, or a shard not brought up to date; the others are.
        """
        yield Progress(f"Connecting to the cluster {self.address}", 0, 0)
        self.connect()
        indexed = yield from index_shards(self.folder, count=count, encoder=self._encoder)
        handle = service.find_handle()
        if handle is not None:
            served = service.find_served(handle)
            if served.root == self.folder.root and not served.fits(self.folder, indexed.manifest):
                self.deploy()
        return indexed

    def deploy(self, *, port: int = service.PORT, shard_seconds: float = SHARD_SECONDS) -> None:
        """Start the service for the folder, or replace the one that runs.

        Args:
            port: Where ``POST /ask`` is answered, on loopback of the head node.
            shard_seconds: How long the shards of a searcher are waited for before they count as missing.

        Raises:
            AskbriefError: There are no shards, or it does not start.
        """
        self.connect()
        manifest = load_manifest(self.folder)
        service.deploy(
            self.folder,
            manifest,
            encoder=self._encoder,
            reader=self._reader,
            port=port,
            shard_seconds=shard_seconds,
        )
        self._handle = None

    def stop(self) -> None:
        """End the service.

        Raises:
            ClusterError: The cluster cannot be reached.
        """
        self.connect()
        service.stop()
        self._handle = None

    def trace(self, query: Query, *, history: Sequence[Turn], top: int, read: bool) -> Trace:
        """A trace over all shards; the service is started if none runs.

        Args:
            query: The question.
            history: The turns before, oldest first.
            top: Most passages.
            read: Whether they are read.

        Raises:
            AskbriefError: There are no shards, the cluster cannot be reached, or no shard can be asked.
        """
        trace: Trace = self._ask("trace", query, tuple(history), top, read)
        return trace

    def find_freshness(self) -> Freshness:
        """What the shards held when they were last indexed.

        Raises:
            StoreError: There are none.
        """
        manifest = load_manifest(self.folder)
        documents, passages = (sum(getattr(s, name) for s in manifest.shards) for name in ("documents", "passages"))
        unbuilt = tuple(shard.number for shard in manifest.shards if not shard.generation)
        return Freshness(
            manifest.generation, documents, passages, checked=False, shards=manifest.count, missing=unbuilt
        )

    def load_document(self, document_id: str) -> Document:
        """The article of that id.

        Raises:
            AskbriefError: No shard has it, or the cluster cannot be reached.
        """
        document: Document = self._ask("load_document", document_id)
        return document

    def _ask(self, method: str, *arguments: Any) -> Any:
        """Ask an answerer; where its replica or node dies meanwhile, ask another one."""
        handle = self._open()
        errors = load_ray(self.address).exceptions

        async def send() -> Any:
            try:
                return await getattr(handle, method).remote(*arguments)
            except errors.RayTaskError as error:  # the answerer's own error: no other one would do better
                return error

        asking = ask_hedged(send, hedge_seconds=HEDGE_SECONDS, timeout_seconds=ASK_SECONDS)
        try:
            with ThreadPoolExecutor(max_workers=1) as beside:  # this thread may have a loop of its own
                given = beside.submit(asyncio.run, asking).result()
        except TimeoutError as error:
            raise ClusterError("the service does not answer", hint="Run: askbrief cluster status") from error
        if not isinstance(given, errors.RayTaskError):
            return given
        if isinstance(given.cause, AskbriefError):
            raise given.cause
        raise ClusterError(f"the service failed: {given.cause}", hint="Look into the logs of Ray.") from given

    def _open(self) -> Any:
        if self._handle is None:
            self.connect()
            manifest = load_manifest(self.folder)
            handle = service.find_handle()
            if handle is not None and (root := service.find_served(handle).root) != self.folder.root:
                hint = f"Replace that with: askbrief cluster serve --folder {self.folder.root}"
                raise ClusterError(f"this cluster answers for {root}", hint=hint)
            if handle is None or not service.find_served(handle).fits(self.folder, manifest):
                service.deploy(self.folder, manifest, encoder=self._encoder, reader=self._reader)
                handle = service.find_handle()
            self._handle = handle
        return self._handle
