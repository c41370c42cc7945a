"""``ask --explain``: how an answer was found, as text and as JSON, beside the same answer."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeReader

from askbrief import assistant
from askbrief.answer.second_look import SecondLook
from askbrief.cli.main import run
from askbrief.types import Document, Passage, Reading, Span

QUESTION = "the drone in Ankara"
pytestmark = pytest.mark.usefixtures("fake_models")


def ask(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert run(["ask", QUESTION, "--json", "-C", str(folder), *options]) == 0
    fields: dict[str, Any] = json.loads(capsys.readouterr().out)
    return fields


def test_an_answer_does_not_change_when_it_is_explained(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(articles, capsys)
    plain, explained = ask(articles, capsys), ask(articles, capsys, "--explain")
    explanation = explained.pop("explanation")
    for fields in (plain, explained):
        del fields["timings_ms"]
    assert plain == explained
    assert explanation["verdict"].startswith("“Okay” ranks first with 99%, ahead of ")
    candidates = explanation["candidates"]
    assert next((item["path"], item["spans"][0]["text"]) for item in candidates) == ("a.txt", "Okay")
    assert [item["path"] for item in candidates] == [hit["path"] for hit in plain["passages"]]
    assert candidates[0]["spans"][0]["margin"] == 5.0
    text = (articles / "a.txt").read_text(encoding="utf-8")
    for span in candidates[0]["spans"]:
        assert text[span["start"] : span["end"]] == span["text"]


def test_the_text_ends_with_the_explanation(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", QUESTION, "--explain", "-C", str(articles)]) == 0
    out = capsys.readouterr().out
    answer, explanation = out.split("\n\n“Okay” ranks first with 99%", 1)
    assert answer.startswith("Okay\n")
    assert "\n1. a.txt:1 · score " in explanation


class LastName(FakeReader):
    """Finds the last capitalised word of a passage with margin 9."""

    card = {"second_look": {"second": 0.5, "first": 0.5, "offset": 1.0}}  # noqa: RUF012

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        found = []
        for _, passage in passages:
            *_, (start, end) = (match.span() for match in re.finditer(r"\b[A-Z]\w+", passage.text))
            found.append([Reading(Span(passage.span.start + start, passage.span.start + end), 9.0)])
        return found


def test_what_a_second_look_came_to_is_told(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "load_second_look", lambda *_, **__: SecondLook(LastName()))
    fields = ask(articles, capsys, "--explain")
    # Okay with 5 and They with 9 are apart, so They stands at (9 + 5) / 2 + 1.
    assert fields["answers"][0]["text"] == "They"
    first, second = fields["explanation"]["candidates"]
    assert [(span["text"], span["margin"]) for span in first["spans"]] == [("They", 8.0)]
    assert (first["read_twice"], second["read_twice"]) == (True, True)
    assert set(fields["timings_ms"]) == {"refresh", "search", "read", "second_look", "conclude", "total"}
    assert run(["ask", QUESTION, "--explain", "-C", str(articles)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1. a.txt:1 · score 1.00 · read twice" in out
    assert "The reader read the best 2, and a larger reader 2 of them again: the margin" in out


def test_without_a_second_look_nothing_is_read_twice(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = ask(articles, capsys, "--explain")
    assert [item["read_twice"] for item in fields["explanation"]["candidates"]] == [False, False]
    assert "second_look" not in fields["timings_ms"]
