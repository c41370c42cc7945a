"""Fine-tunes the default passage encoder on the training questions: each question's own passage against all others.

    python -m training.train_encoder --data ../shared/data --out training/runs/encoder [--pairs 9000]

Multiple negatives ranking loss (Henderson et al., 2017): in a batch of questions with their passages, and one passage
each that BM25 finds for the question but that does not answer it, every other passage is a negative. ``--out`` is then
a sentence-transformers model: name it in ``askbrief.toml``, or measure it with ``benchmarks.retrieval --encoder``.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from corpora.questions import iter_rows
from training.contexts import Context
from training.examples import SHORT_WORDS, NegativePool
from training.weights import ENCODER_FOLDER

SOURCES = ("squad_paragraphs", "squad_other", "qed")
SCALE = 20.0
Triple = tuple[str, str, str]


def build_triples(data: Path, *, count: int, seed: int) -> list[Triple]:
    """Question, its passage, and a passage that shares words with it; both passages as they are encoded."""
    rng = random.Random(seed)
    rows = [row for name in SOURCES for row in iter_rows(data / "reader/train" / f"{name}.jsonl.gz")]
    rows = [row for row in rows if len(row["context"].split()) > SHORT_WORDS]
    contexts = [Context(row["title"].replace("_", " "), row["context"], "") for row in rows]
    pool = NegativePool(contexts)
    asked = [
        (qa, context) for row, context in zip(rows, contexts, strict=True) for qa in row["qas"] if qa["answers"]
    ]  # fmt: skip
    triples = []
    for qa, context in rng.sample(asked, min(count, len(asked))):
        answers = [text.lower() for _, text in qa["answers"]]
        found = pool.find(qa["question"], without=answers, own=context.text)
        if found:
            triples.append((qa["question"], _encoded(context), _encoded(rng.choice(found))))
    return triples


def _encoded(context: Context) -> str:
    return f"{context.title}\n{context.text}"


def embed(model: Any, texts: list[str]) -> torch.Tensor:
    """Unit vectors, shape (len(texts), dimension), with gradients."""
    features = model.preprocess(texts)
    vectors: torch.Tensor = model(features)["sentence_embedding"]
    return torch.nn.functional.normalize(vectors.float(), dim=-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=9000)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = device == "cuda" or torch.cpu._is_avx512_bf16_supported()
    model: Any = SentenceTransformer(str(ENCODER_FOLDER), device=device, local_files_only=True)
    model.train()
    triples = build_triples(arguments.data, count=arguments.pairs, seed=arguments.seed)
    batches = [triples[at : at + arguments.batch] for at in range(0, len(triples), arguments.batch)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.learning_rate, weight_decay=0.01, fused=True)
    warmup = max(1, len(batches) // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, (len(batches) - step) / (len(batches) - warmup))
    )
    for step, batch in enumerate(batches):
        questions, own, others = (list(part) for part in zip(*batch, strict=True))
        with torch.autocast(device, torch.bfloat16, enabled=half):
            asked, passages = embed(model, questions), embed(model, own + others)
        scores = SCALE * asked @ passages.T
        loss = torch.nn.functional.cross_entropy(scores, torch.arange(len(batch), device=scores.device))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 20 == 0:
            print(step, len(batches), round(loss.item(), 4), flush=True)
    model.save_pretrained(str(arguments.out), safe_serialization=True)


if __name__ == "__main__":
    main()
