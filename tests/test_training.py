"""The training examples say what they should; all that is trained here are a few steps."""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from askbrief import Assistant
from askbrief.types import Document
from training import prepare
from training.altering import Exchange, alter_question, find_exchange, find_names
from training.cloze import PassagePool, ask, find_gaps, iter_cloze, make_examples
from training.contexts import Context, Crops, Draft, finish, take_out_answers
from training.example import JOINED, Example
from training.examples import (
    NegativePool,
    as_typed,
    build_contrasts,
    build_examples,
    find_negative,
    iter_drafts,
    join_questions,
)
from training.groups import Group, build_own_groups, load_groups, save_groups
from training.mixtures import PASSIVES, Source
from training.pairs import FILES, iter_pairs, load_pairs, load_questions, save_pairs
from training.passives import find_questions
from training.units import load_units

STORY = (
    "Okay Memis met the Iranian envoy in Ankara in 2025. They spoke about the railway to Basra. "
    "The first train left Baghdad in 1940. Turkish papers did not write about the meeting."
)


class Throws(random.Random):
    """Chance that is known: every chance is the same, and what is drawn is always the first, or always the last."""

    def __init__(self, chance: float = 0.5, *, last: bool = False) -> None:
        super().__init__(0)
        self.chance, self.last = chance, last

    def random(self) -> float:
        return self.chance

    def choice(self, seq: Any) -> Any:
        return seq[-1 if self.last else 0]

    def sample(self, population: Any, k: int, **_: Any) -> list[Any]:
        return list(population)[-k:] if self.last else list(population)[:k]

    def randint(self, a: int, b: int) -> int:
        return b if self.last else a

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        first, behind = (0, start) if stop is None else (start, stop)
        return behind - 1 if self.last else first

    def uniform(self, a: float, b: float) -> float:
        return b if self.last else a

    def shuffle(self, x: Any) -> None:
        """Leave it as it is."""


Asked = tuple[str, str, list[str], list[str]]


def alter(question: str, *, answers: list[str], others: tuple[str, ...] = ()) -> set[str]:
    """All that comes out of forty throws."""
    found = {alter_question(question, STORY, answers, list(others), random.Random(seed)) for seed in range(40)}
    return {text for text in found if text is not None}


def test_a_number_becomes_one_a_little_less_or_more() -> None:
    asked: Asked = ("Which train left in 1940?", STORY, ["first train"], [])
    assert alter_question(*asked, Throws()) == "Which train left in 1939?"
    assert alter_question(*asked, Throws(last=True)) == "Which train left in 1980?"  # by 40 at most


def test_a_name_becomes_another_that_is_no_answer() -> None:
    asked: Asked = ("Whom did Memis meet?", STORY, ["the Iranian envoy"], ["New York City Council", "Zahedan"])
    assert alter_question(*asked, Throws(0.0)) == "Whom did Ankara meet?"  # the context's first name is the answer
    assert alter_question(*asked, Throws(0.9, last=True)) == "Whom did Zahedan meet?"
    assert alter_question(*asked[:3], asked[3][:1], Throws(0.9)) == "Whom did Memis not meet?"  # too long a name


def test_a_word_becomes_its_opposite() -> None:
    asked: Asked = ("Where did the first train leave?", STORY, ["Baghdad"], [])
    assert alter_question(*asked, Throws()) == "Where did the last train leave?"


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


@pytest.mark.parametrize(("last", "other"), [(False, "envoy"), (True, "railway")])
def test_contrasts_have_an_answer_where_both_sides_fit(last: bool, other: str) -> None:
    context = Context("The train", STORY, "tiny")
    at = STORY.index("Baghdad")
    made = build_contrasts("Where did the first train leave?", context, [(at, at + 7)], names=[], rng=Throws(last=last))
    exchanged = STORY.replace("train", "-").replace(other, "train").replace("-", other)
    moved = exchanged.index("Baghdad")
    assert [(d.question, d.context.title, d.context.text, d.answers, d.anchor) for d in made] == [
        (f"Where did the first {other} leave?", "The train", STORY, [], (at, at + 7)),
        ("Where did the first train leave?", f"The {other}", exchanged, [], (moved, moved + 7)),
        (f"Where did the first {other} leave?", f"The {other}", exchanged, [(moved, moved + 7)], None),
    ]


