"""Filters in the question line: which articles are asked, by date, source, folder, type and title.

>>> question, filters = parse_filters('who met Memis? since:2025-05 source:irna title:"ties with"')
>>> question, filters.describe()
('who met Memis?', 'since May 2025, from irna, title with "ties with"')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import PurePosixPath

from askbrief.answer.periods import Period, end_of_month, find_day, whole_month, whole_year
from askbrief.answer.words import word_list
from askbrief.errors import QuestionError
from askbrief.text.display import count_noun
from askbrief.text.patterns import compiled
from askbrief.text.segment import fold

KEYS = ("since", "until", "source", "in", "type", "title")
HINT = 'Filters: since:2025-05 until:2025-06-30 source:NAME in:FOLDER/ type:pdf title:"WORDS".'
_MIN_YEAR, _MAX_YEAR = 1500, 2100


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles are asked. All must hold; of several sources, folders, types or titles one is enough.

    Attributes:
        since: First day, included.
        until: Last day, included.
        sources: Folded parts of the source's name.
        folders: Folders relative to the root, with ``/`` and without one at their ends.
        types: File endings without their dot, in lower case.
        titles: Folded parts of the title.
    """

    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def needs_date(self) -> bool:
        """Whether articles without a date are left out."""
        return self.since is not None or self.until is not None

    def accepts(self, *, path: str, title: str, published: date | None, source: str = "") -> bool:
        """Whether an article may be asked.

        Args:
            path: Relative to the root, with ``/``.
            title: Its title.
            published: Its date, where known.
            source: Who published it, where known.
        """
        if self.needs_date and published is None:
            return False
        if published is not None and not (self.since or published) <= published <= (self.until or published):
            return False
        place = PurePosixPath(path)
        return (
            _holds_any(self.sources, fold(source))
            and _holds_any(self.titles, fold(title))
            and (not self.types or place.suffix.lower().removeprefix(".") in self.types)
            and (not self.folders or any(place.is_relative_to(folder) for folder in self.folders))
        )

    def describe(self) -> str:
        """The filters in words: "since May 2025, from irna, in reports/, PDF files"."""
        parts = []
        if self.since is not None:
            parts.append(f"since {_describe_day(self.since, first=True)}")
        if self.until is not None:
            parts.append(f"until {_describe_day(self.until, first=False)}")
        parts += [f"from {' or '.join(self.sources)}"] if self.sources else []
        parts += [f"in {' or '.join(f'{folder}/' for folder in self.folders)}"] if self.folders else []
        parts += [f"{' or '.join(ending.upper() for ending in self.types)} files"] if self.types else []
        quoted = " or ".join(f'"{title}"' for title in self.titles)
        parts += [f"title with {quoted}"] if self.titles else []
        return ", ".join(parts)

    @property
    def line(self) -> str:
        """The filters as a question line has them: ``since:2025-05-01 title:"ties with"``; '' for none."""
        values = (
            ("since", [self.since.isoformat()] if self.since else []),
            ("until", [self.until.isoformat()] if self.until else []),
            ("source", self.sources),
            ("in", self.folders),
            ("type", self.types),
            ("title", self.titles),
        )
        return " ".join(f"{key}:{_quote(value)}" for key, found in values for value in found)

    def describe_found(self, articles: int, *, undated: int = 0) -> str:
        """What the filters leave: "42 articles since May 2025; 6 without a date left out"."""
        left_out = f"; {undated:,} without a date left out" if undated else ""
        return f"{count_noun(articles, 'article')} {self.describe()}{left_out}"


_FILTER = r'(?<!\S)(?P<key>[A-Za-z]+):(?:"(?P<quoted>[^"]*)"|(?P<open>"[^"]*$)|(?P<plain>(?!//)\S*))'
_DATE = r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)"
_MONTHS = word_list("january february march april may june july august september october november december")
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS) + "|sept"
_LATEST = r"(?i)\b(?:the|any)\s(?:latest|newest|most recent|last known)\b|\bmost recently\b|\bright now\b"
_ISO_DAY = rf"(?<![\d-]){_YEAR}-(?P<number>\d\d)(?:-(?P<day>\d\d))?(?![\d-])"
_NAMED_MONTH = rf"(?i)\b(?:(?P<before>\d{{1,2}})\s)?(?P<month>{_MONTH})\.?(?:\s(?P<after>\d{{1,2}}),?)?\s{_YEAR}\b"
_YEAR_ALONE = (
    rf"(?<![\d.,$€£#-]){_YEAR}(?![\d.,]?\d|%|[’']?s\b|-)"
    r"(?!\s(?:people|men|women|children|dollars|euros|pounds|miles|km|kilomet\w+|met\w+rs|acres|feet|homes|jobs|troops"
    r"|soldiers|pages|tons|tonnes|times|percent|votes|seats|years|words|students|workers|employees|passengers)\b)"
)


def parse_filters(line: str) -> tuple[str, Filters]:
    """The question without its filters, and the filters.

    Words with a colon that are no filter ("at 12:30", "https://…", "Re:Invent") stay in the question.

    Raises:
        QuestionError: A filter is unknown but nearly one, has no value or a wrong one, or is given twice.
    """
    filters = Filters()
    rest: list[str] = []
    at = 0
    for match in compiled(_FILTER).finditer(line) if ":" in line else ():
        key = match["key"]
        if key not in KEYS:
            _check_near(key, line)
            continue
        if match["open"] is not None:
            raise QuestionError(f"the filter {key}: has a quotation mark without an end", hint=HINT)
        filters = _add(filters, key, match["quoted"] if match["quoted"] is not None else match["plain"])
        rest.append(line[at : match.start()])
        at = match.end()
    return " ".join("".join([*rest, line[at:]]).split()), _check_order(filters)


