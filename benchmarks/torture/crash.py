"""Crashes: the process that indexes dies, at every change it makes and at random moments, or its disk fails it.

    python -m benchmarks.torture.crash [--moments 200] [--every 1] [--seed 0]

Every case starts from a copy of a folder as a step of the work finds it. The process that does the step dies at its
n-th change of the index (a statement of SQLite, a file of FAISS or tantivy, a rename, link or removal: ``faults.py``),
for every n; or is killed at a moment drawn by chance; or, for every third n, all changes from the n-th on fail as on a
full or a read-only disk; or a file vanishes as it is about to be read. Then another process must find the index as it
was before the step or as it is after it, whole; and a third one finishes the work, with the result of an undisturbed
run.
"""

from __future__ import annotations

import errno
import json
import os
import random
import re
import shutil
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from askbrief.errors import AskbriefError
from benchmarks.torture.command import build_parser, end
from benchmarks.torture.faults import install, on_open
from benchmarks.torture.isolation import CLEAN, NAMED, call, end_named, say, start
from benchmarks.torture.workload import (
    INDEX,
    STEPS,
    Step,
    create_folder,
    do_work,
    dump,
    iter_faults,
    iter_leftovers,
    observe,
    publish_more,
)

_FAILURES = (errno.ENOSPC, errno.EROFS, errno.EACCES)
_GIVEN_NAME = re.compile(r"\b[0-9a-f]{32}\b|(?<=generation-)\d+")
_MAX_POINTS = 2000


@dataclass(frozen=True, slots=True)
class Stage:
    """A step, the folder it starts from, and what its undisturbed run finds and leaves.

    Attributes:
        step: The step.
        folder: As it is after the step's edit, before its work.
        before: What the index answers there.
        after: What it answers after the work.
        result: What the database holds then.
        seconds: How long the work took.
    """

    step: Step
    folder: Path
    before: Any
    after: Any
    result: Any
    seconds: float


