from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from askbrief.errors import ModelError
from askbrief.models import compile_encoder as encoding
from askbrief.models.compile import hash_file, new_folder
from askbrief.models.compile_encoder import load_encoder, measure_agreement
from askbrief.models.encoder import CompiledEncoder
from askbrief.models.locate import find_default_model
from askbrief.models.runtime import CARD, GRAPH, TOKENIZER, WEIGHTS
from askbrief.types import Progress

SENTENCES = [
    "The envoy met Okay Memis in Ankara.",
    "A railway to Basra.",
    "Soleimani was killed in Iraq in 2020. " * 40,
]


@pytest.fixture(scope="session")
def default_encoder() -> CompiledEncoder:
    return load_encoder()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def load_source(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def refuse_progress(progress: Progress) -> None:
    pytest.fail(f"compiled again: {progress.stage}")


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.models
def test_vectors_have_the_stated_dimension_and_length_1(default_encoder: CompiledEncoder) -> None:
    vectors = [default_encoder.encode_question("who?"), *default_encoder.encode_passages(SENTENCES)]
    assert default_encoder.dimension == 384
    assert {vector.shape for vector in vectors} == {(384,)}
    assert {vector.dtype for vector in vectors} == {np.dtype(np.float32)}
    assert [float(np.linalg.norm(vector)) for vector in vectors] == pytest.approx([1.0] * 4, abs=1e-5)


@pytest.mark.models
def test_a_vector_does_not_depend_on_its_neighbours(default_encoder: CompiledEncoder) -> None:
    alone = [next(default_encoder.encode_passages([text])) for text in SENTENCES]
    together = list(default_encoder.encode_passages([*SENTENCES, *reversed(SENTENCES)]))
    for number, vector in enumerate(alone):
        assert np.array_equal(vector, together[number])
        assert np.array_equal(vector, together[-1 - number])
    assert not np.array_equal(alone[0], alone[1])


@pytest.mark.models
def test_what_exceeds_the_limit_of_the_model_is_cut(default_encoder: CompiledEncoder) -> None:
    a, b = default_encoder.encode_passages(["word " * 300 + "Ankara", "word " * 300 + "Baghdad and more"])
    assert np.array_equal(a, b)


@pytest.mark.models
def test_nothing_to_encode_gives_nothing(default_encoder: CompiledEncoder) -> None:
    assert list(default_encoder.encode_passages([])) == []


@pytest.mark.models
def test_meaning_decides_what_is_near(default_encoder: CompiledEncoder) -> None:
    question = default_encoder.encode_question("Which train line is being built?")
    near, far = default_encoder.encode_passages(
        ["They finalise the construction of a railway.", "She was elected judge."]
    )
    assert float(question @ near) > float(question @ far) + 0.2


@pytest.mark.models
@pytest.mark.filterwarnings("default")
def test_the_default_encoder_agrees_with_its_source_as_its_card_says(default_encoder: CompiledEncoder) -> None:
    source = load_source(find_default_model())
    found = measure_agreement(source, default_encoder)
    assert found == pytest.approx(default_encoder.agreement, abs=0.002)
    assert found["mean_cosine"] >= 0.99
    (vector,) = default_encoder.encode_passages(SENTENCES[:1])
    assert cosine(source.encode(SENTENCES[0]), vector) >= 0.985


@pytest.mark.models
def test_a_cached_encoder_is_not_compiled_again(
    default_encoder: CompiledEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[Progress] = []
    monkeypatch.setattr(encoding, "compile_encoder", None)
    monkeypatch.setattr(encoding, "hash_file", None)
    assert load_encoder(on_progress=steps.append).fingerprint == default_encoder.fingerprint
    assert steps == []


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("no_network")
def test_any_sentence_transformers_model_is_compiled_once_and_agrees(tiny_model: Path, cache: Path) -> None:
    steps: list[Progress] = []
    encoder = load_encoder(tiny_model.name, root=tiny_model.parent, on_progress=steps.append)
    assert [step.done for step in steps] == [0, 1, 2, 3]
    assert steps[-1].stage == "Prepared the encoder"
    assert steps[-1].details.startswith("int8; against SentenceTransformer.encode: cosine ")
    assert encoder.dimension == 32
    assert encoder.agreement["mean_cosine"] >= 0.97

    source = load_source(tiny_model)
    questions = np.stack([encoder.encode_question(text) for text in SENTENCES])
    passages = np.stack(list(encoder.encode_passages(SENTENCES)))
    for ours, theirs, bare in zip(questions, source.encode_query(SENTENCES), source.encode(SENTENCES), strict=True):
        assert cosine(ours, theirs) >= max(0.97, cosine(ours, bare))
    for ours, theirs, bare in zip(passages, source.encode_document(SENTENCES), source.encode(SENTENCES), strict=True):
        assert cosine(ours, theirs) >= max(0.97, cosine(ours, bare))
    assert not np.array_equal(questions[0], passages[0])  # their prompts differ

    folder = cache / "encoders" / encoder.fingerprint
    assert sorted(file.name for file in folder.iterdir()) == sorted([CARD, GRAPH, TOKENIZER, WEIGHTS])
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    assert (card["question_prompt"], card["passage_prompt"], card["max_tokens"]) == (
        "who what when ",
        "tower bridge bank ",
        48,
    )
    assert (card["form"], card["failed"]) == ("int8", {})
    assert card["sha256"][GRAPH] == hash_file(folder / GRAPH)
    assert load_encoder(str(tiny_model), on_progress=refuse_progress).fingerprint == encoder.fingerprint


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("damage", [GRAPH, WEIGHTS, TOKENIZER, CARD])
def test_a_damaged_cache_is_compiled_again(tiny_model: Path, cache: Path, damage: str) -> None:
    before = load_encoder(str(tiny_model))
    expected = before.encode_question("who opened the bridge")
    file = cache / "encoders" / before.fingerprint / damage
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    steps: list[Progress] = []
    after = load_encoder(str(tiny_model), on_progress=steps.append)
    assert steps
    assert after.fingerprint == before.fingerprint
    assert np.array_equal(after.encode_question("who opened the bridge"), expected)


@pytest.mark.models
@pytest.mark.filterwarnings("default")
def test_changed_weights_mean_another_fingerprint(tiny_model: Path, tmp_path: Path, cache: Path) -> None:
    before = load_encoder(str(tiny_model))
    copy = tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    assert load_encoder(str(copy), on_progress=refuse_progress).fingerprint == before.fingerprint
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert load_encoder(str(copy)).fingerprint != before.fingerprint
    assert len(list((cache / "encoders").iterdir())) == 2


@pytest.mark.models
@pytest.mark.filterwarnings("default")
def test_a_model_no_form_of_which_agrees_is_refused(
    tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "MIN_MEAN_COSINE", 1.01)
    with pytest.raises(ModelError, match=r"no compiled form .* \(int8: mean cosine .*, fp32: mean cosine 1\.000\)"):
        load_encoder(str(tiny_model))
    assert list((cache / "encoders").iterdir()) == []


@pytest.mark.usefixtures("cache")
def test_other_weights_than_the_default_ones_are_refused(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(encoding, "DEFAULT_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"not the expected ones \(sha256 53aa5117…\)"):
        load_encoder()
    assert list((cache / "encoders").iterdir()) == []


@pytest.mark.usefixtures("no_network", "cache")
@pytest.mark.parametrize("name", ["nobody/no-such-model", "no-such-model", "a/b/c/d", "https://example.com/model"])
def test_an_unknown_model_is_refused_without_the_network(name: str) -> None:
    with pytest.raises(ModelError, match="on this machine") as caught:
        load_encoder(name)
    assert repr(name) in caught.value.message
    assert "downloads nothing" in caught.value.hint


@pytest.mark.usefixtures("cache")
def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="holds no model weights"):
        load_encoder(str(tmp_path))


@pytest.mark.models
@pytest.mark.usefixtures("cache")
@pytest.mark.filterwarnings("default")
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be loaded as a sentence-transformers model"):
        load_encoder(str(folder))


def fill(folder: Path, word: str) -> None:
    (folder / CARD).write_text(word, encoding="utf-8")


def test_a_new_folder_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "models" / "one"
    with new_folder(target) as scratch:
        fill(scratch, "first")
        assert not target.exists()
    assert (target / CARD).read_text(encoding="utf-8") == "first"
    assert list(target.parent.iterdir()) == [target]


def test_a_new_folder_vanishes_when_the_block_fails(tmp_path: Path) -> None:
    target = tmp_path / "models" / "one"
    with pytest.raises(KeyboardInterrupt), new_folder(target):
        raise KeyboardInterrupt
    assert list(target.parent.iterdir()) == []


def test_of_two_at_once_the_first_to_finish_stands(tmp_path: Path) -> None:
    target = tmp_path / "models" / "one"
    with new_folder(target) as slow:
        with new_folder(target) as fast:
            fill(fast, "fast")
        fill(slow, "slow")
    assert (target / CARD).read_text(encoding="utf-8") == "fast"
    assert list(target.parent.iterdir()) == [target]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be written") as caught, new_folder(tmp_path / "models" / "one"):
        pass
    assert "XDG_CACHE_HOME" in caught.value.hint
