"""Evaluation: cases from every form, what is refused, each figure by hand, and where questions are lost."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import conftest
import numpy as np
import platformdirs
import pytest
from conftest import ONLY_MARGINS, FakeEncoder, FakeReader

from askbrief import Assistant, assistant
from askbrief.cli.main import run
from askbrief.conversations.saved import Conversations
from askbrief.errors import EvaluationError
from askbrief.evaluation.calibrate import calibrate, choose_threshold, fit_curve
from askbrief.evaluation.cases import Case, Dialogue, load_dialogues
from askbrief.evaluation.check import find_missing
from askbrief.evaluation.figures import build_figures, find_calibration_error, find_share
from askbrief.evaluation.measure import Result, iter_results
from askbrief.evaluation.report import find_changes
from askbrief.models.calibration import Calibration
from askbrief.output.evaluation import find_worst
from askbrief.types import Document, Passage, Reading

SURE = 1 / (1 + math.exp(-5))
"""The confidence of everything that the fake reader finds."""


def save_lines(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return file


def ask(question: str, *answers: str, **more: Any) -> dict[str, Any]:
    return {"question": question, "answers": list(answers), **more}


FOUR = (
    ask("the drone in Ankara", "Okay"),
    ask("the drone in Ankara?", "Okay Memis", path="a.txt"),
    ask("the drone in Ankara!", "Ankara"),
    ask("the drone in Ankara...", path=""),
)
"""Questions that the fake reader answers with "Okay": right; right, F1 2/3; wrong; not there."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The conversations are saved here."""
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "home")
    return tmp_path / "home"


def make_result(name: str, **fields: Any) -> Result:
    """A right answer, but for ``fields``."""
    return replace(
        Result(
            name=name, dialogue=0, question=name, searched=name, answers=("Ankara",), found="Ankara", path="a.txt",
            confidence=0.9, strength=2.0, is_best_right=True, is_right=True, f1=1.0, best_f1=1.0, rank=1, lost="",
            milliseconds=10.0,
        ),
        **fields,
    )  # fmt: skip


def measure(articles: Path, *cases: Case) -> list[Result]:
    """The results of one dialogue."""
    with Assistant.open(articles, encoder=FakeEncoder(), reader=FakeReader()) as opened:
        opened.update()
        return list(iter_results(opened, [cases]))


def find_names(dialogues: list[Dialogue]) -> list[list[str]]:
    return [[case.name for case in dialogue] for dialogue in dialogues]


def test_lines_hold_questions_and_dialogues(tmp_path: Path) -> None:
    turns = [
        {"utterance": "who?", "answers": ["Okay"]},
        {"question": "where?", "answers": [], "standalone": "where  x?"},
    ]
    file = save_lines(
        tmp_path, ask("  who  met? ", "Okay", "Okay", "Memis", path="a.txt"), {"turns": turns}, ask("who?")
    )
    one, two, three = load_dialogues(file)
    assert one == (Case("who met?", "who met?", ("Okay", "Memis"), path="a.txt"),)
    assert two == (Case("who?", "who?", ("Okay",)), Case("who? > where?", "where?", (), standalone="where x?"))
    assert three == (Case("who? #2", "who?", ()),)


