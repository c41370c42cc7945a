"""The second look: which passages a larger reader reads again, and what both readers come to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from askbrief.answer.reader import Reader
from askbrief.answer.second_look import SecondLook, load_second_look
from askbrief.assistant import Assistant
from askbrief.errors import ModelError
from askbrief.models.calibration import Calibration
from askbrief.types import Candidate, Document, Match, Passage, Reading, Span

MARGINS = Calibration(slope=1.0, offset=0.0, threshold=0.5, retrieval_weight=0.0)
TEXT = "Ana Bea Cleo Dora Emil Finn"
PLACES = {name: Span(TEXT.index(name), TEXT.index(name) + len(name)) for name in TEXT.split()}


class LargeReader(Reader):
    """Finds in the passage of each document what it is told to, and notes what it was asked."""

    def __init__(self, folder: Path, found: dict[str, dict[str, float]]) -> None:
        super().__init__(folder)
        self.found = found
        self.asked: list[list[str]] = []

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        self.asked.append([document.id for document, _ in passages])
        return [
            [Reading(PLACES[name], margin) for name, margin in self.found.get(document.id, {}).items()]
            for document, _ in passages
        ]


def build_look(folder: Path, found: dict[str, dict[str, float]], **mix: float) -> tuple[SecondLook, LargeReader]:
    numbers = {"second": 0.5, "first": 0.5, "offset": 0.0} | mix
    sizes = {"model.onnx": 0, "tokenizer.json": 0}
    for name in sizes:
        (folder / name).touch()
    (folder / "askbrief.json").write_text(json.dumps({"kind": "reader", "bytes": sizes, "second_look": numbers}))
    reader = LargeReader(folder, found)
    return SecondLook(reader), reader


def candidate(name: str, **margins: float) -> Candidate:
    """The passage of a document, with what the first reader found in it, best first."""
    document = Document(name, "", TEXT, None, (f"{name}.txt",))
    passage = Passage(name, Span(0, len(TEXT)), TEXT)
    readings = tuple(Reading(PLACES[word], margin) for word, margin in margins.items())
    return Candidate(Match(int(name), 0.5, 0.0, score=0.5), passage, document, readings)


def show(candidates: Sequence[Candidate]) -> list[dict[str, float]]:
    return [{r.span.of(TEXT): r.margin for r in found.readings} for found in candidates]


def test_a_span_has_the_mean_of_both_margins(tmp_path: Path) -> None:
    look, reader = build_look(tmp_path, {"0": {"Bea": 6.0, "Ana": 2.0}}, offset=0.25)
    found = look.read("Who?", [candidate("0", Ana=5.0, Bea=4.0)], calibration=MARGINS)
    # (6 + 4) / 2 + 0.25 and (2 + 5) / 2 + 0.25.
    assert show(found) == [{"Bea": 5.25, "Ana": 3.75}]
    assert reader.asked == [["0"]]


def test_a_span_that_the_first_reader_did_not_find_counts_as_its_worst(tmp_path: Path) -> None:
    look, _ = build_look(tmp_path, {"0": {"Cleo": 6.0, "Ana": 4.0}})
    found = look.read("Who?", [candidate("0", Ana=5.0, Bea=-3.0)], calibration=MARGINS)
    # (4 + 5) / 2 comes before (6 - 3) / 2.
    assert show(found) == [{"Ana": 4.5, "Cleo": 1.5}]


def test_a_span_is_known_by_its_words_where_they_stand_twice(tmp_path: Path) -> None:
    text = "On Friday Ana came. Ana Bea, who met Ana"
    first, last = Span(10, 13), Span(37, 40)
    document = Document("0", "", text, None, ("0.txt",))
    found = Candidate(Match(0, 0.5, 0.0, score=0.5), Passage("0", Span(0, len(text)), text), document)
    found = replace(found, readings=(Reading(first, 5.0), Reading(Span(20, 27), -3.0)))
    look, reader = build_look(tmp_path, {})
    readings = [Reading(last, 4.0), Reading(Span(20, 27), 3.0)]
    reader.read = lambda *_: [readings]  # type: ignore[method-assign]
    (mixed,) = look.read("Who?", [found], calibration=MARGINS)
    # (4 + 5) / 2 and (3 - 3) / 2.
    assert mixed.readings == (Reading(last, 4.5), Reading(Span(20, 27), 0.0))


def test_an_article_that_the_first_reader_has_stays(tmp_path: Path) -> None:
    text = "The envoy came with a dog."
    whole, bare, more = Span(0, 9), Span(4, 9), Span(4, 14)
    document = Document("0", "", text, None, ("0.txt",))
    found = Candidate(Match(0, 0.5, 0.0, score=0.5), Passage("0", Span(0, len(text)), text), document)
    look, reader = build_look(tmp_path, {})
    reader.read = lambda *_: [[Reading(bare, 3.0)]]  # type: ignore[method-assign]
    (mixed,) = look.read("Who?", [replace(found, readings=(Reading(whole, 1.0),))], calibration=MARGINS)
    assert mixed.readings == (Reading(whole, 2.0),)
    # Other words are the larger reader's own.
    (mixed,) = look.read("Who?", [replace(found, readings=(Reading(more, 1.0),))], calibration=MARGINS)
    assert mixed.readings == (Reading(bare, 2.0),)


def test_two_passages_are_read_again_and_more_only_while_the_best_answer_was_read_once(tmp_path: Path) -> None:
    # After the first two, 0 stands at (3 + 5) / 2 and leads: 2 and 3 are left alone.
    look, reader = build_look(tmp_path, {"0": {"Ana": 3.0}, "1": {"Bea": -4.0}})
    candidates = [candidate("3", Dora=2.0), candidate("1", Bea=4.0), candidate("0", Ana=5.0), candidate("2", Cleo=3.0)]
    found = look.read("Who?", candidates, calibration=MARGINS)
    assert reader.asked == [["0", "1"]]
    assert show(found) == [{"Dora": 2.0}, {"Bea": 0.0}, {"Ana": 4.0}, {"Cleo": 3.0}]


def test_the_next_passages_are_read_again_where_the_first_ones_fall_behind(tmp_path: Path) -> None:
    look, reader = build_look(
        tmp_path, {"0": {"Ana": -9.0}, "1": {"Bea": -8.0}, "2": {"Cleo": 1.0}, "3": {"Dora": 9.0}}
    )
    candidates = [candidate("0", Ana=5.0), candidate("1", Bea=4.0), candidate("2", Cleo=3.0), candidate("3", Dora=2.0)]
    found = look.read("Who?", candidates, calibration=MARGINS)
    assert reader.asked == [["0", "1"], ["2", "3"]]
    assert show(found) == [{"Ana": -2.0}, {"Bea": -2.0}, {"Cleo": 2.0}, {"Dora": 5.5}]


def test_at_most_four_passages_are_read_again(tmp_path: Path) -> None:
    names = TEXT.split()
    look, reader = build_look(tmp_path, {str(at): {name: -90.0} for at, name in enumerate(names)})
    candidates = [candidate(str(at), **{name: 6.0 - at}) for at, name in enumerate(names)]
    look.read("Who?", candidates, calibration=MARGINS)
    assert reader.asked == [["0", "1"], ["2", "3"]]


def test_where_nothing_was_read_nothing_is_read_again(tmp_path: Path) -> None:
    look, reader = build_look(tmp_path, {})
    assert show(look.read("Who?", [candidate("0")], calibration=MARGINS)) == [{}]
    assert reader.asked == []


def test_a_second_look_may_be_given_beside_a_reader_or_alone(tmp_path: Path) -> None:
    look, _ = build_look(tmp_path, {})
    assert Assistant.open(tmp_path, second_look=look).second_look is look
    assert Assistant.open(tmp_path, reader=look.reader, second_look=look).second_look is look
    assert Assistant.open(tmp_path, reader=look.reader).second_look is None


def test_a_card_without_the_mix_is_named(tmp_path: Path) -> None:
    _, reader = build_look(tmp_path, {})
    (tmp_path / "askbrief.json").write_text(
        json.dumps({"kind": "reader", "bytes": {"model.onnx": 0, "tokenizer.json": 0}})
    )
    with pytest.raises(ModelError, match="does not say how to mix"):
        SecondLook(LargeReader(reader.folder, {}))


@pytest.mark.parametrize("source", ["fast", "my/reader"])
def test_a_reader_of_the_settings_reads_alone(source: str) -> None:
    assert load_second_look(source) is None
