"""Texts: files in every encoding, with every kind of newline, mark, mark-up and damage, are answered or reported.

    python -m benchmarks.torture.texts [--files 2000] [--seed 0]

Every file has one sentence with a number and a name of its own. A question for the number must be answered from that
file with the sentence as it was written and the line that it stands on, or the answer must say that letters may be
wrong, or the file must be named with the reason why it was not read. Anything else is an error.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from askbrief import Assistant
from askbrief.answer.pipeline import READ_PASSAGES
from benchmarks.torture.command import build_parser, end
from benchmarks.torture.models import NumberReader, WordEncoder

FILES_A_FOLDER = 100
_NAMES = {
    "utf-8": "Zoë Çelik – “第三”",
    "utf-8-sig": "Renée Łódź",
    "utf-16": "Jürgen Groß",
    "utf-16-le": "Håkon Østby",
    "utf-16-be": "José Núñez",
    "utf-32": "Søren Kjær",
    "cp1252": "Søren Kjær",
    "iso8859-15": "François Lefèvre",
    "cp1250": "Antonín Dvořák",
    "cp1251": "Владимир Иванов",
    "koi8-r": "Анна Каренина",
    "cp1253": "Ελλάδα",
    "cp850": "Björn Ångström",
    "mac_roman": "Günther Köhler",
    "cp932": "東京の会議",
    "gb18030": "北京的会议",
    "ascii": "Ann Reed",
}
_NEWLINES = ("\n", "\n", "\r\n", "\r", "mixed")
_MARKUPS = ("txt", "txt", "md", "md", "html", "csv", "srt")
_DAMAGES = (*("none",) * 12, "a bad byte", "a zero byte", "cut short", "padded", "a long line", "empty", "noise")
_UNREADABLE = ("empty", "noise")


@dataclass(frozen=True, slots=True)
class Text:
    """A generated file.

    Attributes:
        path: Where it lies in its folder.
        data: Its bytes.
        number: The number in its sentence, of no other file.
        sentence: The sentence as it was written.
        line: The line of the sentence in the file, from 1.
        kind: Encoding, newline, mark-up and damage, for people.
        damage: What was done to it.
        has_lines: Whether its lines are shown as its own.
    """

    path: str
    data: bytes
    number: int
    sentence: str
    line: int
    kind: str
    damage: str
    has_lines: bool


@dataclass(slots=True)
class Found:
    """What the files came to.

    Attributes:
        outcomes: How often each came.
        errors: What went wrong, a line a file.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def draw_text(generator: random.Random, number: int) -> Text:
    """A file; equal generators give equal files."""
    encoding = generator.choice(list(_NAMES))
    newline, markup, damage = generator.choice(_NEWLINES), generator.choice(_MARKUPS), generator.choice(_DAMAGES)
    sentence = f"The report {number} tells of {_NAMES[encoding]} and the old mill at the river."
    lines, line = _write(markup, sentence, generator)
    if damage == "a long line":
        lines.append(("word " * 20_000).rstrip())
    ends = [generator.choice(("\n", "\r\n")) if newline == "mixed" else newline for _ in lines]
    data = "".join(text + stop for text, stop in zip(lines, ends, strict=True)).encode(encoding)
    return Text(
        path=f"{number}.{markup}",
        data=_damage(data, damage, encoding, generator),
        number=number,
        sentence=sentence,
        line=line,
        kind=f"{encoding}, {newline!r}, {markup}, {damage}",
        damage=damage,
        has_lines=markup in ("txt", "md"),
    )


def _write(markup: str, sentence: str, generator: random.Random) -> tuple[list[str], int]:
    """The lines of a file, and the one that the sentence is on, from 1."""
    before = ["Nothing of it was ever found again by anybody in the valley.", ""] * generator.randrange(3)
    after = ["", "Of the rest nobody had heard anything before the harvest came."]
    if markup == "html":
        return ["<!doctype html>", "<html><body>", f"<p>{escape(sentence)}</p>", "</body></html>"], 3
    if markup == "csv":
        return ["Text,Place", f'"{sentence}",mill'], 2
    if markup == "srt":
        return ["1", "00:00:01,000 --> 00:00:04,000", sentence, ""], 3
    head = ["# The mill", ""] if markup == "md" else []
    return [*head, *before, sentence, *after], len(head) + len(before) + 1


def _damage(data: bytes, damage: str, encoding: str, generator: random.Random) -> bytes:
    if damage == "empty":
        return b"" if generator.random() < 0.5 else b" \r\n\t\n"
    if damage == "noise":
        return b"\x7fELF\0\0\0" + generator.randbytes(3000)
    if encoding.startswith(("utf-16", "utf-32")):  # a byte more or less moves all that follow
        return data
    if damage in ("a bad byte", "a zero byte"):
        return data.rstrip(b"\r\n") + (b" \xff " if damage == "a bad byte" else b" \0 ") + b"end\n"
    if damage == "cut short":
        return data.rstrip(b"\r\n") + "é".encode()[:1]
    return data + bytes(512) if damage == "padded" else data


def check_folder(root: Path, texts: list[Text], found: Found) -> None:
    """Write the files to ``root``, ask for each, and add what came of it to ``found``."""
    for text in texts:
        (root / text.path).write_bytes(text.data)
    with Assistant.open(root, encoder=WordEncoder(), reader=NumberReader()) as assistant:
        freshness = assistant.update()
        skipped = {file.path: file.reason for file in freshness.skipped}
        for text in texts:
            outcome, problem = _check(assistant, text, skipped.get(text.path))
            found.outcomes[outcome] += 1
            found.errors += [f"{text.path} ({text.kind}): {problem}"] if problem else []


def _check(assistant: Assistant, text: Text, reason: str | None) -> tuple[str, str]:
    """What came of a file, and what is wrong with that; '' for nothing."""
    if reason is not None:
        is_right = text.damage in _UNREADABLE and bool(reason) and "\n" not in reason
        return "reported", "" if is_right else f"not read: {reason}"
    if text.damage in _UNREADABLE:
        return "read", "read as if it were text"
    answer = assistant.ask(str(text.number), top=READ_PASSAGES, refresh=False)
    best = next((span for span in answer.answers if span.path == text.path), None)
    if best is None:
        return "not found", f"not found: {answer.outcome}"
    if best.text != str(text.number):
        return "wrong", f"answered {best.text!r}"
    if text.has_lines and best.line != text.line:
        return "wrong", f"on line {best.line}, not {text.line}"
    if text.sentence in best.sentence_text:
        return "right, doubted" if best.doubt else "right", ""
    if best.doubt:
        return "wrong, doubted", ""
    return "wrong", f"shown as {best.sentence_text!r}, without a word of doubt"


def run(scratch: Path, *, files: int, seed: int) -> Found:
    """Check ``files`` files.

    Args:
        scratch: An empty folder.
        files: How many.
        seed: Of everything drawn by chance.
    """
    generator, found = random.Random(seed), Found()
    texts = [draw_text(generator, 100_000 + number) for number in range(files)]
    for first in range(0, files, FILES_A_FOLDER):
        root = scratch / f"{first:06}"
        root.mkdir()
        check_folder(root, texts[first : first + FILES_A_FOLDER], found)
    return found


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--files", type=int, default=2000, help="files")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder).resolve(), files=arguments.files, seed=arguments.seed)
    figures = {"seed": arguments.seed, "files": arguments.files, "outcomes": dict(sorted(found.outcomes.items()))}
    end("torture_texts", figures, found.errors, is_quick=arguments.quick)


if __name__ == "__main__":
    main()
