"""Retrieval: SQuAD v1.1 development paragraphs pooled into one store; is the paragraph of each question found?

    python -m benchmarks.retrieval [--data ../shared/data]

Compares the two searches, their weighted mix (as shipped) and reciprocal-rank fusion, by recall@k and MRR@20.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from askbrief.answer.fuse import DENSE_WEIGHT, mix_scores
from askbrief.answer.retrieve import DEPTH
from askbrief.models.compile_encoder import load_encoder
from benchmarks.common import build_parser, save_result
from corpora.questions import load_paragraphs
from corpora.stores import as_documents, build_store, whole

CUTOFFS = (1, 5, 10, 20)
RRF_K = 60


def summarise(ranks: Sequence[int | None]) -> dict[str, float]:
    """Recall@k and MRR@20 of the ranks (from 0) at which the right paragraph was found."""
    recalls = {f"R@{k}": sum(r is not None and r < k for r in ranks) / len(ranks) for k in CUTOFFS}
    reciprocal = sum(1 / (r + 1) for r in ranks if r is not None and r < 20) / len(ranks)
    return {name: round(value, 4) for name, value in (recalls | {"MRR@20": reciprocal}).items()}


def fuse_ranks(*rankings: list[int]) -> list[int]:
    """Reciprocal-rank fusion (Cormack et al., 2009)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + 1 / (RRF_K + rank)
    return sorted(scores, key=lambda row: (-scores[row], row))


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--weights", default=str(DENSE_WEIGHT), help="dense weights to try, with commas")
    parser.add_argument("--encoder", default="", help="folder of another sentence-transformers model")
    parser.add_argument("--untitled", action="store_true", help="hide the articles' titles")
    parser.add_argument("--every", type=int, default=1, help="take every n-th question")
    arguments = parser.parse_args()
    paragraphs = load_paragraphs(arguments.data, "squad_v1.1_dev")
    documents = as_documents(paragraphs)
    if arguments.untitled:
        documents = [type(d)(d.id, "", d.text, None, d.paths) for d in documents]
    encoder = load_encoder(arguments.encoder)
    weights = [float(weight) for weight in arguments.weights.split(",")]
    questions = paragraphs.questions[:: arguments.every]
    ranks: dict[str, list[int | None]] = {}
    with (
        tempfile.TemporaryDirectory() as scratch,
        build_store(Path(scratch), encoder, documents, whole) as store,
        store.snapshot() as derived,
    ):
        for question in questions:
            vector = encoder.encode_question(question.text)
            dense = derived.dense.search(vector, top=DEPTH)
            lexical = derived.lexical.search(question.text, top=DEPTH)
            rows = sorted({row for row, _ in (*dense, *lexical)})
            bm25s = derived.lexical.score(question.text, rows)
            cosines = [float(record.vector @ vector) for record in store.rows.load_passages(rows)]
            rankings = {
                "dense": [row for row, _ in dense],
                "BM25": [row for row, _ in lexical],
                "RRF": fuse_ranks([row for row, _ in dense], [row for row, _ in lexical]),
            }
            for weight in weights:
                scores = mix_scores(cosines, [bm25s.get(row, 0.0) for row in rows], weight=weight)
                order = sorted(zip(rows, scores, strict=True), key=lambda item: (-item[1], item[0]))
                rankings[f"mix {weight}"] = [row for row, _ in order]
            for name, ranking in rankings.items():
                right = question.context + 1
                ranks.setdefault(name, []).append(ranking.index(right) if right in ranking else None)
    figures = {"questions": len(questions), "passages": len(documents), **{n: summarise(r) for n, r in ranks.items()}}
    if not (arguments.untitled or arguments.encoder) and arguments.every == 1 and len(weights) == 1:
        save_result("retrieval", figures)
    else:
        print(*(f"{name:9} {figure}" for name, figure in figures.items()), sep="\n")


if __name__ == "__main__":
    main()
