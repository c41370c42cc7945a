"""Isolation: a process that can open no network socket, and that reports every attempt.

Python announces each of its socket calls as an audit event (PEP 578), from whatever module and thread, before the call
is made; raising there prevents it. Calls of compiled code raise no such event: a filter of the kernel stops those.

``python -m askbrief.doctor.isolation CHANNEL MODULE ARGUMENT...`` runs MODULE like ``python -m`` in such a process, and
writes to the socket CHANNEL, a file descriptor, first what is watched, then a line for each attempt.
"""

from __future__ import annotations

import errno
import os
import runpy
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from askbrief.doctor.seccomp import install_filter

LISTENING, KILLING, UNWATCHED = b"listening\n", b"killing\n", b"unwatched\n"
"""What comes first on the channel: the kernel reports each attempt, ends the process at the first, or does neither."""

_HARMLESS = ("socket.gethostname", "socket.sethostname")
_OUTER = ("socket", "ssl")

_lock = Lock()
_report: Callable[[str], None] | None = None
_is_hooked = False


@contextmanager
def blocking_sockets(on_attempt: Callable[[str], None] | None = None) -> Iterator[list[str]]:
    """Block Python's sockets in this process for the length of the block; one block at a time.

    Args:
        on_attempt: Called with each line as well, in the thread of the attempt.

    Yields:
        A list that takes a line for each attempt: the call, its arguments, and the file and line it came from. The call
        itself fails with ``OSError``.
    """
    global _report, _is_hooked
    attempts: list[str] = []

    def report(line: str) -> None:
        attempts.append(line)
        if on_attempt is not None:
            on_attempt(line)

    with _lock:
        if not _is_hooked:
            sys.addaudithook(_prevent)  # permanent: there is no way to remove one
            _is_hooked = True
        _report = report
        try:
            yield attempts
        finally:
            _report = None


def _prevent(event: str, arguments: tuple[Any, ...]) -> None:
    report = _report
    if report is None or not event.startswith("socket.") or event in _HARMLESS or _is_pair():
        return
    shown = ", ".join(repr(argument) for argument in arguments if isinstance(argument, (str, bytes, int, tuple)))
    report(f"{event.replace('__new__', 'socket')}({shown}) by {_find_caller()}")
    raise OSError(errno.ENETUNREACH, "the network is blocked")


def _is_pair() -> bool:
    """Whether ``socket.socketpair`` makes the socket: asyncio wakes its loop with such a pair."""
    code = sys._getframe(2).f_code
    outer = sys._getframe(3).f_code if code.co_name == "__init__" else code
    return outer.co_name == "socketpair" and outer.co_filename == socket.__file__


def _find_caller() -> str:
    """File and line of the innermost frame outside of the socket modules."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in _OUTER:
        frame = frame.f_back
    return f"{'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{frame.f_lineno}"


def main() -> None:
    """Isolate this process and run the module that the arguments name."""
    channel, module, *arguments = sys.argv[1:]
    connection = socket.socket(fileno=int(channel))
    try:
        listener = install_filter()
    except OSError:
        connection.sendall(UNWATCHED)
    else:
        if listener is None:
            connection.sendall(KILLING)
        else:
            socket.send_fds(connection, [LISTENING], [listener])
            os.close(listener)
    write_lock = Lock()

    def report(line: str) -> None:
        with write_lock:
            os.write(connection.fileno(), f"{' '.join(line.split())}\n".encode("utf-8", "replace"))

    sys.argv = [module, *arguments]
    with blocking_sockets(report):
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
