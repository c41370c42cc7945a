"""Concurrency: many processes read an index while one writes it, edition after edition.

    python -m benchmarks.torture.concurrency [--seconds 60] [--readers 8]

The writer replaces every article of a folder, adds some and takes some away, and brings the index up to date; every
article names its edition, and edition N is generation N. Readers ask and search all the while. In the first half of the
time they take the index as it is: all that one of them sees at once must be of one edition, whole. In the second half
they bring it up to date themselves, as ``askbrief ask`` does, and so write as well: whatever they see must be, to the
character, an article of some edition. Any error, in any process, fails the run.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import askbrief.store.store
from askbrief.assistant import Assistant
from askbrief.types import Answer, Hit
from benchmarks.common import save_result
from benchmarks.torture.models import NumberReader, WordEncoder

QUESTION = "which report tells of this edition"
PARTS = 3
"""Passages of an article."""
_STOP = "stop"
_MIN_READS = 5
_MIN_SEEN = 2
_PASSAGE = re.compile(r"Report r(\d+) part p(\d+) tells of edition e(\d+)")
_WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        editions: Generations that the writer published since the readers started.
        reads: Questions and searches of all readers.
        seen: Editions that each reader saw.
        slowest_ms: The slowest of the reads.
        errors: What went wrong, a text a process; empty if nothing did.
    """

    editions: int
    reads: int
    seen: tuple[int, ...]
    slowest_ms: float
    errors: tuple[str, ...]


def count_articles(edition: int) -> int:
    """How many articles an edition has."""
    return 12 + edition % 5


def write_article(number: int, edition: int) -> str:
    """An article: its passages name it and its edition."""
    filler = " ".join(["word"] * 10)
    return "\n\n".join(f"Report r{number} part p{part} tells of edition e{edition}, {filler}." for part in range(PARTS))


