"""Which folder is asked, and which is indexed only with consent."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from askbrief.cli.main import run
from askbrief.cli.opening import describe_danger
from askbrief.config import find_cached_index, open_folder

DRIVER = (sys.executable, str(Path(__file__).parent / "driver.py"), os.devnull, "0")
QUESTION = "the drone in Ankara"

pytestmark = pytest.mark.usefixtures("fake_models")


def run_in_terminal(folder: Path, *arguments: str, typed: str) -> tuple[int, str]:
    """Exit code and screen of a command run in ``folder`` by a person who types ``typed`` when asked something."""
    master, slave = pty.openpty()
    process = subprocess.Popen([*DRIVER, *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=folder)
    os.close(slave)
    shown = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:
            break
        if not block:
            break
        shown += block
        if shown.rstrip().endswith((b"[Y/n]:", b"[y/N]:")):
            os.write(master, typed.encode())
    os.close(master)
    return process.wait(timeout=30), shown.decode()


def test_a_subfolder_named_seeds_hides_nothing(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (articles / "seeds").mkdir()
    (articles / "seeds" / "c.txt").write_text("The seed list is long.", encoding="utf-8")
    assert run(["ask", QUESTION, "-C", str(articles)]) == 0
    assert capsys.readouterr().out.startswith("Okay\n")
    assert open_folder(articles).index == articles / ".askbrief"
    assert not (articles / "index").exists()


def test_an_indexed_folder_is_found_from_below(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    (articles / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(articles / "deep" / "er")
    assert run(["ask", QUESTION]) == 0
    assert not (articles / "deep" / "er" / ".askbrief").exists()


def test_a_folder_of_texts_that_nobody_named_is_not_indexed_unasked(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(articles)
    for command in (["ask", QUESTION], ["search", "drone"], ["index"]):
        assert run(command) == 1
        said, hint = capsys.readouterr().err.splitlines()
        assert said == f"askbrief: 2 text files in {articles}, but no index."
        assert "--folder ." in hint
    assert not (articles / ".askbrief").exists()
    assert run(["ask", QUESTION, "--yes"]) == 0


@pytest.mark.parametrize(("typed", "code"), [("\n", 0), ("y\n", 0), ("n\n", 1)])
def test_on_a_terminal_it_is_offered(articles: Path, typed: str, code: int) -> None:
    ended, shown = run_in_terminal(articles, "ask", QUESTION, typed=typed)
    assert "2 text files here. Index them? [Y/n]: " in shown
    assert (ended, "Okay" in shown, (articles / ".askbrief").exists()) == (code, code == 0, code == 0)


def test_a_folder_without_texts_is_not_offered(tmp_path: Path) -> None:
    ended, shown = run_in_terminal(tmp_path, "ask", QUESTION, typed="y\n")
    assert (ended, "no folder named" in shown) == (1, True)


@pytest.mark.parametrize("folder", ["/etc", "/usr/share", "/", "/var", "~"])
@pytest.mark.parametrize("command", [["ask", QUESTION], ["search", "x"], ["index"]])
def test_system_and_home_folders_are_not_indexed_unasked(
    folder: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(folder).expanduser()
    assert run([*command, "-C", str(path)]) == 1
    out, err = capsys.readouterr()
    assert (out, "is indexed only if you confirm it" in err, "--yes" in err) == ("", True, True)
    assert not (path / ".askbrief").exists()


def test_a_home_folder_is_indexed_on_request(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(articles))
    assert run(["ask", QUESTION, "-C", str(articles)]) == 1
    assert run(["ask", QUESTION, "-C", str(articles), "--yes"]) == 0
    assert run(["ask", QUESTION, "-C", str(articles)]) == 0  # it has an index now
    ended, shown = run_in_terminal(articles, "status", typed="")
    assert (ended, "2 articles" in shown) == (0, True)


def test_a_person_is_asked_about_a_home_folder(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(articles))
    ended, shown = run_in_terminal(articles, "ask", QUESTION, "-C", ".", typed="\n")
    assert (ended, "is your home folder. Index everything in it? [y/N]: " in shown) == (1, True)
    assert run_in_terminal(articles, "ask", QUESTION, "-C", ".", typed="y\n")[0] == 0


@pytest.mark.parametrize(
    "folder", ["home/ann/notes", "home/ann/.config", "tmp/notes", "var/tmp/x", "dev/shm", "run/media/ann/disk"]
)
def test_ordinary_folders_are_no_danger(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert describe_danger(Path("/") / folder) == ""


@pytest.mark.parametrize(
    ("folder", "danger"),
    [
        ("/home/ann", "your home folder"),
        ("/home", "a folder above all home folders"),
        ("/", "a folder above all home folders"),
        ("/tmp", "a folder of the system"),
        ("/usr/lib/python3", "a folder of the system"),
        ("/proc/1", "a folder of the system"),
    ],
)
def test_dangerous_folders_are_told_apart(folder: str, danger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert describe_danger(Path(folder)) == danger


def test_an_unset_shell_variable_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["ask", "x"],
        ["search", "x"],
        ["index"],
        ["status"],
        ["doctor"],
        ["verify", "-"],
        ["conversations"],
    ):
        assert run([*command, "-C", ""]) == 2
        assert "the name of the folder is empty" in capsys.readouterr().err


def test_a_current_folder_that_is_gone_is_an_error_with_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for arguments in ([], ["-C", "."], ["-C", "x"]):
        assert run(["ask", "x", *arguments]) == 1
        assert capsys.readouterr().err.splitlines() == [
            "askbrief: the current folder no longer exists.",
            "Hint: Change to another folder.",
        ]


def test_links_in_a_circle_are_an_error_with_a_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "link")
    for command in (["ask", "x"], ["status"], ["conversations"], ["verify", "/dev/null"]):
        assert run([*command, "-C", str(tmp_path / "link")]) in (1, 2)
        assert "link" in capsys.readouterr().err


@pytest.fixture
def unwritable(articles: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the system says cannot be written; the mode does not stop root."""
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: not (mode & os.W_OK and Path(path) == articles) and access(path, mode)
    )
    return articles


