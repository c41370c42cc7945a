"""Tokens that are whole or absent in an answer: addresses, paths, times, dates, amounts, versions, wiki links."""

from __future__ import annotations

import re

from askbrief.text.patterns import compiled
from askbrief.types import Span

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_NUMBER = r"\d+(?:[.,’'\u00a0\u202f]\d+)*"
_SCALE = r"(?:thousand|million|billion|trillion|hundred|bn|mn|[mk])"
_CURRENCY = r"(?:(?:US|A|C|CA|NZ|HK|S|R)?\$|[£€¥₹₽₩₺]|(?:USD|EUR|GBP|JPY|CHF|INR|CNY)[ \u00a0]?)"
_MONEY_WORDS = (
    r"(?:(?:U\.?S\.?|Canadian|Australian|Hong Kong)\s)?(?:dollars?|euros?|pounds?|pence|cents?|yen|yuan|rupees?"
    r"|roubles?|rubles?|francs?|kron(?:er|or|a|e)|pesos?|won|lira|USD|EUR|GBP)"
)
_UNITS = (
    r"(?:%|‰|per\s?cent(?:age points)?|percent(?:age points)?|°\s?[CF]?|km/h|mph|km²|m²|m³|sq\s?(?:km|m|ft)"
    r"|kg|km|cm|mm|mg|ml|[kMGT]i?B|[kMG]?W(?:h)?|[kMG]?Hz|kilomet(?:er|re)s?|met(?:er|re)s?|miles?|feet|foot|inch(?:es)?|yards?|acres?"
    r"|hectares?|kilos?|kilograms?|grams?|tonnes?|tons?|lit(?:er|re)s?|gallons?|degrees)"
)
_DOMAINS = "com|org|net|edu|gov|int|info|eu|uk|de|fr|io|co|ai|example"
_ADDRESSES = (
    (("[[",), r"\[\[[^\[\]\n]+\]\]"),
    (
        ("://", "mailto:", "www."),
        r"(?i)\b(?:https?|ftp|file|ssh|git)://[^\s<>\"“”«»]+|\bmailto:[^\s<>\"]+|\bwww\.[^\s<>\"“”«»]+",
    ),
    (("@",), r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"),
    (
        tuple(f".{domain}" for domain in _DOMAINS.split("|")),
        rf"(?i)(?<![\w./@-])(?:[a-z\d][a-z\d-]*\.)+(?:{_DOMAINS})(?:/[^\s<>\"“”]*)?",
    ),
    (("/", "\\"), r"(?<![\w/.:~])(?:~|\.{1,2})?/[\w.@+~-]+(?:/[\w.@+~-]*)*|(?<!\w)[A-Za-z]:\\[^\s<>\"|?*]+"),
    (("/",), r"(?<![\w/.])[\w-]+(?:/[\w.-]+)+\.[A-Za-z]\w{0,4}\b"),
    (
        (".",),
        r"(?<![\w/.-])[\w-]+\.(?:py|js|ts|md|txt|toml|json|ya?ml|csv|pdf|docx?|xlsx?|html?|cfg|ini|sh|c|h|rs|go)\b",
    ),
)
"""Patterns, each with what a text must have one of, folded, for the pattern to be worth compiling and looking for."""
_NUMBERS = (
    ((".",), r"(?i)(?<![\w.])v\d+(?:\.\d+)+(?:[-+][\w.]+)?|(?<![\w.,])\d+(?:\.\d+){2,}(?:[-+][\w.]+)?(?![\d,])"),
    (
        (":", "a", "p"),
        r"(?i)(?<![\d:.,])\d{1,2}(?::\d{2}){1,2}(?:\.\d+)?(?:\s?[ap]\.?m\b\.?)?(?:\s(?:ET|EST|EDT|PT|PST|CT|MT|GMT|UTC|BST|CET))?"
        r"|(?<![\d:.,])\d{1,2}(?:\.\d{2})?\s?[ap](?:\.\s?m\.|\.?m\b\.?)",
    ),
    (
        ("-", "/"),
        r"(?<![\d.-])\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?|(?<![\d/])\d{1,2}/\d{1,2}/\d{2,4}",
    ),
    (
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        rf"\b(?:{_MONTHS})\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b(?![:.]\d)(?:,?\s\d{{4}}\b)?"
        rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b\.?(?:,?\s\d{{4}}\b)?",
    ),
    (
        (*"$£€¥₹₽₩₺", "usd", "eur", "gbp", "jpy", "chf", "inr", "cny"),
        rf"{_CURRENCY}[ \u00a0]?{_NUMBER}(?:[\s-]?{_SCALE}\b)?",
    ),
    (("",), rf"(?<![\w.,]){_NUMBER}(?:[\s-]{_SCALE}\b)?[\s-]?(?:{_UNITS}(?!\w)|{_MONEY_WORDS}\b)"),
    (("",), rf"(?<![\w.,]){_NUMBER}[\s-]{_SCALE}\b|(?<![\w.,])\d+(?:bn|mn|[mk])\b"),
    (("",), r"(?<![\w.,])\d+(?:[.,’']\d+)+|(?<![\w.,-])\d+[-–]\d+(?![\w-])|(?<!\w)\d+(?:st|nd|rd|th)\b"),
)
"""As ``_ADDRESSES``; none matches in a text without a digit."""
_DIGIT = re.compile(r"\d")
_PAIRS = {")": "(", "]": "[", "}": "{"}


def find_tokens(text: str) -> list[Span]:
    """The tokens of ``text`` that an answer holds whole or not at all, in order, not overlapping.

    Addresses (https://…, www.…, names of sites and mail), paths and file names, versions, times ("3:12 a.m."), dates,
    amounts with their currency, scale and unit ("$1.2 billion", "158 km/h"), numbers with inner separators, wiki links.
    Where two overlap, the longer counts.
    """
    folded = text.casefold()
    found = []
    for needed, pattern in (*_ADDRESSES, *_NUMBERS) if _DIGIT.search(text) else _ADDRESSES:
        if not any(sign in folded for sign in needed):
            continue
        for match in compiled(pattern).finditer(text):
            end = _drop_punctuation(text, match.start(), match.end())
            found.append(Span(match.start(), end))
    kept: list[Span] = []
    for span in sorted(found, key=lambda span: (-len(span), span.start)):
        if span and not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return sorted(kept)


def _drop_punctuation(text: str, start: int, end: int) -> int:
    """``end`` without the punctuation of the sentence around an address; the full stop of "a.m." stays."""
    is_address = re.match(r"[a-z]+://|www\.|mailto:|[^\s/]*[/@\\.~]", text[start:end], re.IGNORECASE) is not None
    if not is_address or re.search(r"[ap]\.\s?m\.$", text[start:end], re.IGNORECASE):
        return end
    while end > start:
        last = text[end - 1]
        if last in ".,;:!?'’\"*_" or (
            last in _PAIRS and text.count(_PAIRS[last], start, end) < text.count(last, start, end)
        ):
            end -= 1
        else:
            break
    return end
