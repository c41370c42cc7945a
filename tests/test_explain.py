"""``ask --explain``: how an answer was found, as text and as JSON, beside the same answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from askbrief.cli.main import run

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
