"""The news archive as a folder of articles, as a user would have it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from askbrief import Assistant
from askbrief.types import Progress
from corpora.questions import iter_rows

CACHE = Path(__file__).parent.parent / "benchmarks" / ".cache"
"""Where the files and their index stay, to be used again."""


def write_archive(data: Path, *, limit: int) -> Path:
    """The first ``limit`` articles (0: all) as Markdown files with front matter, one an article."""
    folder = CACHE / f"news-{limit or 'all'}"
    if (folder / ".complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(iter_rows(data / "news" / "articles.jsonl.gz")):
        if number == limit > 0:
            break
        date = row["date"].replace("/", "-")
        front = f"---\ntitle: {json.dumps(row['title'], ensure_ascii=False)}\ndate: {date}\n---\n\n"
        (folder / f"{date}-{row['id']}.md").write_text(front + row["text"] + "\n", encoding="utf-8")
    (folder / ".complete").touch()
    return folder


def index_archive(assistant: Assistant) -> dict[str, Any]:
    """Brings the index up to date and says how long that took."""
    began = last = time.perf_counter()
    for progress in assistant.refresh():
        if time.perf_counter() - last > 30:
            last = time.perf_counter()
            print(describe(progress), round(last - began), "s", flush=True)
    freshness = assistant.find_freshness()
    return {
        "articles": freshness.documents,
        "passages": freshness.passages,
        "newly read": freshness.added + freshness.changed,
        "indexing seconds": round(time.perf_counter() - began, 1),
    }


def describe(progress: Progress) -> str:
    """One line."""
    return f"{progress.stage}: {progress.done} of {progress.total}"
