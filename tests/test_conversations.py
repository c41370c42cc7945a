"""Saved conversations: on a real SQLite file, also full, damaged, locked, shared and of a newer version."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import platformdirs
import pytest

from askbrief.answer.schema import answer_as_json, load_answer
from askbrief.cli.main import run
from askbrief.conversations import file as conversation_file
from askbrief.conversations.file import FILE_NAME, SCHEMA_VERSION
from askbrief.conversations.saved import PAGE, Conversations, Entry
from askbrief.errors import ConversationError
from askbrief.types import Answer, AnswerSpan, Freshness, Hit, Passage, Span

NEWS, MAIL = Path("/articles/news"), Path("/articles/mail")
SENTENCE = "The envoy met Okay Memis in Ankara."
HOSTILE = 'a "b" AND <b>c</b> [red]d[/red] \x1b[31me\x00 ünï "" * ^f NEAR(g) \u202eשלום 🧿'


def make_answer(question: str = "who was met?", *, words: str = "Okay Memis", sentence: str = SENTENCE) -> Answer:
    start = sentence.index(words)
    span = AnswerSpan(
        text=words,
        confidence=0.9123,
        document_id="0123456789abcdef",
        path="news/a.txt",
        title="Visit",
        date=date(2025, 5, 25),
        span=Span(100 + start, 100 + start + len(words)),
        sentence=Span(100, 100 + len(sentence)),
        sentence_text=sentence,
        line=3,
        column=15,
        score=4.25,
    )
    hit = make_hit(sentence)
    freshness = Freshness(generation=4, documents=2, passages=9)
    return Answer(question, question, (span,), (hit,), 0.9123, hit, freshness, {"total": 12.5})


def make_hit(text: str) -> Hit:
    return Hit(Passage("0123456789abcdef", Span(100, 100 + len(text)), text), "news/a.txt", 3, 0, 0.75, 0.5, 2.5)


def make_no_answer(question: str = "who wrote Emma?") -> Answer:
    return replace(make_answer(question), answers=(), confidence=0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "askbrief"


@pytest.fixture
def saved(folder: Path) -> Iterator[Conversations]:
    with Conversations(folder) as conversations:
        yield conversations


def find_questions(entries: list[Entry]) -> list[str]:
    return [entry.answer.question for entry in entries]


def test_the_folder_is_the_users_own_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str, *, appauthor: bool) -> Path:
        assert (name, appauthor) == ("askbrief", False)
        return tmp_path / "own"

    monkeypatch.setattr(platformdirs, "user_data_path", find)
    with Conversations() as conversations:
        assert conversations.path == tmp_path / "own" / FILE_NAME


def test_a_conversation_begins_with_its_first_question(saved: Conversations) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    entry = saved.begin(NEWS, make_answer("who was met?"))
    saved.append(entry.conversation_id, make_no_answer("who wrote Emma?"))
    (found,) = saved.list_conversations()
    assert found == saved.load_conversation(entry.conversation_id)
    assert (found.id, found.folder, found.title, found.entries) == (1, "/articles/news", "who was met?", 2)
    assert before <= found.created <= found.updated <= datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize(
    "answer", [make_answer(), make_no_answer(), make_answer(HOSTILE, words=HOSTILE, sentence=f"x {HOSTILE}")]
)
def test_an_answer_comes_back_whole_from_the_disk(folder: Path, answer: Answer) -> None:
    with Conversations(folder) as conversations:
        number = conversations.begin(NEWS, answer).conversation_id
    with Conversations(folder) as conversations:
        (entry,) = conversations.load_entries(number)
    assert entry.answer == answer
    assert entry.line == answer_as_json(answer)
    assert (entry.id, entry.conversation_id, entry.is_pinned) == (1, number, False)


def test_a_long_first_question_is_shortened_as_title_only(saved: Conversations) -> None:
    question = "why " * 100
    entry = saved.begin(NEWS, make_answer(question))
    assert saved.load_conversation(1).title == "why " * 18 + "why…"
    assert saved.load_entries(entry.conversation_id)[0].answer.question == question


def test_windows_of_a_long_conversation(saved: Conversations) -> None:
    other = saved.begin(MAIL, make_answer("other")).conversation_id
    number = saved.begin(NEWS, make_answer("0")).conversation_id
    for count in range(1, 130):
        saved.append(number, make_answer(str(count)))
        if count == 60:
            saved.append(other, make_answer("other"))
    newest = saved.load_entries(number)
    assert find_questions(newest) == [str(count) for count in range(130 - PAGE, 130)]
    above = saved.load_entries(number, before=newest[0].id, limit=30)
    assert find_questions(above) == [str(count) for count in range(50, 80)]
    below = saved.load_entries(number, after=above[-1].id, limit=7)
    assert find_questions(below) == [str(count) for count in range(80, 87)]
    assert saved.load_entries(number, before=saved.load_entries(number, after=0)[0].id) == []
    assert saved.load_entries(number, after=newest[-1].id) == []
    assert find_questions(list(saved.iter_entries(number))) == [str(count) for count in range(130)]
    assert saved.load_entries(99) == []


def test_reading_a_conversation_needs_the_memory_of_a_page_however_long_it_is(saved: Conversations) -> None:
    answer = make_answer(sentence=SENTENCE + " More." * 1000)
    number = saved.begin(NEWS, answer).conversation_id
    peaks_bytes = []
    for length in (3 * PAGE, 9 * PAGE):
        while saved.load_conversation(number).entries < length:
            saved.append(number, answer)
        tracemalloc.start()
        try:
            assert sum(1 for _ in saved.iter_entries(number)) == length
            peaks_bytes.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks_bytes[1] < 1.1 * peaks_bytes[0]


def test_the_last_used_conversation_comes_first(saved: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1_000, 100_000, 1_000))
    monkeypatch.setattr("askbrief.conversations.saved._now_ms", lambda: next(clock))
    for question, folder in (("a", NEWS), ("b", MAIL), ("c", NEWS)):
        saved.begin(folder, make_answer(question))
    saved.append(1, make_answer("a again"))
    assert [found.title for found in saved.list_conversations()] == ["a", "c", "b"]
    assert [found.title for found in saved.list_conversations(NEWS)] == ["a", "c"]
    assert [found.title for found in saved.list_conversations(Path("/articles"))] == []
    assert [saved.load_conversation(1).created.timestamp(), saved.load_conversation(1).updated.timestamp()] == [1, 4]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("envoy", ["envoy?", "who met?"]),
        ("memis who", ["who met?"]),
        ("MEM", ["envoy?", "who met?"]),
        ("emis", []),
        ("mem who", []),
        ("ünique", ["Unique café"]),
        ("unique cafe", ["Unique café"]),
        ("emma", ["who wrote Emma?"]),
        ("news/a.txt", ["Unique café", "envoy?", "who met?"]),
        ("visit", ["Unique café", "envoy?", "who met?"]),
        ('"who', ["who wrote Emma?", "who met?"]),
        ("who AND met", []),
        ("who OR Emma", []),
        ("NOT who", []),
        ("question:who", []),
        ("-who", ["who wrote Emma?", "who met?"]),
        ("^who*", ["who wrote Emma?", "who met?"]),
        ("NEAR(who met)", []),
        ("who\x00met", ["who met?"]),
        ("who _ met", ["who met?"]),
        ("", []),
        ("?!*\"'", []),
        ("who " * 10_000, ["who wrote Emma?", "who met?"]),
    ],
)
def test_search_takes_the_query_as_words(saved: Conversations, query: str, expected: list[str]) -> None:
    saved.begin(NEWS, make_answer("who met?"))
    saved.begin(MAIL, make_answer("envoy?"))
    saved.begin(NEWS, make_no_answer("who wrote Emma?"))
    saved.begin(MAIL, make_answer("Unique café", words="9 May", sentence="It was 9 May."))
    assert find_questions(saved.search(query)) == expected


def test_search_in_one_folder_and_to_a_limit(saved: Conversations) -> None:
    for count in range(3):
        saved.begin(NEWS, make_answer(f"news {count}"))
        saved.begin(MAIL, make_answer(f"mail {count}"))
    assert find_questions(saved.search("memis", folder=MAIL)) == ["mail 2", "mail 1", "mail 0"]
    assert find_questions(saved.search("memis", limit=2)) == ["mail 2", "news 2"]


def test_the_history_has_each_question_of_the_folder_once_newest_first(saved: Conversations) -> None:
    number = saved.begin(NEWS, make_answer("first")).conversation_id
    for question in ("second", "third", "first"):
        saved.append(number, make_answer(question))
    saved.begin(MAIL, make_answer("other"))
    saved.begin(NEWS, make_answer("fourth"))
    assert saved.load_questions(NEWS) == ["fourth", "first", "third", "second"]
    assert saved.load_questions(NEWS, limit=2) == ["fourth", "first"]
    assert saved.load_questions(Path("/none")) == []


def test_pins_stay(folder: Path) -> None:
    with Conversations(folder) as conversations:
        number = conversations.begin(NEWS, make_answer("a")).conversation_id
        pinned = conversations.append(number, make_answer("b"))
        conversations.set_pinned(pinned.id, is_pinned=True)
    with Conversations(folder) as conversations:
        assert [entry.is_pinned for entry in conversations.load_entries(number)] == [False, True]
        conversations.set_pinned(pinned.id, is_pinned=False)
        assert [entry.is_pinned for entry in conversations.load_entries(number)] == [False, False]


def test_a_conversation_can_be_renamed(saved: Conversations) -> None:
    saved.begin(NEWS, make_answer("a"))
    saved.rename(1, "  The\nvisit ")
    assert saved.load_conversation(1).title == "The visit"


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda saved: saved.append(7, make_answer()), "there is no conversation 7"),
        (lambda saved: saved.load_conversation(7), "there is no conversation 7"),
        (lambda saved: saved.rename(7, "x"), "there is no conversation 7"),
        (lambda saved: saved.delete(7), "there is no conversation 7"),
        (lambda saved: saved.set_pinned(7, is_pinned=True), "there is no question 7"),
    ],
)
def test_what_is_not_there_is_an_error_and_changes_nothing(
    saved: Conversations, work: Callable[[Conversations], object], message: str
) -> None:
    saved.begin(NEWS, make_answer())
    with pytest.raises(ConversationError) as caught:
        work(saved)
    assert (caught.value.message, caught.value.hint) == (message, "See: askbrief conversations")
    assert len(saved.search("memis")) == 1
    saved.begin(NEWS, make_answer())


def test_deleted_means_gone_from_the_disk(saved: Conversations) -> None:
    secret = "Zanzibarsecret"
    kept = saved.begin(NEWS, make_answer("kept")).conversation_id
    answer = make_answer(f"where is {secret}?", words=secret, sentence=f"In {secret}.")
    number = saved.begin(NEWS, answer).conversation_id
    for _ in range(20):
        saved.append(number, make_answer(f"again {secret}?"))
    saved.delete(number)
    assert [found.id for found in saved.list_conversations()] == [kept]
    assert saved.load_entries(number) == []
    assert saved.search(secret) == []
    assert find_questions(saved.search("memis")) == ["kept"]
    assert saved.load_questions(NEWS) == ["kept"]
    for file in saved.path.parent.iterdir():
        assert secret.lower() not in file.read_bytes().decode("latin-1").lower(), file
    assert saved.begin(NEWS, make_answer()).conversation_id > number


def test_a_view_and_pinned_entries_are_kept(saved: Conversations) -> None:
    first = saved.begin(NEWS, make_answer("one?"))
    other = saved.begin(MAIL, make_answer("elsewhere?"))
    second = saved.begin(NEWS, make_answer("two?"))
    for entry in (second, other, first):
        saved.set_pinned(entry.id, is_pinned=True)
    assert find_questions(saved.load_pinned(NEWS)) == ["one?", "two?"]
    saved.set_view(second.conversation_id, "bright")
    assert [found.view for found in saved.list_conversations(NEWS)] == ["bright", ""]
    with pytest.raises(ConversationError, match="there is no conversation 99"):
        saved.set_view(99, "bright")


@pytest.mark.parametrize(
    "down",
    [
        "ALTER TABLE entries DROP COLUMN mark; PRAGMA user_version = 2;",
        "ALTER TABLE entries DROP COLUMN mark; ALTER TABLE conversations DROP COLUMN view; PRAGMA user_version = 1;",
    ],
)
def test_a_file_of_an_earlier_version_is_read_on(folder: Path, down: str) -> None:
    with Conversations(folder) as conversations:
        conversations.begin(NEWS, make_answer("kept?"))
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.executescript(down)
    with Conversations(folder) as conversations:
        assert [(found.title, found.view) for found in conversations.list_conversations()] == [("kept?", "")]
        assert [(entry.answer.question, entry.mark) for entry in conversations.load_history(NEWS)] == [("kept?", "")]
        conversations.set_mark(1, "right")
    with Conversations(folder) as conversations:
        assert conversations.load_entry(1, folder=NEWS).mark == "right"
        assert conversations.notes == []


def test_only_the_user_can_read_the_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    with Conversations(folder) as conversations:
        conversations.begin(NEWS, make_answer())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    names = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", "conversations.lock")
    assert modes == dict.fromkeys(names, 0o600)


def test_closing_does_not_wait_for_the_disk_and_loses_nothing(folder: Path, tmp_path: Path) -> None:
    # The last connection that closes moves the log into the file, unless it may only read.
    with Conversations(folder) as conversations:
        conversations.begin(NEWS, make_answer("kept?"))
    log = folder / f"{FILE_NAME}-wal"
    assert log.stat().st_size > 0
    copied = tmp_path / "copied"
    copied.mkdir()
    for file in (folder / FILE_NAME, log):  # as after a crash: without the log's index
        (copied / file.name).write_bytes(file.read_bytes())
    for place in (folder, copied):
        with Conversations(place) as conversations:
            assert find_questions(conversations.load_history(NEWS)) == ["kept?"]
            assert conversations.notes == []


def test_a_file_of_a_newer_askbrief_is_left_alone(folder: Path) -> None:
    with Conversations(folder) as conversations:
        conversations.begin(NEWS, make_answer())
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = (folder / FILE_NAME).read_bytes()
    with pytest.raises(ConversationError) as caught:
        Conversations(folder)
    assert f"newer askbrief (schema {SCHEMA_VERSION + 1}, this one knows {SCHEMA_VERSION})" in caught.value.message
    assert (folder / FILE_NAME).read_bytes() == before


def test_the_history_of_a_folder_is_newest_first(saved: Conversations) -> None:
    first = saved.begin(NEWS, make_answer("one?"))
    other = saved.begin(MAIL, make_answer("elsewhere?"))
    saved.begin(NEWS, make_answer("two?"))
    saved.append(first.conversation_id, make_no_answer("three?"))
    assert find_questions(saved.load_history(NEWS)) == ["three?", "two?", "one?"]
    assert find_questions(saved.load_history(NEWS, before=4, limit=1)) == ["two?"]
    assert saved.load_entry(first.id, folder=NEWS) == first
    for number in (other.id, 99):
        with pytest.raises(ConversationError, match=f"there is no question {number} about /articles/news"):
            saved.load_entry(number, folder=NEWS)


def test_answers_are_marked_and_unmarked(saved: Conversations) -> None:
    entry = saved.begin(NEWS, make_answer())
    saved.set_mark(entry.id, "wrong")
    assert [found.mark for found in saved.search("met")] == ["wrong"]
    saved.set_mark(entry.id, "")
    assert saved.load_entry(entry.id, folder=NEWS) == entry
    with pytest.raises(ConversationError, match="there is no question 99"):
        saved.set_mark(99, "right")


def test_deleting_the_history_of_a_folder_takes_its_words_off_the_disk(folder: Path) -> None:
    with Conversations(folder) as conversations:
        kept = conversations.begin(MAIL, make_answer("kept?"))
        first = conversations.begin(NEWS, make_answer("the parakeet?"))
        conversations.append(first.conversation_id, make_answer("another parakeet?"))
        assert conversations.delete_all(NEWS) == 2
        assert conversations.load_history(NEWS) == []
        assert conversations.search("parakeet") == []
        assert conversations.load_history(MAIL) == [kept]
        assert conversations.delete_all(NEWS) == 0
    assert not any(b"parakeet" in file.read_bytes() for file in folder.iterdir())


def find_damaged(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.name.startswith("damaged-") and file.suffix == ".sqlite")


@pytest.mark.parametrize("content", [b"This is no database. " * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_damaged_file_is_set_aside_and_kept(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_bytes(content)
    with Conversations(folder) as conversations:
        (kept,) = find_damaged(folder)
        assert kept.read_bytes() == content
        assert conversations.notes == [
            f"{folder / FILE_NAME} is damaged; it was set aside as {kept.name}, and a new one begun"
        ]
        conversations.begin(NEWS, make_answer())
    with Conversations(folder) as conversations:
        assert conversations.notes == []
        assert len(conversations.list_conversations()) == 1


def damage_pages(file: Path) -> None:
    """Overwrites every page but the first, which says that this is a database; the log is moved into them first."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)


