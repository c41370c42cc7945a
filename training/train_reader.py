"""Fine-tunes the default passage encoder into the extractive reader (SQuAD 2 style: the first token means "not here").

    python -m training.train_reader --data ../shared/data --out training/runs/first

Stops and resumes anywhere: the state is written to ``--out`` every ``--checkpoint-steps``. Runs on a GPU too.
Recipe: AdamW, linear warm-up and decay, frozen word embeddings, batches of equal token count sorted by length, soft
targets over all annotated answers.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer

from training.examples import MIXTURES, Example, build_examples
from training.weights import ENCODER_FOLDER, STATE, load_model


@dataclass(slots=True)
class Encoded:
    """Token ids of one example and the token positions of its answers (0, 0 = no answer here)."""

    ids: list[int]
    types: list[int]
    starts: list[int]
    ends: list[int]


def encode_examples(examples: list[Example], tokenizer: Any, *, max_tokens: int) -> list[Encoded]:
    """Tokenises; an answer that falls beyond ``max_tokens`` is dropped with its example."""
    encoded = []
    for at in range(0, len(examples), 2000):
        part = examples[at : at + 2000]
        batch = tokenizer(
            [e.question for e in part],
            [e.context for e in part],
            truncation="only_second",
            max_length=max_tokens,
            return_offsets_mapping=True,
        )
        for row, example in enumerate(part):
            offsets, sequence = batch["offset_mapping"][row], batch.sequence_ids(row)
            starts, ends = [], []
            for start, end in example.answers:
                inside = [i for i, (s, e) in enumerate(offsets) if sequence[i] == 1 and s < end and e > start and e > s]
                if inside and offsets[inside[-1]][1] >= end:
                    starts.append(inside[0])
                    ends.append(inside[-1])
            if example.answers and not starts:
                continue
            encoded.append(Encoded(batch["input_ids"][row], batch["token_type_ids"][row], starts or [0], ends or [0]))
    return encoded


def build_batches(encoded: list[Encoded], *, batch_tokens: int, seed: int) -> list[list[int]]:
    """Rows of each batch: examples keep their rough order, but are sorted by length inside stretches of it."""
    rng = random.Random(seed)
    batches: list[list[int]] = []
    stretch: list[int] = []
    tokens = 0
    for row, item in enumerate(encoded):
        stretch.append(row)
        tokens += len(item.ids)
        if tokens < 60 * batch_tokens and row + 1 < len(encoded):
            continue
        stretch.sort(key=lambda r: len(encoded[r].ids))
        made: list[list[int]] = []
        batch: list[int] = []
        for r in stretch:
            if batch and (len(batch) + 1) * len(encoded[r].ids) > batch_tokens:
                made.append(batch)
                batch = []
            batch.append(r)
        made.append(batch)
        rng.shuffle(made)
        batches += made
        stretch, tokens = [], 0
    return batches


def collate(items: list[Encoded], device: torch.device) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
    """Padded model inputs (B, L) and the target distributions of start and end, each (B, L)."""
    length = max(len(item.ids) for item in items)
    ids, mask, types = (np.zeros((len(items), length), dtype=np.int64) for _ in range(3))
    start, end = (np.zeros((len(items), length), dtype=np.float32) for _ in range(2))
    for row, item in enumerate(items):
        n = len(item.ids)
        ids[row, :n], mask[row, :n], types[row, :n] = item.ids, 1, item.types
        for s, e in zip(item.starts, item.ends, strict=True):
            start[row, s] += 1 / len(item.starts)
            end[row, e] += 1 / len(item.ends)
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    return (
        {name: torch.from_numpy(array).to(device) for name, array in inputs.items()},
        torch.from_numpy(start).to(device),
        torch.from_numpy(end).to(device),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, nargs="+", default=[], help="earlier runs; starts from their mean")
    parser.add_argument("--mixture", choices=MIXTURES, default="first", help="which questions, and how often")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--batch-tokens", type=int, default=4000)
    parser.add_argument("--max-tokens", type=int, default=384)
    parser.add_argument("--limit-tokens", type=int, default=0, help="stop the list of examples there (0: all)")
    parser.add_argument("--checkpoint-steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    half = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()

    tokenizer = AutoTokenizer.from_pretrained(ENCODER_FOLDER)
    examples = build_examples(arguments.data, seed=arguments.seed, sources=MIXTURES[arguments.mixture])
    encoded = encode_examples(examples, tokenizer, max_tokens=arguments.max_tokens)
    if arguments.limit_tokens:
        total, rng = sum(len(e.ids) for e in encoded), random.Random(1)
        encoded = [e for e in encoded if rng.random() < arguments.limit_tokens / total]
    batches = build_batches(encoded, batch_tokens=arguments.batch_tokens, seed=arguments.seed)
    print(f"{len(encoded)} examples, {sum(len(e.ids) for e in encoded)} tokens, {len(batches)} steps,"
          f" {sum(e.starts == [0] for e in encoded)} without answer", flush=True)  # fmt: skip

    model = load_model(arguments.start, hidden_dropout_prob=arguments.dropout, attention_probs_dropout_prob=0.0).to(
        device
    )
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    model.train()
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in model.parameters() if p.requires_grad and p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=arguments.learning_rate,
        fused=True,
    )
    warmup = max(1, len(batches) // 16)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, (len(batches) - step) / (len(batches) - warmup))
    )
    state_file, first = arguments.out / STATE, 0
    if state_file.exists():
        state = torch.load(state_file, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["step"]
        print(f"resumed at step {first}", flush=True)

    began, seen, running = time.perf_counter(), 0, 0.0
    with open(arguments.out / "log.jsonl", "a", encoding="utf-8") as log:
        for step in range(first, len(batches)):
            inputs, start, end = collate([encoded[row] for row in batches[step]], device)
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                output = model(**inputs)
            padding = inputs["attention_mask"] == 0
            loss = torch.zeros((), device=device)
            for logits, target in ((output.start_logits, start), (output.end_logits, end)):
                scores = logits.float().masked_fill(padding, -1e4).log_softmax(-1)
                loss = loss - (target * scores).sum(-1).mean() / 2
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            seen += int(inputs["attention_mask"].sum())
            running += loss.item()
            if (step + 1) % 50 == 0:
                speed = seen / (time.perf_counter() - began)
                record = {
                    "step": step + 1,
                    "steps": len(batches),
                    "loss": round(running / 50, 4),
                    "tokens_per_s": int(speed),
                }
                print(record, flush=True)
                log.write(json.dumps(record) + "\n")
                log.flush()
                running = 0.0
            if (step + 1) % arguments.checkpoint_steps == 0 or step + 1 == len(batches):
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                         "schedule": schedule.state_dict(), "step": step + 1}  # fmt: skip
                torch.save(state, state_file.with_suffix(".partial"))
                state_file.with_suffix(".partial").replace(state_file)


if __name__ == "__main__":
    main()