class Torture:
    """Cases over all steps, in a scratch folder.

    Attributes:
        cases: How many of each kind.
        changes: How many of each kind of change the process died at.
        errors: What went wrong, a line a case.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._stages: list[Stage] = []
        self.cases: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()
        self.errors: list[str] = []

    def prepare(self) -> None:
        """The undisturbed run."""
        root = self._scratch / "undisturbed"
        create_folder(root)
        for number, step in enumerate(STEPS):
            step.edit(root)
            folder = self._scratch / f"stage-{number}"
            shutil.copytree(root, folder)
            before = call(partial(observe, root)) if step.is_sound and number else None
            if step.name == "repair":  # asking has mended it
                step.edit(root)
            began = time.monotonic()
            call(partial(do_work, root, step))
            seconds = time.monotonic() - began
            after, result, faults, leftovers = call(partial(_inspect, root))
            if faults := faults + leftovers:
                raise AssertionError(f"{step.name}, undisturbed: {faults}")
            self._stages.append(Stage(step, folder, before, after, result, seconds))

    def die_at_every_change(self, *, every: int, offset: int) -> None:
        """A case for each ``every``-th change of each step, from the ``offset``-th on."""
        for stage in self._stages:
            self._count_up(stage, "died at a change", every=every, offset=offset, code=None)

    def fail_at_every_change(self, *, every: int, offset: int) -> None:
        """Likewise, but all fails from that change on: a full disk, a read-only one and no permission take turns."""
        every_third = len(_FAILURES) * every
        for turn, stage in enumerate(self._stages):
            for number, code in enumerate(_FAILURES):
                kind = f"every change failed ({errno.errorcode[code]})"
                self._count_up(stage, kind, every=every_third, offset=offset + (turn + number) * every, code=code)

    def die_at_moments(self, generator: random.Random, *, count: int) -> None:
        """``count`` cases, killed from outside."""
        for number in range(count):
            stage = self._stages[number % len(self._stages)]
            root = self._start(stage, "killed at a random moment")
            moment = generator.random() * stage.seconds * 1.1
            running = start(partial(do_work, root, stage.step))
            time.sleep(moment)
            running.kill()
            ended = running.wait()
            where = f"killed after {moment:.4f} s"
            if ended.code not in (CLEAN, -signal.SIGKILL):
                self._report(stage, where, f"ended with {ended}")
            self._judge(stage, root, where, is_done=ended.code == CLEAN)

    def lose_files(self) -> None:
        """A case for each article that vanishes between the scan and the moment it is read."""
        for stage in self._stages[:3]:
            for name in ("000.txt", "010.txt", "011.txt"):
                if not (stage.folder / name).exists():
                    continue
                root = self._start(stage, "a file vanished before it was read")
                where = f"{name} vanished"
                try:
                    is_lost = call(partial(_lose, root, stage.step, name))
                    assert is_lost == (not (root / name).exists())
                    (root / name).unlink(missing_ok=True)
                    call(partial(do_work, root, stage.step))
                    served, _, faults, _ = call(partial(_inspect, root))
                    if faults or f'"{name}"' in json.dumps(served):
                        self._report(stage, where, f"{faults}; served: {served}")
                except AssertionError as error:
                    self._report(stage, where, str(error))
                shutil.rmtree(root)

    def _count_up(self, stage: Stage, kind: str, *, every: int, offset: int, code: int | None) -> None:
        for point in range(1 + offset % every, _MAX_POINTS, every):
            root = self._start(stage, kind)
            ended = start(partial(_disturb, root, stage.step, point, code)).wait()
            if ended.code == CLEAN and ended.said is None:
                self.cases[kind] -= 1
                shutil.rmtree(root)
                return  # the step has no such change
            where = f"{kind} {point} ({ended.said})"
            self.changes[_find_kind(str(ended.said))] += 1
            # A change that is allowed to fail, such as the removal of an old generation, ends nothing.
            if ended.code not in ((-signal.SIGKILL,) if code is None else (CLEAN, NAMED)):
                self._report(stage, where, f"ended with {ended.code}")
            self._judge(stage, root, where, is_done=ended.code == CLEAN)
        raise AssertionError(f"{stage.step.name} has more than {_MAX_POINTS} changes")

    def _start(self, stage: Stage, kind: str) -> Path:
        """A folder for a case; what is written there is written there alone."""
        self.cases[kind] += 1
        return Path(shutil.copytree(stage.folder, self._scratch / "case"))

    def _judge(self, stage: Stage, root: Path, where: str, *, is_done: bool) -> None:
        """Whether the index is whole, and the work can be finished."""
        try:
            if stage.step.is_sound:
                seen, faults = call(partial(_look, root))
                if seen not in ((stage.after,) if is_done else (stage.before, stage.after)):
                    self._report(stage, where, f"it answers from neither state: {seen}")
                elif faults:
                    self._report(stage, where, f"{faults}")
            call(partial(do_work, root, stage.step))
            found, result, faults, leftovers = call(partial(_inspect, root))
            if faults or (found, result) != (stage.after, stage.result):
                self._report(stage, where, f"the work cannot be finished: {faults or 'another result'}")
            # What it was about to remove goes with the next generation.
            elif leftovers and (left := call(partial(_publish_and_list, root))):
                self._report(stage, where, f"{left}")
        except AssertionError as error:
            self._report(stage, where, str(error))
        shutil.rmtree(root)

    def _report(self, stage: Stage, where: str, what: str) -> None:
        self.errors.append(f"{stage.step.name}, {where}: {what}"[:2000])


def _find_kind(change: str) -> str:
    """A change without the names that chance or a number gave."""
    return " ".join(_GIVEN_NAME.sub("*", change).split()[:2])


def _look(root: Path) -> Any:
    return observe(root), [*iter_faults(root)]


def _inspect(root: Path) -> Any:
    return observe(root), dump(root), [*iter_faults(root)], [*iter_leftovers(root)]


def _publish_and_list(root: Path) -> Any:
    publish_more(root)
    return [*iter_faults(root), *iter_leftovers(root)]


def _disturb(root: Path, step: Step, point: int, code: int | None) -> str | None:
    """Does the work of a step and dies, or fails from then on, at its ``point``-th change.

    Returns:
        What that change was; None if the work has no such change.
    """
    count = 0
    change: str | None = None

    def on_change(found: str) -> None:
        nonlocal count, change
        count += 1
        if count < point:
            return
        change = change or found
        if code is not None:
            raise OSError(code, os.strerror(code))
        say(change)
        os.kill(os.getpid(), signal.SIGKILL)

    install(root / INDEX, on_change)
    try:
        do_work(root, step)
    except AskbriefError as error:
        if not (error.message and error.hint):
            raise
        end_named(change)
    return change


def _lose(root: Path, step: Step, name: str) -> bool:
    """Does the work of a step while a file vanishes as it is about to be read; returns whether it was."""
    lost: list[str] = []

    def lose() -> None:
        (root / name).unlink()
        lost.append(name)

    on_open(root / name, lose)
    do_work(root, step)
    return bool(lost)


def run(scratch: Path, *, moments: int, every: int, seed: int) -> Torture:
    """All kinds of cases.

    Args:
        scratch: An empty folder.
        moments: Cases killed at random moments.
        every: The process dies at each ``every``-th change of each step; at a third as many its disk fails.
        seed: Of everything drawn by chance.
    """
    generator = random.Random(seed)
    torture = Torture(scratch)
    torture.prepare()
    torture.die_at_every_change(every=every, offset=generator.randrange(every))
    torture.fail_at_every_change(every=3 * every, offset=generator.randrange(3 * every))
    torture.die_at_moments(generator, count=moments)
    torture.lose_files()
    return torture


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--moments", type=int, default=200, help="cases killed at random moments")
    parser.add_argument("--every", type=int, default=1, help="take each so many-th change of the index")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder).resolve()
        found = run(scratch, moments=arguments.moments, every=arguments.every, seed=arguments.seed)
    figures = {
        "seed": arguments.seed,
        "cases": dict(sorted(found.cases.items())),
        "changes": dict(found.changes.most_common()),
    }
    end("torture_crash", figures, found.errors, is_quick=arguments.quick)


if __name__ == "__main__":
    main()
