"""The logic of the benchmarks: what is chosen, what is counted, and what a process costs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.peers.__main__ import choose, score, spread
from benchmarks.peers.table import build_table
from benchmarks.peers.task import Passage, load_passages, save_passages
from benchmarks.peers.weights import load_weights
from benchmarks.processes import run_process
from benchmarks.short import describe_changes


def test_articles_are_taken_question_after_question_and_all_their_questions_with_them() -> None:
    rows = [
        {"documents_with_answer": ["a", "b", "c", "d"]},
        {"documents_with_answer": ["elsewhere"]},
        {"documents_with_answer": ["d"]},
        {"documents_with_answer": ["b"]},
    ]
    ids, questions = choose(rows, {"a", "b", "c", "d"}, articles=10)
    assert sorted(ids) == ["a", "b", "c", "d"]  # "d" for the third question: at most three a question
    assert questions == [rows[0], rows[2], rows[3]]
    few, _ = choose(rows, {"a", "b", "c", "d"}, articles=2)
    assert few == ids[:2]


def test_scores_are_shares_of_the_questions() -> None:
    passages = ["The Hague, 2020.", "It met in The Hague.", "Nothing.", "Oslo again."]
    pairs = [
        ({"answers": ["Hague"]}, {"text": "the Hague", "passages": passages}),
        ({"answers": ["Oslo"]}, {"text": "in Oslo", "passages": passages}),
        ({"answers": ["Rome"]}, {"text": "", "passages": passages}),
        ({"answers": ["met in the Hague"]}, {"text": "met", "passages": passages}),
    ]
    assert score(pairs) == {
        "hit@1": 25.0,
        "hit@3": 50.0,
        "hit@10": 75.0,
        "EM": 25.0,
        "F1": 54.2,  # (1 + 2/3 + 0 + 1/2) / 4
        "without an answer": 25.0,
    }


def test_passages_are_kept_as_they_are(tmp_path: Path) -> None:
    passages = [Passage("a#0", "a", "Title\nLine \u2028 “two” \U0001f600"), Passage("a#1", "a", "b\n\nc")]
    save_passages(passages, tmp_path / "passages.jsonl")
    assert load_passages(tmp_path / "passages.jsonl") == passages


def test_the_table_names_the_systems_that_were_measured() -> None:
    figures = dict.fromkeys(("hit@1", "hit@10", "EM", "F1", "index MB"), 1.25)
    measured = spread([3.0, 1.0, 2.0])
    timed = dict.fromkeys(
        (
            *("cold seconds", "cold CPU seconds", "cold peak MB", "warm ms p50", "warm ms p95"),
            *("search ms p50", "passages a second", "seconds after one edit"),
        ),
        measured,
    )
    lines = build_table({"passages": 3, "askbrief": figures | timed, "txtai": figures | timed}).splitlines()
    assert lines[0] == "| | askbrief | txtai |"
    assert lines[2] == "| cold question, seconds | 2.00 (1.00–3.00) | 2.00 (1.00–3.00) |"


def test_changes_are_shares_of_speeds_and_differences_of_scores() -> None:
    before = {"reading, times as fast as transformers": 4.0, "dev, F1": 81.5, "dev, EM": 70.0}
    now = {"reading, times as fast as transformers": 3.0, "dev, F1": 82.25, "dev, EM": 70.0, "new": 1.0}
    assert describe_changes(before, now) == [
        "reading, times as fast as transformers      4.00      3.00  -25 %",
        "dev, F1                                    81.50     82.25  +0.75",
        "dev, EM                                    70.00     70.00",
        "new                                            –      1.00",
    ]


def test_int8_weights_are_multiplied_out_channel_by_channel(tmp_path: Path) -> None:
    whole = np.array([[1, -2, 3], [4, 5, -128]], dtype=np.int8)
    scales, zeros = np.array([0.5, 2.0, 0.25], dtype=np.float32), np.array([0, 1, 0], dtype=np.int8)
    rows = np.array([[130, 128], [0, 255]], dtype=np.uint8)
    arrays = {
        "onnx::MatMul_7_quantized": whole,
        "onnx::MatMul_7_scale": scales,
        "onnx::MatMul_7_zero_point": zeros,
        "model.bert.embeddings.word_embeddings.weight_quantized": rows,
        "model.bert.embeddings.word_embeddings.weight_scale": np.float32(0.5),
        "model.bert.embeddings.word_embeddings.weight_zero_point": np.uint8(128),
        "model.qa_outputs.bias": np.array([1.0, 2.0, 3.0], dtype=np.float32),
    }
    node = helper.make_node(
        "DynamicQuantizeMatMul",
        ["x", "onnx::MatMul_7_quantized", "onnx::MatMul_7_scale", "onnx::MatMul_7_zero_point"],
        ["y"],
        name="/model/qa_outputs/MatMul_quant",
        domain="com.microsoft",
    )
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    initial = [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()]
    graph = helper.make_graph([node], "g", values[:1], values[1:], initial)
    onnx.save(helper.make_model(graph), str(tmp_path / "model.onnx"))
    weights = load_weights(tmp_path / "model.onnx")
    assert sorted(weights) == ["bert.embeddings.word_embeddings.weight", "qa_outputs.bias", "qa_outputs.weight"]
    assert weights["qa_outputs.weight"].tolist() == [[0.5, 2.0], [-6.0, 8.0], [0.75, -32.0]]
    assert weights["bert.embeddings.word_embeddings.weight"].tolist() == [[1.0, 0.0], [-64.0, 63.5]]
    assert weights["qa_outputs.bias"].tolist() == [1.0, 2.0, 3.0]


def test_a_process_is_measured_without_the_memory_of_the_one_that_started_it(tmp_path: Path) -> None:
    ballast = np.ones(40_000_000)  # 320 MB here
    cost = run_process(
        [sys.executable, "-S", "-c", "import os; print(os.environ['WORD'], 'done')"],
        scratch=tmp_path / "printed",
        folder=tmp_path,
        variables={"WORD": "well"},
    )
    assert cost.printed == "well done\n"
    assert cost.peak_mb < 150 < ballast.nbytes / 1e6
    assert cost.cpu_seconds > 0
    with pytest.raises(SystemExit, match="exited with 4"):
        run_process([sys.executable, "-c", "exit(4)"], scratch=tmp_path / "printed", folder=tmp_path, variables={})
