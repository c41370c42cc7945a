"""Encodings without a declaration: which of those that people's files are in makes a text read most like language.

Each candidate is the costs, in nats, of what the bytes beyond ASCII become: a letter costs what its place beside its
neighbours costs in the best-fitting language of that encoding (pairs of letters in words and names, ``letters.json``);
a sign, what such a sign costs at such a place. A word of two languages, a capital within a word, a sign between letters
and characters that nobody writes cost most. The costs are those of one and the same bytes, so they compare.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

_LETTERS = Path(__file__).with_name("letters.json")
_WESTERN = ("fr", "es", "pt", "de", "it", "nl", "sv", "da", "nb", "fi", "is", "ca")
_WESTERN_BUT_ICELANDIC = tuple(language for language in _WESTERN if language != "is")
_CENTRAL = ("pl", "cs", "sk", "hu", "ro", "sl", "hr", "de", "fr")
_CYRILLIC = ("ru", "uk", "bg", "mk")
_OTHERS = ("tr", "el", "lt", "lv", "et", "he", "ar", "fa", "ja", "zh", "ko")
CANDIDATES: dict[str, tuple[float, tuple[str, ...]]] = {
    "utf-8": (
        -2.0,
        (*_WESTERN, *_CENTRAL, *_CYRILLIC, "tr", "el", "lt", "lv", "et", "he", "ar", "fa", "ja", "zh", "ko"),
    ),
    "cp1252": (0.0, _WESTERN),
    "iso8859-15": (3.0, _WESTERN),
    "cp1250": (2.5, _CENTRAL),
    "iso8859-2": (3.5, _CENTRAL),
    "cp1251": (1.5, _CYRILLIC),
    "koi8-r": (3.0, ("ru", "bg")),
    "koi8-u": (4.0, ("uk",)),
    "iso8859-5": (4.5, _CYRILLIC),
    "cp866": (4.0, _CYRILLIC),
    "mac_cyrillic": (5.5, _CYRILLIC),
    "cp1253": (2.5, ("el",)),
    "iso8859-7": (3.5, ("el",)),
    "cp1254": (0.5, ("tr", *_WESTERN_BUT_ICELANDIC)),
    "cp1255": (2.5, ("he",)),
    "iso8859-8": (4.0, ("he",)),
    "cp1256": (2.5, ("ar", "fa", "fr")),
    "iso8859-6": (4.5, ("ar",)),
    "cp1257": (3.5, ("lt", "lv", "et", "de", "sv", "fr", "es")),
    "iso8859-13": (4.5, ("lt", "lv", "et")),
    "cp437": (4.5, _WESTERN),
    "cp850": (4.0, _WESTERN),
    "cp852": (4.5, _CENTRAL),
    "cp857": (5.5, ("tr",)),
    "mac_roman": (4.0, _WESTERN),
    "mac_latin2": (5.5, _CENTRAL),
    "cp932": (2.5, ("ja",)),
    "euc_jp": (3.0, ("ja",)),
    "gb18030": (2.5, ("zh",)),
    "big5hkscs": (3.0, ("zh-hant",)),
    "cp949": (2.5, ("ko",)),
}
"""What an encoding costs before anything is read (rare ones more), and the languages of those who use it."""
_SCALE = 5.0
_UNSEEN, _ANY_LETTER = 12.0, 2.6
_SHORT_FOREIGN = {1: 7.0, 2: 3.0}
_CAPITAL_INSIDE, _SIGN_INSIDE, _ODD_SIGN, _NOT_TEXT = 7.0, 14.0, 11.0, 20.0
_UNSEEN_CHARACTER, _MIXED_SCRIPTS, _BEFORE_DIGIT = 14.5, 9.0, 4.0
_SAMPLE_BYTES, _FIRST_BYTES, _MOST_RUNS = 40_000, 3000, 3000
_HOPELESS_NATS = 60.0
_HIGH_WORD = re.compile(rb"[^ \t\r\n\f\v\x80-\xff]{0,60}[\x80-\xff][^ \t\r\n\f\v]{0,400}")
_ASCII, _WINDOWS_QUOTES = bytes(range(128)), bytes((0x85, 0x91, 0x92, 0x93, 0x94, 0x96, 0x97, 0xA0))
_HIGH = re.compile(r"[^\W\d_]*[^\x00-\x7f]+(?:[^\x00-\x7f]|[^\W\d_])*")
_QUOTE_COST = {
    "’": 2.0,
    "“": 2.5,
    "”": 2.5,
    "‘": 3.5,
    "–": 3.0,
    "—": 3.0,
    "…": 3.5,
    "•": 4.0,
    "„": 5.0,
    "«": 4.0,
    "»": 4.0,
}
_UNWRITTEN = re.compile("[\x80-\x9f\ue000-\uf8ff\U00010000-\U0010ffff]")
_BARS = frozenset("─━═")
_SIGNS = frozenset("£€¥¢§©®™°±²³¹¼½¾×÷·¿¡†‡ªº¶‹›‚´¨¸¯¬")
_WORST, _WORST_OF_MANY, _MANY_CHARACTERS = 12.0, 8.5, 40
"""What a character may cost on average, in nats, before the bytes count as no text."""
_CERTAIN_NATS = 2.0


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding and, in [0, 1], how sure it is that no other would give other words."""

    encoding: str
    certainty: float


