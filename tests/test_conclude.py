"""Conclusions: what a trace comes to, from passages, scores and spans that are given by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from conftest import ONLY_MARGINS, FakeEncoder, FakeReader
from numpy.typing import NDArray

from askbrief.answer.conclude import conclude
from askbrief.answer.pipeline import build_answer
from askbrief.answer.rank import rank
from askbrief.types import Candidate, Document, Freshness, Match, Passage, Reading, Span, Trace

pytestmark = pytest.mark.usefixtures("only_margins")


def make_candidate(
    text: str, *found: tuple[str, float], name: str = "a", day: date | None = None, cosine: float = 0.6, title: str = ""
) -> Candidate:
    """A passage that is a whole article, with the words that were read in it and their margins."""
    spans = [(Span(text.index(words), text.index(words) + len(words)), margin) for words, margin in found]
    document = Document(name, title, text, day, (f"{name}.txt",))
    readings = tuple(Reading(span, margin) for span, margin in spans)
    row = ord(name[0]) - ord("a")
    return Candidate(Match(row, cosine, 0.0), Passage(name, Span(0, len(text)), text), document, readings)


def make_trace(question: str, *candidates: Candidate) -> Trace:
    return Trace(
        question=question,
        searched=question,
        matches=tuple(candidate.match for candidate in candidates),
        candidates=candidates,
        ranked=tuple(rank(question, candidates, top=50, calibration=ONLY_MARGINS)),
        dense_weight=0.5,
        min_confidence=0.27,
        freshness=Freshness(1, 1, 1),
    )


def find_conclusion(question: str, *candidates: Candidate) -> Trace:
    return conclude(make_trace(question, *candidates), FakeEncoder(), FakeReader())


def test_a_short_answer_is_answered() -> None:
    trace = find_conclusion("Where is the envoy?", make_candidate("The envoy is in Ankara.", ("Ankara", 3.0)))
    assert (trace.outcome, trace.agreement, trace.is_answered) == ("answered", "one", True)
    assert [(group.text, group.members, group.documents) for group in trace.groups] == [("Ankara", (0,), 1)]


def test_words_that_are_too_unsure_near_the_question_are_no_short_answer() -> None:
    # 1 / (1 + e^1) = 0.269 is below 0.27; a margin of -0.99 gives 0.2709.
    for margin, outcome in ((-1.0, "no_short_answer"), (-0.99, "answered")):
        trace = find_conclusion("Where is the envoy?", make_candidate("The envoy is in Ankara.", ("Ankara", margin)))
        assert trace.outcome == outcome


@pytest.mark.parametrize(
    ("cosine", "text", "outcome"),
    [
        (0.35, "Trains are late.", "no_short_answer"),  # near by meaning
        (0.3499, "Trains are late.", "not_in_documents"),
        (0.1, "The minister opened a bridge.", "no_short_answer"),  # 2 of the 3 words: minister, bridge
        (0.1, "The minister resigned.", "not_in_documents"),  # 1 of 3, and one word alone is chance
    ],
)
def test_near_means_by_cosine_or_by_half_of_the_words_and_at_least_two(cosine: float, text: str, outcome: str) -> None:
    trace = find_conclusion("Which minister crossed the bridge?", make_candidate(text, cosine=cosine))
    assert (trace.outcome, trace.is_answered) == (outcome, False)


def test_the_title_counts_for_nearness() -> None:
    candidate = make_candidate("It was open.", cosine=0.1, title="Minister at the bridge")
    assert find_conclusion("Which minister crossed the bridge?", candidate).outcome == "no_short_answer"


def test_nothing_at_all_is_not_in_the_documents() -> None:
    trace = find_conclusion("Where is the envoy?")
    assert (trace.outcome, build_answer(trace, top=1).nearest) == ("not_in_documents", None)


class EvenEncoder(FakeEncoder):
    """Everything is as near as can be: cosine 1."""

    def encode_question(self, text: str) -> NDArray[np.float32]:
        return np.array([0, 0, 0, 0, 1], dtype=np.float32)


def test_a_yes_or_no_question_gets_the_whole_sentence_lit() -> None:
    sentence = "No American servicemembers were killed or wounded."
    text = f"The base was attacked at night. {sentence} Repairs began."
    trace = make_trace("Were any Americans killed in the attacks?", make_candidate(text, ("wounded", 1.0)))
    trace = conclude(trace, EvenEncoder(), FakeReader())
    # The reader's margin 1; 10 × 2/3, as of "Americans", "killed" and "attacks" two are said; 8 for a cosine of 1.
    assert trace.outcome == "statement"
    assert trace.confidence == pytest.approx(1 / (1 + np.exp(-(1 + 20 / 3 + 8 - 6) / 4)))
    (span,) = build_answer(trace, top=5).answers
    assert (span.text, span.sentence_text) == (sentence, sentence)
    assert span.span == span.sentence == Span(32, 32 + len(sentence))


def test_a_yes_or_no_question_that_no_sentence_speaks_to_gets_none() -> None:
    trace = make_trace("Did Sweden sign the treaty?", make_candidate("Norway has many fjords.", cosine=0.1))
    trace = conclude(trace, EvenEncoder(), FakeReader())
    assert (trace.outcome, trace.ranked) == ("not_in_documents", ())


TOLL = "How many people died in the fire?"


def make_toll(name: str, words: str, day: date | None, margin: float) -> Candidate:
    return make_candidate(f"In the fire {words} people died.", (words, margin), name=name, day=day)


def test_what_changed_shows_the_newest_first_even_with_one_answer() -> None:
    candidates = [
        make_toll("a", "4", date(2025, 5, 1), 4.0),
        make_toll("b", "9", date(2025, 5, 2), 3.9),
        make_toll("c", "13", date(2025, 5, 3), 3.8),
    ]
    trace = find_conclusion(TOLL, *candidates)
    assert (trace.outcome, trace.agreement) == ("answered", "changed")
    assert [(group.text, group.members, group.date) for group in trace.groups] == [
        ("13", (2,), date(2025, 5, 3)),
        ("9", (1,), date(2025, 5, 2)),
        ("4", (0,), date(2025, 5, 1)),
    ]
    for top in (1, 3):
        answer = build_answer(trace, top=top)
        assert [span.text for span in answer.answers] == ["13", "9", "4"]
        assert [group.members for group in answer.groups] == [(0,), (1,), (2,)]


def test_what_differs_shows_one_of_each_group() -> None:
    trace = find_conclusion(TOLL, make_toll("a", "4", None, 4.0), make_toll("b", "9", None, 3.9))
    assert trace.agreement == "differ"
    answer = build_answer(trace, top=1)
    assert [span.text for span in answer.answers] == ["4", "9"]
    assert [(group.text, group.members) for group in answer.groups] == [("4", (0,)), ("9", (1,))]


def test_members_that_are_not_shown_are_left_out_of_their_group() -> None:
    candidates = [
        make_toll("a", "4", None, 4.0),
        make_toll("b", "four", None, 3.9),
        make_toll("c", "9", None, 3.8),
        make_toll("d", "nine", None, 3.7),
    ]
    trace = find_conclusion(TOLL, *candidates)
    assert [group.members for group in trace.groups] == [(0, 1), (2, 3)]
    # One of each group comes first, then the others by rank: 4, 9, four, nine.
    answer = build_answer(trace, top=3)
    assert [span.text for span in answer.answers] == ["4", "9", "four"]
    assert [group.members for group in answer.groups] == [(0, 2), (1,)]
    assert [group.documents for group in answer.groups] == [2, 2]


def test_at_most_four_groups_are_shown_where_fewer_answers_were_asked_for() -> None:
    candidates = [make_toll("abcdef"[i], str(i + 4), None, 4.0 - i / 100) for i in range(6)]
    answer = build_answer(find_conclusion(TOLL, *candidates), top=1)
    assert [span.text for span in answer.answers] == ["4", "5", "6", "7"]
    assert [group.members for group in answer.groups] == [(0,), (1,), (2,), (3,), (), ()]


def test_an_answer_far_less_likely_is_no_conflict() -> None:
    # 1 / (1 + e^1) = 0.27 is less than half of 1 / (1 + e^-3) = 0.95.
    trace = find_conclusion(TOLL, make_toll("a", "4", None, 3.0), make_toll("b", "9", None, -1.0))
    assert (trace.agreement, [span.text for span in build_answer(trace, top=1).answers]) == ("one", ["4"])


SUNDAY = date(2025, 5, 25)


def test_a_note_tells_when() -> None:
    text = "The envoy met Okay Memis on Saturday."
    trace = find_conclusion("When did the envoy meet Memis?", make_candidate(text, ("Saturday", 3.0), day=SUNDAY))
    (note,) = [note for note in trace.notes if note.kind == "date"]
    assert note.description == "on Saturday = 24 May 2025 (article of Sunday 25 May)"
    assert (note.span.of(text), note.source) == (note.text, None)


def test_a_note_tells_who() -> None:
    text = "Mohammad Habibzadeh came to Ankara by train.\n\nHabibzadeh met the minister there."
    trace = find_conclusion("Who met the minister?", make_candidate(text, ("Habibzadeh met", 3.0)))
    (note,) = trace.notes
    assert (note.kind, note.text, note.meaning) == ("antecedent", "Habibzadeh", "Mohammad Habibzadeh")
    assert (note.span.start, note.source) == (46, Span(0, 19))
    assert note.description == "Habibzadeh = Mohammad Habibzadeh, paragraph 1"


def test_notes_are_on_the_answer_that_is_shown_first() -> None:
    texts = ("In the fire 4 people died on Monday.", "In the fire 9 people died on Friday.")
    trace = find_conclusion(
        TOLL,
        make_candidate(texts[0], ("4", 4.0), name="a", day=date(2025, 5, 20)),
        make_candidate(texts[1], ("9", 3.9), name="b", day=SUNDAY),
    )
    assert trace.agreement == "changed"
    assert build_answer(trace, top=1).text == "9"
    assert [note.text for note in trace.notes] == ["on Friday"]


def test_notes_ask_the_reader_only_of_what_stands_before() -> None:
    class Watching(FakeReader):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[str] = []

        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            self.seen += [passage.text for _, passage in passages]
            return super().read(question, passages)

    reader = Watching()
    text = "Trains were late. The engineer met Memis."
    conclude(make_trace("Who met Memis?", make_candidate(text, ("The engineer", 3.0))), FakeEncoder(), reader)
    assert reader.seen == ["Trains were late. "]
    reader.seen.clear()
    conclude(make_trace("Who met Memis?", make_candidate(text[18:], ("The engineer", 3.0))), FakeEncoder(), reader)
    assert reader.seen == []


def test_articles_that_say_the_same_are_counted() -> None:
    trace = find_conclusion(TOLL, make_toll("a", "4", None, 4.0), make_toll("b", "4", None, 3.0))
    assert (trace.agreement, [(g.text, g.documents) for g in trace.groups]) == ("one", [("4", 2)])


def test_newest_first_leaves_what_is_not_credible_behind() -> None:
    candidates = [
        make_candidate("Memis met the envoy.", ("Memis", 4.0), name="a", day=date(2025, 5, 1)),
        make_candidate("Razi met the envoy.", ("Razi", -0.2), name="b", day=date(2025, 5, 20)),
        make_candidate("Sadeq met the envoy.", ("Sadeq", 3.0), name="c", day=date(2025, 5, 9)),
    ]
    # 1 / (1 + e^0.2) = 0.45 is less than half of 1 / (1 + e^-4) = 0.98.
    trace = make_trace("Who met the envoy?", *candidates)
    trace = conclude(trace, FakeEncoder(), FakeReader(), newest_first=True)
    assert [span.candidate.document.id for span in trace.ranked] == ["c", "a", "b"]
