"""The command line: commands, exit codes, and the only writer of stdout and stderr.

Exit codes: 0 answered or done · 1 error · 2 usage · 3 no answer in these documents · 130 interrupted.
stdout is data, stderr is everything else.
"""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from askbrief import __version__
from askbrief.cli.checking import doctor, verify
from askbrief.cli.conversations import conversations
from askbrief.errors import AskbriefError, QuestionError, ServingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from askbrief.assistant import Assistant
    from askbrief.conversations.saved import Conversations
    from askbrief.types import Freshness, Progress


EXIT_ERROR, EXIT_USAGE, EXIT_NO_ANSWER, EXIT_INTERRUPTED = 1, 2, 3, 130
_MAX_WIDTH = 100
_ADVICE = " With --no-refresh the answer comes from the index as it is, where there is one."
_SHELLS = ("bash", "zsh", "fish")
_IN_BROWSER = "TEXTUAL_DRIVER"

_folder_option = click.option(
    "--folder", "-C", type=click.Path(path_type=Path), help="Folder of the articles (default: the nearest with seeds/)."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, schema 1.")
_refresh_option = click.option(
    "--refresh/--no-refresh", default=True, help="Read what changed first, or answer from the index as it is."
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, invoke_without_command=True
)
@click.version_option(__version__, "--version", "-V", prog_name="askbrief", message="%(prog)s %(version)s")
@click.pass_context
def commands(context: click.Context) -> int:
    """Ask a folder of articles a question; get the exact words that answer it. Without a command, open the chat."""
    if context.invoked_subcommand is not None:
        return 0
    if _has_terminal():
        return _chat(None, is_inline=False, resume=None)
    raise click.UsageError(context.get_help())


@commands.command()
@click.argument("question", nargs=-1, required=True)
@_folder_option
@click.option("--top", "-n", type=click.IntRange(1, 50), default=1, show_default=True, help="Answers to show.")
@_refresh_option
@_json_option
def ask(question: tuple[str, ...], folder: Path | None, top: int, refresh: bool, as_json: bool) -> int:
    """Answer QUESTION in the documents' own words.

    With - as QUESTION, questions are read from standard input, one a line.
    """
    from askbrief.answer import schema
    from askbrief.output import text as output

    questions: Iterable[str] = [" ".join(question)]
    if question == ("-",):
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="surrogateescape")  # check_question refuses what is no text
        questions = (line for line in sys.stdin if line.strip())
    exit_code = 0
    with _open_assistant(folder, advice=_ADVICE) as assistant:
        for number, asked in enumerate(questions):
            answer = assistant.ask(asked, top=top, refresh=refresh)
            if as_json:
                click.echo(schema.answer_as_json(answer))
            else:
                _print(partial(output.render_answer, answer))
            _report(assistant, output.describe_skipped(answer.freshness) if number == 0 else ())
            exit_code = exit_code if answer.answered else EXIT_NO_ANSWER
    return exit_code


@commands.command()
@_folder_option
@click.option("--inline", is_flag=True, help="Open below the shell's prompt, not on the whole screen.")
@click.option(
    "--resume",
    metavar="[ID]",
    type=click.IntRange(min=0),
    is_flag=False,
    flag_value=0,
    help="Continue a saved conversation; without ID the last one about this folder.",
)
def chat(folder: Path | None, inline: bool, resume: int | None) -> int:
    """Ask one question after the other, with the source beside the answers. The same as no command at all."""
    return _chat(folder, is_inline=inline, resume=resume)


def _chat(folder: Path | None, *, is_inline: bool, resume: int | None) -> int:
    if not (_IN_BROWSER in os.environ or _has_terminal()):
        raise AskbriefError("the chat needs a terminal", hint="askbrief ask answers without a terminal.")
    import platformdirs

    from askbrief.tui.app import ChatApp

    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        from askbrief.assistant import Assistant

        return Assistant.open(folder, on_progress=on_progress)

    def open_conversations() -> Conversations:
        from askbrief.conversations.saved import Conversations

        return Conversations()

    clipboard = platformdirs.user_cache_path("askbrief", appauthor=False)
    app = ChatApp(open_assistant, open_conversations, clipboard_folder=clipboard, resume=resume)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # if it was ignored, the chat would outlive its terminal
    error = app.run(inline=is_inline)
    if error is not None:
        raise error
    if app.conversation and _IN_BROWSER not in os.environ:
        place = f" --folder {shlex.quote(str(folder))}" if folder is not None else ""
        click.echo(f"To continue: askbrief chat{place} --resume {app.conversation}", err=True)
    return app.return_code or 0


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