def test_a_folder_that_cannot_be_written_is_indexed_in_the_cache(
    unwritable: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = find_cached_index(unwritable)
    assert run(["ask", QUESTION, "-C", str(unwritable)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Okay\n")
    assert err == f"askbrief: {unwritable} cannot be written; its index is kept in {index}.\n"
    assert (index / "askbrief.sqlite").is_file()
    assert not (unwritable / ".askbrief").exists()
    (unwritable / "sub").mkdir()
    monkeypatch.chdir(unwritable / "sub")
    assert run(["status"]) == 0
    out, err = capsys.readouterr()
    assert (f"index     {index} (" in out, err) == (True, "")


def test_an_index_that_is_in_the_folder_stays_in_use(unwritable: Path) -> None:
    (unwritable / ".askbrief").mkdir()
    assert open_folder(unwritable).index == unwritable / ".askbrief"


def run_as_ordinary_user(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    """The command, bound by the modes of files also where the tests run as root."""
    command = [*DRIVER, *map(str, arguments)]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root needs setpriv to be bound by the modes of files")
        caps = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}", *command]
    variables = os.environ | {"XDG_CACHE_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=variables)


@pytest.fixture
def protected(articles: Path) -> Iterator[Path]:
    yield articles
    articles.chmod(0o755)


def test_a_folder_for_reading_only_is_asked_by_its_user(protected: Path, tmp_path: Path) -> None:
    protected.chmod(0o555)
    done = run_as_ordinary_user("ask", QUESTION, "-C", protected, home=tmp_path / "cache")
    assert (done.returncode, done.stdout.startswith("Okay\n")) == (0, True)
    assert done.stderr.startswith(f"askbrief: {protected} cannot be written; its index is kept in {tmp_path / 'cache'}")
    assert not (protected / ".askbrief").exists()


def test_a_folder_that_cannot_be_read_is_an_error_with_a_hint(protected: Path, tmp_path: Path) -> None:
    protected.chmod(0o000)
    done = run_as_ordinary_user("ask", QUESTION, "-C", protected, home=tmp_path / "cache")
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) >= 2


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (["who met Okay Memis?"], "who met Okay Memis?"),
        (["who", "met", "Okay"], "who met Okay"),
        (["Memis", "met?"], "Memis met?"),
    ],
)
def test_a_question_in_place_of_a_command_is_asked(
    arguments: list[str], question: str, articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--json", "-C", str(articles)]) == 0
    assert f'"question": "{question}"' in capsys.readouterr().out


def test_a_folder_and_a_question_are_asked(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(articles), "the drone in Ankara"]) == 0
    assert capsys.readouterr().out.startswith("Okay\n")


@pytest.mark.parametrize("arguments", [["serch", "iran"], ["nonsense"], ["serch"], ["none/such"], [""]])
def test_a_mistyped_command_is_not_a_question(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "No such command" in capsys.readouterr().err


def test_a_folder_alone_opens_the_chat(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(articles)]) == 1
    assert capsys.readouterr().err.startswith("askbrief: the chat needs a terminal.\n")
    assert run([str(articles / "a.txt")]) == 2
    assert "is a file. Name the folder it is in" in capsys.readouterr().err


def test_status_after_an_interrupted_first_index_says_that_nothing_is_lost(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from conftest import FakeEncoder

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FakeEncoder, "encode_passages", interrupt)
        assert run(["index", "-C", str(articles)]) == 130
    capsys.readouterr()
    assert run(["status", "-C", str(articles)]) == 1
    said = f"askbrief: {articles / '.askbrief'} holds no index yet; what was indexed so far is kept."
    assert capsys.readouterr().err.splitlines() == [said, "Hint: Run: askbrief index"]
