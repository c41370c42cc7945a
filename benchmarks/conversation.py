"""Conversations: follow-ups, antecedents, dates, several answers and yes/no questions on the development data.

    python -m benchmarks.conversation [--data ../shared/data] [--dates FILE] [--fit]

Follow-ups are asked with the shipped encoder and reader over a folder of the articles that the data names. ``--fit``
writes the weights of the term selector anew, from all of CAsT 2019; its figures are those of cross-validation by
dialogue.
"""

from __future__ import annotations

import gzip
import json
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from askbrief.answer.agreement import Found, find_agreement
from askbrief.answer.antecedents import find_antecedent
from askbrief.answer.dialogue import build_turn
from askbrief.answer.foci import find_foci
from askbrief.answer.gate import stands_alone
from askbrief.answer.names import is_same
from askbrief.answer.pipeline import READ_PASSAGES
from askbrief.answer.polar import UNREAD_MARGIN, Statement, choose_statement
from askbrief.answer.rewrite import MAX_TURNS, Turn, build_rewrites
from askbrief.answer.terms import Features, build_features, find_terms, split_words
from askbrief.answer.time import find_dates
from askbrief.assistant import Assistant
from askbrief.evaluation.scores import normalise, score_f1
from askbrief.text.segment import find_sentences
from askbrief.types import Answer, Document, Passage, Span
from benchmarks.common import build_parser, save_result

WEIGHTS = Path(__file__).parents[1] / "src" / "askbrief" / "answer" / "term_weights.py"
MIN_F1 = 0.6
"""Words that share less with every accepted answer are wrong."""
ASK_CHARACTERS = 500
FOLDS, SEEDS, STRENGTH, THRESHOLD = 10, 6, 0.01, 0.3
KINDS = {
    "several": "several",
    "changed over time": "changed",
    "corrected in the text": "changed",
    "sources disagree": "differ",
    "agree": "one",
    "agree, one finer": "one",
}
Row = dict[str, Any]
Example = tuple[int, int, str, Features]
"""Dialogue, turn, term and its features."""


def load_rows(data: Path, name: str) -> list[Row]:
    """The rows of ``conversation/{name}.jsonl``."""
    return load_file(data / "conversation" / f"{name}.jsonl")


