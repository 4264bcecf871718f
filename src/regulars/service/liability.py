"""What the shop owes in points, as of any moment, from the ledger alone: what customers held then, by when it would expire and by
the level that they were in; and what became of the points of each month.

Lots bear both their ends, so that what time alone brings about is known of them, whether a customer has been woken for it or not:
what had expired by then is not owed. Postings count from when they took effect. Of those few who had points held, or owed some,
more than lots decides what is theirs: each of them is brought to the moment by the kernel (`as_of`).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from regulars.kernel.calendar import MINUTE, Calendar, date_of, day_of_date
from regulars.kernel.effects import (
    ADJUST,
    AVAILABLE,
    DEBT,
    EARN,
    EARN_REVERSAL,
    EXPIRE,
    EXPIRED,
    PENDING,
    PROGRAM,
    RESERVED,
    SETTLE,
    LotId,
    Posted,
    TierChanged,
)
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.program import PointsPolicy, Program
from regulars.kernel.terms import plain
from regulars.service.as_of import Then, as_of
from regulars.service.shop import Shop
from regulars.store.schema import customers, entries, journal
from regulars.wire.answers import CohortAnswer, LiabilityAnswer, OwedAnswer
from regulars.wire.instants import rfc3339
from regulars.wire.records import Step, decode_effects

QUARTER: Final = 15 * MINUTE
"""Every zone's clocks differ by whole quarters of an hour, so that a quarter lies in one month everywhere."""
AT_ONCE: Final = 500
HANDS: Final = (PENDING.value, AVAILABLE.value, RESERVED.value)
TAKEN_BACK: Final = (EARN_REVERSAL.value, ADJUST.value, SETTLE.value)
"""What leaves a customer's hands by these is neither spent nor expired."""


class Owed(Struct, frozen=True):
    """What customers in `tier` (None is no level) hold that expires within `month`, as `2017-03`; None never does. A lot that
    expires at the very midnight that ends a month is good through its last day, and so is of that month. What is `reserved` expires
    no sooner than its reservation.
    """

    month: str | None
    tier: str | None
    available: int
    pending: int
    reserved: int = 0

    @property
    def points(self) -> int:
        return self.available + self.pending + self.reserved


class Cohort(Struct, frozen=True):
    """The points that were earned, or given by hand, in `month`, as `2017-03`, and what became of them: `reversed` were taken back,
    since an order went back, or by hand, or to fill what was owed; `used` are those of which nothing else became.
    """

    month: str
    issued: int
    expired: int
    held: int
    reversed: int = 0

    @property
    def used(self) -> int:
        return self.issued - self.expired - self.held - self.reversed


class Liability(Struct, frozen=True):
    """`owed` by month and level, the soonest first and what never expires last; `cohorts` the oldest first. `most_minor` is what
    all of it would cost if it were spent, `expected_minor` the share of it that the program expects (`points`: `redeemed`). `debt`
    is what customers owe in points; nothing is taken off for it.
    """

    at: Instant
    available: int
    pending: int
    most_minor: int
    expected_minor: int
    owed: tuple[Owed, ...]
    cohorts: tuple[Cohort, ...]
    reserved: int = 0
    debt: int = 0

    @property
    def points(self) -> int:
        return self.available + self.pending + self.reserved


def liability(shop: Shop, at: Instant) -> Liability | None:
    """None while no program is in force: there is no wall to read months from. What a point costs is said by the program in force
    now, whenever the moment is.
    """
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return None
    with shop.store.one_moment(), shop.store.reading() as connection:
        ids = connection.execute(_entangled(at)).scalars().all()
        entangled = [then for _, then in as_of(connection, shop.rulebooks, ids, at)]
        owed = _owed(connection, rulebook.calendar, at, entangled)
        cohorts = _cohorts(connection, rulebook.calendar, at, entangled)
    debt = sum([then.held.debt for then in entangled])
    return _summed(at, owed, cohorts, rulebook.program.points, debt)


class BadDay(ValueError):
    """The text says how to mend it, and quotes nothing that was written."""


def moment_of(on: str | None, calendar: Calendar, now: Instant) -> Instant:
    """The last instant of the day `on`, as `2017-03-31` on the shop's wall; now where that is yet to come, or nothing is said.
    Raises BadDay for what is no day, and for days before 1970 or after today.
    """
    if on is None:
        return now
    try:
        written = date.fromisoformat(on)
    except ValueError:
        written = None
    if written is None or written.isoformat() != on:
        raise BadDay("Write the day as 2017-03-31.")
    day, today = day_of_date(written), calendar.day_of(now)
    if day < 0:
        raise BadDay("That day is too long ago: take 1970-01-01 or a later one.")
    if day > today:
        raise BadDay(f"That day is yet to come: take {date_of(today).isoformat()}, which is today, or an earlier one.")
    return min(calendar.start_of_day(day + 1) - 1, now)


