"""Training examples for the reader, made from the question files of ``--data``.

An example is one (question, context) pair as the application will show it to the reader: the context starts with the
title and sometimes with the sentence before the passage. ``answers`` are half-open character ranges in the context;
an empty list means that this context does not answer the question.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sentencex

from askbrief.answer.reader import TITLE_SEPARATOR
from training import passives
from training.altering import alter_question, find_exchange, find_names
from training.text_index import TextIndex
from training.units import JOINED, PASSIVES

MAX_CONTEXT_WORDS = 230
SHORT_WORDS = 60
_WHAT_DID = re.compile(r"What (?:\w{3,}ed|made|led|won|hit|struck|took|gave|brought|fought|shot|built)\b")


@dataclass(frozen=True, slots=True)
class Source:
    """One training file and how it is used.

    Attributes:
        name: File name under ``reader/train`` without its ending; ``passives`` is made by ``training.passives``.
        share: Questions taken, as a multiple of those in the file (2.0 = every question twice).
        negatives: Unanswerable copies made of a question, on average.
        has_titles: Whether the file's titles name the article (and not the collection).
        among: How often a single sentence is put among others that share words with the question.
        unanswerable: Times that a question without an answer is taken for once that another is.
        joined: How often a second question on the context is asked in the same sentence ("…, or …?").
        contrasts: How often a question and its context are shown with two terms exchanged in one or both of them.
    """

    name: str
    share: float
    negatives: float
    has_titles: bool = False
    among: float = 0.0
    unanswerable: int = 1
    joined: float = 0.0
    contrasts: float = 0.0


SOURCES = (
    Source("squad_paragraphs", share=3.0, negatives=0.6, has_titles=True),
    Source("squad_other", share=1.5, negatives=0.45, among=0.5),
    Source("amazon", share=1.3, negatives=0.25),
    Source("reddit", share=1.3, negatives=0.25),
    Source("qamr", share=0.5, negatives=0.2, among=0.3),
    Source("qasrl_wikinews", share=0.25, negatives=0.0, among=0.2),
    Source("qed", share=2.0, negatives=0.5, has_titles=True),
    Source("fairytale", share=0.7, negatives=0.3, has_titles=True),
    Source("tweetqa", share=1.0, negatives=0.2),
)

FINAL_SOURCES = (
    Source("squad_paragraphs", share=2.0, negatives=0.6, has_titles=True, unanswerable=3),
    Source("squad_other", share=2.0, negatives=0.45, among=0.5),
    Source("amazon", share=0.6, negatives=0.25),
    Source("reddit", share=0.6, negatives=0.25),
    Source("qamr", share=0.25, negatives=0.2, among=0.3),
    Source("qed", share=1.0, negatives=0.5, has_titles=True),
    Source("fairytale", share=0.4, negatives=0.3, has_titles=True),
    Source("tweetqa", share=0.5, negatives=0.2),
)
"""For a second, gentler run from the first one's weights."""

LAST_SOURCES = (
    Source("squad_paragraphs", share=2.0, negatives=1.0, has_titles=True, unanswerable=3),
    Source("squad_other", share=1.0, negatives=0.6, among=0.4),
    Source("amazon", share=0.5, negatives=0.35),
    Source("reddit", share=0.5, negatives=0.35),
    Source("qamr", share=0.2, negatives=0.3, among=0.4),
    Source("qed", share=0.7, negatives=0.6, has_titles=True),
    Source("fairytale", share=0.3, negatives=0.3, has_titles=True),
    Source("tweetqa", share=0.3, negatives=0.2),
)
"""For a third run, from the mean of the first two: as many questions without an answer as with one."""

BESIDE_GROUPS = (
    Source("squad_paragraphs", share=1.5, negatives=1.0, has_titles=True, unanswerable=4, joined=0.06),
    Source("squad_other", share=0.6, negatives=0.6, among=0.4, joined=0.06),
    Source("amazon", share=0.25, negatives=0.35),
    Source("reddit", share=0.25, negatives=0.35),
    Source("qamr", share=0.1, negatives=0.3, among=0.4),
    Source("qed", share=0.4, negatives=0.6, has_titles=True),
    Source("fairytale", share=0.3, negatives=0.3, has_titles=True, joined=0.06),
    Source("tweetqa", share=0.2, negatives=0.2),
)
"""For a fourth run, beside groups of passages (``training.groups``)."""

