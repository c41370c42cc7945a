"""A real archive: 26,499 news articles as files, and the questions of weekly news quizzes of 2022 to 2024.

    python -m benchmarks.news [--data ../shared/data] [--articles 0] [--every 1] [--also FOLDER]

hit@k: one of the first k passages contains an accepted answer. EM and F1 of the top answer whatever its confidence. The
labels are weak: a quiz asks about its week, and the archive need not have an article that says it. The same passages
are read without the second look too, as ``reader = "fast"`` does, and by ``--also``, another compiled reader. The
archive's files and index stay in ``benchmarks/.cache`` and are used again.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askbrief import Assistant
from askbrief.answer.pipeline import READ_PASSAGES, read_candidates
from askbrief.answer.rank import rank
from askbrief.answer.reader import Reader
from askbrief.answer.second_look import load_second_look
from askbrief.evaluation.scores import normalise, score_exact, score_f1
from askbrief.types import Candidate, Match
from benchmarks.common import build_parser, save_result
from corpora.archive import index_archive, write_archive
from corpora.questions import iter_rows


@dataclass(slots=True)
class Score:
    """Sums over the questions that one reader answered."""

    exact: float = 0.0
    f1: float = 0.0
    first: int = 0
    answered: int = 0
    f1_if_answered: float = 0.0
    seconds: list[float] = field(default_factory=list)

    def figures(self, questions: int) -> dict[str, Any]:
        """Percentages of all questions, and of those answered with enough confidence."""
        return {
            "EM": round(100 * self.exact / questions, 2),
            "F1": round(100 * self.f1 / questions, 2),
            "hit@1 read": round(100 * self.first / questions, 2),
            "answered": round(100 * self.answered / questions, 2),
            "F1 of those": round(100 * self.f1_if_answered / max(1, self.answered), 2),
            "reading ms p50": round(1000 * sorted(self.seconds)[len(self.seconds) // 2], 1),
        }


def contains(passage: str, answers: tuple[str, ...]) -> bool:
    """Whether the passage holds an accepted answer, compared as the official scores do."""
    text = f" {normalise(passage)} "
    return any(f" {normalise(answer)} " in text for answer in answers)


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=0, help="only the first so many (0: all)")
    parser.add_argument("--every", type=int, default=1, help="take every n-th question")
    parser.add_argument("--also", type=Path, help="folder of another compiled reader")
    arguments = parser.parse_args()
    folder = write_archive(arguments.data, limit=arguments.articles)
    questions = list(iter_rows(arguments.data / "news" / "questions.jsonl"))[:: arguments.every]
    second_look = load_second_look()
    assert second_look is not None
    readers = {"shipped": Reader(), "fast": Reader()} | ({"also": Reader(arguments.also)} if arguments.also else {})
    scores = {name: Score() for name in readers}
    places = dict.fromkeys((1, 3, 5, 10), 0)
    searching: list[float] = []
    with Assistant.open(folder) as assistant:
        figures = index_archive(assistant)
        print(figures, flush=True)
        for question in questions:
            answers = tuple(question["answers"])
            began = time.perf_counter()
            hits = assistant.search(question["question"], top=READ_PASSAGES)
            candidates = [
                Candidate(
                    Match(hit.row, hit.cosine, hit.bm25, score=hit.score),
                    hit.passage,
                    assistant.load_document(hit.passage.document_id),
                )
                for hit in hits
            ]
            searching.append(time.perf_counter() - began)
            for k in places:
                places[k] += any(contains(hit.passage.text, answers) for hit in hits[:k])
            for name, reader in readers.items():
                began = time.perf_counter()
                read = read_candidates(question["question"], candidates, reader)
                if name == "shipped":
                    read = second_look.read(question["question"], read, calibration=reader.calibration)
                ranked = rank(question["question"], read, top=1, calibration=reader.calibration)
                score = scores[name]
                score.seconds.append(time.perf_counter() - began)
                found = ranked[0].reading.span.of(ranked[0].candidate.document.text) if ranked else ""
                f1 = score_f1(found, answers)
                score.exact += score_exact(found, answers)
                score.f1 += f1
                score.first += bool(ranked) and contains(ranked[0].candidate.passage.text, answers)
                if ranked and ranked[0].confidence >= reader.calibration.threshold:
                    score.answered += 1
                    score.f1_if_answered += f1
    searching.sort()
    figures |= {"questions": len(questions)}
    figures |= {f"hit@{k}": round(100 * count / len(questions), 2) for k, count in places.items()}
    figures["search with freshness check, ms p50"] = round(1000 * searching[len(searching) // 2], 1)
    figures["search with freshness check, ms p95"] = round(1000 * searching[len(searching) * 95 // 100], 1)
    for name, score in scores.items():
        figures[f"{name} reader"] = score.figures(len(questions))
    if arguments.articles == 0 and arguments.every == 1:
        save_result("news", figures)
    else:
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
