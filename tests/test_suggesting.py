from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.answer.suggest import find_question, find_questions
from askbrief.assistant import Assistant

pytestmark = pytest.mark.usefixtures("only_margins")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Okay Memis met the governor in Ankara.", ("Who met the governor in Ankara?", "Okay Memis")),
        ("Okay Memis met the\ngovernor in  Ankara.", ("Who met the governor in Ankara?", "Okay Memis")),
        ("The Red Cross opened a house in Baghdad, it said.", ("Who opened a house in Baghdad?", "The Red Cross")),
        (
            "Zoltan visited the old house of the governor near the river before the long war of seven kings in May.",
            ("Who visited the old house of the governor near the river before the long war?", "Zoltan"),
        ),
        ("He met the governor in Ankara.", None),
        ("The railway to Baghdad opens in May.", None),
        ("the envoy met the governor in Ankara.", None),
        ("Zoltan won.", None),
        ("Zoltan met the crew at 5:20 in Oslo.", ("Who met the crew at 5:20 in Oslo?", "Zoltan")),
        ("Zoltan sold 1,200 old boats in May.", ("Who sold 1,200 old boats in May?", "Zoltan")),
        ("Storm Gwen made landfall near Cape Dorrit at 5:20.", None),  # nobody
        ("Ann Reed voted against keeping them.", None),  # whom?
        ("Ann Reed opened the house of his mother.", None),
        ("Ann Reed voted for the plan of, as she said, old.", None),  # cut in the middle
        ("Zoltan announced a plan that failed.", None),
        ("", None),
    ],
)
def test_the_question_that_a_sentence_answers(sentence: str, expected: tuple[str, str] | None) -> None:
    assert find_question(sentence) == expected


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    """Three articles: the reader answers the question of the first and the third with its name, of the second not."""
    texts = (
        "Zoltan met the drone pilots in ankara. Xaver met the baghdad pilots too.",
        "It was Boris. Yusuf met the railway people in baghdad.",
        "Ivan met the governor of all drones.",
    )
    folder = tmp_path / "articles"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    with Assistant.open(folder, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
        assistant.update()
        yield assistant


def suggest(assistant: Assistant, *, count: int, go_on: bool = True) -> list[str]:
    search, ask = partial(assistant.search, refresh=False), partial(assistant.ask, refresh=False)
    return find_questions(search=search, ask=ask, count=count, go_on=lambda: go_on)


def test_only_questions_that_are_answered_with_the_name_are_suggested(assistant: Assistant) -> None:
    found = suggest(assistant, count=4)
    assert sorted(found) == ["Who met the drone pilots in ankara?", "Who met the governor of all drones?"]


def test_no_more_are_looked_for_than_wanted(assistant: Assistant) -> None:
    assert suggest(assistant, count=1) == ["Who met the governor of all drones?"]
    assert suggest(assistant, count=4, go_on=False) == []