CONTRASTS = (
    Source("squad_paragraphs", share=1.0, negatives=0.7, has_titles=True, unanswerable=4, joined=0.08, contrasts=0.8),
    Source("squad_other", share=0.4, negatives=0.4, among=0.4, joined=0.06, contrasts=0.4),
    Source("amazon", share=0.2, negatives=0.3, contrasts=0.2),
    Source("reddit", share=0.2, negatives=0.3, contrasts=0.2),
    Source("qamr", share=0.1, negatives=0.3, among=0.4, contrasts=0.2),
    Source("qed", share=0.5, negatives=0.6, has_titles=True, contrasts=0.5),
    Source("fairytale", share=0.3, negatives=0.3, has_titles=True, joined=0.06, contrasts=0.2),
    Source("tweetqa", share=0.15, negatives=0.2),
)
"""For a fifth run: questions and contexts that differ in a term."""

NEWS_SOURCES = (
    Source("squad_paragraphs", share=1.0, negatives=0.7, has_titles=True, unanswerable=4, joined=0.15, contrasts=0.6),
    Source("squad_other", share=0.4, negatives=0.4, among=0.4, joined=0.1, contrasts=0.4),
    Source("amazon", share=0.15, negatives=0.3, contrasts=0.2),
    Source("reddit", share=0.15, negatives=0.3, contrasts=0.2),
    Source("qamr", share=0.1, negatives=0.3, among=0.4, contrasts=0.2),
    Source("qasrl_wikinews", share=0.1, negatives=0.3, among=0.4),
    Source("qed", share=0.5, negatives=0.6, has_titles=True, contrasts=0.5),
    Source("fairytale", share=0.2, negatives=0.3, has_titles=True, joined=0.1, contrasts=0.2),
    Source("tweetqa", share=0.1, negatives=0.2),
    Source("multirc", share=0.4, negatives=0.3),
    Source(PASSIVES, share=0.35, negatives=0.5, has_titles=True, joined=0.1, contrasts=0.2),
)
"""For a run that learns from its start: questions of who or what did something, made of the news archive
(``training.passives``)."""

AGENT_SOURCES = tuple(
    replace(source, share=1.0, negatives=0.4, joined=0.05, contrasts=0.3)
    if source.name == PASSIVES
    else replace(source, share=0.6 * source.share)
    for source in NEWS_SOURCES
)
"""For another such run: more than a quarter of it these questions, the rest to keep what is known."""

ALL_SOURCES = (
    Source("squad_paragraphs", share=3.0, negatives=0.8, has_titles=True, unanswerable=4, joined=0.08, contrasts=0.5),
    Source("squad_other", share=1.5, negatives=0.5, among=0.4, joined=0.05, contrasts=0.3),
    Source("amazon", share=0.8, negatives=0.3, contrasts=0.1),
    Source("reddit", share=0.8, negatives=0.3, contrasts=0.1),
    Source("qamr", share=0.4, negatives=0.3, among=0.4, contrasts=0.1),
    Source("qasrl_wikinews", share=0.2, negatives=0.2, among=0.3),
    Source("qed", share=2.0, negatives=0.6, has_titles=True, contrasts=0.4),
    Source("fairytale", share=0.6, negatives=0.3, has_titles=True, joined=0.08),
    Source("tweetqa", share=0.6, negatives=0.2),
    Source("multirc", share=0.6, negatives=0.3),
    Source(PASSIVES, share=1.0, negatives=0.5, has_titles=True, joined=0.05, contrasts=0.3),
)
"""Everything at once, for a GPU."""

TEACHER_SHORT = (
    Source("squad_other", share=1.0, negatives=0.25, among=0.35),
    Source("qamr", share=0.12, negatives=0.15, among=0.3),
    Source("tweetqa", share=0.25, negatives=0.1),
    Source("news_quiz_2020_2022", share=1.0, negatives=0.3, among=0.5),
)
TEACHER_LONG = (
    Source("squad_paragraphs", share=2.0, negatives=0.6, has_titles=True, unanswerable=2, joined=0.03, contrasts=0.12),
    Source("qed", share=1.0, negatives=0.4, has_titles=True, contrasts=0.1),
    Source("amazon", share=0.12, negatives=0.2),
    Source("reddit", share=0.12, negatives=0.2),
    Source("fairytale", share=0.2, negatives=0.2, has_titles=True),
    Source("multirc", share=0.2, negatives=0.3),
)
MIXTURES = {
    "teacher-short": TEACHER_SHORT,
    "teacher-long": TEACHER_LONG,
    "all": ALL_SOURCES,
    "first": SOURCES,
    "final": FINAL_SOURCES,
    "last": LAST_SOURCES,
    "beside-groups": BESIDE_GROUPS,
    "contrasts": CONTRASTS,
    "news": NEWS_SOURCES,
    "agents": AGENT_SOURCES,
}


