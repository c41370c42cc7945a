"""Verifying: earlier answers → whether their words still stand in the files, word for word.

The files themselves are read, decoded as for the index; the index is not asked.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from askbrief.answer.schema import load_answer
from askbrief.config import Folder
from askbrief.corpus.decode import decode
from askbrief.corpus.scan import load_bytes, scan_folder
from askbrief.errors import AnswersError, CorpusError
from askbrief.text.segment import LineIndex
from askbrief.types import AnswerSpan, Span

OUTCOMES = ("in place", "moved", "changed", "gone")
_HINT = "Give what askbrief ask --json printed, one object a line."


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """Where words stand: a path, characters of its text, line and column from 1."""

    path: str
    span: Span
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Claim:
    """An earlier answer: its words and where they stood.

    Attributes:
        number: Line of the input that it comes from, from 1.
        question: What was asked.
        text: The words.
        place: Where they stood.
        sentence: The sentence around them, verbatim.
        sentence_start: Its first character in the file's text.
    """

    number: int
    question: str
    text: str
    place: FoundSpan
    sentence: str
    sentence_start: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What a file of answers says.

    Attributes:
        claims: The answers, in order.
        refused: Questions that had no answer.
        blank: Lines with nothing on them.
    """

    claims: tuple[Claim, ...]
    refused: int
    blank: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer.

    Attributes:
        claim: The answer.
        outcome: "in place": words and sentence stand where they stood, character for character. "moved": the same words
            in the same sentence, white space apart, stand elsewhere in the file or in another one. "changed": the
            file is there, but not the words in their sentence. "gone": the file is not there, or cannot be read.
        place: Where the words stand now; None if changed or gone.
        reason: Why the file is gone; else ''.
    """

    claim: Claim
    outcome: Literal["in place", "moved", "changed", "gone"]
    place: FoundSpan | None = None
    reason: str = ""


def load_claims(lines: Iterable[bytes]) -> Claims:
    """Read the output of ``askbrief ask --json``.

    Raises:
        AnswersError: A line is no such output; the message says which.
    """
    claims: list[Claim] = []
    refused = blank = 0
    for number, line in enumerate(lines, start=1):
        line = (line.removeprefix(BOM_UTF8) if number == 1 else line).strip()
        if not line:
            blank += 1
            continue
        try:
            answer = load_answer(line)
        except ValueError as error:
            raise AnswersError(f"line {number} is not an answer: {error}", hint=_HINT) from error
        claims += [_build_claim(number, answer.question, span) for span in answer.answers]
        refused += not answer.answers
    return Claims(tuple(claims), refused, blank)


def _build_claim(number: int, question: str, span: AnswerSpan) -> Claim:
    place = FoundSpan(span.path, span.span, span.line, span.column)
    return Claim(number, question, span.text, place, span.sentence_text, span.sentence.start)


def verify(folder: Folder, claims: Sequence[Claim]) -> list[Verdict]:
    """What became of each of ``claims``, in order. Only articles of ``folder`` are read, each at most twice.

    Raises:
        CorpusError: The folder cannot be listed.
    """
    scan = scan_folder(folder.articles, root=folder.root, without=folder.index)
    problems = {file.path: f"it {file.reason}" for file in scan.skipped}
    paths = [file.path for file in scan.files]
    numbers = defaultdict(list)
    for number, claim in enumerate(claims):
        numbers[claim.place.path].append(number)
    verdicts: dict[int, Verdict] = {}
    there = set(paths)
    for path in numbers:
        if path in there:
            try:
                text = _load_text(folder, path)
            except CorpusError as error:
                problems[path] = f"it {error.message}"
                continue
            for number in numbers[path]:
                verdicts[number] = _judge(claims[number], text, path) or Verdict(claims[number], "changed")
    for number, claim in enumerate(claims):
        reason = problems.get(claim.place.path, "it is no article of this folder")
        verdicts.setdefault(number, Verdict(claim, "gone", reason=reason))
    _look_elsewhere(folder, paths, verdicts)
    return [verdicts[number] for number in range(len(claims))]


def _look_elsewhere(folder: Folder, paths: Sequence[str], verdicts: dict[int, Verdict]) -> None:
    """Looks for what is not in its own file in all others, in the order of their paths."""
    missing = {number: verdict.claim for number, verdict in verdicts.items() if verdict.place is None}
    for path in paths:
        if not missing:
            return
        try:
            text = _load_text(folder, path)
        except CorpusError:
            continue
        for number, claim in list(missing.items()):
            if claim.place.path != path and (verdict := _judge(claim, text, path)):
                verdicts[number] = verdict
                del missing[number]


def _load_text(folder: Folder, path: str) -> str:
    return decode(load_bytes(folder.root / path)).text


def _judge(claim: Claim, text: str, path: str) -> Verdict | None:
    """Whether the words of ``claim`` stand in ``text``, the article at ``path``; None if not."""
    before = claim.place
    stands = before.span.of(text) == claim.text and text.startswith(claim.sentence, claim.sentence_start)
    if stands and path == before.path:
        return Verdict(claim, "in place", _find_place(text, path, before.span))
    spans = _find_spans(claim, text)
    if not spans:
        return None
    nearest = min(spans, key=lambda span: (abs(span.start - before.span.start), span))
    return Verdict(claim, "moved", _find_place(text, path, nearest))


def _find_spans(claim: Claim, text: str) -> list[Span]:
    """Where the words stand in their sentence; white space may differ in kind and length."""
    first = claim.sentence.split(maxsplit=1)[0]
    if first not in text:
        return []
    start = claim.place.span.start - claim.sentence_start
    end = start + len(claim.text)
    before, words, after = claim.sentence[:start], claim.sentence[start:end], claim.sentence[end:]
    pattern = rf"(?<!\w){_loosen(before)}({_loosen(words)}){_loosen(after)}(?!\w)"
    return [Span(*match.span(1)) for match in re.finditer(pattern, text)]


def _loosen(text: str) -> str:
    """A pattern of ``text`` in which any white space stands for any other."""
    return "".join(r"\s+" if piece.isspace() else re.escape(piece) for piece in re.split(r"(\s+)", text) if piece)


def _find_place(text: str, path: str, span: Span) -> FoundSpan:
    return FoundSpan(path, span, *LineIndex(text).find(span.start))