def load_file(file: Path) -> list[Row]:
    """The rows of a file, one JSON object a line."""
    if not file.is_file():
        raise SystemExit(f"{file} is missing: give the data folder with --data or ASKBRIEF_DATA")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def load_articles(data: Path, rows: Sequence[Row]) -> dict[str, Row]:
    """The articles that ``rows`` name, by id."""
    wanted = {key for row in rows for key in row.get("article_ids", [row.get("article_id")])}
    seed = next((data.parent / "seeds").glob("*.txt")).read_text(encoding="utf-8")
    articles = {"seed": {"id": "seed", "title": "", "date": "2025/05/25", "text": seed}}
    with gzip.open(data / "news" / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles |= {row["id"]: row for row in map(json.loads, lines) if row["id"] in wanted}
    return articles


def save_articles(articles: dict[str, Row], folder: Path) -> None:
    """Writes each article as a file with front matter; the seed as it is."""
    for key, row in articles.items():
        title, day = row["title"].replace('"', ""), row["date"].replace("/", "-")
        head = f'---\ntitle: "{title}"\ndate: {day}\n---\n\n' if key != "seed" else ""
        (folder / f"{key}.{'md' if head else 'txt'}").write_text(head + row["text"], encoding="utf-8")


class Asker:
    """Asks a folder of articles, as it is indexed."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer, after ``history``."""
        return self.assistant.ask(question, history=history, refresh=False)

    def find_statements(self, question: str) -> list[Statement]:
        """The sentences of the passages found, as ``choose_statement`` wants them."""
        hits = self.assistant.search(question, top=READ_PASSAGES, refresh=False)
        pairs = [(self.assistant.load_document(hit.passage.document_id), hit.passage) for hit in hits]
        found: list[tuple[str, float]] = []
        for hit, readings in zip(hits, self.assistant.reader.read(question, pairs), strict=True):
            for sentence in find_sentences(hit.passage.text):
                place = Span(sentence.start + hit.passage.span.start, sentence.end + hit.passage.span.start)
                margins = [reading.margin for reading in readings if reading.span.overlaps(place)]
                found.append((sentence.of(hit.passage.text), max(margins, default=UNREAD_MARGIN)))
        encoder = self.assistant.encoder
        asked = encoder.encode_question(question)
        vectors = encoder.encode_passages([text for text, _ in found])
        return [Statement(text, margin, float(v @ asked)) for (text, margin), v in zip(found, vectors, strict=True)]


def is_right(answer: Answer, accepted: Sequence[str]) -> bool:
    """Whether an accepted answer or nearly one is given; with none accepted, whether none is.

    The sentence that is given for a yes/no question may hold more than the accepted words.
    """
    if not accepted or not answer.answered:
        return not accepted and not answer.answered
    if answer.outcome == "statement" and any(normalise(one) in normalise(answer.text) for one in accepted):
        return True
    return normalise(answer.text) in map(normalise, accepted) or score_f1(answer.text, accepted) >= MIN_F1


def measure_dialogues(asker: Asker, rows: Sequence[Row]) -> Row:
    """Follow-ups answered right, in percent, as typed, rewritten, and as written by hand to stand alone."""
    right: dict[str, list[bool]] = {"as typed": [], "rewritten": [], "written by hand": []}
    carried: list[bool] = []
    followed: list[tuple[Answer, Answer, bool, bool]] = []
    for row in rows:
        history: list[Turn] = []
        for turn in row["turns"]:
            asked, alone = turn["utterance"], turn["standalone"]
            answer = asker.ask(asked, history)
            if history and asked.lower() != alone.lower():
                by_hand = asker.ask(alone)
                outcomes = [is_right(one, turn["answers"]) for one in (asker.ask(asked), answer, by_hand)]
                for found, outcome in zip(right.values(), outcomes, strict=True):
                    found.append(outcome)
                followed.append((answer, by_hand, outcomes[1], outcomes[2]))
            elif history:
                carried.append(answer.how != "as typed")
            history.append(build_turn(answer))
    return {
        **{f"follow-ups right, {name}": percent(outcomes) for name, outcomes in right.items()},
        "follow-ups": len(followed),
        "self-contained turns": len(carried),
        "of them rewritten": sum(carried),
        "confidence": {
            name: describe_confidence([one for one in followed if (len(one[0].rewrites) > 1) == is_several])
            for name, is_several in (("one rewrite or none", False), ("of several rewrites", True))
        },
    }


def describe_confidence(followed: Sequence[tuple[Answer, Answer, bool, bool]]) -> Row:
    """Mean confidence and right answers, in percent, of follow-ups and of the same questions written by hand."""
    return {
        "follow-ups": len(followed),
        "confidence": round(100 * float(np.mean([one.confidence for one, *_ in followed])), 1),
        "right": percent([is_right for *_, is_right, _ in followed]),
        "confidence by hand": round(100 * float(np.mean([other.confidence for _, other, *_ in followed])), 1),
        "right by hand": percent([is_right for *_, is_right in followed]),
    }


def measure_cost(asker: Asker, rows: Sequence[Row]) -> Row:
    """Milliseconds of a follow-up and, in turns, of the question that was searched for it, asked by itself; medians."""
    times: list[tuple[int, float, float]] = []
    for row in rows:
        history: list[Turn] = []
        for turn in row["turns"]:
            began = perf_counter()
            answer = asker.ask(turn["utterance"], history)
            middle = perf_counter()
            asker.ask(answer.searched)
            if answer.rewrites:
                times.append((len(answer.rewrites), 1000 * (middle - began), 1000 * (perf_counter() - middle)))
            history.append(build_turn(answer))
    groups = {"all": times, "one rewrite": [one for one in times if one[0] == 1]}
    groups["several"] = [one for one in times if one[0] > 1]
    return {
        name: {
            "follow-ups": len(group),
            "follow-up ms": round(median(one[1] for one in group)),
            "question ms": round(median(one[2] for one in group)),
            "median ratio": round(median(one[1] / one[2] for one in group), 2),
        }
        for name, group in groups.items()
    }


def measure_cast(rows: Sequence[Row], *, fit: bool) -> Row:
    """Term F1 of the rules and, by cross-validation over dialogues, of the selector, in percent."""
    examples: list[Example] = []
    gold: list[set[str]] = []
    ruled: list[set[str]] = []
    for row in rows:
        history: list[Turn] = []
        for turn in row["turns"]:
            asked = turn["utterance"]
            if history:
                recent, rules = history[-MAX_TURNS:][::-1], build_rewrites(asked, history)
                earlier = {term for past in history for term in find_terms(past.asked)} - find_terms(asked)
                rest = {"foci": find_foci(recent), "stands_alone": stands_alone(asked, recent, is_continued=False)}
                features = build_features(asked, history, rules=rules, **rest)
                examples += [(row["id"], len(gold), term, values) for term, values in features.items()]
                gold.append(find_terms(turn["rewrite"]) & earlier)
                ruled.append(find_terms(rules[0].text) & earlier if rules else set())
            rules = build_rewrites(asked, history)
            text, focus = (rules[0].text, rules[0].focus) if rules else (asked, "")
            history.append(Turn(asked, text, (), focus))
    scores = [score_terms(select(examples, gold, seed), gold) for seed in range(SEEDS)]
    if fit:
        save_weights(examples, gold)
    typed = [f1(split_words(t["utterance"]), split_words(t["rewrite"])) for r in rows for t in r["turns"][1:]]
    return {
        "token F1 as typed": round(100 * float(np.mean(typed)), 1),
        "term F1, first rule": score_terms(ruled, gold),
        "term F1, selector, cross-validated": round(float(np.mean(scores)), 1),
        "lowest and highest over seeds": [min(scores), max(scores)],
    }


def f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of two lists of words, without case."""
    one, other = (Counter(word.lower() for word in words) for words in (found, wanted))
    return 2 * sum((one & other).values()) / max(1, sum(one.values()) + sum(other.values()))


def score_terms(chosen: Sequence[set[str]], gold: Sequence[set[str]]) -> float:
    """F1 of terms over all turns together, in percent."""
    right = sum(len(a & b) for a, b in zip(chosen, gold, strict=True))
    return round(200 * right / max(1, sum(map(len, chosen)) + sum(map(len, gold))), 1)


def as_matrix(examples: Sequence[Example], gold: Sequence[set[str]]) -> tuple[list[str], Any, Any]:
    """The names of the features, their values, shape (terms, features), and whether each term is wanted."""
    names = sorted({name for *_, values in examples for name in values})
    matrix = np.array([[values.get(name, 0.0) for name in names] for *_, values in examples])
    return names, matrix, np.array([term in gold[turn] for _, turn, term, _ in examples])


def select(examples: Sequence[Example], gold: Sequence[set[str]], seed: int) -> list[set[str]]:
    """The terms that a selector trained on the other dialogues takes."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    _, matrix, wanted = as_matrix(examples, gold)
    dialogue = np.array([key for key, *_ in examples])
    order = np.random.default_rng(seed).permutation(sorted(set(dialogue.tolist())))
    chosen: list[set[str]] = [set() for _ in gold]
    for fold in range(FOLDS):
        held = np.isin(dialogue, order[fold::FOLDS])
        model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=3000))
        model.fit(matrix[~held], wanted[~held])
        for place, share in zip(np.flatnonzero(held), model.predict_proba(matrix[held])[:, 1], strict=True):
            if share >= THRESHOLD:
                chosen[examples[place][1]].add(examples[place][2])
    return chosen


