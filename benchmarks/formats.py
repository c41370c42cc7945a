"""What is read of real and hostile files: snippets, places, unwanted strings, reports, seconds, memory.

    python -m benchmarks.formats [--files ../shared/files] [--big FOLDER] [--fuzz 300]

Every file goes through the worker, as in an index. The files' own scorer counts; it is given what can become a passage:
metadata blocks (a preamble, the footer of a mailing list) are blanked out. ``--big`` is a folder that
``make_hostile.py FOLDER --big`` filled. ``--fuzz`` reads so many damaged copies of a file of each fuzzed kind.
"""

from __future__ import annotations

import hashlib
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.corpus.extractor import PASSING, Extractor
from askbrief.types import Place
from benchmarks.common import build_parser, save_result
from benchmarks.torture.mutation import mutate

FUZZED = (
    "word-footnotes-lists.docx",
    "nestle-segments.xlsx",
    "ilug-licences.eml",
    "dw-uncork.html",
    "google-doc-table-footnotes.pdf",
)
COLUMNS = ("files", "snippets", "at_place", "unwanted", "answers", "reports")


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument(
        "--files", type=Path, default=Path("../shared/files"), help="folder of the files and their scorer"
    )
    parser.add_argument("--big", type=Path, help="folder of the larger hostile files")
    parser.add_argument("--fuzz", type=int, default=0, help="how many damaged copies of each kind")
    arguments = parser.parse_args()
    files = [file for name in ("open", "hostile") for file in sorted((arguments.files / name).iterdir())]
    big = sorted(arguments.big.iterdir()) if arguments.big else []
    figures: dict[str, Any] = {}
    with Extractor() as extractor:
        rows, figures["seconds"], golden = measure(extractor, [file for file in files if file.suffix != ".jsonl"])
        figures["scores"], figures["missed"] = score(arguments.files, rows)
        figures["big"] = {file.name: describe(file, extractor) for file in big if file.suffix != ".jsonl"}
        figures["fuzz"] = {
            name: fuzz(arguments.files / "open" / name, extractor, arguments.fuzz) for name in FUZZED if arguments.fuzz
        }
    figures["parent_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    figures["worker_mb"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    figures["golden"] = golden
    save_result("formats", figures)


def measure(extractor: Extractor, files: list[Path]) -> tuple[list[dict[str, Any]], dict[str, float], dict[str, str]]:
    """The scorer's lines, seconds by kind, and a hash of what is read of each open file."""
    rows: list[dict[str, Any]] = []
    seconds: dict[str, float] = defaultdict(float)
    golden: dict[str, str] = {}
    for file in files:
        data = file.read_bytes()
        began = time.perf_counter()
        extraction = extractor.extract(data, file.name)
        seconds[file.suffix] += time.perf_counter() - began
        name = f"{file.parent.name}/{file.name}"
        rows += iter_rows(name, extraction)
        if file.parent.name == "open":
            golden[file.name] = build_hash(extraction)
    return rows, {kind: round(taken, 2) for kind, taken in sorted(seconds.items())}, golden


def build_hash(extraction: Extraction) -> str:
    """Of texts, blocks, places and reports, so that a library's update that moves an offset is seen."""
    seen = [(document.text, document.blocks, document.places, document.member) for document in extraction.documents]
    return hashlib.sha256(repr((seen, extraction.reports)).encode()).hexdigest()[:16]


def iter_rows(name: str, extraction: Extraction) -> Iterator[dict[str, Any]]:
    """A line of the scorer's input for each document, or one for a file without any."""
    report = "; ".join(extraction.reports)
    for document in extraction.documents:
        places = [[place.start, place.end, spell(place)] for place in document.places]
        places.append([0, len(document.text), f"{document.member} {document.title}".strip()])
        yield {"file": name, "text": blank_metadata(document), "places": places, "report": report}
    if not extraction.documents:
        yield {"file": name, "report": report}


def blank_metadata(document: Extracted) -> str:
    """The text with blanks in the place of what never becomes a passage."""
    text = document.text
    for block in document.blocks:
        if block.kind == "metadata":
            text = text[: block.start] + " " * (block.end - block.start) + text[block.end :]
    return text


def spell(place: Place) -> str:
    """A place as the scorer reads it: "row 5 Plot"."""
    return " ".join(str(part) for part in (place.kind, place.number, place.label) if part not in (None, ""))


def score(files: Path, rows: list[dict[str, Any]]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The scorer's counts by format as "found/all", and the lines on what was missed."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as results:
        results.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        results.flush()
        command = [sys.executable, str(files / "score.py"), results.name]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    scores: dict[str, dict[str, str]] = {}
    total = [[0, 0] for _ in COLUMNS[1:]]
    missed: list[str] = []
    for line in printed[1:]:
        found = re.fullmatch(r"(\S+)\s+(\d+)" + r"\s+(\d+/\d+)" * 5 + r"\s*", line)
        if not found:
            missed.append(line)
            continue
        scores[found[1]] = dict(zip(COLUMNS, found.groups()[1:], strict=True))
        for at, count in enumerate(found.groups()[2:]):
            for part, number in enumerate(count.split("/")):
                total[at][part] += int(number)
    scores["all"] = dict(zip(COLUMNS[1:], (f"{got}/{of}" for got, of in total), strict=True))
    return scores, missed


def describe(file: Path, extractor: Extractor) -> dict[str, Any]:
    """What is read of a hostile file, and in what time."""
    data = file.read_bytes()
    began = time.perf_counter()
    extraction = extractor.extract(data, file.name)
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "characters": sum(len(document.text) for document in extraction.documents),
        "reports": extraction.reports,
    }


def fuzz(file: Path, extractor: Extractor, count: int) -> dict[str, Any]:
    """How damaged copies of a file are read: how many with text, with reports, and with the worker's death."""
    data = file.read_bytes()
    figures = {"files": count, "with_text": 0, "with_reports": 0, "worker_died": 0, "slowest_s": 0.0}
    for seed in range(count):
        began = time.perf_counter()
        extraction = extractor.extract(mutate(data, seed), file.name)
        figures["slowest_s"] = max(figures["slowest_s"], round(time.perf_counter() - began, 2))
        figures["with_text"] += bool(extraction.documents)
        figures["with_reports"] += bool(extraction.reports)
        figures["worker_died"] += bool(PASSING & set(extraction.reports))
    return figures


if __name__ == "__main__":
    main()
