from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from rich.cells import cell_len
from rich.text import Text

from askbrief.answer.schema import answer_as_json, hits_as_json
from askbrief.output.text import (
    SPAN_STYLE,
    describe_basis,
    describe_confidence,
    describe_freshness,
    describe_skipped,
    light_up,
    render_answer,
    render_hits,
)
from askbrief.types import (
    AgreementKind,
    Answer,
    AnswerGroup,
    AnswerSpan,
    Freshness,
    Hit,
    Note,
    Passage,
    SkippedFile,
    Span,
)

SENTENCE = (
    "The Iranian diplomat met with the Secretary-General of Turkey’s National Security Council, Okay Memis, "
    "in the capital Ankara on Saturday."
)
TEXT = f"Talks went on.\n\n{SENTENCE} 他们在安卡拉会面讨论地区和平与稳定问题以及核计划的会谈情况以及其他许多问题。\n"
HOSTILE = "\x1b[31mred\x1b[0m \x07bell \x9b31m \u202eright [red]markup[/red] \x7f"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def make_span(words: str = "Okay Memis", *, text: str = TEXT, sentence: str = SENTENCE) -> AnswerSpan:
    start, begin = text.index(words), text.index(sentence)
    return AnswerSpan(
        text=words,
        confidence=0.91,
        document_id="0123456789abcdef",
        path="news/a.txt",
        title="Visit",
        date=date(2025, 5, 25),
        span=Span(start, start + len(words)),
        sentence=Span(begin, begin + len(sentence)),
        sentence_text=sentence,
        line=3,
        column=92,
        score=4.25,
    )


def make_hit(words: str = SENTENCE, *, text: str = TEXT, path: str = "news/a.txt") -> Hit:
    start = text.index(words)
    passage = Passage("0123456789abcdef", Span(start, start + len(words)), words)
    return Hit(passage, path, 3, 7, 0.75, 0.6123, 12.34)


FRESH = Freshness(
    generation=4, documents=2, passages=1234, added=1, removed=2, skipped=(SkippedFile("x.txt", "is empty"),)
)
ANSWER = Answer(
    question="Who was met?",
    searched="Who was met?",
    answers=(make_span(),),
    hits=(make_hit(),),
    confidence=0.91,
    nearest=make_hit(),
    freshness=FRESH,
    timings_ms={"total": 12.5},
)
NO_ANSWER = replace(ANSWER, answers=(), confidence=0.07, outcome="no_short_answer")
NOT_THERE = replace(ANSWER, answers=(), confidence=0.0, outcome="not_in_documents")


CHECKED = "  2 articles, up to date, 1 added, 2 removed\n"


def lit(text: Text) -> list[str]:
    return [text.plain[span.start : span.end] for span in text.spans if span.style == SPAN_STYLE]


def test_unwrapped_output_has_the_words_the_sentence_and_the_source() -> None:
    assert render_answer(ANSWER).plain == (
        f"Okay Memis\n\n  {SENTENCE}\n\n  Visit · 25 May 2025 · line 3 · strong\n  news/a.txt:3\n\n{CHECKED}"
    )


def test_an_article_without_title_and_date_shows_none() -> None:
    answer = replace(ANSWER, answers=(replace(make_span(), date=None, title=" "),))
    end = f"\n\n  line 3 · strong\n  news/a.txt:3\n\n{CHECKED}"
    assert render_answer(answer).plain.endswith(end)


def test_exactly_the_words_are_lit() -> None:
    assert lit(light_up(make_span())) == ["Okay Memis"]
    assert lit(render_answer(ANSWER)) == ["Okay Memis"]


def test_words_lit_over_a_line_end_are_lit_on_both_lines() -> None:
    words = "Turkey’s National Security Council, Okay Memis, in the capital Ankara"
    answer = replace(ANSWER, answers=(make_span(words),))
    pieces = lit(render_answer(answer, width=60))
    assert len(pieces) == 2
    assert " ".join(pieces) == words


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("number", [1, 3])
def test_no_line_is_wider_than_the_terminal_nor_ends_in_blanks(width: int, number: int) -> None:
    chinese = TEXT[TEXT.index("他") : -1]
    spans = (make_span(), make_span("核计划", sentence=chinese), make_span("Ankara"))[:number]
    for text in (
        render_answer(replace(ANSWER, answers=spans), width=width),
        render_answer(NO_ANSWER, width=width),
        render_hits([make_hit(), make_hit(chinese)], width=width),
    ):
        lines = text.plain.split("\n")
        assert max(map(cell_len, lines)) <= width
        assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("width", [60, 80])
