"""What int8 costs the reader: the shipped file beside its fp32 parent, on the same questions.

    python -m benchmarks.parent training/runs/parent [--data ../shared/data] [--every 4]

The parent is the model that ``training.export_reader`` compiled, saved by its ``--parent``. Both read SQuAD v1.1 dev
through the same code: windows, spans, tidying; only the scores of the tokens come from torch or the compiled graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForQuestionAnswering

from askbrief.answer.reader import DEFAULT_READER, Reader
from askbrief.evaluation.scores import score_exact, score_f1
from askbrief.models.compile_reader import as_span_module
from askbrief.models.runtime import CompiledModel, Tokens
from askbrief.types import Document
from benchmarks.common import build_parser, save_result
from corpora.questions import load_paragraphs
from corpora.stores import whole


class ParentModel(CompiledModel):
    """The tokenizer of a compiled reader with the graph of its parent."""

    def __init__(self, folder: Path, module: Any) -> None:
        super().__init__(folder)
        self._module = module

    def run(self, tokens: Tokens) -> list[NDArray[np.float32]]:
        """The parent's scores of one text."""
        ids, types = torch.from_numpy(tokens.ids)[None], torch.from_numpy(tokens.types)[None]
        with torch.no_grad():
            return [scores[0].numpy() for scores in self._module(ids, torch.ones_like(ids), types)]

    def run_many(self, texts: Sequence[Tokens]) -> Iterator[list[NDArray[np.float32]]]:
        """``run`` for each text; torch has the cores."""
        yield from map(self.run, texts)


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the parent, as transformers loads it")
    parser.add_argument("--every", type=int, default=4, help="take every n-th question")
    arguments = parser.parse_args()
    shipped, parent = Reader(), Reader()
    model = AutoModelForQuestionAnswering.from_pretrained(arguments.folder, attn_implementation="eager")
    module = as_span_module(model)
    parent.__dict__["_model"] = ParentModel(DEFAULT_READER, module)
    paragraphs = load_paragraphs(arguments.data, "squad_v1.1_dev")
    questions = paragraphs.questions[:: arguments.every]
    figures: dict[str, Any] = {"questions": len(questions)}
    for name, reader in (("fp32", parent), ("int8", shipped)):
        exact = f1 = 0.0
        for question in questions:
            text = paragraphs.texts[question.context]
            document = Document("0", "", text, None, ("0",))
            readings = reader.read(question.text, [(document, whole(document)[0])])[0]
            found = readings[0].span.of(text) if readings else ""
            exact += score_exact(found, question.answers)
            f1 += score_f1(found, question.answers)
        figures[name] = {"EM": round(100 * exact / len(questions), 2), "F1": round(100 * f1 / len(questions), 2)}
    save_result("parent", figures)


if __name__ == "__main__":
    main()
