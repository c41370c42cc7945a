"""Fuzz: the files of an index are damaged, one at a time, and only the right answer or a clear error may follow.

    python -m benchmarks.torture.fuzz [--cases 1000] [--seed 0]

Every case starts from a copy of an index that has all kinds of files: one that was closed, or one whose writer was
killed, so that SQLite's log lies beside the database. Bits are flipped, blocks overwritten, ends cut off, files
emptied, lengthened, removed, or replaced by those of the generation before. Then, each in a process of its own:

1. in half of the cases, a question without a refresh: the answers of a published state, or an error that has a name
   and a hint;
2. a question as it is asked: the right answers, or such an error;
3. ``askbrief index``, which must succeed, and leave an index that is right in every row.
"""

from __future__ import annotations

import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from askbrief.assistant import Assistant
from askbrief.errors import AskbriefError
from askbrief.store.sqlite import FILE_NAME
from benchmarks.torture.command import build_parser, end
from benchmarks.torture.isolation import CLEAN, NAMED, call, end_named, start
from benchmarks.torture.workload import (
    INDEX,
    STEPS,
    Step,
    create_folder,
    do_work,
    dump,
    iter_faults,
    iter_leftovers,
    look_at,
    open_assistant,
    work_on,
)

_BLOCK_BYTES = 64
_DATABASE_SHARE = 0.5
"""Of the cases damage the database or its log."""
_GENERATION = re.compile(r"generation-\d+")
_GIVEN_NAME = re.compile(r"[0-9a-f]{32}")
_open: list[Assistant] = []
"""Keeps what a process is not to close."""


@dataclass(frozen=True, slots=True)
class Base:
    """An index to damage.

    Attributes:
        name: How its last writer ended.
        folder: The articles and the index.
        states: What may be found there without a refresh.
        right: What must be found with one.
        result: What the database then holds.
    """

    name: str
    folder: Path
    states: tuple[Any, ...]
    right: Any
    result: Any


@dataclass(frozen=True, slots=True)
class Damage:
    """A way to damage a file.

    Attributes:
        name: What it is called.
        make: Makes the damaged content of the whole one.
    """

    name: str
    make: Callable[[bytearray, random.Random], bytes | None]


def _flip(data: bytearray, generator: random.Random) -> bytes:
    place = generator.randrange(len(data))
    data[place] ^= 1 << generator.randrange(8)
    return bytes(data)


def _replace_byte(data: bytearray, generator: random.Random) -> bytes:
    place = generator.randrange(len(data))
    data[place] = (data[place] + generator.randrange(1, 256)) % 256
    return bytes(data)


def _zero(data: bytearray, generator: random.Random) -> bytes:
    place = generator.randrange(len(data))
    data[place : place + _BLOCK_BYTES] = bytes(len(data[place : place + _BLOCK_BYTES]))
    return bytes(data)


def _scramble(data: bytearray, generator: random.Random) -> bytes:
    place = generator.randrange(len(data))
    data[place : place + _BLOCK_BYTES] = generator.randbytes(len(data[place : place + _BLOCK_BYTES]))
    return bytes(data)


def _truncate(data: bytearray, generator: random.Random) -> bytes:
    return bytes(data[: generator.randrange(len(data))])


def _lengthen(data: bytearray, generator: random.Random) -> bytes:
    return bytes(data) + generator.randbytes(generator.randrange(1, 3 * _BLOCK_BYTES))


_DAMAGES = (
    *(Damage("a bit flipped", _flip),) * 4,
    Damage("a byte replaced", _replace_byte),
    Damage("a block of zeros", _zero),
    Damage("a block of noise", _scramble),
    Damage("cut short", _truncate),
    Damage("lengthened", _lengthen),
    Damage("emptied", lambda data, generator: b""),
    Damage("removed", lambda data, generator: None),
)
_OLDER = "of another generation"


