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
from pathlib import Path

from askbrief import Assistant
from askbrief.answer.pipeline import READ_PASSAGES, read_candidates
from askbrief.answer.reader import Reader
from askbrief.answer.second_look import load_second_look
from askbrief.evaluation.scores import normalise
from askbrief.types import Candidate, Match
from benchmarks.common import build_parser, save_result
from benchmarks.top_answers import TopAnswers
from corpora.archive import index_archive, write_archive
from corpora.questions import iter_rows


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
    scores = {name: TopAnswers() for name in readers}
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
                scores[name].add(
                    question["question"],
                    read,
                    answers=answers,
                    is_right=lambda found, answers=answers: contains(found.passage.text, answers),
                    calibration=reader.calibration,
                    seconds=time.perf_counter() - began,
                )
    searching.sort()
    figures |= {"questions": len(questions)}
    figures |= {f"hit@{k}": round(100 * count / len(questions), 2) for k, count in places.items()}
    figures["search with freshness check, ms p50"] = round(1000 * searching[len(searching) // 2], 1)
    figures["search with freshness check, ms p95"] = round(1000 * searching[len(searching) * 95 // 100], 1)
    for name, score in scores.items():
        figures[f"{name} reader"] = score.figures() | {"reading ms p50": score.median_ms}
    if arguments.articles == 0 and arguments.every == 1:
        save_result("news", figures)
    else:
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
