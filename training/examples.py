"""Build training examples for the reader from question files: crops, negatives, contrasts, joined questions."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpora.questions import iter_rows
from training.altering import alter_question, find_exchange, find_names
from training.contexts import Context, Crops, Draft, Range, finish, put_among, take_out_answers
from training.example import JOINED, Example
from training.mixtures import PASSIVES, Source
from training.passives import iter_passives
from training.text_index import TextIndex

SHORT_WORDS = 60
DEFAULT_CROPS = Crops()
_WHAT_DID = re.compile(r"What (?:\w{3,}ed|made|led|won|hit|struck|took|gave|brought|fought|shot|built)\b")


class NegativePool:
    """Contexts found by BM25, to be shown with questions that they do not answer."""

    def __init__(self, contexts: list[Context]) -> None:
        self._index = TextIndex(context.title + " " + context.text for context in contexts)
        self._contexts = contexts

    def find(self, question: str, *, without: list[str], own: str) -> list[Context]:
        """The best contexts (at most 5) that neither are ``own`` nor contain any text of ``without``."""
        found = []
        for row in self._index.find(question, top=15):
            context = self._contexts[row]
            text = context.text.lower()
            if context.text != own and not any(answer in text for answer in without):
                found.append(context)
        return found[:5]


def load_source(data: Path, source: Source, *, seed: int) -> Iterator[dict[str, Any]]:
    """The rows of a training file under ``data``, or those made of the news archive there."""
    if source.name == PASSIVES:
        return iter_passives(data, seed=seed)
    return iter_rows(data / "reader/train" / f"{source.name}.jsonl.gz")


def build_examples(
    data: Path, *, seed: int, sources: tuple[Source, ...], crops: Crops = DEFAULT_CROPS
) -> list[Example]:
    """All examples in training order: single sentences mostly first, paragraphs mostly after.

    Args:
        data: The data folder (holds ``reader/train``).
        seed: Seed of every random choice; equal seeds give equal lists.
        sources: The files to use.
        crops: How long contexts are cut.
    """
    rng = random.Random(seed)
    rows = [(source, row) for source in sources for row in load_source(data, source, seed=seed)]
    contexts = [
        Context(row["title"].replace("_", " ") if source.has_titles else "", row["context"], source.name)
        for source, row in rows
    ]
    short = NegativePool([c for c in contexts if _is_short(c)])
    long = NegativePool([c for c in contexts if not _is_short(c)])
    names = sorted({name for _, row in rows for qa in row["qas"] for name in find_names(qa["question"])})

    keyed: list[tuple[float, Example]] = []
    for (source, row), context in zip(rows, contexts, strict=True):
        for qa in row["qas"]:
            copies = int(source.share) + (rng.random() < source.share % 1)
            copies *= 1 if qa["answers"] else source.unanswerable
            for _ in range(copies):
                pool = short if _is_short(context) else long
                for draft in iter_drafts(qa, context, row["qas"], source, pool=pool, names=names, rng=rng):
                    example = finish(draft, crops, rng)
                    keyed.append((_position(example, rng), example))
    keyed.sort(key=lambda item: item[0])
    return [example for _, example in keyed]


def iter_drafts(
    qa: dict[str, Any],
    context: Context,
    others: list[dict[str, Any]],
    source: Source,
    *,
    pool: NegativePool,
    names: list[str],
    rng: random.Random,
) -> Iterator[Draft]:
    """One copy of a question, then the negative and the contrasts made beside it.

    Args:
        qa: The question with its answers, a pair of start and text each.
        context: What it is asked of.
        others: Questions on the same context, one of which may be joined to it.
        source: How often each of these is made.
        pool: Contexts of about the same length.
        names: Names from other questions, to be put in the place of one of this question.
        rng: Where chance comes from.
    """
    asked, spans, shown = qa["question"], qa["answers"], context
    if spans and source.joined and rng.random() < source.joined:
        second = rng.choice(others)
        asked, spans = join_questions(asked, second["question"]), spans + second["answers"]
        shown = replace(context, source=JOINED)
    question = as_typed(asked, rng)
    answers = [(start, start + len(text)) for start, text in spans]
    if answers and _is_short(context) and rng.random() < source.among:
        found = pool.find(question, without=[text.lower() for _, text in spans], own=context.text)
        shown, answers = put_among(shown, answers, found, rng)
    yield Draft(question, shown, answers)
    if answers and rng.random() < source.negatives:
        negative = find_negative(qa["question"], shown, answers, pool=pool, names=names, rng=rng)
        if negative is not None:
            yield negative
    if answers and source.contrasts and rng.random() < source.contrasts:
        yield from build_contrasts(qa["question"], shown, answers, names=names, rng=rng)


def find_negative(
    question: str, context: Context, answers: list[Range], *, pool: NegativePool, names: list[str], rng: random.Random
) -> Draft | None:
    """The question altered, its context without what answers it, or a context that shares words with it."""
    texts = [context.text[start:end] for start, end in answers]
    chance = rng.random()
    if chance < 0.45:
        altered = alter_question(question, context.text, texts, rng.sample(names, min(50, len(names))), rng)
        if altered is not None:
            return Draft(as_typed(altered, rng), context, [], answers[0])
    if chance < 0.65:
        rest = take_out_answers(context.text, [text.lower() for text in texts])
        if rest:
            return Draft(as_typed(question, rng), replace(context, text=rest), [])
    found = pool.find(question, without=[text.lower() for text in texts], own=context.text)
    return Draft(as_typed(question, rng), rng.choice(found), []) if found else None


def build_contrasts(
    question: str, context: Context, answers: list[Range], *, names: list[str], rng: random.Random
) -> list[Draft]:
    """Two terms exchanged in the question, in the context (both: no answer) and in both (answered as before)."""
    texts = [context.text[start:end] for start, end in answers]
    exchange = find_exchange(question, context.text, texts, rng.sample(names, min(50, len(names))), rng)
    if exchange is None:
        return []
    other_question = exchange.apply(question)
    other_context = replace(context, title=exchange.apply(context.title), text=exchange.apply(context.text))
    moved = [(exchange.move(context.text, start), exchange.move(context.text, end)) for start, end in answers]
    return [
        Draft(as_typed(other_question, rng), context, [], answers[0]),
        Draft(as_typed(question, rng), other_context, [], moved[0]),
        Draft(as_typed(other_question, rng), other_context, moved),
    ]


def _is_short(context: Context) -> bool:
    return len(context.text.split()) <= SHORT_WORDS


def _position(example: Example, rng: random.Random) -> float:
    return rng.random() * 0.6 if example.words <= SHORT_WORDS else 0.15 + rng.random() * 0.85


def join_questions(one: str, other: str) -> str:
    """Both questions as one sentence: "Who met Memis, or where did they meet?"."""
    return f"{one.strip().rstrip('?').rstrip()}, or {other.strip()[:1].lower()}{other.strip()[1:]}"


def as_typed(question: str, rng: random.Random) -> str:
    """The question as people type it: at times mistyped, without a question mark, or with "who" for "what"."""
    question = " ".join(question.split())
    if _WHAT_DID.match(question) and rng.random() < 0.3:
        question = "Who" + question[len("What") :]
    if rng.random() < 0.05 and len(question) > 12:
        at = rng.randrange(4, len(question) - 2)
        swapped = question[at + 1] + question[at]
        question = (
            question[:at]
            + rng.choice((swapped, question[at], question[at] * 2 + question[at + 1]))
            + question[at + 2 :]
        )
    return question.rstrip(" ?") if rng.random() < 0.3 else question
