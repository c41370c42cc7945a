"""``askbrief doctor`` and ``askbrief verify``: check the installation and the index, and earlier answers."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE, ERROR, NO_ANSWER
from askbrief.cli.opening import find_named_folder
from askbrief.cli.streams import open_input, tell, write, write_json
from askbrief.errors import AnswersError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from askbrief.types import Progress


@click.command()
@options.folder
@options.as_json
def doctor(folder: Path | None, as_json: bool) -> int:
    """Check the installation and the index.

    An answer and an open chat are tried without a network. Exits with 1 if a check failed.
    """
    from askbrief.doctor.checks import iter_checks
    from askbrief.output.reports import checks_as_json, describe_check

    checks = []
    for check in iter_checks(folder, on_progress=_Stages().show):
        checks.append(check)
        if not as_json:
            write(describe_check(check))
    if as_json:
        write_json(checks_as_json(checks))
    return ERROR if any(check.outcome == "failed" for check in checks) else DONE


@click.command()
@click.argument("answers")
@options.folder
@options.as_json
def verify(answers: str, folder: Path | None, as_json: bool) -> int:
    """Compare earlier ANSWERS with the files.

    ANSWERS is what ask --json printed, one object a line; with - it is read from standard input. Each answer is in
    place, moved, changed or gone.

    Exits with 3 if one is changed or gone. One that moved has a new place, but its words are still there.
    """
    from askbrief.doctor.verify import load_claims
    from askbrief.doctor.verify import verify as verify_claims
    from askbrief.output.reports import describe_verdict, describe_verdicts, verdicts_as_json

    asked = find_named_folder(folder)
    with _open(answers) as lines:
        claims = load_claims(lines)
    verdicts = verify_claims(asked, claims.claims)
    if as_json:
        write_json(verdicts_as_json(verdicts, claims))
    else:
        for verdict in verdicts:
            write(describe_verdict(verdict))
        tell(describe_verdicts(verdicts, claims))
    return NO_ANSWER if any(verdict.place is None for verdict in verdicts) else DONE


class _Stages:
    """A line on stderr for each stage of what is known to take long."""

    def __init__(self) -> None:
        self._stage = ""

    def show(self, progress: Progress) -> None:
        if progress.is_slow and progress.stage != self._stage:
            self._stage = progress.stage
            tell(self._stage)


def _open(answers: str) -> AbstractContextManager[BinaryIO]:
    if answers == "-":
        return nullcontext(open_input())
    try:
        return open(answers, "rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AnswersError(
            f"{answers} cannot be read: {reason}", hint="Give the file, or - for standard input."
        ) from error
