"""Answers as Markdown (CommonMark with footnotes). Text of documents and questions stays text: it is escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from askbrief.conversations.origin import Origin
from askbrief.conversations.quotes import Quote
from askbrief.conversations.saved import Conversation, Entry
from askbrief.output.location import describe_location
from askbrief.text.display import printable, shorten
from askbrief.types import Answer, AnswerSpan, Hit

_NEAREST_CHARACTERS = 300
_AUTOLINK = re.compile(r"https?://[^\s<>\x00-\x20]+")
_ALWAYS = re.compile(r"[\\`*_{}\[\]<>|~&@$^=#]|:(?=//)|%(?=%)|(?<=\b[Ww]{3})\.")
_AT_START = re.compile(r"^(\d{0,9})([-+:.)])")


def escape(text: str) -> str:
    """``text`` on one line, for Markdown to show as it is, wherever it is put: no markup, links or control codes."""
    return _AT_START.sub(r"\1\\\2", _escape_inside(text).strip())


def quote(span: AnswerSpan) -> str:
    """The sentence of an answer on one line, its words in bold where Markdown can have them so."""
    sentence = printable(span.sentence_text)
    start = span.span.start - span.sentence.start
    end = start + len(span.span)
    before, words, after = sentence[:start], sentence[start:end], sentence[end:]
    star = "**" if _can_be_bold(before, words, after) else ""
    line = f"{_escape_inside(before)}{star}{_escape_inside(words)}{star}{_escape_inside(after)}"
    return _AT_START.sub(r"\1\\\2", line.strip())


def cite(span: AnswerSpan, origin: Origin | None = None) -> str:
    """Where an answer stands, on one line: title, outlet, date, path and line, link, as far as they are known."""
    origin = origin or Origin()
    return _cite(span.title, origin.outlet, span.date, describe_location(span), origin.link)


def _cite(title: str, outlet: str, day: date | None, place: str, link: str) -> str:
    parts = [f"*{escape(title)}*"] if title.strip() else []
    parts += [escape(outlet)] if outlet else []
    parts += [f"{day.day} {day:%B} {day.year}"] if day else []
    parts += [escape(place)]
    parts += [f"<{link}>"] if _AUTOLINK.fullmatch(link) else []
    return ", ".join(parts)


def span_as_markdown(span: AnswerSpan, *, note: int, origin: Origin | None = None) -> str:
    """An answer's words, its sentence as a quotation, and its citation as the footnote of number ``note``.

    Words that are the whole sentence stand there once.
    """
    if span.span == span.sentence:
        return f"> {quote(span)}[^{note}]\n\n[^{note}]: {cite(span, origin)}\n"
    return f"{_bold(span.text)}[^{note}]\n\n> {quote(span)}\n\n[^{note}]: {cite(span, origin)}\n"


def answer_as_markdown(answer: Answer, *, first_note: int = 1) -> str:
    """The answer's words, each with its sentence as a quotation and a footnote; or what is said in their place.

    Args:
        answer: What to write.
        first_note: Number of the first footnote; each of ``answer.answers``, or the nearest passage, takes one.
    """
    if answer.answers:
        notes = enumerate(answer.answers, start=first_note)
        return "\n".join(span_as_markdown(span, note=number) for number, span in notes)
    said = f"*{answer.summary[:1].upper()}{answer.summary[1:]}.*"
    return said + (_nearest(answer.nearest, first_note) if answer.nearest else "\n")


def iter_markdown(conversation: Conversation, entries: Iterable[Entry]) -> Iterator[str]:
    """A conversation as Markdown, piece by piece: a heading a question, the citations as footnotes."""
    yield f"# {escape(conversation.title)}\n\nQuestions to {escape(conversation.folder)}.\n"
    yield from _iter_entries(entries)


def iter_history_markdown(folder: str, entries: Iterable[Entry]) -> Iterator[str]:
    """Entries of all conversations about a folder, as ``iter_markdown`` writes those of one."""
    yield f"# Questions to {escape(folder)}\n"
    yield from _iter_entries(entries)


def _iter_entries(entries: Iterable[Entry]) -> Iterator[str]:
    note = 1
    for entry in entries:
        pinned = (", pinned" if entry.is_pinned else "") + (f", marked {entry.mark}" if entry.mark else "")
        asked = f"{entry.asked:%Y-%m-%d %H:%M} UTC{pinned}"
        if entry.answer.how != "as typed":
            asked += f"\n\nSearched: {escape(entry.answer.searched)}"
        yield f"\n## {escape(entry.answer.question)}\n\n{asked}\n\n{answer_as_markdown(entry.answer, first_note=note)}"
        note += max(1, len(entry.answer.answers))


def quotes_as_markdown(quotes: Iterable[Quote]) -> str:
    """Quotes of several conversations, each a quotation below its question, the citations as footnotes."""
    pieces = ["# Quotes\n"]
    for number, quote in enumerate(quotes, start=1):
        cited = _cite(quote.title, quote.outlet, quote.day, quote.place, quote.link)
        pieces.append(
            f"\n## {escape(quote.question)}\n\n> {escape(quote.sentence)}[^{number}]\n\n[^{number}]: {cited}\n"
        )
    return "".join(pieces)


def _nearest(hit: Hit, number: int) -> str:
    text = escape(shorten(hit.passage.text, _NEAREST_CHARACTERS))
    return f" The nearest passage:[^{number}]\n\n> {text}\n\n[^{number}]: {escape(describe_location(hit))}\n"


def _bold(words: str) -> str:
    return f"**{escape(words)}**" if words.strip() else ""


def _escape_inside(text: str) -> str:
    return _ALWAYS.sub(r"\\\g<0>", re.sub(r"[ \t\n]+", " ", printable(text)))


def _can_be_bold(before: str, words: str, after: str) -> bool:
    """Whether ``**`` around ``words`` opens and closes: the flanking rules of CommonMark 0.31, section 6.2."""
    return _flanks(words[:1], before[-1:]) and _flanks(words[-1:], after[:1])


def _flanks(inner: str, outer: str) -> bool:
    if not inner or inner.isspace():
        return False
    return not _is_punctuation(inner) or not outer or outer.isspace() or _is_punctuation(outer)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
