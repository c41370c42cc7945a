"""Cold start: one question in a new process, from the shell's point of view.

    python -m benchmarks.cold_start [--runs 15]

``askbrief ask`` on the seed, ``askbrief --help``, and, in turns with them, the import of sentence-transformers, which a
plain script would pay before its first word.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.common import save_result

ROOT = Path(__file__).parent.parent
COMMANDS = {
    "askbrief ask": [sys.executable, "-m", "askbrief", "ask", "--folder", str(ROOT), "who met Okay Memis?"],
    "askbrief --help": [sys.executable, "-m", "askbrief", "--help"],
    "import sentence_transformers": [sys.executable, "-c", "import sentence_transformers"],
}


def run_once(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of a command that must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} exited with {process.returncode}")
    return seconds, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="runs of each command")
    arguments = parser.parse_args()
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        run_once(command)
    for _ in range(arguments.runs):
        for name, command in COMMANDS.items():
            measured[name].append(run_once(command))
    figures = {}
    for name, runs in measured.items():
        seconds = [run[0] for run in runs]
        figures[name] = {
            "seconds median": round(statistics.median(seconds), 3),
            "seconds min": round(min(seconds), 3),
            "seconds max": round(max(seconds), 3),
            "peak MB": round(statistics.median(run[1] for run in runs)),
        }
    save_result("cold_start", {"runs": arguments.runs, **figures})


if __name__ == "__main__":
    main()
