"""Compilation: what each form of a compiled model keeps of its source, its size and its speed.

    python -m benchmarks.compilation FOLDER [--tokens 140] [--rounds 5]

FOLDER holds a sentence-transformers model. As an encoder, each form is judged by its vectors on the probes, as
``compile_encoder`` does; as a reader, with a random question-answering head, by the token scores, as ``compile_reader``
does. Milliseconds are the median of the rounds, on one thread, for one text.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from askbrief.models import compile_encoder, compile_reader
from askbrief.models.compile import _as_feed, _build, _export, _save_card
from askbrief.models.encoder import CompiledEncoder
from askbrief.models.forms import BLOCKS_4, BLOCKS_8, FP32, INT8, REDUCED, SMOOTHED, SMOOTHED_REDUCED
from askbrief.models.forms import sums_in_16_bits as has_overflows
from askbrief.models.quiet import quiet_and_offline
from askbrief.models.runtime import GRAPH, TOKENIZER, WEIGHTS, CompiledModel, Tokens
from benchmarks.common import build_parser, save_result

FORMS = (INT8, REDUCED, SMOOTHED, SMOOTHED_REDUCED, BLOCKS_8, BLOCKS_4, FP32)
WORD = "bridge "


def measure_speed(model: CompiledModel, *, tokens: int, rounds: int) -> float:
    """Milliseconds for a text of ``tokens`` tokens."""
    text = model.tokenise(WORD * tokens, max_tokens=tokens)
    assert len(text.ids) == tokens
    model.run(text)
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        model.run(text)
        seconds.append(time.perf_counter() - began)
    return round(1000 * statistics.median(seconds), 1)


def measure_forms(
    module: Any,
    tokenizer: Any,
    *,
    outputs: tuple[str, ...],
    card: dict[str, Any],
    find_examples: Callable[[CompiledModel], Sequence[Tokens]],
    check: Callable[[Path], dict[str, float]],
    tokens: int,
    rounds: int,
) -> dict[str, Any]:
    """What ``check`` says of each form, its megabytes and its milliseconds."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
        full = folder / "full.onnx"
        _export(module, full, outputs=outputs)
        _save_card(folder, card)
        examples = [_as_feed(found) for found in find_examples(CompiledModel(folder))]
        for form in FORMS:
            _build(form, full, folder, examples)
            _save_card(folder, card, files=(GRAPH, WEIGHTS, TOKENIZER))
            megabytes = sum((folder / name).stat().st_size for name in (GRAPH, WEIGHTS)) / 1e6
            speed = measure_speed(CompiledModel(folder), tokens=tokens, rounds=rounds)
            figures[form.name] = check(folder) | {"MB": round(megabytes, 1), f"ms for {tokens} tokens": speed}
            print(form.name, figures[form.name], flush=True)
    return figures


def measure_encoder(folder: Path, *, tokens: int, rounds: int) -> dict[str, Any]:
    """The forms of the model as an encoder."""
    model = compile_encoder.load_source(folder, device="cpu")
    texts = [text for pair in compile_encoder._PROBES for text in pair]
    card = {"fingerprint": "0", "dimension": model.get_embedding_dimension(), "max_tokens": 512}
    return measure_forms(
        compile_encoder._as_module(model),
        model.tokenizer,
        outputs=("embedding",),
        card=card | {"question_prompt": "", "passage_prompt": ""},
        find_examples=lambda compiled: [
            compiled.tokenise(text, max_tokens=512) for text in [*texts, " ".join(texts[1::2])]
        ],
        check=lambda compiled: compile_encoder.measure_agreement(model, CompiledEncoder(compiled)),
        tokens=tokens,
        rounds=rounds,
    )


def measure_reader(folder: Path, *, tokens: int, rounds: int) -> dict[str, Any]:
    """The forms of the model as a reader with a random head."""
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    torch.manual_seed(7)
    model = AutoModelForQuestionAnswering.from_pretrained(
        str(folder), local_files_only=True, use_safetensors=True, attn_implementation="eager"
    )
    module = compile_reader.as_span_module(model)

    def check(compiled: Path) -> dict[str, float]:
        correlation = compile_reader.measure_agreement(module, CompiledModel(compiled))
        return {"correlation": round(float(np.nan_to_num(correlation)), 4)}

    return measure_forms(
        module,
        AutoTokenizer.from_pretrained(str(folder), local_files_only=True),
        outputs=("start", "end"),
        card={"kind": "reader"},
        find_examples=compile_reader._find_examples,
        check=check,
        tokens=tokens,
        rounds=rounds,
    )


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokens", type=int, default=140)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    options = {"tokens": arguments.tokens, "rounds": arguments.rounds}
    figures: dict[str, Any] = {"model": arguments.folder.name, "int8 sums in 16 bits": has_overflows()}
    with quiet_and_offline():
        for name, measure in (("encoder", measure_encoder), ("reader", measure_reader)):
            figures[name] = measure(arguments.folder, **options)
            save_result("compilation", figures)


if __name__ == "__main__":
    main()
