"""Batches, losses and weights of training runs by hand; all that is trained here are a few steps."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from transformers import AutoTokenizer, MPNetConfig, MPNetForQuestionAnswering

from corpora.questions import Question
from training import prepare, teach, train_reader
from training.batches import build_batches, collate
from training.evaluate_reader import find_span, find_threshold
from training.example import JOINED, Example
from training.losses import RETRIEVAL_WEIGHT, blend, find_own_loss, find_scores, find_shared_loss, find_teacher_shares
from training.mixtures import PASSIVES, load_mixtures
from training.optimising import build_parameter_groups, find_rate, freeze
from training.pairs import Pair, save_pairs
from training.teach import NOT_HERE, Taught, encode_taught, find_likeliest, load_taught
from training.units import Encoded, Unit, encode_examples, load_units, mix, save_units
from training.weights import ENCODER_FOLDER, STATE, average, load_model, load_weights, save_half


def run(monkeypatch: pytest.MonkeyPatch, main: Callable[[], None], *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["prog", *map(str, arguments)])
    main()


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
    assert sum(u.length == 1 for u in mixed[:30]) == 10  # a third of the first half, as of the whole


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


def test_a_teacher_counts_by_its_share_in_each_row() -> None:
    target = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    taught = torch.tensor([[math.log(3), 0.0, -1e4]] * 2)  # it says 3/4, 1/4, 0
    mixed = blend(target, taught, torch.tensor([0.4, 0.0]))
    assert mixed.tolist() == [pytest.approx([0.3, 0.7, 0.0]), [0.0, 1.0, 0.0]]


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
    steps = find_step(tmp_path / "run")
    reader = load_model([tmp_path / "run"]).eval()
    inputs, (starts, _) = collate(pair, torch.device("cpu"))
    with torch.no_grad():
        found = reader(**inputs).start_logits.masked_fill(inputs["attention_mask"] == 0, -1e4)
    assert found.argmax(-1).tolist() == starts.argmax(-1).tolist()  # "envoy", and the first token for "not here"
    before = reader.state_dict()
    words = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(before[words], load_model().state_dict()[words])
    made, calls = collate, 0

    def stop(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == steps - 1:
            raise KeyboardInterrupt
        return made(*arguments, **options)

    again = (*options[:2], tmp_path / "again", *options[3:], "--checkpoint-minutes", 0)
    monkeypatch.setattr(train_reader, "collate", stop)
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, train_reader.main, *again)
    monkeypatch.setattr(train_reader, "collate", made)
    at = find_step(tmp_path / "again")
    assert at == steps - 2
    run(monkeypatch, train_reader.main, *again)
    assert f"resumed at step {at}" in capsys.readouterr().out
    after = load_weights(tmp_path / "again")
    assert all(torch.equal(weights, after[name]) for name, weights in before.items())
    taught = ("--start", tmp_path / "run", "--teacher-share", 0.5)
    run(monkeypatch, train_reader.main, options[0], "--out", tmp_path / "taught", *options[3:], *taught)
    assert find_step(tmp_path / "taught") == steps


def find_step(folder: Path) -> int:
    step: int = torch.load(folder / STATE, weights_only=True)["step"]
    return step


def test_a_run_keeps_its_weights_in_half_precision(tmp_path: Path) -> None:
    model = build_tiny(tmp_path / "base")
    save_half(model, tmp_path)
    kept = load_weights(tmp_path)
    assert {tensor.dtype for tensor in kept.values() if tensor.is_floating_point()} == {torch.float32}
    assert torch.equal(kept["qa_outputs.weight"], model.qa_outputs.weight.half().float())


VOCABULARY = ("<s>", "<pad>", "</s>", "<unk>", "who", "met", "?", "the", "envoy", ".", "it", "rained", "<mask>")


def build_tiny(folder: Path) -> Any:
    """An untrained MPNet of two layers with a tokenizer of a few words, saved in ``folder``."""
    torch.manual_seed(0)
    library: Any = transformers
    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    model = MPNetForQuestionAnswering(MPNetConfig(vocab_size=len(VOCABULARY), max_position_embeddings=66, **sizes))
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    library.MPNetTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return model


def test_lower_layers_and_embeddings_stay_as_they_are(tmp_path: Path) -> None:
    model = build_tiny(tmp_path)
    freeze(model, layers=1)
    trained = {name.split(".")[0] if "layer" not in name else name[:21] for name, p in model.named_parameters()
               if p.requires_grad}  # fmt: skip
    assert trained == {"mpnet.encoder.layer.1", "qa_outputs"}
    model = build_tiny(tmp_path)
    freeze(model, layers=0)
    frozen = [name for name, p in model.named_parameters() if not p.requires_grad]
    assert frozen == ["mpnet.embeddings.word_embeddings.weight"]


def test_each_layer_learns_more_slowly_than_the_one_above(tmp_path: Path) -> None:
    model = build_tiny(tmp_path)
    freeze(model, layers=0)
    names = {parameter: name for name, parameter in model.named_parameters()}
    groups = build_parameter_groups(model, learning_rate=0.8, layer_decay=0.5)
    found = {names[p]: (group["lr"], group["weight_decay"]) for group in groups for p in group["params"]}
    assert found["qa_outputs.weight"] == (0.8, 0.01)
    assert found["qa_outputs.bias"] == (0.8, 0.0)
    assert found["mpnet.encoder.layer.1.attention.attn.q.weight"] == (0.8, 0.01)
    assert found["mpnet.encoder.layer.0.attention.attn.q.bias"] == (0.4, 0.0)
    assert found["mpnet.embeddings.position_embeddings.weight"] == (0.2, 0.01)
    assert "mpnet.embeddings.word_embeddings.weight" not in found


def test_the_learning_rate_rises_for_a_sixteenth_and_falls_to_nothing() -> None:
    assert [find_rate(share) for share in (0.0, 1 / 32, 1 / 16, 17 / 32, 1.0)] == [0.0, 0.5, 1.0, 0.5, 0.0]


def test_mpnet_is_padded_with_its_own_token_and_reads_a_batch_as_each_alone(tmp_path: Path) -> None:
    model = build_tiny(tmp_path).eval()
    examples = [Example("Who met?", "The envoy met.", [(4, 9)], "a"), Example("Who?", "It rained. It rained.", [], "a")]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    items = [item for item in encode_examples(examples, tokenizer, max_tokens=32) if item]
    # <s> who met ? </s> </s> the envoy met . </s>
    assert (items[0].ids.tolist(), items[0].asked) == ([0, 4, 5, 6, 2, 2, 7, 8, 5, 9, 2], 6)
    assert (items[0].starts, items[0].ends, items[1].starts) == ([7], [7], [0])
    inputs, _ = collate(items, torch.device("cpu"), padding_id=1)
    assert inputs["input_ids"][0].tolist() == [*items[0].ids.tolist(), 1, 1, 1, 1, 1]
    with torch.no_grad():
        starts, _ = find_scores(model, inputs)
        alone = model(input_ids=torch.tensor(items[0].ids.astype(int))[None]).start_logits[0]
    assert torch.allclose(starts[0, :11], alone, atol=0.02)
    assert starts[0, 11:].tolist() == [-1e4] * 5


def test_a_run_from_another_base_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_tiny(tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "base")
    examples = [Example("Who met?", "The envoy met.", [(4, 9)], "a")] * 100
    units = [Unit([item], [0.0]) for item in encode_examples(examples, tokenizer, max_tokens=32) if item]
    save_units(units, tmp_path / "made.xz")
    options = ("--base", tmp_path / "base", "--freeze-layers", 1, "--batch-tokens", 16)
    run(monkeypatch, train_reader.main, tmp_path / "made.xz", "--out", tmp_path / "all", *options)
    state = torch.load(tmp_path / "all" / STATE, weights_only=True)
    assert (state["step"], state["done"]) == (100, 100)
    clock = iter(range(100, 1000))  # a second each time that it is looked at
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    # Ten seconds for a hundred batches of a second each: every tenth is learned from.
    run(monkeypatch, train_reader.main, tmp_path / "made.xz", "--out", tmp_path / "few", *options, "--minutes", 1 / 6)
    state = torch.load(tmp_path / "few" / STATE, weights_only=True)
    assert (state["step"], state["done"], state["tokens"]) == (100, 10, 10 * 11)
    assert torch.equal(
        state["model"]["mpnet.encoder.layer.0.attention.attn.q.weight"],
        load_model(base=tmp_path / "base").mpnet.encoder.layer[0].attention.attn.q.weight,
    )


def test_the_best_span_starts_before_it_ends_and_lies_in_the_context() -> None:
    starts = np.array([1.0, 9.0, 0.0, 2.0, 5.0], dtype=np.float32)
    ends = np.array([0.5, 9.0, 3.0, 4.0, 1.0], dtype=np.float32)
    # From token 2 on: 2 + 4 at 3 to 3, 5 + 1 at 4 to 4, 0 + 4 at 2 to 3; "not here" has 1.5.
    assert find_span(starts, ends, asked=2) == (4.5, 3, 3)


def test_the_threshold_is_that_of_the_best_f1() -> None:
    questions = [Question("", ("Ann",), 0), Question("", (), 0), Question("", ("Bob",), 0), Question("", (), 0)]
    found = [("Ann", 3.0), ("Eve", 2.0), ("Bob", 1.0), ("Eve", 0.0)]
    # None answered: 2 of 4. The first: 3. The first two: 2. The first three: 3. All: 2.
    assert find_threshold(questions, found) == (3.0, 75.0)
    # "not here" below the second's 2.0 as well, were the first wrong
    assert find_threshold(questions[1:3], found[1:3]) == (math.inf, 50.0)


def test_mixtures_are_read_from_their_file() -> None:
    mixtures = load_mixtures()
    assert list(mixtures) == [
        *("first", "final", "last", "beside-groups", "contrasts", "news", "agents", "all", "teacher"),
        *("teacher-contrasts", "teacher-agents"),
    ]
    source = {source.name: source for source in mixtures["agents"]}[PASSIVES]
    assert (source.share, source.negatives, source.joined, source.contrasts) == (1.0, 0.4, 0.05, 0.3)
    assert (source.has_titles, source.among, source.unanswerable) == (True, 0.0, 1)
    assert [source.name for source in mixtures["first"] if source.has_titles] == [
        "squad_paragraphs",
        "qed",
        "fairytale",
    ]


def test_the_likeliest_places_of_a_teacher_sum_to_one() -> None:
    scores = np.log(np.array([0.5, 0.3, 0.1, 0.06, 0.04], dtype=np.float32))
    found = find_likeliest(scores, [NOT_HERE, None, 0, 4, 7], kept=2)  # token 1 is of the question
    assert [place for place, _ in found] == [NOT_HERE, 0]
    assert [share for _, share in found] == [pytest.approx(5 / 6), pytest.approx(1 / 6)]


def test_what_a_teacher_said_falls_on_the_tokens_of_the_student(tmp_path: Path) -> None:
    build_tiny(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    context = "The envoy met."
    starts = [(4, 0.5), (6, 0.1), (NOT_HERE, 0.4)]  # 6 lies inside of "envoy"
    row = Taught("Who met?", context, "archive", starts, [(9, 0.6), (3, 0.2), (NOT_HERE, 0.2)])
    beyond = Taught("Who met?", context, "archive", [(10, 1.0)], [(13, 1.0)])
    (item,) = encode_taught([row, beyond], tokenizer, max_tokens=9)  # <s> who met ? </s> </s> the envoy </s>
    assert (item.starts, item.ends, item.asked, item.source) == ([7, 0], [7, 6, 0], 6, "archive")
    assert item.start_shares == [pytest.approx(0.6), pytest.approx(0.4)]
    assert item.end_shares == [pytest.approx(0.6), pytest.approx(0.2), pytest.approx(0.2)]
    save_units([Unit([item], [0.0])], tmp_path / "taught.xz")
    _, (start_target, end_target) = collate(load_units(tmp_path / "taught.xz")[0].items, torch.device("cpu"))
    assert start_target[0].tolist() == [pytest.approx(x) for x in [0.4, 0, 0, 0, 0, 0, 0, 0.6, 0, *[0] * 7]]
    assert end_target[0].tolist() == [pytest.approx(x) for x in [0.2, 0, 0, 0, 0, 0, 0.2, 0.6, 0, *[0] * 7]]


def test_a_student_learns_what_its_teacher_says_of_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = build_tiny(tmp_path / "base").eval()
    save_half(teacher, tmp_path / "base")
    pairs = [Pair("Who met?", "The envoy met.", "archive"), Pair("Who?", "It rained.", "archive")]
    save_pairs(pairs, tmp_path / "pairs.gz")
    options = ("--base", tmp_path / "base", "--pairs", tmp_path / "pairs.gz", "--out", tmp_path / "taught.gz")
    run(monkeypatch, teach.main, tmp_path / "base", *options)
    taught = {row.context: row for row in load_taught(tmp_path / "taught.gz")}
    assert {(row.question, row.context) for row in taught.values()} == {(p.question, p.context) for p in pairs}
    inputs = AutoTokenizer.from_pretrained(tmp_path / "base")("Who met?", "The envoy met.", return_tensors="pt")
    with torch.no_grad():
        scores = load_model([tmp_path / "base"], base=tmp_path / "base").eval()(**inputs).start_logits[0]
    own = scores[[0, 6, 7, 8, 9]].softmax(-1).tolist()  # "not here", the, envoy, met, .
    shares = dict(taught["The envoy met."].starts)
    assert [shares[place] for place in (NOT_HERE, 0, 4, 10, 13)] == [pytest.approx(share, abs=0.02) for share in own]
    options = ("--data", tmp_path, "--base", tmp_path / "base", "--taught", tmp_path / "taught.gz")
    run(monkeypatch, prepare.main, *options, "--out", tmp_path / "taught.xz")
    assert sorted(len(unit.items[0].start_shares) for unit in load_units(tmp_path / "taught.xz")) == [4, 5]
