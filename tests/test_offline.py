from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socket import socket as open_socket
from urllib.request import urlopen

import pytest

from askbrief.config import open_folder
from askbrief.doctor import offline
from askbrief.doctor.isolation import blocking_sockets
from askbrief.doctor.offline import IsolatedRun, check_offline, run_isolated


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


def test_the_pair_that_asyncio_wakes_its_loop_with_is_no_attempt() -> None:
    with blocking_sockets() as attempts:
        for opened in socket.socketpair():
            opened.close()
        asyncio.new_event_loop().close()
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


NATIVE = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def native(family, kind):
    return libc.socket(family, kind, 0), ctypes.get_errno()
"""
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")


@pytest.fixture
def run_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., IsolatedRun]:
    """Runs a program in an isolated process in place of askbrief."""

    def run(program: str, *, hold_seconds: float | None = None) -> IsolatedRun:
        (tmp_path / "intruder.py").write_text(program, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
        monkeypatch.setattr(offline, "MODULE", "intruder")
        return run_isolated([], scratch=tmp_path, hold_seconds=hold_seconds)

    return run


@linux_only
def test_every_attempt_of_compiled_code_fails_and_is_listed(run_program: Callable[..., IsolatedRun]) -> None:
    run = run_program(
        f"{NATIVE}\nfrom threading import Thread\n"
        "print(native(2, 2), native(10, 1 | 0o2000000))\n"
        "thread = Thread(target=native, args=(17, 3)); thread.start(); thread.join()\n"
    )
    assert (run.watch, run.code) == ("listening", 0)
    assert run.output == b"(-1, 101) (-1, 101)\n"
    calls = ["socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET6, SOCK_STREAM)", "socket(AF_PACKET, SOCK_RAW)"]
    assert [attempt.split(" by compiled code in thread ")[0] for attempt in run.attempts] == calls


@linux_only
def test_the_processes_that_it_starts_are_isolated_too(run_program: Callable[..., IsolatedRun]) -> None:
    program = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import socket; socket.socket()'])"
    run = run_program(program)
    assert b"Network is unreachable" in run.errors
    assert [attempt.split(" by ")[0] for attempt in run.attempts] == ["socket(AF_INET, SOCK_STREAM)"]


@linux_only
def test_sockets_that_stay_on_this_machine_open(run_program: Callable[..., IsolatedRun]) -> None:
    run = run_program(f"{NATIVE}\nprint(native(1, 1)[0] > 0, native(16, 3)[0] > 0)")
    assert (run.output, run.attempts) == (b"True True\n", [])


def test_an_attempt_of_python_code_is_listed_with_file_and_line(run_program: Callable[..., IsolatedRun]) -> None:
    run = run_program("import socket\n\nsocket.create_connection(('192.0.2.1', 80))")
    (attempt,) = run.attempts
    assert attempt.startswith("socket.getaddrinfo('192.0.2.1', 80")
    assert attempt.endswith("/intruder.py:3")
    assert run.code == 1


@linux_only
def test_a_kernel_without_listeners_ends_the_process_at_its_first_attempt(
    run_program: Callable[..., IsolatedRun], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from askbrief.doctor import seccomp\nseccomp._WITH_LISTENER = 1 << 20\n", encoding="utf-8"
    )
    run = run_program(f"{NATIVE}\nnative(2, 1)")
    assert (run.watch, run.code) == ("killing", -31)
    check = offline._judge("offline", run, "an answer", "no answer")
    assert (check.outcome, "compiled code tried to open a network socket" in check.found) == ("failed", True)


def test_where_the_kernel_offers_nothing_that_is_said(run_program: Callable[..., IsolatedRun], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from askbrief.doctor import seccomp\nseccomp._MACHINES = {}\n", encoding="utf-8"
    )
    run = run_program("print('done')")
    assert (run.watch, run.output) == ("unwatched", b"done\n")
    check = offline._judge("offline", run, "an answer", "")
    assert (check.outcome, "Compiled code was not checked" in check.found) == ("warning", True)


def test_a_program_is_held_open_on_a_terminal_and_then_ended(run_program: Callable[..., IsolatedRun]) -> None:
    shown = "import sys, time\nprint(sys.stdin.isatty(), '\\x1b[?1049h', flush=True)\n"
    run = run_program(f"{shown}time.sleep(60)", hold_seconds=0.2)
    assert (run.is_open, run.output[:4], run.code) == (True, b"True", -15)
    assert not run_program(shown, hold_seconds=0.2).is_open


def test_no_answer_and_a_chat_that_ends_fail_the_proof(run_program: Callable[..., IsolatedRun], tmp_path: Path) -> None:
    run_program("import sys\nprint('no model', file=sys.stderr)")
    answer, chat = check_offline(open_folder(tmp_path), "who?", scratch=tmp_path)
    assert (answer.name, answer.outcome) == ("offline", "failed")
    assert answer.found == "in a process without network sockets, no answer: no model"
    assert (chat.name, chat.outcome) == ("chat", "failed")
    assert chat.found == "in a process without network sockets, the chat did not stay open: no model"


@pytest.mark.models
def test_the_shipped_models_answer_where_no_network_can_be_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(offline, "CHAT_SECONDS", 1.0)
    answer, chat = check_offline(None, "", scratch=tmp_path)
    assert (answer.outcome, chat.outcome) == ("ok", "ok")
    assert answer.found.startswith("“Who opened the bridge?” got “The mayor, Ana Ruiz” (bridge.txt, ")
    assert chat.found.startswith("open for 1 s, in a process that ")
