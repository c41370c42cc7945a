"""The list of all articles, newest first, to choose one from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from askbrief.text.display import count_noun
from askbrief.tui.lit import plain
from askbrief.tui.messages import Article


class ArticleList(OptionList):
    """The articles of a folder, each on a line with its date.

    Attributes:
        articles: The articles, newest first; None until they are known.
    """

    @dataclass
    class Chosen(Message):
        """An article is to be shown."""

        article: Article

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)
        self.articles: Sequence[Article] | None = None

    def show(self, articles: Sequence[Article]) -> None:
        """Show other articles."""
        self.articles = articles
        is_dated = any(article.day is not None for article in articles)
        self.set_options(Option(_describe_article(article, is_dated=is_dated)) for article in articles)

    def describe(self) -> str:
        """How many articles there are, and in which order."""
        if self.articles is None:
            return "The articles are being read …"
        if not self.articles:
            return "There are no articles to show"
        return f"{count_noun(len(self.articles), 'article')}, newest first"

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Have the article shown."""
        event.stop()
        if self.articles is not None:
            self.post_message(self.Chosen(self.articles[event.option_index]))


def _describe_article(article: Article, *, is_dated: bool) -> Content:
    day = (f"{article.day.day:2} {article.day:%b %Y}" if article.day else " " * 11) if is_dated else ""
    title = article.title.strip() or article.path
    return Content.assemble((f"{day}  " if day else "", "dim"), plain(" ".join(title.split())))
