"""The offline proof: askbrief run in a process that can open no network socket, and what it tried."""

from __future__ import annotations

import os
import pty
import selectors
import shutil
import socket
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired
from tempfile import TemporaryFile
from typing import Any

from askbrief.answer.schema import load_answer
from askbrief.config import Folder
from askbrief.doctor.isolation import KILLING, LISTENING, UNWATCHED
from askbrief.doctor.seccomp import receive_attempt
from askbrief.types import Answer, Check

CHAT_SECONDS = 20.0
"""How long the chat is held open: longer than onnxruntime, left to itself, takes to look up its host."""
MODULE = "askbrief"
"""What is run in the isolated process."""
EXAMPLE = ("Bridge\n\nThe mayor, Ana Ruiz, opened the bridge on Tuesday.\n", "Who opened the bridge?")

_START_SECONDS, _ANSWER_SECONDS, _END_SECONDS = 60.0, 300.0, 5.0
_POLL_SECONDS = 0.05
_BLOCK_BYTES = 65536
_ROWS, _COLUMNS = 24, 80
_ALTERNATE_SCREEN = b"\x1b[?1049h"
_SIGSYS = 31
_SHOWN_CHARACTERS = 200
_NAMED = 3
_REPORT = "Please report this, with the line above."
_QUIETING = ("CI", "CONTINUOUS_INTEGRATION", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "PYTEST_CURRENT_TEST")
"""Variables under which libraries send nothing: a proof without an attempt would prove nothing."""
_WATCHES = {LISTENING: "listening", KILLING: "killing"}
_SANDBOX = "(version 1)(allow default)(deny network*)"


@dataclass
class IsolatedRun:
    """What an isolated process did.

    Attributes:
        watch: "listening": the kernel reported every attempt. "killing": it would have ended the process at the first.
            "sandboxed": it let attempts of compiled code fail, and reported none. "unwatched": only Python's own calls
            were watched and blocked.
        attempts: A line for each attempt.
        output: What the process wrote to standard output, or to its terminal.
        errors: What it wrote to standard error; b"" with a terminal.
        code: Its exit code, negative for a signal.
        is_open: Whether it still ran when its time was over.
    """

    watch: str = "unwatched"
    attempts: list[str] = field(default_factory=list)
    output: bytes = b""
    errors: bytes = b""
    code: int = 0
    is_open: bool = False


def check_offline(folder: Folder | None, question: str, *, scratch: Path) -> Iterator[Check]:
    """Ask a question, and hold a chat open, each in a process that can open no network socket.

    Args:
        folder: An indexed folder to ask; None asks the example.
        question: What to ask ``folder``.
        scratch: An empty folder for what the processes write.
    """
    example = scratch / "example"
    example.mkdir()
    (example / "bridge.txt").write_text(EXAMPLE[0], encoding="utf-8")
    options = ["--no-refresh", "--folder", str(folder.root)] if folder else ["--folder", str(example)]
    asked = question if folder else EXAMPLE[1]
    run = run_isolated(["ask", "--json", *options, "--", asked], scratch=scratch)
    try:
        answer: Answer | None = load_answer(run.output.decode("utf-8"))
    except ValueError:
        answer = None
    problem = "" if answer else f"no answer: {_shorten(run.errors)}"
    yield _judge("offline", run, _describe(answer) if answer else "", problem)

    run = run_isolated(["chat", "--folder", str(example)], scratch=scratch, hold_seconds=CHAT_SECONDS)
    lives = run.is_open and _ALTERNATE_SCREEN in run.output
    yield _judge(
        "chat",
        run,
        f"open for {CHAT_SECONDS:g} s",
        "" if lives else f"the chat did not stay open: {_shorten(run.output)}",
    )


def _judge(name: str, run: IsolatedRun, facts: str, problem: str) -> Check:
    if run.watch == "killing" and run.code == -_SIGSYS:
        run.attempts.append("compiled code tried to open a network socket, and the kernel ended the process")
    if run.attempts:
        more = " …" if len(run.attempts) > _NAMED else ""
        found = f"{len(run.attempts):,} attempts to open a socket: {'; '.join(run.attempts[:_NAMED])}{more}"
        return Check(name, "failed", f"{found}; {problem}" if problem else found, _REPORT)
    if problem:
        return Check(name, "failed", f"in a process without network sockets, {problem}", _REPORT)
    if run.watch in ("listening", "killing"):
        return Check(name, "ok", f"{facts}, in a process that can open no network socket; it tried to open none")
    if run.watch == "sandboxed":
        found = (
            "in a process that can use no network; Python code tried nothing, attempts of compiled code are not listed"
        )
        return Check(name, "ok", f"{facts}, {found}")
    return Check(
        name,
        "warning",
        f"{facts}, with the sockets of Python code blocked; it tried to open none. Compiled code was not checked",
        "Linux (seccomp) or macOS (sandbox-exec) is needed to check compiled code too.",
    )


