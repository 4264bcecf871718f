"""What a customer did, counted: the fold of facts over the program's watches.

A watch is known by the hash of its definition, so that a changed program knows what it must count anew. Buckets are a
commutative sum: the order in which facts arrive changes nothing.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal

from msgspec import Struct

from regulars.kernel.calendar import Calendar, Today, add_months
from regulars.kernel.facts import Fact, Instant, MemberJoined, OrderCompleted
from regulars.kernel.membership import was_member
from regulars.kernel.state import Buckets, State, drop_before


class Watch(Struct, frozen=True):
    """What orders are worth, in minor units, per `bucket` on the shop's wall.

    `keep` says how much is kept: so many years, or the trailing so many months of days.
    """

    bucket: Literal["year", "day"]
    keep: int
    members_only: bool
    zone: str

    def key(self) -> str:
        definition = f"spend/{self.bucket}/{self.keep}/{self.members_only}/{self.zone}"
        return blake2b(definition.encode(), digest_size=8).hexdigest()

    def first_kept(self, newest: int) -> int:
        """The oldest period that can still matter when `newest` is the newest one seen."""
        return newest - self.keep + 1 if self.bucket == "year" else add_months(newest, -self.keep)


def observe(state: State, order: OrderCompleted, today: Today, watches: Iterable[tuple[str, Watch]]) -> None:
    """Counts `order`, which was placed `today`, into the state's observations."""
    for key, watch in watches:
        if not watch.members_only or was_member(state.consequences.member_since, order):
            _count(state.observations[key], order, today, watch)


def refold(facts: Iterable[Fact], watch: Watch, calendar: Calendar) -> Buckets:
    """One watch counted anew over a customer's facts, in the order in which they were folded."""
    buckets: Buckets = {}
    member_since: Instant | None = None
    for fact in facts:
        if isinstance(fact, MemberJoined) and member_since is None:
            member_since = fact.happened_at
        elif isinstance(fact, OrderCompleted) and (not watch.members_only or was_member(member_since, fact)):
            _count(buckets, fact, calendar.today(fact.happened_at), watch)
    return buckets


def merged(one: Buckets, other: Buckets, watch: Watch) -> Buckets:
    """The sum of two observations of the same watch."""
    buckets = dict(one)
    for period, amount in other.items():
        buckets[period] = buckets.get(period, 0) + amount
    if buckets:
        drop_before(buckets, watch.first_kept(max(buckets)))
    return buckets


def _count(buckets: Buckets, order: OrderCompleted, today: Today, watch: Watch) -> None:
    period = today.year if watch.bucket == "year" else today.day
    if period in buckets:
        buckets[period] += order.amount_minor
    else:
        buckets[period] = order.amount_minor
        drop_before(buckets, watch.first_kept(max(buckets)))