@commands.command()
@_folder_option
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=0, help="Port (default: any free one).")
def serve(folder: Path | None, port: int) -> int:
    """Open the chat to a browser on this machine; Ctrl-C ends it."""
    from askbrief.config import find_folder, open_folder

    root = (find_folder(Path.cwd()) if folder is None else open_folder(folder)).root
    try:
        from askbrief.web.server import ChatServer
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
@_refresh_option
@_json_option
def search(query: tuple[str, ...], folder: Path | None, top: int, refresh: bool, as_json: bool) -> int:
    """Show the passages nearest to QUERY, with their scores."""
    from askbrief.answer import schema
    from askbrief.output import text as output

    text = " ".join(query)
    with _open_assistant(folder, advice=_ADVICE) as assistant:
        hits = assistant.search(text, top=top, refresh=refresh)
        if as_json:
            click.echo(schema.hits_as_json(text, hits))
        else:
            _print(partial(output.render_hits, hits))
        _report(assistant, ())
    return 0 if hits else EXIT_NO_ANSWER


@commands.command()
@_folder_option
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--rebuild", is_flag=True, help="Read and encode everything anew; the old index answers until then.")
@click.option("--watch", is_flag=True, help="Go on and bring it up to date whenever a file changes, until Ctrl+C.")
@_json_option
def index(folder: Path | None, dry_run: bool, rebuild: bool, watch: bool, as_json: bool) -> int:
    """Bring the index up to date with the folder, and mend what is damaged in it."""
    if dry_run and (rebuild or watch):
        raise click.UsageError("--dry-run goes with neither --rebuild nor --watch.")
    with _open_assistant(folder) as assistant:
        if dry_run:
            from askbrief.output.reports import describe_plan, plan_as_json

            plan = assistant.preview()
            click.echo(plan_as_json(plan) if as_json else describe_plan(plan))
            return 0
        freshness = assistant.update(rebuild=rebuild, is_thorough=True)
        _print_freshness(assistant, freshness, as_json=as_json)
        if watch:
            _watch(assistant, freshness.generation, as_json=as_json)
    return 0


def _watch(assistant: Assistant, generation: int, *, as_json: bool) -> None:
    """Brings the index up to date whenever something changes; prints a line a generation after ``generation``."""
    from askbrief.corpus.watch import iter_changes

    for _ in iter_changes(assistant.folder.articles, without=assistant.folder.index):
        try:
            freshness = assistant.update()
        except AskbriefError as error:
            _report(assistant, [f"{error.message}. {error.hint}"])
            continue
        if freshness.generation != generation:
            generation = freshness.generation
            _print_freshness(assistant, freshness, as_json=as_json)


def _print_freshness(assistant: Assistant, freshness: Freshness, *, as_json: bool) -> None:
    from askbrief.answer import schema
    from askbrief.output import text as output

    if as_json:
        click.echo(schema.as_json({"schema": schema.SCHEMA, **schema.freshness_fields(freshness)}))
    else:
        click.echo(output.describe_freshness(freshness))
    sys.stdout.flush()
    _report(assistant, output.describe_skipped(freshness))


@commands.command()
@_folder_option
@_json_option
def status(folder: Path | None, as_json: bool) -> int:
    """Show what is indexed, with which models, and whether it is up to date. Changes nothing."""
    from askbrief.output.reports import describe_status, status_as_json

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
        from askbrief.text.display import printable

        shown = io.StringIO()
        error.show(shown)
        click.echo(printable(shown.getvalue()), err=True, nl=False)
        return EXIT_USAGE
    except AskbriefError as error:
        from askbrief.text.display import printable

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
def _open_assistant(folder: Path | None, *, advice: str = "") -> Iterator[Assistant]:
    """An assistant whose progress is shown; ``advice`` is said with the warning of long work."""
    from askbrief.assistant import Assistant
    from askbrief.output.progress import ProgressDisplay

    display = ProgressDisplay(advice=advice)
    try:
        with Assistant.open(folder, on_progress=display.update) as assistant:
            yield assistant
    finally:
        display.stop()


def _print(render: Callable[..., Text]) -> None:
    """Writes to stdout: wrapped and coloured on a terminal, plain under NO_COLOR, plain and unwrapped elsewhere."""
    from rich.console import Console

    color_system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(color_system=color_system, highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(render(width=min(console.width, _MAX_WIDTH) if console.is_terminal else None), end="")


def _report(assistant: Assistant, lines: Iterable[str]) -> None:
    """Writes what the user should know to stderr."""
    from askbrief.text.display import printable

    for line in (*assistant.notes, *lines):
        click.echo(printable(f"askbrief: {line}"), err=True)
