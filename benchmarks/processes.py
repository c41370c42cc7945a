"""What a command costs, seen from outside: a new process, as the shell would start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = """
import json, os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[2:], stdout=open(sys.argv[1], "wb"))
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - began
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, cpu, usage.ru_maxrss]))
"""
"""A new process starts with the peak of the one that it was forked from, so a small one starts it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took, and what it printed."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    printed: str


def run_process(command: Sequence[str], *, scratch: Path, folder: Path, variables: dict[str, str]) -> Cost:
    """Runs a command that must succeed, or say with 3 that it found no answer.

    Args:
        command: Its words.
        scratch: File for what it prints.
        folder: Its working directory.
        variables: More environment variables.
    """
    launched = subprocess.run(
        [sys.executable, "-S", "-E", "-c", _LAUNCHER, str(scratch), *command],
        stdout=subprocess.PIPE, cwd=folder, env=os.environ | variables, check=True,
    )  # fmt: skip
    exit_code, seconds, cpu_seconds, peak = json.loads(launched.stdout)
    if exit_code not in (0, 3):
        raise SystemExit(f"{' '.join(command)} exited with {exit_code}")
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return Cost(seconds, cpu_seconds, peak / unit, scratch.read_text(encoding="utf-8", errors="replace"))