def save_weights(examples: Sequence[Example], gold: Sequence[set[str]]) -> None:
    """Writes the weights of a selector trained on all dialogues into the package."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    names, matrix, wanted = as_matrix(examples, gold)
    scaler = StandardScaler().fit(matrix)
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(scaler.transform(matrix), wanted)
    weights = model.coef_[0] / scaler.scale_
    offset = model.intercept_[0] - weights @ scaler.mean_ - math.log(THRESHOLD / (1 - THRESHOLD))
    lines = [f'    "{name}": {weight:.2f},' for name, weight in zip(names, weights, strict=True)]
    text = WEIGHTS.read_text(encoding="utf-8")
    head = text[: text.index("OFFSET")]
    note = text[text.index('"""', len(head)) : text.index("WEIGHTS")]
    text = "\n".join([f"{head}OFFSET = {offset:.2f}", f"{note}WEIGHTS = {{", *lines, "}", ""])
    WEIGHTS.write_text(text, encoding="utf-8")


def measure_antecedents(asker: Asker, rows: Sequence[Row], articles: dict[str, Row]) -> Row:
    """Mentions given the right name, a wrong one, or one where there is none."""
    right, wrong = [], 0
    for row in rows:
        text = articles[row["article_id"]]["text"]
        mention = Span(row["mention_start"], row["mention_start"] + len(row["mention"]))
        found = find_antecedent(text, mention, ask=build_ask(asker, text))
        if row["antecedent"] is not None:
            right.append(found is not None and is_same(found.name, row["antecedent"]))
        wrong += found is not None and not (row["antecedent"] and is_same(found.name, row["antecedent"]))
    precision = round(sum(right) / max(1, sum(right) + wrong), 3)
    return {"named": len(right), "right": sum(right), "wrong": wrong, "precision": precision}


