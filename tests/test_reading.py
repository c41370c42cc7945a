from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from askbrief.answer.penalty import COVERAGE_WEIGHT, UNRELATED_WEIGHT
from askbrief.answer.reader import (
    DEFAULT_READER,
    MAX_LEAD_CHARACTERS,
    Reader,
    _weigh_sentences,
    build_context,
    load_reader,
)
from askbrief.errors import ModelError, QuestionError
from askbrief.models import compile_reader
from askbrief.models.compile_reader import MAX_TOKENS, STRIDE
from askbrief.models.runtime import CompiledModel, Tokens
from askbrief.types import Document, Passage, Progress, Reading, Span

FRAME = (0, 0)


def make_document(text: str, *, title: str = "") -> Document:
    return Document("0" * 16, title, text, None, ("a.txt",))


def make_span(document: Document, words: str) -> Span:
    start = document.text.index(words)
    return Span(start, start + len(words))


def make_passage(document: Document, words: str) -> Passage:
    return Passage(document.id, make_span(document, words), words)


def make_tokens(question: Sequence[tuple[int, int]], context: Sequence[tuple[int, int]]) -> Tokens:
    """[CLS] question [SEP] context [SEP]."""
    offsets = [FRAME, *question, FRAME, *context, FRAME]
    second = [False] * (len(question) + 2) + [True] * len(context) + [False]
    return Tokens(
        ids=np.zeros(len(offsets), dtype=np.int64),
        types=np.asarray(second, dtype=np.int64),
        second=np.asarray(second),
        offsets=np.asarray(offsets, dtype=np.int64),
    )


def scores(*values: float) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


ENVOY = [(0, 3), (4, 9), (10, 13), (14, 19)]  # The envoy met Memis


def test_the_reader_sees_the_title_and_the_sentence_before() -> None:
    document = make_document("The envoy came. He met Memis. He left.", title="Visit")
    context = build_context(document, make_passage(document, "He left."))
    assert context.text == "Visit | He met Memis. He left."
    assert list(context.places[8:]) == list(range(16, 39))
    assert context.find(Span(30, 38)) == Span(22, 30)


def test_a_document_without_title_has_no_prefix() -> None:
    document = make_document("The envoy came. He left.")
    context = build_context(document, make_passage(document, "He left."))
    assert (context.text, list(context.places)) == ("The envoy came. He left.", list(range(25)))


def test_the_first_passage_has_no_sentence_before() -> None:
    document = make_document("The envoy came. He left.", title="Visit")
    context = build_context(document, make_passage(document, "The envoy came."))
    assert (context.text, context.places[0], context.places[8]) == ("Visit | The envoy came.", -8, 0)


def test_the_reader_sees_ligatures_and_hyphens_undone() -> None:
    document = make_document("The oﬀer of Ar-\nchibald stood.")
    context = build_context(document, make_passage(document, document.text))
    assert context.text == "The offer of Archibald stood."
    span = context.find(Span(12, 23))
    assert context.text[span.start : span.end] == "Archibald"
    assert document.text[context.places[span.start] : context.places[span.end - 1] + 1] == "Ar-\nchibald"


