"""The forms of a compiled model: which is kept, and why."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from askbrief.config import Settings
from askbrief.doctor.installation import check_models
from askbrief.models import compile_encoder as encoding
from askbrief.models import forms
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.encoder import CompiledEncoder
from askbrief.models.forms import (
    BLOCKS_4,
    BLOCKS_8,
    INT8,
    REDUCED,
    SMOOTHED,
    SMOOTHED_REDUCED,
    Feed,
    Form,
    find_forms,
)
from askbrief.models.runtime import CARD, GRAPH, TOKENIZER, WEIGHTS
from askbrief.types import Progress

OUTLIER = 100.0


@pytest.fixture(scope="session")
def outlier_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with outliers in the activations before the last product of each half of a layer."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("outliers") / "model"
    shutil.copytree(tiny_model, folder)
    weights = load_file(folder / "model.safetensors")
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        for before, after in (
            ("attention.self.value", "attention.output.dense"),
            ("intermediate.dense", "output.dense"),
        ):
            weights[f"{layer}.{before}.weight"][:3] *= OUTLIER
            weights[f"{layer}.{after}.weight"] *= 100  # what is lost there counts
            weights[f"{layer}.{after}.weight"][:, :3] /= OUTLIER
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture
def plain_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor on which products of int8 do not overflow, whatever this one does."""
    monkeypatch.setattr(forms, "sums_in_16_bits", lambda: False)


def refuse_progress(progress: Progress) -> None:
    pytest.fail(f"compiled again: {progress.stage}")


