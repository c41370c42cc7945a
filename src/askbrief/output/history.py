"""The history as lines for people, fields for programs, and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from askbrief.answer.schema import as_json
from askbrief.conversations.quotes import guard
from askbrief.conversations.saved import Entry
from askbrief.output.location import describe_location
from askbrief.text.display import one_line, shorten

MARKS = {"": " ", "right": "+", "wrong": "-"}
_COLUMNS = ("id", "asked", "question", "answer", "confidence", "sentence", "title", "date", "place", "mark")
_QUESTION_CHARACTERS, _ANSWER_CHARACTERS = 80, 60
_ONE_LINE_COLUMNS = 120
"""Columns of a terminal from which an entry takes one line."""
_INDENT = 9
_LEAST_CHARACTERS = 12


def describe_entry(entry: Entry, *, columns: int | None = None) -> str:
    """Number, time, mark, question, what was searched for a follow-up, answer and its place.

    Args:
        entry: The entry.
        columns: Columns of the terminal that the lines have to fit, two on a narrow one; None for one line elsewhere.
    """
    head = f"{entry.id:5}  {entry.asked.astimezone():%Y-%m-%d %H:%M}  {MARKS[entry.mark]} "
    answer = entry.answer
    question, said = answer.question, answer.summary
    if answer.how != "as typed":
        question += f"  ↳ {answer.searched}"
    place = f"  {describe_location(answer.answers[0])}" if answer.answered else ""
    if columns is None:
        return one_line(f"{head}{shorten(question, _QUESTION_CHARACTERS)}  {shorten(said, _ANSWER_CHARACTERS)}{place}")
    if columns < _ONE_LINE_COLUMNS:
        first = head + shorten(question, max(_LEAST_CHARACTERS, columns - len(head)))
        room = max(_LEAST_CHARACTERS, columns - _INDENT - len(place))
        return f"{one_line(first)}\n{' ' * _INDENT}{one_line(shorten(said, room) + place)}"
    room = max(2 * _LEAST_CHARACTERS, columns - len(head) - len(place) - 2)
    question = shorten(question, max(room // 2, room - len(said)))
    return one_line(f"{head}{question}  {shorten(said, room - len(question))}{place}")


def entry_fields(entry: Entry) -> dict[str, Any]:
    """What ``--json`` says of an entry of the history."""
    return {
        "id": entry.id,
        "conversation": entry.conversation_id,
        "asked": entry.asked.isoformat(),
        "pinned": entry.is_pinned,
        "mark": entry.mark,
        "question": entry.answer.question,
        "answered": entry.answer.answered,
        "answers": [span.text for span in entry.answer.answers],
    }


def entry_as_json(entry: Entry) -> str:
    """The line that ``ask --json`` printed, with the entry's number, time and mark."""
    return as_json(json.loads(entry.line) | {"id": entry.id, "at": entry.asked.isoformat(), "mark": entry.mark})


def history_as_csv(entries: Iterable[Entry]) -> str:
    """One question a row with its best answer, and a header; no value is one that a spreadsheet runs."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        best = entry.answer.answers[0] if entry.answer.answers else None
        row = [str(entry.id), entry.asked.isoformat(), entry.answer.question]
        row += [best.text, f"{best.confidence:.4f}", best.sentence_text, best.title] if best else [""] * 4
        row += [str(best.date or ""), describe_location(best)] if best else [""] * 2
        writer.writerow([guard(value) for value in (*row, entry.mark)])
    return stream.getvalue()
