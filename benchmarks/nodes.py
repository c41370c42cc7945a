"""A Ray cluster of several nodes on this machine, with a token of its own, for tests, the demonstration and figures."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

OBJECT_STORE_BYTES = 80 * 2**20
PATIENCE = {
    "RAY_health_check_timeout_ms": "30000",
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
}
"""For several nodes on a few busy cores: slow is not dead, and no worker starts before it is needed."""


STARTS = 3
"""Ray gives a node 30 s to start, which is not enough while others use the machine."""


class Nodes:
    """A head node and ``workers`` others, with one core each, all on loopback.

    Attributes:
        address: For ``--cluster`` and ``Assistant.open(cluster=…)``.
    """

    def __init__(self, workers: int, *, modules: Sequence[Path] = (), cores: int = 1) -> None:
        """Start the nodes and connect this process to them.

        Args:
            workers: Nodes beside the head.
            modules: Folders from which the nodes can import too.
            cores: Cores that each node claims to have.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="askbrief-nodes-")
        self._cores = cores
        self._set_environment(modules)
        from askbrief.cluster.connection import connect, load_ray

        self._ray = load_ray("127.0.0.1:0")
        from ray.cluster_utils import Cluster

        self._cluster = Cluster()
        _retry(lambda: self._cluster.add_node(**self._describe()))
        self.workers: list[Any] = []
        for _ in range(workers):
            self.add()
        self.address = str(self._cluster.address)
        connect(self.address)

    def _set_environment(self, modules: Sequence[Path]) -> None:
        token = Path(self._folder.name, "token")
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(32), encoding="utf-8")
        os.environ |= PATIENCE | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
        paths = [*map(str, modules), *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))

    def _describe(self) -> dict[str, Any]:
        return {
            "num_cpus": self._cores,
            "include_dashboard": False,
            "node_ip_address": "127.0.0.1",
            "object_store_memory": OBJECT_STORE_BYTES,
        }

    def add(self) -> None:
        """Start one more node."""
        self.workers.append(_retry(lambda: self._cluster.add_node(**self._describe())))

    def kill(self, number: int = 0) -> None:
        """Kill a node and all that runs on it, without a warning."""
        self._cluster.remove_node(self.workers.pop(number), allow_graceful=False)

    def stop(self) -> None:
        """End everything."""
        self._ray.shutdown()
        self._cluster.shutdown()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _retry(start: Callable[[], Any]) -> Any:
    """What ``start`` gives, tried ``STARTS`` times."""
    for left in reversed(range(STARTS)):
        try:
            return start()
        except Exception:  # Ray raises nothing more special
            if not left:
                raise
    raise AssertionError