def run_torture(root: Path, *, readers: int, seconds: float, editions: int, is_refreshing: bool) -> Outcome:
    """Runs a writer and ``readers`` readers over an empty folder ``root``.

    Args:
        root: Takes the articles and the index.
        readers: Number of reading processes.
        seconds: Least time.
        editions: Least number of editions while all readers read.
        is_refreshing: Whether readers bring the index up to date before they read.
    """
    (root / "askbrief.toml").write_text("passage_words = 20\n", encoding="utf-8")
    stop = root / _STOP
    writer = _start("write", root)
    processes = [writer]
    try:
        lines = _await_lines(writer, 1)
        if lines:
            roles = ["refresh" if is_refreshing else "open" if number % 2 else "keep" for number in range(readers)]
            processes += [_start(role, root) for role in roles]
            for process in processes[1:]:
                _await_lines(process, 1)
            began = time.monotonic()
            count = 0
            while (time.monotonic() - began < seconds or count < editions) and _await_lines(writer, 1):
                count += 1
        stop.touch()
        ended = [process.communicate(timeout=_WAIT_SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    errors = [
        f"{process.args!r} exited with {process.returncode}: {error.strip()}"
        for process, (_, error) in zip(processes, ended, strict=True)
        if process.returncode or error
    ]
    reports = [json.loads(out.splitlines()[-1]) for out, _ in ended[1:] if out.strip()]
    return Outcome(
        editions=count if lines else 0,
        reads=sum(report["reads"] for report in reports),
        seen=tuple(report["seen"] for report in reports),
        slowest_ms=max((report["slowest_ms"] for report in reports), default=0.0),
        errors=tuple(errors),
    )


def _start(role: str, root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.torture.concurrency", "--role", role, "--root", str(root)]
    here = Path(__file__).parents[2]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=here, stdin=subprocess.DEVNULL, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def _await_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """The next ``count`` lines of a process; fewer if it ends."""
    assert process.stdout is not None
    return [line for _ in range(count) if (line := process.stdout.readline())]


def write(root: Path) -> None:
    """Publishes edition after edition, and prints each, until it is told to stop."""
    edition = 0
    while not (root / _STOP).exists():
        edition += 1
        for number in range(count_articles(edition)):
            scratch = root / f".{number}"
            scratch.write_text(write_article(number, edition), encoding="utf-8")
            scratch.replace(root / f"{number:03}.txt")
        for number in range(count_articles(edition), count_articles(edition - 1)):
            (root / f"{number:03}.txt").unlink()
        # Every other edition is written from nothing, the others share what they can.
        askbrief.store.store.MIN_SHARED_PASSAGES = 1 if edition % 2 else 1_000_000
        askbrief.store.store.MAX_STALE_SHARE = 1e9
        with _open(root) as assistant:
            assistant.update()
        print(edition, flush=True)


def read(root: Path, *, role: str) -> None:
    """Asks and searches until it is told to stop; prints a line when it has seen two editions, and a report at the end.

    Raises:
        AssertionError: Something that was read never was in the folder, or never at once, or nothing new is ever read.
    """
    is_refreshing = role == "refresh"
    check_hits, check_answer = (_check_words, _check_answer) if is_refreshing else (_check_edition, _check_generation)
    seen: set[int] = set()
    reads, slowest = 0, 0.0
    assistant = _open(root)
    started = time.monotonic()
    is_ready = is_last = False
    while not is_last:
        is_last = is_ready and (root / _STOP).exists() and reads >= _MIN_READS - 1
        began = time.perf_counter()
        if role != "keep":
            assistant.close()
            assistant = _open(root)
        if reads % 2:
            hits = assistant.search(QUESTION, top=1000, refresh=is_refreshing)
            seen |= check_hits(hits)
        else:
            answer = assistant.ask(QUESTION, top=3, refresh=is_refreshing)
            seen |= check_answer(answer)
        assert not assistant.notes, assistant.notes
        slowest = max(slowest, time.perf_counter() - began)
        reads += 1
        if not is_ready and len(seen) >= _MIN_SEEN:
            is_ready = True
            print("reading", flush=True)
        assert is_ready or time.monotonic() - started < _WAIT_SECONDS / 2, f"saw only the editions {seen}"
    assistant.close()
    print(json.dumps({"reads": reads, "seen": len(seen), "slowest_ms": round(slowest * 1000, 1)}))


def _open(root: Path) -> Assistant:
    return Assistant.open(root, encoder=WordEncoder(), reader=NumberReader(root))


def _check_words(hits: Sequence[Hit]) -> set[int]:
    """The editions of ``hits``, each of which must be a passage of the article that its path names."""
    editions = set()
    for hit in hits:
        match = _PASSAGE.match(hit.passage.text)
        assert match is not None, hit
        number, _, edition = map(int, match.groups())
        assert hit.passage.span.of(write_article(number, edition)) == hit.passage.text, hit
        assert hit.path == f"{number:03}.txt", hit
        editions.add(edition)
    return editions


def _check_edition(hits: Sequence[Hit]) -> set[int]:
    """``_check_words`` of hits that must be all passages of one edition."""
    editions = _check_words(hits)
    assert len(editions) == 1, editions
    (edition,) = editions
    assert len({(hit.path, hit.passage.span) for hit in hits}) == len(hits), hits
    assert len(hits) == PARTS * count_articles(edition), (edition, len(hits))
    return editions


def _check_answer(answer: Answer) -> set[int]:
    """``_check_words`` of an answer's passages; its words must stand where it says."""
    editions = _check_words(answer.hits)
    assert answer.answers, answer
    for span in answer.answers:
        texts = [write_article(int(span.path[:3]), edition) for edition in editions]
        assert any(span.span.of(text) == span.text and span.sentence.of(text) == span.sentence_text for text in texts)
    return editions


def _check_generation(answer: Answer) -> set[int]:
    """``_check_answer`` of an answer that must be of one edition, and know which."""
    editions = _check_answer(answer)
    assert editions == {answer.freshness.generation}, (editions, answer.freshness)
    assert answer.freshness.documents == count_articles(answer.freshness.generation), answer.freshness
    assert answer.freshness.passages == PARTS * answer.freshness.documents, answer.freshness
    return editions


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="least time of the whole run")
    parser.add_argument("--readers", type=int, default=8, help="reading processes")
    parser.add_argument("--role", choices=["write", "keep", "open", "refresh"], help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role == "write":
        write(arguments.root)
    elif arguments.role:
        read(arguments.root, role=arguments.role)
    else:
        _run_all(seconds=arguments.seconds, readers=arguments.readers)


def _run_all(*, seconds: float, readers: int) -> None:
    figures: dict[str, Any] = {"readers": readers, "seconds": seconds}
    is_sound = True
    for name, is_refreshing in (("as it is", False), ("refreshing", True)):
        with tempfile.TemporaryDirectory() as folder:
            found = run_torture(
                Path(folder), readers=readers, seconds=seconds / 2, editions=10, is_refreshing=is_refreshing
            )
        figures[name] = {
            "editions": found.editions,
            "reads": found.reads,
            "editions seen by a reader, least": min(found.seen, default=0),
            "slowest read ms": found.slowest_ms,
            "errors": len(found.errors),
        }
        is_sound = is_sound and not found.errors
        for error in found.errors:
            print(error, file=sys.stderr)
    save_result("torture_concurrency", figures)
    if not is_sound:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
