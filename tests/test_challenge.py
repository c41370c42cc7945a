"""The minimal pairs say what they should, and a reader's share of them is counted by hand-worked rules."""

from __future__ import annotations

from collections import Counter

from benchmarks.challenge import Item, count, load_items


def test_every_accepted_answer_is_verbatim_in_its_text() -> None:
    items = load_items()
    assert len(items) == 300
    assert [item for item in items for answer in item.answers if answer not in item.context] == []


def test_items_come_in_pairs_that_share_either_the_text_or_the_question() -> None:
    items = load_items()
    assert Counter(Counter(item.pair for item in items).values()) == {2: 150}
    for one, other in zip(items[::2], items[1::2], strict=True):
        assert (one.pair, one.kind) == (other.pair, other.kind)
        assert (one.context == other.context) != (one.question == other.question)
    assert Counter(item.kind for item in items) == {"agent": 70, "negation": 60, "year": 60, "bound": 50, "people": 60}


def test_a_pair_is_right_only_with_both_of_its_items() -> None:
    items = [
        Item(1, "agent", "Ann hit Bob.", "Who hit Bob?", ("Ann",)),
        Item(1, "agent", "Ann hit Bob.", "Who hit Ann?", ()),
        Item(2, "agent", "The mayor met Eve.", "Who met Eve?", ("The mayor", "mayor")),
        Item(2, "agent", "The mayor met Eve.", "Whom did the mayor meet?", ("Eve",)),
        Item(3, "year", "It rained in 1990.", "When did it rain?", ("1990",)),
        Item(3, "year", "It rained in 1990.", "When did it snow?", ()),
    ]
    figures = count(items, ["Ann", "Bob", "mayor", "Eve", "in 1990", ""])
    assert figures["agent"] == {
        "items": 4,
        "items right": 75.0,
        "pairs right": 50.0,
        "right where it is said": 100.0,
        "right where it is not said": 0.0,
    }
    assert figures["year"] == {
        "items": 2,
        "items right": 50.0,
        "pairs right": 0.0,
        "right where it is said": 0.0,
        "right where it is not said": 100.0,
    }
    assert (figures["all"]["items right"], figures["all"]["pairs right"]) == (66.7, 33.3)
