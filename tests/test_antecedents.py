"""Who a mention is: invented paragraphs, one rule each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.answer.antecedents import find_antecedent, find_antecedents, find_paragraph
from askbrief.answer.names import find_names
from askbrief.types import Span


def find(text: str, mention: str, *, last: bool = True) -> str | None:
    start = text.rfind(mention) if last else text.find(mention)
    found = find_antecedent(text, Span(start, start + len(mention)))
    return found.name if found else None


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        # surnames
        ("Petra Novak, a painter, won. Novak said she was glad.", "Novak", "Petra Novak"),
        ("Sen. Carla Weiss voted no.\n\nWeiss is 61.", "Weiss", "Carla Weiss"),
        ("Minister Teo Al-Amiri came. Al-Amiri said little.", "Al-Amiri", "Teo Al-Amiri"),
        ("Jan Brandt and Eva Brandt own it. Brandt said so.", "Brandt", None),
        ("The shop is in Camden Town. Town was quiet.", "Town", None),
        ("Marta Silva lives in Peru. Peru said nothing.", "Peru", None),
        ("Novak said she was glad.", "Novak", None),
        # pronouns
        ("Mayor Laura Kent opened the pool. She swam first.", "She", "Laura Kent"),
        ("Simon Falk met the press. “It is over,” he said.", "he", "Simon Falk"),
        ("Simon Falk met Robert Haas. He left early.", "He", None),
        ("Simon Falk met Helen Haas. She left early.", "She", "Helen Haas"),
        ("Helen Haas resigned.\n\n“I am tired,” she said.", "she", "Helen Haas"),
        ("Helen Haas resigned.\n\nThe weather was fine. She slept.", "She", "Helen Haas"),
        ("Helen Haas spoke of the nurse. She was calm.", "She", None),
        ("“Ruth Adler is fast and she is strong,” said Ines Moreau.", "she", "Ruth Adler"),
        ("Ines Moreau won. “My sister rows and she swims,” she said.", "she swims", None),
        ("It rained. He left.", "He", None),
        ("Laura Kent spoke. He left.", "He", None),
        # roles
        ("Denmark’s Prime Minister Olga Lind came. Later Denmark’s Prime Minister left.", "Denmark’s Prime Minister",
         "Olga Lind"),
        ("Karl Berg, an engineer for Volta, complained. The engineer was fired.", "The engineer", "Karl Berg"),
        ("Karl Berg, an engineer, and Ida Holm, an engineer, came. The engineer left.", "The engineer", None),
        ("The engineer left.", "The engineer", None),
        ("Karl Berg, an engineer, came. The engineer Ida Holm left.", "The engineer", None),
        ("Denmark’s envoy Olga Lind came. Denmark’s envoy to Oslo Per Dahl left.", "Denmark’s envoy", None),
        ("Denmark’s envoy Olga Lind came. Denmark’s envoy to Oslo left.", "Denmark’s envoy", "Olga Lind"),
        ("Karl Berg was there. The gunman fled.", "The gunman", None),
        ("Karl Berg, the gunman, fled. Police shot the gunman.", "the gunman", "Karl Berg"),
        ("Karl Berg, a senator, spoke. The former senator left.", "The former senator", None),
        # things
        ("The Miller Fire has burned 40 acres. The fire is near.", "The fire", "Miller Fire"),
        ("The Miller Fire and the Dixon Fire burn. The fire is near.", "The fire", None),
        ("A plane of Coral Air landed. The airline said so.", "The airline", "Coral Air"),
        ("The Coast Weather Agency for Malta warned. The agency was right.", "The agency",
         "Coast Weather Agency for Malta"),
        # no mentions
        ("An engineer left. It rained.", "It", None),
        ("Four men left.", "Four men", None),
    ],
)  # fmt: skip
def test_antecedent(text: str, mention: str, name: str | None) -> None:
    if mention == "she swims":
        start = text.rfind(mention)
        found = find_antecedent(text, Span(start, start + 3))
        assert (found.name if found else None) == name
    else:
        assert find(text, mention) == name


ENVOY = "In Oslo the ambassador, Nils Dahl, spoke of trade.\n\nThe Danish diplomat met Ana Ruiz on Monday."


def test_reader_is_asked_where_the_rules_cannot_tell() -> None:
    asked: list[tuple[str, str]] = []

    def ask(question: str, part: Span) -> Sequence[tuple[Span, float]]:
        asked.append((question, part.of(ENVOY)))
        at = ENVOY.index("Nils Dahl")
        return [(Span(at, at + 9), 5.0)]

    start = ENVOY.index("The Danish diplomat")
    mention = Span(start, start + 19)
    found = find_antecedent(ENVOY + " Dahl said so.", mention, ask=ask)
    assert found is not None
    assert asked == [("Who is the Danish diplomat?", ENVOY[:start])]
    assert (found.name, found.name_span.of(ENVOY), found.kind) == ("Nils Dahl", "Nils Dahl", "role")
    assert found.describe(ENVOY) == "The Danish diplomat = Nils Dahl, paragraph 1"


@pytest.mark.parametrize(("first", "second"), [(2.9, -9.0), (5.0, 2.5)])
def test_reader_that_is_not_sure_gives_no_note(first: float, second: float) -> None:
    text = "Nils Dahl, 50, and Olga Lind, 40, came.\n\nThe diplomat spoke."

    def ask(question: str, part: Span) -> Sequence[tuple[Span, float]]:
        return [(Span(0, 9), first), (Span(19, 28), second)]

    start = text.index("The diplomat")
    assert find_antecedent(text, Span(start, start + 12), ask=ask) is None


def test_notes_of_a_sentence_leave_out_names_that_it_says_itself() -> None:
    text = "Petra Novak won.\n\nNovak said she was glad. Petra Novak, as Novak said, is 40."
    second = text.index("Novak said she")
    notes = find_antecedents(text, within=Span(second, second + 24))
    assert [(note.text, note.name) for note in notes] == [("Novak", "Petra Novak")]
    third = text.index("Petra Novak, as")
    assert find_antecedents(text, within=Span(third, len(text))) == []


def test_paragraphs_are_counted_from_one() -> None:
    text = "a\n\nb\nc\n \nd"
    assert [find_paragraph(text, text.index(letter)) for letter in "abcd"] == [1, 2, 2, 3]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Who is the envoy of Prime Minister Olga Lind?", [("Olga Lind", "person")]),
        ("What did Sweden sign with Ghana?", [("Sweden", "place"), ("Ghana", "place")]),
        ("On Monday Karl Berg, 50, left New York.", [("Karl Berg", "person"), ("New York", "")]),
        ("Where is the Cedar River in March?", [("Cedar River", "place")]),
        ("Is the World Health Organization right?", [("World Health Organization", "group")]),
        ("The Swedish coach left.", []),
    ],
)
def test_names(text: str, names: list[tuple[str, str]]) -> None:
    assert [(name.text, name.kind) for name in find_names(text)] == names


@given(st.text(max_size=200))
def test_notes_quote_the_text_and_point_backwards(text: str) -> None:
    for note in find_antecedents(text, within=Span(0, len(text))):
        assert note.mention.of(text) == note.text
        assert note.name_span.of(text) == note.name
        assert note.name_span.end <= note.mention.start
