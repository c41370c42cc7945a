"""Answers and passages as text for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from askbrief.answer.small_talk import ADVICE, is_small_talk
from askbrief.answer.words import find_stems
from askbrief.output.layout import MEASURE, wrap
from askbrief.output.location import describe_date, describe_part, render_location
from askbrief.text.display import count_noun, one_line, printable, shorten
from askbrief.text.segment import find_words
from askbrief.types import Answer, AnswerSpan, Freshness, Hit, Span

SPAN_STYLE = "bold black on yellow"
_ANSWER_STYLE, _SOURCE_STYLE = "bold", "dim"
_INDENT = 2
_NEAREST_CHARACTERS, _MIN_TITLE_CHARACTERS = 300, 30
_CLOSEST = 3
"""Passages that are shown in place of an answer."""
_WORD_STYLE = "underline"
_VERB = re.compile(r"(?:is|has|cannot|could|needs|needed|took|holds|made|unpacks)\b")
_BETWEEN = Text("\n\n")
_NEXT_LINE = Text("\n")


def describe_confidence(confidence: float) -> str:
    """A probability in [0, 1] as a word; the bounds follow the measured calibration (``docs/decisions.md``)."""
    return "strong" if confidence >= 0.7 else "likely" if confidence >= 0.4 else "unsure"


def render_answer(answer: Answer, *, root: Path | None = None, width: int | None = None) -> Text:
    """An answer for people: the words, their sentence with the words lit, the citation; or why there is none.

    Args:
        answer: What to show.
        root: Absolute folder that paths are relative to, for links; None makes no links.
        width: Columns to wrap lines at; None does not wrap.
    """
    if not answer.answered and is_small_talk(answer.question):
        return wrap(Text(ADVICE), width=width).append("\n")
    blocks = [wrap(Text(line, _SOURCE_STYLE), width=width) for line in describe_search(answer)]
    blocks += [wrap(Text(line), width=width) for line in describe_mentions(answer)]
    if not answer.answered:
        blocks += _render_no_answer(answer, root=root, width=width)
        return _BETWEEN.join([*blocks, _render_basis(answer, width=width)]).append("\n")
    blocks += [wrap(Text(line, _SOURCE_STYLE), width=width) for line in describe_agreement(answer)]
    for number, span in enumerate(answer.answers, start=1):
        label = f"{number}. " if len(answer.answers) > 1 else ""
        if answer.outcome not in ("statement", "mentions"):
            blocks.append(wrap(Text(label + one_line(span.text), style=_ANSWER_STYLE), width=width))
        blocks += [
            wrap(light_up(span), width=width, indent=_INDENT),
            _render_citation(span, root=root, width=width),
        ]
        if number == 1 and answer.notes:
            notes = (wrap(Text(line, _SOURCE_STYLE), width=width, indent=_INDENT) for line in describe_notes(answer))
            blocks.append(_NEXT_LINE.join(notes))
    return _BETWEEN.join([*blocks, _render_basis(answer, width=width)]).append("\n")


def describe_search(answer: Answer) -> list[str]:
    """What was searched where that is not the question as typed, and which articles were asked if not all."""
    lines = [f"↳ searched: {one_line(answer.searched)}"] if answer.searched != answer.question else []
    if answer.offered:
        lines.append(f"  or: {one_line(answer.offered)}")
    return [*lines, one_line(answer.filtered)] if answer.filtered else lines


def describe_agreement(answer: Answer) -> list[str]:
    """What to know before the answers: that they changed, or that articles say different things."""
    if answer.agreement == "changed":
        return ["What the articles say changed; the newest first."]
    if answer.agreement == "differ":
        return ["The articles say different things."]
    agreeing = answer.groups[0].documents if answer.agreement == "one" and answer.groups else 1
    return [f"{agreeing} articles agree."] if agreeing > 1 else []


def describe_mentions(answer: Answer) -> list[str]:
    """How often the phrase is there whose mentions were asked for."""
    if answer.mentions is None:
        return []
    phrase, count = f"“{one_line(answer.mentions.phrase)}”", answer.mentions.count
    if not count:
        return [f"{phrase} stands nowhere in these articles."]
    articles = count_noun(answer.mentions.documents, "article")
    shown = f"; the first {len(answer.answers)}:" if len(answer.answers) < count else "."
    return [f"{phrase} is mentioned {'once' if count == 1 else count_noun(count, 'time')} in {articles}{shown}"]


def describe_notes(answer: Answer) -> list[str]:
    """Who and when is meant in the first answer: our words, apart from the document's."""
    return [f"┄ {one_line(note.description)}" for note in answer.notes]


def describe_no_answer(answer: Answer) -> str:
    """Why an answer has no spans: small talk asks nothing; else there is nothing near, or nothing short."""
    if is_small_talk(answer.question):
        return ADVICE
    if answer.outcome == "not_in_documents":
        return "Not in these articles."
    return "No short answer found. The closest passages:"


def find_closest(answer: Answer) -> tuple[Hit, ...]:
    """The passages that are shown in place of an answer, the closest first; none where nothing is near."""
    if answer.answered or answer.outcome == "not_in_documents" or is_small_talk(answer.question):
        return ()
    return answer.hits[:_CLOSEST]