def test_wrapping_keeps_every_word(width: int) -> None:
    assert render_answer(ANSWER, width=width).plain.split() == render_answer(ANSWER).plain.split()


def test_wide_characters_count_two_columns() -> None:
    chinese = TEXT[TEXT.index("他") : -1]
    text = render_answer(replace(ANSWER, answers=(make_span("核计划", sentence=chinese),)), width=60)
    assert lit(text) == ["核计划"]
    # 38 characters of 2 columns: 29 of them fit beside an indent of 2.
    assert len(chinese) == 38
    assert text.plain.split("\n")[2:4] == [f"  {chinese[:29]}", f"  {chinese[29:]}"]


def test_alternatives_are_numbered() -> None:
    lines = render_answer(replace(ANSWER, answers=(make_span(), make_span("Ankara")))).plain.split("\n")
    assert [line for line in lines if line and not line.startswith(" ")] == ["1. Okay Memis", "2. Ankara"]


def test_newlines_and_tabs_of_the_sentence_become_blanks_and_the_words_stay_lit() -> None:
    text = "He met\nOkay\tMemis\nthere."
    span = make_span("Okay\tMemis", text=text, sentence=text)
    assert light_up(span).plain == "He met Okay Memis there."
    assert lit(light_up(span)) == ["Okay Memis"]


CLOSEST = "No short answer found. The closest passages:"


@pytest.mark.parametrize("width", [None, 60])
def test_no_short_answer_shows_the_closest_passages(width: int | None) -> None:
    text = render_answer(NO_ANSWER, width=width).plain
    assert text.startswith(f"{CLOSEST}\n\n  The Iranian diplomat met")
    assert text.endswith(f"\n  news/a.txt:3\n\n{CHECKED}")
    assert " ".join(text.split()).count(SENTENCE) == 1


def test_of_the_closest_passages_three_are_shown_best_first() -> None:
    hits = tuple(make_hit(path=f"{name}.txt") for name in "dbca")
    lines = render_answer(replace(NO_ANSWER, hits=hits)).plain.split("\n")
    assert [line for line in lines if line.endswith(".txt:3")] == ["  d.txt:3", "  b.txt:3", "  c.txt:3"]


def test_in_the_closest_passages_the_words_of_the_question_are_lit() -> None:
    # "Who" and "was" say nothing; "meets", "met" and "meet" are three words, "diplomat" and "diplomats" one.
    shown = render_answer(replace(NO_ANSWER, searched="Who met with diplomats?"))
    assert [shown.plain[s.start : s.end] for s in shown.spans if s.style == "underline"] == ["diplomat", "met"]


def test_what_is_not_in_the_documents_shows_no_passage() -> None:
    assert render_answer(NOT_THERE).plain == f"Not in these articles.\n\n{CHECKED}"


def test_a_long_closest_passage_is_cut() -> None:
    words = "word " * 100
    hit = make_hit(words.strip(), text=words)
    line = render_answer(replace(NO_ANSWER, hits=(hit,))).plain.split("\n")[2]
    # 300 characters at most: 59 words with their blanks are 294 characters, the next would make 299 and the mark 300.
    assert line == "  " + "word " * 58 + "word…"


def test_a_rewrite_is_shown_with_the_one_that_was_nearly_as_good() -> None:
    answer = replace(ANSWER, question="where?", searched="Where was Memis?", offered="Where was Turkey?")
    lines = render_answer(answer).plain.split("\n")
    assert lines[:5] == ["↳ searched: Where was Memis?", "", "  or: Where was Turkey?", "", "Okay Memis"]


def test_filters_are_echoed_whether_there_is_an_answer_or_not() -> None:
    filtered = "42 articles since May 2025; 6 without a date left out"
    for answer in (ANSWER, NO_ANSWER, NOT_THERE):
        assert render_answer(replace(answer, filtered=filtered)).plain.split("\n")[0] == filtered


