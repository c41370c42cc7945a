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
        files = [file for file in store.load_files().values() if file.document_id is not None]
        latest = sorted(files, key=lambda file: (-file.mtime_ns, file.path))
        ids = list(dict.fromkeys(file.document_id for file in latest if file.document_id is not None))
        articles = []
        for document_id in ids[:MAX_LISTED]:
            document = store.load_document(document_id)
            articles.append(Article(document.id, document.title, document.date, document.path))
    articles.sort(key=lambda article: (-(article.day or date.min).toordinal(), article.path))
    return articles, len(ids) <= MAX_LISTED