@dataclass(slots=True)
class Example:
    """One question with one context; see the module's docstring."""

    question: str
    context: str
    answers: list[tuple[int, int]]
    source: str
    words: int = field(default=0)


@dataclass(frozen=True, slots=True)
class Context:
    """A context of a training file with its readable title ('' when unknown)."""

    title: str
    text: str
    source: str


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


def load_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON lines of a gzip'd file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def load_source(data: Path, source: Source, *, seed: int) -> Iterator[dict[str, Any]]:
    """The rows of a training file under ``data``, or those made of the news archive there."""
    if source.name == PASSIVES:
        return passives.iter_passives(data, seed=seed)
    return load_rows(data / "reader/train" / f"{source.name}.jsonl.gz")


def build_examples(data: Path, *, seed: int = 0, sources: tuple[Source, ...] = SOURCES) -> list[Example]:
    """All examples in training order: single sentences mostly first, paragraphs mostly after.

    Args:
        data: The data folder (holds ``reader/train``).
        seed: Seed of every random choice; equal seeds give equal lists.
        sources: The files to use.
    """
    rng = random.Random(seed)
    rows = [(source, row) for source in sources for row in load_source(data, source, seed=seed)]
    contexts = [
        Context(row["title"].replace("_", " ") if source.has_titles else "", row["context"], source.name)
        for source, row in rows
    ]
    short = NegativePool([c for c in contexts if len(c.text.split()) <= SHORT_WORDS])
    long = NegativePool([c for c in contexts if len(c.text.split()) > SHORT_WORDS])
    names = sorted({name for _, row in rows for qa in row["qas"] for name in find_names(qa["question"])})

    keyed: list[tuple[float, Example]] = []
    for (source, row), context in zip(rows, contexts, strict=True):
        pool = long if len(context.text.split()) > SHORT_WORDS else short
        for qa in row["qas"]:
            copies = int(source.share) + (rng.random() < source.share % 1)
            copies *= 1 if qa["answers"] else source.unanswerable
            for _ in range(copies):
                asked, spans, shown = qa["question"], qa["answers"], context
                if spans and source.joined and rng.random() < source.joined:
                    second = rng.choice(row["qas"])
                    asked, spans = join_questions(asked, second["question"]), spans + second["answers"]
                    shown = replace(context, source=JOINED)
                question = as_typed(asked, rng)
                answers = [(start, start + len(text)) for start, text in spans]
                texts = [text.lower() for _, text in spans]
                ranges = answers
                if pool is short and answers and rng.random() < source.among:
                    found = short.find(question, without=texts, own=context.text)
                    shown, ranges = _put_among(shown, answers, found, rng)
                example = _compose(question, shown, ranges, rng)
                keyed.append((_position(example, rng), example))
                if answers and rng.random() < source.negatives:
                    negative = _make_negative(qa["question"], shown, ranges, pool, names, rng)
                    if negative is not None:
                        keyed.append((_position(negative, rng), negative))
                if answers and source.contrasts and rng.random() < source.contrasts:
                    contrasts = _make_contrasts(qa["question"], shown, ranges, names, rng)
                    keyed += [(_position(contrast, rng), contrast) for contrast in contrasts]
    keyed.sort(key=lambda item: item[0])
    return [example for _, example in keyed]


def _make_negative(
    question: str,
    context: Context,
    answers: list[tuple[int, int]],
    pool: NegativePool,
    names: list[str],
    rng: random.Random,
) -> Example | None:
    """The question altered, its context without what answers it, or a context that shares words with it."""
    texts = [context.text[start:end] for start, end in answers]
    chance = rng.random()
    if chance < 0.45:
        altered = alter_question(question, context.text, texts, rng.sample(names, min(50, len(names))), rng)
        if altered is not None:
            return _compose(as_typed(altered, rng), context, [], rng, anchor=answers[0])
    if chance < 0.65:
        rest = _without_answers(context.text, [text.lower() for text in texts])
        if rest:
            return _compose(as_typed(question, rng), Context(context.title, rest, context.source), [], rng)
    found = pool.find(question, without=[text.lower() for text in texts], own=context.text)
    return _compose(as_typed(question, rng), rng.choice(found), [], rng) if found else None


