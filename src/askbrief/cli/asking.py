"""``askbrief ask`` and ``askbrief search``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE, NO_ANSWER, find_exit_code, find_worst
from askbrief.cli.opening import find_folder_to_index, find_named_folder, open_assistant
from askbrief.cli.streams import iter_input_lines, tell, tell_error, write, write_json, write_styled
from askbrief.errors import AskbriefError

if TYPE_CHECKING:
    from askbrief.assistant import Assistant
    from askbrief.types import Answer, Trace

_ADVICE = " With --no-refresh the answer comes from the index as it is, where there is one."


@click.command()
@click.argument("question", nargs=-1, required=True)
@options.folder
@click.option("--top", "-n", type=click.IntRange(1, 50), default=1, show_default=True, help="Answers to show.")
@options.refresh
@click.option("--explain", is_flag=True, help="Show how the answer was found, or why there is none.")
@options.as_json
@options.yes
@options.verbose
def ask(
    question: tuple[str, ...],
    folder: Path | None,
    top: int,
    refresh: bool,
    explain: bool,
    as_json: bool,
    yes: bool,
    verbose: bool,
) -> int:
    """Answer QUESTION in the documents' own words.

    With - as QUESTION, questions are read from standard input, one a line, in UTF-8. Each line gets its answer or its
    error; the exit code is the worst of all.
    """
    is_batch = question == ("-",)
    found = find_folder_to_index(folder, yes=yes) if refresh else find_named_folder(folder)
    exit_code = DONE
    with open_assistant(found, advice=_ADVICE, verbose=verbose) as assistant:
        answer_one = partial(_answer, assistant, top=top, refresh=refresh, explain=explain, as_json=as_json)
        if not is_batch:
            return answer_one(" ".join(question), tells=True)
        for number, asked in enumerate(iter_input_lines(), start=1):
            try:
                code = answer_one(asked, tells=number == 1)
            except AskbriefError as error:
                code = find_exit_code(error)
                _write_error(asked, error, number=number, as_json=as_json)
            exit_code = find_worst(exit_code, code)
    return exit_code


def _answer(
    assistant: Assistant, question: str, *, top: int, refresh: bool, explain: bool, as_json: bool, tells: bool
) -> int:
    """Answer one question and return its exit code; ``tells`` says which files were skipped, too."""
    from askbrief.answer.pipeline import build_answer
    from askbrief.output.text import describe_skipped

    trace = assistant.trace(question, refresh=refresh)
    answer = build_answer(trace, top=top)
    if as_json:
        _write_answer_as_json(answer, trace if explain else None)
    else:
        _write_answer(answer, trace if explain else None, root=assistant.folder.root)
    for line in (*assistant.notes, *(describe_skipped(answer.freshness) if tells else ())):
        tell(line)
    return DONE if answer.answered else NO_ANSWER


def _write_answer_as_json(answer: Answer, explained: Trace | None) -> None:
    from askbrief.answer.schema import answer_as_json
    from askbrief.output.explanation import describe_verdict

    verdict = describe_verdict(explained) if explained else ""
    write_json(answer_as_json(answer, explained=explained, verdict=verdict))


def _write_answer(answer: Answer, explained: Trace | None, *, root: Path) -> None:
    from askbrief.output.text import render_answer

    write_styled(partial(render_answer, answer, root=root))
    if explained:
        from askbrief.output.explanation import render_trace

        write("")
        write_styled(partial(render_trace, explained))


def _write_error(question: str, error: AskbriefError, *, number: int, as_json: bool) -> None:
    if as_json:
        from askbrief.answer.schema import error_as_json

        write_json(error_as_json(question.strip("\r\n"), error))
    else:
        tell_error(type(error)(f"question {number}: {error.message}", hint=error.hint))


@click.command()
@click.argument("query", nargs=-1, required=True)
@options.folder
@click.option("--top", "-n", type=click.IntRange(1, 1000), default=10, show_default=True, help="Passages to show.")
@options.refresh
@options.as_json
@options.yes
@options.verbose
def search(
    query: tuple[str, ...], folder: Path | None, top: int, refresh: bool, as_json: bool, yes: bool, verbose: bool
) -> int:
    """Show the passages nearest to QUERY."""
    text = " ".join(query)
    found = find_folder_to_index(folder, yes=yes) if refresh else find_named_folder(folder)
    with open_assistant(found, advice=_ADVICE, verbose=verbose) as assistant:
        hits = assistant.search(text, top=top, refresh=refresh)
        if as_json:
            from askbrief.answer.schema import hits_as_json

            write_json(hits_as_json(text, hits))
        else:
            from askbrief.output.text import render_hits

            write_styled(partial(render_hits, hits, root=assistant.folder.root))
        for line in assistant.notes:
            tell(line)
    return DONE if hits else NO_ANSWER