def refuse_forms(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Lets the vectors of the forms ``names`` be no numbers."""
    measure = encoding.measure_agreement

    def find_fault(model: object, encoder: CompiledEncoder) -> dict[str, float]:
        return {"mean_cosine": float("nan")} if encoder._model.card["form"] in names else measure(model, encoder)

    monkeypatch.setattr(encoding, "measure_agreement", find_fault)


def load_card(cache: Path) -> dict[str, Any]:
    (folder,) = (cache / "encoders").iterdir()
    card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    return card


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("plain_sums")
def test_a_model_with_outliers_is_smoothed_and_says_so(outlier_model: Path, cache: Path) -> None:
    steps: list[Progress] = []
    encoder = load_encoder(str(outlier_model), on_progress=steps.append)
    card = load_card(cache)
    assert card["form"] == "int8, smoothed"
    failed = dict(card["failed"])
    assert list(failed) == ["int8"]
    assert failed["int8"] < "mean cosine 0.970"
    assert encoder.agreement["mean_cosine"] >= 0.999
    assert steps[-2].details == f"int8: {failed['int8']}"
    assert steps[-1].details.startswith(f"int8, smoothed (int8: {failed['int8']}); against SentenceTransformer")
    checks = list(check_models(Settings(encoder=str(outlier_model)), root=Path()))
    assert [check.name for check in checks] == ["encoder", "compiled", "reader", "reader 2"]
    assert f": int8, smoothed (int8: {failed['int8']}); model.onnx" in checks[1].found
    assert "askbrief-reader-minilm-l6: int8; model.onnx" in checks[2].found


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("plain_sums")
def test_vectors_of_another_form_have_another_fingerprint(outlier_model: Path, cache: Path) -> None:
    encoder = load_encoder(str(outlier_model))
    card = load_card(cache)
    assert len(encoder.fingerprint) == len(str(card["fingerprint"])) == 16
    assert encoder.fingerprint != card["fingerprint"]
    assert load_encoder(str(outlier_model), on_progress=refuse_progress).fingerprint == encoder.fingerprint


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("plain_sums")
def test_blocks_serve_where_int8_does_not(tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_forms(monkeypatch, INT8.name, SMOOTHED.name)
    encoder = load_encoder(str(tiny_model))
    card = load_card(cache)
    assert (card["form"], list(card["failed"])) == ("8-bit blocks", ["int8", "int8, smoothed"])
    assert encoder.agreement["mean_cosine"] >= 0.999
    file = cache / "encoders" / card["fingerprint"] / GRAPH
    nodes = onnx.load(file, load_external_data=False).graph.node
    assert {node.op_type for node in nodes} >= {"MatMulNBits"}
    assert not {node.op_type for node in nodes} & {"DynamicQuantizeLinear", "MatMulInteger"}


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("plain_sums")
def test_a_model_that_bears_no_rounding_stays_as_it_is(
    tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_forms(monkeypatch, INT8.name, SMOOTHED.name, BLOCKS_8.name, BLOCKS_4.name)
    encoder = load_encoder(str(tiny_model))
    assert encoder.agreement == {"mean_cosine": 1.0, "min_cosine": 1.0, "rank_correlation": 1.0}
    card = load_card(cache)
    assert card["form"] == "fp32"
    assert card["failed"] == dict.fromkeys(
        ["int8", "int8, smoothed", "8-bit blocks", "4-bit blocks"], "mean cosine nan"
    )
    assert sorted(file.name for file in (cache / "encoders" / card["fingerprint"]).iterdir()) == sorted(
        [CARD, GRAPH, TOKENIZER, WEIGHTS]
    )


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("plain_sums")
def test_a_form_that_cannot_be_built_is_passed_over(
    tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path, _: Sequence[Feed]) -> None:
        target.write_bytes(source.read_bytes()[:100])
        raise NotImplementedError("no such operator")

    monkeypatch.setattr(encoding, "find_forms", lambda: [Form("odd", 1, refuse), INT8])
    load_encoder(str(tiny_model))
    card = load_card(cache)
    assert (card["form"], card["failed"]) == ("int8", {"odd": "cannot be built (no such operator)"})


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("plain_sums")
def test_another_version_of_its_form_is_compiled_again(
    tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_encoder(str(tiny_model))
    card = load_card(cache)
    file = cache / "encoders" / before.fingerprint / CARD
    of_before = {key: value for key, value in card.items() if key not in ("form", "form_version", "failed")}
    file.write_text(json.dumps(of_before), encoding="utf-8")
    assert load_encoder(str(tiny_model), on_progress=refuse_progress).fingerprint == before.fingerprint
    file.write_text(json.dumps(card | {"form_version": 0}), encoding="utf-8")
    steps: list[Progress] = []
    load_encoder(str(tiny_model), on_progress=steps.append)
    assert steps
    assert load_card(cache) == card


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", "avx2 fma", True),
        ("AMD64", "avx512f avx512_vnni", False),
        ("x86_64", "avx2 avx_vnni", False),
        ("aarch64", "asimd", False),
    ],
)
def test_sums_in_16_bits_are_those_of_x86_without_vnni(
    monkeypatch: pytest.MonkeyPatch, machine: str, flags: str, expected: bool
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: f"flags : {flags}")
    assert forms.sums_in_16_bits() is expected
    names = [form.name for form in find_forms()]
    small = [INT8, REDUCED, SMOOTHED_REDUCED] if expected else [INT8, SMOOTHED]
    assert names == [*(form.name for form in small), "8-bit blocks", "4-bit blocks", "fp32"]


def test_factors_move_three_quarters_of_the_range_into_the_weights() -> None:
    found = forms._find_factors(np.array([16, 1], dtype=np.float32), np.array([1, 1], dtype=np.float32))
    # 16^0.75 = 8 and 1, over their geometric mean, the root of 8
    assert found == pytest.approx([8 / 8**0.5, 1 / 8**0.5], rel=1e-4)


def test_a_channel_that_is_silent_on_the_examples_counts_as_a_tenth_of_the_median() -> None:
    ones = np.ones(3, dtype=np.float32)
    silent, faint = (forms._find_factors(np.array([x, 1, 1], dtype=np.float32), ones) for x in (0.0, 0.1))
    assert silent == pytest.approx(faint, rel=1e-4)


def save_graph(file: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """first = x · a, second = x · b, third = second · a; and the weights a and b."""
    rng = np.random.default_rng(3)
    a, b = (rng.normal(size=(4, 4)).astype(np.float32) for _ in range(2))
    names = [("x", "a", "first"), ("x", "b", "second"), ("second", "a", "third")]
    graph = helper.make_graph(
        [helper.make_node("MatMul", [x, w], [y], name=y) for x, w, y in names],
        "three",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, None, 4])],
        [helper.make_tensor_value_info(y, TensorProto.FLOAT, [1, None, 4]) for _, _, y in names],
        [numpy_helper.from_array(a, "a"), numpy_helper.from_array(b, "b")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return a, b


def test_smoothing_changes_activations_and_not_results(tmp_path: Path) -> None:
    a, b = save_graph(tmp_path / "full.onnx")
    x = np.array([[[50, 1, -1, 2], [80, -2, 1, 1]]], dtype=np.float32)
    example: Any = {"x": x}
    forms._smooth(tmp_path / "full.onnx", tmp_path / "smooth.onnx", [example])
    session = onnxruntime.InferenceSession(str(tmp_path / "smooth.onnx"), providers=["CPUExecutionProvider"])
    for found, expected in zip(session.run(None, {"x": x}), (x @ a, x @ b, x @ b @ a), strict=True):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-3)
    made = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(tmp_path / "smooth.onnx").graph.initializer
    }
    smoothed = np.abs(x[0] * made["x/divisors"]).max(axis=0)
    assert smoothed.max() / smoothed.min() < 5 < 80 / 2
    assert sorted(made) == ["a/second/smoothed", "a/x/smoothed", "b/x/smoothed", "second/divisors", "x/divisors"]
    assert [file.name for file in tmp_path.iterdir() if file.suffix != ".onnx"] == []
