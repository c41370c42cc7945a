from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from askbrief import reading
from askbrief.datatypes import Document, Hit, Passage, Span
from askbrief.errors import ModelError, QuestionError
from askbrief.inference import CompiledModel, Tokens
from askbrief.reading import (
    DEFAULT_READER,
    MAX_ANSWER_TOKENS,
    MAX_LEAD_CHARACTERS,
    MAX_TOKENS,
    STRIDE,
    Reader,
    Reading,
    build_context,
    find_confidence,
    find_spans,
    tidy,
)

FRAME = (0, 0)


def make_document(text: str, *, title: str = "") -> Document:
    return Document("0" * 16, title, text, None, ("a.txt",))


def make_passage(document: Document, words: str) -> Passage:
    start = document.text.index(words)
    span = Span(start, start + len(words))
    return Passage(document.id, span, words)


def make_hit(*, cosine: float, score: float) -> Hit:
    return Hit(Passage("0" * 16, Span(0, 1), "a"), "a.txt", 1, 0, score, cosine, 0.0)


def make_tokens(question: Sequence[tuple[int, int]], context: Sequence[tuple[int, int]]) -> Tokens:
    """[CLS] question [SEP] context [SEP]."""
    offsets = [FRAME, *question, FRAME, *context, FRAME]
    second = [False] * (len(question) + 2) + [True] * len(context) + [False]
    return Tokens(
        ids=np.zeros(len(offsets), dtype=np.int64),
        types=np.asarray(second, dtype=np.int64),
        second=np.asarray(second),
        offsets=np.asarray(offsets, dtype=np.int64),
    )


def scores(*values: float) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


ENVOY = [(0, 3), (4, 9), (10, 13), (14, 19)]  # The envoy met Memis


def test_margins_are_start_plus_end_less_not_here() -> None:
    tokens = make_tokens([(0, 3)], ENVOY)
    start = scores(1, 0, 0, 0, 3, 0, 5, 0)
    end = scores(2, 0, 0, 0, 1, 0, 4, 0)
    found = find_spans(tokens, start, end, origin=100, within=Span(100, 119))
    # "not here" is 1 + 2 = 3; Memis 5 + 4, envoy met Memis 3 + 4, then three spans of 4: in the order of the text
    assert found[:5] == [
        (Span(114, 119), 6.0),
        (Span(104, 119), 4.0),
        (Span(100, 119), 1.0),
        (Span(104, 109), 1.0),
        (Span(110, 119), 1.0),
    ]
    assert len(found) == 10  # four tokens have 4 + 3 + 2 + 1 spans


def test_tokens_of_the_question_and_the_frame_never_answer() -> None:
    tokens = make_tokens([(0, 3), (4, 9)], ENVOY)
    start = scores(0, 50, 50, 50, 0, 0, 0, 1, 50)
    end = scores(0, 50, 50, 50, 0, 0, 0, 1, 50)
    assert find_spans(tokens, start, end, origin=0, within=Span(0, 19))[0] == (Span(14, 19), 2.0)


def test_an_answer_outside_the_passage_is_left_out() -> None:
    tokens = make_tokens([], ENVOY)
    start, end = scores(0, 0, 9, 9, 0, 1, 0), scores(0, 0, 9, 9, 0, 1, 0)
    found = find_spans(tokens, start, end, origin=0, within=Span(10, 19))
    assert found == [(Span(14, 19), 2.0), (Span(10, 19), 1.0), (Span(10, 13), 0.0)]


def test_an_end_before_its_start_is_no_span() -> None:
    tokens = make_tokens([], ENVOY)
    start, end = scores(0, 0, 0, 0, 0, 9, 0), scores(0, 0, 9, 0, 0, 0, 0)
    # The best orderly spans start at Memis or end at The.
    assert find_spans(tokens, start, end, origin=0, within=Span(0, 19))[:2] == [(Span(0, 3), 9.0), (Span(14, 19), 9.0)]


def test_a_span_has_at_most_the_allowed_tokens() -> None:
    length = MAX_ANSWER_TOKENS + 5
    tokens = make_tokens([], [(i, i + 1) for i in range(length)])
    start, end = np.zeros(length + 3, dtype=np.float32), np.zeros(length + 3, dtype=np.float32)
    start[2] = 10
    end[2 + MAX_ANSWER_TOKENS - 1] = 5
    end[2 + MAX_ANSWER_TOKENS] = 7
    found = find_spans(tokens, start, end, origin=0, within=Span(0, length))
    assert found[0] == (Span(0, MAX_ANSWER_TOKENS), 15.0)
    assert all(len(span) <= MAX_ANSWER_TOKENS for span, _ in found)


