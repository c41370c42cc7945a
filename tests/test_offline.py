from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from socket import socket as open_socket
from urllib.request import urlopen

import pytest

from askbrief.doctor.offline import blocking_sockets


@pytest.mark.parametrize(
    ("attempt", "call"),
    [
        (lambda: socket.socket(), "socket.socket("),
        (lambda: open_socket(socket.AF_UNIX), "socket.socket("),
        (lambda: socket.create_connection(("127.0.0.1", 9)), "socket.getaddrinfo('127.0.0.1', 9"),
        (lambda: socket.getaddrinfo("example.com", 443), "socket.getaddrinfo('example.com', 443"),
        (lambda: socket.gethostbyname("example.com"), "socket.gethostbyname('example.com')"),
        (lambda: urlopen("http://example.com"), "socket.getaddrinfo('example.com', 80"),
    ],
)
def test_an_attempt_fails_and_is_written_down(attempt: Callable[[], object], call: str) -> None:
    with blocking_sockets() as attempts, pytest.raises(OSError, match="the network is blocked"):
        attempt()
    (line,) = attempts
    assert line.startswith(call)


def test_who_tried_is_said() -> None:
    with blocking_sockets() as attempts, pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 9))
    line = test_who_tried_is_said.__code__.co_firstlineno + 2
    assert attempts[0].endswith(f" by tests/test_offline.py:{line}")


def test_attempts_of_other_threads_count() -> None:
    with ThreadPoolExecutor(1) as pool, blocking_sockets() as attempts:
        assert isinstance(pool.submit(socket.socket).exception(), OSError)
    assert len(attempts) == 1


def test_a_connection_that_was_open_before_is_of_no_use() -> None:
    with socket.socket() as opened, blocking_sockets() as attempts, pytest.raises(OSError, match="blocked"):
        opened.connect(("127.0.0.1", 9))
    assert attempts[0].startswith("socket.connect(('127.0.0.1', 9))")


def test_after_the_block_sockets_open_again() -> None:
    with pytest.raises(RuntimeError), blocking_sockets():
        raise RuntimeError
    with blocking_sockets() as attempts:
        pass
    one, other = socket.socketpair()
    one.close()
    other.close()
    assert attempts == []


def test_the_name_of_this_machine_is_no_attempt() -> None:
    with blocking_sockets() as attempts:
        assert socket.gethostname()
    assert attempts == []


def test_what_needs_no_network_goes_on() -> None:
    loop = asyncio.new_event_loop()
    with blocking_sockets() as attempts:
        assert loop.run_until_complete(asyncio.sleep(0, "done")) == "done"
    loop.close()
    assert attempts == []
