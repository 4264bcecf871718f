"""What of a fact counts for a game, summed by the periods in which the game counts.

The sums are commutative, as those of any watch: what comes late counts where it belongs, and two customers who turn out to be one
are added up. What goes back counts no longer in the period of its order. Days are those of the member's own wall, where they told
a zone that the program names; else the shop's.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from regulars.kernel.behaviour import Watch
from regulars.kernel.calendar import Calendar, Day, date_of, first_day_of
from regulars.kernel.facts import (
    WEAK,
    Behaved,
    Fact,
    Instant,
    MemberJoined,
    OrderCompleted,
    OrderReturned,
)
from regulars.kernel.games.rules import Deed
from regulars.kernel.membership import was_member
from regulars.kernel.state import Buckets, drop_before

if TYPE_CHECKING:
    from regulars.kernel.recalled import Memory

TIME_ZONE: Final = "time_zone"
"""The property by which any event of the shop says in which zone the member lives."""
LATE_PERIODS: Final = 60
"""For so many periods longer than a game looks back is kept what it counts, for what comes late or goes back late."""


class ZoneWatch(Watch, frozen=True):
    """Which of the program's zones the member told last: its place in bucket 0, from 1."""

    names: tuple[str, ...] = ()

    def key(self) -> str:
        return f"zone {' '.join(self.names)}"

    def told(self, fact: Fact) -> int | None:
        if not isinstance(fact, Behaved) or fact.trust is WEAK or TIME_ZONE not in fact.properties:
            return None
        name = fact.properties[TIME_ZONE]
        return self.names.index(name) + 1 if name in self.names else 0

    def refolded(self, facts: Iterable[Fact], calendar: Calendar) -> Buckets:
        told = [place for place in map(self.told, facts) if place is not None]
        return {0: told[-1]} if told else {}

    def added(self, one: Buckets, other: Buckets) -> Buckets:
        return dict(one or other)


class GameWatch(Watch, frozen=True):
    """`unit` is the period of a bucket; so many of them are kept. `walls` are the shop's calendar and those of `zone_names`."""

    deed: Deed = Deed("")
    unit: str = "ever"
    first_day: Day | None = None
    end_day: Day | None = None
    zone_names: tuple[str, ...] = ()
    walls: tuple[Calendar, ...] = ()

    def key(self) -> str:
        deed = replace(self.deed, needed=1)
        said = (deed, self.unit, self.keep, self.members_only, self.zone, self.first_day, self.end_day, self.zone_names)
        return f"game {_digest(repr(said))}"

    def first_kept(self, newest: int) -> int:
        return 0 if self.unit == "ever" else newest - self.keep - LATE_PERIODS

    def number(self, day: Day) -> int:
        """Of the period in which this day lies."""
        return number_of(day, self.unit)

    def day_of(self, at: Instant, zone: int) -> Day:
        return self.walls[zone if zone < len(self.walls) else 0].day_of(at)

    def count(self, buckets: Buckets, amount: int, day: Day) -> None:
        if not amount or not self._is_in_time(day):
            return
        number = self.number(day)
        if amount < 0:
            # The member may have told another zone since: then the order stands a day before or after.
            near = [number, self.number(day - 1), self.number(day + 1)]
            number = next((one for one in near if buckets.get(one, 0) >= -amount), number)
            if number not in buckets:
                return
        buckets[number] = buckets.get(number, 0) + amount
        if not buckets[number]:
            del buckets[number]
        elif self.unit != "ever":
            drop_before(buckets, self.first_kept(max(buckets)))

    def amount_of(self, fact: Fact, order: OrderCompleted | None, returns: Sequence[OrderReturned]) -> int:
        """What the fact adds. Of a return: `order` is what it is of, and `returns` are those before it."""
        deed = self.deed
        if isinstance(fact, OrderCompleted):
            return worth(deed, fact, ())
        if isinstance(fact, OrderReturned):
            if order is None:
                return 0
            return worth(deed, order, (*returns, fact)) - worth(deed, order, returns)
        if isinstance(fact, Behaved) and fact.name == deed.on and fact.trust is not WEAK:
            return int(_is_meant(deed, fact.properties))
        return int(isinstance(fact, MemberJoined) and deed.on == fact.name)

    def refolded(self, facts: Iterable[Fact], calendar: Calendar) -> Buckets:
        buckets: Buckets = {}
        zones = ZoneWatch("ever", 1, False, "", names=self.zone_names)
        zone, member_since = 0, None
        orders: dict[str, tuple[OrderCompleted, list[OrderReturned]]] = {}
        for fact in facts:
            told = zones.told(fact) if self.zone_names else None
            zone = zone if told is None else told
            if isinstance(fact, MemberJoined) and member_since is None:
                member_since = fact.happened_at
            order: OrderCompleted | None = None
            returns: list[OrderReturned] = []
            if isinstance(fact, OrderCompleted):
                orders.setdefault(fact.order_id, (fact, []))
            elif isinstance(fact, OrderReturned) and fact.order_id in orders:
                order, returns = orders[fact.order_id]
            at = fact.ordered_at if isinstance(fact, OrderReturned) else fact.happened_at
            if not self.members_only or was_member(member_since, at):
                self.count(buckets, self.amount_of(fact, order, returns), self.day_of(at, zone))
            if isinstance(fact, OrderReturned):
                returns.append(fact)
        return buckets

    def added(self, one: Buckets, other: Buckets) -> Buckets:
        buckets = dict(one)
        for number, amount in other.items():
            buckets[number] = buckets.get(number, 0) + amount
        if buckets:
            drop_before(buckets, self.first_kept(max(buckets)))
        return buckets

    def _is_in_time(self, day: Day) -> bool:
        return (self.first_day is None or day >= self.first_day) and (self.end_day is None or day < self.end_day)


