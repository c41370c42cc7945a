"""The calibration in a reader's card."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.answer.reader import DEFAULT_READER, Reader
from askbrief.assistant import Assistant
from askbrief.config import open_folder
from askbrief.errors import ModelError
from askbrief.models.calibration import Calibration, load_calibration, save_calibration
from askbrief.models.runtime import CARD, CompiledModel

MINE = Calibration(slope=0.5, offset=-1.0, threshold=0.4, retrieval_weight=3.0)


def save_card(folder: Path, **card: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).write_text(json.dumps({"kind": "reader", **card}), encoding="utf-8")
    return folder


def test_the_shipped_card_states_its_calibration() -> None:
    card = json.loads((DEFAULT_READER / CARD).read_text(encoding="utf-8"))
    assert set(card["calibration"]) == {"slope", "offset", "threshold", "retrieval_weight"}
    assert Reader().calibration == Calibration(**card["calibration"])


def test_a_card_without_a_calibration_has_the_defaults(tmp_path: Path) -> None:
    assert load_calibration(CompiledModel(save_card(tmp_path))) == Calibration()
    half = load_calibration(CompiledModel(save_card(tmp_path, calibration={"slope": 1})))
    assert (half.slope, half.offset) == (1, Calibration().offset)


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        {"slop": 1.0},
        {"slope": "1"},
        {"slope": True},
        {"offset": math.nan},
        {"slope": 0},
        {"slope": -0.1},
        {"threshold": 1.1},
        {"retrieval_weight": -1},
    ],
)
def test_a_card_with_another_thing_is_refused(tmp_path: Path, numbers: object) -> None:
    with pytest.raises(ModelError, match="states a calibration") as caught:
        load_calibration(CompiledModel(save_card(tmp_path, calibration=numbers)))
    assert str(tmp_path / CARD) in caught.value.message


def test_the_reader_in_use_decides_confidence_and_threshold(articles: Path) -> None:
    class Mine(FakeReader):
        calibration = MINE

    def ask(reader: Reader) -> tuple[float, float, float]:
        with Assistant(open_folder(articles), encoder=FakeEncoder(), reader=reader) as assistant:
            trace = assistant.trace("The drone in Ankara")
        return trace.confidence, trace.ranked[0].candidate.match.score, trace.min_confidence

    for reader, calibration in ((FakeReader(), Reader().calibration), (Mine(), MINE)):
        confidence, score, threshold = ask(reader)
        strength = 5.0 + calibration.retrieval_weight * score  # the fake reader's margin is 5
        assert confidence == pytest.approx(1 / (1 + math.exp(-calibration.slope * strength - calibration.offset)))
        assert threshold == calibration.threshold


def test_a_calibration_is_saved_into_a_card_of_the_cache(cache: Path) -> None:
    folder = save_card(cache / "readers" / "mine", name="mine", bytes={"model.onnx": 3})
    save_calibration(folder, MINE)
    model = CompiledModel(folder)
    assert load_calibration(model) == MINE
    assert (model.card["name"], model.card["bytes"]) == ("mine", {"model.onnx": 3})
    save_calibration(folder, Calibration())
    assert load_calibration(CompiledModel(folder)) == Calibration()
    assert [file.name for file in folder.iterdir()] == [CARD]
    with pytest.raises(ModelError, match="out of range"):
        save_calibration(folder, Calibration(threshold=2.0))
    assert load_calibration(CompiledModel(folder)) == Calibration()


def test_no_calibration_is_saved_outside_the_cache(cache: Path, tmp_path: Path) -> None:
    cache.mkdir()
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    shutil.copy(DEFAULT_READER / CARD, shipped)
    (cache / "link").symlink_to(shipped)
    before = (shipped / CARD).read_bytes()
    for folder in (shipped, cache / "link", cache / ".." / "shipped"):
        with pytest.raises(ModelError, match="was not compiled here"):
            save_calibration(folder, MINE)
    assert (shipped / CARD).read_bytes() == before
