"""The training examples say what they should; all that is trained here are a few steps."""

from __future__ import annotations

import gzip
import json
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from askbrief.answer.rank import RETRIEVAL_WEIGHT
from askbrief.types import Document
from training import examples, prepare, train_reader
from training.altering import Exchange, alter_question, find_exchange, find_names
from training.cloze import Gap, PassagePool, ask, find_gaps, iter_cloze, make_examples
from training.examples import Example, Source, as_typed, build_examples, join_questions
from training.groups import Group, build_own_groups, load_groups, save_groups
from training.passives import find_questions
from training.train_reader import (
    blend,
    build_batches,
    collate,
    find_own_loss,
    find_scores,
    find_shared_loss,
    find_teacher_shares,
)
from training.units import JOINED, PASSIVES, Encoded, Unit, encode_examples, load_units, mix, save_units
from training.weights import ENCODER_FOLDER, average, load_model, load_state

STORY = (
    "Okay Memis met the Iranian envoy in Ankara in 2025. They spoke about the railway to Basra. "
    "The first train left Baghdad in 1940. Turkish papers did not write about the meeting."
)


def alter(question: str, *, answers: list[str], others: tuple[str, ...] = ()) -> set[str]:
    """All that comes out of forty throws."""
    found = {alter_question(question, STORY, answers, list(others), random.Random(seed)) for seed in range(40)}
    return {text for text in found if text is not None}


def test_a_number_becomes_one_that_the_context_does_not_have() -> None:
    made = alter("Which train left in 1940?", answers=["first train"])
    numbers = {text.split()[-1].rstrip("?") for text in made if text.startswith("Which train left in ")}
    assert numbers - {"1940"}
    assert all(1900 <= int(number) <= 1980 and number not in STORY for number in numbers - {"1940"})


def test_a_name_becomes_another_that_is_no_answer() -> None:
    made = alter("Whom did Memis meet?", answers=["the Iranian envoy"], others=("Zahedan", "New York City Council"))
    assert "Whom did Baghdad meet?" in made
    assert "Whom did Zahedan meet?" in made
    assert not any("Iranian" in text or "Council" in text for text in made)


def test_a_word_becomes_its_opposite() -> None:
    assert "Where did the last train leave?" in alter("Where did the first train leave?", answers=["Baghdad"])


def test_a_verb_is_negated_once() -> None:
    made = alter("what was sung?", answers=["nothing"])
    assert made == {"what wasn't sung?", "what was sung? not", "what was sung? never"}
    assert alter("what was not sung?", answers=["nothing"]) == set()


def test_a_word_becomes_one_of_the_context_that_ends_alike() -> None:
    assert alter("who tuned it?", answers=["nothing"]) == set()  # no word of the story ends with -ed
    assert alter("whose weeding?", answers=["nobody"]) == {"whose meeting?"}
    assert alter("whose weeding?", answers=["the meeting"]) == set()


def test_names_do_not_open_sentences() -> None:
    assert find_names(STORY) == ["Iranian", "Ankara", "Basra", "Baghdad"]


def test_exchanged_terms_change_places_wherever_they_stand_as_words() -> None:
    exchange = Exchange("Basra", "Baghdad")
    text = "From Basra to Baghdad; Basra-born Basrans in Baghdad."
    assert exchange.apply(text) == "From Baghdad to Basra; Baghdad-born Basrans in Basra."
    assert exchange.apply(exchange.apply(text)) == text
    at = text.index("in Baghdad")
    assert exchange.apply(text)[exchange.move(text, at) :] == "in Basra."


def test_an_exchange_takes_what_question_and_context_share() -> None:
    def find(question: str, *answers: str, others: tuple[str, ...] = ()) -> set[tuple[str, str]]:
        throws = (
            find_exchange(question, STORY, list(answers), list(others), random.Random(seed)) for seed in range(60)
        )
        return {(found.one, found.other) for found in throws if found}

    names = {("Ankara", "Iranian"), ("Ankara", "Basra"), ("Ankara", "Baghdad"), ("Ankara", "Zahedan")}
    assert find("Who met in Ankara?", "Okay Memis", others=("Zahedan", "Okay Harbour")) == names | {
        ("Ankara", "Harbour")
    }
    assert find("Who met in Ankara?", "the envoy in Ankara", others=("Zahedan",)) == set()
    assert find("What of the meeting?", "Turkish papers") == set()  # "meeting" has no like in the story
    assert {one for one, _ in find("What left in 1940?", "The first train")} == {"1940"}
    assert find("Which train?", "Basra") == {("train", "railway"), ("train", "envoy")}  # neither ends like another word
    assert find("Who is Memi?", "nobody", others=("Zahedan",)) == set()  # the story has "Memis"


