"""The questions that wait for their answers, each with its card and a number of its own."""

from __future__ import annotations

from askbrief.tui.card import Card


class Questions:
    """A queue of cards. The first one is being answered; each takes up the answer before it."""

    def __init__(self) -> None:
        self._cards: dict[int, Card] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._cards)

    def add(self, card: Card) -> None:
        """Add a card at the end."""
        self._count += 1
        self._cards[self._count] = card

    def find_first(self) -> tuple[int, Card] | None:
        """The number and the card of the first one; None where none waits."""
        return next(iter(self._cards.items()), None)

    def take(self, number: int) -> Card:
        """Remove the card of a question that has its answer, and return it."""
        return self._cards.pop(number)
