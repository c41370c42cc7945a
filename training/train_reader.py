"""Fine-tune a pre-trained model into the extractive reader (SQuAD 2 style: the first token means "not here").

    python -m training.train_reader training/runs/first.xz --out training/runs/first

Stops and resumes anywhere: the state is written to ``--out`` every ``--checkpoint-minutes``. Runs on a GPU too.
Recipe: AdamW, linear warm-up and decay, frozen word embeddings, batches of equal token count sorted by length, soft
targets over all annotated answers. The passages of a group share one more softmax, each with its retrieval score as the
application adds it (shared normalisation: Clark & Gardner, 2018). With ``--teacher-share`` the scores of the reader
that it starts from are learned beside the labels, except where a source is new to that one (Hinton et al., 2015).

``--minutes`` fits a run into a time on a machine whose speed is not known: batches are skipped evenly, and the learning
rate falls with the place in the list.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import torch

from training.batches import build_batches, collate, send
from training.losses import blend, find_own_loss, find_scores, find_shared_loss, find_teacher_shares
from training.optimising import build_parameter_groups, find_rate, freeze
from training.units import Unit, load_units, mix
from training.weights import ENCODER_FOLDER, STATE, load_model, save_half

REPORT_STEPS = 50


@dataclass(slots=True)
class Progress:
    """Where a run is.

    Attributes:
        step: The next batch of the list.
        done: Batches learned from, not counting those skipped.
        tokens: Tokens of these.
        seconds: Time that the run has taken, over all its starts.
    """

    step: int = 0
    done: int = 0
    tokens: int = 0
    seconds: float = 0.0


def find_loss(model: Any, units: list[Unit], device: torch.device, *, teacher: Any, teacher_share: float) -> Any:
    """The loss of one batch: of each passage by itself, and of those of a question together."""
    items = [item for unit in units for item in unit.items]
    inputs, targets = collate(items, device, padding_id=model.config.pad_token_id)
    outside = inputs["token_type_ids"] == 0
    owns = list(targets)
    if teacher is not None:
        shares = send(find_teacher_shares(items, teacher_share), device)
        with torch.no_grad():
            said = find_scores(teacher, inputs)
        owns = [blend(target, scores, shares) for target, scores in zip(targets, said, strict=True)]
    loss = torch.zeros((), device=device)
    for scores, target, own in zip(find_scores(model, inputs), targets, owns, strict=True):
        loss = loss + find_own_loss(scores, own) / 2
        loss = loss + find_shared_loss(scores, target, outside, units) / 2
    return loss


def train(
    model: Any, units: list[Unit], batches: list[list[int]], arguments: argparse.Namespace, *, teacher: Any = None
) -> None:
    """Learns from ``batches``, rows of ``units``, from where the checkpoint in ``arguments.out`` stands."""
    device = next(model.parameters()).device
    groups = build_parameter_groups(model, learning_rate=arguments.learning_rate, layer_decay=arguments.layer_decay)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, arguments.beta2), fused=True)
    peaks = [group["lr"] for group in optimizer.param_groups]
    progress = load_progress(arguments.out / STATE, model, optimizer)
    began = saved = time.perf_counter() - progress.seconds
    running, first = torch.zeros((), device=device), (progress.tokens, progress.seconds)
    with open(arguments.out / "log.jsonl", "a", encoding="utf-8") as log:
        while progress.step < len(batches):
            batch = [units[row] for row in batches[progress.step]]
            loss = find_loss(model, batch, device, teacher=teacher, teacher_share=arguments.teacher_share)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            rate = find_rate((progress.step + 1) / (len(batches) + 1))
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            running += loss.detach()
            progress.done += 1
            progress.tokens += sum(len(item.ids) for unit in batch for item in unit.items)
            progress.seconds = time.perf_counter() - began
            progress.step += 1
            if arguments.minutes:
                due = int(progress.seconds / (60 * arguments.minutes) * len(batches))
                progress.step = max(progress.step, min(due, len(batches)))
            if progress.done % REPORT_STEPS == 0:
                speed = (progress.tokens - first[0]) / (progress.seconds - first[1])
                record = {"step": progress.step, "steps": len(batches), "done": progress.done,
                          "tokens": progress.tokens, "loss": round(running.item() / REPORT_STEPS, 4),
                          "tokens_per_s": int(speed)}  # fmt: skip
                print(record, flush=True)
                log.write(json.dumps(record) + "\n")
                log.flush()
                running.zero_()
            is_due = began + progress.seconds - saved >= 60 * arguments.checkpoint_minutes
            if is_due or progress.step == len(batches):
                saved = began + progress.seconds
                save_progress(arguments.out / STATE, model, optimizer, progress)


def load_progress(file: Path, model: Any, optimizer: torch.optim.Optimizer) -> Progress:
    """Puts model and optimiser where the checkpoint left them; the beginning if there is none."""
    if not file.exists():
        return Progress()
    state = torch.load(file, map_location=next(model.parameters()).device, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    print(f"resumed at step {state['step']}", flush=True)
    return Progress(state["step"], state["done"], state["tokens"], state["seconds"])


def save_progress(file: Path, model: Any, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Writes the checkpoint; the file is always whole."""
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": progress.step,
             "done": progress.done, "tokens": progress.tokens, "seconds": progress.seconds}  # fmt: skip
    torch.save(state, file.with_suffix(".partial"))
    file.with_suffix(".partial").replace(file)


def build_parser() -> argparse.ArgumentParser:
    """What a run may be told."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("units", type=Path, nargs="+", help="files made by training.prepare, spread over each other")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", type=Path, default=ENCODER_FOLDER, help="folder of the pre-trained model")
    parser.add_argument("--start", type=Path, nargs="+", default=[], help="earlier runs; starts from their mean")
    parser.add_argument("--start-shares", type=float, nargs="+", help="how much each counts; all the same without it")
    parser.add_argument("--teacher-share", type=float, default=0.0, help="how much the scores at the start count")
    parser.add_argument("--freeze-layers", type=int, default=0, help="lowest layers that stay as they are")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--layer-decay", type=float, default=1.0, help="a layer's rate, as a share of that above it")
    parser.add_argument("--beta2", type=float, default=0.999)
    parser.add_argument("--batch-tokens", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=0.0, help="skip batches to end after this time (0: take all)")
    parser.add_argument("--checkpoint-minutes", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def main() -> None:
    arguments = build_parser().parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    parts = [load_units(file) for file in arguments.units]
    units = reduce(lambda one, other: mix(one, other, seed=arguments.seed), parts)
    batches = build_batches(units, batch_tokens=arguments.batch_tokens, seed=arguments.seed)
    print(f"{sum(len(i.ids) for unit in units for i in unit.items)} tokens, {len(batches)} steps", flush=True)

    start: dict[str, Any] = {"base": arguments.base, "shares": arguments.start_shares}
    dropout = {"hidden_dropout_prob": arguments.dropout, "attention_probs_dropout_prob": 0.0}
    model = load_model(arguments.start, **start, **dropout).to(device)
    freeze(model, layers=arguments.freeze_layers)
    teacher = load_model(arguments.start, **start).to(device).eval() if arguments.teacher_share else None
    train(model.train(), units, batches, arguments, teacher=teacher)
    save_half(model, arguments.out)


if __name__ == "__main__":
    main()
