"""Which dense index, from how many passages on: speed, size and recall of FAISS indexes over 384-dimensional vectors.

    python -m benchmarks.growth [--data ../shared/data] [--sizes 10000 50000 100000 400000] [--index FOLDER]

The queries are the news quiz's questions. The vectors are those of the index of FOLDER, or, without it, grown from
those of ``--sample`` passages of the news archive: each a mix of two of them with noise. recall@50 is the share of the
50 nearest that an index finds; "rescored" is its share after the best 50 were taken by their own vectors out of twice
as many. "first ms" is what a new process pays: to check, open and search the file once. The last block has three
dimensions that are large in all vectors, as some encoders have.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from askbrief import Assistant
from askbrief.corpus.chunk import build_indexed_text, chunk_document
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.plain import read_plain
from askbrief.models.compile_encoder import load_encoder
from askbrief.store.dense import OVERSAMPLING, train_compact
from benchmarks.common import build_parser, save_result
from corpora.archive import CACHE
from corpora.questions import iter_rows

TOP = 50
QUERIES = 200
NOISE = 0.6
HNSW_LIMIT = 50_000
"""More vectors take HNSW many minutes to build."""
Vectors = NDArray[np.float32]


def load_sample(data: Path, size: int) -> tuple[Vectors, Vectors]:
    """The vectors of passages of the archive and of the questions, each of length 1; encoded once and kept."""
    kept = CACHE / f"growth-{size}.npz"
    if not kept.exists():
        encoder = load_encoder()
        texts: list[str] = []
        for row in islice(iter_rows(data / "news" / "articles.jsonl.gz"), None, None, 7):
            document = build_document(
                read_plain(f"# {row['title']}\n\n{row['text']}\n", f"{row['id']}.md"), f"{row['id']}.md"
            )
            texts += [build_indexed_text(document.title, p.text) for p in chunk_document(document, passage_words=100)]
            if len(texts) >= size:
                break
        questions = [row["question"] for row in islice(iter_rows(data / "news" / "questions.jsonl"), QUERIES)]
        CACHE.mkdir(exist_ok=True)
        np.savez(
            kept,
            passages=np.stack(list(encoder.encode_passages(texts[:size]))),
            questions=np.stack([encoder.encode_question(question) for question in questions]),
        )
    arrays = np.load(kept)
    return arrays["passages"], arrays["questions"]


def load_index(folder: Path) -> Vectors:
    """The vectors of every passage of an index."""
    with Assistant.open(folder) as assistant:
        assistant.update()
        return np.stack([vector for _, _, vector, _ in assistant._open_store().iter_published()])


def grow(sample: Vectors, size: int) -> Vectors:
    """``size`` unit vectors, each a mix of two of ``sample`` with noise; the same for the same size."""
    chance = np.random.default_rng(size)
    grown = np.empty((size, sample.shape[1]), dtype=np.float32)
    for at in range(0, size, 10_000):
        count = min(10_000, size - at)
        one, other = sample[chance.integers(len(sample), size=(2, count))]
        weight = chance.uniform(0.2, 0.8, size=(count, 1)).astype(np.float32)
        noise = chance.standard_normal((count, sample.shape[1]), dtype=np.float32) * (NOISE * sample.std())
        grown[at : at + count] = weight * one + (1 - weight) * other + noise
    return grown / np.linalg.norm(grown, axis=1, keepdims=True)


def stretch(vectors: Vectors) -> Vectors:
    """``vectors`` with three dimensions that are large in all of them, of length 1 again."""
    stretched = vectors.copy()
    stretched[:, :3] += np.array([1.0, -0.7, 0.5], dtype=np.float32)
    return stretched / np.linalg.norm(stretched, axis=1, keepdims=True)


def build_flat(vectors: Vectors) -> Any:
    """Every vector as it is."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def build_scalar(kind: int) -> Callable[[Vectors], Any]:
    """One byte a dimension, searched from end to end."""

    def build(vectors: Vectors) -> Any:
        index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
        index.sq.rangestat_arg = 0.1
        index.train(vectors[:8192])
        index.add(vectors)
        return index

    return build


def build_product(vectors: Vectors) -> Any:
    """What askbrief does: four bits for two dimensions, searched from end to end by table lookups inside registers."""
    index = train_compact(vectors[:8192])
    index.add(vectors)
    return index