def test_damage_found_at_work_is_an_error_once_and_then_a_new_file(folder: Path) -> None:
    with Conversations(folder) as conversations:
        conversations.begin(NEWS, make_answer())
    damage_pages(folder / FILE_NAME)
    with Conversations(folder) as conversations:
        with pytest.raises(ConversationError, match="is damaged"):
            conversations.list_conversations()
        assert len(find_damaged(folder)) == len(conversations.notes) == 1
        assert conversations.list_conversations() == []
        conversations.begin(NEWS, make_answer())
        assert len(conversations.list_conversations()) == 1


def test_only_one_of_two_that_find_the_damage_sets_the_file_aside(folder: Path) -> None:
    with Conversations(folder) as conversations:
        conversations.begin(NEWS, make_answer())
    damage_pages(folder / FILE_NAME)
    with Conversations(folder) as first, Conversations(folder) as second:
        for conversations in (first, second):
            with pytest.raises(ConversationError, match="is damaged"):
                conversations.list_conversations()
        first.begin(NEWS, make_answer("from the first"))
        assert find_questions(second.search("first")) == ["from the first"]
        assert [len(first.notes), len(second.notes), len(find_damaged(folder))] == [1, 0, 1]


def test_an_entry_that_is_no_answer_is_named(saved: Conversations) -> None:
    saved.begin(NEWS, make_answer())
    with sqlite3.connect(saved.path) as connection:
        connection.execute("UPDATE entries SET answer = '{}'")
    connection.close()
    with pytest.raises(ConversationError, match=r"question 1 in .* cannot be read"):
        saved.load_entries(1)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConversationError) as caught:
        Conversations(tmp_path / "file" / "askbrief")
    assert str(tmp_path / "file" / "askbrief") in caught.value.message
    assert "permissions" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_an_error_with_a_hint(folder: Path) -> None:
    folder.parent.mkdir(mode=0o500)
    with pytest.raises(ConversationError, match="cannot be saved"):
        Conversations(folder)


