"""Contexts: how a text is cut, put among others and titled before the reader learns from it."""

from __future__ import annotations

import random
from dataclasses import dataclass

import sentencex

from askbrief.answer.reader import TITLE_SEPARATOR
from training.example import Example

Range = tuple[int, int]
"""Half-open range of characters."""


@dataclass(frozen=True, slots=True)
class Crops:
    """How contexts are cut around their answers.

    Attributes:
        max_words: Longer ones are always cut, to about so many words.
        middling: Words from which on others may be cut, to between two thirds of this and this.
        share: How often those are.
    """

    max_words: int = 230
    middling: int = 90
    share: float = 0.3


@dataclass(frozen=True, slots=True)
class Context:
    """A context of a training file with its readable title ('' when unknown)."""

    title: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An example before its context is cut.

    Attributes:
        question: As typed.
        context: The whole context.
        answers: Ranges in it; empty if it does not answer the question.
        anchor: Range that a cut keeps where there is no answer.
    """

    question: str
    context: Context
    answers: list[Range]
    anchor: Range | None = None


def finish(draft: Draft, crops: Crops, rng: random.Random) -> Example:
    """Cut the context at sentence borders if ``crops`` says so, and put the title before half of the titled ones."""
    text = draft.context.text
    words = len(text.split())
    start, end = 0, len(text)
    if words > crops.max_words or (words > crops.middling and rng.random() < crops.share):
        limit = crops.max_words if words > crops.max_words else rng.randint(crops.middling * 2 // 3, crops.middling)
        start, end = _crop(text, draft.answers[0] if draft.answers else draft.anchor, limit, rng)
    title = draft.context.title if draft.context.title and rng.random() < 0.5 else ""
    prefix = title + TITLE_SEPARATOR if title else ""
    shift = len(prefix) - start
    kept = sorted({(s + shift, e + shift) for s, e in draft.answers if start <= s and e <= end})
    body = text[start:end]
    return Example(draft.question, prefix + body, kept, draft.context.source, len(body.split()))


def take_out_answers(text: str, answers: list[str]) -> str:
    """The sentences that hold none of the answers; '' when fewer than two are left or none is taken out."""
    sentences = list(sentencex.segment("en", text))
    kept = [s for s in sentences if not any(answer in s.lower() for answer in answers)]
    rest = "".join(kept).strip()
    lost = len(kept) == len(sentences) or any(answer in rest.lower() for answer in answers)
    return "" if lost or len(kept) < 2 else rest


def put_among(
    context: Context, answers: list[Range], others: list[Context], rng: random.Random
) -> tuple[Context, list[Range]]:
    """The sentence in the middle of up to four others, in random order, with its answers moved along."""
    others = rng.sample(others, min(len(others), rng.randint(1, 4)))
    cut = rng.randint(0, len(others))
    before = "".join(other.text.strip() + " " for other in others[:cut])
    after = "".join(" " + other.text.strip() for other in others[cut:])
    shifted = [(start + len(before), end + len(before)) for start, end in answers]
    return Context("", before + context.text + after, context.source), shifted


def _crop(text: str, anchor: Range | None, limit: int, rng: random.Random) -> Range:
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
