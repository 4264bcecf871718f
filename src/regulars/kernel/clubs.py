"""Paid clubs, as a program writes them down: what a term costs, how long it is, and what those who are in it have."""

from fractions import Fraction
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Duration
from regulars.kernel.experiments import OnlyFor
from regulars.kernel.segments.tree import Words
from regulars.kernel.terms import listed, plain

STARTED: Final = "Subscription Started"
RENEWED: Final = "Subscription Renewed"
CANCELLED: Final = "Subscription Cancelled"
LAPSED: Final = "Subscription Lapsed"
REFUNDED: Final = "Subscription Refunded"
SUBSCRIPTIONS: Final = frozenset({STARTED, RENEWED, CANCELLED, LAPSED, REFUNDED})
CLUB_PROPERTY: Final = "club"
"""Says which club a subscription is of; it may be left out where there is but one."""


class Club(Struct, frozen=True):
    """`earn` multiplies what members of the club earn; `level` is the level at which they are held at least."""

    id: str
    price_minor: int
    term: Duration
    title: str = ""
    perks: tuple[str, ...] = ()
    earn: Fraction = Fraction(1)
    level: str | None = None
    only_for: OnlyFor | None = None
    exempt: bool = False
    interest_only: bool = False

    def canonical(self) -> "Club":
        return replace(self, perks=tuple(sorted(set(self.perks))))

    def what(self, words: Words) -> str:
        parts = [f"“{self.title}”"] if self.title else []
        parts.append(f"{words.currency.money(self.price_minor)} for {self.term.describe()}")
        if self.perks:
            parts.append(f"with {listed(self.perks)}")
        if self.earn != 1:
            parts.append(f"{words.points.other} times {plain(self.earn)}")
        if self.level is not None:
            parts.append(f"at least {self.level}")
        if self.only_for is not None:
            parts.append(self.only_for.describe())
        if self.exempt:
            parts.append("the holdout too")
        if self.interest_only:
            parts.append("so far only to show interest in")
        return ", ".join(parts)

    def describe(self, words: Words) -> str:
        return f"Club “{self.id}”: {self.what(words)}."
