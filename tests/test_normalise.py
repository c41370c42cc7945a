from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.text.normalise import normalise_for_reading
from askbrief.types import Span


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("The ﬁrst oﬃcer is Griﬃn Moﬀat, ﬂying.", "The first officer is Griffin Moffat, flying."),
        ("elected Ar-\nchibald Sto-\nver as chair-\n  man", "elected Archibald Stover as chairman"),
        ("soft\u00adware \u200bfor Nim\u00adbus\ufeff", "software for Nimbus"),
        ("soft\u00ad\nware", "software"),
        ("Mohammad-\nHassan left", "Mohammad-Hassan left"),
        ("a well-\nknown man, well-known here", "a well-known man, well-known here"),
        ("from 20-\n30 people", "from 20-\n30 people"),
        ("non\u2011breaking co\u2010op", "non-breaking co-op"),
        ("a list -\nnot a word", "a list -\nnot a word"),
        ("plain text", "plain text"),
    ],
)
def test_text_as_it_is_read(text: str, read: str) -> None:
    assert normalise_for_reading(text).text == read


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("is Griﬃn Moﬀat.", "Griffin Moffat", "Griﬃn Moﬀat"),
        ("by Ar-\nchibald Sto-\nver as", "Archibald Stover", "Ar-\nchibald Sto-\nver"),
        ("the soft\u00adware firm", "software", "soft\u00adware"),
        ("Mohammad-\nHassan left", "Mohammad-Hassan", "Mohammad-\nHassan"),
        ("ends in staﬀ", "staff", "staﬀ"),
    ],
)
def test_what_is_shown_are_the_files_own_words(text: str, words: str, shown: str) -> None:
    normalised = normalise_for_reading(text)
    at = normalised.text.index(words)
    source = normalised.find_source(Span(at, at + len(words)))
    assert source.of(text) == shown
    assert normalised.find_span(source).of(normalised.text) == words


@given(st.text("abA-\n ﬁﬃ\u00ad\u200b‑", max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_every_span_leads_back(text: str, start: int, length: int) -> None:
    normalised = normalise_for_reading(text)
    start = min(start, len(normalised.text))
    span = Span(start, min(len(normalised.text), start + length))
    source = normalised.find_source(span)
    assert source.end <= len(text)
    assert normalised.find_span(source).contains(span) or not span
