from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from conftest import SEED, FakeEncoder, FakeReader, calibrate

from askbrief.answer.question import MAX_QUESTION_CHARACTERS, check_question
from askbrief.assistant import Assistant
from askbrief.errors import AskbriefError, ConfigError, QuestionError, StoreNotFoundError
from askbrief.models.calibration import Calibration
from askbrief.types import Document, Hit, Passage, Progress, Reading, SkippedFile, Span


def make_assistant(folder: Path, encoder: FakeEncoder, reader: FakeReader) -> Assistant:
    return Assistant.open(folder, encoder=encoder, reader=reader)


def test_the_question_is_stripped_and_its_blanks_made_one() -> None:
    assert check_question("  who \n met\tMemis? ") == "who met Memis?"


@pytest.mark.parametrize("question", ["", "  \n", "?!", "…", "\u0000"])
def test_a_question_without_a_letter_or_digit_is_empty(question: str) -> None:
    with pytest.raises(QuestionError, match="is empty"):
        check_question(question)


def test_a_question_may_have_so_many_characters_and_no_more() -> None:
    assert check_question("a" * MAX_QUESTION_CHARACTERS) == "a" * MAX_QUESTION_CHARACTERS
    with pytest.raises(QuestionError, match=f"{MAX_QUESTION_CHARACTERS + 1:,} characters"):
        check_question("a" * (MAX_QUESTION_CHARACTERS + 1))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(QuestionError, match="not valid text"):
        check_question("who\udcff?")


def test_an_answer_is_the_exact_words_of_the_file(articles: Path, encoder: FakeEncoder, reader: FakeReader) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        answer = assistant.ask("The drone in Ankara")
    (span,) = answer.answers
    assert (span.path, span.text, span.span) == ("a.txt", "Okay", Span(14, 18))
    assert span.span.of((articles / "a.txt").read_text(encoding="utf-8")) == "Okay"
    assert (span.line, span.column, span.score) == (1, 15, 5.0)
    assert answer.answered
    assert answer.text == "Okay"
    assert answer.confidence == span.confidence
    assert answer.hits[0].path == "a.txt"
    assert set(answer.timings_ms) == {"refresh", "search", "read", "conclude", "total"}


def test_top_gives_the_best_answer_and_its_alternatives(
    articles: Path, encoder: FakeEncoder, reader: FakeReader
) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        answer = assistant.ask("The drone in Ankara", top=5)
    assert [(span.path, span.text) for span in answer.answers] == [("a.txt", "Okay"), ("b.md", "Trains")]
    assert [span.score for span in answer.answers] == [5.0, 5.0]
    assert answer.hits[0].passage.document_id == answer.answers[0].document_id