def _render_citation(span: AnswerSpan, *, root: Path | None, width: int | None) -> Text:
    """Title, where it is not a part of the sentence, date, line and confidence; on the next line the path."""
    parts = [describe_date(span.date) if span.date else "", describe_part(span), describe_confidence(span.confidence)]
    facts = " · ".join(filter(None, parts))
    room = (MEASURE if width is None else min(width, MEASURE)) - _INDENT - len(" · " + facts)
    title = shorten(printable(span.title), max(room, _MIN_TITLE_CHARACTERS))
    if title and title.rstrip(".…") not in " ".join(printable(span.sentence_text).split()):
        facts = f"{title} · {facts}"
    lines = wrap(Text(facts, _SOURCE_STYLE), width=width, indent=_INDENT)
    doubt = [wrap(Text(f"┄ {one_line(span.doubt)}", _SOURCE_STYLE), width=width, indent=_INDENT)] if span.doubt else []
    return _NEXT_LINE.join([lines, _render_place(span, root=root, width=width), *doubt])


def _render_place(found: AnswerSpan | Hit, *, root: Path | None, width: int | None, indent: int = _INDENT) -> Text:
    room = None if width is None else width - indent
    return Text(" " * indent).append_text(render_location(found, root=root, width=room))


def light_up(span: AnswerSpan) -> Text:
    """The sentence of an answer with its words lit; the characters are the file's own, control characters apart."""
    text = Text(one_line(span.sentence_text))
    start = span.span.start - span.sentence.start
    text.stylize(SPAN_STYLE, start, start + len(span.span))
    return text


def render_hits(hits: Sequence[Hit], *, root: Path | None = None, width: int | None = None) -> Text:
    """Passages for people, best first, each with its place and scores; arguments as of ``render_answer``."""
    if not hits:
        return Text("No passage found.\n")
    blocks = []
    for number, hit in enumerate(hits, start=1):
        label = f"{number}. "
        head = Text(label, style=_ANSWER_STYLE)
        scores = Text(f" · score {hit.score:.2f} (cosine {hit.cosine:.2f}, BM25 {hit.bm25:.1f})", style=_SOURCE_STYLE)
        place = _render_place(hit, root=root, width=width and width - len(label), indent=0)
        if width is not None and cell_len(label + place.plain + scores.plain) > width:
            scores = Text(f"\n{'':{_INDENT}}").append_text(wrap(scores[3:], width=width - _INDENT))
        blocks += [head + place + scores, wrap(Text(one_line(hit.passage.text)), width=width, indent=_INDENT)]
    return _BETWEEN.join(blocks).append("\n")


def describe_basis(freshness: Freshness) -> str:
    """One line: what an answer was checked against."""
    articles = count_noun(freshness.documents, "article")
    if freshness.shards:
        articles += f" in {describe_shards(freshness)}"
    if not freshness.checked:
        return f"{articles}, not compared with the folder"
    return ", ".join([f"{articles}, up to date", *_describe_changes(freshness)])


def describe_shards(freshness: Freshness) -> str:
    """How many of the shards of an index were asked: "8 shards", "7 of 8 shards (without number 3)"."""
    if not freshness.missing:
        return count_noun(freshness.shards, "shard")
    numbers = " and ".join(filter(None, (", ".join(map(str, freshness.missing[:-1])), str(freshness.missing[-1]))))
    asked = freshness.shards - len(freshness.missing)
    return f"{asked} of {count_noun(freshness.shards, 'shard')} (without number {numbers})"


def describe_freshness(freshness: Freshness) -> str:
    """One line: what the index holds, and what the last refresh changed."""
    parts = [count_noun(freshness.documents, "article"), count_noun(freshness.passages, "passage")]
    parts += _describe_changes(freshness) or ["nothing changed"]
    if freshness.skipped:
        parts.append(f"{count_noun(len(freshness.skipped), 'file')} skipped")
    return ", ".join(parts)


def _describe_changes(freshness: Freshness) -> list[str]:
    changes = {name: getattr(freshness, name) for name in ("added", "changed", "renamed", "removed")}
    return [f"{count:,} {name}" for name, count in changes.items() if count]


def describe_skipped(freshness: Freshness) -> list[str]:
    """One line for each file that could not be read."""
    return [one_line(f"skipped {file.path}: {describe_reason(file.reason)}") for file in freshness.skipped]


def describe_reason(reason: str) -> str:
    """Why a file is skipped, as the end of a sentence: "it is empty", "3 of 3 pages are pictures without text"."""
    return f"it {reason}" if _VERB.match(reason) else reason


def _render_no_answer(answer: Answer, *, root: Path | None, width: int | None) -> list[Text]:
    """That there is no answer; the closest passages where there are any, with the question's words lit."""
    blocks = [wrap(Text(describe_no_answer(answer), style=_ANSWER_STYLE), width=width)]
    for hit in find_closest(answer):
        passage = wrap(light_up_words(quote_passage(hit), answer.searched), width=width, indent=_INDENT)
        blocks.append(_NEXT_LINE.join([passage, _render_place(hit, root=root, width=width)]))
    return blocks


def quote_passage(hit: Hit) -> str:
    """The beginning of a passage, on one line."""
    return shorten(printable(hit.passage.text), _NEAREST_CHARACTERS)


def light_up_words(text: str, question: str) -> Text:
    """``text`` with the words lit that ``question`` has too."""
    shown = Text(text)
    for word in find_shared_words(text, question):
        shown.stylize(_WORD_STYLE, word.start, word.end)
    return shown


def find_shared_words(text: str, question: str) -> list[Span]:
    """The words of ``text`` that ``question`` has too, whatever their endings."""
    asked = find_stems(question)
    return [word for word in find_words(text) if find_stems(word.of(text)) & asked]


def _render_basis(answer: Answer, *, width: int | None) -> Text:
    return wrap(Text(describe_basis(answer.freshness), style=_SOURCE_STYLE), width=width, indent=2)
