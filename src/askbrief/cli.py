"""The command line: commands, exit codes, and the only writer of stdout and stderr.

Exit codes: 0 answered or done · 1 error · 2 usage · 3 no answer in these documents · 130 interrupted.
stdout is data, stderr is everything else.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from askbrief import __version__
from askbrief.checking_commands import doctor, verify
from askbrief.conversation_commands import conversations
from askbrief.errors import AskbriefError, QuestionError, ServingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from askbrief.assistant import Assistant
    from askbrief.datatypes import Progress

EXIT_ERROR, EXIT_USAGE, EXIT_NO_ANSWER, EXIT_INTERRUPTED = 1, 2, 3, 130
_QUIET_SECONDS = 1.0
_MAX_WIDTH = 100
_SHELLS = ("bash", "zsh", "fish")
_IN_BROWSER = "TEXTUAL_DRIVER"

_folder_option = click.option(
    "--folder", "-C", type=click.Path(path_type=Path), help="Folder of the articles (default: the nearest with seeds/)."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, schema 1.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", "-V", prog_name="askbrief", message="%(prog)s %(version)s")
def commands() -> None:
    """Ask a folder of articles a question; get the exact words that answer it."""


@commands.command()
@click.argument("question", nargs=-1, required=True)
@_folder_option
@click.option("--top", "-n", type=click.IntRange(1, 50), default=1, show_default=True, help="Answers to show.")
@_json_option
def ask(question: tuple[str, ...], folder: Path | None, top: int, as_json: bool) -> int:
    """Answer QUESTION in the documents' own words.

    With - as QUESTION, questions are read from standard input, one a line.
    """
    from askbrief import output

    questions: Iterable[str] = [" ".join(question)]
    if question == ("-",):
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="surrogateescape")  # check_question refuses what is no text
        questions = (line for line in sys.stdin if line.strip())
    exit_code = 0
    with _open_assistant(folder) as assistant:
        for number, asked in enumerate(questions):
            answer = assistant.ask(asked, top=top)
            if as_json:
                click.echo(output.answer_as_json(answer))
            else:
                _print(partial(output.render_answer, answer))
            _report(assistant, output.describe_skipped(answer.freshness) if number == 0 else ())
            exit_code = exit_code if answer.answered else EXIT_NO_ANSWER
    return exit_code


@commands.command()
@_folder_option
def chat(folder: Path | None) -> int:
    """Ask one question after the other, with the source beside the answers."""
    if not (_IN_BROWSER in os.environ or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise AskbriefError("the chat needs a terminal", hint="askbrief ask answers without a terminal.")
    from askbrief.tui.app import ChatApp

    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        from askbrief.assistant import Assistant

        return Assistant.open(folder, on_progress=on_progress)

    app = ChatApp(open_assistant)
    error = app.run()
    if error is not None:
        raise error
    return app.return_code or 0


@commands.command()
@_folder_option
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=0, help="Port (default: any free one).")
def serve(folder: Path | None, port: int) -> int:
    """Open the chat to a browser on this machine; Ctrl-C ends it."""
    from askbrief.config import find_folder, open_folder

    root = (find_folder(Path.cwd()) if folder is None else open_folder(folder)).root
    try:
        from askbrief.serving import ChatServer
    except ModuleNotFoundError as error:
        raise ServingError(
            f"the chat cannot be served without {error.name}", hint='Install it: pip install "askbrief[serve]"'
        ) from error
    # -P: the working directory may hold modules of anybody's.
    with ChatServer([sys.executable, "-P", "-m", "askbrief", "chat", "--folder", str(root)], port=port) as server:
        click.echo(server.url)
        click.echo(
            "Open it in a browser on this machine. It is reachable from this machine only, and only with this address:"
            " whoever has it can ask, and read what the articles say. Ctrl-C ends it.",
            err=True,
        )
        server.run()
    return 0


@commands.command()
@click.argument("query", nargs=-1, required=True)
@_folder_option
@click.option("--top", "-n", type=click.IntRange(1, 1000), default=10, show_default=True, help="Passages to show.")
@_json_option
def search(query: tuple[str, ...], folder: Path | None, top: int, as_json: bool) -> int:
    """Show the passages nearest to QUERY, with their scores."""
    from askbrief import output

    text = " ".join(query)
    with _open_assistant(folder) as assistant:
        hits = assistant.search(text, top=top)
        if as_json:
            click.echo(output.hits_as_json(text, hits))
        else:
            _print(partial(output.render_hits, hits))
        _report(assistant, ())
    return 0 if hits else EXIT_NO_ANSWER


@commands.command()
@_folder_option
@_json_option
def index(folder: Path | None, as_json: bool) -> int:
    """Bring the index up to date with the folder."""
    from askbrief import output

    with _open_assistant(folder) as assistant:
        freshness = assistant.update()
        if as_json:
            click.echo(output.as_json({"schema": output.SCHEMA, **output.freshness_fields(freshness)}))
        else:
            click.echo(output.describe_freshness(freshness))
        _report(assistant, output.describe_skipped(freshness))
    return 0


@commands.command()
@_folder_option
@_json_option
def status(folder: Path | None, as_json: bool) -> int:
    """Show what is indexed, with which models, and whether it is up to date. Changes nothing."""
    from askbrief.reporting import describe_status, status_as_json

    with _open_assistant(folder) as assistant:
        found = assistant.find_status()
        click.echo(status_as_json(found) if as_json else describe_status(found))
    return 0


@commands.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> int:
    """Print the completion script of SHELL (bash: eval "$(askbrief completion bash)")."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(commands, {}, "askbrief", "_ASKBRIEF_COMPLETE").source())
    return 0