FULL_DISK = """
import resource, sys
from pathlib import Path
from test_conversations import NEWS, make_answer
from askbrief.conversations.saved import Conversations
from askbrief.errors import ConversationError
conversations = Conversations(Path(sys.argv[1]))
number = conversations.begin(NEWS, make_answer()).conversation_id
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, most))
saved = 1
try:
    while True:
        conversations.append(number, make_answer())
        saved += 1
except ConversationError as error:
    print(error.message, error.hint, sep="\\n")
assert saved > 5
assert len(list(conversations.iter_entries(number))) == saved
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
conversations.append(number, make_answer())
assert len(conversations.search("memis", limit=9999)) == saved + 1
"""


def run_python(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    )


def test_a_full_disk_is_an_error_that_loses_nothing_and_passes(folder: Path) -> None:
    process = run_python(FULL_DISK, folder)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith(f"conversations cannot be saved or read in {folder}: ")
    assert "free space" in out


def test_a_busy_file_is_an_error_until_it_is_free(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_file, "BUSY_TIMEOUT_SECONDS", 0.05)
    with Conversations(folder) as conversations:
        other = sqlite3.connect(conversations.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConversationError, match="another process is writing"):
            conversations.begin(NEWS, make_answer())
        assert conversations.list_conversations() == []
        other.execute("ROLLBACK")
        other.close()
        conversations.begin(NEWS, make_answer())
        assert len(conversations.list_conversations()) == 1


