"""How much the confidence is worth: calibration, and what the threshold refuses and keeps.

    python -m benchmarks.calibration [--data ../shared/data] [--fast] [--kept]

Three kinds of collections, so that the figure means the same in one article and in thousands: SQuAD v1.1 development
paragraphs pooled; single SQuAD articles; single NewsQA articles. In each: answerable questions; questions written to
look answerable (SQuAD v2 half; not for NewsQA); questions about something else. Every other question fits a logistic
curve, which is printed; the rest measures the shipped one (in the reader's card). ``--fast`` asks without the second
look, as ``reader = "fast"`` does.
Writes the reliability diagram and the risk-coverage curves to ``docs/calibration.svg``. What was asked is kept, so that
``--kept`` measures another curve or threshold in a second; it needs matplotlib and scikit-learn.
"""

from __future__ import annotations

import pickle
import random
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from askbrief.answer.pipeline import READ_PASSAGES, find_candidates, read_candidates
from askbrief.answer.rank import find_confidence
from askbrief.answer.reader import FAST, Reader
from askbrief.answer.second_look import SecondLook, load_second_look
from askbrief.config import Settings
from askbrief.corpus.chunk import chunk_document
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.plain import read_plain
from askbrief.evaluation.scores import score_f1
from askbrief.models.compile_encoder import load_encoder
from askbrief.store.store import Store
from askbrief.types import Document
from benchmarks.common import build_parser, save_result
from corpora.archive import CACHE
from corpora.questions import Question, load_paragraphs
from corpora.stores import as_documents, build_store, whole

CALIBRATION = Reader().calibration
RIGHT_F1 = 0.6
"""F1 from which an answer counts as right."""
KINDS = ("pooled", "article", "news")
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.27, 0.3, 0.35, 0.4, 0.5)
PICTURE = Path(__file__).parent.parent / "docs" / "calibration.svg"


@dataclass(frozen=True, slots=True)
class Candidate:
    """The best span of one passage."""

    margin: float
    score: float
    is_right: bool

    @property
    def strength(self) -> float:
        """What ranks it, and what the curve turns into a confidence."""
        return self.margin + CALIBRATION.retrieval_weight * self.score


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to a collection, with a candidate for each passage that was read."""

    collection: str
    is_answerable: bool
    is_deceptive: bool
    candidates: tuple[Candidate, ...]


class Collector:
    """Asks questions and keeps what is known of the candidates."""

    def __init__(self, second_look: SecondLook | None) -> None:
        self.encoder, self.reader, self.second_look = load_encoder(), Reader(), second_look
        self.asked: list[Asked] = []

    def ask(
        self,
        collection: str,
        store: Store,
        documents: dict[str, Document],
        question: Question,
        *,
        deceptive: bool = False,
    ) -> None:
        """Puts one question to one store."""
        with store.snapshot() as derived:
            _, found = find_candidates(
                question.text, store=store, derived=derived, encoder=self.encoder, top=READ_PASSAGES
            )
        read, candidates = read_candidates(question.text, found, self.reader), []
        if self.second_look:
            read = self.second_look.read(question.text, read, calibration=CALIBRATION)
        for candidate in read:
            for reading in candidate.readings[:1]:
                text = reading.span.of(candidate.document.text)
                is_right = bool(question.answers) and score_f1(text, question.answers) >= RIGHT_F1
                candidates.append(Candidate(reading.margin, candidate.match.score, is_right))
        self.asked.append(Asked(collection, bool(question.answers), deceptive, tuple(candidates)))

    def ask_all(self, data: Path) -> None:
        """The three kinds of collections."""
        rng = random.Random(0)
        squad, news = load_paragraphs(data, "squad_v1.1_dev"), load_paragraphs(data, "newsqa_dev_a")
        half = load_paragraphs(data, "squad_v2_dev_half")
        unanswerable = [q for q in half.questions if not q.answers]
        documents = as_documents(squad)
        by_id = {d.id: d for d in documents}
        with (
            tempfile.TemporaryDirectory() as scratch,
            build_store(Path(scratch), self.encoder, documents, whole) as store,
        ):
            for question in squad.questions[3::14]:
                self.ask("pooled", store, by_id, question)
            for question in unanswerable[::12]:
                self.ask("pooled", store, by_id, question, deceptive=True)
            for question in news.questions[::8]:
                self.ask("pooled", store, by_id, Question(question.text, (), -1))
        print(len(self.asked), "pooled", flush=True)

        settings = Settings()
        chunk = partial(chunk_document, passage_words=settings.passage_words)
        articles: dict[str, list[str]] = defaultdict(list)
        for title, text in zip(squad.titles, squad.texts, strict=True):
            articles[title].append(text)
        jobs: list[tuple[str, Document, list[tuple[Question, bool]]]] = []
        for title, texts in articles.items():
            own = [(q, False) for q in squad.questions if squad.titles[q.context] == title]
            false = [(q, True) for q in unanswerable if half.titles[q.context] == title]
            foreign = [(Question(q.text, (), -1), False) for q in squad.questions if squad.titles[q.context] != title]
            chosen = rng.sample(own, min(8, len(own))) + rng.sample(false, min(6, len(false))) + rng.sample(foreign, 4)
            jobs.append(("article", Document("0", title, "\n\n".join(texts), None, ("0",)), chosen))
        for row in rng.sample(range(len(news.texts)), 100):
            plain = build_document(read_plain(news.texts[row], "0"), "0")
            own = [(q, False) for q in news.questions if q.context == row]
            foreign = [(Question(q.text, (), -1), False) for q in news.questions if q.context != row]
            chosen = rng.sample(own, min(3, len(own))) + rng.sample(foreign, 2)
            jobs.append(("news", Document("0", plain.title, plain.text, None, ("0",)), chosen))
        for kind, document, questions in jobs:
            with (
                tempfile.TemporaryDirectory() as scratch,
                build_store(Path(scratch), self.encoder, [document], chunk) as store,
            ):
                for question, deceptive in questions:
                    self.ask(kind, store, {"0": document}, question, deceptive=deceptive)
        print(len(self.asked), "in all", flush=True)


def find_calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.bool_], *, bins: int = 10) -> float:
    """Expected calibration error over ``bins`` bins of equal width."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    inside = [places == place for place in sorted(set(places))]
    return float(sum(abs(probabilities[chosen].mean() - right[chosen].mean()) * chosen.mean() for chosen in inside))