def keep_filters(line: str, *, question: str) -> str:
    """Another ``question`` with the filters of a question line."""
    return " ".join([question, *(match.group() for match in compiled(_FILTER).finditer(line) if match["key"] in KEYS)])


def build_filters(options: Mapping[str, Sequence[str]]) -> Filters:
    """The filters of command-line options, by key, each with its values.

    Raises:
        QuestionError: As for ``parse_filters``.
    """
    filters = Filters()
    for key, values in options.items():
        for value in values:
            filters = _add(filters, key, value)
    return _check_order(filters)


def combine_filters(one: Filters, other: Filters) -> Filters:
    """Both filters at once, such as those of the options and of the question line.

    Raises:
        QuestionError: Both give a first or a last day.
    """
    for key in ("since", "until"):
        if getattr(one, key) and getattr(other, key):
            raise _twice(key)
    return _check_order(
        Filters(
            one.since or other.since,
            one.until or other.until,
            one.sources + other.sources,
            one.folders + other.folders,
            one.types + other.types,
            one.titles + other.titles,
        )
    )


def find_time_hint(question: str) -> Period | None:
    """The year, month or day that a question names; None if it names none, or several."""
    days = compiled(_ISO_DAY).finditer(question)
    found = [_build_period(int(match["year"]), int(match["number"]), match["day"]) for match in days]
    for match in compiled(_NAMED_MONTH).finditer(question):
        month = [name[:3] for name in _MONTHS].index(match["month"][:3].lower()) + 1
        found.append(_build_period(int(match["year"]), month, match["before"] or match["after"]))
    if not found:
        years = {int(match["year"]) for match in compiled(_YEAR_ALONE).finditer(question)}
        found = [whole_year(year) for year in years]
    periods = [period for period in found if period is not None]
    return periods[0] if len(periods) == 1 else None


def asks_for_latest(question: str) -> bool:
    """Whether a question prefers the newest article: "what is the latest on …", "most recently"."""
    return bool(compiled(_LATEST).search(question))


def _add(filters: Filters, key: str, value: str) -> Filters:
    value = value.strip()
    if not value:
        raise QuestionError(f"the filter {key}: has no value", hint=HINT)
    if key in ("since", "until"):
        if getattr(filters, key) is not None:
            raise _twice(key)
        day = _parse_day(key, value)
        return replace(filters, since=day) if key == "since" else replace(filters, until=day)
    if key == "in":
        return replace(filters, folders=(*filters.folders, _parse_folder(value)))
    if key == "type":
        ending = value.lower().removeprefix("*").removeprefix(".")
        if not ending.isalnum():
            raise QuestionError(f"type:{value} is no file ending", hint="Give an ending, such as type:pdf.")
        return replace(filters, types=(*filters.types, ending))
    if key == "source":
        return replace(filters, sources=(*filters.sources, fold(value)))
    return replace(filters, titles=(*filters.titles, fold(value)))


def _quote(value: str) -> str:
    """A value for a question line; of one with quotation marks, which options can give, the longest part without."""
    value = max(value.split('"'), key=len)
    return value if value and not value.startswith("//") and value.split() == [value] else f'"{value}"'


def _parse_day(key: str, value: str) -> date:
    match = compiled(_DATE).fullmatch(value)
    if match and _MIN_YEAR <= int(match[1]) <= _MAX_YEAR:
        year, month, day = int(match[1]), match[2] and int(match[2]), match[3] and int(match[3])
        is_last = key == "until"
        month = month or (12 if is_last else 1)
        if 1 <= month <= 12:
            day = day or (end_of_month(date(year, month, 1)).day if is_last else 1)
            if found := find_day(year, month, day):
                return found
    raise QuestionError(f"{key}:{value} is no date", hint=f"Write {key}:2025, {key}:2025-05 or {key}:2025-05-20.")


def _parse_folder(value: str) -> str:
    folder = PurePosixPath(value.replace("\\", "/"))
    if folder.is_absolute() or ".." in folder.parts:
        raise QuestionError(
            f"in:{value} is no folder below the articles' own", hint="Give a path from the root: in:reports/."
        )
    return str(folder)


def _check_near(key: str, line: str) -> None:
    """Refuses a word before a colon that is one slip away from a filter's name."""
    import difflib

    near = difflib.get_close_matches(key.lower(), KEYS, n=1, cutoff=0.75)
    if near and len(key) > 2:
        raise QuestionError(f"there is no filter {key}:", hint=f"Did you mean {near[0]}:? {HINT}")


def _check_order(filters: Filters) -> Filters:
    if filters.since and filters.until and filters.since > filters.until:
        raise QuestionError(
            f"since:{filters.since} is after until:{filters.until}", hint="Exchange the two, or leave one out."
        )
    return filters


def _twice(key: str) -> QuestionError:
    return QuestionError(f"the filter {key}: is given twice", hint="Give it once.")


def _holds_any(parts: tuple[str, ...], text: str) -> bool:
    return not parts or any(part in text for part in parts)


def _describe_day(day: date, *, first: bool) -> str:
    """A day in words; the month or year alone where it is the first or last day of it."""
    if (first and (day.day, day.month) == (1, 1)) or (not first and (day.day, day.month) == (31, 12)):
        return str(day.year)
    if day.day == (1 if first else end_of_month(day).day):
        return f"{day:%B %Y}"
    return f"{day.day} {day:%B %Y}"


def _build_period(year: int, month: int, day: str | None) -> Period | None:
    if not 1 <= month <= 12:
        return None
    if day is None:
        return whole_month(year, month)
    found = find_day(year, month, int(day))
    return Period(found, found) if found else None