def test_a_sentence_before_that_is_too_long_is_left_out() -> None:
    before = "Word " * (MAX_LEAD_CHARACTERS // 5 + 1) + "end. "
    document = make_document(before + "He left.")
    context = build_context(document, make_passage(document, "He left."))
    assert (context.text, context.places[0]) == ("He left.", len(before))


class WordModel:
    """Tokenises at word borders into windows of ``size`` words and scores start and end by a table of words."""

    def __init__(self, table: Mapping[str, tuple[float, float]], *, size: int = 100) -> None:
        self.table = table
        self.size = size
        self.card = {"kind": "reader"}
        self.seen: list[str] = []

    def tokenise_pair(self, first: str, second: str, *, max_tokens: int, stride: int) -> list[Tokens]:
        words = [match.span() for match in re.finditer(r"\w+", second)]
        self.seen.append(second)
        return [make_tokens([], words[at : at + self.size]) for at in range(0, len(words), self.size)]

    def run_many(self, windows: Sequence[Tokens]) -> Iterator[list[NDArray[np.float32]]]:
        text = self.seen[0]
        for window in windows:
            pairs = [self.table.get(text[a:b], (0.0, 0.0)) for a, b in window.offsets]
            yield [scores(*(start for start, _ in pairs)), scores(*(end for _, end in pairs))]


def read_with(model: WordModel, document: Document, passage: Passage, question: str = "Who?") -> list[Reading]:
    reader = Reader()
    reader.__dict__["_model"] = model
    (found,) = reader.read(question, [(document, passage)])
    return found


def test_readings_lie_in_the_document_best_first_without_overlap() -> None:
    document = make_document("He came. Okay Memis met Sadeq there.", title="Visit")
    model = WordModel({"Okay": (4, 0), "Memis": (1, 4), "Sadeq": (3, 2)})
    found = read_with(model, document, make_passage(document, "Okay Memis met Sadeq there."))
    assert model.seen == ["Visit | He came. Okay Memis met Sadeq there."]
    # Okay Memis 4 + 4; it shadows Okay … Sadeq (6), Memis (5) and all that overlaps; next Sadeq 3 + 2
    # less 0.25 times the logarithm of 1 + their words
    assert [(reading.span.of(document.text), reading.margin) for reading in found[:2]] == [
        ("Okay Memis", 8.0 - 0.25 * math.log(3)),
        ("Sadeq", 5.0 - 0.25 * math.log(2)),
    ]
    assert not any(a.span.overlaps(b.span) for a in found for b in found if a is not b)


def test_of_the_spans_of_a_passage_the_sentence_with_the_questions_words_decides() -> None:
    far = "On " + "and on " * 20  # no span reaches from one answer to the other
    text = f"Before. The guards leader was Memis. He was killed by strikes. {far}it went. Sadeq wept."
    document = make_document(text)
    passage = make_passage(document, text.removeprefix("Before. "))
    model = WordModel({"strikes": (2.8, 2.8), "Sadeq": (3.0, 3.0)})
    found = read_with(model, document, passage, "who killed the guards leader")
    margins = {reading.span.of(text): reading.margin for reading in found}
    # guards and leader are two of the three words that count, killed is one, and Sadeq's sentence has none:
    # strikes 5.6 - 1/3 of the weight, Sadeq 6 - 2/3 of it; the best of both keeps the 6 of the best before
    one_word = 0.25 * math.log(2)
    assert [reading.span.of(text) for reading in found[:2]] == ["strikes", "Sadeq"]
    assert margins["strikes"] == pytest.approx(6.0 - one_word)
    assert margins["Sadeq"] == pytest.approx(6.4 - one_word - COVERAGE_WEIGHT / 3)


def test_a_span_over_two_sentences_is_weighed_by_the_better_one() -> None:
    document = make_document("Before. He was killed. Sadeq wept.")
    passage = make_passage(document, "He was killed. Sadeq wept.")
    both, last = make_span(document, "killed. Sadeq"), make_span(document, "Sadeq")
    found = _weigh_sentences("who killed", document, passage, [Reading(both, 5.0), Reading(last, 6.0)])
    # 5 - 0 and 6 - the weight of 2; the better one, 5, is lifted to the 6 of the best before
    assert found == [Reading(both, 6.0), Reading(last, 7.0 - COVERAGE_WEIGHT)]


def test_the_best_of_several_windows_wins() -> None:
    document = make_document("one two Sadeq four five Memis seven eight")
    model = WordModel({"Sadeq": (1, 1), "Memis": (3, 3)}, size=4)
    found = read_with(model, document, make_passage(document, document.text))
    one_word = 0.25 * math.log(2)
    assert (found[0].span, found[0].margin) == (Span(24, 29), 6.0 - one_word)
    assert ("Sadeq", 2.0 - one_word) in [(reading.span.of(document.text), reading.margin) for reading in found]


@pytest.mark.models
def test_a_long_passage_is_read_in_windows_that_share_the_stride() -> None:
    words = [f"word{number}" for number in range(400)]
    text = " ".join(words)
    windows = CompiledModel(DEFAULT_READER).tokenise_pair("Who?", text, max_tokens=MAX_TOKENS, stride=STRIDE)
    ranges = [[(int(a), int(b)) for a, b in window.offsets[window.second]] for window in windows]
    assert len(windows) > 1
    assert all(len(window.ids) <= MAX_TOKENS for window in windows)
    assert all(before[-STRIDE:] == after[:STRIDE] for before, after in pairwise(ranges))
    covered = {place for window in ranges for a, b in window for place in range(a, b)}
    assert covered == {place for place, character in enumerate(text) if character != " "}


@pytest.mark.models
def test_an_answer_behind_the_first_window_is_found() -> None:
    filler = "The weather was mild and the roads were quiet that day. " * 60
    document = make_document(filler + "The gold medal was won by Ana Ruiz of Spain.")
    passage = Passage(document.id, Span(0, len(document.text)), document.text)
    (found,) = Reader().read("Who won the gold medal?", [(document, passage)])
    assert "Ana Ruiz" in found[0].span.of(document.text)


@pytest.mark.models
def test_a_question_that_is_too_long_is_refused_by_a_reader_that_has_read_before() -> None:
    document = make_document("He left.")
    pairs = [(document, make_passage(document, "He left."))]
    reader = Reader()
    before = reader.read("Who left?", pairs)
    for question in ("why " * MAX_TOKENS, " ".join("7" * 480)):
        with pytest.raises(QuestionError, match="the question is too long for the reader"):
            reader.read(question, pairs)
    assert reader.read("Who left?", pairs) == before


def test_a_folder_of_another_model_is_no_reader(tmp_path: Path) -> None:
    (tmp_path / "askbrief.json").write_text('{"kind": "encoder"}')
    document = make_document("He left.")
    with pytest.raises(ModelError, match="is not a compiled reader"):
        Reader(tmp_path).read("Who?", [(document, make_passage(document, "He left."))])


@pytest.fixture(scope="session")
def tiny_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A question-answering model with random weights: BERT, 2 layers of 32, one piece a character."""
    import torch

    transformers: Any = import_module("transformers")
    folder = tmp_path_factory.mktemp("readers") / "tiny"
    characters = [chr(code) for code in range(33, 127)]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{c}" for c in characters)]
    (folder.parent / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=len(tokens), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    transformers.BertForQuestionAnswering(config).save_pretrained(folder)
    transformers.BertTokenizerFast(str(folder.parent / "vocab.txt")).save_pretrained(folder)
    return folder


def refuse_progress(progress: Progress) -> None:
    pytest.fail(f"compiled again: {progress.stage}")


@pytest.mark.models
@pytest.mark.filterwarnings("default")
def test_any_question_answering_model_is_compiled_once_and_reads_as_before(tiny_reader: Path, cache: Path) -> None:
    import torch

    steps: list[Progress] = []
    reader = load_reader("tiny", root=tiny_reader.parent, on_progress=steps.append)
    assert [step.done for step in steps] == [0, 1, 2, 3]
    assert reader.card["name"] == "tiny"
    assert load_reader(str(tiny_reader), on_progress=refuse_progress).card == reader.card
    assert [folder.name for folder in (cache / "readers").iterdir()] == [reader.card["fingerprint"]]

    document = make_document("Memis")
    ((found,),) = reader.read("Who came?", [(document, make_passage(document, document.text))])
    transformers: Any = import_module("transformers")
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(tiny_reader)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_reader)
    pair = tokenizer("Who came?", document.text, return_tensors="pt")
    with torch.no_grad():
        output = model(**pair)
    start, end = output.start_logits[0], output.end_logits[0]
    context = [i for i, kind in enumerate(pair.sequence_ids(0)) if kind == 1]
    every = np.logaddexp.reduce([float(start[i] + end[j]) for i in context for j in context if i <= j])
    # int8 weights move the scores of random weights by a few hundredths
    assert found.span.of(document.text) == "Memis"
    # The text shares no word with the question.
    expected = every - float(start[0] + end[0]) - 0.25 * math.log(2) - UNRELATED_WEIGHT
    assert found.margin == pytest.approx(expected, abs=0.1)


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("cache")
def test_a_compiled_reader_is_taken_as_it_is(tiny_reader: Path, cache: Path, tmp_path: Path) -> None:
    load_reader(str(tiny_reader))
    (compiled,) = (cache / "readers").iterdir()
    moved = tmp_path / "mine"
    compiled.rename(moved)
    assert load_reader("mine", root=tmp_path, on_progress=refuse_progress).card["name"] == "tiny"
    assert list((cache / "readers").iterdir()) == []


@pytest.mark.models
@pytest.mark.filterwarnings("default")
def test_a_reader_no_form_of_which_agrees_is_refused(
    tiny_reader: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_reader, "MIN_AGREEMENT", 1.01)
    with pytest.raises(ModelError, match=r"no compiled form .*, fp32: correlation 1\.000\)"):
        load_reader(str(tiny_reader))
    assert list((cache / "readers").iterdir()) == []


@pytest.mark.models
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("cache")
def test_a_folder_that_is_no_reader_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be loaded as a question-answering model"):
        load_reader(str(tmp_path))


def test_no_name_means_the_shipped_reader() -> None:
    assert load_reader().card == Reader(DEFAULT_READER).card
