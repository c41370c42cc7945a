"""One process of one system: does one thing, and prints what came of it as a line of JSON.

    python -m benchmarks.peers.worker SYSTEM index|ask|answer|replace --work FOLDER …

``ask`` is a cold question: what a script that answers one question and ends does. Its cost is measured from outside.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path

from benchmarks.peers.task import Models, System, load_passages

SYSTEMS = {
    "askbrief": ("askbrief_system", "AskbriefSystem"),
    "plain": ("plain_system", "PlainSystem"),
    "txtai": ("txtai_system", "TxtaiSystem"),
    "haystack": ("haystack_system", "HaystackSystem"),
}


def build_system(name: str, models: Models, articles: Path) -> System:
    """The system of that name; imports its libraries when it first needs them."""
    module, kind = SYSTEMS[name]
    system: System = getattr(importlib.import_module(f"benchmarks.peers.{module}"), kind)(models, articles)
    return system


def answer_all(system: System, questions: list[str]) -> list[dict[str, object]]:
    """Each question's answer and passages, and the milliseconds of answering and of searching alone."""
    system.ask(questions[0])
    rows = []
    for question in questions:
        began = time.perf_counter()
        found = system.ask(question)
        asked = time.perf_counter()
        passages = system.search(question)
        searched = time.perf_counter()
        rows.append(
            {
                "text": found.text,
                "document": found.document,
                "passages": passages,
                "ms": 1000 * (asked - began),
                "search ms": 1000 * (searched - asked),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("task", choices=("index", "ask", "answer", "replace"))
    parser.add_argument("--articles", type=Path, required=True, help="folder of article files")
    parser.add_argument("--index", type=Path, required=True, help="folder of the system's index")
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--reader", required=True)
    parser.add_argument("--passages", type=Path, help="file of passages to index")
    parser.add_argument("--questions", type=Path, help="JSON list of questions")
    parser.add_argument("--document", default="", help="document whose passages are replaced")
    arguments = parser.parse_args()
    system = build_system(arguments.system, Models(arguments.encoder, arguments.reader), arguments.articles)
    questions = json.loads(arguments.questions.read_text(encoding="utf-8")) if arguments.questions else []
    passages = load_passages(arguments.passages) if arguments.passages else []
    result: object = None
    if arguments.task == "index":
        system.warm_up()
        began = time.perf_counter()
        system.build(passages, arguments.index)
        result = {"seconds": time.perf_counter() - began, "passages": len(passages)}
    elif arguments.task == "replace":
        system.replace(arguments.document, passages, arguments.index)
    else:
        system.open(arguments.index)
        result = {"text": system.ask(questions[0]).text} if arguments.task == "ask" else answer_all(system, questions)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
