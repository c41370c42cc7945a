from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.answer.schema import answer_as_json
from askbrief.assistant import Assistant
from askbrief.config import open_folder
from askbrief.doctor.verify import Claim, FoundSpan, Verdict, load_claims, verify
from askbrief.errors import AnswersError
from askbrief.types import Span

SENTENCE = "The envoy met Okay Memis in Ankara."
FIRST = Claim(1, "who?", "Okay Memis", FoundSpan("a.txt", Span(14, 24), 1, 15), SENTENCE, 0)
"""Stands so in the article a.txt of conftest."""


def judge(folder: Path, claim: Claim = FIRST) -> Verdict:
    (verdict,) = verify(open_folder(folder), [claim])
    assert verdict.claim == claim
    return verdict


def write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


def make_line(**changes: Any) -> dict[str, Any]:
    answer = {
        "text": "Okay Memis",
        "path": "a.txt",
        "start": 14,
        "end": 24,
        "line": 1,
        "column": 15,
        "sentence": SENTENCE,
        "sentence_start": 0,
    }
    return {"schema": 1, "question": "who?", "answered": True, "answers": [answer | changes]}


def as_lines(*objects: object) -> list[bytes]:
    return [json.dumps(item).encode() + b"\n" for item in objects]


def test_what_ask_says_is_in_place(articles: Path) -> None:
    with Assistant.open(articles, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
        answer = assistant.ask("the drone in Ankara", top=2)
    claims = load_claims([f"{answer_as_json(answer)}\n".encode()]).claims
    assert [(claim.text, claim.place.path) for claim in claims] == [("Okay", "a.txt"), ("Trains", "b.md")]
    verdicts = verify(open_folder(articles), claims)
    assert [verdict.outcome for verdict in verdicts] == ["in place", "in place"]
    assert [verdict.place for verdict in verdicts] == [
        FoundSpan("a.txt", Span(14, 18), 1, 15),
        FoundSpan("b.md", Span(0, 6), 1, 3),
    ]


def test_the_index_is_not_asked(articles: Path) -> None:
    assert judge(articles).outcome == "in place"
    assert not (articles / ".askbrief").exists()


def test_words_further_down_have_moved(articles: Path) -> None:
    write(articles / "a.txt", f"An update.\n\n  {SENTENCE}\n")
    assert judge(articles) == Verdict(FIRST, "moved", FoundSpan("a.txt", Span(28, 38), 3, 17))


def test_of_several_places_the_nearest_to_the_old_one_counts(articles: Path) -> None:
    write(articles / "a.txt", f"New. {SENTENCE} Old. {SENTENCE}")
    assert judge(articles).place == FoundSpan("a.txt", Span(19, 29), 1, 20)
    late = replace(FIRST, place=FoundSpan("a.txt", Span(90, 100), 1, 91), sentence_start=76)
    assert judge(articles, late).place == FoundSpan("a.txt", Span(60, 70), 1, 61)


def test_a_sentence_wrapped_anew_has_moved(articles: Path) -> None:
    write(articles / "a.txt", "The envoy\nmet Okay\n  Memis in Ankara.")
    verdict = judge(articles)
    assert (verdict.outcome, verdict.place) == ("moved", FoundSpan("a.txt", Span(14, 26), 2, 5))


def test_a_renamed_file_has_moved_with_its_words(articles: Path) -> None:
    (articles / "sub").mkdir()
    (articles / "a.txt").rename(articles / "sub" / "z.txt")
    assert judge(articles) == Verdict(FIRST, "moved", FoundSpan("sub/z.txt", Span(14, 24), 1, 15))


def test_of_several_files_the_first_by_path_counts(articles: Path) -> None:
    (articles / "a.txt").rename(articles / "z.txt")
    write(articles / "c.txt", f"So: {SENTENCE}")
    assert judge(articles).place == FoundSpan("c.txt", Span(18, 28), 1, 19)


def test_words_that_left_their_file_for_another_have_moved(articles: Path) -> None:
    (articles / "a.txt").rename(articles / "z.txt")
    write(articles / "a.txt", "Another text.")
    assert judge(articles).place == FoundSpan("z.txt", Span(14, 24), 1, 15)


@pytest.mark.parametrize(
    "text",
    [
        "The envoy met Hazem Razi in Ankara.",
        "The envoy met Okay Memis in Ankara?",
        "The envoy met okay memis in Ankara.",
        "Okay Memis",
        "Oh, The envoy met Okay Memis in Ankara.s",
        "xThe envoy met Okay Memis in Ankara.",
    ],
)
def test_other_words_or_another_sentence_are_a_change(articles: Path, text: str) -> None:
    write(articles / "a.txt", text)
    assert judge(articles) == Verdict(FIRST, "changed")


def test_the_same_words_in_an_altered_sentence_of_equal_length_are_a_change(articles: Path) -> None:
    write(articles / "a.txt", "The envoy met Okay Memis no longer!")
    assert len("The envoy met Okay Memis no longer!") == len(SENTENCE)
    assert judge(articles).outcome == "changed"


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "it is empty"), (b"a\0b", "it is binary"), (None, "it is no article of this folder")]
)
def test_a_file_that_is_gone_or_unreadable(articles: Path, data: bytes | None, reason: str) -> None:
    (articles / "a.txt").unlink()
    if data is not None:
        (articles / "a.txt").write_bytes(data)
    assert judge(articles) == Verdict(FIRST, "gone", reason=reason)


