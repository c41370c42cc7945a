"""Verifying: earlier answers → whether their words still stand in the files, word for word.

The files themselves are read, extracted as for the index; the index is not asked.
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
from askbrief.corpus.document import build_document
from askbrief.corpus.extract import FileExtractor
from askbrief.corpus.scan import load_bytes, scan_folder
from askbrief.errors import AnswersError, CorpusError
from askbrief.types import AnswerSpan, Document, Span

OUTCOMES = ("in place", "moved", "changed", "gone")
_HINT = "Give what askbrief ask --json printed, one object a line."


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """Where words are: a file, a document inside it, characters of its text, and line and column from 1.

    Line and column are None where the lines are not the file's own.
    """

    path: str
    span: Span
    line: int | None
    column: int | None
    member: str = ""


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
    place = FoundSpan(span.path, span.span, span.line, span.column, span.member)
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
    with FileExtractor(folder.settings.find_encoding) as extractor:
        for path in numbers:
            if path in there:
                try:
                    documents = _load_documents(folder, path, extractor)
                except CorpusError as error:
                    problems[path] = f"it {error.message}"
                    continue
                for number in numbers[path]:
                    verdicts[number] = _judge(claims[number], documents, path) or Verdict(claims[number], "changed")
        _look_elsewhere(folder, paths, verdicts, claims, extractor)
    for number, claim in enumerate(claims):
        reason = problems.get(claim.place.path, "it is no article of this folder")
        verdicts.setdefault(number, Verdict(claim, "gone", reason=reason))
    return [verdicts[number] for number in range(len(claims))]


def _look_elsewhere(
    folder: Folder,
    paths: Sequence[str],
    verdicts: dict[int, Verdict],
    claims: Sequence[Claim],
    extractor: FileExtractor,
) -> None:
    """Look for what is not in its own file in all others, in the order of their paths."""
    missing = {n: claim for n, claim in enumerate(claims) if n not in verdicts or verdicts[n].place is None}
    for path in paths:
        if not missing:
            return
        try:
            documents = _load_documents(folder, path, extractor)
        except CorpusError:
            continue
        for number, claim in list(missing.items()):
            if claim.place.path != path and (verdict := _judge(claim, documents, path)):
                verdicts[number] = verdict
                del missing[number]


def _load_documents(folder: Folder, path: str, extractor: FileExtractor) -> list[Document]:
    """The documents of a file, read again.

    Raises:
        CorpusError: Nothing can be read of it.
    """
    extraction = extractor.extract(load_bytes(folder.root / path), path)
    if not extraction.documents:
        raise CorpusError("; ".join(extraction.reports), hint="")
    return [build_document(extracted, path) for extracted in extraction.documents]


def _judge(claim: Claim, documents: Sequence[Document], path: str) -> Verdict | None:
    """Whether the words of ``claim`` are in the file at ``path``; None if not."""
    before = claim.place
    for document in documents:
        stands = before.span.of(document.text) == claim.text
        stands = stands and document.text.startswith(claim.sentence, claim.sentence_start)
        if stands and path == before.path and document.member == before.member:
            return Verdict(claim, "in place", _find_place(document, path, before.span))
    spans = [(span, document) for document in documents for span in _find_spans(claim, document.text)]
    if not spans:
        return None
    span, document = min(spans, key=lambda found: (abs(found[0].start - before.span.start), found[0]))
    return Verdict(claim, "moved", _find_place(document, path, span))


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


def _find_place(document: Document, path: str, span: Span) -> FoundSpan:
    line, column = document.find_line(span.start) or (None, None)
    return FoundSpan(path, span, line, column, document.member)
