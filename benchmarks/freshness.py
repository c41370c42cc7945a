"""What staying up to date costs: the check of unchanged files, and cold questions after a change to a real archive.

    python -m benchmarks.freshness [--data ../shared/data] [--articles 5000] [--files 1000 25000] [--runs 7]

The archive is indexed with vectors drawn by chance in place of the encoder's (all that is timed is the same, and it
takes a minute and not half an hour); every question, and whatever changes, is encoded by the real encoder, in a process
of its own that starts cold, as ``askbrief ask`` does.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief import Assistant
from askbrief.config import open_folder
from askbrief.index.refresh import refresh
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.encoder import Encoder
from benchmarks.common import build_parser, save_result
from corpora.archive import write_archive

QUESTION = "Who won the election in Turkey?"
EDIT_LIMIT_SECONDS = 1.5
RENAMED = 1000


class ChanceEncoder:
    """Gives each text a unit vector drawn by chance, always the same; claims to be ``real``."""

    def __init__(self, real: Encoder) -> None:
        self.fingerprint = real.fingerprint
        self.dimension = real.dimension
        self.encode_question = real.encode_question
        self.count = 0

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """A vector a text."""
        for text in texts:
            self.count += 1
            seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
            vector = np.random.default_rng(seed).standard_normal(self.dimension, dtype=np.float32)
            yield vector / np.linalg.norm(vector)


def index(folder: Path, encoder: ChanceEncoder) -> float:
    """Brings the index up to date; returns the seconds it took."""
    began = time.perf_counter()
    with Assistant.open(folder, encoder=encoder) as assistant:
        assistant.update()
    return time.perf_counter() - began


def measure_check(files: int, encoder: ChanceEncoder, *, runs: int) -> dict[str, float]:
    """Median milliseconds of finding that nothing changed in ``files`` files, with the store closed and open before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(files):
            place = folder / f"{number % 100:02}"
            place.mkdir(exist_ok=True)
            (place / f"{number:06}.txt").write_text(
                f"Note {number}\n\nThe envoy met number {number}.", encoding="utf-8"
            )
        index(folder, encoder)
        opened, closed = [], []
        store = None
        for run in range(runs + 1):
            began = time.perf_counter()
            store, done = finish(folder, encoder, store)
            (opened if run else []).append(1000 * (time.perf_counter() - began))
            assert not [*done.added, *done.changed, *done.removed]
        assert store is not None
        store.close()
        for _ in range(runs):
            began = time.perf_counter()
            store, _ = finish(folder, encoder, None)
            closed.append(1000 * (time.perf_counter() - began))
            store.close()
    return {"cold ms": round(statistics.median(closed), 1), "again ms": round(statistics.median(opened), 1)}


def finish(folder: Path, encoder: Encoder, store: Any) -> Any:
    """A refresh to its end: the store and what was done."""
    steps = refresh(open_folder(folder), encoder, store=store)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def ask_cold(folder: Path) -> tuple[float, dict[str, Any]]:
    """Seconds that ``askbrief ask`` takes as a new process, and its answer."""
    command = [sys.executable, "-m", "askbrief", "ask", "--json", "-C", str(folder), QUESTION]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    return seconds, json.loads(done.stdout)


def measure_archive(data: Path, articles: int, encoder: ChanceEncoder, *, runs: int) -> dict[str, Any]:
    """Indexes a copy of the archive's first ``articles`` articles, changes it and asks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "archive"
        shutil.copytree(write_archive(data, limit=articles), folder, ignore=shutil.ignore_patterns(".*"))
        figures: dict[str, Any] = {"index seconds, without encoding": round(index(folder, encoder), 1)}
        files = sorted(folder.glob("*.md"))
        ask_cold(folder)
        unchanged = [ask_cold(folder) for _ in range(runs)]
        edited = []
        for run in range(runs):
            file = files[len(files) // 2 + run]
            file.write_text(file.read_text(encoding="utf-8") + f"\nEdited {run}: the zyzzyva won.\n", encoding="utf-8")
            edited.append(ask_cold(folder))
            assert edited[-1][1]["freshness"]["changed"] == 1
        deleted = []
        for run in range(runs):
            gone = files[len(files) // 2 + run]
            gone.unlink()
            deleted.append(ask_cold(folder))
            assert deleted[-1][1]["freshness"]["removed"] == 1
        found = subprocess.run(
            [sys.executable, "-m", "askbrief", "search", "--json", "-n", "50", "-C", str(folder), "zyzzyva won"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "zyzzyva" not in json.dumps(json.loads(found.stdout)["passages"])
        for number, file in enumerate(files[:RENAMED]):
            file.rename(file.with_name(f"{file.name[:10]}-renamed-{number}.md"))
        before = encoder.count
        seconds = index(folder, encoder)
        freshness = ask_cold(folder)[1]["freshness"]
        figures |= {
            "articles": freshness["documents"],
            "passages": freshness["passages"],
            "ask, nothing changed": describe(unchanged),
            "ask, one file edited": describe(edited),
            "ask, one file deleted": describe(deleted),
            "renamed files": min(RENAMED, len(files)),
            "texts encoded for them": encoder.count - before,
            "seconds for them": round(seconds, 2),
            "an edit within its limit": statistics.median(s for s, _ in edited) < EDIT_LIMIT_SECONDS,
        }
        return figures


def describe(runs: Sequence[tuple[float, dict[str, Any]]]) -> dict[str, float]:
    """Medians: seconds of the whole process, milliseconds of the refresh in it."""
    refreshes = [answer["timings_ms"]["refresh"] for _, answer in runs]
    seconds = [seconds for seconds, _ in runs]
    return {
        "seconds": round(statistics.median(seconds), 2),
        "slowest": round(max(seconds), 2),
        "refresh ms": round(statistics.median(refreshes), 1),
    }


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--files", type=int, nargs="*", default=[1000, 25_000])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--index", type=Path, help="only index this folder, with vectors drawn by chance")
    arguments = parser.parse_args()
    os.environ.setdefault("TQDM_DISABLE", "1")
    encoder = ChanceEncoder(load_encoder())
    if arguments.index:
        index(arguments.index, encoder)
        return
    figures: dict[str, Any] = {
        f"check of {files:,} unchanged files": measure_check(files, encoder, runs=arguments.runs)
        for files in arguments.files
    }
    if arguments.articles:
        figures["archive"] = measure_archive(arguments.data, arguments.articles, encoder, runs=arguments.runs)
    save_result("freshness", figures)


if __name__ == "__main__":
    main()
