"""Answers as Markdown (CommonMark with footnotes). Text of documents and questions stays text: it is escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from askbrief.conversations.saved import Conversation, Entry
from askbrief.output.text import describe_confidence
from askbrief.text.display import printable, shorten
from askbrief.types import Answer, AnswerSpan, Hit

_NEAREST_CHARACTERS = 300
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


def cite(span: AnswerSpan) -> str:
    """Where an answer stands, on one line: title, path and line, date, confidence."""
    parts = [f"*{escape(span.title)}*"] if span.title.strip() else []
    parts += [escape(f"{span.path}:{span.line}")]
    parts += [span.date.isoformat()] if span.date else []
    return ", ".join([*parts, describe_confidence(span.confidence)])


def answer_as_markdown(answer: Answer, *, first_note: int = 1) -> str:
    """The answer's words, each with its sentence as a quotation and a footnote; or "not in these documents".

    Args:
        answer: What to write.
        first_note: Number of the first footnote; each of ``answer.answers``, or the nearest passage, takes one.
    """
    if answer.answers:
        return "\n".join(
            f"{_bold(span.text)}[^{number}]\n\n> {quote(span)}\n\n[^{number}]: {cite(span)}\n"
            for number, span in enumerate(answer.answers, start=first_note)
        )
    return "*Not in these documents.*" + (_nearest(answer.nearest, first_note) if answer.nearest else "\n")


def iter_markdown(conversation: Conversation, entries: Iterable[Entry]) -> Iterator[str]:
    """A conversation as Markdown, piece by piece: a heading a question, the citations as footnotes."""
    yield f"# {escape(conversation.title)}\n\nQuestions to {escape(conversation.folder)}.\n"
    note = 1
    for entry in entries:
        pinned = ", pinned" if entry.is_pinned else ""
        asked = f"{entry.asked:%Y-%m-%d %H:%M} UTC{pinned}"
        yield f"\n## {escape(entry.answer.question)}\n\n{asked}\n\n{answer_as_markdown(entry.answer, first_note=note)}"
        note += max(1, len(entry.answer.answers))


def _nearest(hit: Hit, number: int) -> str:
    text = escape(shorten(hit.passage.text, _NEAREST_CHARACTERS))
    return f" The nearest passage:[^{number}]\n\n> {text}\n\n[^{number}]: {escape(f'{hit.path}:{hit.line}')}\n"


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
