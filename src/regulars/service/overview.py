"""The shop at a glance: what was sold and given by week, what is owed, who stands in which level, what arrives.

Sums over all time come from what each customer holds, those by week from indexes that bear whatever is summed: neither ledger
nor journal is read through, and nothing is sorted, however long the shop has been at it.
"""

from typing import Final

from msgspec import Struct, field
from sqlalchemy import ColumnElement, Connection, case, select
from sqlalchemy.sql.functions import coalesce, count
from sqlalchemy.sql.functions import sum as sum_

from regulars.kernel.calendar import HOUR, Calendar, date_of
from regulars.kernel.effects import EARN, EXPIRE
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.shop import Shop
from regulars.store.schema import IS_EARNED_OR_EXPIRED, customers, entries, journal, quarantine
from regulars.wire.events import Sender

MOST_WEEKS: Final = 53
LIVE: Final = tuple([sender.value for sender in Sender])
"""Sources of what arrives now; history that was imported counts as sales, not as today's events."""


class Week(Struct, frozen=True):
    """Monday to Sunday on the shop's wall. `starts_on` is its Monday, as `2017-03-06`."""

    starts_on: str
    orders: int
    sales_minor: int
    issued: int
    expired: int


class TierCount(Struct, frozen=True):
    """Known customers in a level, or in none (`tier` None); from the lowest level upwards."""

    tier: str | None
    customers: int


class ReasonCount(Struct, frozen=True):
    reason: str
    events: int


class Overview(Struct, frozen=True):
    """`weeks` are the last 53 at most, oldest first, none left out in between; the last may be unfinished.

    `events_today` were recorded since midnight on the shop's wall, `events_last_hour` in the hour before `as_of`.
    """

    as_of: Instant
    customers: int
    visitors: int
    members: int
    orders: int
    sales_minor: int
    available: int
    pending: int
    issued: int
    expired: int
    liability_minor: int
    tiers: tuple[TierCount, ...]
    weeks: tuple[Week, ...]
    events_today: int
    events_last_hour: int
    refused_today: int
    refused_reasons: tuple[ReasonCount, ...]


def overview(shop: Shop, now: Instant) -> Overview | None:
    """None while no program is in force: there is no wall to read days from, and no currency."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return None
    midnight = rulebook.calendar.start_of_day(rulebook.calendar.day_of(now))
    with shop.store.reading() as connection:
        people = _people(connection)
        sales = _sales(connection)
        weeks = _weeks(connection, rulebook.calendar, now)
        live = select(count()).select_from(journal).where(journal.c.source.in_(LIVE), journal.c.fact_id.is_not(None))
        today = connection.execute(live.where(journal.c.recorded_at >= midnight)).scalar_one()
        last_hour = connection.execute(live.where(journal.c.recorded_at >= now - HOUR)).scalar_one()
        refused = _refused(connection, midnight)
    outstanding = people.available + people.pending
    return Overview(
        as_of=now,
        customers=people.customers,
        visitors=people.visitors,
        members=people.customers if rulebook.open_to_all else people.joined,
        orders=sales[0],
        sales_minor=sales[1],
        available=people.available,
        pending=people.pending,
        issued=people.issued,
        expired=people.issued - outstanding,
        liability_minor=rulebook.program.points.liability_minor(outstanding),
        tiers=_tiers(rulebook, people.by_tier),
        weeks=weeks,
        events_today=today,
        events_last_hour=last_hour,
        refused_today=sum([one.events for one in refused]),
        refused_reasons=refused,
    )


class _People(Struct):
    customers: int = 0
    visitors: int = 0
    joined: int = 0
    available: int = 0
    pending: int = 0
    issued: int = 0
    by_tier: dict[str | None, int] = field(default_factory=dict)


def _people(connection: Connection) -> _People:
    """What somebody brought along from an account that went up in theirs, that account has lost: it cancels out."""
    columns = customers.c
    is_merged = columns.person.is_not(None)
    asked = select(
        columns.known,
        is_merged,
        columns.tier,
        count(),
        count(columns.member_since),
        coalesce(sum_(columns.available), 0),
        coalesce(sum_(columns.pending), 0),
        coalesce(sum_(columns.lifetime), 0),
    ).group_by(columns.known, is_merged, columns.tier)
    people = _People()
    for known, merged, tier, number, joined, available, pending, lifetime in connection.execute(asked):
        people.available += int(available)
        people.pending += int(pending)
        people.issued += int(lifetime)
        if merged:
            continue
        if not known:
            people.visitors += number
            continue
        people.customers += number
        people.joined += joined
        people.by_tier[tier] = people.by_tier.get(tier, 0) + number
    return people


def _sales(connection: Connection) -> tuple[int, int]:
    asked = select(count(), coalesce(sum_(journal.c.amount_minor), 0)).where(journal.c.amount_minor.is_not(None))
    orders, amount_minor = connection.execute(asked).one()
    return orders, int(amount_minor)


def _weeks(connection: Connection, calendar: Calendar, now: Instant) -> tuple[Week, ...]:
    """From the first in which anything was sold, given or expired."""
    this_week = _monday(calendar, now)
    mondays = range(this_week - (MOST_WEEKS - 1) * 7, this_week + 1, 7)
    weeks = [_week(connection, calendar, monday, now) for monday in mondays]
    busy = [place for place, week in enumerate(weeks) if week.orders or week.issued or week.expired]
    return tuple(weeks[busy[0] :]) if busy else ()


def _week(connection: Connection, calendar: Calendar, monday: int, now: Instant) -> Week:
    start, end = calendar.start_of_day(monday), min(calendar.start_of_day(monday + 7), now + 1)
    sold = select(count(), coalesce(sum_(journal.c.amount_minor), 0)).where(
        journal.c.amount_minor.is_not(None), journal.c.happened_at >= start, journal.c.happened_at < end
    )
    orders, sales_minor = connection.execute(sold).one()
    moved = select(_points_of(EARN), _points_of(EXPIRE)).where(
        IS_EARNED_OR_EXPIRED, entries.c.effective_at >= start, entries.c.effective_at < end
    )
    issued, expired = connection.execute(moved).one()
    return Week(date_of(monday).isoformat(), orders, int(sales_minor), int(issued), int(expired))


def _points_of(entry: str) -> ColumnElement[int]:
    return coalesce(sum_(case((entries.c.entry == entry, entries.c.points), else_=0)), 0)


def _monday(calendar: Calendar, instant: Instant) -> int:
    day = calendar.day_of(instant)
    return day - date_of(day).weekday()


def _tiers(rulebook: Rulebook, by_tier: dict[str | None, int]) -> tuple[TierCount, ...]:
    """All levels of the program, also empty ones, then those that only an older program had."""
    levels: list[str | None] = [
        None,
        *([level.id for level in rulebook.program.tiers.levels] if rulebook.program.tiers else ()),
    ]
    levels += sorted([tier for tier in by_tier if tier is not None and tier not in levels])
    return tuple([TierCount(level, by_tier.get(level, 0)) for level in levels])


def _refused(connection: Connection, since: Instant) -> tuple[ReasonCount, ...]:
    asked = select(quarantine.c.reason, count()).where(quarantine.c.received_at >= since).group_by(quarantine.c.reason)
    return tuple([ReasonCount(*row) for row in connection.execute(asked.order_by(count().desc(), quarantine.c.reason))])
