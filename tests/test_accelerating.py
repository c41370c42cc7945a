"""Encoding on a GPU, with the processor in the GPU's place."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import FakeEncoder
from numpy.typing import NDArray

from askbrief.config import open_folder
from askbrief.index import update as indexing
from askbrief.index.refresh import refresh
from askbrief.index.refreshed import Refreshed
from askbrief.models import compile_encoder as encoding
from askbrief.models import gpu as accelerating
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.gpu import AcceleratedEncoder, accelerate, find_device
from askbrief.store.store import Store
from askbrief.types import Progress

TEXTS = ["the tower of the bank", "who opened the central bridge", "when " * 200 + "bank", "a"]


class FakeModel:
    """Stands for the source model: the fake encoder's vectors at three times their length, until it fails."""

    def __init__(self, *, batches: int = 1000, error: str = "out of memory", broken: float = 1.0) -> None:
        self.batches = batches
        self.error = error
        self.broken = broken

    def encode_document(self, texts: Sequence[str], **_: object) -> NDArray[np.float16]:
        self.batches -= 1
        if self.batches < 0:
            raise RuntimeError(self.error)
        vectors = np.stack(list(FakeEncoder().encode_passages(texts))) * 3
        return (vectors * self.broken).astype(np.float16)


def make_accelerated(model: FakeModel) -> tuple[AcceleratedEncoder, FakeEncoder]:
    compiled: Any = FakeEncoder()
    return AcceleratedEncoder(compiled, model, device="mars"), compiled