def build_inverted(share: float) -> Callable[[Vectors], Any]:
    """One byte a dimension in 4√n cells, of which the nearest ``share`` is searched."""

    def build(vectors: Vectors) -> Any:
        cells = int(4 * len(vectors) ** 0.5)
        quantizer = faiss.IndexFlatIP(vectors.shape[1])
        kind, metric = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        index = faiss.IndexIVFScalarQuantizer(quantizer, vectors.shape[1], cells, kind, metric, False)
        index.train(vectors[:: max(1, len(vectors) // (40 * cells))])
        index.add(vectors)
        index.nprobe = max(1, int(share * cells))
        return index

    return build


def build_graph(vectors: Vectors) -> Any:
    """One byte a dimension and 64 neighbours of four bytes: 1.7 bytes a dimension."""
    index = faiss.IndexHNSWSQ(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, 32, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[:8192])
    index.add(vectors)
    index.hnsw.efSearch = 256
    return index


BUILDERS: dict[str, Callable[[Vectors], Any]] = {
    "exact": build_flat,
    "2 bit": build_product,
    "8 bit": build_scalar(faiss.ScalarQuantizer.QT_8bit),
    "8 bit uniform": build_scalar(faiss.ScalarQuantizer.QT_8bit_uniform),
    "8 bit, 1/16 of the cells": build_inverted(1 / 16),
    "8 bit, 1/4 of the cells": build_inverted(1 / 4),
    "8 bit graph": build_graph,
}


def measure(
    build: Callable[[Vectors], Any], vectors: Vectors, queries: Vectors, exact: NDArray[np.int64]
) -> dict[str, Any]:
    """One index over ``vectors``; ``exact`` has the ``TOP`` nearest of each query, shape (queries, TOP)."""
    began = time.perf_counter()
    index = build(vectors)
    seconds = time.perf_counter() - began
    times = []
    for query in queries:
        began = time.perf_counter()
        index.search(query[None], TOP * OVERSAMPLING)
        times.append(1000 * (time.perf_counter() - began))
    _, rows = index.search(queries, TOP * OVERSAMPLING)
    rescored = [
        some[np.argsort(-(vectors[some] @ query), kind="stable")] for query, some in zip(queries, rows, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index"
        faiss.write_index(index, str(file))
        del index
        size = file.stat().st_size
        first = statistics.median(open_and_search(file, queries[number : number + 1]) for number in range(5))
    return {
        "recall@50": score(rows, exact),
        "rescored": score(rescored, exact),
        "ms p50": round(statistics.median(times), 2),
        "ms p95": round(sorted(times)[len(times) * 95 // 100], 2),
        "first ms": round(first, 1),
        "MB": round(size / 1e6, 1),
        "bytes a dimension": round(size / vectors.size, 2),
        "build seconds": round(seconds, 1),
    }


def open_and_search(file: Path, query: Vectors) -> float:
    """Milliseconds of what the first question of a process does with the file."""
    began = time.perf_counter()
    checksum = 0
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC).search(query, TOP)
    return 1000 * (time.perf_counter() - began)


def score(found: Any, exact: NDArray[np.int64]) -> float:
    """Share of the ``TOP`` nearest among the first ``TOP`` found, the mean over the queries."""
    shared = (len(set(some[:TOP]) & set(right)) for some, right in zip(found, exact, strict=True))
    return round(sum(shared) / exact.size, 4)


def measure_all(vectors: Vectors, queries: Vectors, names: list[str]) -> dict[str, Any]:
    """The figures of some indexes over the same vectors."""
    _, exact = build_flat(vectors).search(queries, TOP)
    figures = {}
    for name in names:
        if name != "8 bit graph" or len(vectors) <= HNSW_LIMIT:
            figures[name] = measure(BUILDERS[name], vectors, queries, exact)
            print(f"{len(vectors):,}", name, json.dumps(figures[name]), flush=True)
    return figures


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 50_000, 100_000, 400_000])
    parser.add_argument("--sample", type=int, default=5000, help="real passages to grow vectors from")
    parser.add_argument("--index", type=Path, help="folder whose index has the vectors, in place of grown ones")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)  # a search of one query has one thread anyway
    sample, queries = load_sample(arguments.data, arguments.sample)
    figures: dict[str, Any] = {"vectors": "grown" if arguments.index is None else "of an index"}
    if arguments.index is None:
        for size in arguments.sizes:
            figures[f"{size:,}"] = measure_all(grow(sample, size), queries, list(BUILDERS))
        stretched, asked = stretch(grow(sample, arguments.sizes[0])), stretch(queries)
        figures["three large dimensions"] = measure_all(stretched, asked, ["exact", "2 bit", "8 bit", "8 bit uniform"])
    else:
        vectors = load_index(arguments.index)
        figures[f"{len(vectors):,}"] = measure_all(vectors, queries, list(BUILDERS))
    save_result("growth" if arguments.index is None else "growth_archive", figures)


if __name__ == "__main__":
    main()
