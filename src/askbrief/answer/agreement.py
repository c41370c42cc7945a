"""Whether several answers say one thing, several things, or things that do not go together.

Only what can be compared is: values of one type, in sentences that speak of what the question asks. Who is right is
never decided; a later article only comes first.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from askbrief.answer.grammar import parse_question
from askbrief.answer.words import find_stems, is_related
from askbrief.text.patterns import compiled
from askbrief.types import Span

if TYPE_CHECKING:
    from askbrief.answer.values import Value

MIN_CONFIDENCE_SHARE = 0.5
"""Answers with less than this share of the best one's confidence do not count."""
_UNDATED = date(1000, 1, 1)
"""What relative dates of undated articles count from: far from any other, with room for the years before."""
MIN_SHARED = 0.4
"""Share of the question's content words that a sentence must have to contradict another."""

Kind = Literal["one", "several", "changed", "differ"]


class Found(NamedTuple):
    """An answer to be compared.

    Attributes:
        text: Its words.
        sentence: The sentence around them, or more of the paragraph.
        document_id: The article.
        date: The article's date, where known.
        confidence: Probability in [0, 1] that the words answer.
        start: Offset in the article.
    """

    text: str
    sentence: str
    document_id: str
    date: date | None
    confidence: float
    start: int


class Group(NamedTuple):
    """Answers that say the same.

    Attributes:
        text: The words of the most precise of them.
        members: Their places in the list given, the best first.
        latest: The date of the latest article among them, where one is known.
        documents: How many articles say it.
    """

    text: str
    members: tuple[int, ...]
    latest: date | None
    documents: int


class Agreement(NamedTuple):
    """How answers relate.

    Attributes:
        kind: "one" (all say the same), "several" (things that may all be true), "changed" (a later article, or a
            correction, says otherwise; the newest group comes first) or "differ".
        groups: The answers that say the same together.
    """

    kind: Kind
    groups: tuple[Group, ...]


_SPLIT = r",\s(?:and|or)\s|,\s|\s(?:and|or|as well as)\s"
_CORRECTION = (
    r"(?i)\b(?:amend|correct|revis|updat|lower|rais)(?:ed|es|ing)\b|\b(?:down|up)\s(?:to|from)\b|\binstead of\b"
    r"|\bnot \d"
)
_BEFORE_CORRECTION = r"(?i)\b(?:earlier|previously|initially|originally|at first|had (?:said|put|reported))\b"
_MANY_ASKED = r"(?i)(?:which|what)\s(?:\w+\s){0,3}?\w+s\s|in which \w+s\b|who (?:are|were|all)\b|name\s|list\s"
_ONE_HOLDER = r"(?i)who (?:is|was) the (?:current |new )?\w+|who (?:leads|heads|runs|owns)\b"


def find_agreement(question: str, found: Sequence[Found]) -> Agreement:
    """How the answers to a question relate.

    Args:
        question: As searched.
        found: The answers, best first; those of one list may be given apart.
    """
    if len(items := split_list(found[0].text)) > 1:
        listed = tuple(Group(item, (0,), found[0].date, 1) for item in items)
        return Agreement("several", listed)
    counted = [i for i, one in enumerate(found) if one.confidence >= MIN_CONFIDENCE_SHARE * found[0].confidence]
    if len(counted) == 1:
        return Agreement("one", (Group(found[0].text, (0,), found[0].date, 1),))
    from askbrief.answer.values import parse_value  # loads the rules of dates: not where one answer stands alone

    values = {
        i: parse_value(found[i].text, sentence=found[i].sentence, article=found[i].date or _UNDATED) for i in counted
    }
    groups = _group(counted, values, found)
    if len(groups) <= 1:
        return Agreement("one", tuple(_build_group(group, found, values) for group in groups))
    kind, order = _compare(question, groups, found, values)
    return Agreement(kind, tuple(_build_group(group, found, values) for group in order))


def find_items(text: str, span: Span, *, within: Span) -> list[Span]:
    """The items of the list that an answer is, or is one of; the answer alone where there is no list.

    Args:
        text: The whole article.
        span: The answer.
        within: Its sentence.
    """
    items = _split(text, span)
    if len(items) > 1:
        return items
    for match in compiled(_LIST).finditer(text, within.start, within.end):
        items = _split(text, Span(*match.span()))
        if len(items) >= 3 and any(item == span or item.overlaps(span) for item in items):
            return items
    return [span]


_NAME = r"(?:the\s)?[A-Z][\w’'-]*(?:\s(?:of\s)?[A-Z][\w’'-]*)*"
_LIST = rf"{_NAME}(?:,\s{_NAME})+,?\s(?:and|or)\s{_NAME}"


def _split(text: str, span: Span) -> list[Span]:
    """The parts of a list of names; the span itself if it is none."""
    parts, at = [], span.start
    for match in compiled(_SPLIT).finditer(text, span.start, span.end):
        parts.append(Span(at, match.start()))
        at = match.end()
    parts.append(Span(at, span.end))
    is_list = len(parts) > 1 and all(re.fullmatch(_NAME, part.of(text)) for part in parts)
    return parts if is_list else [span]