def test_a_question_may_ask_who_for_what() -> None:
    assert as_typed("What destroyed the bridge?", Throws(0.25)) == "Who destroyed the bridge"
    assert as_typed("What destroyed the bridge?", Throws(0.5)) == "What destroyed the bridge?"
    assert as_typed("What did it?", Throws(0.25)) == "What did it"
    assert as_typed("Which bridge fell?", Throws(0.0)) == "Whic hbridge fell"  # two letters changed places
    assert as_typed("Who fell?", Throws(0.0)) == "Who fell"  # too short for that


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
    text = "The letter was written by the poet Okay Memis."
    rows = [{"id": "a", "title": "Iraq", "text": text}, {"id": "b", "title": "Nothing", "text": "It rained."}]
    with gzip.open(folder / "articles.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    (example,) = build_examples(tmp_path, seed=1, sources=(Source(PASSIVES, share=1.0, has_titles=True),))
    ((start, end),) = example.answers
    assert example.context[start:end] == "poet Okay Memis"
    assert example.context.removeprefix("Iraq | ") == text
    assert example.source == PASSIVES


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


SHORT = "The train to Basra left Ankara."
FERRY = "What left the harbour was a ferry."
POOL = [Context("Trains", SHORT, "tiny"), Context("Ferries", FERRY, "tiny")]
ASKED = {"question": "What left Ankara?", "answers": [[0, "The train to Basra"]]}


def test_every_question_is_asked_as_often_as_its_source_says(data: Path) -> None:
    source = Source("tiny", share=3.0, negatives=1.0, has_titles=True, among=1.0, unanswerable=2)
    examples = build_examples(data, seed=3, sources=(source,))
    told = [[e.context[s:t] for s, t in e.answers] for e in examples]
    assert [told.count([text]) for text in ("the railway to Basra", "Baghdad", "The train to Basra")] == [3, 3, 3]
    assert told.count([]) == len(examples) - 9
    lacking = [e for e in examples if e.context.removeprefix("Ferries | ") == FERRY]
    assert sum(e.question.startswith("Who s") for e in lacking) == 3 * 2  # "Who sank?" is never mistyped
    assert {e.context.split(" | ")[0] for e in examples if " | " in e.context} <= {"A visit", "Trains", "Ferries"}


@pytest.mark.parametrize(
    ("last", "text", "at"), [(False, f"{SHORT} {FERRY}", 0), (True, f"{FERRY} {SHORT}", len(FERRY) + 1)]
)
def test_a_sentence_is_put_among_others_with_its_answer(last: bool, text: str, at: int) -> None:
    drafts = iter_drafts(
        ASKED, POOL[0], [ASKED], Source("tiny", share=1.0, among=1.0), pool=NegativePool(POOL), names=[],
        rng=Throws(last=last),
    )  # fmt: skip
    assert list(drafts) == [Draft("What left Ankara?", Context("", text, "tiny"), [(at, at + 18)])]


def test_a_negative_is_the_question_altered_or_a_context_without_the_answer() -> None:
    context, at = Context("A visit", STORY, "tiny"), STORY.index("Baghdad")
    question = "Where did the first train leave?"

    def find(chance: float) -> Draft | None:
        answers = [(at, at + 7)]
        return find_negative(question, context, answers, pool=NegativePool(POOL), names=[], rng=Throws(chance))

    assert find(0.3) == Draft("Where did the last train leave?", context, [], (at, at + 7))
    rest = STORY.replace("The first train left Baghdad in 1940. ", "")
    assert find(0.5) == Draft(question, Context("A visit", rest, "tiny"), [])
    assert find(0.7) == Draft(question, POOL[0], [])  # it shares "train"
    assert NegativePool(POOL).find(question, without=["basra"], own=STORY) == [POOL[1]]  # it shares "the"
    assert NegativePool(POOL).find(question, without=["basra", "ferry"], own=STORY) == []


def test_sentences_with_the_answer_are_taken_out_if_two_are_left() -> None:
    rest = "They spoke about the railway to Basra. Turkish papers did not write about the meeting."
    assert take_out_answers(STORY, ["ankara", "baghdad"]) == rest
    assert take_out_answers(STORY, ["ankara", "baghdad", "turkish"]) == ""
    assert take_out_answers(STORY, ["izmir"]) == ""


def test_a_crop_keeps_whole_sentences_around_the_answer() -> None:
    at = STORY.index("Baghdad")  # the sentences have 10, 7, 7 and 8 words
    draft = Draft("Where?", Context("A visit", STORY, "tiny"), [(at, at + 7)])
    cut = finish(draft, Crops(max_words=15, middling=15, share=0.0), Throws())
    assert cut.context == "They spoke about the railway to Basra. The first train left Baghdad in 1940. "
    assert [cut.context[s:t] for s, t in cut.answers] == ["Baghdad"]
    cut = finish(draft, Crops(max_words=15, middling=15, share=0.0), Throws(0.4, last=True))
    assert cut.context == (
        "A visit | The first train left Baghdad in 1940. Turkish papers did not write about the meeting."
    )
    assert [cut.context[s:t] for s, t in cut.answers] == ["Baghdad"]
    whole = finish(draft, Crops(max_words=32, middling=9, share=0.5), Throws())
    assert (whole.context, whole.words) == (STORY, 32)


def test_equal_seeds_give_equal_lists(data: Path) -> None:
    sources = (Source("tiny", share=3.0, negatives=0.5, among=0.5),)
    assert build_examples(data, seed=5, sources=sources) == build_examples(data, seed=5, sources=sources)
    assert build_examples(data, seed=5, sources=sources) != build_examples(data, seed=6, sources=sources)


def test_two_questions_are_joined_in_a_sentence() -> None:
    assert join_questions("Who met Memis? ", "Where did they meet?") == "Who met Memis, or where did they meet?"


def test_joined_questions_have_the_answers_of_both() -> None:
    railway, baghdad = "the railway to Basra", "Baghdad"
    qas = [
        {"question": "What did they speak about?", "answers": [[STORY.index(railway), railway]]},
        {"question": "Where did the first train leave?", "answers": [[STORY.index(baghdad), baghdad]]},
    ]
    source = Source("tiny", share=1.0, joined=1.0)
    (draft,) = iter_drafts(
        qas[0], Context("", STORY, "tiny"), qas, source, pool=NegativePool(POOL), names=[], rng=Throws(last=True)
    )
    assert draft.question == "What did they speak about, or where did the first train leave?"
    assert [STORY[s:t] for s, t in draft.answers] == [railway, baghdad]
    assert draft.context.source == JOINED


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
    assert ask(sentence, who, Throws(0.5)) == "Who met the envoy in Ankara, the agency said?"
    assert ask(sentence, who, Throws(0.35)) == "What met the envoy in Ankara?"  # the clause alone, "what" for "who"
    assert ask(sentence, who, Throws(0.1)) == "[MASK] met the envoy in Ankara"
    assert ask(sentence, where, Throws(0.5)) == "Where Okay Memis met the envoy, the agency said?"
    assert ask(sentence, where, Throws(0.35)) == "Where Okay Memis met the envoy?"


def test_a_cloze_question_gets_a_passage_that_answers_it_and_one_that_does_not() -> None:
    report = "The agency wrote on Friday that Okay Memis had met the Iranian envoy about the railway to Basra."
    other = "The Iranian envoy spoke about the railway to Basra, the agency wrote on Friday."
    documents = [Document(str(at), "A visit", text, None, (f"{at}.txt",)) for at, text in enumerate((report, other))]
    pool = PassagePool(documents)
    sentence = "The Iranian envoy was met by Okay Memis to discuss the railway, the agency wrote."
    right, wrong = make_examples(sentence, pool, Throws(0.25, last=True))  # the last gap is "Okay Memis"
    question = "The Iranian envoy was met by what to discuss the railway"
    at = report.index("Okay Memis")
    assert (right.question, right.context, right.answers) == (question, report, [(at, at + 10)])
    assert (wrong.question, wrong.context, wrong.answers) == (question, other, [])
    (titled,) = make_examples(sentence, pool, Throws(0.5))  # the first is "Iranian"; no passage lacks it
    at = titled.context.index("Iranian")
    assert (titled.context, titled.answers) == (f"A visit | {report}", [(at, at + 7)])
    assert make_examples("nobody said anything about it at all.", pool, Throws()) == []


@pytest.mark.models
def test_groups_hold_one_answer_and_passages_without_it(data: Path, tmp_path: Path) -> None:
    groups = list(build_own_groups(data, sources=(Source("tiny", share=1.0),), others=2, seed=1))
    told = {
        group.examples[0].question.rstrip("?"): [
            ([e.context[s:t] for s, t in e.answers], e.context) for e in group.examples
        ]
        for group in groups
    }
    assert {question: [answers for answers, _ in shown] for question, shown in told.items()} == {
        "What did they speak about": [["the railway to Basra"], [], []],
        "What left Ankara": [["The train to Basra"], [], []],
        "Where did the first train leave": [["Baghdad"], [], []],
    }
    assert {question: {context for answers, context in shown if answers} for question, shown in told.items()} == {
        "What did they speak about": {STORY},
        "What left Ankara": {SHORT},
        "Where did the first train leave": {STORY},
    }
    assert all(0 <= score <= 1 for group in groups for score in group.scores)
    save_groups(groups, tmp_path / "groups.jsonl.gz")
    found: list[Group] = load_groups(tmp_path / "groups.jsonl.gz")
    assert found == groups


@pytest.mark.models
def test_questions_are_paired_with_the_passages_that_retrieval_finds(tmp_path: Path) -> None:
    (tmp_path / "visit.md").write_text(f"# A visit\n\n{STORY}\n", encoding="utf-8")
    (tmp_path / "ferry.md").write_text(f"# Ferries\n\n{FERRY}\n", encoding="utf-8")
    questions = ["What left the harbour?", " ", "Who spoke about the railway to Basra?"]
    with Assistant.open(tmp_path) as assistant:
        list(assistant.refresh())
        pairs = list(iter_pairs(assistant, questions, passages=1, rng=Throws()))
    save_pairs(pairs, tmp_path / "pairs.jsonl.gz")
    assert load_pairs(tmp_path / "pairs.jsonl.gz") == pairs
    assert [(pair.question, pair.source) for pair in pairs] == [
        ("What left the harbour?", "archive"),
        ("Who spoke about the railway to Basra?", "archive"),
    ]
    assert [pair.context.split(" | ")[0] for pair in pairs] == ["Ferries", "A visit"]
    assert pairs[0].context.endswith(FERRY)
    assert pairs[1].context.endswith(STORY)


def test_questions_without_paragraphs_are_asked_beside_those_of_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "reader" / "train"
    folder.mkdir(parents=True)
    for name in FILES:
        row = {"source": name, "title": "", "context": "", "qas": [{"question": f"Who  wrote {name}?", "answers": []}]}
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    lacking = [{"question": "Who met?", "answer": "Memis"}, {"question": "Who wrote qed?", "answer": "Ann"}]
    text = "\n".join(json.dumps(row) for row in lacking)
    (tmp_path / "reader" / "train_questions.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    assert load_questions(tmp_path) == [*(f"Who wrote {name}?" for name in FILES), "Who met?"]


def run(monkeypatch: pytest.MonkeyPatch, main: Callable[[], None], *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["prog", *map(str, arguments)])
    main()


def test_a_mixture_is_prepared_with_groups_spread_over_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "load_mixtures", lambda: {"first": (Source("tiny", share=4.0),)})
    right = Example("Who met?", "The envoy met.", [(4, 9)], "group")
    wrong = Example("Who met?", "It rained.", [], "group")
    save_groups([Group([right, wrong], [0.75, 0.5])] * 3, tmp_path / "groups.jsonl.gz")
    options = ("--data", data, "--out", tmp_path / "made" / "first.xz", "--groups", tmp_path / "groups.jsonl.gz")
    run(monkeypatch, prepare.main, *options)
    units = load_units(tmp_path / "made" / "first.xz")
    sizes = [len(unit.items) for unit in units]
    assert (sizes.count(1), sizes.count(2)) == (4 * 4, 3)  # four questions, four times each
    assert [unit.scores for unit in units if len(unit.items) == 2] == [[0.75, 0.5]] * 3
    before = [sizes[:at].count(1) for at, size in enumerate(sizes) if size == 2]
    # A group stands at a random place of its third of the list, a question at one of its sixteenth.
    assert before[0] in range(7)
    assert before[1] in range(5, 12)
    assert before[2] in range(10, 17)
    run(monkeypatch, prepare.main, *options, "--limit-tokens", 100)
    tokens = sum(len(item.ids) for unit in units for item in unit.items)
    throws = random.Random(1)
    kept = [unit for unit in units if throws.random() < 100 / tokens]
    few = load_units(tmp_path / "made" / "first.xz")
    assert [[item.ids.tolist() for item in unit.items] for unit in few] == [
        [item.ids.tolist() for item in unit.items] for unit in kept
    ]


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

    def make(chance: float, *, articles: int) -> list[tuple[str, str, list[str]]]:
        with monkeypatch.context() as patch:
            patch.setattr("training.cloze.random.Random", lambda _: Throws(chance, last=True))
            made = list(iter_cloze(tmp_path, articles=articles, limit=2, seed=0))
        return [(e.question, e.context, [e.context[start:end] for start, end in e.answers]) for e in made]

    # The last name of each sentence is asked for: "Basra", which the other article lacks, and "Okay Memis".
    basra = "The agency wrote on Friday that Okay Memis had met the Iranian envoy about the railway where"
    memis = "The Iranian envoy was met by what to discuss the railway"
    assert make(0.5, articles=2) == [
        ("Who The Iranian envoy was met by to discuss the railway, the agency wrote?", texts[0], ["Okay Memis"])
    ]
    assert make(0.25, articles=2) == [  # here a sentence may be asked of the passage that it stands in
        (basra, texts[0], ["Basra"]),
        (basra, texts[1], []),
        (memis, texts[1], ["Okay Memis"]),
    ]
    assert make(0.25, articles=1) == [(basra, texts[0], ["Basra"]), (memis, texts[0], ["Okay Memis"])]
    run(monkeypatch, prepare.main, "--data", tmp_path, "--out", tmp_path / "cloze.xz", "--cloze", 2, "--seed", 1)
    units = load_units(tmp_path / "cloze.xz")
    assert {item.source for unit in units for item in unit.items} == {"cloze"}
