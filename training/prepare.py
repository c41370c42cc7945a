"""Question files → what a training run learns from, tokenised.

    python -m training.prepare --data ../shared/data --mixture first --out training/runs/first.xz

A mixture (``mixtures.toml``) is written in its order, groups of passages (``training.groups``) spread over it. Instead
of a mixture, ``--cloze`` writes questions made of the news archive by rule (``training.cloze``), and ``--taught`` what
a teacher said of pairs (``training.teach``).
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from training.cloze import iter_cloze
from training.contexts import Crops
from training.example import Example
from training.examples import build_examples
from training.groups import load_groups
from training.mixtures import Source, load_mixtures
from training.teach import encode_taught, load_taught
from training.units import Unit, encode_examples, mix, save_units
from training.weights import ENCODER_FOLDER

CLOZE_ARTICLES = 12_000


def build_units(arguments: argparse.Namespace, sources: tuple[Source, ...], tokenizer: Any) -> list[Unit]:
    """All units that the arguments ask for, in training order."""
    seed, max_tokens = arguments.seed, arguments.max_tokens
    if arguments.taught:
        taught = load_taught(arguments.taught)
        random.Random(seed).shuffle(taught)
        return [Unit([item], [0.0]) for item in encode_taught(taught, tokenizer, max_tokens=max_tokens)]
    examples: list[Example]
    if arguments.cloze:
        examples = list(iter_cloze(arguments.data, articles=CLOZE_ARTICLES, limit=arguments.cloze, seed=seed))
        random.Random(seed).shuffle(examples)
    else:
        crops = Crops(arguments.max_words, arguments.crop_from, arguments.crop_share)
        examples = build_examples(arguments.data, seed=seed, sources=sources, crops=crops)
    encoded = encode_examples(examples, tokenizer, max_tokens=max_tokens)
    units = [Unit([item], [0.0]) for item in encoded if item is not None]
    if arguments.groups:
        groups = encode_groups(arguments.groups, tokenizer, share=arguments.group_share, seed=seed, limit=max_tokens)
        units = mix(units, groups, seed=seed)
    return units


def encode_groups(file: Path, tokenizer: Any, *, share: float, seed: int, limit: int) -> list[Unit]:
    """A random share of the groups of a file, in random order; none of which an answer lies beyond ``limit`` tokens."""
    rng = random.Random(seed)
    groups = [group for group in load_groups(file) if rng.random() < share]
    rng.shuffle(groups)
    flat = [example for group in groups for example in group.examples]
    rows = iter(encode_examples(flat, tokenizer, max_tokens=limit))
    made = [([next(rows) for _ in group.examples], group.scores) for group in groups]
    return [Unit([item for item in items if item], scores) for items, scores in made if all(items)]


def thin_out(units: list[Unit], *, tokens: int) -> list[Unit]:
    """A random part of the list that has about so many tokens."""
    total, rng = sum(len(i.ids) for unit in units for i in unit.items), random.Random(1)
    return [unit for unit in units if rng.random() < tokens / total]


def main() -> None:
    mixtures = load_mixtures()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mixture", choices=mixtures, default="first", help="which questions, and how often")
    parser.add_argument("--groups", type=Path, help="file made by training.groups, learned from beside the mixture")
    parser.add_argument("--group-share", type=float, default=1.0, help="share of its groups that is taken")
    parser.add_argument("--cloze", type=int, default=0, help="sentences of the archive asked, instead of a mixture")
    parser.add_argument("--taught", type=Path, help="file made by training.teach, instead of a mixture")
    parser.add_argument("--max-words", type=int, default=230, help="cut longer contexts to about so many words")
    parser.add_argument("--crop-from", type=int, default=90, help="words from which on a shorter one may be cut")
    parser.add_argument("--crop-share", type=float, default=0.3, help="how often that is done")
    parser.add_argument("--base", type=Path, default=ENCODER_FOLDER, help="folder of the model whose tokenizer is used")
    parser.add_argument("--max-tokens", type=int, default=384)
    parser.add_argument("--limit-tokens", type=int, default=0, help="thin out the list of examples to these (0: all)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(arguments.base)
    units = build_units(arguments, mixtures[arguments.mixture], tokenizer)
    if arguments.limit_tokens:
        units = thin_out(units, tokens=arguments.limit_tokens)
    items = [item for unit in units for item in unit.items]
    print(f"{len(items)} examples, {sum(len(i.ids) for i in items)} tokens, {sum(i.starts == [0] for i in items)}"
          f" without answer, {sum(len(u.items) > 1 for u in units)} groups")  # fmt: skip
    save_units(units, arguments.out)


if __name__ == "__main__":
    main()
