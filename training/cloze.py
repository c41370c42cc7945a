"""Questions made of the news archive by rule, to learn reading from before people's questions are: cloze tests.

A name, number or date is taken out of a sentence of one article; a passage of another article that has it and shares
the sentence's other words answers what is left, one that lacks it does not (span selection pre-training: Glass et al.,
2020; questions from clauses: Lewis et al., 2019).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import sentencex

from askbrief.answer.reader import build_context
from askbrief.config import Settings
from askbrief.corpus.chunk import chunk_document
from askbrief.types import Document, Passage
from corpora.questions import iter_rows
from training.example import Example
from training.examples import as_typed
from training.text_index import TextIndex

NAME = "cloze"
SENTENCES = 12
"""Sentences of an article that are tried, at most."""
MIN_SHARED = 4
"""Words of four letters or more that a passage shares with a sentence that it may answer."""
OWN_SHARE = 0.3
"""How often a sentence is asked of the passage that it stands in."""
FOUND_LACKING, ONLY_LACKING = 0.35, 0.2
"""How often a passage that lacks what was taken out is shown: as well as one that has it, and where there is none."""
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_NUMBERS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds|thousands|millions"
_DATE = re.compile(
    rf"(?<!\w)(?:(?:{_DAYS})|(?:early |late |mid-)?(?:{_MONTHS})(?: \d{{1,2}})?(?:,? \d{{4}})?|(?:19|20)\d\d)(?!\w)"
)
_MONEY = re.compile(r"[$£€]\d[\d,.]*\d?(?: (?:thousand|million|billion|trillion))?")
_COUNT = re.compile(
    rf"(?<![\w$£€.,-])(?:\d[\d,.]*(?<![,.])(?:%| percent| thousand| million| billion)?|{_NUMBERS})(?![\w-])"
)
_NAME = re.compile(
    r"(?<![\w’'-])[A-Z][\w’'-]*[a-z][\w’'-]*(?: (?:(?:of|the|de|for|al|bin|van) ){0,2}[A-Z][\w’'-]+){0,4}"
)
_OTHERS = """
The A An In On At But And Or If It He She They We You I This That These Those There When While After Before As For
With Since Until Although Though However What Who Why How Where Which Its His Her Their Our My Your Some Many Most All
Both Not No Yes So Then Now According Mr Mrs Ms Dr By From To Of Here Just Even Still Also Such Each Every Another Other
One CNN Reuters USA TODAY Photo Image Getty Images Read More Advertisement
"""
_NO_NAME = frozenset(_OTHERS.split())
_PLACE_BEFORE = re.compile(r"\b(?:in|at|near|from|across|outside|inside|to) (?:the )?$")
_VERB = re.compile(r"(?:’s|'s)? (?:said|says|told|was|were|is|are|has|had|have|will|would|also|made|won|took|\w+ed)\b")
"""What follows a word that opens a sentence where that word is a name."""
_WORD = re.compile(r"[A-Za-z]{4,}|\d+")


@dataclass(frozen=True, slots=True)
class Gap:
    """What is taken out of a sentence: a half-open range of characters, and the word that asks for it."""

    start: int
    end: int
    asking: str


def find_gaps(sentence: str) -> list[Gap]:
    """The names, dates, amounts and numbers of a sentence."""
    gaps: list[Gap] = []

    def add(start: int, end: int, asking: str) -> None:
        if not any(start < gap.end and gap.start < end for gap in gaps):
            gaps.append(Gap(start, end, asking))

    for pattern, asking in ((_DATE, "when"), (_MONEY, "how much"), (_COUNT, "how many")):
        for match in pattern.finditer(sentence):
            add(match.start(), match.end(), asking)
    for match in _NAME.finditer(sentence):
        start, words = match.start(), match[0]
        while words.split(" ")[0] in _NO_NAME and " " in words:
            first = words.split(" ")[0]
            start, words = start + len(first) + 1, words[len(first) + 1 :]
        words = re.sub(r"['’]s$", "", words).rstrip("’'-")
        opens = start == 0 and " " not in words and not _VERB.match(sentence[match.end() :])
        if words in _NO_NAME or len(words) < 3 or opens:
            continue
        place = _PLACE_BEFORE.search(sentence[:start])
        add(start, start + len(words), "where" if place else "who")
    return gaps


def ask(sentence: str, gap: Gap, rng: random.Random) -> str:
    """The clause around a gap as a question: the asking word in its place or before the rest, or a blank."""
    left, right = sentence[: gap.start], sentence[gap.end :]
    if len(sentence.split()) > 18 or rng.random() < 0.4:
        left = re.split(r"[,;:—–(“”\"]\s*", left)[-1]
        cut = re.search(r"[,;:—–(“”\"]", right)
        following = right[: cut.start()] if cut else right
        if len((left + following).split()) < 5 and cut:
            following += re.split(r"[;:—–(“”\"]", right[cut.start() + 1 :])[0]
        right = following
    left = re.sub(r"(?:^(?:But|And|So|Or) )|(?:\b(?:the|The|an?|An?) ?$)", "", left)
    left, right = left.strip(), right.strip().rstrip(".!?;, ").removeprefix("’s").removeprefix("'s").strip()
    asking = gap.asking
    if asking == "who" and rng.random() < 0.4:
        asking = rng.choice(("what", "which", "what"))
    if rng.random() < 0.2:
        return _join(left, "[MASK]", right)
    if asking in ("when", "where") and rng.random() < 0.8:
        left = re.sub(r"\b(?:on|in|at|near|since|from|to|by)(?: the)?$", "", left).strip()
    if not left:
        return _join(asking.capitalize(), right) + "?"
    left = left if re.match(r"[A-Z][a-z]*[A-Z ]", left) else left[:1].lower() + left[1:]
    if rng.random() < 0.3:
        return _join(left[:1].upper() + left[1:], asking, right) + "?"
    counted = asking.startswith("how m") and rng.random() < 0.5
    return _join(asking.capitalize(), *((right, left) if counted else (left, right))) + "?"


def _join(*parts: str) -> str:
    return re.sub(r" +(?=[,;:)])", "", " ".join(part for part in parts if part))


class PassagePool:
    """Passages of some articles, as the application cuts and shows them, found by BM25."""

    def __init__(self, documents: list[Document]) -> None:
        chunk = partial(chunk_document, passage_words=Settings().passage_words)
        self.passages: list[tuple[Document, Passage]] = [(d, p) for d in documents for p in chunk(d)]
        self._index = TextIndex(passage.text for _, passage in self.passages)

    def find(self, words: str, *, top: int = 8) -> list[tuple[Document, Passage]]:
        """The best ``top`` passages for some words."""
        return [self.passages[row] for row in self._index.find(words, top=top)]


def iter_cloze(data: Path, *, articles: int, limit: int, seed: int) -> Iterator[Example]:
    """Examples without order: sentences of the whole archive, asked of passages of some of its articles.

    Args:
        data: The data folder (holds ``news``).
        articles: How many articles the passages are of.
        limit: How many sentences are asked, at most.
        seed: Seed of every random choice.
    """
    rng = random.Random(seed)
    rows = list(iter_rows(data / "news" / "articles.jsonl.gz"))
    rng.shuffle(rows)
    pool = PassagePool([Document(r["id"], r["title"], r["text"], None, (r["id"],)) for r in rows[:articles]])
    asked = 0
    for row in rng.sample(rows, len(rows)):
        sentences = [s.strip() for s in sentencex.segment("en", row["text"][:12000])]
        sentences = [s for s in sentences if 7 <= len(s.split()) <= 45 and s[-1:] in '.”"' and "\n" not in s]
        for sentence in rng.sample(sentences, min(SENTENCES, len(sentences))):
            made = make_examples(sentence, pool, rng)
            asked += bool(made)
            yield from made
            if asked >= limit:
                return


def make_examples(sentence: str, pool: PassagePool, rng: random.Random) -> list[Example]:
    """A sentence asked of the best passage that answers it, and of the best that does not; either may be lacking."""
    gaps = find_gaps(sentence)
    if not gaps:
        return []
    gap = rng.choice(gaps)
    taken = sentence[gap.start : gap.end]
    rest = sentence[: gap.start] + " " + sentence[gap.end :]
    whole = re.compile(rf"(?<!\w){re.escape(taken)}(?!\w)")
    words = {word.lower() for word in _WORD.findall(rest)}
    own, found, lacking = None, None, None
    for document, passage in pool.find(rest):
        if sentence in passage.text:
            own = own or (document, passage)
        elif not whole.search(passage.text):
            lacking = lacking or (document, passage)
        elif found is None and len(words & _words_of(passage.text)) >= MIN_SHARED:
            found = (document, passage)
    if own and rng.random() < OWN_SHARE:
        found = own
    examples = []
    if found:
        examples.append(_show(ask(sentence, gap, rng), found, whole, words, rng))
    if lacking and rng.random() < (FOUND_LACKING if found else ONLY_LACKING):
        examples.append(_show(ask(sentence, gap, rng), lacking, None, words, rng))
    return examples


def _show(
    question: str,
    place: tuple[Document, Passage],
    whole: re.Pattern[str] | None,
    words: set[str],
    rng: random.Random,
) -> Example:
    """What the reader sees; of the places of the answer those count whose sentence shares most words."""
    document, passage = place
    if rng.random() < 0.3:
        document = replace(document, title="")
    text = build_context(document, passage).text
    answers: list[tuple[int, int]] = []
    if whole is not None:
        best, at = 0, text.rindex(passage.text)
        for piece in sentencex.segment("en", passage.text):
            shared = 1 + len(words & _words_of(piece))
            places = [(at + m.start(), at + m.end()) for m in whole.finditer(piece)]
            if places and shared >= best:
                answers = places if shared > best else answers + places
                best = shared
            at += len(piece)
        if not answers:
            answers = [(m.start(), m.end()) for m in whole.finditer(text)]
    if rng.random() < 0.2:
        question = question.lower()
    return Example(as_typed(question, rng), text, sorted(set(answers))[:4], NAME, len(passage.text.split()))


def _words_of(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}