def guess_encoding(data: bytes) -> Guess | None:
    """The encoding in which ``data`` reads most like text; None where no one makes it readable."""
    words = _take_words(data)
    tried = _try(words[:_FIRST_BYTES], CANDIDATES)
    if not tried:
        return None
    if len(words) > _FIRST_BYTES:
        tried = _try(words, [one.encoding for one in tried if one.cost < tried[0].cost + _HOPELESS_NATS])
    if not tried:
        return None
    best = tried[0]
    same = min((CANDIDATES[one.encoding][0], one.rank, one.encoding) for one in tried if one.text == best.text)
    margin = next((one.cost for one in tried if one.text != best.text), best.cost + 100) - best.cost
    return Guess(same[2], round(1 / (1 + math.exp((1.0 - margin) / _CERTAIN_NATS)), 3))


@dataclass(frozen=True, slots=True, order=True)
class _Trial:
    """What a text costs in an encoding; ``rank`` breaks ties."""

    cost: float
    rank: int
    encoding: str
    text: str


def _try(words: bytes, encodings: Iterable[str]) -> list[_Trial]:
    """The trials of encodings, best first; none if even the best is no text."""
    tried = []
    averages = []
    for rank, encoding in enumerate(encodings):
        prior, languages = CANDIDATES[encoding]
        text = words.decode(encoding, "replace")
        cost, characters = _find_cost(text, languages)
        worst = _WORST if characters < _MANY_CHARACTERS else _WORST_OF_MANY
        averages.append((prior + cost, (prior + cost) / max(4, characters) <= worst))
        tried.append(_Trial(prior + cost, rank, encoding, text))
    return sorted(tried) if min(averages, key=lambda average: average[0])[1] else []


def _take_words(data: bytes) -> bytes:
    """Each different word with bytes beyond ASCII once, as many as are needed to tell.

    Those come last whose only such bytes are the quotes and dashes of Windows: they say least, and articles are full of
    them.
    """
    words = dict.fromkeys(_HIGH_WORD.findall(data))
    telling = sorted(words, key=lambda word: not word.strip(_ASCII).translate(None, _WINDOWS_QUOTES + _ASCII))
    kept: list[bytes] = []
    room = _SAMPLE_BYTES
    for word in telling:
        kept.append(word[:room])
        room -= len(word)
        if room <= 0:
            break
    return b" ".join(kept)


def _find_cost(text: str, languages: tuple[str, ...]) -> tuple[float, int]:
    """What the runs with characters beyond ASCII cost, and how many characters they have."""
    total = 0.0
    characters = 0
    runs = Counter(_iter_runs(text))
    for (before, run, after), count in runs.most_common(_MOST_RUNS):
        characters += count * len(run)
        best = min(_cost_of_run(before, run, after, language) for language in languages)
        total += (1 + 0.5 * (count - 1)) * best
    if "”" in text and "“" not in text and "„" not in text:
        total += _ODD_SIGN
    return total, characters


def _iter_runs(text: str) -> Iterator[tuple[str, str, str]]:
    """Runs of letters and other characters that hold one beyond ASCII, with the character before and after."""
    for match in _HIGH.finditer(text):
        start, end = match.span()
        yield text[start - 1 : start], match[0], text[end : end + 1]


@lru_cache(maxsize=50_000)
def _cost_of_run(before: str, run: str, after: str, language: str) -> float:
    table = _load_costs()[language]
    wide = language in ("ja", "zh", "zh-hant", "ko")
    padded = f"{before or ' '}{run}{after or ' '}"
    cost = _BEFORE_DIGIT if after.isdigit() and run[-1] > "\x7f" and run[-1].isalpha() else 0.0
    cost += sum(
        _cost_of_sign(*padded[at - 1 : at + 2], wide=wide, table=table)
        for at in range(1, len(padded) - 1)
        if padded[at] > "\x7f" and not _is_letter(padded[at], wide=wide)
    )
    word = ""
    for character in run + " ":
        if _is_letter(character, wide=wide):
            word += character
        elif word:
            cost += _cost_of_word(word, table, wide=wide)
            word = ""
    return cost