def test_a_window_without_the_passage_has_no_span() -> None:
    tokens = make_tokens([], ENVOY)
    zeros = np.zeros(7, dtype=np.float32)
    assert find_spans(tokens, zeros, zeros, origin=0, within=Span(50, 60)) == []


@pytest.mark.parametrize(
    ("marked", "tidied"),
    [
        ("met ⟦Mem⟧is in", "Memis"),
        ("met M⟦emis⟧ in", "Memis"),
        ("met⟦ Memis, ⟧in", "Memis"),
        ("in ⟦Ankara.⟧ They", "Ankara"),
        ("⟦– Ankara: ⟧", "Ankara"),
        ("in the ⟦U.S.⟧ today", "U.S."),
        ("at ⟦9 a.m.⟧ today", "9 a.m."),
        ("by ⟦Sam Jones Jr.⟧ today", "Sam Jones Jr."),
        ("the ⟦(PKK)⟧ said", "(PKK)"),
        ("the ⟦Party (PKK⟧) said", "Party (PKK)"),
        ("the ⟦Party (⟧PKK) said", "Party"),
        ("the ⟦Party (PKK⟧, banned) said", "Party"),
        ("the Party (⟦PKK)⟧ said", "PKK"),
        ("the ⟦(PKK⟧, banned) said", "PKK"),
        ("the ⟦[holiday⟧ season]", "holiday"),
        ("at ⟦“peace⟧ and stability”", "peace"),
        ("at ⟦“peace and stability⟧” now", "“peace and stability”"),
        ("at “peace and ⟦stability.”⟧ Now", "stability"),
        ('said ⟦"yes⟧" twice', '"yes"'),
        ('said ⟦"yes⟧ and no"', "yes"),
        ('said "oh ⟦yes"⟧ twice', "yes"),
        ("the ⟦PRESIDENT’S⟧ men", "PRESIDENT’S"),
        ("fell to ⟦-5⟧ degrees", "-5"),
        ("a rise of ⟦.5⟧ percent", ".5"),
        ("cost ⟦$5 million⟧, he", "$5 million"),
        ("the ⟦cafe⟧\u0301 there", "cafe\u0301"),
        ("the e⟦\u0301lan⟧ there", "e\u0301lan"),
        ("so⟦, ; ⟧then", ""),
        ('say⟦"⟧ing', ""),
        ("so⟦ \n⟧then", ""),
    ],
)
def test_tidy_marks_what_a_person_would_mark(marked: str, tidied: str) -> None:
    before, inside, after = re.split("[⟦⟧]", marked)
    text = before + inside + after
    span = tidy(text, Span(len(before), len(before) + len(inside)), within=Span(0, len(text)))
    assert span.of(text) == tidied


@pytest.mark.parametrize(
    ("text", "raw", "within", "tidied"),
    [
        ("xxAnkaraxx", Span(4, 6), Span(2, 8), Span(2, 8)),
        ("the (PKK) said", Span(4, 8), Span(4, 8), Span(5, 8)),
        ("the “PKK” said", Span(4, 8), Span(0, 8), Span(5, 8)),
        ('the "PKK" said', Span(4, 8), Span(0, 8), Span(5, 8)),
        ('the "PKK" said', Span(5, 9), Span(5, 9), Span(5, 8)),
    ],
)
def test_tidy_stays_in_the_passage(text: str, raw: Span, within: Span, tidied: Span) -> None:
    assert tidy(text, raw, within=within) == tidied


def test_the_reader_sees_the_title_and_the_sentence_before() -> None:
    document = make_document("The envoy came. He met Memis. He left.", title="Visit")
    context, origin = build_context(document, make_passage(document, "He left."))
    assert context == "Visit | He met Memis. He left."
    assert origin == 16 - len("Visit | ")
    assert context[30 - origin : 38 - origin] == "He left."


def test_a_document_without_title_has_no_prefix() -> None:
    document = make_document("The envoy came. He left.")
    assert build_context(document, make_passage(document, "He left.")) == ("The envoy came. He left.", 0)


def test_the_first_passage_has_no_sentence_before() -> None:
    document = make_document("The envoy came. He left.", title="Visit")
    assert build_context(document, make_passage(document, "The envoy came.")) == ("Visit | The envoy came.", -8)


