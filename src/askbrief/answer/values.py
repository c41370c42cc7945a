"""What an answer says, in a form that can be compared: a number with its unit, a time, a name, or just words."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal, NamedTuple

from askbrief.answer.names import TITLES, find_names
from askbrief.answer.periods import Period, whole_year
from askbrief.answer.time import find_dates, parse_period
from askbrief.answer.time_words import NUMBERS
from askbrief.answer.words import word_list, word_set
from askbrief.text.patterns import compiled
from askbrief.text.segment import fold

ValueKind = Literal["number", "time", "name", "words"]


class Value(NamedTuple):
    """An answer's value.

    Attributes:
        kind: What can be compared with what.
        text: The answer.
        low, high: Of a number, what it says at least and at most, both included.
        unit: Of a number, its unit or the noun that it counts, in the singular; ``""`` if it has none.
        period: Of a time, its days.
        words: The folded words of a name or of words, without articles and titles.
    """

    kind: ValueKind
    text: str
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    period: Period | None = None
    words: tuple[str, ...] = ()

    def agrees(self, other: Value) -> bool:
        """Whether both may be true of one thing; False also for values that cannot be compared."""
        if self.kind != other.kind or not is_comparable(self, other):
            return False
        if self.kind == "number":
            return self.low <= other.high and other.low <= self.high
        if self.period is not None and other.period is not None:
            return self.period.first <= other.period.last and other.period.first <= self.period.last
        mine, theirs = set(self.words), set(other.words)
        return bool(mine and theirs) and (mine <= theirs or theirs <= mine or _is_acronym(self, other))


_MULTIPLES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "trillion": 10**12}
_TEENS = {
    word: number
    for number, word in enumerate(
        word_list("eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"),
        start=11,
    )
} | {word: 10 * tens for tens, word in enumerate(word_list("thirty forty fifty sixty seventy eighty ninety"), start=3)}
_VAGUE = {
    "dozens": (24, 199), "scores": (40, 199), "hundreds": (100, 999), "thousands": (1_000, 9_999),
    "millions": (1_000_000, 999_999_999), "billions": (10**9, 10**12),
    "tens of thousands": (10_000, 99_999), "hundreds of thousands": (100_000, 999_999),
}  # fmt: skip
_WORD_NUMBER = "|".join(
    (*(w for w in NUMBERS if w not in ("a", "an")), *_TEENS, "zero", "none", "no one", "nobody", "no")
)
_NUMBER = (
    rf"(?i)(?P<bound>at least|at most|up to|as many as|as few as|more than|fewer than|less than|no more than|over|under"
    rf"|about|around|roughly|approximately|some|nearly|almost|just over|just under|an estimated)?\s*"
    rf"(?P<currency>[$€£¥])?(?:(?P<digits>\d[\d,]*(?:\.\d+)?)|(?P<word>\b(?:{_WORD_NUMBER})\b))"
    rf"(?:[\s-]?(?P<multiple>{'|'.join(_MULTIPLES)}|bn|m|k)\b)?\s?(?P<percent>%|percent|per cent)?"
)
_VAGUE_NUMBER = "(?i)" + "|".join(sorted(_VAGUE, key=len, reverse=True))
_SHORT = {"bn": 10**9, "m": 10**6, "k": 1_000}
_UNIT = r"[\s-]?(?:of\s)?(?:the\s)?(?P<unit>(?:square|cubic|nautical|metric)\s\w+|[A-Za-z]{2,})"
_NOT_UNITS = word_set("""
of in on at by for to and or the a an were was are is have had been more other giant old   dead killed
injured contained as from after
""")
_YEAR = re.compile(
    r"(?:(?:in\s)?(?:the\s)?(?:early|mid|late|spring|summer|autumn|fall|winter)(?:-|\s(?:of\s|in\s)?))?((?:19|20)\d\d)",
    re.I,
)
_PERSON = "person"
_AT_MOST = frozenset(
    (
        "at most",
        "up to",
        "as many as",
        "fewer than",
        "less than",
        "no more than",
        "under",
        "nearly",
        "almost",
        "just under",
    )
)
_ABOUT = 0.1
"""Share that a rounded number may be off."""
_SYNONYMS = {
    "people": _PERSON,
    "men": _PERSON,
    "women": _PERSON,
    "victim": _PERSON,
    "survivor": _PERSON,
    "house": "home",
    "percentage": "percent",
    "yr": "year",
    "km": "kilometer",
    "kilometre": "kilometer",
}


def parse_value(text: str, *, sentence: str = "", article: date | None = None) -> Value:
    """The value of an answer.

    Args:
        text: The answer's words.
        sentence: The sentence that they stand in, where words around tell more ("at least" before a number).
        article: The article's date, which relative times are counted from.
    """
    if article is not None and _looks_like_time(text):
        period = parse_period(text, article=article) or _parse_bare_period(text, article)
        if period is not None:
            return Value("time", text, period=period)
    number = _parse_number(text, sentence)
    if number is not None:
        return number
    words = tuple(
        word
        for word in (fold(w).removesuffix("'s").removesuffix("’s").strip(".") for w in re.findall(r"[\w’'.-]+", text))
        if word and word not in ("the", "a", "an") and word not in TITLES
    )
    named = sum(len(name.text.split()) for name in find_names(f"of {text}"))
    return Value("name" if 2 * named >= len(words) > 0 else "words", text, words=words)


def is_comparable(one: Value, other: Value) -> bool:
    """Whether two values are of one type; numbers must have one unit, where a bare one may count people."""
    if one.kind != other.kind:
        return False
    return one.kind != "number" or one.unit == other.unit or {one.unit, other.unit} == {"", _PERSON}


def _parse_number(text: str, sentence: str) -> Value | None:
    if vague := compiled(_VAGUE_NUMBER).search(text):
        least, most = _VAGUE[vague.group().lower()]
        return Value("number", text, low=least, high=most, unit=_find_unit_around(text, text[vague.end() :], sentence))
    match = next((m for m in compiled(_NUMBER).finditer(text) if m["digits"] or m["word"]), None)
    if match is None or len(text[: match.start()].split()) > 3 or re.search(r"[A-Z]\w*\s*$", text[: match.start()]):
        return None  # none, or part of a name: "Route 66"
    if match["word"] and not match["multiple"] and match.end() < len(text) and text[match.end()] == "-":
        return None
    scale = re.search(r"\b(magnitude|level|category|number)\s*$", text[: match.start()], re.IGNORECASE)
    amount = float(match["digits"].replace(",", "")) if match["digits"] else float(_find_word(match["word"]))
    multiple = (match["multiple"] or "").lower()
    amount *= float(_MULTIPLES.get(multiple, _SHORT.get(multiple, 1)))
    unit = match["currency"] or (
        "percent" if match["percent"] else _find_unit_around(text, text[match.end() :], sentence)
    )
    unit = scale[1].lower() if scale else unit
    bound = (match["bound"] or _find_bound(text, sentence)).lower()
    low, high = _find_range(amount, bound)
    return Value("number", text, low=low, high=high, unit=unit)


def _find_word(word: str) -> int:
    plain = word.lower()
    return NUMBERS.get(plain, _TEENS.get(plain, 0))


def _find_bound(text: str, sentence: str) -> str:
    """The words right before the answer in its sentence that belong to the number."""
    at = sentence.find(text)
    found = re.search(
        r"\b(at least|up to|as many as|more than|fewer than|less than|over|about|around|nearly|almost|roughly)\s$",
        sentence[: max(0, at)],
        re.IGNORECASE,
    )
    return found[1] if found else ""


def _find_range(amount: float, bound: str) -> tuple[float, float]:
    if bound in ("at least", "more than", "over", "just over"):
        return amount, amount * (1 + _ABOUT)
    if bound in _AT_MOST:
        return amount * (1 - _ABOUT), amount
    if bound:
        return amount * (1 - _ABOUT), amount * (1 + _ABOUT)
    return amount, amount


def _find_unit(rest: str) -> str:
    match = compiled(_UNIT).match(rest)
    if match is None:
        return ""
    unit = fold(match["unit"])
    if unit in _NOT_UNITS:
        return ""
    singular = unit[:-1] if unit.endswith("s") and not unit.endswith("ss") else unit
    return _SYNONYMS.get(singular, singular)


def _find_unit_around(text: str, rest: str, sentence: str) -> str:
    """The unit behind a number in its answer, else in the sentence, else "magnitude" and the like before it."""
    if unit := _find_unit(rest):
        return unit
    at = sentence.find(text)
    if at < 0 or rest.strip(" .,"):
        return ""
    scale = re.search(r"\b(magnitude|level|category|number)\s$", sentence[:at], re.IGNORECASE)
    return scale[1].lower() if scale else _find_unit(sentence[at + len(text) :])


def _looks_like_time(text: str) -> bool:
    return bool(
        re.search(
            r"\b(?:[A-Z][a-z]+day|yesterday|today|tomorrow|tonight|week|month|year|weekend|(?:19|20)\d\d|ago)\b"
            r"|\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)(?:[a-z]*)\b",
            text,
        )
    ) and not re.search(r"\d[\d,.]*\s(?:years?|months?|weeks?)\b(?!\sago)|year-old", text)


def _parse_bare_period(text: str, article: date) -> Period | None:
    """A month or year without its preposition, or part of a year as all of it; "2000 years ago" is none."""
    plain = text.strip(" .,")
    if year := _YEAR.fullmatch(plain):
        return whole_year(int(year[1]))
    found = find_dates(f"in {plain}", article=article)
    is_whole = len(found) == 1 and len(found[0].span) == len(f"in {plain}") and len(found[0].periods) == 1
    return found[0].periods[0] if is_whole else None


def _is_acronym(one: Value, other: Value) -> bool:
    """Whether one is the other's initials ("PKK"); small words may be left out."""
    short, long = sorted((one, other), key=lambda value: len(value.words))
    if len(short.words) != 1 or len(long.words) < 2:
        return False
    initials = "".join(word[0] for word in long.words if word not in ("of", "for", "and"))
    return short.words[0].replace(".", "") == initials
