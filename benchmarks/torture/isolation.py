"""Isolation: a function in a process of its own, so that whatever ends that process ends nothing else."""

from __future__ import annotations

import json
import os
import signal
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import tantivy

CLEAN, NAMED, BROKEN = 0, 3, 70
"""Exit codes: the function returned; it ended itself with ``end_named``; it raised."""
_LOADED = (faiss, tantivy)
"""Loaded once, before processes are forked."""
faiss.omp_set_num_threads(1)  # more would spend their time waiting for each other
_MAX_SECONDS = 120
_pipe = [-1]
"""Where this process writes what it has to say."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        code: Its exit code, or minus the signal that ended it.
        said: The result of its function, the last words of ``say``, or the traceback of what it raised.
    """

    code: int
    said: Any


@dataclass(frozen=True, slots=True)
class Running:
    """A process that was started."""

    process: int
    pipe: int

    def kill(self) -> None:
        """Ends it at once."""
        os.kill(self.process, signal.SIGKILL)

    def wait(self) -> Ended:
        """Waits for its end."""
        with open(self.pipe, "rb") as stream:
            said = stream.read()
        _, status = os.waitpid(self.process, 0)
        try:
            return Ended(os.waitstatus_to_exitcode(status), json.loads(said))
        except ValueError:
            return Ended(os.waitstatus_to_exitcode(status), None)


def start(function: Callable[[], object]) -> Running:
    """Forks a process that runs ``function``, whose result must fit JSON; two minutes are its most."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        os.close(writing)
        return Running(process, reading)
    _pipe[0] = writing
    code = BROKEN
    try:
        signal.alarm(_MAX_SECONDS)
        say(function())
        code = CLEAN
    except BaseException:
        say(traceback.format_exc())
    finally:
        os._exit(code)


def call(function: Callable[[], object]) -> Any:
    """The result of ``function``, in a process of its own.

    Raises:
        AssertionError: It failed.
    """
    ended = start(function).wait()
    assert ended.code == CLEAN, f"a process that must do its work ended with {ended.code}: {ended.said}"
    return ended.said


def say(value: object) -> None:
    """Tells the process that started this one, once."""
    said = json.dumps(value).encode()
    while said:
        said = said[os.write(_pipe[0], said) :]


def end_named(value: object) -> None:
    """Says ``value`` and ends this process, as one that failed with an error of a name."""
    say(value)
    os._exit(NAMED)