def test_a_rewrite_that_was_not_answered_is_shown_too() -> None:
    for answer in (NO_ANSWER, NOT_THERE):
        shown = render_answer(replace(answer, question="where?", searched="Where was Memis?")).plain
        assert shown.startswith("↳ searched: Where was Memis?\n\nNo")


def test_a_statement_has_no_headline() -> None:
    statement = replace(ANSWER, answers=(make_span(SENTENCE),), outcome="statement")
    shown = render_answer(statement)
    assert shown.plain.split("\n")[0] == f"  {SENTENCE}"
    assert lit(shown) == [SENTENCE]


@pytest.mark.parametrize(
    ("agreement", "documents", "line"),
    [
        ("changed", 1, "What the articles say changed; the newest first."),
        ("differ", 1, "The articles say different things."),
        ("one", 3, "3 articles agree."),
    ],
)
def test_how_the_articles_agree_is_said_before_the_answers(agreement: AgreementKind, documents: int, line: str) -> None:
    group = AnswerGroup("Okay Memis", (0,), date(2025, 5, 25), documents)
    shown = render_answer(replace(ANSWER, agreement=agreement, groups=(group,))).plain
    assert shown.split("\n")[:3] == [line, "", "Okay Memis"]


def test_one_article_alone_agrees_with_nobody() -> None:
    group = AnswerGroup("Okay Memis", (0,), None, 1)
    assert render_answer(replace(ANSWER, groups=(group,))).plain.startswith("Okay Memis\n")


def test_notes_stand_below_the_citation_of_the_best_answer() -> None:
    span = Span(TEXT.index("Saturday"), TEXT.index("Saturday") + 8)
    description = "on Saturday = 24 May 2025 (article of Sunday 25 May)"
    notes = (Note("date", span, "Saturday", "24 May 2025", None, description),)
    blocks = render_answer(replace(ANSWER, answers=(make_span(), make_span("Ankara")), notes=notes)).plain.split("\n\n")
    assert blocks[3:5] == [f"  ┄ {description}", "2. Ankara"]


def test_hits_show_source_and_scores() -> None:
    assert render_hits([make_hit()]).plain == (
        f"1. news/a.txt:3 · score 0.75 (cosine 0.61, BM25 12.3)\n\n  {SENTENCE}\n"
    )
    assert render_hits([]).plain == "No passage found.\n"


@pytest.mark.parametrize("width", [None, 60])
def test_nothing_of_a_document_steers_the_terminal(width: int | None) -> None:
    text = f"{HOSTILE} Memis was here."
    span = replace(make_span("Memis", text=text, sentence=text), path=f"{HOSTILE}.txt")
    hit = make_hit(text, text=text, path=span.path)
    answer = replace(ANSWER, answers=(span,), hits=(hit,), nearest=hit)
    for shown in (
        render_answer(answer, width=width),
        render_answer(replace(answer, answers=(), outcome="no_short_answer"), width=width),
        render_hits([hit], width=width),
    ):
        assert STEERING.findall(shown.plain) == []
        assert "[red]markup[/red]" in shown.plain
    assert lit(render_answer(answer, width=width)) == ["Memis"]


def test_a_newline_in_a_file_name_starts_no_line() -> None:
    answer = replace(ANSWER, answers=(replace(make_span(), path="a\nb.txt"),))
    unanswered = replace(NO_ANSWER, hits=(make_hit(path="a\nb.txt"),))
    for shown in (answer, unanswered):
        assert "\n  a b.txt:3\n" in render_answer(shown).plain
    assert render_hits([make_hit(path="a\nb.txt")]).plain.startswith("1. a b.txt:3 · ")


def test_json_never_steers_the_terminal_and_loses_nothing() -> None:
    text = f"{HOSTILE} Memis."
    span = make_span("Memis", text=text, sentence=text)
    line = answer_as_json(replace(ANSWER, answers=(span,)))
    assert STEERING.findall(line) == []
    assert json.loads(line)["answers"][0]["sentence"] == text


def test_messages_about_files_never_steer_the_terminal() -> None:
    skipped = (SkippedFile("a\nb\x1b[31m.txt", "is empty"),)
    assert describe_skipped(replace(FRESH, skipped=skipped)) == ["skipped a b\ufffd[31m.txt: it is empty"]


