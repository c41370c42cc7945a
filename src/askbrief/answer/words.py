"""Words without their endings, for asking whether a sentence speaks of what a question asks."""

from __future__ import annotations

import re

from askbrief.text.segment import fold


def word_list(text: str) -> list[str]:
    """The words of a table, in order."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(text.split())


FUNCTION_WORDS = word_set("""
a an the of and or but in on at to for with by from as than what which who whom whose when where why how did do does
is are was were be been being has have had can could will would shall should may might must not no that this these
those there it its their his her they he she them him into so if about many much more most
""")
_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")
_ENDINGS = ("ing", "ed", "es", "s")
_MIN_STEM = 5


def find_stems(text: str) -> set[str]:
    """The content words of a text without their endings, folded."""
    return {find_stem(word) for word in map(fold, _WORD.findall(text)) if word not in FUNCTION_WORDS}


def find_stem(word: str) -> str:
    """A folded word without a possessive or an ending, nor a last "e" ("damage" and "damaged" are one)."""
    word = word.removesuffix("'s").removesuffix("’s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e")


def is_related(one: str, other: str) -> bool:
    """Whether two stems are equal or share a long beginning ("surviv" and "survivor")."""
    return one == other or (min(len(one), len(other)) >= _MIN_STEM and (one.startswith(other) or other.startswith(one)))