def observe_game(
    buckets: Buckets,
    watch: GameWatch,
    fact: Fact,
    zone: int,
    member_since: Instant | None,
    memory: "Memory | None",
) -> None:
    at = fact.ordered_at if isinstance(fact, OrderReturned) else fact.happened_at
    if watch.members_only and not was_member(member_since, at):
        return
    known = memory.order(fact.order_id) if isinstance(fact, OrderReturned) and memory is not None else None
    order, returns = (known.order, known.returns) if known is not None else (None, [])
    watch.count(buckets, watch.amount_of(fact, order, returns), watch.day_of(at, zone))


def worth(deed: Deed, order: OrderCompleted, returns: Sequence[OrderReturned]) -> int:
    """What the order counts for, as it stands after these returns. What was given away for nothing counts for nothing."""
    if any(one.is_whole for one in returns) or deed.on != order.name:
        return 0
    is_foreign = order.bill is not None and bool(order.bill.currency)
    if deed.counts == "spend" and is_foreign:
        return 0
    if not deed.only and not deed.excluded and not returns and not is_foreign:
        if deed.counts == "spend":
            return max(order.amount_minor, 0)
        if deed.counts == "times":
            return int(order.amount_minor > 0)
    minor, count = 0, 0
    for place, line in enumerate(order.lines):
        if _is_meant(deed, line.properties):
            gone = [one for back in returns for one in back.lines if one.line == place]
            left_minor = line.amount_minor - sum([one.amount_minor for one in gone])
            minor += left_minor
            if left_minor > 0:
                count += max(line.quantity - sum([one.quantity for one in gone]), 0)
    if deed.counts == "items":
        return count
    return max(minor, 0) if deed.counts == "spend" else int(minor > 0)


def number_of(day: Day, unit: str) -> int:
    if unit == "day":
        return day
    if unit == "week":
        return (day + 3) // 7
    if unit == "month":
        date = date_of(day)
        return date.year * 12 + date.month - 1
    return 0


def days_of(number: int, unit: str) -> tuple[Day, Day]:
    """The first day of a period, and the first after it."""
    if unit == "week":
        return number * 7 - 3, number * 7 + 4
    if unit == "month":
        return first_day_of(number // 12, number % 12 + 1, 1), first_day_of(
            (number + 1) // 12, (number + 1) % 12 + 1, 1
        )
    return number, number + 1


def _is_meant(deed: Deed, properties: Any) -> bool:
    return all([properties.get(name) in values for name, values in deed.only]) and not any(
        [properties.get(name) in values for name, values in deed.excluded]
    )


def _digest(said: str) -> str:
    return blake2b(said.encode(), digest_size=8).hexdigest()
