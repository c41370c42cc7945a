"""Fits the confidence: logistic regression of "these words answer" on what is known of the best span of a passage.

    python -m training.fit_confidence --data ../shared/data

Questions over pooled SQuAD v1.1 development paragraphs: answerable ones (v1.1), unanswerable ones written to look
answerable (v2 half), and NewsQA questions, which nothing there answers. Fitted on every other question; expected
calibration error and the risk-coverage curve are of the others.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from askbrief.assistant import READ_PASSAGES
from askbrief.encoding import load_encoder
from askbrief.reading import Reader
from askbrief.retrieval import find_hits
from benchmarks.common import Question, as_documents, build_parser, build_store, load_paragraphs, score_f1, whole

RIGHT_F1 = 0.6


def choose_questions(data: Path) -> list[Question]:
    """Answerable, deceptively unanswerable and plainly unanswerable questions, the latter two with no answers."""
    answerable = load_paragraphs(data, "squad_v1.1_dev").questions[3::12]
    deceptive = [q for q in load_paragraphs(data, "squad_v2_dev_half").questions if not q.answers][::9]
    plain = [Question(q.text, (), -1) for q in load_paragraphs(data, "newsqa_dev_a").questions[::6]]
    return [*answerable, *deceptive, *plain]


def find_calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.bool_], *, bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [
        abs(probabilities[places == b].mean() - right[places == b].mean()) * (places == b).mean() for b in set(places)
    ]
    return float(sum(gaps))


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    arguments = parser.parse_args()
    documents = as_documents(load_paragraphs(arguments.data, "squad_v1.1_dev"))
    by_id = {document.id: document for document in documents}
    encoder, reader = load_encoder(), Reader()
    questions = choose_questions(arguments.data)
    features, labels, owners = [], [], []
    with tempfile.TemporaryDirectory() as scratch, build_store(Path(scratch), encoder, documents, whole) as store:
        for number, question in enumerate(questions):
            with store.snapshot() as derived:
                hits = find_hits(store, derived, encoder, question.text, top=READ_PASSAGES)
            readings = reader.read(question.text, [(by_id[h.passage.document_id], h.passage) for h in hits])
            for hit, found in zip(hits, readings, strict=True):
                for reading in found[:1]:
                    text = reading.span.of(by_id[hit.passage.document_id].text)
                    is_right = bool(question.answers) and score_f1(text, question.answers) >= RIGHT_F1
                    features.append((reading.margin, hit.cosine, hit.score))
                    labels.append(is_right)
                    owners.append(number)
    x, y, owner = np.array(features), np.array(labels), np.array(owners)
    fitted = owner % 2 == 0
    for names, columns in {"margin": [0], "margin, cosine": [0, 1], "margin, cosine, score": [0, 1, 2]}.items():
        model = LogisticRegression(C=10).fit(x[fitted][:, columns], y[fitted])
        probabilities = model.predict_proba(x[:, columns])[:, 1]
        top = np.array([max(np.flatnonzero(owner == n), key=lambda i: probabilities[i]) for n in set(owners)])
        held = top[owner[top] % 2 == 1]
        answerable = np.array([bool(questions[n].answers) for n in owner[held]])
        print(f"\n{names}: weights {model.coef_[0].round(3)}, offset {model.intercept_[0]:.3f}")
        print(f"  right at the top, of the answerable: {y[held][answerable].mean():.3f};"
              f" calibration error {find_calibration_error(probabilities[held], y[held]):.3f}")  # fmt: skip
        for threshold in (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7):
            said = probabilities[held] >= threshold
            wrong = 1 - y[held][said].mean()
            kept = (said & y[held] & answerable).sum() / max(1, (y[held] & answerable).sum())
            print(f"  threshold {threshold}: answers {said.mean():.2f} of all, wrong among them {wrong:.2f},"
                  f" right ones kept {kept:.2f}, unanswerable refused {1 - said[~answerable].mean():.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
