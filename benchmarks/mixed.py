"""A folder of mixed files: what each kind costs to read, and what staying up to date costs beside a folder of texts.

    python -m benchmarks.mixed [--data ../shared/data] [--files 1000] [--runs 7]

Articles of the archive (without it made-up ones) are written as files of every kind in turn. Vectors are drawn by
chance in place of the encoder's, so that what is timed is reading and storing. Times of the processor are those of this
process and its worker; where others use the machine they tell more than the clock.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from askbrief import Assistant
from askbrief.corpus.extract import FileExtractor
from askbrief.models.compile_encoder import load_encoder
from benchmarks.common import build_parser, save_result
from benchmarks.files import WRITERS, Article
from benchmarks.freshness import ChanceEncoder, finish

MAX_RATIO = 1.5
"""Most that finding nothing changed may cost, of what it costs for as many texts."""
_TEXT = (
    "the envoy met minister in Ankara and said that talks on border trade would go on after harvest while both sides"
    " kept their observers at the bridge where rain had closed road for three days"
)


def iter_articles(data: Path, count: int) -> Iterator[Article]:
    """Articles of the archive, or made-up ones where it is missing."""
    archive = data / "news" / "articles.jsonl.gz"
    if archive.is_file():
        with gzip.open(archive, "rt", encoding="utf-8") as lines:
            for line in islice(lines, count):
                found = json.loads(line)
                paragraphs = tuple(part.strip() for part in found["text"].split("\n") if part.strip())
                yield Article(found["title"], found["date"][:10], paragraphs or ("Nothing is left.",))
        return
    generator = random.Random(0)
    for number in range(count):
        paragraphs = tuple(" ".join(generator.choices(_TEXT.split(), k=90)) + "." for _ in range(10))
        yield Article(f"Talks number {number}", "2026-05-04", paragraphs)


def write_folder(folder: Path, data: Path, *, files: int, kinds: list[str]) -> None:
    """Fill ``folder`` with ``files`` files of ``kinds`` in turn."""
    folder.mkdir()
    for number, article in enumerate(iter_articles(data, files)):
        kind = kinds[number % len(kinds)]
        place = folder / f"{number % 20:02}"
        place.mkdir(exist_ok=True)
        (place / f"{number:05}.{kind}").write_bytes(WRITERS[kind](article))


def measure_kinds(folder: Path) -> dict[str, dict[str, float]]:
    """What reading costs, by kind; the start of the worker, once a kind, is in it."""
    figures = {}
    for kind in WRITERS:
        found = sorted(folder.glob(f"*/*.{kind}"))
        used, size, characters, reports = count_seconds(), 0, 0, 0
        with FileExtractor() as extractor:
            for file in found:
                data = file.read_bytes()
                extraction = extractor.extract(data, file.name)
                size += len(data)
                characters += sum(len(document.text) for document in extraction.documents)
                reports += len(extraction.reports)
        figures[kind] = {
            "files": len(found),
            "MB": round(size / 1e6, 2),
            "characters": characters,
            "reports": reports,
            "processor ms a file": round(1000 * (count_seconds() - used) / max(1, len(found)), 1),
        }
    return figures


def count_seconds() -> float:
    """Seconds of the processor that this process and its ended children took."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def index(folder: Path, encoder: ChanceEncoder) -> dict[str, float]:
    """What the first index costs."""
    began, used = time.perf_counter(), count_seconds()
    with Assistant.open(folder, encoder=encoder) as assistant:
        freshness = assistant.update()
    return {
        "documents": freshness.documents,
        "passages": freshness.passages,
        "seconds": round(time.perf_counter() - began, 1),
        "processor seconds": round(count_seconds() - used, 1),
    }


def measure_unchanged(folders: dict[str, Path], encoder: ChanceEncoder, *, runs: int) -> dict[str, float]:
    """Median milliseconds of the processor for finding that nothing changed, the folders in turns."""
    times: dict[str, list[float]] = {name: [] for name in folders}
    for _ in range(runs + 1):
        for name, folder in folders.items():
            used = count_seconds()
            store, done = finish(folder, encoder, None)
            store.close()
            times[name].append(1000 * (count_seconds() - used))
            assert not [*done.added, *done.changed, *done.removed]
    return {name: round(statistics.median(found[1:]), 1) for name, found in times.items()}


def measure_change(folder: Path, data: Path, encoder: ChanceEncoder, kind: str) -> dict[str, float]:
    """What a change of one file costs: texts that are encoded, and its passages."""
    file = sorted(folder.glob(f"*/*.{kind}"))[0]
    number = int(file.stem)
    article = next(islice(iter_articles(data, number + 1), number, None))
    last = f"{article.paragraphs[-1]} The zyzzyva won."
    file.write_bytes(WRITERS[kind](Article(article.title, article.day, (*article.paragraphs[:-1], last))))
    before, used = encoder.count, count_seconds()
    with Assistant.open(folder, encoder=encoder) as assistant:
        freshness = assistant.update()
        passages = sum(
            file.name in (path.rsplit("/", 1)[-1] for path in document.paths) for document in assistant.iter_documents()
        )
    assert freshness.changed == 1, freshness
    return {
        "documents of the file": passages,
        "texts encoded": encoder.count - before,
        "processor seconds": round(count_seconds() - used, 2),
    }


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    os.environ.setdefault("TQDM_DISABLE", "1")
    encoder = ChanceEncoder(load_encoder())
    with tempfile.TemporaryDirectory() as name:
        folders = {"mixed": Path(name) / "mixed", "texts": Path(name) / "texts"}
        for kind, folder in folders.items():
            kinds = list(WRITERS) if kind == "mixed" else ["txt"]
            write_folder(folder, arguments.data, files=arguments.files, kinds=kinds)
        figures: dict[str, Any] = {"kinds": measure_kinds(folders["mixed"])}
        figures |= {f"index of {kind}": index(folder, encoder) for kind, folder in folders.items()}
        unchanged = measure_unchanged(folders, encoder, runs=arguments.runs)
        figures["nothing changed, ms"] = unchanged
        figures["a changed PDF"] = measure_change(folders["mixed"], arguments.data, encoder, "pdf")
    figures["parent MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    figures["within the bars"] = (
        unchanged["mixed"] <= MAX_RATIO * unchanged["texts"]
        and figures["a changed PDF"]["texts encoded"] <= 3
        and not sum(kind["reports"] for kind in figures["kinds"].values())
    )
    save_result("mixed", figures)


if __name__ == "__main__":
    main()
