"""Fine-tunes the default passage encoder into the extractive reader (SQuAD 2 style: the first token means "not here").

    python -m training.train_reader --data ../shared/data --out training/runs/first

Stops and resumes anywhere: the state is written to ``--out`` every ``--checkpoint-steps``. Runs on a GPU too.
Recipe: AdamW, linear warm-up and decay, frozen word embeddings, batches of equal token count sorted by length, soft
targets over all annotated answers. With ``--groups`` several passages of a question share one more softmax, each with
its retrieval score as the application adds it (shared normalisation: Clark & Gardner, 2018). With ``--teacher-share``
the scores of the reader that it starts from are learned beside the labels, except where a source is new to that one
(Hinton et al., 2015).
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

from askbrief.reading import RETRIEVAL_WEIGHT
from training.examples import JOINED, MIXTURES, Example, build_examples
from training.groups import load_groups
from training.passives import NAME as PASSIVES
from training.weights import ENCODER_FOLDER, STATE, load_model

UNTAUGHT = {PASSIVES, JOINED}
"""Sources that a teacher has little knowledge of: there the labels count alone."""


@dataclass(slots=True)
class Encoded:
    """Token ids of one example, the token positions of its answers (0, 0 = no answer here) and what it was made of."""

    ids: list[int]
    types: list[int]
    starts: list[int]
    ends: list[int]
    source: str


@dataclass(slots=True)
class Unit:
    """Examples that stay together in a batch: one alone, or a question's passages with their retrieval scores."""

    items: list[Encoded]
    scores: list[float]

    @property
    def length(self) -> int:
        """Tokens of the longest."""
        return max(len(item.ids) for item in self.items)


def encode_examples(examples: list[Example], tokenizer: Any, *, max_tokens: int) -> list[Encoded | None]:
    """Tokenises; None for an example whose answer falls beyond ``max_tokens``."""
    encoded: list[Encoded | None] = []
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
                encoded.append(None)
                continue
            ids, types = batch["input_ids"][row], batch["token_type_ids"][row]
            encoded.append(Encoded(ids, types, starts or [0], ends or [0], example.source))
    return encoded


def build_batches(units: list[Unit], *, batch_tokens: int, seed: int) -> list[list[int]]:
    """Rows of each batch: units keep their rough order, but are sorted by length inside stretches of it."""
    rng = random.Random(seed)
    batches: list[list[int]] = []
    stretch: list[int] = []
    tokens = 0
    for row, unit in enumerate(units):
        stretch.append(row)
        tokens += sum(len(item.ids) for item in unit.items)
        if tokens < 60 * batch_tokens and row + 1 < len(units):
            continue
        stretch.sort(key=lambda r: units[r].length)
        made: list[list[int]] = []
        batch: list[int] = []
        size = 0
        for r in stretch:
            size += len(units[r].items)
            if batch and size * units[r].length > batch_tokens:
                made.append(batch)
                batch, size = [], len(units[r].items)
            batch.append(r)
        made.append(batch)
        rng.shuffle(made)
        batches += made
        stretch, tokens = [], 0
    return batches


def mix(units: list[Unit], others: list[Unit], *, seed: int) -> list[Unit]:
    """Both lists in one: each keeps its order, spread evenly over the other."""
    rng = random.Random(seed)
    keyed = [((at + rng.random()) / len(part), unit) for part in (units, others) for at, unit in enumerate(part)]
    return [unit for _, unit in sorted(keyed, key=lambda pair: pair[0])]


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


def find_teacher_shares(items: list[Encoded], share: float) -> torch.Tensor:
    """How much a teacher counts for each of ``items``, shape (B,): nothing where their source is new to it."""
    return torch.tensor([0.0 if item.source in UNTAUGHT else share for item in items])


