"""Shows a cluster at work: three nodes on this machine index, answer, lose a node, and answer again.

    make cluster-demo [DATA=folder]        or        python -m benchmarks.cluster_demo [--articles 2000] [--shards 6]

Without the news archive the articles of ``seeds/`` are indexed, in copies that differ in a line.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from askbrief import Assistant
from askbrief.cluster.client import ClusterClient
from askbrief.cluster.status import build_status
from askbrief.config import Folder, open_folder
from askbrief.errors import AskbriefError
from askbrief.output.cluster import describe_cluster_status
from askbrief.types import Answer
from benchmarks.common import build_parser
from benchmarks.nodes import Nodes
from corpora.archive import write_archive

ROOT = Path(__file__).parent.parent
SEED_QUESTION = "Which city does Maleki represent?"
NEWS_QUESTION = "Who won the Nobel Peace Prize?"
WATCHED_SECONDS = 60.0
"""How long the answers are watched after the node was killed, at most."""
PORT = 8757
SHARD_SECONDS = 20.0
"""Three nodes on one machine may be slow; that is not what is shown."""


def main() -> None:
    parser = build_parser(__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=2_000, help="articles of the archive")
    parser.add_argument("--shards", type=int, default=6)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder, question = find_articles(arguments.data, arguments.articles, stack)
        say("starting three nodes on loopback")
        nodes = stack.enter_context(Nodes(2))
        client = stack.enter_context(closing(ClusterClient(folder, nodes.address)))
        index(client, arguments.shards)
        say("starting the service")
        client.deploy(port=PORT, shard_seconds=SHARD_SECONDS)
        stack.callback(client.stop)
        assistant = stack.enter_context(Assistant(folder, cluster=nodes.address))
        show(assistant.ask(question))
        print(describe_cluster_status(build_status(folder, is_connected=True)), flush=True)
        say("killing a node")
        nodes.kill()
        watch(assistant, question)
        show(assistant.ask(question))
        print(describe_cluster_status(build_status(folder, is_connected=True)), flush=True)


def find_articles(data: Path, articles: int, stack: ExitStack) -> tuple[Folder, str]:
    """The folder to index, and a question for it."""
    if (data / "news" / "articles.jsonl.gz").is_file():
        return open_folder(write_archive(data, limit=articles)), NEWS_QUESTION
    place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="askbrief-demo-")))
    for seed in sorted((ROOT / "seeds").glob("*.txt")):
        shutil.copy(seed, place / seed.name)
        for number in range(1, 20):
            text = seed.read_text(encoding="utf-8") + f"\nCopy number {number}.\n"
            (place / f"copy-{number:02}-{seed.name}").write_text(text, encoding="utf-8")
    return open_folder(place), SEED_QUESTION


def index(client: ClusterClient, shards: int) -> None:
    """Index the folder, telling which shards are done."""
    began = time.monotonic()
    steps = client.index(count=shards)
    done = -1
    try:
        while True:
            step = next(steps)
            if step.total and step.done != done:
                done = step.done
                say(f"{step.stage}: {done} of {step.total} shards")
    except StopIteration as end:
        held = end.value.freshness
        say(f"{held.documents:,} articles, {held.passages:,} passages in {time.monotonic() - began:.0f} s")


def watch(assistant: Assistant, question: str) -> None:
    """Ask again and again until all shards have answered five times in a row."""
    began = time.monotonic()
    whole = asked = lost = 0
    while whole < 5 and time.monotonic() - began < WATCHED_SECONDS:
        asked += 1
        try:
            answer = assistant.ask(question)
        except AskbriefError as error:
            say(f"{time.monotonic() - began:5.1f} s after: {error.message}")
            whole, lost = 0, lost + 1
            continue
        whole = 0 if answer.freshness.missing else whole + 1
        say(f"{time.monotonic() - began:5.1f} s after: {describe(answer)}")
        time.sleep(0.2)
    say(f"{asked} questions, {lost or 'none'} lost" + ("" if whole else "; the shards are not all back yet"))


def describe(answer: Answer) -> str:
    """How much of the index an answer comes from, and how long it took."""
    held = answer.freshness
    return f"{held.shards - len(held.missing)} of {held.shards} shards, {answer.timings_ms['total']:.0f} ms"


def show(answer: Answer) -> None:
    where = f" ({answer.answers[0].path})" if answer.answers else ""
    say(f"{answer.question} → {answer.summary}{where}; {describe(answer)}")


def say(line: str) -> None:
    print(f"── {line}", flush=True)


if __name__ == "__main__":
    main()
