"""End to end: SQuAD v1.1 development paragraphs pooled into one store; is the top answer right?

    python -m benchmarks.end_to_end [--data ../shared/data] [--every 5]

EM and F1 of the top answer whatever its confidence, hit@1 of the paragraph it comes from, and both once more with the
threshold in force, when "not in these articles" counts as wrong. As shipped, and as with ``reader = "fast"``, which
has no second look, on the same candidates.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from askbrief.answer.pipeline import READ_PASSAGES, find_candidates, read_candidates
from askbrief.answer.reader import Reader
from askbrief.answer.second_look import load_second_look
from askbrief.models.compile_encoder import load_encoder
from benchmarks.common import build_parser, save_result
from benchmarks.top_answers import TopAnswers
from corpora.questions import Paragraphs, load_paragraphs
from corpora.stores import as_documents, build_store, whole


def measure(paragraphs: Paragraphs, *, every: int) -> dict[str, Any]:
    """Figures of every ``every``-th question, in percent and milliseconds."""
    documents = as_documents(paragraphs)
    encoder, reader, second_look = load_encoder(), Reader(), load_second_look()
    assert second_look is not None
    calibration = reader.calibration
    questions = paragraphs.questions[::every]
    shipped, fast, retrieved = TopAnswers(), TopAnswers(), 0
    with tempfile.TemporaryDirectory() as scratch, build_store(Path(scratch), encoder, documents, whole) as store:
        for question in questions:
            began = time.perf_counter()
            with store.snapshot() as derived:
                _, found = find_candidates(
                    question.text, store=store, derived=derived, encoder=encoder, top=READ_PASSAGES
                )
            row = str(question.context)
            known: Any = {
                "answers": question.answers,
                "is_right": lambda found, row=row: found.document.id == row,
                "calibration": calibration,
            }
            once = read_candidates(question.text, found, reader)
            fast.add(question.text, once, **known, seconds=time.perf_counter() - began)
            twice = second_look.read(question.text, once, calibration=calibration)
            shipped.add(question.text, twice, **known, seconds=time.perf_counter() - began)
            retrieved += found[0].document.id == row
    figures = shipped.figures() | {"milliseconds p50": shipped.median_ms}
    figures["fast"] = fast.figures() | {"milliseconds p50": fast.median_ms}
    figures["hit@1 retrieved"] = round(100 * retrieved / len(questions), 2)
    return figures | {"questions": len(questions), "passages": len(documents), "passages read": READ_PASSAGES}


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=5, help="take every n-th question")
    arguments = parser.parse_args()
    save_result("end_to_end", measure(load_paragraphs(arguments.data, "squad_v1.1_dev"), every=arguments.every))


if __name__ == "__main__":
    main()