class Fuzz:
    """Cases over two indexes, in a scratch folder.

    Attributes:
        damages: Cases of each kind of damage.
        files: Cases of each kind of file.
        outcomes: What came of them.
        errors: What went wrong, a line a case.
    """

    def __init__(self, scratch: Path, generator: random.Random) -> None:
        self._scratch = scratch
        self._generator = generator
        self._bases: list[Base] = []
        self.damages: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.errors: list[str] = []

    def prepare(self) -> None:
        """Makes the indexes: a base, a recent part, rows that are gone, copies, a file that cannot be read."""
        root = self._scratch / "whole"
        create_folder(root)
        for step in STEPS[:2]:
            step.edit(root)
            call(partial(do_work, root, step))
        earlier = call(partial(look_at, root, refresh=False))
        step = STEPS[2]
        step.edit(root)
        killed, closed = self._scratch / "killed", self._scratch / "closed"
        for folder in (killed, closed):
            shutil.copytree(root, folder)
        call(partial(_work_and_leave_open, killed, step))
        call(partial(do_work, closed, step))
        right, result, faults = call(partial(_inspect, closed))
        log = killed / INDEX / f"{FILE_NAME}-wal"
        if faults or not log.stat().st_size:
            raise AssertionError(f"undisturbed: {faults}, log of {log.stat().st_size} bytes")
        self._bases = [
            Base("closed", closed, (right,), right, result),
            Base("killed", killed, (earlier, right), right, result),
        ]

    def damage_a_file(self, number: int) -> None:
        """A case; ``number`` decides which index and whether it is asked without a refresh."""
        base = self._bases[number // 2 % 2]
        root = Path(shutil.copytree(base.folder, self._scratch / "case"))
        where = f"{number}, {base.name}: {self._damage(root / INDEX)}"
        try:
            if number % 2 == 0:
                self._ask(root, where, "without a refresh", base.states, refresh=False)
            self._ask(root, where, "with a refresh", (base.right,), refresh=True)
            call(partial(_index, root))
            found, result, faults = call(partial(_inspect, root))
            if faults or (found, result) != (base.right, base.result):
                self.errors.append(f"{where}: indexed, and not right: {faults or 'another result'}")
            self.outcomes["askbrief index: right"] += not faults
        except AssertionError as error:
            self.errors.append(f"{where}: {error}"[:3000])
        shutil.rmtree(root)

    def _damage(self, index: Path) -> str:
        """Damages a file and says how."""
        generator = self._generator
        files = sorted(file for file in index.rglob("*") if file.is_file() and file.suffix != ".lock")
        older, newer = sorted(index.glob("generation-*"))
        of_database = [file for file in files if file.parent == index]
        file = generator.choice(of_database if generator.random() < _DATABASE_SHARE else files)
        former = older / file.relative_to(newer) if file.is_relative_to(newer) else file
        if former != file and former.exists() and generator.random() < 0.1:
            name = _OLDER
            file.unlink()
            shutil.copy2(former, file)
        else:
            damage = generator.choice(_DAMAGES)
            name, data = damage.name, bytearray(file.read_bytes())
            damaged = damage.make(data, generator) if data else generator.randbytes(_BLOCK_BYTES)
            file.unlink()
            if damaged is not None:
                file.write_bytes(damaged)
                file.chmod(0o600)
        self.damages[name] += 1
        shown = file.relative_to(index).as_posix()
        self.files[_GENERATION.sub("generation-*", _GIVEN_NAME.sub("*", shown))] += 1
        return f"{shown} {name}"

    def _ask(self, root: Path, where: str, how: str, states: tuple[Any, ...], *, refresh: bool) -> None:
        ended = start(partial(_look, root, refresh=refresh)).wait()
        if ended.code == NAMED:
            self.outcomes[f"{how}: {ended.said[0]}"] += 1
        elif ended.code != CLEAN:
            self.errors.append(f"{where}, {how}: ended with {ended.code}: {ended.said}"[:3000])
        elif ended.said not in states:
            differing = [pair for pair in zip(ended.said, states[-1], strict=True) if pair[0] != pair[1]]
            self.errors.append(f"{where}, {how}: a wrong answer: {differing}"[:3000])
        else:
            self.outcomes[f"{how}: right"] += 1


def _work_and_leave_open(root: Path, step: Step) -> None:
    _open.append(open_assistant(root))
    work_on(_open[-1], step)


def _look(root: Path, *, refresh: bool) -> Any:
    try:
        return look_at(root, refresh=refresh)
    except AskbriefError as error:
        if not (error.message and error.hint):
            raise
        end_named([type(error).__name__, error.message])


def _index(root: Path) -> None:
    with open_assistant(root) as assistant:
        assistant.update(is_thorough=True)


def _inspect(root: Path) -> Any:
    return look_at(root, refresh=False), dump(root), [*iter_faults(root), *iter_leftovers(root)]


def run(scratch: Path, *, cases: int, seed: int) -> Fuzz:
    """``cases`` cases.

    Args:
        scratch: An empty folder.
        cases: How many.
        seed: Of everything drawn by chance.
    """
    fuzz = Fuzz(scratch, random.Random(seed))
    fuzz.prepare()
    for number in range(cases):
        fuzz.damage_a_file(number)
    return fuzz


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="damaged indexes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder).resolve(), cases=arguments.cases, seed=arguments.seed)
    figures = {
        "seed": arguments.seed,
        "cases": found.damages.total(),
        "damages": dict(found.damages.most_common()),
        "files": dict(found.files.most_common()),
        "outcomes": dict(sorted(found.outcomes.items())),
    }
    end("torture_fuzz", figures, found.errors, is_quick=arguments.quick)


if __name__ == "__main__":
    main()