def load(line: str) -> dict[str, Any]:
    assert "\n" not in line
    fields = json.loads(line)
    assert isinstance(fields, dict)
    return fields


PASSAGE_FIELDS: dict[str, Any] = {
    "document": "0123456789abcdef",
    "path": "news/a.txt",
    "title": "",
    "date": None,
    "line": 3,
    "places": [],
    "member": "",
    "start": 16,
    "end": 16 + len(SENTENCE),
    "text": SENTENCE,
    "score": 0.75,
    "cosine": 0.6123,
    "bm25": 12.34,
}


def test_an_answer_as_json_is_schema_1() -> None:
    fields = load(answer_as_json(ANSWER))
    start = TEXT.index("Okay Memis")
    assert fields == {
        "schema": 1,
        "question": "Who was met?",
        "searched": "Who was met?",
        "answered": True,
        "confidence": 0.91,
        "answers": [
            {
                "text": "Okay Memis",
                "confidence": 0.91,
                "document": "0123456789abcdef",
                "path": "news/a.txt",
                "title": "Visit",
                "date": "2025-05-25",
                "start": start,
                "end": start + 10,
                "line": 3,
                "column": 92,
                "places": [],
                "member": "",
                "doubt": "",
                "sentence": SENTENCE,
                "sentence_start": TEXT.index(SENTENCE),
                "score": 4.25,
            }
        ],
        "passages": [PASSAGE_FIELDS],
        "freshness": {
            "generation": 4,
            "documents": 2,
            "passages": 1234,
            "added": 1,
            "changed": 0,
            "removed": 2,
            "renamed": 0,
            "skipped": [{"path": "x.txt", "reason": "is empty"}],
            "checked": True,
        },
        "timings_ms": {"total": 12.5},
        "outcome": "answered",
        "agreement": "one",
        "groups": [],
        "notes": [],
        "asked": "Who was met?",
        "how": "as typed",
        "focus": "",
        "candidates": [],
        "offered": "",
        "filters": "",
        "filtered": "",
    }


def test_offsets_in_json_index_the_document() -> None:
    fields = load(answer_as_json(ANSWER))
    for found in (*fields["answers"], *fields["passages"]):
        assert TEXT[found["start"] : found["end"]] == found["text"]


def test_no_answer_as_json_has_no_answers_but_the_nearest_passage() -> None:
    fields = load(answer_as_json(NO_ANSWER))
    assert (fields["answered"], fields["answers"], fields["confidence"]) == (False, [], 0.07)
    assert fields["nearest"] == PASSAGE_FIELDS
    assert "nearest" not in load(answer_as_json(replace(NO_ANSWER, nearest=None)))


def test_an_unknown_date_is_null_in_json() -> None:
    fields = load(answer_as_json(replace(ANSWER, answers=(replace(make_span(), date=None),))))
    assert fields["answers"][0]["date"] is None


def test_hits_as_json_are_schema_1() -> None:
    assert load(hits_as_json("envoy", [make_hit()])) == {"schema": 1, "query": "envoy", "passages": [PASSAGE_FIELDS]}


@pytest.mark.parametrize(
    ("confidence", "word"),
    [(1.0, "strong"), (0.7, "strong"), (0.6999, "likely"), (0.4, "likely"), (0.3999, "unsure"), (0.0, "unsure")],
)
def test_a_confidence_is_a_word(confidence: float, word: str) -> None:
    assert describe_confidence(confidence) == word


def test_what_was_not_checked_is_said_so() -> None:
    for answer in (ANSWER, NO_ANSWER, NOT_THERE):
        shown = render_answer(replace(answer, freshness=Freshness(4, 1, 9, checked=False))).plain
        assert shown.endswith("\n\n  1 article, not compared with the folder\n")


def test_the_basis_counts_every_kind_of_change() -> None:
    freshness = Freshness(4, 1234, 9, added=1, changed=2, renamed=1000, removed=3)
    counts = "1 added, 2 changed, 1,000 renamed, 3 removed"
    assert describe_basis(freshness) == f"1,234 articles, up to date, {counts}"


def test_freshness_is_one_line() -> None:
    assert describe_freshness(FRESH) == "2 articles, 1,234 passages, 1 added, 2 removed, 1 file skipped"
    assert describe_freshness(Freshness(1, 1, 1)) == "1 article, 1 passage, nothing changed"
