"""What comes with a folder from anybody: its texts, names, links, settings and models can do no harm."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from chat import make_factory, open_chat
from conftest import FakeEncoder
from textual.widget import Widget

import askbrief.store.store
from askbrief.assistant import Assistant
from askbrief.cli.main import run
from askbrief.doctor.isolation import blocking_sockets
from askbrief.errors import AskbriefError, ConfigError, ModelError, StoreError
from askbrief.models.compile_encoder import load_encoder
from askbrief.models.locate import find_default_model

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
CONTROLS = "".join(map(chr, (*range(1, 9), *range(11, 32), *range(0x7F, 0xA0)))).replace("\r", "")
SEQUENCES = (
    "\x1b]0;title\x07 \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\ \x1b]52;c;ZXZpbA==\x07 \x1b[2J\x1b[H \x9b31m"
    " \x1bP$q\x1b\\ \x1b[6n"
)
MARKUP = "[bold red]loud[/bold red] [link=http://evil.example]click[/link] [@click=app.quit]quit[/] [/]"
STEERING = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{BIDI}]")
PADDING = "The report goes on about nothing in particular. " * 60
SENTENCE = f"The envoy met Okay {SEQUENCES} {BIDI} {MARKUP} \u2028in Ankara."
NAME = f"a\x1b[31m\x9b\u202e{MARKUP.replace('/', '')}\x07\n.txt"
QUESTION = "the drone in Ankara"

pytestmark = pytest.mark.usefixtures("fake_models")


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor closes its chat as soon as it is open."""
    monkeypatch.setattr("askbrief.doctor.offline.CHAT_SECONDS", 0.5)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose name, file names, titles and texts hold all that could steer a terminal."""
    folder = tmp_path / f"articles\x1b[31m\u202e{MARKUP.replace('/', '')}\x07"
    folder.mkdir()
    title = "\\e]0;owned\\a \\e[2J \\u202e [red]Title[/red]"
    text = f'---\ntitle: "{title}"\n---\n\n{SENTENCE}\n\n{PADDING}\n\nAll at once: {CONTROLS}\n'
    (folder / NAME).write_text(text, encoding="utf-8")
    (folder / f"empty\x1b]0;x\x07{BIDI}.txt").touch()
    (folder / f"other.\x1b[31m{BIDI}").touch()
    (folder / f"western\x9b{BIDI}.txt").write_bytes("The café was déjà vu, said the garçon in Zürich.".encode("cp1252"))
    return folder


def check_shown(capsys: pytest.CaptureFixture[str]) -> str:
    shown = capsys.readouterr()
    assert STEERING.findall(shown.out + shown.err) == []
    return shown.out + shown.err


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_nothing_of_a_folder_steers_the_terminal(
    hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    place = ["-C", str(hostile)]
    assert run(["status", *place, *form]) == 1
    assert "articles" in check_shown(capsys)
    for command in (["index"], ["ask", QUESTION, "-n", "5"], ["search", QUESTION], ["status"], ["doctor"]):
        run([*command, *place, *form])
        shown = check_shown(capsys)
        assert "empty" in shown or command[0] == "search"
    assert run(["ask", QUESTION, "--json", *place]) == 0
    answers = tmp_path / "answers.jsonl"
    answers.write_text(capsys.readouterr().out, encoding="utf-8")
    for outcome in ("in", "moved", "gone"):
        run(["verify", str(answers), *place, *form])
        assert outcome in check_shown(capsys)
        article = min(hostile.glob("*.txt"), key=lambda file: file.name != NAME)
        if outcome == "in":
            article.rename(hostile / f"moved{NAME}")
        else:
            (hostile / f"moved{NAME}").unlink(missing_ok=True)


def test_bracket_markup_stays_text(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (articles / "a.txt").write_text(f"the drone over Ankara {MARKUP} hit Okay.", encoding="utf-8")
    for command in (["ask", QUESTION], ["search", QUESTION]):
        assert run([*command, "-C", str(articles)]) == 0
        assert f"  the drone over Ankara {MARKUP} hit Okay.\n" in capsys.readouterr().out


def test_errors_never_steer_the_terminal(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = f"\x1b]0;x\x07{BIDI}\x9b"
    (hostile / "bad.jsonl").write_text("{", encoding="utf-8")
    for arguments in (
        ["ask", "why?", "-C", str(hostile / f"none{evil}")],
        ["verify", str(hostile / f"none{evil}"), "-C", str(hostile)],
        ["verify", str(hostile / "bad.jsonl"), "-C", str(hostile)],
        ["doctor", "-C", str(hostile / f"none{evil}")],
        ["ask", f"--{evil}", "why?"],
        [evil],
        ["ask", "why?", "--top", evil],
    ):
        assert run(arguments) in (1, 2)
        assert check_shown(capsys)
    for settings in (f'"{evil.encode("unicode_escape").decode()}" = 1'.replace("\\x", "\\u00"), f"index = '{BIDI}/..'"):
        (hostile / "askbrief.toml").write_text(settings, encoding="utf-8")
        assert run(["ask", "why?", "-C", str(hostile)]) == 1
        assert "askbrief.toml" in check_shown(capsys)


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_a_folder_whose_name_is_no_text_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    folder = tmp_path / os.fsdecode(b"art\xff")
    folder.mkdir()
    for command in ("index", "status", "doctor"):
        assert run([command, "-C", str(folder), *form]) == 1
        assert "art\ufffd is not valid text" in check_shown(capsys).replace("\\udcff", "\ufffd")


def test_nothing_of_a_folder_steers_the_chat(hostile: Path) -> None:
    async def ask() -> list[str]:
        async with open_chat(make_factory(hostile)) as chat:
            await chat.ask(QUESTION)
            widgets = list(chat.screen.walk_children(Widget))
            lines = [widget.render_line(row) for widget in widgets for row in range(widget.size.height)]
            return ["".join(segment.text for segment in line) for line in lines]

    shown = "\n".join(asyncio.run(ask()))
    assert STEERING.findall(shown) == []
    assert "[bold red]loud[/bold red]" in shown


def test_a_pipe_in_place_of_an_article_is_not_opened(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(articles / "pipe.txt")
    assert run(["ask", QUESTION, "-C", str(articles)]) == 0
    assert capsys.readouterr().err == "askbrief: skipped pipe.txt: it is not a regular file\n"


def test_links_lead_nobody_out_of_the_folder(
    articles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("The password of Ankara is Zamboni.", encoding="utf-8")
    (articles / "link.txt").symlink_to(outside / "secret.txt")
    (articles / "folder").symlink_to(outside)
    (articles / "deep").mkdir()
    (articles / "deep" / "up.md").symlink_to("../../outside/secret.txt")
    assert run(["search", "password Zamboni", "-C", str(articles)]) == 0
    assert "Zamboni" not in capsys.readouterr().out
    assert run(["index", "-C", str(articles)]) == 0
    assert capsys.readouterr().err.splitlines() == [
        f"askbrief: skipped {name}: it is a link that leads out of the folder" for name in ("deep/up.md", "link.txt")
    ]


def open_with(folder: Path, settings: str) -> Assistant:
    (folder / "askbrief.toml").write_text(settings, encoding="utf-8")
    return Assistant.open(folder, encoder=FakeEncoder())


def list_all(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("setting", ["articles", "index"])
@pytest.mark.parametrize("place", ["/etc", "..", "../articles2", "sub/../../x", "link", "link/below", "~/../.."])
def test_places_that_lead_out_are_refused_before_anything_is_written(
    articles: Path, tmp_path: Path, setting: str, place: str
) -> None:
    (tmp_path / "outside").mkdir()
    (articles / "link").symlink_to(tmp_path / "outside")
    before = list_all(tmp_path)
    with pytest.raises(ConfigError, match="leads out of"):
        open_with(articles, f"{setting} = {place!r}")
    (articles / "askbrief.toml").unlink()
    assert list_all(tmp_path) == before


@pytest.mark.parametrize("place", [".", "", "sub/.."])
def test_an_index_around_the_articles_is_refused(articles: Path, place: str) -> None:
    with pytest.raises(ConfigError, match="would hold the articles"):
        open_with(articles, f"index = {place!r}")


@pytest.mark.parametrize("name", ["photos", "generation-000001", "rebuilding"])
def test_a_folder_with_other_files_never_becomes_the_index(articles: Path, name: str) -> None:
    (articles / "mine" / name).mkdir(parents=True)
    (articles / "mine" / name / "photo.jpg").write_bytes(b"jpg")
    with open_with(articles, "index = 'mine'") as assistant:
        with pytest.raises(StoreError, match="mine holds other files than an index"):
            assistant.update()
        with pytest.raises(StoreError, match="mine holds other files than an index"):
            list(assistant.rebuild())
    assert list_all(articles / "mine") == [articles / "mine" / name, articles / "mine" / name / "photo.jpg"]


@pytest.mark.parametrize("name", ["write.lock", "askbrief.sqlite-wal", "generation-000001", "rebuilding", "x/y/z"])
def test_a_link_inside_the_index_is_refused(articles: Path, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_text("mine", encoding="utf-8")
    with Assistant.open(articles, encoder=FakeEncoder()) as assistant:
        assistant.update()
    link = articles / ".askbrief" / name
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(victim / "file" if "." in name else victim)
    (articles / "c.txt").write_text("A drone.", encoding="utf-8")
    for _ in range(2):
        with Assistant.open(articles, encoder=FakeEncoder()) as assistant:
            with pytest.raises(StoreError, match="is a link, which askbrief did not make"):
                assistant.update()
            with pytest.raises(StoreError, match="is a link, which askbrief did not make"):
                list(assistant.rebuild())
    assert (victim / "file").read_text(encoding="utf-8") == "mine"
    assert list_all(victim) == [victim / "file"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("trust_remote_code = true", "unknown setting 'trust_remote_code'"),
        ("[tool]\nindex = '/etc'", "unknown setting 'tool'"),
        ("[[articles]]\nx = 1", r"articles must be str, not \[\{'x': 1\}\]"),
        ("index = ['/etc']", "index must be str"),
        ("encoder = 1979-05-27", "encoder must be str"),
        ("passage_words = 1e2", "passage_words must be int"),
        ("passage_words = " + "1" * 5000, "cannot be read"),
        ("passage_words = inf", "passage_words must be int"),
        ("index = '" + "x" * 60_000, "cannot be read"),
        ("passage_words = '" + "x" * 60_000 + "'", "passage_words must be int"),
        ("x" * 60_000 + " = 1", "unknown setting"),
        ("articles = " + "[" * 60_000, "cannot be read"),
        ("articles = '" + "a" * 70_000 + "'", "it is larger than 64 KiB"),
        ("articles = '" + "a/" * 20_000 + "'", "articles is too long"),
        ("index = '" + "a" * 300 + "'", "File name too long"),
    ],
)
def test_settings_do_nothing_but_set_settings(articles: Path, settings: str, message: str) -> None:
    before = list_all(articles)
    with pytest.raises(AskbriefError, match=message) as raised, open_with(articles, settings) as assistant:
        assistant.update()
    assert len(raised.value.message) < 500
    (articles / "askbrief.toml").unlink()
    assert list_all(articles) == before


@pytest.mark.parametrize("kind", ["pipe", "folder", "endless"])
def test_settings_that_are_no_file_are_not_read(articles: Path, kind: str) -> None:
    file = articles / "askbrief.toml"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match=r"cannot be read: it is not a regular file"):
        Assistant.open(articles)


@pytest.mark.parametrize("setting", ["encoder", "reader"])
@pytest.mark.parametrize(
    "source",
    ["//evil.example/share/model", "https://evil.example/m", "evil/model", "\\\\\\\\host\\\\m", "a\\u0000b", "~x/y"],
)
def test_a_model_that_is_elsewhere_is_not_fetched(
    articles: Path, monkeypatch: pytest.MonkeyPatch, setting: str, source: str
) -> None:
    monkeypatch.undo()
    (articles / "askbrief.toml").write_text(f'{setting} = "{source}"', encoding="utf-8")
    assistant = Assistant.open(articles)
    with blocking_sockets() as attempts, pytest.raises(ModelError, match="on this machine"):
        assert getattr(assistant, setting)
    assert attempts == []


@pytest.fixture
def armed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A model that looks like the default one, with code beside it that leaves a trace when it is run."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    folder = tmp_path / "model"
    shutil.copytree(find_default_model(), folder)
    trace = tmp_path / "trace"
    code = f"open({str(trace)!r}, 'w')\nclass Evil:\n    pass\n"
    (folder / "evil.py").write_text(code, encoding="utf-8")
    (folder / "1_Pooling" / "evil.py").write_text(code, encoding="utf-8")
    yield folder
    assert not trace.exists()


def rewrite(file: Path, **fields: object) -> None:
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps(before | fields), encoding="utf-8")


def test_code_that_a_model_names_is_never_run(armed: Path) -> None:
    modules = json.loads((armed / "modules.json").read_text(encoding="utf-8"))
    modules[1]["type"] = "evil.Evil"
    (armed / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    with pytest.raises(ModelError, match=r"it has a part 'evil\.Evil'"):
        load_encoder(str(armed))


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_classes_that_a_model_brings_are_never_loaded(armed: Path, name: str) -> None:
    rewrite(armed / name, auto_map={"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil", "AutoTokenizer": "evil.Evil"})
    with pytest.raises(ModelError, match=f"{name} sets auto_map"):
        load_encoder(str(armed))


def test_pickled_weights_are_never_loaded(armed: Path) -> None:
    (armed / "pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'touch trace'\ntR.")
    (armed / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="holds no model weights"):
        load_encoder(str(armed))


@pytest.mark.parametrize("is_shared", [False, True])
def test_only_its_user_can_read_an_index(articles: Path, monkeypatch: pytest.MonkeyPatch, is_shared: bool) -> None:
    if is_shared:
        monkeypatch.setattr(askbrief.store.store, "MIN_SHARED_PASSAGES", 1)
        monkeypatch.setattr(askbrief.store.store, "MAX_STALE_SHARE", 9.0)
    index = articles / ".askbrief"
    before = os.umask(0)
    try:
        for number in range(3):
            (articles / f"{number}.txt").write_text(f"Drone {number} over Ankara.", encoding="utf-8")
            with Assistant.open(articles, encoder=FakeEncoder()) as assistant:
                assistant.update()
                assert assistant.search("drone")
                assert {stat.S_IMODE(path.stat().st_mode) for path in index.rglob("*") if path.is_file()} == {0o600}
        with Assistant.open(articles, encoder=FakeEncoder()) as assistant:
            list(assistant.rebuild())
    finally:
        os.umask(before)
    paths = [index, *index.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}
