"""Fine-tunes the default passage encoder into the extractive reader (SQuAD 2 style: the first token means "not here").

    python -m training.train_reader training/runs/first.xz --out training/runs/first

Stops and resumes anywhere: the state is written to ``--out`` every ``--checkpoint-minutes``. Runs on a GPU too.
Recipe: AdamW, linear warm-up and decay, frozen word embeddings, batches of equal token count sorted by length, soft
targets over all annotated answers. The passages of a group share one more softmax, each with its retrieval score as the
application adds it (shared normalisation: Clark & Gardner, 2018). With ``--teacher-share`` the scores of the reader
that it starts from are learned beside the labels, except where a source is new to that one (Hinton et al., 2015).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from askbrief.answer.rank import RETRIEVAL_WEIGHT
from training.units import JOINED, PASSIVES, Encoded, Unit, load_units, mix
from training.weights import ENCODER_FOLDER, STATE, load_model

_LAYER = re.compile(r"\.layer\.(\d+)\.")
UNTAUGHT = {PASSIVES, JOINED}
"""Sources that a teacher has little knowledge of: there the labels count alone."""
LENGTH_STEP = 8
"""Batches are as long as a multiple of this: a GPU is quicker at such lengths."""


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


def collate(
    items: list[Encoded], device: torch.device, *, padding_id: int = 0
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Padded model inputs, each (B, L), and the target distributions of start and end, (2, B, L)."""
    shape = len(items), -(-max(len(item.ids) for item in items) // LENGTH_STEP) * LENGTH_STEP
    ids, mask, types = inputs = np.zeros((3, *shape), dtype=np.int64)
    ids += padding_id
    targets = np.zeros((2, *shape), dtype=np.float32)
    for row, item in enumerate(items):
        n = len(item.ids)
        ids[row, :n], mask[row, :n], types[row, item.asked : n] = item.ids, 1, 1
        for s, e in zip(item.starts, item.ends, strict=True):
            targets[0, row, s] += 1 / len(item.starts)
            targets[1, row, e] += 1 / len(item.ends)
    names = ("input_ids", "attention_mask", "token_type_ids")
    return dict(zip(names, send(inputs, device), strict=True)), send(targets, device)


def send(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """The array on ``device``; a GPU goes on with what it is doing meanwhile."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def find_scores(reader: Any, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """What a reader says of a batch: scores of starts and of ends, each (B, L), padding far below."""
    padding = inputs["attention_mask"] == 0
    if reader.config.model_type == "mpnet":
        inputs = {name: tensor for name, tensor in inputs.items() if name != "token_type_ids"}
    else:
        # The mask as attention uses it: to make that of the other, transformers would wait for the GPU to look at it.
        inputs = inputs | {"attention_mask": ~padding[:, None, None]}
    device = padding.device.type
    half = device == "cuda" or torch.cpu._is_avx512_bf16_supported()
    with torch.autocast(device, torch.bfloat16, enabled=half):
        output = reader(**inputs)
    return [scores.float().masked_fill(padding, -1e4) for scores in (output.start_logits, output.end_logits)]


def find_teacher_shares(items: list[Encoded], share: float) -> NDArray[np.float32]:
    """How much a teacher counts for each of ``items``, shape (B,): nothing where their source is new to it."""
    return np.array([0.0 if item.source in UNTAUGHT else share for item in items], dtype=np.float32)


def blend(target: torch.Tensor, taught: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Labels mixed with a teacher's distributions.

    Args:
        target: Distributions of the labels, shape (B, L).
        taught: The teacher's scores, shape (B, L), padding far below.
        shares: How much the teacher counts in each row, in [0, 1], shape (B,).
    """
    return target + shares[:, None] * (taught.softmax(-1) - target)


def find_own_loss(scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of each passage, its first token being "not here"; both (B, L), padding far below."""
    return -(target * scores.log_softmax(-1)).sum(-1).mean()


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
    firsts = np.cumsum([0, *(len(unit.items) for unit in units)])
    several = [(first, len(unit.items)) for first, unit in zip(firsts, units, strict=False) if len(unit.items) > 1]
    if not several:
        return torch.zeros((), device=logits.device)
    rows = np.full((len(several), max(size for _, size in several)), -1)
    for row, (first, size) in zip(rows, several, strict=True):
        row[:size] = range(first, first + size)
    members = send(rows, logits.device)
    prior = send(np.array([s for unit in units for s in unit.scores], dtype=np.float32), logits.device)
    margins = logits - logits[:, :1] + RETRIEVAL_WEIGHT / 2 * prior[:, None]
    totals = margins.masked_fill(outside, -1e4).logsumexp(-1)
    sums = totals[members.clamp(min=0)].masked_fill(members < 0, -1e4).logsumexp(-1)
    right = (target * margins).sum(-1)[members[:, 0]]
    return (sums - right).mean()


def freeze(model: Any, *, layers: int) -> None:
    """Keeps the embeddings and the lowest ``layers`` as they are; their backward pass is then spared.

    Of the embeddings, only those of words are kept when no layer is.
    """
    base = model.base_model
    base.embeddings.word_embeddings.weight.requires_grad_(False)
    if layers:
        base.embeddings.requires_grad_(False)
        base.encoder.layer[:layers].requires_grad_(False)
        if hasattr(base.encoder, "relative_attention_bias"):  # of all layers at once: it would need those below
            base.encoder.relative_attention_bias.requires_grad_(False)


def build_parameter_groups(model: Any, *, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
    """What the optimiser learns, one group for each rate and decay.

    Args:
        model: Its trainable parameters are taken.
        learning_rate: Of the head and the highest layer.
        layer_decay: Each layer learns this times as quickly as the one above it.
    """
    layers = len(model.base_model.encoder.layer)
    groups: dict[tuple[int, float], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            match = _LAYER.search(name)
            below = layers - 1 - int(match[1]) if match else 0 if name.startswith("qa_outputs") else layers
            groups.setdefault((below, 0.01 if parameter.ndim > 1 else 0.0), []).append(parameter)
    return [
        {"params": parameters, "weight_decay": decay, "lr": learning_rate * layer_decay**below}
        for (below, decay), parameters in groups.items()
    ]


def find_rate(share: float) -> float:
    """The learning rate as a share of its peak, when ``share`` of the run is over: linear up to 1/16, then down."""
    return min(share * 16, (1 - share) * 16 / 15)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("units", type=Path, nargs="+", help="files made by training.prepare, spread over each other")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, nargs="+", default=[], help="earlier runs; starts from their mean")
    parser.add_argument("--start-shares", type=float, nargs="+", help="how much each counts; all the same without it")
    parser.add_argument("--teacher-share", type=float, default=0.0, help="how much the scores at the start count")
    parser.add_argument("--base", type=Path, default=ENCODER_FOLDER, help="folder of the pre-trained model")
    parser.add_argument("--freeze-layers", type=int, default=0, help="lowest layers that stay as they are")
    parser.add_argument("--layer-decay", type=float, default=1.0, help="a layer's learning rate, of that above it")
    parser.add_argument("--beta2", type=float, default=0.999)
    parser.add_argument("--minutes", type=float, default=0.0, help="skip batches so that the run ends after this time")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--batch-tokens", type=int, default=4000)
    parser.add_argument("--checkpoint-minutes", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    parts = [load_units(file) for file in arguments.units]
    units = reduce(lambda one, other: mix(one, other, seed=arguments.seed), parts)
    batches = build_batches(units, batch_tokens=arguments.batch_tokens, seed=arguments.seed)
    print(f"{sum(len(i.ids) for unit in units for i in unit.items)} tokens, {len(batches)} steps", flush=True)

    dropout = {"hidden_dropout_prob": arguments.dropout, "attention_probs_dropout_prob": 0.0}
    model = load_model(arguments.start, base=arguments.base, shares=arguments.start_shares, **dropout).to(device)
    freeze(model, layers=arguments.freeze_layers)
    model.train()
    teacher = None
    if arguments.teacher_share:
        teacher = load_model(arguments.start, base=arguments.base, shares=arguments.start_shares).to(device).eval()
    optimizer = torch.optim.AdamW(
        build_parameter_groups(model, learning_rate=arguments.learning_rate, layer_decay=arguments.layer_decay),
        betas=(0.9, arguments.beta2),
        fused=True,
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    state_file, first, spent = arguments.out / STATE, 0, 0.0
    if state_file.exists():
        state = torch.load(state_file, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first, spent = state["step"], state["seconds"]
        print(f"resumed at step {first}", flush=True)

    began, seen, done = time.perf_counter() - spent, 0, 0
    started = time.perf_counter()
    saved = started
    padding_id = model.config.pad_token_id
    running = torch.zeros((), device=device)
    step = first
    with open(arguments.out / "log.jsonl", "a", encoding="utf-8") as log:
        while step < len(batches):
            batch = [units[row] for row in batches[step]]
            members = [item for unit in batch for item in unit.items]
            inputs, targets = collate(members, device, padding_id=padding_id)
            outside = inputs["token_type_ids"] == 0
            owns = list(targets)
            if teacher is not None:
                shares = send(find_teacher_shares(members, arguments.teacher_share), device)
                with torch.no_grad():
                    said = find_scores(teacher, inputs)
                owns = [blend(target, scores, shares) for target, scores in zip(targets, said, strict=True)]
            loss = torch.zeros((), device=device)
            for scores, target, own in zip(find_scores(model, inputs), targets, owns, strict=True):
                loss = loss + find_own_loss(scores, own) / 2
                loss = loss + find_shared_loss(scores, target, outside, batch) / 2
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            share = (step + 1) / (len(batches) + 1)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * find_rate(share)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            done += 1
            seen += sum(len(item.ids) for item in members)
            running += loss.detach()
            now = time.perf_counter()
            if done % 50 == 0:
                record = {
                    "step": step + 1,
                    "steps": len(batches),
                    "done": done,
                    "tokens": seen,
                    "loss": round(running.item() / 50, 4),
                    "tokens_per_s": int(seen / (now - started)),
                }
                print(record, flush=True)
                log.write(json.dumps(record) + "\n")
                log.flush()
                running.zero_()
            step += 1
            if arguments.minutes:
                step = max(step, int((now - began) / (60 * arguments.minutes) * len(batches)))
            if now - saved > 60 * arguments.checkpoint_minutes or step >= len(batches):
                saved = now
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                         "step": step, "seconds": now - began, "tokens": seen}  # fmt: skip
                torch.save(state, state_file.with_suffix(".partial"))
                state_file.with_suffix(".partial").replace(state_file)
                if step >= len(batches):
                    half = {n: t.half() if t.is_floating_point() else t for n, t in model.state_dict().items()}
                    torch.save(half, arguments.out / "weights-half.pt")


if __name__ == "__main__":
    main()
