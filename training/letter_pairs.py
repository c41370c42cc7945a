"""Letter statistics: which letters stand beside which in the words and names of a language, for telling encodings.

    python -m training.letter_pairs

Writes ``src/askbrief/corpus/letters.json``. Words with their frequencies come from wordfreq, names and towns from
Faker, traditional Chinese characters from opencc (``pip install wordfreq faker opencc-python-reimplemented``), none of
which askbrief needs otherwise. What is kept are counts of letters, not words.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

OUT = Path(__file__).parents[1] / "src" / "askbrief" / "corpus" / "letters.json"
WORDS, NAMES = 20_000, 4_000
SCALE, LIMIT = 5, 99
"""A cost is written as ``round(-ln P * SCALE)`` in two digits, at most ``LIMIT``."""
RARE, UNSEEN = 3e-5, 3e-4
"""Of the commonest letter's weight: what a letter needs to count at all, and what is kept for pairs never seen."""
LANGUAGES = {
    "fr": ("fr", "fr_FR"), "es": ("es", "es_ES"), "pt": ("pt", "pt_PT"), "de": ("de", "de_DE"), "it": ("it", "it_IT"),
    "nl": ("nl", "nl_NL"), "sv": ("sv", "sv_SE"), "da": ("da", "da_DK"), "nb": ("nb", "no_NO"), "fi": ("fi", "fi_FI"),
    "is": ("is", "is_IS"), "ca": ("ca", "es_CA"), "pl": ("pl", "pl_PL"), "cs": ("cs", "cs_CZ"), "sk": ("sk", "sk_SK"),
    "hu": ("hu", "hu_HU"), "ro": ("ro", "ro_RO"), "sl": ("sl", "sl_SI"), "hr": ("sh", "hr_HR"), "tr": ("tr", "tr_TR"),
    "lt": ("lt", "lt_LT"), "lv": ("lv", "lv_LV"), "et": ("", "et_EE"), "ru": ("ru", "ru_RU"), "uk": ("uk", "uk_UA"),
    "bg": ("bg", "bg_BG"), "mk": ("mk", "mk_MK"), "el": ("el", "el_GR"), "he": ("he", "he_IL"), "ar": ("ar", "ar_EG"),
    "fa": ("fa", "fa_IR"),
}  # fmt: skip
CHARACTERS = {"ja": ("ja", "ja_JP"), "zh": ("zh", "zh_CN"), "zh-hant": ("zh", "zh_TW"), "ko": ("ko", "ko_KR")}


def main() -> None:
    letters = {name: pack(count_pairs(weigh_words(*sources))) for name, sources in LANGUAGES.items()}
    for name, sources in CHARACTERS.items():
        letters[name] = pack_characters(weigh_words(*sources), convert=name == "zh-hant")
    OUT.write_text(json.dumps(letters, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{OUT}: {OUT.stat().st_size // 1024} KiB")


def weigh_words(language: str, locale: str) -> Counter[str]:
    """Words and names in small letters, half the weight each; a word weighs the root of its frequency."""
    from faker import Faker
    from wordfreq import get_frequency_dict

    weights: Counter[str] = Counter()
    if language:
        frequent = sorted(get_frequency_dict(language, "best").items(), key=lambda item: -item[1])[:WORDS]
        total = sum(math.sqrt(frequency) for _, frequency in frequent)
        for word, frequency in frequent:
            weights[fold(word)] += math.sqrt(frequency) / total
    fake = Faker(locale)
    fake.seed_instance(0)
    names = Counter(fold(word) for _ in range(NAMES) for word in f"{fake.name()} {fake.city()}".split())
    for name, count in names.items():
        weights[name] += math.sqrt(count) / sum(map(math.sqrt, names.values()))
    return weights


def fold(word: str) -> str:
    """Small letters; the comma below of Romanian as the cedilla that old encodings have in its place."""
    return unicodedata.normalize("NFC", word.replace("İ", "i").lower()).replace("ș", "ş").replace("ț", "ţ")


def count_pairs(weights: Counter[str]) -> dict[str, float]:
    """Of each pair of letters, the probability of the second after the first."""
    pairs: Counter[str] = Counter()
    for word, weight in weights.items():
        for run in iter_runs(word):
            for pair in map("".join, zip("^" + run, run + "$", strict=True)):
                pairs[pair] += weight
    firsts: Counter[str] = Counter()
    for pair, weight in pairs.items():
        firsts[pair[0]] += weight
    most = max(firsts.values())
    rare = {letter for letter, weight in firsts.items() if weight < RARE * most}
    return {
        pair: weight / (firsts[pair[0]] + UNSEEN * most)
        for pair, weight in pairs.items()
        if rare.isdisjoint(pair) and pair != "σ$"
    }


def iter_runs(word: str) -> Iterator[str]:
    """The runs of letters in a word."""
    run = ""
    for character in word + " ":
        if character.isalpha():
            run += character
        elif run:
            yield run
            run = ""


def pack(probabilities: dict[str, float]) -> str:
    """Pairs with their costs, the likeliest first: ``é$12né18…``."""
    costs = {pair: round(-math.log(p) * SCALE) for pair, p in probabilities.items()}
    return "".join(f"{pair}{cost:02}" for pair, cost in sorted(costs.items(), key=lambda i: (i[1], i[0])) if cost < 50)


def pack_characters(weights: Counter[str], *, convert: bool) -> str:
    """Single characters with their costs: ``的16一20…``."""
    if convert:
        from opencc import OpenCC

        to_traditional = OpenCC("s2t").convert
        weights = Counter({to_traditional(word): weight for word, weight in weights.items()})
    counts: Counter[str] = Counter()
    for word, weight in weights.items():
        for character in word:
            if ord(character) > 0x2E7F:
                counts[character] += weight
    total = sum(counts.values())
    costs = {character: round(-math.log(count / total) * SCALE) for character, count in counts.items()}
    return "".join(f"{c}{cost:02}" for c, cost in sorted(costs.items(), key=lambda i: (i[1], i[0])) if cost < 70)


if __name__ == "__main__":
    main()
