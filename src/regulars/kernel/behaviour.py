"""What a customer did, counted: the fold of facts over the program's watches.

A watch is known by the hash of its definition, so that a changed program knows what it must count anew. Buckets are a
commutative sum: the order in which facts arrive changes nothing.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, Literal

from msgspec import Struct

from regulars.kernel.calendar import Calendar, Today, add_months, year_from
from regulars.kernel.facts import WEAK, Behaved, Fact, Instant, MemberJoined, OrderCompleted, OrderReturned
from regulars.kernel.membership import was_member
from regulars.kernel.state import Buckets, State, drop_before
from regulars.kernel.worth import is_worth_something

SPEND: Final = "spend"
ORDERS: Final = "orders"
FROM_JANUARY: Final = (1, 1)


class Watch(Struct, frozen=True):
    """What is counted per `bucket` on the shop's wall: what orders are worth, in minor units (`spend`), how many were worth
    something (`orders`), or how often the shop said that something was done (`counts` is its name). `ever` is one bucket.

    `keep` says how much is kept: so many years, or the trailing so many months of days. `starts` is the month and day on which
    a year begins.
    """

    bucket: Literal["year", "day", "ever"]
    keep: int
    members_only: bool
    zone: str
    counts: str = SPEND
    starts: tuple[int, int] = FROM_JANUARY

    def key(self) -> str:
        what = self.counts if self.counts in (SPEND, ORDERS) else f"times {self.counts}"
        since = "" if self.starts == FROM_JANUARY else f" from {self.starts[0]}-{self.starts[1]}"
        definition = f"{what}/{self.bucket}{since}/{self.keep}/{self.members_only}/{self.zone}"
        return blake2b(definition.encode(), digest_size=8).hexdigest()

    def first_kept(self, newest: int) -> int:
        """The oldest period that can still matter when `newest` is the newest one seen."""
        return add_months(newest, -self.keep) if self.bucket == "day" else newest - self.keep + 1

    def period(self, today: Today) -> int:
        if self.bucket == "year":
            return today.year if self.starts == FROM_JANUARY else year_from(today, *self.starts)
        return today.day if self.bucket == "day" else 0

    def amount(self, fact: Fact) -> int | None:
        """What the fact adds; None where it is not looked at. Of a browser's word, nothing follows. What goes back takes its money
        with it, and the last of an order the order; what is added brings its own.
        """
        if isinstance(fact, OrderCompleted):
            if self.counts == SPEND:
                return fact.amount_minor
            return int(is_worth_something(fact)) if self.counts == ORDERS else None
        if isinstance(fact, OrderReturned):
            if self.counts == SPEND:
                return fact.added_minor - fact.amount_minor
            if self.counts == ORDERS and fact.is_whole and any([line.amount_minor > 0 for line in fact.lines]):
                return -1
            return 1 if self.counts == ORDERS and fact.revives else None
        is_weak = isinstance(fact, Behaved) and fact.trust is WEAK
        return 1 if fact.name == self.counts and not is_weak else None

    def refolded(self, facts: Iterable[Fact], calendar: Calendar) -> Buckets:
        """Counted anew over a customer's facts, in the order in which they were folded."""
        buckets: Buckets = {}
        member_since: Instant | None = None
        for fact in facts:
            if isinstance(fact, MemberJoined) and member_since is None:
                member_since = fact.happened_at
            at = fact.ordered_at if isinstance(fact, OrderReturned) else fact.happened_at
            if not self.members_only or was_member(member_since, at):
                _count(buckets, self.amount(fact), calendar.today(at), self)
        return buckets

    def added(self, one: Buckets, other: Buckets) -> Buckets:
        """The sum of two observations."""
        buckets = dict(one)
        for period, amount in other.items():
            buckets[period] = buckets.get(period, 0) + amount
        if buckets:
            drop_before(buckets, self.first_kept(max(buckets)))
        return buckets


def observe(state: State, fact: Fact, today: Today, watches: Iterable[tuple[str, Watch]]) -> None:
    """Counts `fact`, which happened `today`, into the state's observations."""
    for key, watch in watches:
        if not watch.members_only or was_member(state.consequences.member_since, fact.happened_at):
            _count(state.observations[key], watch.amount(fact), today, watch)


def observe_return(state: State, returned: OrderReturned, ordered: Today, watches: Iterable[tuple[str, Watch]]) -> None:
    """What went back no longer counts in the period in which it was `ordered`."""
    for key, watch in watches:
        if not watch.members_only or was_member(state.consequences.member_since, returned.ordered_at):
            _count(state.observations[key], watch.amount(returned), ordered, watch)


def refold(facts: Iterable[Fact], watch: Watch, calendar: Calendar) -> Buckets:
    """One watch counted anew over a customer's facts, in the order in which they were folded."""
    return watch.refolded(facts, calendar)


def merged(one: Buckets, other: Buckets, watch: Watch) -> Buckets:
    """The sum of two observations of the same watch."""
    return watch.added(one, other)


def _count(buckets: Buckets, amount: int | None, today: Today, watch: Watch) -> None:
    if amount is None:
        return
    period = watch.period(today)
    if period in buckets:
        buckets[period] += amount
    else:
        buckets[period] = amount
        drop_before(buckets, watch.first_kept(max(buckets)))
