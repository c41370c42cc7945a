"""``askbrief ask`` and ``askbrief search``."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE, NO_ANSWER, find_exit_code, find_worst
from askbrief.cli.opening import find_folder_to_index, find_named_folder, open_assistant
from askbrief.cli.streams import iter_input_lines, tell, tell_error, write, write_json, write_styled
from askbrief.errors import AskbriefError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from askbrief.answer.dialogue import Turn
    from askbrief.answer.query import Sort
    from askbrief.assistant import Assistant
    from askbrief.conversations.shell import ShellConversation
    from askbrief.types import Answer, Trace

_ADVICE = " With --no-refresh the answer comes from the index as it is, where there is one."


@click.command()
@click.argument("question", nargs=-1, required=True)
@options.folder
@click.option("--top", "-n", type=click.IntRange(1, 50), default=1, show_default=True, help="Answers to show.")
@options.filters
@click.option(
    "--sort",
    type=click.Choice(["best", "date"]),
    default="best",
    show_default=True,
    help="Show the most likely answer first, or of the likely ones that of the newest article.",
)
@click.option("--continue", "continues", is_flag=True, help="Take QUESTION as a follow-up to the last one asked here.")
@click.option("--conversation", is_flag=True, help="Take each line read with - as a follow-up to the lines before.")
@options.refresh
@options.cluster
@click.option("--explain", is_flag=True, help="Show how the answer was found, or why there is none.")
@options.as_json
@options.yes
@options.verbose
def ask(
    question: tuple[str, ...],
    folder: Path | None,
    continues: bool,
    conversation: bool,
    refresh: bool,
    cluster: str,
    yes: bool,
    verbose: bool,
    **settings: Any,
) -> int:
    """Answer QUESTION in the articles' own words.

    With - as QUESTION, questions are read from standard input, one a line, in UTF-8. Each line gets its answer or its
    error; the exit code is the worst of all.

    Questions are saved with their answers ("askbrief conversations"), unless askbrief.toml has "history = false" or
    ASKBRIEF_HISTORY=0 is set.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads that numpy starts and a question never uses
    is_batch = question == ("-",)
    if conversation and (continues or not is_batch):
        raise click.UsageError("--conversation reads the questions from standard input: give - as QUESTION.")
    found = find_folder_to_index(folder, yes=yes) if refresh and not cluster else find_named_folder(folder)
    exit_code = DONE
    with (
        open_assistant(found, advice=_ADVICE, verbose=verbose, cluster=cluster) as assistant,
        Asking(assistant, refresh=refresh, continues=continues, begins=conversation, **settings) as asking,
    ):
        if continues:
            asking.take_up_history()
        if not is_batch:
            return asking.answer(" ".join(question), tells=True)
        for number, asked in enumerate(iter_input_lines(), start=1):
            try:
                code = asking.answer(asked, tells=number == 1, keeps_turn=conversation)
            except AskbriefError as error:
                code = find_exit_code(error)
                _write_error(asked, error, number=number, as_json=asking.as_json)
            exit_code = find_worst(exit_code, code)
    return exit_code


class Asking:
    """The questions of a command: answered, written and saved one after the other."""

    def __init__(
        self,
        assistant: Assistant,
        *,
        refresh: bool,
        continues: bool,
        begins: bool,
        top: int,
        sort: Sort,
        filters: dict[str, tuple[str, ...]],
        explain: bool,
        as_json: bool,
    ) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.as_json = as_json
        self._assistant = assistant
        self._history: list[Turn] = []
        self._saved: Future[ShellConversation] | None = None
        self._beside = ThreadPoolExecutor(max_workers=1)
        self._top, self._explain = top, explain
        self._options: dict[str, Any] = {"refresh": refresh, "sort": sort}
        if filters:
            from askbrief.answer.filters import build_filters

            self._options["filters"] = build_filters(filters)
        from askbrief.config import keeps_history

        if keeps_history(assistant.folder.settings):  # opened while the question is answered
            self._saved = self._beside.submit(_open_saved, assistant.folder.root, continues=continues, begins=begins)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.shutdown()
        if self._saved is not None and not self._saved.exception():
            self._saved.result().close()

    def take_up_history(self) -> None:
        """Take the next question as a follow-up in the last conversation about the folder.

        Raises:
            ConversationError: It cannot be read.
        """
        if self._saved is not None:
            self._history.extend(self._saved.result().load_turns())
        if not self._history:
            tell("there is no earlier question about this folder; the question is searched as typed.")

    def answer(self, question: str, *, tells: bool, keeps_turn: bool = False) -> int:
        """Answer one question and return its exit code.

        Args:
            question: As typed.
            tells: Whether to say which files were skipped.
            keeps_turn: Whether the next question may take up this one.
        """
        from askbrief.answer.pipeline import build_answer
        from askbrief.output.text import describe_skipped

        assistant = self._assistant
        trace = assistant.trace(question, history=tuple(self._history), **self._options)
        answer = build_answer(trace, top=self._top)
        explained = trace if self._explain else None
        if self.as_json:
            _write_answer_as_json(answer, explained)
        else:
            _write_answer(answer, explained, root=assistant.folder.root)
        for line in (*assistant.notes, *(describe_skipped(answer.freshness) if tells else ())):
            tell(line)
        if keeps_turn:
            from askbrief.answer.dialogue import build_turn

            self._history.append(build_turn(answer))
        self._save(answer)
        return DONE if answer.answered else NO_ANSWER

    def _save(self, answer: Answer) -> None:
        """Save an answer once it can be read; where that fails, nothing more is saved."""
        if self._saved is None:
            return
        sys.stdout.flush()
        try:
            saved = self._saved.result()
            saved.save(answer)
        except (AskbriefError, OSError) as error:
            self._saved = None
            tell(f"the question was not saved: {error.message if isinstance(error, AskbriefError) else error}.")
        else:
            for note in saved.notes:
                tell(f"{note}.")
            saved.notes.clear()


def _open_saved(root: Path, *, continues: bool, begins: bool) -> ShellConversation:
    from askbrief.conversations.shell import ShellConversation

    return ShellConversation(root, continues=continues, begins=begins)


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
@options.filters
@options.refresh
@options.as_json
@options.yes
@options.verbose
def search(
    query: tuple[str, ...],
    folder: Path | None,
    top: int,
    filters: dict[str, tuple[str, ...]],
    refresh: bool,
    as_json: bool,
    yes: bool,
    verbose: bool,
) -> int:
    """Show the passages nearest to QUERY."""
    text = " ".join(query)
    found = find_folder_to_index(folder, yes=yes) if refresh else find_named_folder(folder)
    with open_assistant(found, advice=_ADVICE, verbose=verbose) as assistant:
        from askbrief.answer.filters import build_filters

        hits = assistant.search(text, top=top, refresh=refresh, filters=build_filters(filters))
        if as_json:
            from askbrief.answer.schema import hits_as_json

            write_json(hits_as_json(text, hits))
        else:
            from askbrief.output.text import render_hits

            write_styled(partial(render_hits, hits, root=assistant.folder.root))
        for line in assistant.notes:
            tell(line)
    return DONE if hits else NO_ANSWER