def test_contrasts_have_an_answer_where_both_sides_fit(data: Path) -> None:
    source = Source("tiny", share=80.0, negatives=0.0, has_titles=True, contrasts=1.0)
    asked = {f"Where did the first {word} leave": word for word in ("train", "railway", "envoy")}
    seen = set()
    for example in build_examples(data, seed=1, sources=(source,)):
        word = asked.get(example.question.rstrip("?"))
        if word:
            fits = f"first {word} left Baghdad" in example.context
            assert [example.context[s:t] for s, t in example.answers] == (["Baghdad"] if fits else [])
            seen.add((word == "train", "first train" in example.context, fits))
    assert seen == {(True, True, True), (False, True, False), (True, False, False), (False, False, True)}


def test_a_question_may_ask_who_for_what() -> None:
    typed = {as_typed("What destroyed the bridge?", random.Random(seed)) for seed in range(60)}
    assert {"What destroyed the bridge?", "Who destroyed the bridge?"} <= typed
    assert not any(as_typed("What did it?", random.Random(seed)).startswith("Who") for seed in range(60))


PASSIVE_SENTENCES = (
    "The envoy praised Omar Fakih on Monday. Fakih was hurt in a bad car accident in Iraq in 2020. "
    "The old bridge, which was badly damaged in the flood, has been rebuilt by Turkish engineers from Izmir. "
    "He was seen by a doctor. Tickets are sold by the dozen. The letter was written by the poet Okay Memis."
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("hurt Omar Fakih?", "bad car accident"),
        ("wrote the letter?", "poet Okay Memis"),
    ],
)
def test_passive_sentences_answer_who_or_what_did_it(question: str, answer: str) -> None:
    found = [found for seed in range(20) for found in find_questions(PASSIVE_SENTENCES, random.Random(seed))]
    assert {asked.split(" ", 1)[0] for asked, _, _ in found} == {"Who", "What"}
    assert {words for asked, _, words in found if asked.endswith(question)} == {answer}
    assert all(PASSIVE_SENTENCES[at:].startswith(words) for _, at, words in found)


@pytest.mark.parametrize(
    "text",
    [
        "He was seen by a doctor.",
        "Ankara was hit by May.",
        "The bridge was closed by order.",
        "The roof of the house was damaged by hail.",
        "Fakih was killed in the war.",
        "Trains were delayed by two.",
    ],
)
def test_no_question_is_made_where_the_answer_is_in_doubt(text: str) -> None:
    assert list(find_questions(text, random.Random(0))) == []