def test_below_the_least_confidence_there_is_no_answer_but_the_nearest_passage(
    articles: Path, encoder: FakeEncoder, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        confidence = assistant.ask("The drone in Ankara").confidence
        calibrate(monkeypatch, Calibration(threshold=confidence))
        assert assistant.ask("The drone in Ankara").answered
        calibrate(monkeypatch, Calibration(threshold=confidence + 1e-9))
        answer = assistant.ask("The drone in Ankara", top=3)
    assert not answer.answered
    assert (answer.answers, answer.text, answer.confidence) == ((), "", confidence)
    assert answer.nearest is not None
    assert answer.nearest.path == "a.txt"


def test_a_reader_that_finds_nothing_means_no_answer(articles: Path, encoder: FakeEncoder) -> None:
    class SilentReader(FakeReader):
        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            return [[] for _ in passages]

    with make_assistant(articles, encoder, SilentReader()) as assistant:
        answer = assistant.ask("railway")
    assert (answer.answered, answer.confidence) == (False, 0.0)
    assert answer.nearest is not None
    assert answer.nearest.path == "b.md"


def test_freshness_counts_what_each_refresh_changed(articles: Path, encoder: FakeEncoder, reader: FakeReader) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        first = assistant.ask("drone").freshness
        same = assistant.ask("drone").freshness
        (articles / "c.txt").write_text("Sadeq saw a drone.\n", encoding="utf-8")
        (articles / "d.txt").write_bytes(b"")
        (articles / "a.txt").write_text("Nobody met Memis.\n", encoding="utf-8")
        (articles / "b.md").unlink()
        after = assistant.ask("drone").freshness
    assert (first.generation, first.documents, first.passages) == (1, 2, 2)
    assert (first.added, first.changed, first.removed, first.skipped) == (2, 0, 0, ())
    assert (same.generation, same.added, same.changed, same.removed) == (1, 0, 0, 0)
    assert (after.generation, after.documents, after.added, after.changed, after.removed) == (2, 2, 1, 1, 1)
    assert after.skipped == (SkippedFile("d.txt", "is empty"),)
    assert after.checked


def test_an_answer_never_comes_from_a_removed_file(articles: Path, encoder: FakeEncoder, reader: FakeReader) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        assert assistant.ask("The drone").answers[0].path == "a.txt"
        (articles / "a.txt").unlink()
        assert {hit.path for hit in assistant.ask("The drone").hits} == {"b.md"}


class CountingReader(FakeReader):
    """Keeps the passages of every reading; ``before`` runs at its beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.read_texts: list[list[str]] = []
        self.before: Callable[[], None] = lambda: None

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        self.before()
        self.read_texts.append([passage.text for _, passage in passages])
        return super().read(question, passages)


def test_while_nothing_has_changed_a_question_is_read_once(articles: Path, encoder: FakeEncoder) -> None:
    reader = CountingReader()
    with make_assistant(articles, encoder, reader) as assistant:
        assert assistant.ask("whom did the envoy meet?").freshness.added == 2
        answer = assistant.ask("whom did the envoy meet?")
        assert (answer.freshness.added, answer.freshness.checked) == (0, True)
    with make_assistant(articles, encoder, reader) as assistant:
        assert assistant.ask("whom did the envoy meet?").freshness.checked
    assert len(reader.read_texts) == 3


def test_an_edit_just_before_a_question_is_in_its_answer(articles: Path, encoder: FakeEncoder) -> None:
    reader = CountingReader()
    with make_assistant(articles, encoder, reader) as assistant:
        assistant.ask("where?")
        (articles / "a.txt").write_text("the envoy met nobody in Teheran.\n", encoding="utf-8")
        answer = assistant.ask("who met the envoy?")
    assert answer.text == "Teheran"
    assert answer.freshness.changed == 1
    # The index as it was has been read beside the listing of the folder, to no avail. Nothing stands before "the
    # envoy", so the reader is not asked who that is.
    assert [any("Teheran" in text for text in texts) for texts in reader.read_texts] == [False, False, True]


def test_an_answer_from_before_another_process_wrote_does_not_count(articles: Path, encoder: FakeEncoder) -> None:
    reader = CountingReader()
    with make_assistant(articles, encoder, reader) as assistant:
        assistant.ask("where?")

        def write_beside() -> None:
            reader.before = lambda: None
            (articles / "a.txt").write_text("the envoy met nobody in Teheran.\n", encoding="utf-8")
            with make_assistant(articles, encoder, FakeReader()) as other:
                other.update()

        reader.before = write_beside
        answer = assistant.ask("who met the envoy?")
    assert answer.text == "Teheran"
    assert answer.freshness.generation == 2


def test_a_second_assistant_encodes_nothing_again(articles: Path, encoder: FakeEncoder, reader: FakeReader) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        first = assistant.ask("The drone in Ankara", top=3)
    other = FakeEncoder()
    with make_assistant(articles, other, reader) as assistant:
        second = assistant.ask("The drone in Ankara", top=3)
    assert other.encoded == []
    assert (second.answers, second.hits) == (first.answers, first.hits)


def test_an_article_that_only_changed_its_date_is_not_encoded_again(
    articles: Path, encoder: FakeEncoder, reader: FakeReader
) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        assistant.ask("drone")
        encoder.encoded.clear()
        (articles / "a.txt").rename(articles / "2025-05-25-a.txt")
        answer = assistant.ask("The drone in Ankara")
    assert (answer.answers[0].path, answer.answers[0].date) == ("2025-05-25-a.txt", date(2025, 5, 25))
    assert encoder.encoded == []


def test_a_database_that_breaks_while_asking_is_made_anew(
    articles: Path, encoder: FakeEncoder, reader: FakeReader
) -> None:
    with make_assistant(articles, encoder, reader) as assistant:
        assistant.ask("drone")
    database = articles / ".askbrief" / "askbrief.sqlite"
    _empty_table(database, "documents")
    with make_assistant(articles, encoder, reader) as assistant:
        answer = assistant.ask("The drone in Ankara")
        assert answer.text == "Okay"
        assert len(assistant.notes) == 1
        assert assistant.notes[0] == f"{database} is incomplete; rebuilt the index"
        assert (answer.freshness.generation, answer.freshness.added) == (1, 2)
    assert len(list(database.parent.glob("damaged-*.sqlite"))) == 1


def _empty_table(database: Path, table: str) -> None:
    import sqlite3

    connection = sqlite3.connect(database)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute(f"UPDATE {table} SET id = id || 'x'")
    connection.commit()
    connection.close()


def test_search_gives_passages_best_first(articles: Path, encoder: FakeEncoder) -> None:
    with Assistant.open(articles, encoder=encoder) as assistant:
        hits = assistant.search("railway", top=5)
        assert [hit.path for hit in assistant.search("railway", top=1)] == ["b.md"]
        with pytest.raises(QuestionError):
            assistant.search("  ")
    assert [hit.path for hit in hits] == ["b.md", "a.txt"]
    # Only b.md has the word, and it is nearest by meaning too: (1 + 1) / 2 and (0 + 0) / 2.
    assert [hit.score for hit in hits] == [1.0, 0.0]
    # The query counts (0, 0, 1, 0, 1), b.md (0, 1, 1, 0, 1), a.txt with its title, the first sentence, (2, 0, 0, 1, 1).
    assert [hit.cosine for hit in hits] == pytest.approx([2 / 6**0.5, 1 / 12**0.5])


def test_refresh_yields_progress_that_ends_with_everything_done(articles: Path, encoder: FakeEncoder) -> None:
    with Assistant.open(articles, encoder=encoder) as assistant:
        steps = list(assistant.refresh())
        assert steps[-1] == Progress("Indexed", 2, 2)
        assert [(s.done, s.passages) for s in steps if s.stage == "Indexing"] == [(0, 0), (1, 0), (1, 2)]
        assert list(assistant.refresh()) == []


def test_update_reports_to_on_progress(articles: Path, encoder: FakeEncoder) -> None:
    steps: list[Progress] = []
    with Assistant.open(articles, encoder=encoder, on_progress=steps.append) as assistant:
        freshness = assistant.update()
    assert steps[-1] == Progress("Indexed", 2, 2)
    assert (freshness.documents, freshness.added) == (2, 2)


def test_status_tells_what_differs_and_changes_nothing(articles: Path, encoder: FakeEncoder) -> None:
    (articles / "old.txt").write_bytes("Caf\u00e9 M\u00fcller in K\u00f6ln, fr\u00fcher sch\u00f6n.\n".encode("cp1252"))
    with Assistant.open(articles, encoder=encoder) as assistant:
        with pytest.raises(StoreNotFoundError, match="holds no index"):
            assistant.find_status()
        assistant.update()
    (articles / "c.txt").write_text("New.\n", encoding="utf-8")
    (articles / "photo.JPG").write_bytes(b"\xff\xd8")
    (articles / "a.txt").write_text("Changed.\n", encoding="utf-8")
    (articles / "b.md").unlink()
    (articles / "link.txt").symlink_to("nowhere")
    with Assistant.open(articles, encoder=encoder) as assistant:
        status = assistant.find_status()
        assert assistant.find_status() == status
        sizes = [file.stat().st_size for file in (articles / ".askbrief").rglob("*") if file.is_file()]
    assert (status.articles, status.index) == (str(articles), str(articles / ".askbrief"))
    assert (status.encoder, status.fingerprint) == ("all-MiniLM-L6-v2", "fake")
    assert (status.reader, status.dense) == ("askbrief-reader-minilm-l6", "exact")
    assert (status.pending, status.gone) == (("a.txt", "c.txt", "link.txt"), ("b.md",))
    assert list(status.encodings) == ["old.txt"]
    assert status.others == {".jpg": 1}
    assert (status.freshness.documents, status.freshness.checked) == (3, False)
    assert status.index_bytes == sum(sizes) > 0


def test_without_a_folder_the_nearest_one_above_is_found(
    tmp_path: Path, encoder: FakeEncoder, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "seeds" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "askbrief.toml").write_text("articles = 'seeds'\nindex = 'index'", encoding="utf-8")
    (tmp_path / "seeds" / "a.txt").write_text("The drone hit Basra.\n", encoding="utf-8")
    monkeypatch.chdir(inner)
    with Assistant.open(encoder=encoder, reader=reader) as assistant:
        answer = assistant.ask("the drone")
    assert [(span.path, span.text) for span in answer.answers] == [("seeds/a.txt", "Basra")]
    assert (tmp_path / "index" / "askbrief.sqlite").is_file()


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        Assistant.open(tmp_path / "none")


def test_the_public_names_are_those_of_the_modules() -> None:
    import askbrief

    assert askbrief.Assistant is Assistant
    assert askbrief.AskbriefError is AskbriefError
    assert askbrief.Hit is Hit
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = askbrief.Nothing


def test_leaving_the_block_lets_go_of_the_index(articles: Path, encoder: FakeEncoder) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    with Assistant.open(articles, encoder=encoder) as assistant:
        assistant.update()
    assistant.close()
    after = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    assert after == before


@pytest.fixture(scope="module")
def seed_assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("seed")
    (folder / SEED.name).write_bytes(SEED.read_bytes())
    return Assistant.open(folder)


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "accepted"),
    [
        ("who met Okay Memis?", {"The Iranian diplomat", "Mohammad-Hassan Habibzadeh"}),
        ("Which city does Maleki represent?", {"Zahedan"}),
    ],
)
def test_the_seed_answers(seed_assistant: Assistant, question: str, accepted: set[str]) -> None:
    answer = seed_assistant.ask(question)
    text = SEED.read_text(encoding="utf-8")
    assert answer.text in accepted
    assert answer.answers[0].span.of(text) == answer.text
    assert answer.answers[0].sentence.contains(answer.answers[0].span)
    assert answer.answers[0].date == date(2025, 5, 25)
    assert any(hit.passage.span.contains(answer.answers[0].span) for hit in answer.hits)


@pytest.mark.models
def test_the_second_look_corrects_the_first_reader_unless_the_settings_say_fast(
    seed_assistant: Assistant, tmp_path: Path
) -> None:
    (tmp_path / SEED.name).write_bytes(SEED.read_bytes())
    (tmp_path / "askbrief.toml").write_text('reader = "fast"', encoding="utf-8")
    question = "Who welcomed the announcement by the PKK?"
    with Assistant.open(tmp_path) as fast:
        once, twice = fast.trace(question), seed_assistant.trace(question)
    assert [sum(found.is_read_twice for found in trace.candidates) for trace in (once, twice)] == [0, 2]
    best = [trace.ranked[0].reading.span.of(trace.candidates[0].document.text) for trace in (once, twice)]
    assert best[0] != best[1] == "Tehran"


@pytest.mark.models
def test_the_seed_does_not_answer_what_it_does_not_say(seed_assistant: Assistant) -> None:
    answer = seed_assistant.ask("What is the population of Ankara?")
    assert not answer.answered
    assert answer.nearest is not None
    assert answer.nearest.passage.span.of(SEED.read_text(encoding="utf-8")) == answer.nearest.passage.text
