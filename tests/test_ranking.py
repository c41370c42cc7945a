from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from conftest import ONLY_MARGINS

from askbrief.answer.rank import build_answer_span, find_confidence, rank
from askbrief.models.calibration import Calibration
from askbrief.types import Candidate, Document, Match, Passage, RankedSpan, Reading, Span

TEXT = "Ankara.\nBaghdad and ANKARA and Basra."


def make_document(text: str = TEXT, *, document_id: str = "d1") -> Document:
    return Document(document_id, "Visit", text, date(2025, 5, 25), ("a.txt", "b.txt"))


def make_candidate(
    document: Document, readings: Sequence[Reading] = (), *, row: int, score: float = 0.5, span: Span | None = None
) -> Candidate:
    span = span or Span(0, len(document.text))
    passage = Passage(document.id, span, span.of(document.text))
    return Candidate(Match(row, 0.0, 0.0, score=score), passage, document, tuple(readings))


def find_ranked(
    *candidates: Candidate, top: int, question: str = "who?", calibration: Calibration = ONLY_MARGINS
) -> list[tuple[int, Span, float]]:
    """Row, span and confidence of each ranked span."""
    ranked = rank(question, candidates, top=top, calibration=calibration)
    return [(found.candidate.match.row, found.reading.span, found.confidence) for found in ranked]


def test_the_confidence_is_the_logistic_of_margin_and_score() -> None:
    calibration = Calibration(slope=0.5, offset=-1.0, retrieval_weight=4.0)
    # 0.5 * (3 + 4 * 0.5) - 1 = 1.5, and 1 / (1 + e^-1.5) = 0.817574
    assert find_confidence(3.0, score=0.5, calibration=calibration) == pytest.approx(0.817574, abs=1e-6)


def test_a_greater_margin_gives_more_confidence_within_0_and_1() -> None:
    found = [find_confidence(margin, score=1.0, calibration=Calibration()) for margin in (-1e9, -2.0, 0.0, 2.0, 1e9)]
    assert found == sorted(set(found))
    assert 0 <= found[0] < 1e-9
    assert 1 - 1e-9 < found[-1] <= 1


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Why did they meet?", "because of the railway to Basra"), ("What about?", "the railway")],
)
def test_a_question_of_why_is_answered_by_the_clause(question: str, answer: str) -> None:
    document = make_document("They met because of the railway to Basra, he said.", document_id="x")
    start = document.text.index("the railway")
    reading = Reading(Span(start, start + len("the railway")), 1.0)
    ((_, span, _),) = find_ranked(make_candidate(document, [reading], row=0), top=3, question=question)
    assert span.of(document.text) == answer


def test_an_alternative_says_something_else() -> None:
    one, two = make_document("Okay Memis met Sadeq.", document_id="d1"), make_document("Memis, OKAY.", document_id="d2")
    ranked = find_ranked(
        make_candidate(one, [Reading(Span(0, 10), 3.0), Reading(Span(15, 20), 1.0)], row=1),
        make_candidate(two, [Reading(Span(0, 5), 2.0), Reading(Span(7, 11), 1.5), Reading(Span(0, 11), 1.2)], row=2),
        top=9,
    )
    # "Memis" and "OKAY" are words of "Okay Memis"; "Memis, OKAY" is not, for its words stand in another order
    assert [(row, span) for row, span, _ in ranked] == [(1, Span(0, 10)), (2, Span(0, 11)), (1, Span(15, 20))]


def test_spans_rank_by_confidence_over_all_passages() -> None:
    one, two = make_document("Ankara Basra", document_id="d1"), make_document("Tehran Zahedan", document_id="d2")
    ranked = find_ranked(
        make_candidate(one, [Reading(Span(0, 6), 1.0), Reading(Span(7, 12), -1.0)], row=1),
        make_candidate(two, [Reading(Span(7, 14), 2.0), Reading(Span(0, 6), 0.0)], row=2),
        top=3,
    )
    assert [item[:2] for item in ranked] == [(2, Span(7, 14)), (1, Span(0, 6)), (2, Span(0, 6))]
    # 1 / (1 + e^-2), 1 / (1 + e^-1), 1 / 2
    assert [confidence for *_, confidence in ranked] == pytest.approx([0.880797, 0.731059, 0.5], abs=1e-6)