def build_ask(asker: Asker, text: str) -> Callable[[str, Span], Sequence[tuple[Span, float]]]:
    """What reads a part of ``text`` in passages of whole paragraphs."""
    document = Document("", "", text, None, ("",))

    def ask(question: str, part: Span) -> Sequence[tuple[Span, float]]:
        pairs = [(document, Passage("", span, span.of(text))) for span in cut(text, part)]
        readings = [reading for found in asker.assistant.reader.read(question, pairs) for reading in found]
        return sorted(((r.span, r.margin) for r in readings), key=lambda pair: -pair[1])

    return ask


def cut(text: str, part: Span) -> Iterator[Span]:
    """Parts of whole paragraphs, each as short as ``ASK_CHARACTERS`` allows."""
    start = at = part.start
    while at < part.end:
        found = text.find("\n\n", at, part.end)
        at = found + 2 if found >= 0 else part.end
        if at - start >= ASK_CHARACTERS or at == part.end:
            yield Span(start, at)
            start = at


def measure_dates(rows: Sequence[Row], articles: dict[str, Row]) -> Row:
    """Expressions whose days are right (one of two), wrong or passed over, in percent; silence is right where vague."""
    outcomes: Counter[str] = Counter()
    for row in rows:
        text, day = articles[row["article_id"]]["text"], date.fromisoformat(row["dateline"])
        place = Span(row["start"], row["start"] + len(row["expression"]))
        around = Span(max(0, place.start - 60), min(len(text), place.end + 60))
        found = [m for m in find_dates(text, article=day, within=around) if m.span.overlaps(place)]
        said = {str(p.first) if p.first == p.last else f"{p.first}/{p.last}" for m in found for p in m.periods}
        is_found = row["resolved"] in said or (row["resolved"] is None and not said)
        outcomes["right" if is_found else "wrong" if said else "silent"] += 1
    return {name: round(100 * count / len(rows), 1) for name, count in outcomes.items()}


def measure_agreement(rows: Sequence[Row], articles: dict[str, Row]) -> Row:
    """Kinds told right, in percent, and agreeing answers shown as a conflict."""
    right, false = [], 0
    for row in rows:
        found = []
        for answer in row["answers"]:
            text = articles[answer["article_id"]]["text"]
            sentence = next(s for s in find_sentences(text) if s.start <= answer["start"] < s.end).of(text)
            day = date.fromisoformat(answer["date"])
            found.append(Found(answer["text"], sentence, answer["article_id"], day, 1.0, answer["start"]))
        kind = find_agreement(row["question"], found).kind
        right.append(kind == KINDS[row["kind"]])
        false += KINDS[row["kind"]] == "one" and kind in ("changed", "differ")
    return {"kinds right": percent(right), "false conflicts": false}


def measure_polar(asker: Asker, rows: Sequence[Row]) -> Row:
    """Questions with the right sentence, or silence where nothing is said, in percent."""
    right = []
    for row in rows:
        statements = asker.find_statements(row["question"])
        place = choose_statement(row["question"], statements)
        said = normalise(statements[place].text) if place is not None else ""
        wanted = normalise(row["evidence"] or "")
        right.append(bool(said) == bool(wanted) and (wanted in said or said in wanted))
    return {"right": percent(right)}


def percent(outcomes: Sequence[bool]) -> float:
    """The share of true outcomes in percent."""
    return round(100 * sum(outcomes) / max(1, len(outcomes)), 1)


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--dates", type=Path, help="further dates, in the form of dates.jsonl")
    parser.add_argument("--fit", action="store_true", help="write the weights of the term selector anew")
    arguments = parser.parse_args()
    data: Path = arguments.data
    names = ("dialogues", "antecedents", "dates", "multi", "yesno")
    articles = load_articles(data, [row for name in names for row in load_rows(data, name)])
    figures: Row = {
        "CAsT 2019": measure_cast(load_rows(data, "cast2019"), fit=arguments.fit),
        "dates": measure_dates(load_rows(data, "dates"), articles),
        "agreement": measure_agreement(load_rows(data, "multi"), articles),
    }
    if arguments.dates:
        further = load_file(arguments.dates)
        figures["dates of other articles"] = measure_dates(further, load_articles(data, further))
    with tempfile.TemporaryDirectory() as scratch:
        (folder := Path(scratch) / "seeds").mkdir()
        save_articles(articles, folder)
        with Assistant.open(scratch) as assistant:
            assistant.update()
            asker = Asker(assistant)
            figures["dialogues"] = measure_dialogues(asker, load_rows(data, "dialogues"))
            figures["cost"] = measure_cost(asker, load_rows(data, "dialogues"))
            figures["antecedents"] = measure_antecedents(asker, load_rows(data, "antecedents"), articles)
            figures["yes/no"] = measure_polar(asker, load_rows(data, "yesno"))
    save_result("conversation", figures)


if __name__ == "__main__":
    main()