def test_a_sentence_before_that_is_too_long_is_left_out() -> None:
    before = "Word " * (MAX_LEAD_CHARACTERS // 5 + 1) + "end. "
    document = make_document(before + "He left.")
    assert build_context(document, make_passage(document, "He left.")) == ("He left.", len(before))


def test_the_confidence_is_the_logistic_of_the_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CONFIDENCE_SLOPE", 0.5)
    monkeypatch.setattr(reading, "CONFIDENCE_OFFSET", -1.0)
    # 0.5 * 5 - 1 = 1.5, and 1 / (1 + e^-1.5) = 0.817574
    assert find_confidence(5.0) == pytest.approx(0.817574, abs=1e-6)


def test_a_greater_margin_gives_more_confidence_within_0_and_1() -> None:
    found = [find_confidence(margin) for margin in (-1e9, -2.0, 0.0, 2.0, 1e9)]
    assert found == sorted(set(found))
    assert 0 <= found[0] < 1e-9
    assert 1 - 1e-9 < found[-1] <= 1


class WordModel:
    """Tokenises at word borders into windows of ``size`` words and scores start and end by a table of words."""

    def __init__(self, table: Mapping[str, tuple[float, float]], *, size: int = 100) -> None:
        self.table = table
        self.size = size
        self.card = {"kind": "reader"}
        self.seen: list[str] = []

    def tokenise_pair(self, first: str, second: str, *, max_tokens: int, stride: int) -> list[Tokens]:
        words = [match.span() for match in re.finditer(r"\w+", second)]
        self.seen.append(second)
        return [make_tokens([], words[at : at + self.size]) for at in range(0, len(words), self.size)]

    def run_many(self, windows: Sequence[Tokens]) -> Iterator[list[NDArray[np.float32]]]:
        text = self.seen[0]
        for window in windows:
            pairs = [self.table.get(text[a:b], (0.0, 0.0)) for a, b in window.offsets]
            yield [scores(*(start for start, _ in pairs)), scores(*(end for _, end in pairs))]


def read_with(model: WordModel, document: Document, passage: Passage) -> list[Reading]:
    reader = Reader()
    reader.__dict__["_model"] = model
    (found,) = reader.read("Who?", [(document, passage)])
    return found


def test_readings_lie_in_the_document_best_first_without_overlap() -> None:
    document = make_document("He came. Okay Memis met Sadeq there.", title="Visit")
    model = WordModel({"Okay": (4, 0), "Memis": (1, 4), "Sadeq": (3, 2)})
    found = read_with(model, document, make_passage(document, "Okay Memis met Sadeq there."))
    assert model.seen == ["Visit | He came. Okay Memis met Sadeq there."]
    # Okay Memis 4 + 4; it shadows Okay … Sadeq (6), Memis (5) and all that overlaps; next Sadeq 3 + 2
    assert [(reading.span.of(document.text), reading.margin) for reading in found[:2]] == [
        ("Okay Memis", 8.0),
        ("Sadeq", 5.0),
    ]
    assert not any(a.span.overlaps(b.span) for a in found for b in found if a is not b)


def test_the_best_of_several_windows_wins() -> None:
    document = make_document("one two Sadeq four five Memis seven eight")
    model = WordModel({"Sadeq": (1, 1), "Memis": (3, 3)}, size=4)
    found = read_with(model, document, make_passage(document, document.text))
    assert (found[0].span, found[0].margin) == (Span(24, 29), 6.0)
    assert ("Sadeq", 2.0) in [(reading.span.of(document.text), reading.margin) for reading in found]


@pytest.mark.models
def test_a_long_passage_is_read_in_windows_that_share_the_stride() -> None:
    words = [f"word{number}" for number in range(400)]
    text = " ".join(words)
    windows = CompiledModel(DEFAULT_READER).tokenise_pair("Who?", text, max_tokens=MAX_TOKENS, stride=STRIDE)
    ranges = [[(int(a), int(b)) for a, b in window.offsets[window.second]] for window in windows]
    assert len(windows) > 1
    assert all(len(window.ids) <= MAX_TOKENS for window in windows)
    assert all(before[-STRIDE:] == after[:STRIDE] for before, after in pairwise(ranges))
    covered = {place for window in ranges for a, b in window for place in range(a, b)}
    assert covered == {place for place, character in enumerate(text) if character != " "}


@pytest.mark.models
def test_an_answer_behind_the_first_window_is_found() -> None:
    filler = "The weather was mild and the roads were quiet that day. " * 60
    document = make_document(filler + "The gold medal was won by Ana Ruiz of Spain.")
    passage = Passage(document.id, Span(0, len(document.text)), document.text)
    (found,) = Reader().read("Who won the gold medal?", [(document, passage)])
    assert "Ana Ruiz" in found[0].span.of(document.text)


@pytest.mark.models
def test_a_question_that_leaves_no_room_is_refused() -> None:
    document = make_document("He left.")
    with pytest.raises(QuestionError, match="no room"):
        Reader().read("why " * MAX_TOKENS, [(document, make_passage(document, "He left."))])


def test_a_folder_of_another_model_is_no_reader(tmp_path: Path) -> None:
    (tmp_path / "askbrief.json").write_text('{"kind": "encoder"}')
    document = make_document("He left.")
    with pytest.raises(ModelError, match="is not a compiled reader"):
        Reader(tmp_path).read("Who?", [(document, make_passage(document, "He left."))])
