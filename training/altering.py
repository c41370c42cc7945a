"""Questions altered so that their context no longer answers them, as the authors of SQuAD 2.0 did by hand.

Five ways, tried in random order: another number, another name, another word, an opposite, a negation.

An ``Exchange`` alters the question, its context, or both. What was altered on one side only no longer fits the other,
what was altered on both fits again: so neither an odd question nor an odd context gives away that there is no answer.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

OPPOSITES = """
first last|oldest youngest|largest smallest|biggest smallest|highest lowest|longest shortest|most least|more fewer|
more less|greater lesser|higher lower|before after|earlier later|begin end|began ended|start finish|started stopped|
north south|northern southern|east west|eastern western|increase decrease|increased decreased|rise fall|rose fell|
win lose|won lost|buy sell|bought sold|accept reject|accepted rejected|allow forbid|allowed banned|include exclude|
included excluded|gain lose|gained lost|support oppose|supported opposed|open close|opened closed|arrive leave|
arrived left|born killed|male female|men women|man woman|boys girls|king queen|father mother|son daughter|
brother sister|husband wife|inside outside|above below|upper lower|early late|new old|good bad|best worst|strong weak|
strongest weakest|rich poor|hot cold|fast slow|fastest slowest|public private|major minor|maximum minimum|
positive negative|internal external|ancient modern|created destroyed|built demolished|founded dissolved|
joined left|add remove|added removed|agree disagree|agreed disagreed|succeeded failed|success failure|
easy difficult|common rare|similar different|legal illegal|direct indirect|urban rural|summer winter|
day night|import export|teacher student|employer employee|friend enemy|defeated supported|same different|
majority minority|advantage disadvantage|during after|many few|always never|cause prevent|caused prevented
"""
_OPPOSITE: dict[str, list[str]] = {}
for _pair in OPPOSITES.replace("\n", "").split("|"):
    _one, _other = _pair.split()
    _OPPOSITE.setdefault(_one, []).append(_other)
    _OPPOSITE.setdefault(_other, []).append(_one)

_NAME = re.compile(r"[A-Z][\w'’-]*(?:\s+(?:of\s+(?:the\s+)?)?[A-Z][\w'’-]*)*")
_NUMBER = re.compile(r"\b\d[\d,]*\b")
_WORD = re.compile(r"\b[a-z]{5,}\b")
_NAME_WORD = re.compile(r"(?<=\w )[A-Z][\w-]{2,}")
_ASKING = frozenset(("who", "whom", "whose", "what", "when", "where", "which", "why", "how"))
COMMON = """
about above after again against along also among another around because been before being between called could
does doing during each either every first following found from given have having here into itself kind known
less like made make many more most much name named near number often only other over people place said same
should since some still such than that their them then there these they thing this those through time type under
until used using very were what when where which while whose will with within without would year years
"""
_COMMON = frozenset(COMMON.split())
_ENDINGS = ("tion", "ment", "ness", "ing", "ity", "ed", "er", "or", "al", "ly", "ous", "ive", "ic", "es", "s", "e", "")
_AUXILIARY = re.compile(r"\b(did|does|do|was|were|is|are|has|have|had|can|could|will|would|should)\b", re.IGNORECASE)


def find_names(text: str) -> list[str]:
    """Runs of capitalised words that do not open a sentence."""
    return [
        match[0].rstrip("'’-")
        for match in _NAME.finditer(text)
        if match.start() > 1 and text[match.start() - 2] not in '.!?"“' and text[match.start() - 1] in ' (“"'
    ]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two terms that change places, each wherever the other stands as whole words."""

    one: str
    other: str

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{re.escape(self.one)}|{re.escape(self.other)})(?!\w)")

    def apply(self, text: str) -> str:
        """The text with both terms exchanged; doing it twice gives the text again."""
        return self._pattern.sub(lambda match: self.other if match[0] == self.one else self.one, text)

    def move(self, text: str, at: int) -> int:
        """Where character ``at`` of ``text`` stands after ``apply``; it must lie outside of both terms."""
        return len(self.apply(text[:at]))


def find_exchange(
    question: str, context: str, answers: list[str], others: list[str], rng: random.Random
) -> Exchange | None:
    """A name, number or word that question and context share, and one to take its place; None when there is none.

    Nothing else in the context begins like the shared term, so that it is gone from there after the exchange; neither
    term has a word in common with an answer. Arguments are those of ``alter_question``.
    """
    kept = " ".join(answers).lower()
    ways = [(_NAME_WORD, _find_new_names), (_WORD, _find_new_words)] * 2 + [(_NUMBER, _find_new_numbers)]
    rng.shuffle(ways)
    for pattern, find_new in ways:
        terms = sorted({match[0] for match in pattern.finditer(question)})
        terms = [term for term in terms if term.lower() not in kept and _is_plain(term, context)]
        if not terms:
            continue
        old = rng.choice(terms)
        pool = [new for new in find_new(old, question, context, others, rng) if new.lower() not in kept]
        if pool:
            return Exchange(old, rng.choice(pool))
    return None


