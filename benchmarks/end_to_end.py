"""End to end: SQuAD v1.1 development paragraphs pooled into one store; is the top answer right?

    python -m benchmarks.end_to_end [--data ../shared/data] [--every 5]

EM and F1 of the top answer whatever its confidence, hit@1 of the paragraph it comes from, and both once more with the
threshold in force, when "not in these articles" counts as wrong.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from askbrief.answer.pipeline import READ_PASSAGES, find_candidates, read_candidates
from askbrief.answer.rank import rank
from askbrief.answer.reader import Reader
from askbrief.evaluation.scores import score_exact, score_f1
from askbrief.models.compile_encoder import load_encoder
from benchmarks.common import build_parser, save_result
from corpora.questions import Paragraphs, load_paragraphs
from corpora.stores import as_documents, build_store, whole


def measure(paragraphs: Paragraphs, *, every: int) -> dict[str, Any]:
    """Figures of every ``every``-th question, in percent and milliseconds."""
    documents = as_documents(paragraphs)
    encoder, reader = load_encoder(), Reader()
    questions = paragraphs.questions[::every]
    totals = dict.fromkeys(("EM", "F1", "hit@1 retrieved", "hit@1 read", "answered", "F1 if answered"), 0.0)
    seconds = []
    with tempfile.TemporaryDirectory() as scratch, build_store(Path(scratch), encoder, documents, whole) as store:
        for question in questions:
            began = time.perf_counter()
            with store.snapshot() as derived:
                _, candidates = find_candidates(
                    question.text, store=store, derived=derived, encoder=encoder, top=READ_PASSAGES
                )
            ranked = rank(
                question.text, read_candidates(question.text, candidates, reader), top=1, calibration=reader.calibration
            )
            seconds.append(time.perf_counter() - began)
            totals["hit@1 retrieved"] += candidates[0].document.id == str(question.context)
            if ranked:
                best = ranked[0]
                found = best.reading.span.of(best.candidate.document.text)
                f1 = score_f1(found, question.answers)
                totals["EM"] += score_exact(found, question.answers)
                totals["F1"] += f1
                totals["hit@1 read"] += best.candidate.document.id == str(question.context)
                if best.confidence >= reader.calibration.threshold:
                    totals["answered"] += 1
                    totals["F1 if answered"] += f1
    answered = totals.pop("answered")
    precise = totals.pop("F1 if answered")
    figures = {name: round(100 * total / len(questions), 2) for name, total in totals.items()}
    figures |= {
        "answered": round(100 * answered / len(questions), 2),
        "F1 of those": round(100 * precise / answered, 2),
    }
    seconds.sort()
    figures |= {"questions": len(questions), "passages": len(documents), "passages read": READ_PASSAGES}
    return figures | {"milliseconds p50": round(1000 * seconds[len(seconds) // 2], 1)}


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=5, help="take every n-th question")
    arguments = parser.parse_args()
    save_result("end_to_end", measure(load_paragraphs(arguments.data, "squad_v1.1_dev"), every=arguments.every))


if __name__ == "__main__":
    main()
