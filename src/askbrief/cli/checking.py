"""``askbrief doctor`` and ``askbrief verify``: whether everything is sound, and whether earlier answers still stand."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.errors import AnswersError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from askbrief.types import Progress


EXIT_NOT_SOUND, EXIT_NOT_THERE = 1, 3

_folder_option = click.option(
    "--folder", "-C", type=click.Path(path_type=Path), help="Folder of the articles (default: the nearest with seeds/)."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, schema 1.")


@click.command()
@_folder_option
@_json_option
def doctor(folder: Path | None, as_json: bool) -> int:
    """Check installation, models, folder and index, and prove that an answer needs no network.

    Exits with 1 if a check failed.
    """
    from askbrief.doctor.checks import iter_checks
    from askbrief.output.reports import checks_as_json, describe_check

    checks = []
    for check in iter_checks(folder, on_progress=_Stages().show):
        checks.append(check)
        if not as_json:
            click.echo(describe_check(check))
    if as_json:
        click.echo(checks_as_json(checks))
    return EXIT_NOT_SOUND if any(check.outcome == "failed" for check in checks) else 0


@click.command()
@click.argument("answers")
@_folder_option
@_json_option
def verify(answers: str, folder: Path | None, as_json: bool) -> int:
    """Say whether the answers in ANSWERS, printed by ask --json, still stand in the files.

    With - as ANSWERS they are read from standard input, one a line. Each is in place, moved, changed or gone.

    Exits with 3 if one is changed or gone. One that moved has a new place, but its words still stand.
    """
    from askbrief.config import find_folder, open_folder
    from askbrief.doctor.verify import load_claims
    from askbrief.doctor.verify import verify as verify_claims
    from askbrief.output.reports import describe_verdict, describe_verdicts, verdicts_as_json

    asked = find_folder(Path.cwd()) if folder is None else open_folder(folder)
    with _open(answers) as lines:
        claims = load_claims(lines)
    verdicts = verify_claims(asked, claims.claims)
    if as_json:
        click.echo(verdicts_as_json(verdicts, claims))
    else:
        for verdict in verdicts:
            click.echo(describe_verdict(verdict))
        click.echo(f"askbrief: {describe_verdicts(verdicts, claims)}", err=True)
    return EXIT_NOT_THERE if any(verdict.place is None for verdict in verdicts) else 0


class _Stages:
    """A line on stderr for each stage of what is known to take long."""

    def __init__(self) -> None:
        self._stage = ""

    def show(self, progress: Progress) -> None:
        if progress.is_slow and progress.stage != self._stage:
            self._stage = progress.stage
            click.echo(self._stage, err=True)


def _open(answers: str) -> AbstractContextManager[BinaryIO]:
    if answers == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return open(answers, "rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AnswersError(
            f"{answers} cannot be read: {reason}", hint="Give the file, or - for standard input."
        ) from error
