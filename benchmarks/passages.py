"""Passage length and overlap: whole articles cut in different ways, then asked.

    python -m benchmarks.passages [--data ../shared/data] [--questions 300]

The articles of SQuAD v1.1 dev (paragraphs of a title joined) and of NewsQA (a), all in one store for each way of
cutting. Recall@k: an answer string stands in one of the best k passages that come from the right article.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from askbrief.answer.pipeline import READ_PASSAGES, find_candidates, read_candidates
from askbrief.answer.rank import rank
from askbrief.answer.reader import Reader
from askbrief.corpus.chunk import chunk_document
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.plain import read_plain
from askbrief.evaluation.scores import score_exact, score_f1
from askbrief.models.compile_encoder import load_encoder
from askbrief.types import Document
from benchmarks.common import build_parser, save_result
from corpora.questions import Question, load_paragraphs
from corpora.stores import build_store

WAYS = ((60, 0), (100, 0), (100, 1), (150, 0), (150, 1), (220, 0))
"""Words of a passage, and sentences repeated."""


def load_articles(data: Path, *, questions: int) -> tuple[list[Document], list[Question]]:
    """Every article, and ``questions`` questions of each of the two sets, whose context is the article's row."""
    articles: list[tuple[str, str]] = []
    chosen: list[Question] = []
    for name in ("squad_v1.1_dev", "newsqa_dev_a"):
        paragraphs = load_paragraphs(data, name)
        rows: dict[str, int] = {}
        owner = []
        for stated, text in zip(paragraphs.titles, paragraphs.texts, strict=True):
            is_paragraph = name.startswith("squad")
            title = stated if is_paragraph else build_document(read_plain(text, ""), "").title
            key = title if is_paragraph else text
            if key in rows:
                articles[rows[key]] = (articles[rows[key]][0], articles[rows[key]][1] + "\n\n" + text)
            else:
                rows[key] = len(articles)
                articles.append((title, text))
            owner.append(rows[key])
        step = max(1, len(paragraphs.questions) // questions)
        chosen += [Question(q.text, q.answers, owner[q.context]) for q in paragraphs.questions[::step][:questions]]
    documents = [Document(str(row), title, text, None, (f"{row}.txt",)) for row, (title, text) in enumerate(articles)]
    return documents, chosen


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=300, help="questions of each set")
    parser.add_argument("--without-reading", action="store_true", help="measure recall only")
    arguments = parser.parse_args()
    documents, questions = load_articles(arguments.data, questions=arguments.questions)
    encoder, reader = load_encoder(), Reader()
    figures: dict[str, dict[str, float]] = {}
    for words, overlap in WAYS:
        chunk = partial(chunk_document, passage_words=words)
        totals = dict.fromkeys(("R@1", "R@5", "R@10", "EM", "F1"), 0.0)
        with tempfile.TemporaryDirectory() as scratch, build_store(Path(scratch), encoder, documents, chunk) as store:
            for question in questions:
                with store.snapshot() as derived:
                    count = derived.dense.count
                    _, candidates = find_candidates(
                        question.text, store=store, derived=derived, encoder=encoder, top=READ_PASSAGES
                    )
                right = [
                    candidate.document.id == str(question.context)
                    and any(answer in candidate.passage.text for answer in question.answers)
                    for candidate in candidates
                ]
                for k in (1, 5, 10):
                    totals[f"R@{k}"] += any(right[:k])
                if not arguments.without_reading:
                    read = read_candidates(question.text, candidates, reader)
                    for best in rank(question.text, read, top=1, calibration=reader.calibration):
                        found = best.reading.span.of(best.candidate.document.text)
                        totals["EM"] += score_exact(found, question.answers)
                        totals["F1"] += score_f1(found, question.answers)
        name = f"{words} words, {overlap} repeated"
        figures[name] = {"passages": count} | {n: round(100 * v / len(questions), 1) for n, v in totals.items()}
        print(name, figures[name], flush=True)
    if not arguments.without_reading:
        save_result("passages", {"questions": len(questions), "articles": len(documents), **figures})


if __name__ == "__main__":
    main()
