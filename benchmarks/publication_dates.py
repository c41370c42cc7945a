"""How often the publication date and the title of an article are found, and how often wrong ones.

    python -m benchmarks.publication_dates [--data ../shared/data] [--save]

Articles of the news archive, whose dates and titles are known: as they were scraped, and written in the forms in which
articles state both (a dateline below the headline, a wire's dateline, a by-line with the date, front matter and so on).
A scraped article states its date where the known day, or the one beside it, stands in full on a short line among the
first 300 characters.
"""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from askbrief.corpus.dates import find_dates
from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.markdown import extract_markdown
from askbrief.corpus.formats.plain import read_plain
from benchmarks.common import build_parser, save_result

WRITTEN = 300
EVERY = 5
_HEAD, _SHORT_LINE = 300, 120


@dataclass(frozen=True, slots=True)
class Article:
    """An article with its known date."""

    title: str
    date: date
    text: str


def _day(when: date) -> str:
    return f"{when:%B} {when.day}, {when.year}"


FORMS: dict[str, tuple[str, Callable[[Article], str]]] = {
    "Published: below the headline": ("a.txt", lambda a: f"{a.title}\nPublished: {_day(a.date)}\n\n{a.text}"),
    "Updated, with a time": ("a.txt", lambda a: f"{a.title}\nUpdated {a.date} 18:00\n\n{a.text}"),
    "date alone on a line": ("a.txt", lambda a: f"{a.title}\n{a.date}\n\n{a.text}"),
    "weekday and date": ("a.txt", lambda a: f"{a.title}\n\n{a.date:%A}, {_day(a.date)}\n\n{a.text}"),
    "as the seed": ("a.txt", lambda a: f" date {a.date} {a.text}"),
    "by-line with the date": ("a.txt", lambda a: f"{a.title}\nBy Ann Reed, {a.date.day} {a.date:%B %Y}\n\n{a.text}"),
    "date and by-line": ("a.txt", lambda a: f"{a.title}\ndate {a.date} by Dana Whitlock, Coastal Wire\n\n{a.text}"),
    "source | date": ("a.txt", lambda a: f"{a.title}\n\nReuters | {_day(a.date)} | 3 min read\n\n{a.text}"),
    "wire with the year": ("a.txt", lambda a: f"{a.title}\n\nANKARA, {_day(a.date)} (Reuters) — {a.text}"),
    "wire, year in the file's name": (
        "{year}-a.txt",
        lambda a: f"{a.title}\n\nNEW YORK, {a.date:%b}. {a.date.day} (AP) - {a.text}",
    ),
    "header of a mail": (
        "a.txt",
        lambda a: (
            f"From: Ann Reed <a@b.org>\nDate: {a.date:%a, %d %b %Y} 10:00:00 +0000\nSubject: {a.title}\n\n{a.text}"
        ),
    ),
    "front matter": ("a.md", lambda a: f"---\ntitle: {json.dumps(a.title)}\ndate: {a.date}\n---\n\n{a.text}"),
    "front matter, published": (
        "a.md",
        lambda a: f"---\npublished: {_day(a.date)}\ntags: [a, b]\n---\n\n# {a.title}\n\n{a.text}",
    ),
    "Markdown, in emphasis": ("a.md", lambda a: f"# {a.title}\n\n*{_day(a.date)}*\n\n{a.text}"),
    "only the file's name": ("{date}-a.txt", lambda a: f"{a.title}\n\n{a.text}"),
}  # fmt: skip
_NO_TITLE = ("as the seed",)
_PLAIN_MARKS = str.maketrans(dict.fromkeys("*_`#[]<>&\\~|"))


def iter_articles(data: Path, *, every: int) -> Iterator[Article]:
    """Each ``every``-th article of the archive, with marks that mean something in Markdown left out of the title."""
    file = data / "news" / "articles.jsonl.gz"
    if not file.is_file():
        raise SystemExit(f"{file} is missing: give the data folder with --data or ASKBRIEF_DATA")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, None, None, every):
            row = json.loads(line)
            title = " ".join(row["title"].translate(_PLAIN_MARKS).split())
            yield Article(title, date.fromisoformat(row["date"].replace("/", "-")), row["text"].strip())


def states_date(article: Article) -> bool:
    """Whether the article itself states its date at its head."""
    lines = article.text[:_HEAD].split("\n")
    near = (abs((found.date - article.date).days) <= 1 for line in lines for found in find_dates(line) if found.date)
    return any(near) and any(len(line) <= _SHORT_LINE and find_dates(line) for line in lines)


def measure_archive(articles: list[Article]) -> dict[str, Any]:
    """Of the scraped articles that state their date, those found right; of all, those found wrong."""
    stated = right = wrong = 0
    for article in articles:
        found = read_plain(article.text, "a.txt").date
        is_stated = states_date(article)
        is_right = found is not None and abs((found - article.date).days) <= 1
        stated += is_stated
        right += is_stated and is_right
        wrong += found is not None and not is_right
    return {
        "articles": len(articles),
        "that state their date": stated,
        "of these right": _percent(right, stated),
        "wrong, of all": _percent(wrong, len(articles)),
    }


def measure_forms(articles: list[Article]) -> dict[str, Any]:
    """Of the articles written in each form, those whose date and title are found right, and those with a wrong date."""
    figures: dict[str, Any] = {}
    sums = [0, 0, 0, 0]
    for name, (path, write) in FORMS.items():
        dates = wrong = titles = 0
        for article in articles:
            place = path.format(year=article.date.year, date=article.date)
            found = _read(write(article), place)
            dates += found.date == article.date
            wrong += found.date is not None and found.date != article.date
            titles += name in _NO_TITLE or found.title == article.title
        counts = (dates, wrong, titles, len(articles))
        sums = [a + b for a, b in zip(sums, counts, strict=True)]
        figures[name] = _describe(*counts)
    return {"all": _describe(*sums)} | figures


def _read(text: str, path: str) -> Extracted:
    return extract_markdown(text.encode(), path).documents[0] if path.endswith(".md") else read_plain(text, path)


def _describe(dates: int, wrong: int, titles: int, total: int) -> dict[str, float]:
    shares = (_percent(count, total) for count in (dates, wrong, titles))
    return dict(zip(("date right", "date wrong", "title right"), shares, strict=True))


def _percent(count: int, total: int) -> float:
    return round(100 * count / max(1, total), 2)


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="keep the figures")
    arguments = parser.parse_args()
    articles = list(iter_articles(arguments.data, every=EVERY))
    undated = [article for article in articles if article.title and not states_date(article)]
    figures = {
        "scraped": measure_archive(articles),
        f"written, {WRITTEN} articles in each form": measure_forms(undated[:: len(undated) // WRITTEN][:WRITTEN]),
    }
    if arguments.save:
        save_result("publication_dates", figures)
    else:
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
