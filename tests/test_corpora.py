"""The official scores by hand, and who may import whom beside the package."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path

import pytest

from askbrief.evaluation.scores import normalise, score_exact, score_f1
from corpora.questions import Question, load_paragraphs

ROOT = Path(__file__).parent.parent


def find_imports(folder: str) -> set[str]:
    """The first names of all that the modules of a folder import."""
    found = set()
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
    return found


def test_benchmarks_and_training_share_the_corpora_and_nothing_else() -> None:
    both = {"benchmarks", "training", "corpora"}
    assert find_imports("benchmarks") & both == {"benchmarks", "corpora"}
    assert find_imports("training") & both == {"training", "corpora"}
    assert find_imports("corpora") & both == {"corpora"}
    assert find_imports("src/askbrief") & both == set()


def test_answers_are_compared_without_case_punctuation_and_articles() -> None:
    assert normalise("The U.S.  envoy's a cab!") == "us envoys cab"
    assert score_exact("the Envoy.", ("an envoy", "Memis")) == 1.0
    assert score_exact("envoys", ("envoy",)) == 0.0
    assert (score_exact("", ()), score_exact("envoy", ())) == (1.0, 0.0)


def test_f1_is_that_of_the_words_of_the_best_accepted_answer() -> None:
    # 2 of 3 words found, 2 of 2 accepted: 2 · 2 / (3 + 2)
    assert score_f1("the old Iranian envoy", ("Iranian envoy", "Memis")) == pytest.approx(0.8)
    assert (score_f1("envoy", ()), score_f1("", ()), score_f1("", ("envoy",))) == (0.0, 1.0, 0.0)


def test_paragraphs_are_read_with_their_questions(tmp_path: Path) -> None:
    (tmp_path / "reader" / "dev").mkdir(parents=True)
    qas = [
        {"id": "1", "question": "Who  met?", "answers": [[0, "Memis"], [0, "Memis"], [6, "met"]]},
        {"id": "2", "question": "Who sank?", "answers": []},
    ]
    row = {"source": "a", "title": "A_visit", "context": "Memis met the envoy.", "qas": qas}
    with gzip.open(tmp_path / "reader" / "dev" / "tiny.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write(json.dumps(row) + "\n")
    paragraphs = load_paragraphs(tmp_path, "tiny")
    assert (paragraphs.titles, paragraphs.texts) == (("A visit",), ("Memis met the envoy.",))
    assert paragraphs.questions == (Question("Who met?", ("Memis", "met"), 0), Question("Who sank?", (), 0))
    with pytest.raises(SystemExit, match=r"missing\.jsonl\.gz is missing: give the data folder"):
        load_paragraphs(tmp_path, "missing")
