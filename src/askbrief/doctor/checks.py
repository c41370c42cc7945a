"""Checks of the installation, the folder and the index, one at a time.

Changes nothing, apart from what a first question would: it compiles an encoder that was not compiled yet.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from askbrief.assistant import Assistant
from askbrief.config import FILE_NAME, Folder, Settings, find_folder, open_folder
from askbrief.corpus.scan import Scan, load_bytes
from askbrief.doctor.installation import check_machine, check_models, guard
from askbrief.doctor.offline import check_offline
from askbrief.errors import AskbriefError, CorpusError, StoreNotFoundError, StoreOutdatedError
from askbrief.index.differences import find_differences, load_known
from askbrief.index.read import find_extraction_key
from askbrief.index.refresh import identify, scan
from askbrief.store.audit import audit
from askbrief.store.store import Store
from askbrief.text.display import count_noun, shorten
from askbrief.types import Check, Progress

OnProgress = Callable[[Progress], None]

_NAMED = 3
"""Files or faults that a check names; all are counted."""
_TOPIC_CHARACTERS = 120


def iter_checks(start: Path | None, *, on_progress: OnProgress) -> Iterator[Check]:
    """Check this installation and a folder: what everything else depends on first.

    Args:
        start: The folder; None finds the one that the working directory belongs to.
        on_progress: Called at each step of what takes long.
    """
    yield from check_machine()
    folder: Folder | None = None
    try:
        folder = find_folder() if start is None else open_folder(start)
    except AskbriefError as error:
        yield Check("folder", "failed", error.message, error.hint)
    else:
        yield _check_folder(folder)
    yield from check_models(folder.settings if folder else Settings(), root=folder.root if folder else Path())
    is_indexed = False
    if folder is not None:
        for check in guard("index", lambda: _check_index(folder, on_progress=on_progress)):
            yield check
            is_indexed = is_indexed or (check.name == "contents" and check.outcome == "ok")
    yield from guard("offline", lambda: _prove_offline(folder if is_indexed else None, on_progress=on_progress))


def _check_folder(folder: Folder) -> Check:
    changed = [name for name in Settings.__slots__ if getattr(folder.settings, name) != getattr(Settings(), name)]
    said = ", ".join(f"{name} = {getattr(folder.settings, name)!r}" for name in changed)
    source = FILE_NAME if (folder.root / FILE_NAME).exists() else "no settings file"
    return Check("folder", "ok", f"{folder.root} ({source}{f': {said}' if said else ''})")


def _check_index(folder: Folder, *, on_progress: OnProgress) -> Iterator[Check]:
    found = scan(folder)
    yield _check_articles(folder, found)
    with Assistant(folder, on_progress=on_progress) as assistant:
        identity = identify(folder, assistant.encoder)
    try:
        store = Store.open(folder.index, identity)
    except StoreNotFoundError as error:
        yield Check("index", "warning", error.message, f"{error.hint}; a question does it too.")
        return
    except StoreOutdatedError as error:
        yield Check("index", "warning", error.message, "Run: askbrief index. It rebuilds the index.")
        return
    with store:
        differences = find_differences(found, load_known(store.rows, folder.settings))
        articles = count_noun(store.rows.count_documents(), "article")
        facts = f"{folder.index}, generation {store.rows.generation}, {articles}"
        if differences.is_empty:
            yield Check("index", "ok", f"{facts}, up to date")
        else:
            count = len(differences.pending) + len(differences.gone) + len(differences.unlisted)
            yield Check(
                "index", "warning", f"{facts}; not up to date in {count_noun(count, 'file')}", "Run: askbrief index"
            )
        if skipped := store.rows.load_skipped():
            shown = [f"{file.path} {file.reason}" for file in skipped]
            yield Check("skipped", "warning", _name("file", shown), "askbrief status names each file that is not read.")
        yield _check_permissions(folder)
        faults = list(islice(audit(store), 1000))
        advice = f"Run: askbrief index. If that does not help, remove {folder.index} and run it again."
        if faults:
            yield Check("contents", "failed", _name("fault", faults), advice)
            return
        passages = store.rows.count_passages()
        if not store.rows.generation:
            return
        valid = f"the database is valid; both search indexes hold exactly its {count_noun(passages, 'passage')}"
        yield Check("contents", "ok", valid)
        stale = {file.path for file in differences.pending}
        yield _check_files(folder, store, without=stale, on_progress=on_progress)


def _check_articles(folder: Folder, found: Scan) -> Check:
    facts = [f"{count_noun(len(found.files), 'article')} in {folder.articles}"]
    if found.others:
        facts.append(", ".join(f"{count:,} {ending}" for ending, count in found.others.most_common(5)) + " not read")
    if not found.files:
        return Check("articles", "failed", "; ".join(facts), "Put .txt or .md files there.")
    return Check("articles", "ok", "; ".join(facts))


def _check_permissions(folder: Folder) -> Check:
    """Whether others on this machine could read the index."""
    if not _is_open_to_others(folder.index):
        return Check("privacy", "ok", "only you can read the index")
    files = (file for file in folder.index.rglob("*") if file.is_file() and not file.name.startswith("."))
    shown = [str(file.relative_to(folder.index)) for file in files if _is_open_to_others(file)]
    if not shown:
        return Check("privacy", "ok", "only you can read the files of the index")
    advice = f"Run: chmod -R go= {folder.index}"
    return Check("privacy", "warning", _name("file", sorted(shown), what=" that others can read"), advice)


def _is_open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _check_files(folder: Folder, store: Store, *, without: set[str], on_progress: OnProgress) -> Check:
    """Read every file and compare its content with what the index has of it."""
    records = [r for r in store.rows.load_files().values() if r.extraction is not None and r.path not in without]
    wrong = []
    for number, record in enumerate(records):
        on_progress(Progress("Comparing", number, len(records)))
        try:
            data = load_bytes(folder.root / record.path)
        except CorpusError as error:
            wrong.append(f"{record.path} {error.message}")
            continue
        encoding = folder.settings.find_encoding(record.path)
        if find_extraction_key(data, record.path, encoding=encoding) != record.extraction:
            wrong.append(f"{record.path}: content changed, but size and modification time did not")
    if wrong:
        advice = f"Give each file a new modification time (touch), or remove {folder.index}; then run: askbrief index"
        return Check("files", "failed", _name("file", wrong, what=" not as indexed"), advice)
    return Check("files", "ok", f"{count_noun(len(records), 'file')} read and compared: the index has their contents")


def _prove_offline(folder: Folder | None, *, on_progress: OnProgress) -> Iterator[Check]:
    """Ask ``folder`` as it is indexed, or an example, where no network can be used, and hold a chat open."""
    with TemporaryDirectory(prefix="askbrief-") as scratch:
        asked = folder or open_folder(Path(scratch))
        with Assistant(asked, on_progress=on_progress) as assistant:
            identity = identify(asked, assistant.encoder)  # compiles; libraries look for a network when imported
        question = ""
        if folder is not None:
            with Store.open(folder.index, identity) as store:
                question = _make_question(store)
        on_progress(Progress("Asking, and holding a chat open, without a network", 0, 0, is_slow=True))
        yield from check_offline(folder, question, scratch=Path(scratch))


def _make_question(store: Store) -> str:
    """A question about the first article that has a title."""
    extractions, files = store.rows.load_extractions(), store.rows.load_files()
    read = (extractions[files[path].extraction or b""] for path in sorted(files) if files[path].extraction)
    ids = (document_id for extraction in read for _, document_id in extraction.parts)
    titles = (store.rows.load_document(document_id).title for document_id in ids)
    return f"What is said about {shorten(next(filter(None, titles), 'it'), _TOPIC_CHARACTERS).rstrip('.!?')}?"


def _name(noun: str, items: list[str], *, what: str = "") -> str:
    """How many there are, and the first few."""
    more = " …" if len(items) > _NAMED else ""
    return f"{count_noun(len(items), noun)}{what}: {'; '.join(items[:_NAMED])}{more}"
