"""The parts of a card below its question: what was searched, the answers or why there is none, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from rich.cells import cell_len
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from askbrief.answer.small_talk import is_small_talk
from askbrief.output.location import describe_date
from askbrief.output.text import (
    describe_agreement,
    describe_confidence,
    describe_mentions,
    describe_no_answer,
    describe_notes,
    describe_search,
    find_closest,
    find_shared_words,
    quote_passage,
)
from askbrief.text.display import count_noun
from askbrief.tui.citation import build_citation, cut
from askbrief.tui.lit import Light, LitSpan, LitText, plain
from askbrief.types import Answer, AnswerGroup, AnswerSpan, Hit, Span

STALE = "The folder was still being read: this is from the index before. Press r to ask again."
_CONFIDENCE_SIGNS = {"strong": "●", "likely": "◐", "unsure": "○"}
_NOT_THERE, _NOTHING_SHORT = "∅", "≈"


def count_places(answer: Answer) -> int:
    """How many places a card shows of an answer: its spans, or the closest passages."""
    return len(answer.answers) or len(find_closest(answer))


def find_place(answer: Answer, chosen: int) -> AnswerSpan | Hit | None:
    """The span, or else the closest passage, of that number, from 0; None where nothing is shown."""
    places: Sequence[AnswerSpan | Hit] = answer.answers or find_closest(answer)
    return places[chosen] if chosen < len(places) else None


def list_unfolded(answer: Answer) -> dict[int, AnswerGroup]:
    """The best answer of each group, by its number from 0, where articles say different things."""
    if answer.agreement not in ("changed", "differ"):
        return {}
    return {group.members[0]: group for group in answer.groups if group.members}


def has_others(answer: Answer) -> bool:
    """Whether there are answers that are folded until they are asked for."""
    return answer.outcome != "mentions" and len(answer.answers) > max(1, len(list_unfolded(answer)))


def build_parts(answer: Answer, *, chosen: int, is_open: bool) -> list[Widget]:
    """The parts of a card below its question.

    Args:
        answer: What came of the question.
        chosen: Which answer or passage is shown in full or marked, from 0.
        is_open: Whether the other answers are shown, each on a line, or only counted.
    """
    parts: list[Widget] = [*_build_search(answer)]
    parts += (Static(plain(line), classes="counted") for line in describe_mentions(answer))
    if not answer.answers:
        parts += _build_no_answer(answer, chosen=chosen)
    elif answer.outcome == "mentions":
        parts += (_build_mention(span, number, chosen=chosen) for number, span in enumerate(answer.answers))
    else:
        parts += _build_answers(answer, chosen=chosen, is_open=is_open)
    if not answer.freshness.checked:
        parts.append(Static(STALE, classes="stale"))
    return parts


class Citation(Static):
    """Where words stand: title, date and line, and the path after it or below.

    Args:
        found: The answer or passage.
    """

    def __init__(self, found: AnswerSpan | Hit) -> None:
        super().__init__(classes="cited")
        self._build = partial(build_citation, found)

    def render(self) -> Content:
        """The citation in the columns that there are."""
        return self._build(columns=self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row or two."""
        return self._build(columns=width).plain.count("\n") + 1