MANY = """
import sys
from pathlib import Path
from test_conversations import NEWS, make_answer
from askbrief.conversations.saved import Conversations
with Conversations(Path(sys.argv[1])) as conversations:
    number = conversations.begin(NEWS, make_answer(f"{sys.argv[2]} 0")).conversation_id
    for count in range(1, 40):
        conversations.append(number, make_answer(f"{sys.argv[2]} {count}"))
        assert len(conversations.load_entries(number)) == count + 1
"""


def test_several_processes_may_begin_and_write_at_once(folder: Path) -> None:
    processes = [run_python(MANY, folder, name) for name in "abc"]
    for process in processes:
        assert process.communicate(timeout=60) == ("", "")
    with Conversations(folder) as conversations:
        found = conversations.list_conversations()
        for conversation in found:
            name = conversation.title[0]
            questions = find_questions(list(conversations.iter_entries(conversation.id)))
            assert questions == [f"{name} {count}" for count in range(40)]
        assert sorted(conversation.title for conversation in found) == ["a 0", "b 0", "c 0"]
        assert conversations.notes == []
        assert find_damaged(folder) == []


@pytest.fixture
def data(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command line finds its conversations here."""
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: folder)
    return folder


@pytest.fixture
def filled(data: Path) -> None:
    """Conversation 1 about NEWS with three questions, the second pinned, and conversation 2 about MAIL with one."""
    with Conversations(data) as conversations:
        number = conversations.begin(NEWS, make_answer("who was met?")).conversation_id
        conversations.set_pinned(conversations.append(number, make_no_answer()).id, is_pinned=True)
        conversations.append(number, make_answer("where?", words="Ankara"))
        conversations.begin(MAIL, make_answer("the \x1b[31menvoy"))


@pytest.mark.usefixtures("filled")
def test_the_command_lists_conversations(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations"]) == 0
    out, err = capsys.readouterr()
    lines = [line.split("  ", maxsplit=2) for line in out.replace("   ", "").splitlines()]
    assert [(line[0], line[2]) for line in lines] == [
        ("2", "the \ufffd[31menvoy  (1 question, /articles/mail)"),
        ("1", "who was met?  (3 questions, /articles/news)"),
    ]
    assert all(len(datetime.fromisoformat(line[1]).isoformat()) == 19 for line in lines)
    assert err == ""
    assert run(["conversations", "--folder", str(NEWS)]) == 0
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.usefixtures("filled")
def test_the_command_searches(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations", "--search", "who"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [(line.split()[0], line.strip().split("  ", maxsplit=2)[-1]) for line in lines] == [
        ("1", "who wrote Emma?  not in these articles"),
        ("1", "who was met?  Okay Memis"),
    ]
    assert run(["conversations", "--search", "nowhere"]) == 3
    assert capsys.readouterr() == ("", "askbrief: nothing found.\n")


@pytest.mark.usefixtures("filled")
def test_the_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations", "--json", "-C", str(NEWS)]) == 0
    fields = json.loads(capsys.readouterr().out)
    (found,) = fields["conversations"]
    assert (fields["schema"], found["id"], found["title"], found["questions"]) == (1, 1, "who was met?", 3)
    assert datetime.fromisoformat(found["created"]) <= datetime.fromisoformat(found["updated"])
    assert run(["conversations", "--json", "--search", "emma"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["questions"]
    assert (entry["conversation"], entry["answered"], entry["answers"], entry["pinned"]) == (1, False, [], True)
    assert run(["conversations", "--json", "--search", "nowhere"]) == 3
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "query": "nowhere", "questions": []}


@pytest.mark.usefixtures("filled")
def test_json_export_is_what_ask_printed_one_answer_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations", "export", "1", "--format", "json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    expected = [make_answer("who was met?"), make_no_answer(), make_answer("where?", words="Ankara")]
    assert lines == [answer_as_json(answer) for answer in expected]
    assert list(map(load_answer, lines)) == expected


@pytest.mark.usefixtures("filled")
def test_markdown_export_has_the_citations_as_footnotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations", "export", "1"]) == 0
    out = capsys.readouterr().out
    blocks = out.split("\n\n")
    assert blocks[:3] == ["# who was met?", "Questions to /articles/news.", "## who was met?"]
    assert blocks[4:7] == [
        "**Okay Memis**[^1]",
        "> The envoy met **Okay Memis** in Ankara.",
        "[^1]: *Visit*, 25 May 2025, news/a.txt:3",
    ]
    assert blocks[8].endswith(" UTC, pinned")
    assert blocks[9:12] == [
        "*Not in these articles.* The nearest passage:[^2]",
        f"> {SENTENCE}",
        "[^2]: news/a.txt:3",
    ]
    assert "\n[^3]: " in out


@pytest.mark.usefixtures("filled")
def test_the_command_deletes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations", "delete", "1"]) == 0
    assert run(["conversations"]) == 0
    assert "/articles/news" not in capsys.readouterr().out
    assert run(["conversations", "delete", "1"]) == 1
    assert capsys.readouterr().err == "askbrief: there is no conversation 1.\nHint: See: askbrief conversations\n"
    assert run(["conversations", "export", "1"]) == 1
    assert run(["conversations", "export", "0"]) == 2


@pytest.mark.usefixtures("data")
def test_the_command_says_that_there_is_nothing_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations"]) == 0
    assert capsys.readouterr() == ("", "askbrief: no conversations yet.\n")


def test_the_command_says_that_a_file_was_damaged(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.mkdir(parents=True)
    (data / FILE_NAME).write_bytes(b"no database " * 100)
    assert run(["conversations"]) == 0
    assert f"set aside as {find_damaged(data)[0].name}" in capsys.readouterr().err
