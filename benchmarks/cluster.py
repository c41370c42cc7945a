"""What dividing an index into shards costs and changes: scores, indexing, questions, recovery after a kill.

    python -m benchmarks.cluster [--data ../shared/data] [--articles 2000] [--every 4] [--service]

*Scores*: the ten best passages of one store against those of 8 shards, as they are and with the statistics of all, and
the F1 of the best answer of both. *Indexing*: CPU seconds of one process for 1, 2, 4 and 8 shards one after the other;
vectors are taken from the single store, so what is left is the work besides encoding. *Questions*: milliseconds of
search in one process by size of the shard. With ``--service``, after a run without it, through Ray: three nodes on this
machine, questions over 1 and 8 shards, and how long it takes until all shards answer again after a node was killed.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief import Assistant
from askbrief.answer import pipeline
from askbrief.answer.fuse import fuse
from askbrief.answer.query import build_query
from askbrief.answer.rank import rank
from askbrief.answer.reader import Reader
from askbrief.answer.retrieve import DEPTH, gather, load_candidates
from askbrief.cluster import service
from askbrief.cluster.answerer import Answerer, Task
from askbrief.cluster.client import ClusterClient
from askbrief.cluster.manifest import Manifest, ShardState, build_manifest, save_manifest
from askbrief.cluster.searcher import ShardSearcher
from askbrief.config import Folder, find_shards
from askbrief.evaluation.scores import score_f1
from askbrief.index.refresh import identify, refresh
from askbrief.models.encoder import Encoder
from askbrief.store.lexical import Statistics
from askbrief.store.store import Store
from askbrief.types import Candidate, Match
from benchmarks.common import build_parser, save_result
from benchmarks.nodes import Nodes
from corpora.archive import index_archive, write_archive
from corpora.questions import iter_rows

COUNTS = (1, 2, 4, 8)
SERVED_COUNTS = (1, 8)
TOP = 10
SERVICE_QUESTIONS = 60
FUSED_SHARDS = (8, 230, 2300)
SENT_MATCHES = 90
"""What a shard finds by both searches together."""
PORT = 8758


class KnownVectors:
    """The encoder, but passages whose vectors are known are not encoded."""

    def __init__(self, encoder: Encoder, store: Store) -> None:
        self._encoder = encoder
        self._vectors = {text: np.array(vector) for _, _, vector, text in store.rows.iter_published()}
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension

    def encode_question(self, text: str) -> NDArray[np.float32]:
        """As the encoder."""
        return self._encoder.encode_question(text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """As they were encoded."""
        for text in texts:
            yield self._vectors[text]


class Shards:
    """The shards of a folder in this process, as the answerer asks them; ``own`` scores by their own statistics."""

    def __init__(self, folder: Folder, encoder: Encoder, *, count: int, own: bool = False) -> None:
        identity = identify(folder, encoder)
        self.searchers = [ShardSearcher(folder.take_shard(number, count=count), identity) for number in range(count)]
        self._own = own

    def __call__(self, tasks: Mapping[int, Task]) -> dict[int, Any]:
        """What each shard gives back for its task."""
        return {number: self._run(self.searchers[number], task) for number, task in tasks.items()}

    def _run(self, searcher: ShardSearcher, task: Task) -> Any:
        if self._own and isinstance(task, partial) and task.func is ShardSearcher.gather:
            return task(searcher, statistics=None)
        return task(searcher)

    def close(self) -> None:
        """Close all."""
        for searcher in self.searchers:
            searcher.close()


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=2_000, help="articles of the archive")
    parser.add_argument("--every", type=int, default=4, help="take every n-th question")
    parser.add_argument("--service", action="store_true", help="measure through Ray, over the shards of an earlier run")
    arguments = parser.parse_args()
    root = write_archive(arguments.data, limit=arguments.articles)
    questions = list(iter_rows(arguments.data / "news" / "questions.jsonl"))[:: arguments.every]
    with Assistant.open(root) as assistant:
        figures: dict[str, Any] = index_archive(assistant)
        folder, encoder, reader = assistant.folder, assistant.encoder, assistant.reader
    if arguments.service:
        asked = [question["question"] for question in questions[:SERVICE_QUESTIONS]]
        save_result("cluster_service", figures | measure_service(folder, encoder, asked))
        return
    reader.load()
    with Store.open(folder.index, identify(folder, encoder)) as store:
        known = KnownVectors(encoder, store)
        figures["indexing without encoding"] = measure_indexing(folder, known)
        show(figures)
        figures["questions"] = len(questions)
        figures["8 shards against one store"] = compare(folder, store, encoder, reader, questions)
        show(figures)
        figures["search ms by shard"] = measure_search(folder, encoder, [q["question"] for q in questions[:100]])
        figures["fusing"] = measure_fusion()
        show(figures)
    save_result("cluster", figures)


def show(figures: Mapping[str, Any]) -> None:
    print(json.dumps(figures, indent=2), flush=True)


def finish(steps: Generator[Any, None, Any]) -> Any:
    """Go through all steps and return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def measure_indexing(folder: Folder, encoder: Encoder) -> dict[str, Any]:
    """CPU seconds and bytes of all shards together, by their number; the shards stay."""
    shutil.rmtree(find_shards(folder), ignore_errors=True)
    figures = {}
    for count in COUNTS:
        began, wall = sum(os.times()[:2]), time.perf_counter()
        for number in range(count):
            finish(refresh(folder.take_shard(number, count=count), encoder))[0].close()
        spent = sum(os.times()[:2]) - began
        held = sum(f.stat().st_size for f in (find_shards(folder) / f"{count:04}").rglob("*") if f.is_file())
        figures[f"{count} shards"] = {
            "CPU seconds": round(spent, 1),
            "seconds": round(time.perf_counter() - wall, 1),
            "MB": round(held / 1e6, 1),
            "passages": [shard.passages for shard in find_manifest(folder, encoder, count).shards],
        }
    return figures


