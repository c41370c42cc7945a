from __future__ import annotations

import pytest

from askbrief.answer.fuse import DENSE_WEIGHT, mix_scores


def test_cosines_scale_from_their_least_and_bm25_from_zero() -> None:
    assert mix_scores([0.2, 0.6, 1.0], [8.0, 4.0, 2.0], weight=0.25) == pytest.approx(
        [0.25 * 0 + 0.75 * 1, 0.25 * 0.5 + 0.75 * 0.5, 0.25 * 1 + 0.75 * 0.25]
    )


@pytest.mark.parametrize(("weight", "expected"), [(1.0, [1.0, 0.0]), (0.0, [0.5, 1.0])])
def test_the_weight_is_the_share_of_the_cosines(weight: float, expected: list[float]) -> None:
    assert mix_scores([0.9, -0.1], [1.0, 2.0], weight=weight) == expected


def test_equal_cosines_leave_the_ranking_to_the_words() -> None:
    assert mix_scores([0.5, 0.5], [0.0, 3.0], weight=0.5) == [0.0, 0.5]


def test_without_a_matching_word_the_cosines_rank() -> None:
    assert mix_scores([0.0, 1.0], [0.0, 0.0], weight=0.5) == [0.0, 0.5]


def test_the_default_weight_uses_both_searches() -> None:
    assert mix_scores([0.0, 1.0], [1.0, 0.0]) == pytest.approx([1 - DENSE_WEIGHT, DENSE_WEIGHT])
    assert 0 < DENSE_WEIGHT < 1


def test_no_candidates_have_no_scores() -> None:
    assert mix_scores([], []) == []


def test_scores_of_different_candidates_are_refused() -> None:
    with pytest.raises(ValueError, match="2 cosines, but 1 BM25"):
        mix_scores([0.1, 0.2], [1.0])