for command in (conversations, doctor, verify):
    commands.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with its code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    try:
        result = commands.main(arguments, prog_name="askbrief", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        from askbrief.text import printable

        shown = io.StringIO()
        error.show(shown)
        click.echo(printable(shown.getvalue()), err=True, nl=False)
        return EXIT_USAGE
    except AskbriefError as error:
        from askbrief.text import printable

        hint = f"\nHint: {error.hint}" if error.hint else ""
        click.echo(printable(f"askbrief: {error.message}.{hint}"), err=True)
        return EXIT_USAGE if isinstance(error, QuestionError) else EXIT_ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo("\naskbrief: interrupted; what was indexed so far is kept.", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR


@contextmanager
def _open_assistant(folder: Path | None) -> Iterator[Assistant]:
    from askbrief.assistant import Assistant

    display = _ProgressDisplay()
    try:
        with Assistant.open(folder, on_progress=display.update) as assistant:
            yield assistant
    finally:
        display.stop()


class _ProgressDisplay:
    """Progress on stderr for whatever takes longer than a second: a bar on a terminal, else a line a stage."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._live: Any = None
        self._stage = ""

    def update(self, progress: Progress) -> None:
        """Takes the next step of the work; the last step of a stage takes the bar away."""
        if not progress.is_slow and time.monotonic() - self._began < _QUIET_SECONDS:
            return
        is_done = 0 < progress.total <= progress.done
        if not sys.stderr.isatty() or (is_done and progress.is_slow):
            self.stop()
            if progress.stage != self._stage:
                click.echo(progress.stage, err=True)
            self._stage = progress.stage
            return
        if self._live is None:
            self._live = _start_bar()
        total = progress.total or None
        self._live.update(self._live.task_ids[0], description=progress.stage, completed=progress.done, total=total)
        if is_done:
            self.stop()

    def stop(self) -> None:
        """Takes the bar away."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _start_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    bar.add_task("")
    return bar


def _print(render: Callable[..., Text]) -> None:
    """Writes to stdout: wrapped and coloured on a terminal, plain under NO_COLOR, plain and unwrapped elsewhere."""
    from rich.console import Console

    color_system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(color_system=color_system, highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(render(width=min(console.width, _MAX_WIDTH) if console.is_terminal else None), end="")


def _report(assistant: Assistant, lines: Iterable[str]) -> None:
    """Writes what the user should know to stderr."""
    from askbrief.text import printable

    for line in (*assistant.notes, *lines):
        click.echo(printable(f"askbrief: {line}"), err=True)