def answer_of(found: Liability, program: Program) -> LiabilityAnswer:
    """For scripts, by the program in force."""
    worth = plain(program.points.worth_minor / 10**program.currency.exponent).replace(",", "")
    return LiabilityAnswer(
        rfc3339(found.at),
        found.available,
        found.pending,
        found.most_minor,
        found.expected_minor,
        program.currency.code,
        worth,
        f"{plain(program.points.redeemed * 100)}%",
        tuple([OwedAnswer(one.month, one.tier, one.available, one.pending, one.reserved) for one in found.owed]),
        tuple(
            [
                CohortAnswer(one.month, one.issued, one.expired, one.used, one.reversed, one.held)
                for one in found.cohorts
            ]
        ),
        found.reserved,
        found.debt,
    )


def _summed(at: Instant, owed: Iterable[Owed], cohorts: Iterable[Cohort], points: PointsPolicy, debt: int) -> Liability:
    rows = tuple(owed)
    available, pending = sum([one.available for one in rows]), sum([one.pending for one in rows])
    reserved = sum([one.reserved for one in rows])
    held = available + pending + reserved
    most, expected = points.liability_minor(held), points.expected_minor(held)
    return Liability(at, available, pending, most, expected, rows, tuple(cohorts), reserved, debt)


def _entangled(at: Instant) -> Select[Any]:
    """Who had points held then, or owed some."""
    columns = entries.c
    sums = [
        func.sum(
            case((columns.target == account, columns.points), else_=0)
            - case((columns.source == account, columns.points), else_=0)
        )
        for account in (RESERVED.value, DEBT.value)
    ]
    apart = (RESERVED.value, DEBT.value)
    touched = or_(columns.source.in_(apart), columns.target.in_(apart))
    asked = select(columns.customer).where(columns.effective_at <= at, touched).group_by(columns.customer)
    return asked.having(or_(*[one != 0 for one in sums]))


# --- by when it expires, and by level ------------------------------------------------------------------------------------


class _Sums(Struct):
    available: int = 0
    pending: int = 0
    reserved: int = 0


def _owed(connection: Connection, calendar: Calendar, at: Instant, entangled: Iterable[Then]) -> list[Owed]:
    moved = _moved_since(connection, at)
    columns = entries.c
    waits = columns.active_at > at
    held = select(
        customers.c.tier,
        columns.expires_at,
        waits,
        func.sum(_into_hands(columns.points)),
    ).join(customers, customers.c.id == columns.customer)
    then = and_(columns.effective_at <= at, columns.expires_at > at, columns.customer.not_in(_entangled(at)))
    unmoved = held.where(then, or_(customers.c.tier_since.is_(None), customers.c.tier_since <= at))
    sums: dict[tuple[Instant, str | None], _Sums] = {}
    for tier, expires_at, is_pending, points in connection.execute(
        unmoved.group_by(customers.c.tier, columns.expires_at, waits)
    ):
        _add(sums, expires_at, tier, is_pending, int(points))
    by_customer = select(columns.customer, columns.expires_at, waits, func.sum(_into_hands(columns.points)))
    ids = sorted(moved)
    for first in range(0, len(ids), AT_ONCE):
        theirs = by_customer.where(then, columns.customer.in_(ids[first : first + AT_ONCE]))
        for id, expires_at, is_pending, points in connection.execute(
            theirs.group_by(columns.customer, columns.expires_at, waits)
        ):
            _add(sums, expires_at, moved[id], is_pending, int(points))
    for one in entangled:
        _add_each(sums, one)
    return _by_month(sums, calendar)


def _add_each(sums: dict[tuple[Instant, str | None], _Sums], then: Then) -> None:
    held = then.held
    for lots, is_pending in ((held.pending, True), (held.available, False)):
        for lot in lots:
            _add(sums, lot.expires_at, held.tier, is_pending, lot.points)
    for reservation in held.reserved:
        for lot in reservation.lots:
            ends = max(lot.expires_at, reservation.until)
            sums.setdefault((ends, held.tier), _Sums()).reserved += lot.points


def _into_hands(points: ColumnElement[int]) -> ColumnElement[int]:
    """What comes into a customer's hands, less what leaves them."""
    come, gone = entries.c.target.in_(HANDS), entries.c.source.in_(HANDS)
    return case((come, points), else_=0) - case((gone, points), else_=0)


def _add(
    sums: dict[tuple[Instant, str | None], _Sums], expires_at: Instant, tier: str | None, is_pending: bool, points: int
) -> None:
    held = sums.setdefault((expires_at, tier), _Sums())
    if is_pending:
        held.pending += points
    else:
        held.available += points


def _by_month(sums: dict[tuple[Instant, str | None], _Sums], calendar: Calendar) -> list[Owed]:
    by_month: dict[tuple[str, str], _Sums] = {}
    for (expires_at, tier), held in sums.items():
        month = "" if expires_at == FOREVER else calendar.month_of(expires_at - 1)
        found = by_month.setdefault((month, tier or ""), _Sums())
        found.available += held.available
        found.pending += held.pending
        found.reserved += held.reserved
    months = sorted(by_month, key=lambda key: (not key[0], key))
    rows = [
        Owed(month or None, tier or None, one.available, one.pending, one.reserved)
        for month, tier in months
        for one in [by_month[month, tier]]
    ]
    return [one for one in rows if one.available or one.pending or one.reserved]


