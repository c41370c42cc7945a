from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import FakeEncoder

from askbrief.answer.fuse import DENSE_WEIGHT
from askbrief.answer.pipeline import build_hits, find_candidates
from askbrief.answer.retrieve import DEPTH
from askbrief.config import FILE_NAME, open_folder
from askbrief.index.refresh import refresh
from askbrief.types import Hit, Span

Find = Callable[..., list[Hit]]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Find]]:
    """Indexes articles, in order of their names, and returns a search over them."""
    with ExitStack() as stack:

        def build(articles: dict[str, str]) -> Find:
            for name, text in articles.items():
                (tmp_path / name).write_text(text, encoding="utf-8")
            steps = refresh(open_folder(tmp_path), FakeEncoder())
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    store = stack.enter_context(end.value[0])
                    break

            def find(query: str, *, top: int = 10) -> list[Hit]:
                with store.snapshot() as derived:
                    _, candidates = find_candidates(query, store=store, derived=derived, encoder=FakeEncoder(), top=top)
                return build_hits(candidates)

            return find

        yield build


def test_hits_carry_both_scores_and_their_mix(index: Callable[[dict[str, str]], Find]) -> None:
    find = index(
        {
            "a.txt": "Note\n\nAnkara and the drone.",
            "b.txt": "Note\n\nThe railway to Baghdad.",
            "c.txt": "Note\n\nIn Ankara alone.",
        }
    )
    hits = find("ankara")
    cosines = {"a.txt": 2 / math.sqrt(2 * 3), "b.txt": 1 / math.sqrt(2 * 3), "c.txt": 1.0}
    assert [(hit.path, hit.row) for hit in hits] == [("c.txt", 3), ("a.txt", 1), ("b.txt", 2)]
    assert [hit.cosine for hit in hits] == pytest.approx([cosines[hit.path] for hit in hits])
    by_path = {hit.path: hit for hit in hits}
    assert by_path["b.txt"].bm25 == 0
    assert by_path["c.txt"].bm25 > by_path["a.txt"].bm25 > 0
    for path, hit in by_path.items():
        dense = (cosines[path] - cosines["b.txt"]) / (1 - cosines["b.txt"])
        lexical = hit.bm25 / by_path["c.txt"].bm25
        assert hit.score == pytest.approx(DENSE_WEIGHT * dense + (1 - DENSE_WEIGHT) * lexical)


def test_what_only_its_meaning_finds_has_its_bm25_score_too(index: Callable[[dict[str, str]], Find]) -> None:
    # To the encoder "Ánkara" is another word than "Ankara", to the lexical index it is the same.
    many = {f"{n:02}.txt": f"Note\n\nÁnkara, red{n} blue{n}." for n in range(DEPTH + 1)}
    find = index({**many, "x.txt": "Note\n\nAnkara is what this somewhat longer article is about."})
    best = find("ankara")[0]
    assert best.path == "x.txt"
    # Robertson & Zaragoza (2009): a text of 11 words, title twice, after 51 of 5, all with the word once
    mean = (51 * 5 + 11) / 52
    expected = math.log(1 + 0.5 / 52.5) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 11 / mean))
    assert best.bm25 == pytest.approx(expected, rel=1e-4)


def test_a_word_that_the_encoder_does_not_know_is_found(index: Callable[[dict[str, str]], Find]) -> None:
    find = index({"a.txt": "Note\n\nA plane fell.", "b.txt": "Note\n\nOkay Memis came."})
    best = find("memis")[0]
    assert (best.path, best.passage.text, best.score) == ("b.txt", "Note\n\nOkay Memis came.", 1 - DENSE_WEIGHT)


def test_a_title_is_searched_with_each_passage(index: Callable[[dict[str, str]], Find], tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("passage_words = 20", encoding="utf-8")
    find = index(
        {"a.txt": "Memis resigns\n\n" + "He was tired of it all. " * 3 + "\n\n" + "Now he rests at home. " * 3}
    )
    hits = find("memis")
    assert {hit.passage.span.start for hit in hits if hit.bm25 > 0} == {hit.passage.span.start for hit in hits}
    assert len(hits) == 2


def test_a_hit_knows_its_line_and_span(index: Callable[[dict[str, str]], Find], tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("passage_words = 20", encoding="utf-8")
    lead = "Note\n\n" + "word " * 18 + "end.\n\n"
    hit = index({"a.txt": lead + "A drone fell.\r\nIt broke."})("drone")[0]
    assert (hit.path, hit.line, hit.row) == ("a.txt", 5, 2)
    assert hit.passage.text == "A drone fell.\nIt broke."
    assert hit.passage.span == Span(len(lead), len(lead) + 23)


def test_ties_go_to_the_lower_row(index: Callable[[dict[str, str]], Find]) -> None:
    find = index({f"{n:02}.txt": f"Note\n\nAnkara red{n} blue{n}." for n in range(12)})
    hits = find("ankara")
    assert [hit.row for hit in hits] == list(range(1, 11))
    assert len({hit.score for hit in hits}) == 1


def test_more_can_be_asked_for_than_there_are_candidates(index: Callable[[dict[str, str]], Find]) -> None:
    find = index({f"{n:02}.txt": f"Note\n\nAnkara red{n} blue{n}." for n in range(60)})
    assert [hit.row for hit in find("ankara", top=55)] == list(range(1, 56))


def test_near_duplicates_are_left_out(index: Callable[[dict[str, str]], Find]) -> None:
    words = "the envoy went to Ankara with three of his aides and spoke"
    find = index(
        {
            "a.txt": f"Note\n\nToday {words} softly.",
            "b.txt": f"Note\n\nToday {words} softly!",
            "c.txt": f"Note\n\nTODAY {words.upper()} SÓFTLY.",
            "d.txt": f"Note\n\nToday {words} loudly of his sorrow.",
        }
    )
    assert {hit.path for hit in find("ankara")} == {"a.txt", "d.txt"}


def test_a_corrected_number_is_no_duplicate(index: Callable[[dict[str, str]], Find]) -> None:
    words = (
        "people were hurt when a drone fell on the railway station in the old town of Baghdad "
        "early this morning while most were asleep"
    )
    find = index({"a.txt": f"Note\n\n14 {words}.", "b.txt": f"Note\n\n15 {words}."})
    assert [hit.path for hit in find("how many people were hurt")] == ["a.txt", "b.txt"]


def test_a_copy_is_found_once_under_its_first_path(index: Callable[[dict[str, str]], Find]) -> None:
    find = index({"b.txt": "Note\n\nA drone fell.", "a.txt": "Note\n\nA drone fell."})
    assert [(hit.path, hit.row) for hit in find("drone")] == [("a.txt", 1)]


def test_top_cuts_the_rest(index: Callable[[dict[str, str]], Find]) -> None:
    find = index({"a.txt": "Note\n\nA railway.", "b.txt": "Note\n\nA drone fell."})
    assert [hit.path for hit in find("drone", top=1)] == ["b.txt"]
    assert find("drone", top=0) == []
