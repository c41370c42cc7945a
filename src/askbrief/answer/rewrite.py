"""Rewriting follow-ups: what "where?" or "who replaced him?" asks, in questions that can be searched by themselves.

``build_rewrites`` knows only strings: the question, and what was asked and answered before. It gives at most four
candidates, none where the question stands by itself; the caller reads a few passages for each, and
``choose_rewrite`` takes the one that was answered best.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from askbrief.answer.candidates import (
    add_topic,
    exchange_name,
    put_in_names,
    put_in_words,
    swap_question_words,
)
from askbrief.answer.dialogue import Rewrite, Said, Turn
from askbrief.answer.foci import find_foci, match_topic
from askbrief.answer.gate import stands_alone
from askbrief.answer.grammar import parse_question
from askbrief.answer.pronouns import find_pronouns
from askbrief.answer.terms import find_left_out
from askbrief.text.segment import fold

__all__ = ["Rewrite", "Said", "Turn", "build_rewrites", "choose_rewrite", "find_boosted"]


MAX_REWRITES = 4
MAX_TURNS = 4
"""Turns that are looked back."""
BOOSTED_TURNS = 2
RANK_COST = 0.3
"""Log-odds that each place in the order of the candidates costs."""
CLOSE = 1.0
"""Candidates whose log-odds differ less than this are close: the second is worth offering."""
_LEAD = re.compile(
    r"(?:(?:and|but|so|ok(?:ay)?|well|then|also|now|thanks?(?: you)?)\b[,:]?\s+|back to (?P<topic>[^:,]+)[:,]\s*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:what|how) about\s+(?P<rest>.+)$", re.IGNORECASE)
_BARE = re.compile(
    r"(?P<wh>where|when|why|how|since when|how (?:long|often|much|many|far|come|so|old)|with whom|by whom|for how long"
    r"|what for|how many(?: times)?|from where|where to|where from"
    r"|(?:what|which) (?:time|hour|day|date|week|month|year|age|place|part|area|region|town|city|state|country)"
    r"|(?:at|by|for|from|in|of|on|since|to|under|until|with) (?:what|which|whose|whom)(?: [a-z]+){0,2})"
    r"(?:\s+exactly|\s+precisely)?",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"(?P<wh>where|when|why|how|how long|how often|what time)\s+(?:(?:was|is|did|does|will|has|had)\s+)(?:that|this|it)"
    r"(?:\s+(?:be|happen|happened|take place|occur|been|so))?",
    re.IGNORECASE,
)


def build_rewrites(question: str, history: Sequence[Turn]) -> tuple[Rewrite, ...]:
    """What a follow-up may ask, best first; empty where the question is to be searched as typed.

    Args:
        question: As typed.
        history: The turns before, oldest first.
    """
    recent = list(history)[-MAX_TURNS:]
    turns = recent[::-1]
    if not turns:
        return ()
    core, topic, has_lead = _take_lead(question)
    bare = core.rstrip("?!. ")
    if not bare:
        return ()
    foci = find_foci(turns)
    if topic:
        named = [replace(focus, is_topic=focus.is_name) for focus in match_topic(topic, foci)]
        foci = [*named, *(replace(focus, is_topic=False) for focus in foci)]
    if _BARE.fullmatch(bare) or _EVENT.fullmatch(bare):
        return _keep_best(swap_question_words(_find_question_words(bare), turns))
    if (about := _ABOUT.match(bare)) or (has_lead and not topic and not parse_question(core)):
        return _keep_best(exchange_name(about["rest"] if about else bare, turns))
    if stands_alone(core, turns, is_continued=bool(topic)):
        return ()
    pronouns = find_pronouns(core)
    rules = _keep_best(put_in_names(core, pronouns, foci, turns) if pronouns else add_topic(core, foci, turns))
    is_person = any(group in ("he", "she") for _, _, group in pronouns)
    if is_person or (pronouns and any(focus.is_topic and focus.is_name for focus in foci)):
        return rules
    words = find_left_out(core, recent, rules=rules, foci=foci, stands_alone=False)
    typed = [rule for rule in rules if rule.how == "as typed"]
    made = [rule for rule in rules if rule.how != "as typed"]
    found = [*made[:2], *put_in_words(core, pronouns, words), *made[2:]]
    return _keep_best([*found[:1], *typed, *found[1:]])


def _take_lead(question: str) -> tuple[str, str, bool]:
    """The question without "and" or "back to X:" before it, that X, and whether there was anything before it."""
    lead = _LEAD.match(question.strip())
    core = question.strip()[lead.end() if lead else 0 :].strip()
    return core, (lead["topic"] or "") if lead else "", lead is not None


def choose_rewrite(confidences: Sequence[float]) -> tuple[int, int | None]:
    """Which candidate to answer, and the one to offer beside it, if any is close.

    Args:
        confidences: For each candidate in order the best probability in [0, 1] that reading two passages for it gave.

    Returns:
        The place of the candidate with the best log-odds less ``RANK_COST`` a place, and that of the second, if it is
        within ``CLOSE``.
    """
    if not confidences:
        raise ValueError("no candidate")
    scored = sorted((-(_logit(c) - RANK_COST * rank), rank) for rank, c in enumerate(confidences))
    second = scored[1] if len(scored) > 1 and scored[1][0] - scored[0][0] < CLOSE else None
    return scored[0][1], second[1] if second else None


def find_boosted(history: Sequence[Turn]) -> frozenset[str]:
    """Ids of the articles whose passages gain ``fuse.BOOST``: those of the best answers of the last two turns."""
    return frozenset(said.document_id for turn in history[-BOOSTED_TURNS:] for said in turn.answers[:1])


def _logit(confidence: float) -> float:
    limited = min(1 - 1e-6, max(1e-6, confidence))
    return math.log(limited / (1 - limited))


def _keep_best(found: Iterable[Rewrite]) -> tuple[Rewrite, ...]:
    kept: dict[str, Rewrite] = {}
    for rewrite in found:
        text = " ".join(rewrite.text.split()).rstrip("?!. ,") + "?"
        kept.setdefault(fold(text), Rewrite(text, rewrite.how, rewrite.focus))
    return tuple(kept.values())[:MAX_REWRITES]


def _find_question_words(bare: str) -> str:
    found = _EVENT.fullmatch(bare) or _BARE.fullmatch(bare)
    return found["wh"] if found else bare
