"""``askbrief eval``: questions with known answers, asked and scored."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE, ERROR
from askbrief.cli.opening import find_folder_to_index, open_assistant
from askbrief.cli.streams import tell, write, write_json
from askbrief.errors import EvaluationError, ModelError

if TYPE_CHECKING:
    from askbrief.answer.reader import Reader
    from askbrief.assistant import Assistant
    from askbrief.evaluation.calibrate import Fitted
    from askbrief.evaluation.cases import Dialogue
    from askbrief.evaluation.measure import Result
    from askbrief.evaluation.report import Evaluation


@click.command("eval")
@click.argument("questions", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@options.folder
@click.option("--from-history", is_flag=True, help="Use the questions whose answers you marked right or wrong.")
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Name what changed since an earlier eval --json.",
)
@click.option("--fail-under", metavar="F1", type=click.FloatRange(0, 100), help="Exit with 1 below this F1 (percent).")
@click.option("--calibrate", is_flag=True, help="Fit the confidence of the reader in use to these questions.")
@options.as_json
@options.yes
@options.verbose
def evaluate(
    questions: Path | None,
    folder: Path | None,
    from_history: bool,
    baseline: Path | None,
    fail_under: float | None,
    calibrate: bool,
    as_json: bool,
    yes: bool,
    verbose: bool,
) -> int:
    """Measure how well the questions in FILE are answered.

    FILE holds questions with the words that answer them: SQuAD JSON, or one object a line, {"question": "…", "answers":
    ["…"], "path": "…"} (the path may be left out) or {"turns": [{"utterance": "…", "answers": ["…"]}]} for a dialogue.
    Answers have to stand in the folder word for word; with [] the folder does not answer. An answer is right if it is
    an accepted one or shares most words with it (F1 of 0.6 or more); the sentence that is shown for a yes/no question,
    also if it holds one.
    """
    if (questions is None) == (not from_history):
        raise click.UsageError("Give either a FILE of questions or --from-history.")
    if fail_under is not None and 0 < fail_under < 1:
        raise click.UsageError("--fail-under is in percent: 70, not 0.7.")
    from askbrief.evaluation.report import find_changes, load_evaluation

    earlier = load_evaluation(baseline) if baseline else None
    found = find_folder_to_index(folder, yes=yes)
    dialogues = _load(questions, found.root)
    with open_assistant(found, verbose=verbose) as assistant:
        evaluation = _evaluate(assistant, dialogues, is_from_history=from_history, calibrates=calibrate)
        if evaluation.calibration:
            _save(evaluation.calibration, assistant.reader)
        for line in assistant.notes:
            tell(line)
    if earlier:
        from dataclasses import replace

        evaluation = replace(evaluation, changes=find_changes(earlier.results, evaluation.results))
    _write(evaluation, as_json=as_json)
    return DONE if fail_under is None else _judge(evaluation, fail_under)


def _load(questions: Path | None, root: Path) -> list[Dialogue]:
    from askbrief.evaluation.cases import load_dialogues, load_marked

    if questions is not None:
        return load_dialogues(questions)
    from askbrief.conversations.saved import Conversations

    with Conversations() as conversations:
        return load_marked(conversations, root)


def _evaluate(
    assistant: Assistant, dialogues: list[Dialogue], *, is_from_history: bool, calibrates: bool
) -> Evaluation:
    from askbrief.answer.schema import SCHEMA
    from askbrief.evaluation.calibrate import calibrate
    from askbrief.evaluation.check import drop_missing, find_missing, refuse_missing
    from askbrief.evaluation.figures import build_figures
    from askbrief.evaluation.measure import iter_results
    from askbrief.evaluation.report import Evaluation

    assistant.update()
    missing = find_missing(dialogues, assistant.iter_documents())
    if is_from_history:
        for item in missing:
            tell(f"left out, as the folder has changed: {item.describe()}")
        dialogues = drop_missing(dialogues, missing)
    else:
        refuse_missing(missing)
    results = tuple(_show_progress(iter_results(assistant, dialogues), dialogues))
    if not results:
        raise EvaluationError("no question is left to ask", hint="Mark more answers: askbrief history --mark ID right")
    return Evaluation(
        schema=SCHEMA,
        reader=assistant.folder.settings.reader or str(assistant.reader.card["name"]),
        figures=build_figures(results),
        results=results,
        calibration=calibrate(results, current=assistant.reader.calibration) if calibrates else None,
    )


def _show_progress(results: Iterable[Result], dialogues: list[Dialogue]) -> Iterator[Result]:
    """The same results, counted on stderr while they come."""
    from askbrief.output.progress import ProgressDisplay
    from askbrief.types import Progress

    total = sum(case.is_judged for dialogue in dialogues for case in dialogue)
    display = ProgressDisplay(sys.stderr, advice="")
    try:
        for done, result in enumerate(results, start=1):
            display.update(Progress("Asking", done, total, unit="question"))
            yield result
    finally:
        display.stop()


def _save(fitted: Fitted, reader: Reader) -> None:
    """Write the numbers into the reader's card, or, where the reader is not the user's own, say what to write there."""
    from askbrief.models.calibration import Calibration, save_calibration
    from askbrief.output.evaluation import describe_card

    threshold = reader.calibration.threshold if fitted.threshold is None else fitted.threshold
    try:
        save_calibration(reader.folder, Calibration(fitted.slope, fitted.offset, threshold, fitted.retrieval_weight))
    except ModelError as error:
        tell(f"{error.message}; in a copy of it they would be: {describe_card(fitted)}")
    else:
        tell(f"the calibration is saved; answers of the reader in {reader.folder} use it from now on")


def _write(evaluation: Evaluation, *, as_json: bool) -> None:
    if as_json:
        from askbrief.evaluation.report import evaluation_as_json

        write_json(evaluation_as_json(evaluation))
    else:
        from askbrief.output.evaluation import describe_evaluation

        write(describe_evaluation(evaluation))


def _judge(evaluation: Evaluation, fail_under: float) -> int:
    """The exit code where an F1 is asked for.

    Raises:
        EvaluationError: The folder answers none of the questions.
    """
    f1 = evaluation.figures.f1
    if f1 is None:
        raise EvaluationError("no question has an answer, so there is no F1", hint="Leave --fail-under out.")
    if 100 * f1.value < fail_under:
        tell(f"F1 is {100 * f1.value:.1f} %, below {fail_under:g} %.")
        return ERROR
    return DONE