def _make_contrasts(
    question: str, context: Context, answers: list[tuple[int, int]], names: list[str], rng: random.Random
) -> list[Example]:
    """Two terms exchanged in the question, in the context (both: no answer) and in both (answered as before)."""
    texts = [context.text[start:end] for start, end in answers]
    exchange = find_exchange(question, context.text, texts, rng.sample(names, min(50, len(names))), rng)
    if exchange is None:
        return []
    other_question = exchange.apply(question)
    other_context = Context(exchange.apply(context.title), exchange.apply(context.text), context.source)
    moved = [(exchange.move(context.text, start), exchange.move(context.text, end)) for start, end in answers]
    return [
        _compose(as_typed(other_question, rng), context, [], rng, anchor=answers[0]),
        _compose(as_typed(question, rng), other_context, [], rng, anchor=moved[0]),
        _compose(as_typed(other_question, rng), other_context, moved, rng),
    ]


def _without_answers(text: str, answers: list[str]) -> str:
    """The sentences that hold none of the answers; '' when fewer than two are left or none is taken out."""
    sentences = list(sentencex.segment("en", text))
    kept = [s for s in sentences if not any(answer in s.lower() for answer in answers)]
    rest = "".join(kept).strip()
    lost = len(kept) == len(sentences) or any(answer in rest.lower() for answer in answers)
    return "" if lost or len(kept) < 2 else rest


def _put_among(
    context: Context, answers: list[tuple[int, int]], others: list[Context], rng: random.Random
) -> tuple[Context, list[tuple[int, int]]]:
    """The sentence in the middle of up to four others, in random order, with its answers moved along."""
    others = rng.sample(others, min(len(others), rng.randint(1, 4)))
    cut = rng.randint(0, len(others))
    before = "".join(other.text.strip() + " " for other in others[:cut])
    after = "".join(" " + other.text.strip() for other in others[cut:])
    shifted = [(start + len(before), end + len(before)) for start, end in answers]
    return Context("", before + context.text + after, context.source), shifted


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


def _compose(
    question: str,
    context: Context,
    answers: list[tuple[int, int]],
    rng: random.Random,
    *,
    anchor: tuple[int, int] | None = None,
) -> Example:
    """Crops a long context (always) or a middling one (sometimes) at sentence borders and puts the title before it.

    A crop keeps the first answer, or else ``anchor``.
    """
    text = context.text
    words = len(text.split())
    start, end = 0, len(text)
    if words > MAX_CONTEXT_WORDS or (words > 90 and rng.random() < 0.3):
        limit = MAX_CONTEXT_WORDS if words > MAX_CONTEXT_WORDS else rng.randint(60, 90)
        start, end = _crop(text, answers[0] if answers else anchor, limit, rng)
    title = context.title if context.title and rng.random() < 0.5 else ""
    prefix = title + TITLE_SEPARATOR if title else ""
    shift = len(prefix) - start
    kept = sorted({(s + shift, e + shift) for s, e in answers if start <= s and e <= end})
    body = text[start:end]
    return Example(question, prefix + body, kept, context.source, len(body.split()))


def _crop(text: str, anchor: tuple[int, int] | None, limit: int, rng: random.Random) -> tuple[int, int]:
    """A run of whole sentences of about ``limit`` words that holds ``anchor``, at a random place around it."""
    borders, at = [], 0
    for sentence in sentencex.segment("en", text):
        borders.append((at, at + len(sentence)))
        at += len(sentence)
    if at != len(text) or not borders:
        return 0, len(text)
    sizes = [len(text[s:e].split()) for s, e in borders]
    if anchor is None:
        first = last = rng.randrange(len(borders))
    else:
        first = next(i for i, (_, e) in enumerate(borders) if e > anchor[0])
        last = next(i for i, (_, e) in enumerate(borders) if e >= anchor[1])
    total = sum(sizes[first : last + 1])
    while True:
        sides = []
        if first > 0 and total + sizes[first - 1] <= limit:
            sides.append("before")
        if last + 1 < len(borders) and total + sizes[last + 1] <= limit:
            sides.append("after")
        if not sides:
            return borders[first][0], borders[last][1]
        if rng.choice(sides) == "before":
            first -= 1
            total += sizes[first]
        else:
            last += 1
            total += sizes[last]
