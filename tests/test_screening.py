from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from askbrief.errors import ModelError
from askbrief.models.locate import find_default_model
from askbrief.models.trust import screen_model

PARTS = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]


def write(folder: Path, name: str, value: object) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """As a sentence-transformers model looks from outside."""
    folder = tmp_path / "model"
    write(folder, "modules.json", PARTS)
    write(folder, "config.json", {"model_type": "bert", "architectures": ["BertModel"]})
    write(folder, "1_Pooling/config.json", {"pooling_mode_mean_tokens": True})
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def refuse(folder: Path, why: str) -> None:
    with pytest.raises(ModelError) as raised:
        screen_model(folder)
    assert raised.value.message.startswith(f"the model in {folder} is not loaded: ")
    assert why in raised.value.message
    assert "safetensors" in raised.value.hint


def test_the_default_model_passes() -> None:
    screen_model(find_default_model())


def test_a_model_of_known_parts_passes(model: Path) -> None:
    screen_model(model)
    dense = {"path": "2_Dense", "type": "sentence_transformers.base.modules.dense.Dense"}
    write(model, "modules.json", [*PARTS, dense, {"path": "3", "type": "sentence_transformers.models.Normalize"}])
    write(model, "2_Dense/config.json", {"activation_function": "torch.nn.modules.activation.Tanh"})
    (model / "2_Dense" / "model.safetensors").write_bytes(b"")
    screen_model(model)


def test_a_transformers_model_without_parts_passes(model: Path) -> None:
    (model / "modules.json").unlink()
    screen_model(model)
    (model / "model.safetensors").rename(model / "model-00001-of-00002.safetensors")
    screen_model(model)


@pytest.mark.parametrize(
    "name",
    [
        "custom.Evil",
        "os.system",
        "sentence_transformers.models.Router",
        "sentence_transformers.models.WordEmbeddings",
        "sentence_transformers_evil.models.Transformer",
        "sentence_transformers.models../../evil.Transformer",
        "sentence_transformers.util.Transformer",
        "evil.sentence_transformers.models.Transformer",
        "Transformer",
        "",
    ],
)
def test_a_part_of_another_kind_is_refused(model: Path, name: str) -> None:
    write(model, "modules.json", [PARTS[0], {"path": "1", "type": name}])
    refuse(model, f"it has a part {name!r}")


@pytest.mark.parametrize(
    "value", [[], {}, "x", [3], [{"type": "sentence_transformers.models.Pooling"}], [{"path": ""}]]
)
def test_parts_that_are_no_list_of_parts_are_refused(model: Path, value: object) -> None:
    write(model, "modules.json", value)
    refuse(model, "modules.json is no list of parts")


@pytest.mark.parametrize("path", ["..", "/", "1_Pooling/../.."])
def test_a_part_outside_of_the_folder_is_refused(model: Path, path: str) -> None:
    write(model, "modules.json", [PARTS[0], PARTS[1] | {"path": path}])
    refuse(model, f"its part {path!r} lies outside of it")


def test_a_part_that_is_a_link_to_the_outside_is_refused(model: Path, tmp_path: Path) -> None:
    (model / "1_Pooling").rename(tmp_path / "elsewhere")
    (model / "1_Pooling").symlink_to(tmp_path / "elsewhere")
    refuse(model, "lies outside of it")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pkl", "tf_model.h5"])
def test_weights_that_are_not_safetensors_are_refused(model: Path, name: str) -> None:
    (model / "model.safetensors").rename(model / name)
    refuse(model, "the weights of its part Transformer are not safetensors")
    (model / "modules.json").unlink()
    refuse(model, "the weights of its part Transformer are not safetensors")


def test_pickled_weights_of_a_further_part_are_refused(model: Path) -> None:
    write(model, "modules.json", [*PARTS, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}])
    write(model, "2_Dense/config.json", {})
    (model / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    refuse(model, "the weights of its part Dense are not safetensors")


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "sentence_bert_config.json"])
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "sets auto_map"),
        ({"deep": [{"auto_map": {"AutoModel": "evil.Model"}}]}, "sets auto_map"),
        ({"trust_remote_code": True}, "sets trust_remote_code"),
        ({"model_args": {"weights_only": False}}, "sets model_args"),
        ({"custom_pipelines": {"x": {"impl": "evil.P"}}}, "sets custom_pipelines"),
        ({"modality_config": {"text": {"method": "save_pretrained"}}}, "names the method 'save_pretrained'"),
        ({"activation_function": "os.abort"}, "names the activation 'os.abort'"),
        ({"activation_function": "torch.hub.load"}, "names the activation 'torch.hub.load'"),
        (
            {"activation_function": "torch.nn.modules.activation.os.abort"},
            "names the activation 'torch.nn.modules.activation.os.abort'",
        ),
    ],
)
def test_settings_that_name_code_are_refused(model: Path, name: str, fields: dict[str, Any], why: str) -> None:
    write(model, name, {"model_type": "bert", **fields})
    refuse(model, f"{name} {why}")


def test_settings_of_a_part_are_looked_through(model: Path) -> None:
    write(model, "1_Pooling/config.json", {"auto_map": {"x": "y"}})
    refuse(model, "config.json sets auto_map")


def test_empty_fields_name_no_code(model: Path) -> None:
    fields = {"auto_map": {}, "model_args": {}, "trust_remote_code": False, "activation_function": "gelu"}
    write(model, "config.json", {**fields, "modality_config": {"text": {"method": "forward"}}})
    screen_model(model)


def test_an_adapter_is_refused(model: Path) -> None:
    write(model, "adapter_config.json", {"base_model_name_or_path": "/elsewhere"})
    refuse(model, "it is an adapter of another model")


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[" * 200_000, b" " * 2_000_000])
@pytest.mark.parametrize("name", ["modules.json", "config.json"])
def test_settings_that_cannot_be_read_are_refused(model: Path, name: str, data: bytes) -> None:
    (model / name).write_bytes(data)
    refuse(model, f"{name} ")


def test_settings_that_are_a_pipe_are_not_opened(model: Path) -> None:
    (model / "config.json").unlink()
    os.mkfifo(model / "config.json")
    refuse(model, "config.json is no file of settings")


def test_a_large_vocabulary_is_not_looked_through(model: Path) -> None:
    (model / "unigram.json").write_bytes(b"[" * 2_000_000)
    screen_model(model)
    shutil.rmtree(model / "1_Pooling")
    screen_model(model)
