"""Reading: the shipped reader on given paragraphs, by the official SQuAD scores.

    python -m benchmarks.reading [--data ../shared/data] [--every 1]

SQuAD v1.1 dev: the best span, whatever its margin. SQuAD v2 half: no answer where the margin is below 0. NewsQA (a):
whole articles, the best span. The paragraph is read as one passage, without a title.
"""

from __future__ import annotations

import time
from typing import Any

from askbrief.datatypes import Document
from askbrief.reading import Reader
from benchmarks.common import Paragraphs, build_parser, load_paragraphs, save_result, score_exact, score_f1, whole

SETS = {"squad_v1.1_dev": False, "squad_v2_dev_half": True, "newsqa_dev_a": False}
"""Each set, and whether it has unanswerable questions."""


def measure(reader: Reader, paragraphs: Paragraphs, *, every: int, may_abstain: bool) -> dict[str, Any]:
    """EM, F1 (both in percent), and the share of unanswerable questions that were refused."""
    questions = paragraphs.questions[::every]
    exact = f1 = refused = unanswerable = 0.0
    began = time.perf_counter()
    for question in questions:
        document = Document("0", "", paragraphs.texts[question.context], None, ("0",))
        readings = reader.read(question.text, [(document, whole(document)[0])])[0]
        best = readings[0] if readings else None
        found = best.span.of(document.text) if best and not (may_abstain and best.margin < 0) else ""
        exact += score_exact(found, question.answers)
        f1 += score_f1(found, question.answers)
        if not question.answers:
            unanswerable += 1
            refused += not found
    figures = {"questions": len(questions), "EM": exact, "F1": f1}
    figures |= {name: round(100 * figures[name] / len(questions), 2) for name in ("EM", "F1")}
    if may_abstain:
        figures["unanswerable refused"] = round(100 * refused / unanswerable, 2)
    return figures | {"questions a second": round(len(questions) / (time.perf_counter() - began), 1)}


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every n-th question")
    arguments = parser.parse_args()
    reader = Reader()
    figures = {
        name: measure(reader, load_paragraphs(arguments.data, name), every=arguments.every, may_abstain=may_abstain)
        for name, may_abstain in SETS.items()
    }
    if arguments.every == 1:
        save_result("reading", {"reader sha256": reader.card["sha256"], **figures})
    else:
        print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")


if __name__ == "__main__":
    main()
