"""Questions about who or what did something, made of passive sentences of the news archive.

"Fakih was hurt in a car accident" answers "Who hurt Omar Fakih?": people ask so whether a person, a group or an event
did it, and by a longer name than the sentence has. Rules find the sentence, its subject and the words after "by" or
"in"; only sentences that leave little doubt about these are taken.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpora.questions import iter_rows
from training.mixtures import PASSIVES

MAX_ANSWER_WORDS = 7
_WINDOW = 900
_PAST = {
    "beaten": "beat", "begun": "began", "broken": "broke", "chosen": "chose", "done": "did", "drawn": "drew",
    "driven": "drove", "eaten": "ate", "flown": "flew", "forbidden": "forbade", "forgotten": "forgot", "given": "gave",
    "overseen": "oversaw", "overthrown": "overthrew", "seen": "saw", "shaken": "shook", "shown": "showed",
    "spoken": "spoke", "stolen": "stole", "sung": "sang", "sworn": "swore", "taken": "took", "thrown": "threw",
    "torn": "tore", "woken": "woke", "worn": "wore", "written": "wrote", "bitten": "bit", "hidden": "hid",
}  # fmt: skip
"""Past tense of the participles that differ from it."""
_SAME = "bought|brought|built|caught|cut|fought|found|held|hit|hurt|led|lost|made|met|paid|put|shot|sold|struck|won"
_PARTICIPLE = rf"(?:[a-z]{{3,}}ed|{_SAME}|{'|'.join(_PAST)})"
_NAMES = r"[A-Z][\w’'-]+(?: (?:of |the )?[A-Z][\w’'-]+){0,4}"
_THING = r"[Tt]he (?:[a-z-]+ ){0,2}[a-z-]{3,}"
_BE = r"(?:was|were|is|are|(?:has|have|had) been)"
_HARMED = "killed|injured|wounded|hurt|destroyed|damaged|hit|struck|slain|sunk|paralyzed|disabled"
_PASSIVE = re.compile(
    rf"(?<![\w’'-])(?P<subject>{_NAMES}|{_THING})(?:, (?:who|which))? {_BE} (?:[a-z]+ly )?"
    rf"(?:(?P<done>{_PARTICIPLE}) by|(?P<harmed>{_HARMED}) in(?= an? )) (?P<answer>[^.,;:!?()“”\"\n–—]+)"
)
_END = re.compile(
    r"\s+(?:on|in|at|after|during|for|while|when|as|who|whom|which|that|last|this|next|where|because|before|with|from|to|"
    r"into|over|about|since|until|near|outside|inside|following|amid|and|but|or|than|through|under|if|early|late|earlier|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|saying|according|against|via|just|within|is|was|were|has|"
    r"had|will|would|could|he|she|they|it|we|you)\b.*",
    re.DOTALL,
)
_ACTOR = re.compile(r"(?:(?:a|an|the|his|her|their|its|two|three|four|several) )?[\w’'-]+")
_NO_ACTOR = re.compile(
    r"\w+ing\b|\d|(?:January|February|March|April|May|June|July|August|September|October|November|December|hand|law|mail|"
    r"phone|email|then|now|default|far|the (?:end|time|way|hour|day|dozen))\b"
)
_IN_PHRASE = re.compile(
    r"\b(?:of|in|at|on|for|under|from|with|during|into|to|by|between|and|or|about|over|after|before|than|as|the|an?|all)"
    r" $"
)
"""What stands before a name that is not itself the subject."""
_OTHERS = """
He She It They We You I This That These Those There Who What Which But And Both All Some Many Most Everyone
Recommendations
"""
_NO_SUBJECT = frozenset(_OTHERS.split())


def find_questions(text: str, rng: random.Random) -> Iterator[tuple[str, int, str]]:
    """Each question that a passive sentence of ``text`` answers, with the answer's first character and its words."""
    for match in _PASSIVE.finditer(text):
        subject = match["subject"]
        before = text[max(0, match.start() - 12) : match.start()]
        if subject.split()[0] in _NO_SUBJECT or subject.isupper() or _IN_PHRASE.search(before):
            continue
        answer = _END.sub("", match["answer"]).rstrip()
        if not _ACTOR.match(answer) or _NO_ACTOR.match(answer) or len(answer.split()) > MAX_ANSWER_WORDS:
            continue
        has_article = re.match(r"(?:an?|the) ", answer)
        if answer[0].islower() and not has_article and " " not in answer:
            continue
        participle = match["done"] or match["harmed"]
        at = match.start("answer") + (len(has_article[0]) if has_article else 0)
        words = answer[len(has_article[0]) :] if has_article else answer
        yield _ask(_find_full_name(subject, text), participle, rng), at, words


def _ask(subject: str, participle: str, rng: random.Random) -> str:
    if subject.startswith("The "):
        subject = "the " + subject[len("The ") :]
    past = _PAST.get(participle, participle)
    return f"{'Who' if rng.random() < 0.75 else 'What'} {past} {subject}?"


def _find_full_name(subject: str, text: str) -> str:
    """A name of one word with the word that stands before it elsewhere in the text, if that looks like a first name."""
    if " " in subject:
        return subject
    found = re.search(rf"(?<=[a-z,] )([A-Z][a-z]+ {re.escape(subject)})(?![\w’'-])", text)
    return found[1] if found else subject


def iter_passives(data: Path, *, seed: int) -> Iterator[dict[str, Any]]:
    """Rows like those of the files under ``reader/train``: a stretch of an article and the questions made of it.

    Args:
        data: The data folder (holds ``news``).
        seed: Seed of every random choice.
    """
    rng = random.Random(seed)
    asked: set[str] = set()
    for row in iter_rows(data / "news" / "articles.jsonl.gz"):
        text = row["text"]
        found = [question for question in find_questions(text, rng) if question[0] not in asked]
        if not found:
            continue
        question, at, answer = rng.choice(found)
        asked.add(question)
        start, end = _find_window(text, at)
        qa = {"id": row["id"], "question": question, "answers": [[at - start, answer]]}
        yield {"source": PASSIVES, "title": row["title"], "context": text[start:end], "qas": [qa]}


def _find_window(text: str, at: int) -> tuple[int, int]:
    """Whole paragraphs around character ``at``: about ``_WINDOW`` characters to each side."""
    start = text.rfind("\n", 0, max(0, at - _WINDOW)) + 1
    end = text.find("\n", at + _WINDOW)
    return start, end if end >= 0 else len(text)