class Searched(Static):
    """What was searched, and a key for what else may be meant, which is never broken.

    Args:
        line: What was searched, or which articles were asked.
        key: The key and what it does; '' for none.
    """

    def __init__(self, line: str, key: str) -> None:
        super().__init__(classes="searched")
        self._line = plain(line)
        self._key = key

    def render(self) -> Content:
        """The key after the line where it fits, else below it."""
        return self._build(self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are in ``width`` columns."""
        return len(self._build(width).wrap(width))

    def _build(self, width: int) -> Content:
        last = self._line.wrap(width)[-1].cell_length if width > 0 else 0
        between = "  " if last + 2 + cell_len(self._key) <= width else "\n  "
        return Content.assemble(self._line, (f"{between}{self._key}", "$text-accent")) if self._key else self._line


class Alternative(Static):
    """An answer on one line, to be taken by its number or a click.

    Args:
        number: Which of the answers, from 0.
        span: The answer.
        group: Those that say the same, where articles say different things: their date comes first then.
        classes: More CSS classes.
    """

    def __init__(self, number: int, span: AnswerSpan, *, group: AnswerGroup | None = None, classes: str = "") -> None:
        super().__init__(classes=f"alternative {classes}")
        self.number = number
        self._span = span
        self._where = _describe_source(span, group)

    def render(self) -> Content:
        """Number, words, and where they stand, as far as there is room."""
        span, columns, where = self._span, self.size.width, self._where
        words = cut(span.text, max(columns * 2 // 5, columns - cell_len(where) - 7))
        rest = columns - cell_len(words) - 7
        return Content.assemble(
            (f"{self.number + 1}  ", "$text-accent"),
            plain(words).stylize("bold"),
            (f"  {cut(where, rest)}" if rest > 6 else "", "dim"),
        )


def _describe_source(span: AnswerSpan, group: AnswerGroup | None) -> str:
    """Where an answer stands, for a part of a line; of a group the date, and in how many articles it is said."""
    title = span.title or span.path
    if group is None:
        return " · ".join(filter(None, [title, describe_date(span.date) if span.date else ""]))
    count = count_noun(group.documents, "article") if group.documents > 1 else ""
    return " · ".join(filter(None, [describe_date(group.date) if group.date else "", count, title]))


def _build_search(answer: Answer) -> Iterable[Widget]:
    """What was searched and in which articles, and the keys for what else may be meant."""
    is_there = (answer.searched != answer.question, bool(answer.offered), bool(answer.filtered))
    keys = [key for key, is_shown in zip(("t as typed", "a ask this", ""), is_there, strict=True) if is_shown]
    for line, key in zip(describe_search(answer), keys, strict=True):
        yield Searched(line, key)


def _build_answers(answer: Answer, *, chosen: int, is_open: bool) -> Iterable[Widget]:
    """How the answers agree, the chosen one in full, the others on a line each or counted, and notes on the best."""
    groups = list_unfolded(answer)
    agreement = [Static(plain(line), classes="agreement") for line in describe_agreement(answer)]
    if groups:
        yield from agreement
    is_numbered = is_open or len(groups) > 1
    for number, span in enumerate(answer.answers):
        earlier = "-earlier" if answer.agreement == "changed" and number in groups and number > 0 else ""
        if number == chosen:
            label = f"{number + 1}  " if is_numbered else ""
            yield from _build_statement(span) if answer.outcome == "statement" else _build_answer(span, label, earlier)
            if number == 0:
                yield from [] if groups else agreement
                yield from (Static(plain(line), classes="note") for line in describe_notes(answer))
        elif is_open or number in groups:
            yield Alternative(number, span, group=groups.get(number), classes=earlier)
    if has_others(answer):
        folded = [number for number in range(1, len(answer.answers)) if number not in groups]
        yield Static(plain(_describe_others(answer.answers, folded, is_open=is_open)), classes="fold")


def _build_answer(span: AnswerSpan, label: str, earlier: str) -> Iterable[Widget]:
    words = Content.assemble((label, "not bold $text-accent"), plain(" ".join(span.text.split())))
    yield HorizontalGroup(Static(words, classes=f"answer {earlier}"), _build_confidence(span))
    yield _build_sentence(span)
    yield Citation(span)


def _build_statement(span: AnswerSpan) -> Iterable[Widget]:
    """The sentence that speaks to a yes/no question, lit whole: no words of it are the answer."""
    yield HorizontalGroup(_build_sentence(span), _build_confidence(span))
    yield Citation(span)


def _build_mention(span: AnswerSpan, number: int, *, chosen: int) -> Widget:
    return _build_place(number, _build_sentence(span), Citation(span), is_chosen=number == chosen)


def _build_no_answer(answer: Answer, *, chosen: int) -> Iterable[Widget]:
    """Why there is no answer, and the closest passages, with the words of the question faintly lit."""
    if is_small_talk(answer.question):
        yield Static(describe_no_answer(answer), classes="note")
        return
    sign = _NOT_THERE if answer.outcome == "not_in_documents" else _NOTHING_SHORT
    yield Static(plain(f"{sign} {describe_no_answer(answer)}"), classes="refusal")
    for number, hit in enumerate(find_closest(answer)):
        text = quote_passage(hit)
        lit = [LitSpan(word, Light.ASKED) for word in find_shared_words(text, answer.searched)]
        passage = LitText(text, lit, classes="sentence")
        yield _build_place(number, passage, Citation(hit), is_chosen=number == chosen)


def _build_place(number: int, *parts: Widget, is_chosen: bool) -> Widget:
    """A numbered place: a mention or a passage with its citation."""
    return HorizontalGroup(
        Static(str(number + 1), classes="number"),
        VerticalGroup(*parts),
        classes="place-cited -chosen" if is_chosen else "place-cited",
    )


def _build_sentence(span: AnswerSpan) -> LitText:
    start = span.span.start - span.sentence.start
    lit = LitSpan(Span(start, start + len(span.span)), Light.WORDS)
    return LitText(span.sentence_text, [lit], classes="sentence")


def _build_confidence(span: AnswerSpan) -> Static:
    word = describe_confidence(span.confidence)
    return Static(f"{word} {_CONFIDENCE_SIGNS[word]}", classes=f"confidence -{word}")


def _describe_others(answers: Sequence[AnswerSpan], folded: Sequence[int], *, is_open: bool) -> str:
    more = count_noun(len(folded), "other answer")
    if is_open:
        return f"▾ {more} · 1–{len(answers)} to choose"
    words = " · ".join(f"{number + 1}: {cut(answers[number].text, 24)}" for number in folded)
    return f"▸ {more}: {words}"
