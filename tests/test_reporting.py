from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from askbrief.doctor.verify import Claim, Claims, FoundSpan, Verdict
from askbrief.output.reports import (
    checks_as_json,
    describe_check,
    describe_status,
    describe_verdict,
    describe_verdicts,
    status_as_json,
    verdicts_as_json,
)
from askbrief.types import Check, Decoding, Freshness, SkippedFile, Span, Status

FRESH = Freshness(generation=4, documents=2, passages=1234, skipped=(SkippedFile("x.txt", "is empty"),), checked=False)
STATUS = Status(
    articles="/news",
    index="/news/.askbrief",
    index_bytes=2_345_678,
    encoder="all-MiniLM-L6-v2",
    fingerprint="abc123",
    reader="our-reader",
    dense="exact",
    freshness=FRESH,
    pending=("new.txt",),
    gone=("old.txt", "older.txt"),
    encodings={"b.txt": Decoding("cp1252", 0.625), "c.txt": Decoding("utf-8", replaced=2)},
    others={".pdf": 1200, ".docx": 1},
)
CLAIM = Claim(7, "who?", "Okay Memis", FoundSpan("a.txt", Span(14, 24), 1, 15), "He met Okay Memis.", 7)
NOW = FoundSpan("b/c.txt", Span(30, 40), 3, 2)
MOVED = Verdict(CLAIM, "moved", NOW)
GONE = Verdict(CLAIM, "gone", reason="it is empty")


def load(line: str) -> dict[str, Any]:
    assert "\n" not in line
    fields = json.loads(line)
    assert isinstance(fields, dict)
    return fields


def test_status_is_a_line_a_fact() -> None:
    assert describe_status(STATUS).split("\n") == [
        "articles  /news",
        "index     /news/.askbrief (2.3 MB, generation 4)",
        "holds     2 articles, 1,234 passages",
        "encoder   all-MiniLM-L6-v2 (abc123)",
        "reader    our-reader",
        "vectors   exact",
        "state     1 file new or changed and 2 files gone since it was indexed; the next question reads that",
        "not read  1 .docx, 1,200 .pdf",
        "cp1252    b.txt (62% sure)",
        "utf-8     c.txt (2 bytes not valid)",
        "skipped x.txt: it is empty",
    ]


@pytest.mark.parametrize(
    ("pending", "gone", "state"),
    [
        ((), (), "up to date"),
        (("a", "b"), (), "2 files new or changed since it was indexed; the next question reads that"),
        ((), ("a",), "1 file gone since it was indexed; the next question reads that"),
    ],
)
def test_the_state_is_the_last_fact(pending: tuple[str, ...], gone: tuple[str, ...], state: str) -> None:
    plain = replace(STATUS, pending=pending, gone=gone, encodings={}, others={}, freshness=Freshness(1, 1, 1))
    assert describe_status(plain).split("\n")[-1] == f"state     {state}"
    assert load(status_as_json(plain))["up_to_date"] == (state == "up to date")


def test_names_in_a_status_never_steer_the_terminal() -> None:
    skipped = (SkippedFile("a\nb\x1b[31m.txt", "is empty"),)
    status = replace(STATUS, freshness=replace(FRESH, skipped=skipped), encodings={"c\nd\x9b.txt": Decoding("cp1252")})
    assert describe_status(status).split("\n")[-2:] == [
        "cp1252    c d\ufffd.txt",
        "skipped a b\ufffd[31m.txt: it is empty",
    ]


def test_status_as_json_is_schema_1() -> None:
    fields = load(status_as_json(STATUS))
    freshness = fields.pop("freshness")
    assert (freshness["generation"], freshness["skipped"]) == (4, [{"path": "x.txt", "reason": "is empty"}])
    assert fields == {
        "schema": 1,
        "articles": "/news",
        "index": "/news/.askbrief",
        "index_bytes": 2_345_678,
        "encoder": "all-MiniLM-L6-v2",
        "fingerprint": "abc123",
        "reader": "our-reader",
        "dense": "exact",
        "up_to_date": False,
        "pending": ["new.txt"],
        "gone": ["old.txt", "older.txt"],
        "encodings": {"b.txt": "cp1252", "c.txt": "utf-8"},
        "certainty": {"b.txt": 0.625, "c.txt": 1.0},
        "replaced": {"c.txt": 2},
        "others": {".pdf": 1200, ".docx": 1},
        "partly": [],
    }


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (Verdict(CLAIM, "in place", CLAIM.place), "in place  Okay Memis · a.txt:1:15"),
        (MOVED, "moved     Okay Memis · a.txt:1:15 → b/c.txt:3:2"),
        (Verdict(CLAIM, "changed"), "changed   Okay Memis · a.txt:1:15"),
        (GONE, "gone      Okay Memis · a.txt:1:15 (it is empty)"),
        (replace(GONE, claim=replace(CLAIM, text="O\nkay\x1b\t")), "gone      O kay\ufffd  · a.txt:1:15 (it is empty)"),
    ],
)
def test_a_verdict_is_a_line(verdict: Verdict, line: str) -> None:
    assert describe_verdict(verdict) == line


def test_verdicts_are_counted() -> None:
    claims = Claims((CLAIM,) * 3, refused=1, blank=2)
    assert describe_verdicts([MOVED, GONE, MOVED], claims) == (
        "3 answers: 2 moved, 1 gone; 1 question without an answer left out"
    )
    assert describe_verdicts([], Claims((), 0, 0)) == "0 answers"


def test_verdicts_as_json_are_schema_1() -> None:
    fields = load(verdicts_as_json([MOVED, GONE], Claims((CLAIM,) * 2, refused=3, blank=4)))
    before = {"path": "a.txt", "start": 14, "end": 24, "line": 1, "column": 15}
    common = {"input_line": 7, "question": "who?", "text": "Okay Memis", "before": before}
    assert fields == {
        "schema": 1,
        "verdicts": [
            {
                **common,
                "outcome": "moved",
                "now": {"path": "b/c.txt", "start": 30, "end": 40, "line": 3, "column": 2},
                "reason": "",
            },
            {**common, "outcome": "gone", "now": None, "reason": "it is empty"},
        ],
        "counts": {"in_place": 0, "moved": 1, "changed": 0, "gone": 1},
        "refused": 3,
        "blank": 4,
    }


def test_a_check_is_a_line_and_what_to_do_another() -> None:
    assert (
        describe_check(Check("cache", "ok", "/c can\x1b be\nwritten")) == "ok        cache     /c can\ufffd be written"
    )
    assert describe_check(Check("cache", "failed", "it is full", "Remove\nit.")).split("\n") == [
        "failed    cache     it is full",
        "                    → Remove it.",
    ]


@pytest.mark.parametrize(("outcome", "sound"), [("ok", True), ("warning", True), ("failed", False)])
def test_checks_as_json_are_schema_1(outcome: Any, sound: bool) -> None:
    assert load(checks_as_json([Check("one", "ok", "fine"), Check("two", outcome, "so", "do")])) == {
        "schema": 1,
        "sound": sound,
        "checks": [
            {"name": "one", "outcome": "ok", "found": "fine", "advice": ""},
            {"name": "two", "outcome": outcome, "found": "so", "advice": "do"},
        ],
    }
