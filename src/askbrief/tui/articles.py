"""The articles of a folder, as the index knows them: what the empty chat lists."""

from __future__ import annotations

from contextlib import closing
from datetime import date

from askbrief.config import Folder
from askbrief.index.keeper import IndexKeeper
from askbrief.models.encoder import Encoder
from askbrief.tui.messages import Article

MAX_LISTED = 500
"""Articles that are listed; of a larger folder those whose files changed last."""


def load_articles(folder: Folder, encoder: Encoder) -> tuple[list[Article], bool]:
    """The articles, newest first, those without a date last; and whether these are all.

    Raises:
        StoreError: There is no index, or it cannot be read.
    """
    with closing(IndexKeeper(folder, encoder)) as keeper:
        store = keeper.open()
        extractions = store.rows.load_extractions()
        latest = sorted(store.rows.load_files().values(), key=lambda file: (-file.mtime_ns, file.path))
        read = [extractions[file.extraction] for file in latest if file.extraction in extractions]
        ids = list(dict.fromkeys(document_id for extraction in read for _, document_id in extraction.parts))
        articles = []
        for document_id in ids[:MAX_LISTED]:
            document = store.rows.load_document(document_id)
            articles.append(Article(document.id, document.title, document.date, document.path))
    articles.sort(key=lambda article: (-(article.day or date.min).toordinal(), article.path))
    return articles, len(ids) <= MAX_LISTED
