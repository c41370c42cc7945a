"""Encoding: passages a second of the compiled encoder beside sentence-transformers, and what the rounding costs.

    python -m benchmarks.encoding [--data ../shared/data] [--passages 512] [--rounds 5] [--every 5]

Passages of the news archive, all in turns: sentence-transformers in fp32 (as it comes: sorted by length, batches of 32)
and in bf16; the compiled encoder as shipped (every text alone, a thread a core), with the threads inside a text, and in
padded batches sorted by length. R@10 is that of the mixed search over the pooled SQuAD paragraphs, with the vectors of
the compiled encoder and with those of sentence-transformers in fp32.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askbrief.answer.pipeline import find_candidates
from askbrief.corpus.chunk import build_indexed_text, chunk_document
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.plain import read_plain
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.encoder import CompiledEncoder, Encoder
from askbrief.models.locate import find_default_model
from askbrief.models.quiet import quiet_and_offline
from benchmarks.common import build_parser, save_result
from corpora.questions import Paragraphs, iter_rows, load_paragraphs
from corpora.stores import as_documents, build_store, whole

BATCH = 16
Vectors = NDArray[np.float32]


class SourceEncoder:
    """sentence-transformers as an ``Encoder``."""

    fingerprint = "fp32"

    def __init__(self, model: Any) -> None:
        self._model = model
        self.dimension: int = model.get_embedding_dimension()

    def encode_question(self, text: str) -> Vectors:
        """One vector."""
        vector: Vectors = self._model.encode(text, normalize_embeddings=True)
        return vector

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Vectors]:
        """A vector a text."""
        yield from self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def load_texts(data: Path, count: int) -> list[str]:
    """Passages as they are encoded, evenly from the whole archive."""
    texts: list[str] = []
    for row in islice(iter_rows(data / "news" / "articles.jsonl.gz"), 0, None, 400):
        document = build_document(
            read_plain(f"# {row['title']}\n\n{row['text']}\n", f"{row['id']}.md"), f"{row['id']}.md"
        )
        passages = chunk_document(document, passage_words=100)
        texts += [build_indexed_text(document.title, passage.text) for passage in passages]
    return texts[:count]


def load_sources() -> dict[str, Any]:
    """sentence-transformers in fp32 and bf16."""
    with quiet_and_offline():
        from sentence_transformers import SentenceTransformer

        folder = str(find_default_model())
        return {
            "sentence-transformers fp32": SentenceTransformer(folder, device="cpu", local_files_only=True),
            "sentence-transformers bf16": SentenceTransformer(
                folder, device="cpu", local_files_only=True, model_kwargs={"dtype": "bfloat16"}
            ),
        }


def build_session(encoder: CompiledEncoder, *, threads: int) -> Any:
    """The graph of ``encoder`` with ``threads`` threads inside a run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    graph = encoder._model.folder / "model.onnx"
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def run_batches(session: Any, encoder: CompiledEncoder, texts: Sequence[str], *, batch: int) -> Vectors:
    """Vectors of texts sorted by length in padded batches, in the order of ``texts``."""
    tokens = [encoder._tokenise(text).ids for text in texts]
    order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
    vectors = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        ids = np.zeros((len(rows), len(tokens[rows[-1]])), dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(tokens[row])] = tokens[row]
            mask[place, : len(tokens[row])] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        vectors[rows] = session.run(None, feed)[0]
    return vectors


def measure_recall(paragraphs: Paragraphs, encoder: Encoder, *, every: int) -> float:
    """R@10 of the mixed search: the share of the questions whose paragraph is among the first ten."""
    questions = paragraphs.questions[::every]
    found = 0
    documents = as_documents(paragraphs)
    with tempfile.TemporaryDirectory() as scratch, build_store(Path(scratch), encoder, documents, whole) as store:
        for question in questions:
            with store.snapshot() as derived:
                _, candidates = find_candidates(question.text, store=store, derived=derived, encoder=encoder, top=10)
            found += any(candidate.document.id == str(question.context) for candidate in candidates)
    return round(100 * found / len(questions), 2)


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--every", type=int, default=5, help="take every n-th question; 0: leave recall out")
    arguments = parser.parse_args()
    texts = load_texts(arguments.data, arguments.passages)
    encoder, sources = load_encoder(), load_sources()
    two, one = build_session(encoder, threads=2), build_session(encoder, threads=1)

    def encode(model: Any) -> Callable[[], Vectors]:
        return lambda: model.encode(texts, normalize_embeddings=True, show_progress_bar=False)

    ways: dict[str, Callable[[], Vectors]] = {name: encode(model) for name, model in sources.items()}
    ways["askbrief"] = lambda: np.stack(list(encoder.encode_passages(texts)))
    ways["askbrief, 1 thread"] = lambda: run_batches(one, encoder, texts, batch=1)
    ways["askbrief, 2 threads in a text"] = lambda: run_batches(two, encoder, texts, batch=1)
    ways[f"askbrief, 2 threads, batches of {BATCH}"] = lambda: run_batches(two, encoder, texts, batch=BATCH)
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    vectors: dict[str, Vectors] = {}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            vectors[name] = way()
            speeds[name].append(len(texts) / (time.perf_counter() - began))
            print(name, round(speeds[name][-1], 1), flush=True)
    plain, *_ = ways
    figures: dict[str, Any] = {
        "passages": len(texts),
        "tokens": round(statistics.mean(len(encoder._tokenise(text).ids) for text in texts), 1),
    }
    for name, values in speeds.items():
        cosines = (vectors[name] * vectors[plain]).sum(axis=1)
        figures[name] = {
            "passages a second": round(statistics.median(values), 1),
            "min": round(min(values), 1),
            "max": round(max(values), 1),
            "times": round(statistics.median(values) / statistics.median(speeds[plain]), 2),
            "mean cosine": round(float(cosines.mean()), 4),
            "lowest cosine": round(float(cosines.min()), 4),
        }
    if arguments.every:
        paragraphs = load_paragraphs(arguments.data, "squad_v1.1_dev")
        compared: dict[str, Encoder] = {"askbrief": encoder, plain: SourceEncoder(sources[plain])}
        recalls = {name: measure_recall(paragraphs, some, every=arguments.every) for name, some in compared.items()}
        figures[f"R@10 of the mix, {len(paragraphs.questions[:: arguments.every]):,} questions"] = recalls
    save_result("encoding", figures)


if __name__ == "__main__":
    main()