def test_passives_of_the_archive_are_a_source(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    rows = [
        {"id": "a", "title": "Iraq", "text": PASSIVE_SENTENCES},
        {"id": "b", "title": "Nothing", "text": "It rained."},
    ]
    with gzip.open(folder / "articles.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    examples = build_examples(tmp_path, seed=1, sources=(Source(PASSIVES, share=1.0, negatives=0.0, has_titles=True),))
    assert len(examples) == 1
    ((start, end),) = examples[0].answers
    assert examples[0].context[start:end] in ("bad car accident", "poet Okay Memis")
    assert examples[0].source == PASSIVES


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "reader" / "train"
    folder.mkdir(parents=True)
    answer = "the railway to Basra"
    qas = [
        {"id": "1", "question": "What did they speak about?", "answers": [[STORY.index(answer), answer]]},
        {"id": "2", "question": "Where did the first train leave?", "answers": [[STORY.index("Baghdad"), "Baghdad"]]},
    ]
    short = "The train to Basra left Ankara."
    rows = [
        {"source": "a", "title": "A_visit", "context": STORY, "qas": qas},
        {
            "source": "a",
            "title": "Trains",
            "context": short,
            "qas": [{"id": "3", "question": "What left Ankara?", "answers": [[0, "The train to Basra"]]}],
        },
        {
            "source": "a",
            "title": "Ferries",
            "context": "What left the harbour was a ferry.",
            "qas": [{"id": "4", "question": "Who sank?", "answers": []}],
        },
    ]
    with gzip.open(folder / "tiny.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_examples_hold_their_answers_wherever_the_context_was_put(data: Path) -> None:
    source = Source("tiny", share=30.0, negatives=1.0, has_titles=True, among=0.7)
    examples = build_examples(data, seed=3, sources=(source,))
    accepted = {"the railway to Basra", "Baghdad", "The train to Basra"}
    assert {e.context[s:t] for e in examples for s, t in e.answers} == accepted
    answered = [e for e in examples if e.answers]
    assert len(answered) == 3 * 30
    assert sum(not e.answers and e.question.rstrip("? ").startswith("Who") for e in examples) >= 25
    assert {e.context.split(" | ")[0] for e in answered if " | " in e.context} == {"A visit", "Trains"}
    assert any("ferry" in e.context and "The train to Basra" in e.context for e in answered)


def test_negatives_do_not_hold_the_answer_unless_the_question_was_altered(data: Path) -> None:
    examples = build_examples(data, seed=3, sources=(Source("tiny", share=60.0, negatives=1.0),))
    negatives = [e for e in examples if not e.answers and e.question.rstrip("?") == "Where did the first train leave"]
    assert negatives
    assert all("Baghdad" not in e.context for e in negatives)
    altered = [e for e in examples if not e.answers and "last train" in e.question]
    assert altered
    assert any("Baghdad" in e.context for e in altered)


def test_equal_seeds_give_equal_lists(data: Path) -> None:
    sources = (Source("tiny", share=3.0, negatives=0.5, among=0.5),)
    assert build_examples(data, seed=5, sources=sources) == build_examples(data, seed=5, sources=sources)
    assert build_examples(data, seed=5, sources=sources) != build_examples(data, seed=6, sources=sources)


def test_weights_are_averaged_and_positions_are_not() -> None:
    one = {"weight": torch.tensor([1.0, 4.0]), "positions": torch.tensor([0, 1])}
    other = {"weight": torch.tensor([2.0, -2.0]), "positions": torch.tensor([0, 1])}
    mean = average([one, other])
    assert mean["weight"].tolist() == [1.5, 1.0]
    assert mean["positions"].tolist() == [0, 1]
    assert mean["positions"].dtype == torch.int64


def test_the_last_run_may_weigh_more() -> None:
    runs = [{"w": torch.tensor([value, 2.0])} for value in (0.0, 4.0, 8.0)]
    assert average(runs, shares=[1, 1, 6])["w"].tolist() == [6.5, 2.0]


def test_two_questions_are_joined_in_a_sentence() -> None:
    assert join_questions("Who met Memis? ", "Where did they meet?") == "Who met Memis, or where did they meet?"


def test_joined_questions_have_the_answers_of_both(data: Path) -> None:
    examples = build_examples(data, seed=3, sources=(Source("tiny", share=40.0, negatives=0.0, joined=0.5),))
    joined = [e for e in examples if "speak about, or where" in e.question.lower()]
    assert joined
    assert all({e.context[s:t] for s, t in e.answers} == {"the railway to Basra", "Baghdad"} for e in joined)
    assert {e.source for e in joined} == {JOINED} != {e.source for e in examples}


def encoded(length: int, *, asked: int = 0, answer: tuple[int, int] = (0, 0), source: str = "made") -> Encoded:
    return Encoded(np.arange(7, 7 + length, dtype=np.uint16), asked, [answer[0]], [answer[1]], source)


def unit(*lengths: int) -> Unit:
    items = [encoded(length) for length in lengths]
    return Unit(items, [0.5] * len(lengths))


def test_the_passages_of_a_question_stay_together_in_a_batch() -> None:
    units = [unit(5), unit(3, 3, 4), unit(6), unit(2)]
    batches = build_batches(units, batch_tokens=16, seed=0)
    assert sorted(sorted(batch) for batch in batches) == [[0, 2], [1, 3]]


def test_two_lists_are_spread_over_each_other_in_their_order() -> None:
    ours, theirs = [unit(1) for _ in range(20)], [unit(2) for _ in range(40)]
    mixed = mix(ours, theirs, seed=1)
    assert [u for u in mixed if u.length == 1] == ours
    assert [u for u in mixed if u.length == 2] == theirs
    assert 7 <= sum(u.length == 1 for u in mixed[:30]) <= 13


def test_losses_by_hand() -> None:
    ln = math.log
    logits = torch.tensor([[0.0, ln(3), -1e4], [ln(2), ln(4), ln(2)], [0.0, 0.0, 0.0]])
    target = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    own = find_own_loss(logits, target)
    assert own.item() == pytest.approx((ln(4 / 3) + ln(4) + ln(3)) / 3)
    # One question with two passages and no retrieval score: of 3 beside 2 + 1, the first passage's 3 are right.
    outside = torch.tensor([[True, False, True], [True, False, False], [True, False, False]])
    units = [Unit([unit(2).items[0], unit(3).items[0]], [0.0, 0.0]), unit(3)]
    assert find_shared_loss(logits, target, outside, units).item() == pytest.approx(ln(6 / 3))
    units[0].scores[1] = 2 * ln(2) / RETRIEVAL_WEIGHT  # the second passage is found better: its 3 count twice
    assert find_shared_loss(logits, target, outside, units).item() == pytest.approx(ln(9 / 3))
    assert find_shared_loss(logits[2:], target[2:], outside[2:], units[1:]).item() == 0.0


def test_a_teacher_counts_for_nothing_where_the_source_is_new_to_it() -> None:
    sources = ("squad_paragraphs", JOINED, "group", PASSIVES)
    items = [encoded(1, source=source) for source in sources]
    assert find_teacher_shares(items, 0.5).tolist() == [0.5, 0.0, 0.5, 0.0]


def test_an_encoded_example_keeps_what_its_example_was_made_of() -> None:
    tokenizer = AutoTokenizer.from_pretrained(ENCODER_FOLDER)
    (encoded,) = encode_examples([Example("Who met?", "The envoy met.", [(4, 9)], PASSIVES)], tokenizer, max_tokens=20)
    assert encoded is not None
    # [CLS] who met ? [SEP] the envoy met . [SEP]
    assert tokenizer.decode(encoded.ids[encoded.starts[0] : encoded.ends[0] + 1].tolist()) == "envoy"
    assert (encoded.asked, encoded.source) == (5, PASSIVES)


@pytest.mark.models
def test_scores_of_a_batch_are_those_of_each_passage_alone() -> None:
    reader = load_model().eval()
    items = [encoded(9, asked=4), encoded(20, asked=5)]
    inputs, _ = collate(items, torch.device("cpu"))
    with torch.no_grad():
        starts, ends = find_scores(reader, inputs)
        for row, item in enumerate(items):
            alone = {name: values[row : row + 1, : len(item.ids)] for name, values in inputs.items()}
            output = reader(**alone)
            assert torch.allclose(starts[row, : len(item.ids)], output.start_logits[0], atol=0.05)
            assert torch.allclose(ends[row, : len(item.ids)], output.end_logits[0], atol=0.05)
    assert starts[0, 9:].tolist() == ends[0, 9:].tolist() == [-1e4] * 15


def test_a_batch_is_padded_and_knows_where_contexts_begin() -> None:
    items = [encoded(3, asked=1, answer=(1, 2)), encoded(9, asked=4)]
    items[0].starts, items[0].ends = [1, 2], [2, 2]
    inputs, (starts, ends) = collate(items, torch.device("cpu"))
    assert inputs["input_ids"].shape == (2, 16)  # the longest has 9 tokens, lengths go in steps of 8
    assert inputs["input_ids"][0].tolist() == [7, 8, 9] + [0] * 13
    assert inputs["attention_mask"].sum(1).tolist() == [3, 9]
    assert inputs["token_type_ids"][:, :10].tolist() == [[0, 1, 1] + [0] * 7, [0] * 4 + [1] * 5 + [0]]
    assert starts[0, :4].tolist() == [0.0, 0.5, 0.5, 0.0]
    assert ends[:, :4].tolist() == [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]


def test_units_come_back_from_their_file(tmp_path: Path) -> None:
    several = Unit([encoded(5, asked=2, answer=(3, 4)), encoded(6, source=JOINED)], [0.5, 0.25])
    several.items[0].starts, several.items[0].ends = [3, 2], [4, 2]
    save_units([unit(4), several], tmp_path / "units.xz")
    alone, back = load_units(tmp_path / "units.xz")
    assert (len(alone.items), alone.length, alone.scores) == (1, 4, [0.5])
    assert back.scores == [0.5, 0.25]
    first, second = back.items
    assert (first.ids.tolist(), first.asked, first.starts, first.ends, first.source) == (
        [7, 8, 9, 10, 11], 2, [3, 2], [4, 2], "made",
    )  # fmt: skip
    assert (len(second.ids), second.starts, second.source) == (6, [0], JOINED)
    assert [file.name for file in tmp_path.iterdir()] == ["units.xz"]


def gaps(sentence: str) -> set[tuple[str, str]]:
    return {(sentence[gap.start : gap.end], gap.asking) for gap in find_gaps(sentence)}


def test_gaps_are_names_dates_amounts_and_numbers() -> None:
    assert gaps("On Tuesday the envoy met Okay Memis in Ankara and paid $3.5 million for 14 trains.") == {
        ("Tuesday", "when"),
        ("Okay Memis", "who"),
        ("Ankara", "where"),
        ("$3.5 million", "how much"),
        ("14", "how many"),
    }
    assert gaps("Find a doctor who was born in March 1940.") == {("March 1940", "when")}  # "Find" is no name
    assert gaps("Memis said two trains left the Bank of England’s yard.") == {
        ("Memis", "who"),
        ("two", "how many"),
        ("Bank of England", "who"),
    }


def test_a_clause_with_a_gap_becomes_a_question() -> None:
    sentence = "Okay Memis met the envoy in Ankara, the agency said."
    who, where = find_gaps(sentence)

    def throws(gap: Gap) -> set[str]:
        return {ask(sentence, gap, random.Random(seed)) for seed in range(200)}

    assert {"Who met the envoy in Ankara?", "[MASK] met the envoy in Ankara, the agency said"} <= throws(who)
    assert "Where Okay Memis met the envoy?" in throws(where)
    assert all("Ankara" not in question for question in throws(where))


def test_a_cloze_question_gets_a_passage_that_answers_it_and_one_that_does_not() -> None:
    report = "The agency wrote on Friday that Okay Memis had met the Iranian envoy about the railway to Basra."
    other = "The Iranian envoy spoke about the railway to Basra, the agency wrote on Friday."
    documents = [Document(str(at), "A visit", text, None, (f"{at}.txt",)) for at, text in enumerate((report, other))]
    pool = PassagePool(documents)
    sentence = "The Iranian envoy was met by Okay Memis to discuss the railway, the agency wrote."
    made = [make_examples(sentence, pool, random.Random(seed)) for seed in range(300)]
    about_memis = [e for examples in made for e in examples if "memis" not in e.question.lower()]
    answered = [e for e in about_memis if e.answers]
    assert answered
    assert {e.context[start:end] for e in answered for start, end in e.answers} == {"Okay Memis"}
    assert all(report in e.context for e in answered)
    lacking = [e for e in about_memis if not e.answers]
    assert lacking
    assert all(other in e.context for e in lacking)
    assert {e.context.startswith("A visit | ") for e in about_memis} == {True, False}
    assert make_examples("nobody said anything about it at all.", pool, random.Random(1)) == []


def test_a_teacher_counts_by_its_share_in_each_row() -> None:
    target = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    taught = torch.tensor([[math.log(3), 0.0, -1e4]] * 2)  # it says 3/4, 1/4, 0
    mixed = blend(target, taught, torch.tensor([0.4, 0.0]))
    assert mixed.tolist() == [pytest.approx([0.3, 0.7, 0.0]), [0.0, 1.0, 0.0]]


@pytest.mark.models
def test_groups_hold_one_answer_and_passages_without_it(data: Path, tmp_path: Path) -> None:
    groups = list(build_own_groups(data, sources=(Source("tiny", share=1.0, negatives=0.0),), others=2, seed=1))
    assert sorted(group.examples[0].question.rstrip("?") for group in groups) == [
        *("What did they speak about", "What left Ankara", "Where did the first train leave"),
    ]
    for group in groups:
        right, *others = group.examples
        answers = {right.context[start:end] for start, end in right.answers}
        assert answers <= {"the railway to Basra", "Baghdad", "The train to Basra"}
        assert others
        assert all(not e.answers and not any(answer in e.context for answer in answers) for e in others)
        assert all(0 <= score <= 1 for score in group.scores)
    save_groups(groups, tmp_path / "groups.jsonl.gz")
    found: list[Group] = load_groups(tmp_path / "groups.jsonl.gz")
    assert found == groups


def run(monkeypatch: pytest.MonkeyPatch, main: Callable[[], None], *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["prog", *map(str, arguments)])
    main()


def test_a_mixture_is_prepared_with_groups_spread_over_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(examples.MIXTURES, "first", (Source("tiny", share=4.0, negatives=0.0),))
    right = Example("Who met?", "The envoy met.", [(4, 9)], "group")
    wrong = Example("Who met?", "It rained.", [], "group")
    save_groups([Group([right, wrong], [0.75, 0.5])] * 3, tmp_path / "groups.jsonl.gz")
    options = ("--data", data, "--out", tmp_path / "made" / "first.xz", "--groups", tmp_path / "groups.jsonl.gz")
    run(monkeypatch, prepare.main, *options)
    units = load_units(tmp_path / "made" / "first.xz")
    sizes = [len(unit.items) for unit in units]
    assert (sizes.count(1), sizes.count(2)) == (4 * 4, 3)  # four questions, four times each
    assert [unit.scores for unit in units if len(unit.items) == 2] == [[0.75, 0.5]] * 3
    assert max(at for at, size in enumerate(sizes) if size == 2) - min(sizes.index(2), 99) > 5
    run(monkeypatch, prepare.main, *options, "--limit-tokens", 100)
    few = load_units(tmp_path / "made" / "first.xz")
    assert 0 < sum(len(item.ids) for unit in few for item in unit.items) < 250


def test_sentences_of_the_archive_are_asked_of_passages_of_other_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = (
        "The agency wrote on Friday that Okay Memis had met the Iranian envoy about the railway to Basra.",
        "The Iranian envoy was met by Okay Memis to discuss the railway, the agency wrote.",
    )
    (tmp_path / "news").mkdir()
    with gzip.open(tmp_path / "news" / "articles.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"id": str(n), "title": "", "text": text}) + "\n" for n, text in enumerate(texts))
    found = [list(iter_cloze(tmp_path, articles=2, limit=2, seed=seed)) for seed in range(40)]
    answered = [e for made in found for e in made if e.answers]
    assert {e.context for e in answered} == set(texts)
    assert {"Okay Memis", "Iranian"} <= {e.context[start:end] for e in answered for start, end in e.answers}
    one_article = [e for seed in range(40) for e in iter_cloze(tmp_path, articles=1, limit=2, seed=seed)]
    assert any(e.answers for e in one_article)
    run(monkeypatch, prepare.main, "--data", tmp_path, "--out", tmp_path / "cloze.xz", "--cloze", 2, "--seed", 1)
    units = load_units(tmp_path / "cloze.xz")
    assert {item.source for unit in units for item in unit.items} == {"cloze"}


@pytest.mark.models
def test_a_run_learns_stops_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(ENCODER_FOLDER)
    asked = [Example("Who met?", "The envoy met.", [(4, 9)], "made"), Example("Who met?", "It rained.", [], "made")]
    pair = [item for item in encode_examples(asked, tokenizer, max_tokens=32) if item]
    save_units([Unit(pair, [1.0, 0.5]), *(Unit([item], [0.0]) for item in pair)] * 4, tmp_path / "made.xz")
    options = (tmp_path / "made.xz", "--out", tmp_path / "run", "--batch-tokens", 32, "--learning-rate", 1e-3)
    run(monkeypatch, train_reader.main, *options)
    steps = load_state(tmp_path / "run")["step"]
    reader = load_model([tmp_path / "run"]).eval()
    inputs, (starts, _) = collate(pair, torch.device("cpu"))
    with torch.no_grad():
        found = reader(**inputs).start_logits.masked_fill(inputs["attention_mask"] == 0, -1e4)
    assert found.argmax(-1).tolist() == starts.argmax(-1).tolist()  # "envoy", and the first token for "not here"
    before = reader.state_dict()
    words = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(before[words], load_model().state_dict()[words])
    made, calls = collate, 0

    def stop(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == steps - 1:
            raise KeyboardInterrupt
        return made(*arguments)

    again = (*options[:2], tmp_path / "again", *options[3:], "--checkpoint-steps", 2)
    monkeypatch.setattr(train_reader, "collate", stop)
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, train_reader.main, *again)
    monkeypatch.setattr(train_reader, "collate", made)
    at = load_state(tmp_path / "again")["step"]
    assert 0 < at < steps - 1
    run(monkeypatch, train_reader.main, *again)
    assert f"resumed at step {at}" in capsys.readouterr().out
    after = load_state(tmp_path / "again")["model"]
    assert all(torch.equal(weights, after[name]) for name, weights in before.items())
    taught = ("--start", tmp_path / "run", "--teacher-share", 0.5)
    run(monkeypatch, train_reader.main, options[0], "--out", tmp_path / "taught", *options[3:], *taught)
    assert load_state(tmp_path / "taught")["step"] == steps
