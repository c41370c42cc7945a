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


def describe_entry(entry: Entry) -> str:
    """One line: number, time, mark, question, answer and its place."""
    asked = entry.asked.astimezone().strftime("%Y-%m-%d %H:%M")
    answer = entry.answer
    said = shorten(answer.summary, _ANSWER_CHARACTERS)
    place = f"  {describe_location(answer.answers[0])}" if answer.answered else ""
    question = shorten(answer.question, _QUESTION_CHARACTERS)
    return one_line(f"{entry.id:5}  {asked}  {MARKS[entry.mark]} {question}  {said}{place}")


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
