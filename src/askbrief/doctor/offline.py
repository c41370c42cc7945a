"""Offline: a block in which no socket opens and no name is looked up, with a record of every attempt.

Python reports each of its socket calls as an audit event (PEP 578), from whatever module and thread, before the call is
made; raising there prevents it. What compiled libraries do by themselves raises no such event.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

_HARMLESS = ("socket.gethostname", "socket.sethostname")
_OUTER = (__name__, "socket", "ssl")

_lock = Lock()
_attempts: list[str] | None = None
_is_watching = False


@contextmanager
def blocking_sockets() -> Iterator[list[str]]:
    """Blocks sockets in this process for the length of the block; one block at a time.

    Yields:
        A list that takes a line for each attempt: the call, its arguments, and the file and line it came from. The call
        itself fails with ``OSError``.
    """
    global _attempts, _is_watching
    with _lock:
        if not _is_watching:
            sys.addaudithook(_watch)  # for good: there is no way to remove one
            _is_watching = True
        attempts: list[str] = []
        _attempts = attempts
        try:
            yield attempts
        finally:
            _attempts = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    attempts = _attempts
    if attempts is None or not event.startswith("socket.") or event in _HARMLESS:
        return
    shown = ", ".join(repr(argument) for argument in arguments if isinstance(argument, (str, bytes, int, tuple)))
    attempts.append(f"{event.replace('__new__', 'socket')}({shown}) by {_find_caller()}")
    raise OSError(errno.ENETUNREACH, "the network is blocked")


def _find_caller() -> str:
    """File and line of the innermost frame outside of the socket modules."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in _OUTER:
        frame = frame.f_back
    return f"{'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{frame.f_lineno}"