def split_list(text: str) -> list[str]:
    """The items of an answer that is a list of names; the answer alone if it is none."""
    return [item.of(text) for item in _split(text, Span(0, len(text)))]


def _group(counted: Sequence[int], values: dict[int, Value], found: Sequence[Found]) -> list[list[int]]:
    """Answers that agree together; a group holds only what agrees with all of it."""
    groups: list[list[int]] = []
    for i in counted:
        home = next(
            (g for g in groups if all(values[i].agrees(values[j]) or _is_alias(found[i], found[j]) for j in g)), None
        )
        if home is None:
            groups.append([i])
        else:
            home.append(i)
    return groups


def _is_alias(one: Found, other: Found) -> bool:
    """Whether a sentence gives one name behind the other in brackets: "Kurdistan Workers' Party (PKK)"."""
    sentences = one.sentence + other.sentence
    return f"{one.text} ({other.text})" in sentences or f"{other.text} ({one.text})" in sentences


def _compare(
    question: str, groups: list[list[int]], found: Sequence[Found], values: dict[int, Value]
) -> tuple[Kind, list[list[int]]]:
    from askbrief.answer.values import is_comparable

    first = values[groups[0][0]]
    rivals = [group for group in groups if is_comparable(first, values[group[0]])]
    rest = [group for group in groups if group not in rivals]
    if len(rivals) < 2:
        return "one", rivals
    if first.kind in ("name", "words"):
        if (
            first.kind == "name"
            and compiled(_ONE_HOLDER).match(question.strip())
            and not compiled(_MANY_ASKED).match(question.strip())
        ):
            ordered = _order_by_date(rivals, found)
            if ordered is not None and all(_speaks_to(question, found[group[0]]) for group in rivals):
                return "changed", [*ordered, *rest]
        named = [group for group in rivals if values[group[0]].kind == "name"]
        return ("several", named) if len(named) > 1 else ("one", groups[:1])
    speaking = [group for group in rivals if _speaks_to(question, found[group[0]])]
    if len(speaking) < 2 or compiled(_MANY_ASKED).match(question.strip()):
        return "one", groups[:1]
    ordered = _order_by_date(speaking, found)
    if ordered is not None:
        return "changed", ordered
    corrected = _order_by_correction(speaking, found)
    return ("changed", corrected) if corrected is not None else ("differ", speaking)


def _speaks_to(question: str, one: Found) -> bool:
    """Whether a sentence has enough of the question's content words to be about what it asks."""
    parsed = parse_question(question)
    asked = question[len(parsed.phrase) :] if parsed and len(parsed.phrase) < len(question) else question
    kind = " ".join(parsed.phrase.split()[1:]) if parsed else ""
    words = find_stems(f"{kind} {asked}")
    said = find_stems(one.sentence)
    shared = {word for word in words if any(is_related(word, other) for other in said)}
    told = find_stems(re.sub(r"\b[A-Z]\S*", " ", asked))  # what is said of the names
    return len(shared) >= MIN_SHARED * len(words) and (not told or bool(told & shared))


def _order_by_date(groups: list[list[int]], found: Sequence[Found]) -> list[list[int]] | None:
    """The groups, newest first, where every article of one is older than every article of the next; else None."""
    spans = []
    for group in groups:
        dates = [day for i in group if (day := found[i].date)]
        if len(dates) != len(group):
            return None
        spans.append((max(dates), min(dates), group))
    spans.sort(key=lambda item: item[0], reverse=True)
    if all(later[1] > earlier[0] for later, earlier in itertools.pairwise(spans)):
        return [group for _, _, group in spans]
    return None


def _order_by_correction(groups: list[list[int]], found: Sequence[Found]) -> list[list[int]] | None:
    """Two groups of one article, the corrected one first, where its words say that the one replaces the other."""
    if len(groups) != 2 or len({found[i].document_id for group in groups for i in group}) != 1:
        return None
    sentences = [" ".join(found[i].sentence for i in group) for group in groups]
    if not any(compiled(_CORRECTION).search(sentence) for sentence in sentences):
        return None
    return sorted(groups, key=lambda group: bool(compiled(_BEFORE_CORRECTION).search(found[group[0]].sentence)))


def _build_group(group: list[int], found: Sequence[Found], values: dict[int, Value]) -> Group:
    dates = [day for i in group if (day := found[i].date)]
    return Group(
        text=found[min(group, key=lambda i: (_width(values[i]), i))].text,
        members=tuple(group),
        latest=max(dates, default=None),
        documents=len({found[i].document_id for i in group}),
    )


def _width(value: Value) -> float:
    """How much a value leaves open; the exact number and the single day come first."""
    if value.kind == "number":
        return value.high - value.low
    if value.period is not None:
        return (value.period.last - value.period.first).days
    return 0.0