@pytest.mark.parametrize("path", ["../secret.txt", "{}/secret.txt", "link.txt", ".hidden.txt", "sub/../a.txt", ""])
def test_no_path_leads_out_of_the_articles(articles: Path, path: str) -> None:
    write(articles.parent / "secret.txt", SENTENCE)
    write(articles / ".hidden.txt", SENTENCE)
    (articles / "link.txt").symlink_to(articles.parent / "secret.txt")
    (articles / "a.txt").unlink()
    verdict = judge(articles, replace(FIRST, place=replace(FIRST.place, path=path.format(articles.parent))))
    assert (verdict.outcome, verdict.place) == ("gone", None)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_offsets_count_the_decoded_text_with_newlines_normalised(articles: Path, encoding: str) -> None:
    text = f"A café opened in Zürich.\r\n\r\n{SENTENCE}\r\n"
    (articles / "a.txt").write_bytes(text.encode(encoding))
    claim = replace(FIRST, place=FoundSpan("a.txt", Span(40, 50), 3, 15), sentence_start=26)
    assert judge(articles, claim) == Verdict(claim, "in place", claim.place)


def test_verdicts_come_in_the_order_of_the_answers(articles: Path) -> None:
    lost = replace(FIRST, text="nobody", place=FoundSpan("none.txt", Span(4, 10), 1, 5), sentence="met nobody")
    wrong = replace(FIRST, sentence="The envoy met Okay Memis in Tehran.")
    claims = [lost, FIRST, wrong, lost]
    outcomes = [verdict.outcome for verdict in verify(open_folder(articles), claims)]
    assert outcomes == ["gone", "in place", "changed", "gone"]


def test_answers_are_read_and_the_rest_is_counted() -> None:
    refused = {"schema": 1, "question": "why?", "answered": False, "answers": []}
    two = make_line()
    two["answers"] *= 2
    lines = [b"\xef\xbb\xbf", b" \n", *as_lines(refused, two)]
    found = load_claims(lines)
    assert found.claims == (replace(FIRST, number=4), replace(FIRST, number=4))
    assert (found.refused, found.blank) == (1, 2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "Input data was truncated"),
        (b"\xff", "JSON is malformed"),
        (b"[" * 100_000, "Expected `object`, got `array`"),
        (b'{"a": ' * 100_000, "it is nested too deeply"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"schema": 1, "query": "x", "passages": []}', "Object missing required field `question`"),
        *(
            (json.dumps(value).encode(), reason)
            for value, reason in [
                (make_line() | {"schema": 2}, "its schema is 2, and only 1 is known"),
                (make_line() | {"schema": True}, "Expected `int`, got `bool` - at `$.schema`"),
                (make_line() | {"answered": "yes"}, "Expected `bool`, got `str` - at `$.answered`"),
                (make_line() | {"answered": False}, "answered and answers do not agree"),
                (make_line() | {"answers": [3]}, "Expected `object`, got `int` - at `$.answers[0]`"),
                (make_line(path=3), "Expected `str`, got `int` - at `$.answers[0].path`"),
                (make_line(start=14.5), "Expected `int`, got `float` - at `$.answers[0].start`"),
                (make_line(end=25), "its words are not where it says in its sentence"),
                (make_line(start=-1, end=9), "its words are not where it says in its sentence"),
                (make_line(start=15, end=25), "its words are not where it says in its sentence"),
                (make_line(text=" ", start=3, end=4), "its words are not where it says in its sentence"),
                (make_line(text="", start=3, end=3), "its words are not where it says in its sentence"),
                (make_line(sentence_start=1), "its words are not where it says in its sentence"),
            ]
        ),
    ],
)
def test_a_line_that_is_no_answer_is_named(line: bytes, reason: str) -> None:
    with pytest.raises(AnswersError) as raised:
        load_claims([*as_lines(make_line()), b"\n", line])
    assert raised.value.message.startswith("line 3 is not an answer: ")
    assert reason in raised.value.message
    assert raised.value.hint == "Give what askbrief ask --json printed, one object a line."


def test_a_missing_field_is_named() -> None:
    line = make_line()
    del line["answers"][0]["sentence_start"]
    with pytest.raises(AnswersError, match="line 1 is not an answer: Object missing required field `sentence_start`"):
        load_claims(as_lines(line))
