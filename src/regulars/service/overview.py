"""The shop at a glance: what was sold and given by week, what is owed, who stands in which level, what arrives."""

from typing import Final

from msgspec import Struct, field
from sqlalchemy import Connection, select
from sqlalchemy.sql.functions import coalesce, count
from sqlalchemy.sql.functions import sum as sum_

from regulars.kernel.calendar import HOUR, MINUTE, Calendar, date_of
from regulars.kernel.effects import ACTIVATE, EARN, EXPIRE
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.shop import Shop
from regulars.store.schema import customers, entries, journal, quarantine
from regulars.wire.events import Sender

MOST_WEEKS: Final = 53
QUARTER: Final = 15 * MINUTE
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
        expired, issued = _expired(connection)
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
        issued=issued,
        expired=expired,
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
    by_tier: dict[str | None, int] = field(default_factory=dict)


def _people(connection: Connection) -> _People:
    columns = customers.c
    asked = select(
        columns.known,
        columns.tier,
        count(),
        count(columns.member_since),
        coalesce(sum_(columns.available), 0),
        coalesce(sum_(columns.pending), 0),
    ).group_by(columns.known, columns.tier)
    people = _People()
    for known, tier, number, joined, available, pending in connection.execute(asked):
        if not known:
            people.visitors += number
            continue
        people.customers += number
        people.joined += joined
        people.available += int(available)
        people.pending += int(pending)
        people.by_tier[tier] = people.by_tier.get(tier, 0) + number
    return people


def _expired(connection: Connection) -> tuple[int, int]:
    """What expired, and what was given, over all time."""
    asked = select(entries.c.entry, sum_(entries.c.points)).where(entries.c.entry != ACTIVATE).group_by(entries.c.entry)
    points = {entry: int(number) for entry, number in connection.execute(asked)}
    return points.get(EXPIRE, 0), points.get(EARN, 0)


def _sales(connection: Connection) -> tuple[int, int]:
    asked = select(count(), coalesce(sum_(journal.c.amount_minor), 0)).where(journal.c.amount_minor.is_not(None))
    orders, amount_minor = connection.execute(asked).one()
    return orders, int(amount_minor)


def _weeks(connection: Connection, calendar: Calendar, now: Instant) -> tuple[Week, ...]:
    """Summed by the quarter of an hour in the database, since every zone's days begin at one, and by week here."""
    this_week = _monday(calendar, now)
    first = this_week - (MOST_WEEKS - 1) * 7
    since = calendar.start_of_day(first)
    sums: dict[int, list[int]] = {}

    def add(bucket: int, *amounts: tuple[int, int]) -> None:
        week = sums.setdefault(_monday(calendar, bucket * QUARTER), [0, 0, 0, 0])
        for place, amount in amounts:
            week[place] += int(amount)

    happened = journal.c.happened_at.op("/")(QUARTER)
    sold = select(happened, count(), sum_(journal.c.amount_minor)).where(
        journal.c.amount_minor.is_not(None), journal.c.happened_at >= since, journal.c.happened_at <= now
    )
    for bucket, orders, amount_minor in connection.execute(sold.group_by(happened)):
        add(bucket, (0, orders), (1, amount_minor))
    effective = entries.c.effective_at.op("/")(QUARTER)
    moved = select(effective, entries.c.entry, sum_(entries.c.points)).where(
        entries.c.entry != ACTIVATE, entries.c.effective_at >= since, entries.c.effective_at <= now
    )
    for bucket, entry, points in connection.execute(moved.group_by(effective, entries.c.entry)):
        add(bucket, (2 if entry == EARN else 3, points))
    if not sums:
        return ()
    return tuple(
        [
            Week(date_of(monday).isoformat(), *sums.get(monday, (0, 0, 0, 0)))
            for monday in range(min(sums), this_week + 1, 7)
        ]
    )


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
