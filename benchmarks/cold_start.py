"""Cold start: one question in a new process, from the shell's point of view.

    python -m benchmarks.cold_start [--runs 15] [--archive FOLDER]

``askbrief ask`` on the seed, ``askbrief --help``, and, in turns with them, the import of sentence-transformers, which a
plain script would pay before its first word. With ``--archive``, an indexed folder of many articles is asked as well.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from benchmarks.common import save_result
from benchmarks.processes import Cost, run_process
from corpora.archive import CACHE

ROOT = Path(__file__).parent.parent
COMMANDS = {
    "askbrief ask": [sys.executable, "-m", "askbrief", "ask", "--folder", str(ROOT), "who met Okay Memis?"],
    "askbrief --help": [sys.executable, "-m", "askbrief", "--help"],
    "import sentence_transformers": [sys.executable, "-c", "import sentence_transformers"],
}


def run_once(command: list[str]) -> Cost:
    """A command that must succeed."""
    return run_process(command, scratch=CACHE / "printed", folder=ROOT, variables={})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="runs of each command")
    parser.add_argument("--archive", type=Path, help="an indexed folder of many articles")
    arguments = parser.parse_args()
    commands = dict(COMMANDS)
    if arguments.archive:
        question = "Which golfer won the 2022 US Women’s Open?"
        commands["askbrief ask, archive"] = [
            sys.executable, "-m", "askbrief", "ask", "--folder", str(arguments.archive.absolute()), question,
        ]  # fmt: skip
    CACHE.mkdir(exist_ok=True)
    measured: dict[str, list[Cost]] = {name: [] for name in commands}
    for command in commands.values():
        run_once(command)
    for _ in range(arguments.runs):
        for name, command in commands.items():
            measured[name].append(run_once(command))
    figures = {}
    for name, runs in measured.items():
        seconds = [run.seconds for run in runs]
        figures[name] = {
            "seconds median": round(statistics.median(seconds), 3),
            "seconds min": round(min(seconds), 3),
            "seconds max": round(max(seconds), 3),
            "peak MB": round(statistics.median(run.peak_mb for run in runs)),
        }
    save_result("cold_start", {"runs": arguments.runs, **figures})


if __name__ == "__main__":
    main()