def test_squad_holds_questions_with_and_without_answers(tmp_path: Path) -> None:
    file = tmp_path / "squad.json"
    qas = [
        {"id": "1", "question": "who?", "answers": [{"text": "Okay", "answer_start": 4}, {"text": "Okay"}]},
        {"id": "2", "question": "why?", "answers": [], "is_impossible": True, "plausible_answers": [{"text": "Okay"}]},
    ]
    whole = {"version": "v2.0", "data": [{"title": "A", "paragraphs": [{"context": "Met Okay.", "qas": qas}]}]}
    file.write_text("\ufeff" + json.dumps(whole, indent=1), encoding="utf-8")
    assert load_dialogues(file) == [(Case("who?", "who?", ("Okay",)),), (Case("why?", "why?", ()),)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds no questions"),
        (b"\n\n", "holds no questions"),
        (b"who met Okay Memis?", "line 1 cannot be read"),
        (b'{"question": "who?", "answers": []}\n{"question": "who?"}', "line 2 has neither answers nor turns"),
        (b'{"question": "who?", "answers": "Okay"}', "line 1 cannot be read"),
        (b'{"question": " ", "answers": []}', "line 1: the question is empty"),
        (b'{"question": "who? since:never", "answers": []}', "line 1: "),
        (b'{"turns": [{"utterance": "who?", "standalone": "?!", "answers": []}]}', "line 1: the question is empty"),
        (b'{"question": "who?", "answers": [" "]}', "line 1 has an empty answer"),
        (b'{"question": "\xff?", "answers": []}', "line 1 cannot be read"),
        (b"[" * 100_000, "line 1 cannot be read"),
        (b'{"data": 5}', "is not in SQuAD form"),
        (b'{"data": [{"paragraphs": [{"qas": [{"question": "who?"}]}]}]}', "question 1 has no answers"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    file = tmp_path / "questions"
    file.write_bytes(data)
    with pytest.raises(EvaluationError, match=message) as caught:
        load_dialogues(file)
    assert caught.value.hint


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="does not exist"):
        load_dialogues(tmp_path / "gone")
    with pytest.raises(EvaluationError, match="is not a file"):
        load_dialogues(tmp_path)


def test_answers_and_files_that_the_folder_does_not_have_are_missing(articles: Path) -> None:
    cases = (
        Case("1", "q", ("met Okay\n Memis", "Okay memis")),
        Case("2", "q", ("Okay",), path="b.md"),
        Case("3", "q", ("Okay",), path="c.txt"),
        Case("4", "q", ()),
        Case("5", "q", None),
    )
    with Assistant.open(articles, encoder=FakeEncoder(), reader=FakeReader()) as opened:
        opened.update()
        missing = find_missing([cases], opened.iter_documents())
    assert [(item.case.name, item.path, item.answer) for item in missing] == [
        ("1", "", "Okay memis"),
        ("2", "", "Okay"),
        ("3", "c.txt", ""),
    ]


@pytest.mark.usefixtures("only_margins")
def test_each_question_is_scored_and_lost_where_it_was_lost(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        Case("right", "the drone in Ankara", ("Okay",), path="a.txt"),
        Case("nearly", "the drone in Ankara", ("Okay Memis",)),
        Case("reading", "the drone in Ankara", ("Ankara",)),
        Case("other file", "the drone in Ankara", ("Okay",), path="b.md"),
        Case("search", "the drone in Ankara type:txt", ("Baghdad",)),
        Case("absent", "the drone in Ankara", ()),
        Case("rejected", "the drone in Ankara", None, rejected=("okay",)),
        Case("unknown", "the drone in Ankara", None, rejected=("Memis",)),
        Case("context", "the drone in Ankara", None),
    ]
    results = [measure(articles, case) for case in cases]
    assert results.pop() == []
    found = [(r.name, r.found, r.path, r.is_right, r.f1, r.rank, r.lost) for (r,) in results]
    assert found == [
        ("right", "Okay", "a.txt", True, 1.0, 1, ""),
        ("nearly", "Okay", "a.txt", True, 2 / 3, 1, ""),
        ("reading", "Okay", "a.txt", False, 0.0, 1, "reading"),
        ("other file", "Okay", "a.txt", False, 1.0, 0, "search"),
        ("search", "Okay", "a.txt", False, 0.0, 0, "search"),
        ("absent", "Okay", "a.txt", False, 0.0, 0, ""),
        ("rejected", "Okay", "a.txt", False, None, 0, ""),
        ("unknown", "Okay", "a.txt", None, None, 0, ""),
    ]
    conftest.calibrate(monkeypatch, replace(ONLY_MARGINS, threshold=1.0))
    silent = [
        (r.found, r.is_right, r.f1, r.is_best_right, r.lost) for case in cases[:6] for r in measure(articles, case)
    ]
    assert silent[0] == ("", False, 0.0, True, "threshold")
    assert silent[2] == ("", False, 0.0, False, "reading")
    assert silent[5] == ("", True, 1.0, False, "")


@pytest.mark.usefixtures("only_margins")
def test_a_follow_up_is_lost_to_rewriting_if_the_question_by_itself_is_answered(articles: Path) -> None:
    first = Case("1", "the drone in Ankara", ("Okay",))
    given = Case("2", "where?", ("Ankara",), standalone="the envoy Okay Memis type:txt")
    assert [r.lost for r in measure(articles, first, given)] == ["", "rewriting"]
    assert [r.lost for r in measure(articles, first, replace(given, standalone="the drone"))] == ["", "reading"]


def test_figures_by_hand() -> None:
    results = [
        make_result("1", confidence=0.95, milliseconds=10.0),
        make_result("2", dialogue=1, confidence=0.95, rank=2, f1=0.75, milliseconds=20.0),
        make_result(
            "3", dialogue=2, found="", confidence=0.15, rank=0, f1=0.0, is_right=False, is_best_right=False,
            lost="search", milliseconds=30.0,
        ),
        make_result("4", dialogue=3, answers=(), confidence=0.35, is_right=False, is_best_right=False, f1=0.0, rank=0),
        make_result("5", dialogue=4, answers=None, is_right=False, f1=None, is_best_right=False, rank=0),
        make_result("6", dialogue=5, answers=None, is_right=None, f1=None, is_best_right=False, rank=0),
    ]  # fmt: skip
    figures = build_figures(results)
    assert figures.questions == 6
    assert figures.right
    assert (figures.right.value, figures.right.questions) == (0.6667, 3)
    assert figures.f1
    assert figures.f1.value == 0.5833
    assert figures.false_answers
    assert (figures.false_answers.value, figures.false_answers.high) == (1.0, 1.0)
    assert (figures.repeated, figures.rejected) == (1, 2)
    assert figures.calibration_error == 0.15  # (|1.9 - 2| + 0.15 + 0.35) / 4
    assert (figures.top_1, figures.top_5, figures.top_10, figures.mrr) == (0.3333, 0.6667, 0.6667, 0.5)
    assert (figures.p50_ms, figures.p95_ms) == (10.0, 27.5)
    assert figures.lost == {"rewriting": 0, "search": 1, "reading": 0, "threshold": 0}
    assert [result.name for result in find_worst(results)] == ["5", "4", "3"]


def test_without_questions_of_a_kind_its_figures_are_missing() -> None:
    figures = build_figures([make_result("1", answers=(), found="", f1=1.0, rank=0, is_best_right=False)])
    assert (figures.right, figures.f1, figures.top_1, figures.mrr) == (None, None, None, None)
    assert figures.false_answers
    assert figures.false_answers.value == 0.0


def test_the_interval_draws_whole_dialogues() -> None:
    together = [make_result(str(n), f1=float(n % 2)) for n in range(40)]
    apart = [replace(result, dialogue=n) for n, result in enumerate(together)]
    share = find_share(together, lambda result: result.f1 or 0.0)
    assert share
    assert (share.value, share.low, share.high) == (0.5, 0.5, 0.5)
    share = find_share(apart, lambda result: result.f1 or 0.0)
    # 1.96 * sqrt(0.25 / 40) = 0.155
    assert share
    assert share.low == pytest.approx(0.345, abs=0.03)
    assert share.high == pytest.approx(0.655, abs=0.03)
    assert share == find_share(apart, lambda result: result.f1 or 0.0)


def test_what_never_happened_in_five_questions_is_not_impossible() -> None:
    five = [make_result(str(n), dialogue=n) for n in range(5)]
    never, always = find_share(five, lambda _: 0.0), find_share(five, lambda _: 1.0)
    assert never
    assert (never.low, never.high) == (0.0, 0.5218)
    assert always
    assert (always.low, always.high) == (0.4782, 1.0)


def test_the_calibration_error_by_hand() -> None:
    assert find_calibration_error([], []) is None
    assert find_calibration_error([1.0, 0.9, 0.5, 0.55], [True, False, True, True]) == pytest.approx(0.4625)


def test_changes_are_named() -> None:
    before = [make_result(name) for name in "abcd"]
    before[1] = replace(before[1], is_right=False, f1=0.0)
    after = [
        make_result("a", is_right=False, f1=0.5),
        make_result("b"),
        make_result("c", found="in Ankara"),
        make_result("e"),
    ]
    changes = find_changes(before, after)
    assert (changes.gained, changes.lost, changes.reworded) == (("b",), ("a",), ("c",))
    assert (changes.added, changes.removed) == (1, 1)
    assert changes.f1
    assert changes.f1.value == 0.1667


def test_nothing_changed_is_certain() -> None:
    same = [make_result(name, dialogue=number) for number, name in enumerate("abc")]
    changes = find_changes(same, same)
    assert (changes.gained, changes.lost, changes.reworded, changes.added, changes.removed) == ((), (), (), 0, 0)
    assert changes.f1
    assert (changes.f1.value, changes.f1.low, changes.f1.high) == (0.0, 0.0, 0.0)


def test_the_curve_and_the_threshold_by_hand() -> None:
    strength = np.array([1.0, 1, 1, 1, -1, -1, -1, -1])
    right = np.array([True, True, True, False, True, False, False, False])
    # Platt's targets are 5/6 and 1/6, so two thirds on the right side: a logit of ln 2.
    assert fit_curve(strength, right) == pytest.approx((math.log(2), 0.0), abs=1e-9)
    confidence, f1 = np.array([0.4, 0.9, 0.6, 0.8]), np.array([0.5, 1.0, 0.0, 1.0])
    assert choose_threshold(confidence, f1, np.array([False, False, True, False])) == pytest.approx(0.7)
    assert choose_threshold(confidence, f1, np.array([False, False, False, False])) == 0.0
    assert choose_threshold(confidence, f1, np.array([True, True, True, True])) == 1.0


def test_too_few_questions_and_useless_margins_do_not_calibrate() -> None:
    good = [make_result(str(n), strength=2.0 + n / 10) for n in range(20)]
    bad = [make_result(str(n), strength=n / 10, is_best_right=False, best_f1=0.0, answers=()) for n in range(20)]
    fitted = calibrate([*good, *bad], current=Calibration())
    assert fitted.slope > 0
    assert fitted.questions == 40
    # Between the strengths 1.9 and 2.0, wherever the curve lies.
    low, high = (1 / (1 + math.exp(-fitted.slope * at - fitted.offset)) for at in (1.9, 2.0))
    assert fitted.threshold is not None
    assert low <= fitted.threshold <= high
    with pytest.raises(EvaluationError, match="too few"):
        calibrate(good, current=Calibration())
    with pytest.raises(EvaluationError, match="no surer"):
        calibrate([replace(r, is_best_right=not r.is_best_right) for r in (*good, *bad)], current=Calibration())


@pytest.mark.usefixtures("fake_models")
def test_the_command_prints_figures_and_where_questions_were_lost(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save_lines(tmp_path, *FOUR)
    assert run(["eval", str(file), "-C", str(articles)]) == 0
    out, err = capsys.readouterr()
    lines = {line[:22].strip(): line[24:] for line in out.splitlines() if line[:22].strip()}
    assert lines["questions"] == "4"
    assert lines["right answers"].startswith("66.7 % (95 %: ")
    assert lines["right answers"].endswith(" of 3 that the folder answers")
    assert lines["F1"].startswith("55.6 % ")
    assert lines["false answers"].startswith("100.0 % ")
    assert lines["calibration error"] == f"{100 * (SURE - 0.5):.1f} %"
    assert lines["right passage"] == "top 1: 100.0 %, top 5: 100.0 %, top 10: 100.0 %"
    assert lines["MRR"] == "1.000"
    assert lines["to reading"] == "   1  other words of the passages were taken"
    worst = out.split("worst cases\n")[1].splitlines()
    assert worst == [
        "  the drone in Ankara!: “Okay” (99%, a.txt); expected “Ankara” [reading]",
        "  the drone in Ankara...: “Okay” (99%, a.txt); the folder does not say",
    ]
    assert err == ""


@pytest.mark.usefixtures("fake_models")
def test_the_command_judges_and_compares(articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save_lines(tmp_path, *FOUR)
    arguments = ["eval", str(file), "-C", str(articles)]
    assert run([*arguments, "--json"]) == 0
    baseline = tmp_path / "before.json"
    baseline.write_text(capsys.readouterr().out, encoding="utf-8")
    fields = json.loads(baseline.read_text(encoding="utf-8"))
    assert (fields["schema"], fields["figures"]["f1"]["value"]) == (1, 0.5556)
    assert [result["lost"] for result in fields["results"]] == ["", "", "reading", ""]
    assert run([*arguments, "--fail-under", "55"]) == 0
    assert run([*arguments, "--fail-under", "56"]) == 1
    assert capsys.readouterr().err.endswith("F1 is 55.6 %, below 56 %.\n")
    save_lines(tmp_path, ask("the drone in Ankara", "Memis"), *FOUR[1:])
    assert run([*arguments, "--baseline", str(baseline)]) == 0
    changed = capsys.readouterr().out.split("changed since the baseline\n")[1].splitlines()
    assert changed[0].split()[:2] == ["F1", "-33.3"]
    assert changed[1].split(maxsplit=2) == ["now", "wrong", "the drone in Ankara"]
    assert len(changed) == 2


class Unsure(FakeReader):
    """As its base; margin 1 for questions without a drone."""

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        margin = 5.0 if "drone" in question else 1.0
        return [[replace(found, margin=margin) for found in row] for row in super().read(question, passages)]


@pytest.mark.usefixtures("fake_models")
def test_the_command_calibrates_the_reader_in_use(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "load_reader", lambda *_, **__: Unsure())
    rows = [ask("the drone in Ankara", "Okay"), ask("the meeting in Ankara")] * 20
    assert run(["eval", str(save_lines(tmp_path, *rows)), "-C", str(articles), "--calibrate", "--json"]) == 0
    out, err = capsys.readouterr()
    fields = json.loads(out)
    fitted = fields["calibration"]
    assert (fitted["questions"], fitted["retrieval_weight"]) == (40, ONLY_MARGINS.retrieval_weight)
    unsure, sure = (
        1 / (1 + math.exp(-fitted["slope"] * result["strength"] - fitted["offset"]))
        for result in sorted(fields["results"][:2], key=lambda result: float(result["strength"]))
    )
    # Platt's targets of 20 and 20: 1 / 22 and 21 / 22.
    assert (unsure, sure) == pytest.approx((1 / 22, 21 / 22), abs=0.002)
    assert fitted["threshold"] == pytest.approx(0.5, abs=0.002)
    assert f'"calibration": {{"slope": {fitted["slope"]}, "offset": {fitted["offset"]}, "threshold": ' in err


@pytest.mark.usefixtures("fake_models")
def test_a_calibration_is_saved_with_a_reader_of_the_users(
    articles: Path, tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache / "readers" / "mine"
    folder.mkdir(parents=True)
    sizes = {"model.onnx": 0, "tokenizer.json": 0}
    for name in sizes:
        (folder / name).touch()
    (folder / "askbrief.json").write_text(json.dumps({"kind": "reader", "name": "mine", "bytes": sizes}))
    reader = Unsure(folder)
    monkeypatch.setattr(assistant, "load_reader", lambda *_, **__: reader)
    rows = [ask("the drone in Ankara", "Okay"), ask("the meeting in Ankara")] * 20
    assert run(["eval", str(save_lines(tmp_path, *rows)), "-C", str(articles), "--calibrate", "--json"]) == 0
    out, err = capsys.readouterr()
    fitted = json.loads(out)["calibration"]
    assert "the calibration is saved" in err
    card = json.loads((folder / "askbrief.json").read_text(encoding="utf-8"))
    assert card["name"] == "mine"
    assert card["calibration"] == {name: fitted[name] for name in ("slope", "offset", "threshold", "retrieval_weight")}


@pytest.mark.usefixtures("fake_models")
def test_what_the_folder_does_not_have_is_refused_and_nothing_scored(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save_lines(tmp_path, ask("the drone", "in Istanbul"), ask("the railway", "Baghdad", path="c.md"))
    assert run(["eval", str(file), "-C", str(articles)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "the drone: “in Istanbul” is not there; the railway: there is no file c.md" in err
    assert "\nHint: " in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["q.jsonl", "--from-history"], 2),
        (["q.jsonl", "--fail-under", "0.7"], 2),
        (["q.jsonl", "--fail-under", "101"], 2),
        (["gone.jsonl"], 1),
        (["q.jsonl", "--baseline", "gone.json"], 1),
        (["q.jsonl", "--baseline", "q.jsonl"], 1),
        (["q.jsonl", "--calibrate"], 1),
    ],
)
@pytest.mark.usefixtures("fake_models")
def test_wrong_use_is_told(
    articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    save_lines(tmp_path, *FOUR).rename(tmp_path / "q.jsonl")
    monkeypatch.chdir(tmp_path)
    assert run(["eval", *arguments, "-C", str(articles)]) == code


@pytest.mark.usefixtures("fake_models")
def test_marks_of_the_history_are_cases(
    articles: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["eval", "--from-history", "-C", str(articles)]
    assert run(arguments) == 1
    assert "are marked yet" in capsys.readouterr().err
    with Assistant.open(articles, encoder=FakeEncoder(), reader=FakeReader()) as opened:
        answers = [opened.ask(question) for question in ("the drone in Ankara", "the railway to Baghdad trains")]
    with Conversations(home) as conversations:
        ids = [conversations.begin(articles, answer).id for answer in answers]
        conversations.begin(articles, answers[0])
        for number, mark in zip(ids, ("right", "wrong"), strict=True):
            conversations.set_mark(number, mark)  # type: ignore[arg-type]
    assert [answer.text for answer in answers] == ["Okay", "May"]
    assert run(arguments) == 0
    out = capsys.readouterr().out
    assert "100.0 % (95 %: 2.5 % to 100.0 %) of 1 that the folder answers" in out
    assert "marked wrong, repeated  1 of 1" in out
    (articles / "a.txt").write_text("The envoy met nobody.", encoding="utf-8")
    assert run(arguments) == 0
    out, err = capsys.readouterr()
    assert "left out, as the folder has changed: the drone in Ankara: “Okay” is not there" in err
    assert "right answers" not in out
