"""The words of a question that point back at what was said before."""

from __future__ import annotations

import re

from askbrief.answer.grammar import AUXILIARIES
from askbrief.text.segment import fold

_HE = "he him his himself"
_SHE = "she her hers herself"
_THEY = "they them their theirs themselves these those"
_IT = "it its itself this that"
PRONOUNS: dict[str, str] = {
    word: group
    for group, words in (("he", _HE), ("she", _SHE), ("they", _THEY), ("it", _IT), ("there", "there"), ("then", "then"))
    for word in words.split()
}
_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")


def find_pronouns(core: str) -> list[tuple[int, int, str]]:
    """Start, end and group of the pronouns that point back; not "that" as a conjunction nor "it" for the weather."""
    found = []
    for match in _WORD.finditer(core):
        word = fold(match.group())
        group = PRONOUNS.get(word)
        if group is None:
            continue
        before = core[: match.start()].rstrip()
        after = _WORD.search(core, match.end())
        following = fold(after.group()) if after else ""
        if (
            word == "that"
            and following
            and before
            and fold(before.split()[-1]) not in AUXILIARIES | {"of", "in", "on", "after", "before"}
        ) and not (following in ("fire", "day", "year") or is_noun_after_that(core, match.start())):
            continue
        if word == "there" and before and fold(before.split()[-1]) in AUXILIARIES and following:
            continue
        if word == "it" and following in ("true", "possible", "likely", "raining"):
            continue
        found.append((match.start(), match.end(), group))
    return found


def is_noun_after_that(core: str, start: int) -> bool:
    """Whether "that" leads a noun ("has that fire burned"), by the auxiliary somewhere right before it."""
    before = core[:start].split()
    return bool(before) and fold(before[-1]) in AUXILIARIES
