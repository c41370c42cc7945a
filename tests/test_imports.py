"""What a fresh interpreter loads: nothing that is not needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from conftest import SEED

from askbrief.cli.commands import Commands

HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "textual",
    "faiss",
    "onnxruntime",
    "tantivy",
    "rich",
    "numpy",
}
UNNEEDED = {
    "askbrief.answer.rewrite",
    "askbrief.answer.schema",
    "askbrief.corpus.extract",
    "askbrief.corpus.formats.dispatch",
    "askbrief.index.read",
    "askbrief.index.status",
    "askbrief.index.update",
    "importlib.metadata",
    "msgspec",
    "rich.console",
}
"""What a question to an unchanged folder, answered into a pipe, has no use for."""
COMPILERS = {"torch", "transformers", "sentence_transformers", "onnx", "huggingface_hub", "textual"}


def find_modules(code: str, *, folder: Path | None = None) -> set[str]:
    """Modules that are loaded after ``code``."""
    program = f"import sys\n{code}\nprint('loaded', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=180, cwd=folder
    )
    last = done.stdout.rstrip("\n").split("\n")[-1].split()
    assert last[0] == "loaded"
    return set(last[1:])


def find_loaded(code: str, *, folder: Path | None = None) -> set[str]:
    """Top-level packages that are loaded after ``code``."""
    return {name.partition(".")[0] for name in find_modules(code, folder=folder)}


@pytest.mark.parametrize(
    "code",
    [
        "import askbrief",
        "from askbrief import AskbriefError, Hit, Span",
        "from askbrief.cli.main import run; assert run(['--help']) == 0",
        "from askbrief.cli.main import run; assert run(['ask', '--help']) == 0",
        "from askbrief.cli.main import run; assert run(['--version']) == 0",
        "from askbrief.cli.main import run; assert run(['completion', 'bash']) == 0",
    ],
)
def test_help_and_the_package_itself_load_nothing_heavy(code: str) -> None:
    loaded = find_loaded(code)
    assert "askbrief" in loaded
    assert loaded & HEAVY == set()


def test_help_imports_no_command() -> None:
    loaded = find_modules("from askbrief.cli.main import run; assert run(['--help']) == 0")
    ours = {name for name in loaded if name.startswith("askbrief.")}
    assert ours <= {
        "askbrief.cli",
        "askbrief.cli.commands",
        "askbrief.cli.exit_codes",
        "askbrief.cli.main",
        "askbrief.cli.streams",
        "askbrief.errors",
        "askbrief.text",
        "askbrief.text.display",
    }
    assert "dataclasses" not in loaded


def test_the_list_of_commands_says_what_their_own_help_says() -> None:
    commands = Commands(name="askbrief")
    context = click.Context(commands)
    formatter = click.HelpFormatter(width=100)
    commands.format_commands(context, formatter)
    lines = formatter.getvalue().splitlines()[1:]
    for name, line in zip(commands.list_commands(context), lines, strict=True):
        command = commands.get_command(context, name)
        assert command is not None
        assert line.split(None, 1) == [name, command.get_short_help_str(limit=80)]


def test_the_assistant_loads_no_compiler_and_no_screen() -> None:
    loaded = find_loaded("from askbrief import Assistant; import askbrief.output.text")
    assert "numpy" in loaded
    assert loaded & COMPILERS == set()


@pytest.mark.models
def test_a_question_loads_no_compiler(tmp_path: Path) -> None:
    (tmp_path / SEED.name).write_bytes(SEED.read_bytes())
    ask = "from askbrief.cli.main import run; assert run(['ask', 'Which city does Maleki represent?', '-C', '.']) == 0"
    find_loaded(ask, folder=tmp_path)  # compiles the encoder where that was never done
    loaded = find_loaded(ask, folder=tmp_path)
    assert {"onnxruntime", "tantivy", "faiss", "tokenizers"} <= loaded
    assert loaded & COMPILERS == set()


@pytest.mark.models
def test_a_question_to_an_unchanged_folder_loads_nothing_that_reads_files_or_draws_screens(tmp_path: Path) -> None:
    (tmp_path / SEED.name).write_bytes(SEED.read_bytes())
    ask = "from askbrief.cli.main import run; assert run(['ask', 'Which city does Maleki represent?', '-C', '.']) == 0"
    find_loaded(ask, folder=tmp_path)  # indexes
    loaded = find_modules(ask, folder=tmp_path)
    assert "askbrief.answer.conclude" in loaded
    assert loaded & UNNEEDED == set()