@pytest.fixture
def on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerating, "find_device", lambda: "cpu")


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("cache", "on_the_processor")
def test_passages_are_encoded_by_the_source_and_questions_by_the_compiled_form(tiny_model: Path) -> None:
    compiled = load_encoder(str(tiny_model))
    accelerated = accelerate(compiled)
    assert accelerated is not None
    assert (accelerated.fingerprint, accelerated.dimension, accelerated.device) == (compiled.fingerprint, 32, "cpu")
    assert np.array_equal(accelerated.encode_question("who"), compiled.encode_question("who"))
    ours = list(accelerated.encode_passages(TEXTS))
    assert [(vector.shape, str(vector.dtype)) for vector in ours] == [((32,), "float32")] * 4
    assert [float(np.linalg.norm(vector)) for vector in ours] == pytest.approx([1.0] * 4, abs=1e-6)
    source = encoding.load_source(tiny_model, device="cpu").encode_document(TEXTS, normalize_embeddings=True)
    theirs = np.stack(list(compiled.encode_passages(TEXTS)))
    assert np.sum(np.stack(ours) * source, axis=1).min() > 0.99999 > np.sum(theirs * source, axis=1).max() > 0.97
    assert list(accelerated.encode_passages([])) == []
    assert accelerated.failure == ""


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("cache", "on_the_processor")
def test_a_gpu_whose_vectors_are_others_is_not_used(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = load_encoder(str(tiny_model))
    monkeypatch.setattr(accelerating, "MIN_MEAN_COSINE", 1.01)
    assert accelerate(compiled) is None


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("cache", "on_the_processor")
def test_a_source_that_is_gone_leaves_the_compiled_form(tiny_model: Path) -> None:
    compiled = load_encoder(str(tiny_model))
    compiled.source = tiny_model / "gone"
    assert accelerate(compiled) is None
    compiled.source = None
    assert accelerate(compiled) is None


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("cache", "on_the_processor")
def test_a_source_that_came_to_name_code_is_not_loaded(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = load_encoder(str(tiny_model))
    shutil.copytree(tiny_model, tmp_path / "model")
    modules = tmp_path / "model" / "modules.json"
    modules.write_text(modules.read_text(encoding="utf-8").replace("sentence_transformers", "evil"), encoding="utf-8")
    compiled.source = tmp_path / "model"
    loaded: list[Path] = []
    monkeypatch.setattr(accelerating, "load_source", lambda folder, device: loaded.append(folder))
    assert accelerate(compiled) is None
    assert loaded == []


@pytest.mark.models
def test_a_machine_without_a_gpu_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert find_device() is None
    assert accelerate(load_encoder()) is None
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    assert find_device() == "cuda"


def test_a_gpu_that_fails_leaves_the_rest_to_the_compiled_form() -> None:
    accelerated, compiled = make_accelerated(FakeModel(batches=1, error="CUDA out of memory\nTried to allocate"))
    texts = ["ankara drone", "baghdad baghdad"]
    expected = np.stack(list(FakeEncoder().encode_passages(texts)))
    assert np.stack(list(accelerated.encode_passages(texts))) == pytest.approx(expected, abs=1e-3)
    assert (accelerated.failure, compiled.encoded) == ("", [])
    for _ in range(2):
        assert np.array_equal(np.stack(list(accelerated.encode_passages(texts))), expected)
    assert (accelerated.failure, compiled.encoded) == ("CUDA out of memory", texts * 2)


@pytest.mark.parametrize("broken", [float("nan"), 0.0])
def test_vectors_without_a_direction_are_a_failure(broken: float) -> None:
    accelerated, compiled = make_accelerated(FakeModel(broken=broken))
    (vector,) = accelerated.encode_passages(["ankara"])
    assert np.array_equal(vector, FakeEncoder().encode_question("ankara"))
    assert (accelerated.failure, compiled.encoded) == ("mars gave vectors without a direction", ["ankara"])


def index(articles: Path, monkeypatch: pytest.MonkeyPatch, model: FakeModel) -> tuple[list[Progress], Store, Refreshed]:
    monkeypatch.setattr(indexing, "accelerate", lambda _: make_accelerated(model)[0])
    steps, run = [], refresh(open_folder(articles), FakeEncoder())
    while True:
        try:
            steps.append(next(run))
        except StopIteration as end:
            return steps, *end.value


@pytest.fixture
def many(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the articles hold is just enough to look for a GPU, and takes long without."""
    characters = sum(len(file.read_text(encoding="utf-8")) for file in articles.iterdir())
    monkeypatch.setattr(indexing, "MANY_CHARACTERS", characters)
    monkeypatch.setattr(indexing, "CHARACTERS_PER_SECOND", 1.0)
    monkeypatch.setattr(indexing, "_MIN_MEASURED_CHARACTERS", 1)


@pytest.mark.usefixtures("many")
def test_much_text_is_indexed_on_the_gpu(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, store, done = index(articles, monkeypatch, FakeModel())
    with store:
        assert store.rows.load_speed() is None  # of the next run without a GPU it would say nothing
        assert store.rows.generation == 1
    assert [(step.stage, step.done, step.passages) for step in steps] == [
        ("Indexing", 0, 0),
        ("Looking for a GPU", 0, 0),
        ("Indexing on mars", 1, 0),
        ("Indexing on mars", 1, 2),
        ("Indexed", 2, 0),
    ]
    assert done.notes == []


@pytest.mark.usefixtures("many")
def test_a_failure_of_the_gpu_is_noted(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, store, done = index(articles, monkeypatch, FakeModel(batches=0))
    with store:
        assert store.rows.load_speed() is None
    assert done.notes == ["mars failed (out of memory); encoded the rest without it"]


@pytest.mark.usefixtures("many")
def test_a_character_less_is_indexed_without_looking_for_a_gpu(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (articles / "b.md").write_text("# Trains\n\nThe railway to Baghdad opens in Ma.\n", encoding="utf-8")
    steps, store, _ = index(articles, monkeypatch, FakeModel(batches=0))
    with store:
        assert store.rows.load_speed()
    assert {step.stage for step in steps} == {"Indexing", "Indexed"}
    assert steps[0].seconds


@pytest.mark.usefixtures("many")
def test_without_a_gpu_the_time_it_takes_is_said(articles: Path) -> None:
    steps = list(refresh(open_folder(articles), FakeEncoder()))  # a fake encoder has no source that a GPU could run
    assert [step.stage for step in steps[:3]] == ["Indexing", "Looking for a GPU", "Indexing"]
    assert steps[0].seconds