def _describe(answer: Answer) -> str:
    if not answer.answers:
        return f"“{answer.question}” got “{answer.summary}”"
    best = answer.answers[0]
    return f"“{answer.question}” got “{best.text}” ({best.path}, {best.confidence:.0%})"


def _shorten(output: bytes) -> str:
    text = " ".join(output.decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"…{text[-_SHOWN_CHARACTERS:]}"


def run_isolated(arguments: Sequence[str], *, scratch: Path, hold_seconds: float | None = None) -> IsolatedRun:
    """Run askbrief in an isolated process to its end, or for a while on a terminal.

    Args:
        arguments: Of the command line.
        scratch: Folder for what the process keeps: saved conversations, but not compiled models.
        hold_seconds: How long the process is held open on a terminal once it shows its screen; None waits for its end,
            without a terminal.
    """
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "askbrief.doctor.isolation", str(theirs.fileno()), MODULE, *arguments]
    run = IsolatedRun()
    if sys.platform == "darwin" and shutil.which("sandbox-exec"):
        command, run.watch = ["sandbox-exec", "-p", _SANDBOX, *command], "sandboxed"
    variables = {name: value for name, value in os.environ.items() if name not in _QUIETING}
    variables |= {"XDG_DATA_HOME": str(scratch), "TERM": "xterm-256color"}
    with ours, theirs, TemporaryFile(dir=scratch) as output, TemporaryFile(dir=scratch) as errors:
        terminal = None
        streams: dict[str, Any] = {"stdin": DEVNULL, "stdout": output, "stderr": errors}
        if hold_seconds is not None:
            terminal, other = pty.openpty()
            termios.tcsetwinsize(other, (_ROWS, _COLUMNS))
            streams = dict.fromkeys(streams, other)
        process: Popen[bytes] = Popen(
            command, env=variables, pass_fds=(theirs.fileno(),), start_new_session=True, **streams
        )
        if terminal is not None:
            os.close(other)
        theirs.close()
        try:
            _watch(process, run, ours, terminal, hold_seconds=hold_seconds)
        finally:
            run.is_open = process.poll() is None
            _end(process)
            run.code = process.returncode
            if terminal is not None:
                os.close(terminal)
        if terminal is None:
            output.seek(0)
            errors.seek(0)
            run.output, run.errors = output.read(), errors.read()
    return run


def _watch(
    process: Popen[bytes], run: IsolatedRun, channel: socket.socket, terminal: int | None, *, hold_seconds: float | None
) -> None:
    """Collect attempts and the terminal's output until ``process`` ends or its time is over."""
    lines = b""
    listener: int | None = None
    deadline = time.monotonic() + (_ANSWER_SECONDS if terminal is None else _START_SECONDS)
    is_shown = False
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        if terminal is not None:
            selector.register(terminal, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            is_over = process.poll() is not None
            for key, _ in selector.select(0 if is_over else _POLL_SECONDS):
                if key.fileobj is channel:
                    data, descriptors, *_ = socket.recv_fds(channel, _BLOCK_BYTES, 1)
                    lines += data
                    if descriptors:
                        [listener] = descriptors
                        selector.register(listener, selectors.EVENT_READ)
                    if not data:
                        selector.unregister(channel)
                elif key.fileobj == listener:
                    if (attempt := receive_attempt(listener)) is not None:
                        run.attempts.append(attempt)
                elif terminal is not None and not is_over:
                    run.output += _read_terminal(terminal)
            if hold_seconds is not None and not is_shown and _ALTERNATE_SCREEN in run.output:
                is_shown, deadline = True, time.monotonic() + hold_seconds
            if is_over:
                break
    if listener is not None:
        os.close(listener)
    for line in lines.splitlines(keepends=True):
        if line in _WATCHES:
            run.watch = _WATCHES[line]
        elif line != UNWATCHED:
            run.attempts.append(line.decode("utf-8", "replace").rstrip("\n"))


def _read_terminal(terminal: int) -> bytes:
    try:
        return os.read(terminal, _BLOCK_BYTES)
    except OSError:  # Linux reports so that nobody has the other end open any more
        time.sleep(_POLL_SECONDS)
        return b""


def _end(process: Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_END_SECONDS)
    except TimeoutExpired:
        process.kill()
        process.wait()
