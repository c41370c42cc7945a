"""The connection to a Ray cluster: local or by address, without usage reports, on loopback unless told otherwise.

The only module that imports Ray itself. Ray reads its environment while it is imported, so nothing else may import it
first; where somebody did (a notebook, a test), what they chose stays in force.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import Any

from askbrief.errors import ClusterError

LOCAL = "local"
"""The address that starts a cluster of this machine alone, for as long as the process lives."""
REACH_SECONDS = 5.0
"""How long a node may take to accept a connection; Ray itself tries for minutes."""
_LOOPBACK = ("localhost", "::1")


def load_ray(address: str = LOCAL) -> Any:
    """Ray, imported on first use.

    Usage reports are off and authentication by token is on. For a loopback address all ports of Ray are opened on
    loopback only: the switch is named after Windows and macOS, where it is Ray's default.

    Raises:
        ClusterError: It is not installed.
    """
    if "ray" not in sys.modules:
        os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_SERVE_LOG_TO_STDERR": "0"}
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        if is_loopback(address):
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
    except ImportError as error:
        raise _missing() from error
    return ray


def load_serve() -> Any:
    """Ray Serve; Ray was loaded before.

    Raises:
        ClusterError: It is not installed.
    """
    try:
        from ray import serve
    except ImportError as error:
        raise _missing() from error
    return serve


def _missing() -> ClusterError:
    return ClusterError(
        "Ray is not installed, which the cluster needs", hint="Install it with: pip install 'askbrief[cluster]'"
    )


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine alone."""
    host = address.rpartition(":")[0].strip("[]") or address
    return host in (LOCAL, *_LOOPBACK) or host.startswith("127.")


def connect(address: str) -> bool:
    """Connect this process to a cluster, unless it is connected already.

    Args:
        address: "local", or host and port of the cluster's head node.

    Returns:
        Whether it was connected now, so that ``disconnect`` is the caller's task.

    Raises:
        ClusterError: Ray is not installed, there is no such cluster, or it does not accept the token.
    """
    if address != LOCAL:
        _require_reachable(address)
    ray = load_ray(address)
    if ray.is_initialized():
        return False
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    if address == LOCAL:
        settings |= {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(address=address, **settings)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, ray.exceptions.RayError) as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(".")
        raise ClusterError(f"cannot connect to the cluster at {address}: {reason}", hint=_HINT) from error
    return True


_HINT = "Check the address, that all nodes run the same versions, and that RAY_AUTH_TOKEN_PATH leads to its token."


def disconnect() -> None:
    """End the connection, and a local cluster with it."""
    if "ray" in sys.modules:
        load_ray().shutdown()


def accepts_token(authorization: str) -> bool:
    """Whether a request with this ``Authorization`` header may be answered: by the rule that Ray has for its own."""
    from ray._private.authentication import authentication_utils as utils

    return not utils.is_token_auth_enabled() or bool(utils.validate_request_token(authorization))


def keep_to_node_address() -> None:
    """Have Serve open the port of this replica on its node's address only.

    Serve 2.60 opens it on all addresses of the machine, and has no setting for that. The port takes the token as Ray's
    other ports do.

    Raises:
        ClusterError: Another version of Serve opens it in another way.
    """
    from ray.serve._private import replica

    add_port = getattr(replica, "add_port_to_grpc_server", None)
    if add_port is None:
        raise ClusterError("this version of Ray Serve is not known", hint="Install the one that askbrief asks for.")
    host = load_ray().util.get_node_ip_address()
    host = f"[{host}]" if ":" in host else host
    replica.add_port_to_grpc_server = lambda server, wanted: add_port(server, wanted.replace("[::]", host))


def _require_reachable(address: str) -> None:
    """Try to reach an address.

    Raises:
        ClusterError: It is none, or nothing listens there.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ClusterError(f"{address!r} is no address of a cluster", hint="Give HOST:PORT, or local.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ClusterError(
            f"no cluster answers at {address}: {reason}", hint="Start one with: ray start --head --disable-usage-stats"
        ) from error