def _moved_since(connection: Connection, at: Instant) -> dict[str, str | None]:
    """The level that they were in then, of those whose level is another one since."""
    ids = connection.execute(
        select(customers.c.id).where(customers.c.tier_since > at).order_by(customers.c.id)
    ).scalars()
    waiting = list(ids)
    found: dict[str, str | None] = {}
    for first in range(0, len(waiting), AT_ONCE):
        portion = waiting[first : first + AT_ONCE]
        columns = journal.c
        asked = select(columns.customer, columns.effects, columns.recorded_at).where(columns.customer.in_(portion))
        for row in connection.execute(asked.order_by(columns.customer, columns.seq)):
            for change in _tier_changes(row.effects):
                if change.effective_at <= at:
                    found[row.customer] = change.after
                else:
                    found.setdefault(row.customer, change.before)
    return found


def _tier_changes(record: bytes) -> list[TierChanged]:
    step = Step(None, 0, "")
    return [effect for effect in decode_effects(record, step) if isinstance(effect, TierChanged)]


# --- by when it was earned -----------------------------------------------------------------------------------------------


class _Fate(Struct):
    issued: int = 0
    expired: int = 0
    held: int = 0
    reversed: int = 0


def _cohorts(connection: Connection, calendar: Calendar, at: Instant, entangled: Iterable[Then]) -> list[Cohort]:
    """Whoever a lot went to meanwhile, it is of the month in which it was earned."""
    columns = entries.c
    gone_back = and_(columns.entry.in_(TAKEN_BACK), columns.source.in_(HANDS))
    is_free = columns.customer.not_in(_entangled(at))
    lots = (
        select(
            func.min(case((_is_issued(), columns.effective_at))).label("earned_at"),
            func.sum(case((_is_issued(), columns.points), else_=0)).label("issued"),
            func.sum(case((columns.target == EXPIRED.value, columns.points), else_=0)).label("expired"),
            func.sum(case((gone_back, columns.points), else_=0)).label("reversed"),
            func.sum(_into_hands(columns.points)).label("held"),
            func.sum(case((and_(is_free, columns.expires_at <= at), _into_hands(columns.points)), else_=0)).label(
                "over"
            ),
        )
        .where(columns.effective_at <= at)
        .group_by(columns.lot_fact, columns.lot_ordinal)
        .subquery()
    )
    quarter = (lots.c.earned_at - lots.c.earned_at % QUARTER).label("quarter")
    asked = select(
        quarter,
        func.sum(lots.c.issued),
        func.sum(lots.c.expired + lots.c.over),
        func.sum(lots.c.held - lots.c.over),
        func.sum(lots.c.reversed),
    ).where(lots.c.earned_at.is_not(None))
    fates: dict[str, _Fate] = {}
    for earned_at, issued, expired, held, reversed_ in connection.execute(asked.group_by(quarter)):
        fate = fates.setdefault(calendar.month_of(int(earned_at)), _Fate())
        fate.issued += int(issued)
        fate.expired += int(expired)
        fate.held += int(held)
        fate.reversed += int(reversed_)
    _fall_due(connection, calendar, fates, entangled)
    return [Cohort(month, one.issued, one.expired, one.held, one.reversed) for month, one in sorted(fates.items())]


def _is_issued() -> ColumnElement[bool]:
    given = and_(entries.c.entry == ADJUST.value, entries.c.source == PROGRAM.value)
    return or_(entries.c.entry == EARN.value, given)


def _fall_due(connection: Connection, calendar: Calendar, fates: dict[str, _Fate], entangled: Iterable[Then]) -> None:
    """What fell due and is not on record yet."""
    posted = [one for then in entangled for one in then.due if isinstance(one, Posted)]
    ending = [one for one in posted if one.entry is EXPIRE or one.entry is SETTLE]
    months = _months_of(connection, calendar, sorted({one.lot for one in ending}))
    for one in ending:
        fate = fates[months[one.lot]]
        fate.held -= one.points
        if one.entry is EXPIRE:
            fate.expired += one.points
        else:
            fate.reversed += one.points


def _months_of(connection: Connection, calendar: Calendar, lots: list[LotId]) -> dict[LotId, str]:
    found: dict[LotId, str] = {}
    columns = entries.c
    asked = select(columns.lot_fact, columns.lot_ordinal, func.min(columns.effective_at)).where(_is_issued())
    facts = sorted({fact for fact, _ in lots})
    for first in range(0, len(facts), AT_ONCE):
        theirs = asked.where(columns.lot_fact.in_(facts[first : first + AT_ONCE]))
        for fact, ordinal, earned_at in connection.execute(theirs.group_by(columns.lot_fact, columns.lot_ordinal)):
            found[fact, ordinal] = calendar.month_of(int(earned_at))
    return found
