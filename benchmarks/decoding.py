"""How often a text file in an old encoding is read as it was written, against the libraries that tell encodings.

    python -m benchmarks.decoding [--data ../shared/data] [--save]

Real news articles with none to five names put in, each in twelve encodings, whole and cut to one to three sentences;
names are those of people who use the encoding. Right is the text that was written, whatever the encoding is called.
The libraries that askbrief does not need (chardet, faust-cchardet) are measured where they are installed.
"""

from __future__ import annotations

import gzip
import importlib.util
import itertools
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askbrief.corpus.decode import decode
from askbrief.corpus.encodings import CANDIDATES
from askbrief.errors import CorpusError
from benchmarks.common import build_parser, save_result

ARTICLES = 200
CERTAIN = 0.9
_WEST = (
    "Søren Kjær", "Håkon Østby", "José Núñez", "Renée Dubois", "Jürgen Groß", "Björn Ångström", "João Conceição",
    "Zoë Brontë", "François Lefèvre", "Þóra Guðmundsdóttir", "Mikä Hämäläinen", "Çelik Özgür", "Inês Simões",
    "Noël Château", "Günther Köhler", "Tomás Ó Súilleabháin", "Beyoncé", "Peña Nieto", "Céline Dion", "Malmö FF",
)  # fmt: skip
_CENTRAL = (
    "Lech Wałęsa", "Antonín Dvořák", "Božena Němcová", "Jiří Černý", "Łódź", "György Kurtág", "Ľudovít Štúr",
    "Nicolae Ceauşescu", "Luka Dončić", "Novak Đoković", "Zsófia Szűcs", "Stanisław Święcicki", "Škoda", "Kraków",
)  # fmt: skip
_CYRILLIC = ("Владимир Иванов", "Анна Каренина", "Київ", "Москва", "Сергей Лавров", "Олена Зеленська", "«Правда»")
_RUSSIAN = ("Владимир Иванов", "Анна Каренина", "Москва", "Сергей Лавров", "Ёлкин", "Щукин", "ТАСС", "Пётр Хвостов")
_GREEK = ("Κυριάκος Μητσοτάκης", "Αλέξης Τσίπρας", "Αθήνα", "Θεσσαλονίκη", "Μαρία Κάλλας", "Ώρα")
_TURKISH = ("Recep Tayyip Erdoğan", "Ekrem İmamoğlu", "Ayşe Yılmaz", "Şırnak", "Çağla Öztürk", "Işık Güneş", "Iğdır")
_JAPANESE = ("安倍晋三", "東京", "ソニー", "大坂なおみ", "村上春樹", "トヨタ自動車", "こんにちは")
_CHINESE = ("习近平", "北京", "华为", "王毅", "人民日报", "张伟", "上海")
_TRADITIONAL = ("蔡英文", "臺北", "馬英九", "聯合報", "香港", "張忠謀")
_KOREAN = ("김정은", "문재인", "서울", "삼성전자", "박근혜", "손흥민")
_HEBREW = ("בנימין נתניהו", "ירושלים", "הארץ", "גולדה מאיר", "תל אביב")
_ARABIC = ("محمد صلاح", "القاهرة", "الجزيرة", "نجيب محفوظ", "بغداد")
_BALTIC = ("Dalia Grybauskaitė", "Gitanas Nausėda", "Egils Levits", "Rīga", "Šiauliai", "Jānis Bērziņš", "Žemaitija")
ENCODINGS = {
    "cp1252": _WEST, "iso8859-15": _WEST, "cp1250": _CENTRAL, "iso8859-2": _CENTRAL, "cp1251": _CYRILLIC,
    "koi8-r": _RUSSIAN, "cp1253": _GREEK, "cp1254": _TURKISH, "cp850": _WEST, "mac_roman": _WEST, "cp932": _JAPANESE,
    "gb18030": _CHINESE,
}  # fmt: skip
OTHERS = {
    "cp437": _WEST, "cp852": _CENTRAL, "cp866": _RUSSIAN, "cp1255": _HEBREW, "cp1256": _ARABIC, "cp1257": _BALTIC,
    "iso8859-5": _RUSSIAN, "iso8859-7": _GREEK, "euc_jp": _JAPANESE, "big5": _TRADITIONAL, "cp949": _KOREAN,
}  # fmt: skip
_PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\xa0": " ", "•": "*"})
_SENTENCE = re.compile(r"(?<=[a-z][.!?]) (?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and its bytes in an encoding."""

    text: str
    encoding: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What a system made of a sample: the text (None if it gave up) and how sure it was (1 if it does not say)."""

    text: str | None
    certainty: float = 1.0


def iter_samples(data: Path, encodings: dict[str, tuple[str, ...]], *, sentences: int | None) -> Iterator[Sample]:
    """Each article in each encoding, with 0 to 5 names (cut to sentences: 1 to 3)."""
    for number, text in enumerate(_iter_articles(data)):
        for encoding, names in encodings.items():
            chance = random.Random(f"{number} {encoding}")
            pieces = _SENTENCE.split(text)
            if sentences:
                at = chance.randrange(max(1, len(pieces) - sentences))
                pieces = pieces[at : at + chance.randint(1, sentences)]
            count = chance.randint(1, len(pieces)) if sentences else number % 6
            for name in chance.choices([name for name in names if _fits(name, encoding)], k=count):
                at = chance.randrange(len(pieces))
                pieces[at] = re.sub(r"[.!?]?$", f", {name} said.", pieces[at].rstrip(), count=1)
            written = " ".join(pieces)
            if not _fits(written, encoding):
                written = written.translate(_PLAIN).encode(encoding, "ignore").decode(encoding)
            coded = written.encode(encoding)
            if coded.isascii() and (sentences or count):
                continue
            yield Sample(written, encoding, coded)


def _iter_articles(data: Path) -> Iterator[str]:
    file = data / "news" / "articles.jsonl.gz"
    if not file.is_file():
        raise SystemExit(f"{file} is missing: give the data folder with --data or ASKBRIEF_DATA")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 0, 10 * ARTICLES, 10):
            yield " ".join(json.loads(line)["text"].split(" ")).strip()


def _fits(text: str, encoding: str) -> bool:
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeEncodeError:
        return False


def tell(data: bytes) -> Told:
    try:
        found = decode(data)
    except CorpusError:
        return Told(None)
    return Told(found.text, found.certainty)


def _as_text(data: bytes, encoding: str | None) -> Told:
    try:
        return Told(data.decode(encoding) if encoding else None)
    except (UnicodeDecodeError, LookupError):
        return Told(None)


def tell_with_normalizer(data: bytes) -> Told:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return Told(str(best) if best else None)


def tell_with_restricted_normalizer(data: bytes) -> Told:
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=["utf_8", *(name.replace("-", "_") for name in CANDIDATES)]).best()
    return Told(str(best) if best else None)


def tell_with_chardet(data: bytes) -> Told:
    import chardet

    return _as_text(data, chardet.detect(data)["encoding"])


def tell_with_cchardet(data: bytes) -> Told:
    import cchardet

    return _as_text(data, cchardet.detect(data)["encoding"])


SYSTEMS: dict[str, Callable[[bytes], Told]] = {"askbrief": tell}
if importlib.util.find_spec("charset_normalizer"):
    SYSTEMS["charset-normalizer"] = tell_with_normalizer
    SYSTEMS["charset-normalizer, restricted"] = tell_with_restricted_normalizer
if importlib.util.find_spec("chardet"):
    SYSTEMS["chardet"] = tell_with_chardet
if importlib.util.find_spec("cchardet"):
    SYSTEMS["faust-cchardet"] = tell_with_cchardet


def measure(samples: list[Sample], system: Callable[[bytes], Told]) -> dict[str, Any]:
    """Shares of right texts in percent, over all and by encoding; of the wrong ones those told as certain."""
    right: dict[str, list[bool]] = {}
    sure_and_wrong = doubted = 0
    began = time.perf_counter()
    for sample in samples:
        told = system(sample.data)
        expected = re.sub("\r\n?", "\n", sample.text).strip()
        is_right = told.text is not None and re.sub("\r\n?", "\n", told.text).strip() == expected
        right.setdefault(sample.encoding, []).append(is_right)
        sure_and_wrong += not is_right and told.text is not None and told.certainty >= CERTAIN
        doubted += is_right and told.certainty < CERTAIN
    seconds = time.perf_counter() - began
    marks = list(itertools.chain.from_iterable(right.values()))
    return {
        "texts": len(marks),
        "right": round(100 * sum(marks) / len(marks), 2),
        "wrong and certain": round(100 * sure_and_wrong / len(marks), 2),
        "right and doubted": round(100 * doubted / len(marks), 2),
        "ms a text": round(1000 * seconds / len(marks), 1),
        "by encoding": {name: round(100 * sum(of) / len(of), 1) for name, of in right.items()},
    }


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="keep the figures")
    parser.add_argument("--only", choices=SYSTEMS, help="measure one system")
    arguments = parser.parse_args()
    sets = {
        "articles, 12 encodings": list(iter_samples(arguments.data, ENCODINGS, sentences=None)),
        "1 to 3 sentences, 12 encodings": list(iter_samples(arguments.data, ENCODINGS, sentences=3)),
        "articles, other encodings": list(iter_samples(arguments.data, OTHERS, sentences=None)),
        "1 to 3 sentences, other encodings": list(iter_samples(arguments.data, OTHERS, sentences=3)),
    }
    chosen = {name: system for name, system in SYSTEMS.items() if arguments.only in (None, name)}
    figures = {name: {title: measure(of, system) for title, of in sets.items()} for name, system in chosen.items()}
    if arguments.save:
        save_result("decoding", figures)
    else:
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