def test_a_better_found_passage_outranks_a_greater_margin() -> None:
    one, two = make_document("Ankara Basra", document_id="d1"), make_document("Tehran Zahedan", document_id="d2")
    ranked = find_ranked(
        make_candidate(one, [Reading(Span(0, 6), 1.5)], row=1, score=0.25),  # 1.5 + 4 * 0.25 - 2 = 0.5
        make_candidate(two, [Reading(Span(0, 6), 0.5)], row=2, score=0.75),  # 0.5 + 4 * 0.75 - 2 = 1.5
        top=2,
        calibration=Calibration(slope=1.0, offset=-2.0, retrieval_weight=4.0),
    )
    assert [item[:2] for item in ranked] == [(2, Span(0, 6)), (1, Span(0, 6))]
    # 1 / (1 + e^-1.5), 1 / (1 + e^-0.5)
    assert [confidence for *_, confidence in ranked] == pytest.approx([0.817574, 0.622459], abs=1e-6)


def test_ties_go_to_the_lower_row_then_to_the_earlier_span() -> None:
    one, two = make_document("Ankara Basra", document_id="d1"), make_document("Tehran Zahedan", document_id="d2")
    ranked = find_ranked(
        make_candidate(two, [Reading(Span(0, 6), 1.0)], row=7),
        make_candidate(one, [Reading(Span(7, 12), 1.0), Reading(Span(0, 6), 1.0)], row=3),
        top=5,
    )
    assert [item[:2] for item in ranked] == [(3, Span(0, 6)), (3, Span(7, 12)), (7, Span(0, 6))]


def test_a_span_that_overlaps_a_better_one_of_its_document_is_left_out() -> None:
    one, two = make_document("Okay Memis left", document_id="d1"), make_document("Sadeq left Iraq", document_id="d2")
    ranked = find_ranked(
        make_candidate(one, [Reading(Span(0, 10), 3.0)], row=1),
        make_candidate(one, [Reading(Span(5, 10), 2.0), Reading(Span(11, 15), 0.0)], row=2),
        make_candidate(two, [Reading(Span(0, 5), 1.0)], row=3),
        top=5,
    )
    assert [item[:2] for item in ranked] == [(1, Span(0, 10)), (3, Span(0, 5)), (2, Span(11, 15))]


def test_the_same_words_are_answered_once_whatever_their_case() -> None:
    document = make_document()
    found = [Reading(Span(0, 6), 2.0), Reading(Span(20, 26), 1.0), Reading(Span(31, 36), 0.0)]
    assert [item[1] for item in find_ranked(make_candidate(document, found, row=1), top=5)] == [
        Span(0, 6),
        Span(31, 36),
    ]


def test_no_more_than_top_spans_are_ranked() -> None:
    document = make_document()
    found = [Reading(Span(0, 6), 2.0), Reading(Span(31, 36), 1.0)]
    assert [item[1] for item in find_ranked(make_candidate(document, found, row=1), top=1)] == [Span(0, 6)]


def test_an_answer_knows_its_sentence_line_and_column() -> None:
    document = make_document("Talks went on.\n\nHe met Memis in Ankara. She left.")
    reading = Reading(Span(23, 28), 4.5)
    span = build_answer_span(RankedSpan(make_candidate(document, [reading], row=1, span=Span(16, 49)), reading, 0.9))
    assert (span.text, span.sentence_text) == ("Memis", "He met Memis in Ankara.")
    assert (span.span, span.sentence) == (Span(23, 28), Span(16, 39))
    assert (span.line, span.column) == (3, 8)
    assert (span.score, span.confidence) == (4.5, 0.9)
    assert (span.document_id, span.path, span.title, span.date) == ("d1", "a.txt", "Visit", date(2025, 5, 25))


def test_an_answer_over_two_sentences_has_both() -> None:
    document = make_document("He came. She left. They met.")
    reading = Reading(Span(3, 13), 0.0)
    span = build_answer_span(RankedSpan(make_candidate(document, [reading], row=1), reading, 0.5))
    assert span.sentence_text == "He came. She left."
