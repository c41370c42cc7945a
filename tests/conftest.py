"""What the tests share: a fake encoder and reader whose results can be worked out by hand."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
from numpy.typing import NDArray
from traced import TracedChat

from askbrief import assistant
from askbrief.answer.reader import Reader
from askbrief.models.calibration import Calibration
from askbrief.output import progress
from askbrief.store.records import ExtractionRecord
from askbrief.types import Document, Passage, Reading, Span

ONLY_MARGINS = Calibration(slope=1.0, offset=0.0, retrieval_weight=0.0)
ROOT = Path(__file__).parent.parent
SEED = ROOT / "seeds" / "000_278bca0f8ddf4b0f.txt"
TINY_WORDS = (
    "the",
    "of",
    "who",
    "what",
    "when",
    "central",
    "bank",
    "bridge",
    "opened",
    "##s",
    "##ed",
    "##ing",
    "tower",
)


def make_extraction(document: Document) -> ExtractionRecord:
    """What was read of a file that holds ``document`` alone."""
    parts = (("", document.id),)
    return ExtractionRecord(document.id.encode(), "test 1", "utf-8", 1.0, 0, (), parts)


class FakeEncoder:
    """Counts four words: the vector of a text is (ankara, baghdad, railway, drone, 1), scaled to length 1."""

    WORDS = ("ankara", "baghdad", "railway", "drone")
    dimension = 5

    def __init__(self, fingerprint: str = "fake") -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def encode_question(self, text: str) -> NDArray[np.float32]:
        words = re.findall(r"\w+", text.lower())
        vector = np.array([*(words.count(word) for word in self.WORDS), 1], dtype=np.float32)
        return vector / np.float32(np.linalg.norm(vector))

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        for text in texts:
            self.encoded.append(text)
            yield self.encode_question(text)


class FakeReader(Reader):
    """Answers with the first capitalised word of a passage that the question does not have, margin 5; else nothing."""

    def load(self) -> None:
        """There is nothing to load."""

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        found = []
        for document, passage in passages:
            matches = re.finditer(r"\b[A-Z]\w+", passage.text)
            spans = [Span(passage.span.start + m.start(), passage.span.start + m.end()) for m in matches]
            new = [span for span in spans if span.of(document.text).lower() not in question.lower()]
            found.append([Reading(span, 5.0) for span in new[:1]])
        return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what waits for a process beside the tests to the end."""
    items.sort(key=lambda item: item.get_closest_marker("beside") is not None)


@pytest.fixture(scope="session", autouse=True)
def watched_chat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TracedChat]:
    """A chat that is open beside the other tests of a single process; of several, the one that needs it starts it."""
    chat = TracedChat(tmp_path_factory.mktemp("chat"))
    is_alone = "PYTEST_XDIST_WORKER" not in os.environ
    if is_alone and shutil.which("strace") and any(item.get_closest_marker("beside") for item in request.session.items):
        chat.start()
    yield chat
    chat.stop()


@pytest.fixture(autouse=True)
def without_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line saves no questions, in processes beside the tests neither, unless a test asks for it."""
    monkeypatch.setenv("ASKBRIEF_HISTORY", "0")


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


def calibrate(monkeypatch: pytest.MonkeyPatch, calibration: Calibration) -> None:
    """Every reader has ``calibration``."""
    monkeypatch.setattr(Reader, "calibration", calibration)


@pytest.fixture
def only_margins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confidence is 1 / (1 + e^-margin)."""
    calibrate(monkeypatch, ONLY_MARGINS)


@pytest.fixture
def fake_models(monkeypatch: pytest.MonkeyPatch, only_margins: None) -> None:
    """The command line runs on the fakes, and says nothing of progress however slow the machine is."""
    monkeypatch.setattr(assistant, "load_encoder", lambda *_, **__: FakeEncoder())
    monkeypatch.setattr(assistant, "load_reader", lambda *_, **__: FakeReader())
    monkeypatch.setattr(assistant, "load_second_look", lambda *_, **__: None)
    monkeypatch.setattr(progress, "QUIET_SECONDS", 3600.0)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder with two articles, not hidden, not a project."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "The envoy met Okay Memis in Ankara.\n\nThey spoke about the drone.\n", encoding="utf-8"
    )
    (folder / "b.md").write_text("# Trains\n\nThe railway to Baghdad opens in May.\n", encoding="utf-8")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, with nothing compiled."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model with random weights: BERT, 2 layers of 32, with prompts."""
    import torch
    from sentence_transformers import SentenceTransformer

    models: Any = import_module("sentence_transformers.sentence_transformer.modules")
    transformers: Any = import_module("transformers")

    folder = tmp_path_factory.mktemp("tiny")
    characters = [chr(code) for code in range(33, 127)]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{c}" for c in characters), *TINY_WORDS]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(tokens)), encoding="utf-8")
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=len(set(tokens)),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    transformers.BertModel(config).save_pretrained(folder / "bert")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    transformer = models.Transformer(str(folder / "bert"), max_seq_length=48)
    model = SentenceTransformer(
        modules=[transformer, models.Pooling(32, "mean")],
        device="cpu",
        prompts={"query": "who what when ", "document": "tower bridge bank "},
    )
    model.save(str(folder / "model"))
    return folder / "model"
