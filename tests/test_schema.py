"""Schema 1 written and read again: no field of an answer is lost, and lines of before can be read."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date

import pytest

from askbrief.answer.schema import answer_as_json, load_answer
from askbrief.types import (
    Answer,
    AnswerGroup,
    AnswerSpan,
    Freshness,
    Hit,
    Mentions,
    Note,
    Passage,
    Place,
    SkippedFile,
    Span,
)

SENTENCE = "The envoy met Okay Memis on Saturday."
SPAN = AnswerSpan(
    text="Okay Memis",
    confidence=0.91,
    document_id="0123456789abcdef",
    path="news/a.zip",
    title="Visit",
    date=date(2025, 5, 25),
    span=Span(24, 34),
    sentence=Span(10, 47),
    sentence_text=SENTENCE,
    line=3,
    column=15,
    score=4.25,
    places=(Place(24, 24, "page", 4, "iv"), Place(24, 24, "heading", None, "Visits")),
    member="b/c.html",
    doubt="the file's encoding is not certain (read as cp1252)",
)
HIT = Hit(
    passage=Passage("0123456789abcdef", Span(10, 47), SENTENCE),
    path="news/a.zip",
    line=3,
    row=0,
    score=0.75,
    cosine=0.6123,
    bm25=12.34,
    places=(Place(10, 10, "page", 4, "iv"),),
    member="b/c.html",
    title="Ties with neighbours",
    date=date(2025, 5, 25),
)
FULL = Answer(
    question="where?",
    searched="where did the envoy meet Okay Memis?",
    answers=(SPAN, replace(SPAN, confidence=0.5, date=None, line=None, column=None)),
    hits=(HIT,),
    confidence=0.91,
    nearest=HIT,
    freshness=Freshness(4, 2, 9, 1, 2, 3, 4, (SkippedFile("x.txt", "is empty"),), checked=False),
    timings_ms={"total": 12.5},
    outcome="statement",
    agreement="changed",
    groups=(AnswerGroup("Okay Memis", (0, 1), date(2025, 5, 25), 2), AnswerGroup("9", (), None, 1)),
    notes=(
        Note("date", Span(38, 46), "Saturday", "24 May 2025", None, "on Saturday = 24 May 2025"),
        Note("antecedent", Span(10, 19), "The envoy", "Ali Sadeq", Span(0, 9), "The envoy = Ali Sadeq, paragraph 1"),
    ),
    how="names put in",
    focus="Okay Memis",
    rewrites=("where did the envoy meet Okay Memis?", "where did someone meet Okay Memis?"),
    offered="where did someone meet Okay Memis?",
    filters="since:2025-05-01",
    filtered="42 articles since May 2025",
    mentions=Mentions("Okay Memis", 3, 2),
)
PLAIN = Answer("where?", "where?", (), (), 0.0, None, Freshness(1, 1, 1), outcome="not_in_documents")


def test_nothing_of_an_answer_is_lost() -> None:
    assert load_answer(answer_as_json(FULL)) == FULL
    assert load_answer(answer_as_json(PLAIN)) == PLAIN


def test_every_field_was_tried() -> None:
    """A field that is added has to be given here a value of its own."""
    same = {field.name for field in fields(Answer) if getattr(FULL, field.name) == getattr(PLAIN, field.name)}
    assert same == {"question"}
    bare = AnswerSpan("", 0.0, "", "", "", None, Span(0, 0), Span(0, 0), "", None, None, 0.0)
    assert {
        field.name for field in fields(AnswerSpan) if getattr(SPAN, field.name) == getattr(bare, field.name)
    } == set()


@pytest.mark.parametrize("outcome", ["no_short_answer", "not_in_documents"])
def test_without_an_answer_the_nearest_passage_is_kept(outcome: str) -> None:
    answer = replace(FULL, answers=(), groups=(), notes=(), mentions=None, outcome=outcome)  # type: ignore[arg-type]
    assert load_answer(answer_as_json(answer)) == answer


def test_a_line_of_before_has_an_outcome_by_its_answers() -> None:
    new = ["outcome", "agreement", "groups", "notes", "asked", "how", "focus", "candidates", "offered"]
    new += ["filters", "filtered"]
    for answer, outcome in ((FULL, "answered"), (PLAIN, "no_short_answer")):
        old = json.loads(answer_as_json(answer))
        for name in (*new, "mentions"):
            old.pop(name, None)
        for span in old["answers"]:
            del span["doubt"]
        loaded = load_answer(json.dumps(old))
        assert (loaded.outcome, loaded.agreement, loaded.groups, loaded.notes) == (outcome, "one", (), ())
        assert (loaded.how, loaded.focus, loaded.rewrites, loaded.mentions) == ("as typed", "", (), None)
        assert [span.doubt for span in loaded.answers] == [""] * len(answer.answers)