def find_manifest(folder: Folder, encoder: Encoder, count: int) -> Manifest:
    """The manifest of shards that are there."""
    manifest = build_manifest(identify(folder, encoder), count=count)
    for number in range(count):
        with Store.open(folder.take_shard(number, count=count).index, manifest.identity) as store:
            rows = store.rows
            held = {"documents": rows.count_documents(), "passages": rows.count_passages()}
            manifest = manifest.put(ShardState(number=number, generation=rows.generation, **held))
    return manifest


def compare(
    folder: Folder, store: Store, encoder: Encoder, reader: Reader, questions: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Overlap of the ten best passages and F1 of the best answer: one store, 8 shards."""
    count = COUNTS[-1]
    kinds = {"as they are": True, "with common statistics": False}
    overlap: dict[str, list[float]] = {name: [] for name in kinds}
    f1: dict[str, list[float]] = {name: [] for name in ("one store", *kinds)}
    with ExitStack() as stack:
        derived = stack.enter_context(store.snapshot())
        shards = {
            name: stack.enter_context(closing(Shards(folder, encoder, count=count, own=own)))
            for name, own in kinds.items()
        }
        answerers = {n: Answerer(s, count=count, encoder=encoder, reader=reader) for n, s in shards.items()}
        for row in questions:
            query = build_query(row["question"])
            found = fuse(gather(store, derived, encoder.encode_question, query.searched), depth=DEPTH)
            single = load_candidates(store, found, top=TOP)
            f1["one store"].append(answer(query.searched, single, reader, row["answers"]))
            for name, answerer in answerers.items():
                trace = answerer.trace(query, history=(), top=TOP, read=False)
                both = {place(c) for c in single} & {place(c) for c in trace.candidates}
                overlap[name].append(len(both) / max(1, len(single)))
                same = [place(c) for c in single] == [place(c) for c in trace.candidates]
                f1[name].append(
                    f1["one store"][-1] if same else answer(query.searched, trace.candidates, reader, row["answers"])
                )
    return {
        "overlap of the top 10": {name: round(float(np.mean(values)), 4) for name, values in overlap.items()},
        "lowest overlap": {name: min(values) for name, values in overlap.items()},
        "F1": {name: round(100 * float(np.mean(values)), 2) for name, values in f1.items()},
    }


def place(candidate: Candidate) -> tuple[str, int, int]:
    return candidate.document.path, candidate.passage.span.start, candidate.passage.span.end


def answer(question: str, candidates: Sequence[Candidate], reader: Reader, accepted: Sequence[str]) -> float:
    """F1 of the best span of some candidates, whatever its confidence."""
    read = pipeline.read_candidates(question, [without_shard(c) for c in candidates], reader)
    ranked = rank(question, read, top=1, calibration=reader.calibration)
    found = ranked[0].reading.span.of(ranked[0].candidate.document.text) if ranked else ""
    return score_f1(found, tuple(accepted))


def without_shard(candidate: Candidate) -> Candidate:
    return replace(candidate, match=replace(candidate.match, shard=0))


def measure_search(folder: Folder, encoder: Encoder, questions: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of a search in the first of 1, 2, 4 and 8 shards, without encoding the question."""
    figures = {}
    for count in COUNTS:
        with closing(Shards(folder, encoder, count=count)) as shards:
            searcher, milliseconds, passages = shards.searchers[0], [], 0
            for question in questions:
                query = build_query(question)
                vector = encoder.encode_question(query.searched)
                began = time.perf_counter()
                counted: Statistics = searcher.count_words(query.searched)
                found = searcher.gather(
                    query.searched, vector=vector, depth=DEPTH, filters=query.filters, statistics=counted
                )
                milliseconds.append(1000 * (time.perf_counter() - began))
                passages = found.passages
            figures[f"1 of {count}"] = {"passages": passages, **percentiles(milliseconds[1:])}
    return figures


def measure_fusion() -> dict[str, Any]:
    """Size of what the shards send and milliseconds of unpickling and fusing it, by their number."""
    random = np.random.default_rng(1)
    figures = {}
    for shards in FUSED_SHARDS:
        found = [
            Match(row, cosine, bm25, shard=shard, document_id=f"{row:016x}")
            for shard in range(shards)
            for row, (cosine, bm25) in enumerate(random.random((SENT_MATCHES, 2)).tolist())
        ]
        sent = pickle.dumps(found)
        began = time.process_time()
        pickle.loads(sent)
        unpickled = time.process_time()
        fuse(found, depth=DEPTH)
        figures[f"{shards} shards"] = {
            "matches": len(found),
            "MB": round(len(sent) / 1e6, 2),
            "ms to unpickle": round(1000 * (unpickled - began), 1),
            "ms to fuse": round(1000 * (time.process_time() - unpickled), 1),
        }
    return figures


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    return {f"ms p{p}": round(float(np.percentile(milliseconds, p)), 1) for p in (50, 95)}


def measure_service(folder: Folder, encoder: Encoder, questions: Sequence[str]) -> dict[str, Any]:
    """Search through the service over 1 and 8 shards beside one store, and recovery after a kill."""
    figures: dict[str, Any] = {"one store, no service": measure_questions(Assistant(folder), questions, refresh=False)}
    with Nodes(2) as nodes, closing(ClusterClient(folder, nodes.address)) as client:
        for count in SERVED_COUNTS:
            save_manifest(folder, find_manifest(folder, encoder, count))
            began = time.perf_counter()
            client.deploy(port=PORT)
            figures[f"{count} shards"] = {
                "deploy seconds": round(time.perf_counter() - began, 1),
                **measure_questions(Assistant(folder, cluster=nodes.address), questions, refresh=False),
            }
            show(figures)
        figures["node killed, 2 replicas"] = measure_recovery(folder, nodes, questions[0])
        show(figures)
        nodes.add()
        service.COPIES = 1
        client.deploy(port=PORT)
        figures["node killed, 1 replica"] = measure_recovery(folder, nodes, questions[0])
        show(figures)
        client.stop()
    return figures


def measure_questions(assistant: Assistant, questions: Sequence[str], *, refresh: bool) -> dict[str, float]:
    milliseconds = []
    with assistant:
        assistant.search(questions[0], refresh=refresh)
        for question in questions:
            began = time.perf_counter()
            assistant.search(question, refresh=refresh)
            milliseconds.append(1000 * (time.perf_counter() - began))
    return percentiles(milliseconds)


def measure_recovery(folder: Folder, nodes: Nodes, question: str) -> dict[str, Any]:
    """Seconds from the kill until answers come from all shards again, and what came before."""
    incomplete = failed = 0
    longest = whole = 0.0
    with Assistant(folder, cluster=nodes.address) as assistant:
        assistant.search(question)
        nodes.kill()
        killed = time.perf_counter()
        while time.perf_counter() - killed < 60 and not (whole and time.perf_counter() - killed - whole > 5):
            began = time.perf_counter()
            try:
                missing = assistant.trace(question).freshness.missing
            except Exception:
                failed += 1
                continue
            longest = max(longest, time.perf_counter() - began)
            incomplete += bool(missing)
            whole = 0.0 if missing else whole or time.perf_counter() - killed
    return {
        "seconds until all shards answered": round(whole, 1),
        "longest answer seconds": round(longest, 1),
        "answers from a part of the shards": incomplete,
        "questions without an answer": failed,
    }


if __name__ == "__main__":
    main()