def fit(strength: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the logistic curve of being right over the strength."""
    model = LogisticRegression(C=100).fit(strength[:, None], right)
    return float(model.coef_[0][0]), float(model.intercept_[0])


def measure_kind(chosen: NDArray[np.bool_], asked: list[Asked], sure: NDArray[np.float64]) -> dict[str, Any]:
    """Calibration error, and what each threshold keeps of the right answers and refuses of the others."""
    best = [max(a.candidates, key=lambda c: c.strength) for a in asked]
    right = np.array([c.is_right for c in best])
    answerable = chosen & np.array([a.is_answerable for a in asked])
    deceptive = chosen & np.array([a.is_deceptive for a in asked])
    foreign = chosen & ~answerable & ~deceptive
    figures: dict[str, Any] = {
        "questions": int(chosen.sum()),
        "answerable": int(answerable.sum()),
        "right": round(float(right[answerable].mean()), 3),
        "calibration error": round(find_calibration_error(sure[chosen], right[chosen]), 3),
        "AUROC": round(float(roc_auc_score(right[chosen], sure[chosen])), 3),
        "thresholds": {},
    }
    for threshold in THRESHOLDS:
        said = sure >= threshold
        row = {
            "right kept": round(float(said[answerable & right].mean()), 3),
            "precision": round(float(right[chosen & said].mean()), 3),
            "foreign refused": round(1 - float(said[foreign].mean()), 3),
        }
        if deceptive.any():
            row["deceptive refused"] = round(1 - float(said[deceptive].mean()), 3)
        figures["thresholds"][str(threshold)] = row
    return figures


def draw(sure: NDArray[np.float64], right: NDArray[np.bool_], kinds: NDArray[np.str_]) -> None:
    """The reliability diagram and the risk-coverage curves."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "askbrief", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot

    figure, (left, side) = pyplot.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    places = np.minimum((sure * 10).astype(int), 9)
    bins = [place for place in range(10) if (places == place).any()]
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    left.bar(
        [place / 10 + 0.05 for place in bins], [right[places == place].mean() for place in bins],
        width=0.09, color="#4878a8", label="share that was right",
    )  # fmt: skip
    left.plot([sure[places == p].mean() for p in bins], [right[places == p].mean() for p in bins], "ko", markersize=3)
    for place in bins:
        left.text(place / 10 + 0.05, 0.02, str((places == place).sum()), ha="center", color="white", fontsize=7)
    left.set(xlabel="stated confidence", ylabel="right answers", title="Reliability", xlim=(0, 1), ylim=(0, 1))
    for kind, style in zip(KINDS, ("-", "--", ":"), strict=True):
        order = np.argsort(-sure[kinds == kind], kind="stable")
        wrong = 1 - np.cumsum(right[kinds == kind][order]) / np.arange(1, len(order) + 1)
        side.plot(np.arange(1, len(order) + 1) / len(order), wrong, style, color="#4878a8", label=kind)
    side.set(xlabel="questions answered (coverage)", ylabel="wrong among them (risk)", title="Risk and coverage")
    side.set(xlim=(0, 1), ylim=(0, 1))
    side.legend(frameon=False)
    figure.savefig(PICTURE, metadata={"Date": None, "Creator": None})


def report(asked: list[Asked], name: str) -> None:
    """Prints the curve that the even questions fit, and saves what the odd ones say of the shipped one."""
    best = [max(a.candidates, key=lambda c: c.strength) for a in asked]
    strength = np.array([c.strength for c in best])
    right = np.array([c.is_right for c in best])
    kinds = np.array([a.collection for a in asked])
    held = np.arange(len(asked)) % 2 == 1
    slope, offset = fit(strength[~held], right[~held])
    sure = np.array([find_confidence(c.margin, score=c.score, calibration=CALIBRATION) for c in best])
    print(f"fitted: slope {slope:.3f}, offset {offset:.3f}")
    figures: dict[str, Any] = {"fitted": {"slope": round(slope, 3), "offset": round(offset, 3)}}
    figures["threshold"] = CALIBRATION.threshold
    figures["all"] = measure_kind(held, asked, sure)
    figures |= {kind: measure_kind(held & (kinds == kind), asked, sure) for kind in KINDS}
    if name == "calibration":
        draw(sure[held], right[held], kinds[held])
    save_result(name, figures)


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="without the second look")
    parser.add_argument("--kept", action="store_true", help="measure what the last run asked")
    arguments = parser.parse_args()
    name = "calibration_fast" if arguments.fast else "calibration"
    kept = CACHE / f"{name}.pickle"
    if not arguments.kept:
        collector = Collector(load_second_look(FAST if arguments.fast else ""))
        collector.ask_all(arguments.data)
        CACHE.mkdir(exist_ok=True)
        kept.write_bytes(pickle.dumps([asked for asked in collector.asked if asked.candidates]))
    report(pickle.loads(kept.read_bytes()), name)


if __name__ == "__main__":
    main()
