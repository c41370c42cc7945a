"""Auditing: whether everything in an index is what it must be, from its first byte to its last. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from askbrief.corpus.chunk import find_vector_key
from askbrief.corpus.document import find_document_id
from askbrief.errors import StoreDamagedError
from askbrief.store.generation import Derived
from askbrief.store.store import Store


def audit(store: Store) -> Iterator[str]:
    """What is wrong with ``store``, a sentence a fault; nothing if all is well.

    The database is read whole and its checksums are compared; every row of the two search indexes must be the one
    published passage whose text and vector made it; the counts must agree.
    """
    yield from store.rows.find_damage()
    if not store.rows.generation:
        return
    try:
        yield from _audit_files(store)
        with store.inspecting() as derived:
            yield from _audit_derived(store, derived)
    except StoreDamagedError as error:
        yield error.message


def _audit_files(store: Store) -> Iterator[str]:
    extractions = store.rows.load_extractions()
    documents: set[str] = set()
    for record in store.rows.load_files().values():
        if record.extraction is None:
            continue
        if record.extraction not in extractions:
            yield f"what was read of {record.path} is missing"
            continue
        for _, document_id in extractions[record.extraction].parts:
            if document_id not in documents:
                documents.add(document_id)
                if find_document_id(store.rows.load_document(document_id)) != document_id:
                    yield f"the text kept for {record.path} is not that of the file it was read from"
    if len(documents) != store.rows.count_documents():
        yield f"{len(documents):,} articles lie in files, but {store.rows.count_documents():,} are counted"


def _audit_derived(store: Store, derived: Derived) -> Iterator[str]:
    gone = set(store.rows.load_removed())
    nearest = (pair for pair in derived.dense.iter_rows() if pair[0] not in gone)
    rows: list[int] = []
    for published, dense in zip_longest(store.rows.iter_published(), nearest):
        if published is None:
            yield f"the dense index holds row {dense[0]:,}, which is no published passage"
            break
        row, key, vector, text = published
        rows.append(row)
        if find_vector_key(text) != key:
            yield f"the vector of passage {row:,} was made from another text"
        if dense is None or dense[0] != row:
            yield f"the dense index does not hold passage {row:,} where it must"
            break
        if not dense[1](vector):
            yield f"the dense index holds another vector than that of passage {row:,}"
        if not derived.lexical.holds(row, text):
            yield f"the lexical index holds other words than those of passage {row:,}"
    else:
        if derived.lexical.load_rows() != rows:
            yield f"the lexical index holds {derived.lexical.count:,} passages, not the {len(rows):,} published ones"
    if derived.dense.count != store.rows.count_passages():
        yield f"the dense index holds {derived.dense.count:,} passages, but {store.rows.count_passages():,} are counted"