def _is_plain(term: str, context: str) -> bool:
    """Whether the context has the term, and nothing else that begins like it."""
    if term.lower() in _COMMON | _ASKING:
        return False
    stem = re.escape(term if term[0].isdigit() else term[:5])
    found = re.findall(rf"(?<!\w){stem}\w*", context, re.IGNORECASE)
    return bool(found) and set(found) == {term}


def _find_new_names(old: str, question: str, context: str, others: list[str], rng: random.Random) -> list[str]:
    found = find_names(context) if rng.random() < 0.5 else others
    words = {word for name in found for word in name.split() if word[0].isupper() and len(word) > 2}
    asked = question.lower()
    return sorted(word for word in words if word.lower() not in asked and _is_plain(word, context + " " + word))


def _find_new_numbers(old: str, question: str, context: str, others: list[str], rng: random.Random) -> list[str]:
    value = int(old.replace(",", ""))
    new = str(max(1, value + rng.choice((-1, 1)) * rng.randint(1, max(3, min(40, value)))))
    return [] if new in context or new in question else [new]


def _find_new_words(old: str, question: str, context: str, others: list[str], rng: random.Random) -> list[str]:
    asked = set(re.findall(r"[a-z]+", question.lower())) | _COMMON
    ending = _find_ending(old)
    return [
        word
        for word in sorted(set(_WORD.findall(context)) - asked)
        if word[:4] != old[:4] and _find_ending(word) == ending and _is_plain(word, context)
    ]


def _find_ending(word: str) -> str:
    return next(ending for ending in _ENDINGS if word.endswith(ending))


def alter_question(
    question: str, context: str, answers: list[str], others: list[str], rng: random.Random
) -> str | None:
    """A question like ``question`` that ``context`` does not answer, or None when there is nothing to change.

    Args:
        question: A question that ``context`` answers.
        context: The text that both questions are asked of.
        answers: The answers to ``question``; no name is taken from them.
        others: Names from elsewhere, to put in the place of a name of the question.
        rng: Where chance comes from.
    """
    ways = [_alter_number, _alter_name, _alter_name, _alter_opposite, _alter_opposite, _alter_polarity]
    ways += [_alter_word, _alter_word]
    rng.shuffle(ways)
    for way in ways:
        altered = way(question, context, answers, others, rng)
        if altered is not None and altered != question:
            return altered
    return None


def _alter_number(question: str, context: str, answers: list[str], others: list[str], rng: random.Random) -> str | None:
    found = list(_NUMBER.finditer(question))
    if not found:
        return None
    match = rng.choice(found)
    value = int(match[0].replace(",", ""))
    new = str(max(1, value + rng.choice((-1, 1)) * rng.randint(1, max(3, min(40, value)))))
    if re.search(rf"\b{new}\b", context):
        return None
    return question[: match.start()] + new + question[match.end() :]


def _alter_name(question: str, context: str, answers: list[str], others: list[str], rng: random.Random) -> str | None:
    names = find_names(question)
    if not names:
        return None
    old = rng.choice(names)
    taken = " ".join([question, *answers]).lower()
    here = [name for name in find_names(context) if name.lower() not in taken and len(name) > 2]
    pool = here if here and rng.random() < 0.5 else [name for name in others if name.lower() not in context.lower()]
    pool = [name for name in pool if abs(len(name.split()) - len(old.split())) <= 1]
    return question.replace(old, rng.choice(pool), 1) if pool else None


def _alter_word(question: str, context: str, answers: list[str], others: list[str], rng: random.Random) -> str | None:
    """Puts a word of the context that ends alike in the place of a word of the question."""
    taken = set(re.findall(r"[a-z]+", " ".join([question, *answers]).lower())) | _COMMON
    found = [match for match in _WORD.finditer(question) if match[0] not in _COMMON]
    if not found:
        return None
    match = rng.choice(found)
    ending = _find_ending(match[0])
    pool = [
        word
        for word in sorted(set(_WORD.findall(context)) - taken)
        if word[:4] != match[0][:4] and _find_ending(word) == ending
    ]
    return question[: match.start()] + rng.choice(pool) + question[match.end() :] if pool else None


def _alter_opposite(
    question: str, context: str, answers: list[str], others: list[str], rng: random.Random
) -> str | None:
    found = [m for m in re.finditer(r"[A-Za-z]+", question) if m[0] in _OPPOSITE]
    if not found:
        return None
    match = rng.choice(found)
    return question[: match.start()] + rng.choice(_OPPOSITE[match[0]]) + question[match.end() :]


def _alter_polarity(
    question: str, context: str, answers: list[str], others: list[str], rng: random.Random
) -> str | None:
    if re.search(r"\b(not|never)\b|n't\b", question):
        return None
    match = _AUXILIARY.search(question)
    if match is None or rng.random() < 0.5:
        return None
    word = match[0]
    if rng.random() < 0.5 and word.lower() not in ("can", "will"):
        return question[: match.end()] + "n't" + question[match.end() :]
    rest = question[match.end() :].split(" ")
    at = 2 if len(rest) > 3 and rest[1].lower() in ("the", "a", "an") else 1
    rest.insert(at + 1, rng.choice(("not", "never")))
    return question[: match.end()] + " ".join(rest)
