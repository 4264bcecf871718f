"""Two programs over the same history: what the other costs more or less, and who gains and who loses."""

from collections import Counter
from typing import Literal

from msgspec import Struct

from regulars.backtesting.outcome import CustomerOutcome, Outcome


class CustomerChange(Struct, frozen=True):
    """One customer under both programs; differences are the second less the first."""

    customer: str
    first: CustomerOutcome
    second: CustomerOutcome

    @property
    def issued(self) -> int:
        return self.second.issued - self.first.issued


class Comparison(Struct, frozen=True):
    """`moves` counts customers by (tier at the end under the first program, under the second), where they differ.

    Gains and losses go by points issued: a customer gains who was given more by the second program.
    """

    first: Outcome
    second: Outcome
    changes: tuple[CustomerChange, ...]
    moves: dict[tuple[str, str], int]

    def difference(self, figure: Literal["issued", "expired", "outstanding"]) -> int:
        return int(getattr(self.second.points, figure)) - int(getattr(self.first.points, figure))

    @property
    def liability_minor(self) -> int:
        return self.second.liability_minor - self.first.liability_minor

    def winners(self) -> list[CustomerChange]:
        """Who gains, most first, then by customer."""
        return sorted([one for one in self.changes if one.issued > 0], key=lambda one: (-one.issued, one.customer))

    def losers(self) -> list[CustomerChange]:
        """Who loses, most first, then by customer."""
        return sorted([one for one in self.changes if one.issued < 0], key=lambda one: (one.issued, one.customer))


def compare(first: Outcome, second: Outcome) -> Comparison:
    """Both outcomes are of the same facts until the same instant."""
    assert (first.until, first.orders) == (second.until, second.orders), "outcomes of different histories"
    changes = tuple(
        [CustomerChange(one.customer, one, other) for one, other in zip(first.customers, second.customers, strict=True)]
    )
    moves = Counter(
        (change.first.tier or "none", change.second.tier or "none")
        for change in changes
        if change.first.tier != change.second.tier
    )
    return Comparison(first, second, changes, dict(sorted(moves.items())))