def _is_letter(character: str, *, wide: bool) -> bool:
    return (
        character.isalpha()
        and character != "µ"
        and not (wide and character > "\u2e7f")
        and not "\uff61" <= character <= "\uff9f"
    )


def _cost_of_word(word: str, table: dict[str, float], *, wide: bool) -> float:
    """What the letters cost; words in plain ASCII the same in every language, as most are not of it."""
    if wide or word.isascii():
        return _ANY_LETTER * (len(word) + 1) + _MIXED_SCRIPTS * sum(character > "\x7f" for character in word)
    letters = f"^{''.join(map(_fold, word))}$"
    cost = sum(table.get(a + b, _UNSEEN if max(a, b) > "\x7f" else _UNSEEN / 2) for a, b in pairwise(letters))
    for left, right in pairwise(word):
        if right.isupper() and left.islower():
            cost += _CAPITAL_INSIDE
    for first, second, third in zip(word, word[1:], word[2:], strict=False):
        if first.isupper() and second.isupper() and third.islower():
            cost += _CAPITAL_INSIDE / 2
    if min(word) > "\u036f":
        cost += _SHORT_FOREIGN.get(len(word), 0.0)
    return cost


def _cost_of_sign(left: str, character: str, right: str, *, wide: bool, table: dict[str, float]) -> float:
    if (
        character == "\ufffd"
        or "\x80" <= character < "\xa0"
        or "\ue000" <= character <= "\uf8ff"
        or character > "\uffff"
    ):
        return _NOT_TEXT
    if "\uff61" <= character <= "\uff9f":
        beside = sum("\uff61" <= neighbour <= "\uff9f" for neighbour in (left, right))
        return _SIGN_INSIDE if not beside else 9.0
    if wide and character > "\u2e7f":
        cost = table.get(
            character, 5.0 if "\u3000" <= character < "\u3030" or character >= "\uff00" else _UNSEEN_CHARACTER
        )
        return cost + _MIXED_SCRIPTS * ((left.isascii() and left.isalnum()) + (right.isascii() and right.isalnum()))
    is_between = left.isalpha() and right.isalpha()
    if character in _QUOTE_COST:
        opens = character in "“‘„«"
        fits = not left.isalnum() if opens else not right.isalnum() or character in "’–—•"
        if character == "’" and not left.isalnum():
            return 6.0
        if is_between and character != "’":
            return _QUOTE_COST[character] + (4.0 if character == "—" else 8.0)
        return _QUOTE_COST[character] + (0.0 if fits else 9.0 if opens else 4.0)
    if character in "\xa0\xad":
        return 5.0
    if character in "£€¥¢":
        return 4.5 if right.isdigit() or left.isdigit() else _SIGN_INSIDE if is_between else _ODD_SIGN
    if character in "°º²³½¼¾":
        return (
            5.0
            if left.isdigit() or (left in " m" and not right.isalpha())
            else _SIGN_INSIDE
            if is_between
            else _ODD_SIGN
        )
    if character == "µ":
        return 4.0 if not left.isalpha() and right.isalpha() else _ODD_SIGN
    if character in "¿¡":
        return 5.0 if right.isalpha() and not left.isalnum() else _SIGN_INSIDE
    if character in "©®™":
        return _SIGN_INSIDE if is_between else 6.0
    if character in _SIGNS:
        return _SIGN_INSIDE if left.isalpha() or right.isalpha() else 7.0 if character in "§±×·" else _ODD_SIGN
    if "\u2500" <= character <= "\u259f":  # boxes are drawn with rows of one sign
        return 3.0 if character in left + right or {left, right} & _BARS else _ODD_SIGN + 2 * is_between
    return _SIGN_INSIDE if left.isalpha() or right.isalpha() else _ODD_SIGN


def _fold(character: str) -> str:
    lower = character.lower()
    return lower[0]


@cache
def _load_costs() -> dict[str, dict[str, float]]:
    """Of each language the costs of its pairs of letters, or of its characters."""
    packed: dict[str, str] = json.loads(_LETTERS.read_text(encoding="utf-8"))
    tables = {}
    for language, entries in packed.items():
        size = 3 if language in ("ja", "zh", "zh-hant", "ko") else 4
        cuts = range(0, len(entries) + 1, size)
        tables[language] = {entries[a : b - 2]: int(entries[b - 2 : b]) / _SCALE for a, b in pairwise(cuts)}
    return tables
