"""Several answers: one, several, changed or differing; values of equal type only. Invented sentences."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.answer.agreement import Found, find_agreement, find_items, split_list
from askbrief.answer.values import parse_value
from askbrief.types import Span

MONDAY, TUESDAY = date(2024, 3, 4), date(2024, 3, 5)


def found(text: str, sentence: str, *, article: str = "a", day: date | None = MONDAY, confidence: float = 0.8) -> Found:
    return Found(text, sentence, article, day, confidence, sentence.index(text))


def test_later_article_counts_more() -> None:
    agreement = find_agreement(
        "How many people died in the flood?",
        [
            found("12", "The flood killed 12 people; they died at night."),
            found("19", "19 people died in the flood.", article="b", day=TUESDAY),
        ],
    )
    assert agreement.kind == "changed"
    assert [(group.text, group.members, group.latest) for group in agreement.groups] == [
        ("19", (1,), TUESDAY),
        ("12", (0,), MONDAY),
    ]


def test_two_articles_of_one_day_differ() -> None:
    agreement = find_agreement(
        "How many homes did the flood destroy?",
        [
            found("200 homes", "The flood destroyed 200 homes."),
            found("350 houses", "350 houses were destroyed in the flood.", article="b"),
        ],
    )
    assert (agreement.kind, [group.text for group in agreement.groups]) == ("differ", ["200 homes", "350 houses"])


def test_correction_in_one_article() -> None:
    agreement = find_agreement(
        "How many people survived the crash?",
        [
            found("26", "Earlier it had said that 26 people survived the crash."),
            found("24", "It corrected the number that survived the crash to 24."),
        ],
    )
    assert (agreement.kind, [group.text for group in agreement.groups]) == ("changed", ["24", "26"])


def test_equal_numbers_agree_over_articles() -> None:
    agreement = find_agreement(
        "How many trees fell?",
        [found("15", "15 trees fell."), found("fifteen", "In all fifteen trees fell.", article="b", day=TUESDAY)],
    )
    assert (agreement.kind, agreement.groups[0].documents, agreement.groups[0].members) == ("one", 2, (0, 1))


def test_the_finer_time_agrees_with_the_coarser() -> None:
    agreement = find_agreement(
        "When was he dismissed?",
        [
            found("June", "He was dismissed in June.", day=date(2024, 7, 23)),
            found("June 6", "He was dismissed on June 6.", day=date(2024, 7, 23)),
        ],
    )
    assert (agreement.kind, agreement.groups[0].text) == ("one", "June 6")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (found("15", "A storm felled 15 oaks."), found("500", "The park has 500 oaks.", article="b", day=TUESDAY)),
        (found("7.1", "The quake had a magnitude of 7.1."), found("12 miles", "The quake was 12 miles deep.")),
        (found("40%", "The storm cut 40% of the lines."), found("40,000", "The storm cut 40,000 homes off.")),
    ],
)
def test_values_of_other_things_are_no_conflict(first: Found, second: Found) -> None:
    assert find_agreement("How many oaks did the storm fell?", [first, second]).kind == "one"


def test_unsure_answers_do_not_count() -> None:
    agreement = find_agreement(
        "How many people died in the flood?",
        [
            found("12", "12 people died in the flood."),
            found("19", "19 people died in the flood.", article="b", day=TUESDAY, confidence=0.39),
        ],
    )
    assert agreement.kind == "one"


def test_names_are_several_and_never_a_conflict() -> None:
    agreement = find_agreement(
        "Who welcomed the envoy?",
        [
            found("Ana Ruiz", "Ana Ruiz welcomed the envoy."),
            found("Peter Holm", "Peter Holm welcomed the envoy.", article="b", day=TUESDAY),
            found("Ruiz", "Ruiz welcomed the envoy."),
        ],
    )
    assert (agreement.kind, [group.members for group in agreement.groups]) == ("several", [(0, 2), (1,)])


def test_holder_of_an_office_may_have_changed() -> None:
    agreement = find_agreement(
        "Who is the mayor of Aarhus?",
        [
            found("Ana Ruiz", "The mayor is Ana Ruiz."),
            found("Peter Holm", "The mayor is Peter Holm.", article="b", day=TUESDAY),
        ],
    )
    assert (agreement.kind, agreement.groups[0].text) == ("changed", "Peter Holm")


def test_name_and_its_abbreviation_are_one() -> None:
    sentence = "The Coastal Workers Union (KSF) called the strike."
    agreement = find_agreement(
        "Who called the strike?", [found("Coastal Workers Union", sentence), found("KSF", sentence)]
    )
    assert agreement.kind == "one"


def test_list_gives_all_its_items() -> None:
    answer = "Sweden, Ghana, and the Republic of Malta"
    agreement = find_agreement("Which countries signed?", [found(answer, f"{answer} signed.")])
    assert (agreement.kind, [group.text for group in agreement.groups]) == (
        "several",
        ["Sweden", "Ghana", "the Republic of Malta"],
    )
    assert split_list("Karl and the dog") == ["Karl and the dog"]


def test_answer_that_is_one_of_a_list_finds_the_others() -> None:
    text = "It won support in countries such as Sweden, Ghana, and Malta. Peru was against."
    start = text.index("Ghana")
    items = find_items(text, Span(start, start + 5), within=Span(0, 62))
    assert [item.of(text) for item in items] == ["Sweden", "Ghana", "Malta"]
    start = text.index("Peru")
    assert find_items(text, Span(start, start + 4), within=Span(62, len(text))) == [Span(start, start + 4)]


@pytest.mark.parametrize(
    ("text", "sentence", "low", "high", "unit"),
    [
        ("82", "82 dead.", 82, 82, ""),
        ("98 people", "98 people died.", 98, 98, "person"),
        ("at least 100 homes", "", 100, 110, "home"),
        ("100", "At least 100 homes burned.", 100, 110, "home"),
        ("nearly 500 acres", "", 450, 500, "acre"),
        ("about 4.2 square miles", "", 3.78, 4.62, "square mile"),
        ("hundreds of houses", "", 100, 999, "home"),
        ("$1.5 million", "", 1_500_000, 1_500_000, "$"),
        ("twelve", "", 12, 12, ""),
        ("no ships", "", 0, 0, "ship"),
        ("22%", "", 22, 22, "percent"),
        ("1,200 tonnes", "", 1200, 1200, "tonne"),
        ("magnitude 7.0", "", 7, 7, "magnitude"),
    ],
)
def test_numbers(text: str, sentence: str, low: float, high: float, unit: str) -> None:
    value = parse_value(text, sentence=sentence)
    assert (value.kind, value.unit) == ("number", unit)
    assert value.low == pytest.approx(low)
    assert value.high == pytest.approx(high)


@pytest.mark.parametrize("text", ["Route 66 Diner Club of Lund", "because of the storm"])
def test_words_are_no_numbers(text: str) -> None:
    assert parse_value(text).kind in ("name", "words")


@given(st.lists(st.tuples(st.text(min_size=1, max_size=30), st.floats(0, 1)), min_size=1, max_size=5), st.text())
def test_every_group_holds_given_answers_once(given_answers: list[tuple[str, float]], question: str) -> None:
    answers = [Found(text, text, str(i), None, share, 0) for i, (text, share) in enumerate(given_answers)]
    agreement = find_agreement(question, answers)
    assert agreement.groups
    assert {i for group in agreement.groups for i in group.members} <= set(range(len(answers)))
    assert agreement.kind != "changed"  # without dates nothing is known to be later


@pytest.mark.parametrize("words", ["May", "in May last year", "in January", "two years ago"])
def test_relative_dates_of_undated_articles_do_no_harm(words: str) -> None:
    agreement = find_agreement("When did it open?", [found(words, f"It opens {words}.", day=None)])
    assert [(group.text, group.members) for group in agreement.groups] == [(words, (0,))]