def blend(target: torch.Tensor, taught: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Labels mixed with a teacher's distributions.

    Args:
        target: Distributions of the labels, shape (B, L).
        taught: The teacher's scores, shape (B, L), padding far below.
        shares: How much the teacher counts in each row, in [0, 1], shape (B,).
    """
    return target + shares[:, None] * (taught.softmax(-1) - target)


def find_own_loss(logits: torch.Tensor, target: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of each passage by itself, its first token being "not here"; all arguments (B, L)."""
    scores = logits.masked_fill(padding, -1e4).log_softmax(-1)
    return -(target * scores).sum(-1).mean()


def find_shared_loss(
    logits: torch.Tensor, target: torch.Tensor, outside: torch.Tensor, units: list[Unit]
) -> torch.Tensor:
    """Mean cross-entropy over all passages of a question at once; 0 without a unit of several.

    Args:
        logits: Shape (B, L), the rows in the order of the units' items.
        target: Likewise; the first row of each unit holds its answer.
        outside: Likewise, true where no answer can stand.
        units: What the rows belong to.
    """
    prior = torch.tensor([score for unit in units for score in unit.scores], device=logits.device)
    margins = logits - logits[:, :1] + RETRIEVAL_WEIGHT / 2 * prior[:, None]
    totals = margins.masked_fill(outside, -1e4).logsumexp(-1)
    losses, first = [], 0
    for unit in units:
        if len(unit.items) > 1:
            right = (target[first] * margins[first]).sum()
            losses.append(totals[first : first + len(unit.items)].logsumexp(0) - right)
        first += len(unit.items)
    return torch.stack(losses).mean() if losses else torch.zeros((), device=logits.device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, nargs="+", default=[], help="earlier runs; starts from their mean")
    parser.add_argument("--start-shares", type=float, nargs="+", help="how much each counts; all the same without it")
    parser.add_argument("--mixture", choices=MIXTURES, default="first", help="which questions, and how often")
    parser.add_argument("--groups", type=Path, help="file made by training.groups, learned from beside the mixture")
    parser.add_argument("--group-share", type=float, default=1.0, help="share of its groups that is taken")
    parser.add_argument("--teacher-share", type=float, default=0.0, help="how much the scores at the start count")
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
    units = [Unit([item], [0.0]) for item in encoded if item is not None]
    if arguments.groups:
        rng = random.Random(arguments.seed)
        groups = [group for group in load_groups(arguments.groups) if rng.random() < arguments.group_share]
        rng.shuffle(groups)
        flat = [example for group in groups for example in group.examples]
        rows = iter(encode_examples(flat, tokenizer, max_tokens=arguments.max_tokens))
        made = [([next(rows) for _ in group.examples], group.scores) for group in groups]
        whole = [Unit([i for i in items if i], scores) for items, scores in made if all(items)]
        units = mix(units, whole, seed=arguments.seed)
    if arguments.limit_tokens:
        total, rng = sum(len(i.ids) for unit in units for i in unit.items), random.Random(1)
        units = [unit for unit in units if rng.random() < arguments.limit_tokens / total]
    batches = build_batches(units, batch_tokens=arguments.batch_tokens, seed=arguments.seed)
    items = [item for unit in units for item in unit.items]
    print(f"{len(items)} examples, {sum(len(i.ids) for i in items)} tokens, {len(batches)} steps,"
          f" {sum(i.starts == [0] for i in items)} without answer,"
          f" {sum(len(u.items) > 1 for u in units)} groups", flush=True)  # fmt: skip

    dropout = {"hidden_dropout_prob": arguments.dropout, "attention_probs_dropout_prob": 0.0}
    model = load_model(arguments.start, shares=arguments.start_shares, **dropout).to(device)
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    model.train()
    teacher = None
    if arguments.teacher_share:
        teacher = load_model(arguments.start, shares=arguments.start_shares).to(device).eval()
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
            batch = [units[row] for row in batches[step]]
            members = [item for unit in batch for item in unit.items]
            inputs, start, end = collate(members, device)
            padding, outside = inputs["attention_mask"] == 0, inputs["token_type_ids"] == 0
            targets = owns = [start, end]
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                output = model(**inputs)
            if teacher is not None:
                with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=half):
                    taught = teacher(**inputs)
                heads = (taught.start_logits, taught.end_logits)
                said = [scores.float().masked_fill(padding, -1e4) for scores in heads]
                shares = find_teacher_shares(members, arguments.teacher_share).to(device)
                owns = [blend(target, scores, shares) for target, scores in zip(targets, said, strict=True)]
            loss = torch.zeros((), device=device)
            for logits, target, own in zip((output.start_logits, output.end_logits), targets, owns, strict=True):
                scores = logits.float()
                loss = loss + find_own_loss(scores, own, padding) / 2
                loss = loss + find_shared_loss(scores, target, outside, batch) / 2
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
