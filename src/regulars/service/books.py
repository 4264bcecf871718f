"""The books: every posting of the ledger by when it was written down, month by month on the shop's wall.

A posting may take effect in the past, an order that is told late does, but nothing is ever written into a month that is over: what
was handed to the bookkeeper stays as it was. A month can be closed: what moved, and a digest of all its postings, are written
down, and from then on the ledger is held against them. It opens with what the one before it closed with.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, literal, select, tuple_

from regulars.kernel.calendar import HOUR, Calendar, day_of_date
from regulars.kernel.effects import AVAILABLE, DEBT, PENDING, RESERVED, Account
from regulars.kernel.facts import Instant
from regulars.kernel.program import Program
from regulars.service.audit import write_down
from regulars.service.shop import Shop
from regulars.store.schema import closed_months, entries, journal
from regulars.store.transaction import Transaction
from regulars.wire.answers import BalancesAnswer, BookedAnswer, BooksAnswer, ClosedAnswer
from regulars.wire.books import Entered
from regulars.wire.instants import rfc3339

HANDS: Final = (PENDING.value, AVAILABLE.value, RESERVED.value, DEBT.value)
"""The accounts of customers; whatever is written down goes into one of them or comes from one."""
WAITS: Final = HOUR
"""Whoever began to write when the month was over has long ended by then."""
AT_ONCE: Final = 5_000


class BadMonth(ValueError):
    """The text says how to mend it, and quotes nothing that was written."""


class NotYet(ValueError):
    """The month cannot be closed so far; the text says why."""


class Movement(Struct, frozen=True):
    """So many postings of one kind, from one account to another, and their points."""

    entry: str
    source: str
    target: str
    postings: int
    points: int


class Balances(Struct, frozen=True):
    """What customers hold together, and what they owe (`debt`, which is 0 or more)."""

    pending: int = 0
    available: int = 0
    reserved: int = 0
    debt: int = 0

    @property
    def points(self) -> int:
        return self.pending + self.available + self.reserved


class Closed(Struct, frozen=True):
    """`holds` says whether the ledger is what it was when the month was closed."""

    at: Instant
    who: str
    digest: str
    holds: bool


class Books(Struct, frozen=True):
    """A month, as `2017-03`, from `since` until `until`, exclusive. `digest` is of all its postings, in hexadecimal."""

    month: str
    since: Instant
    until: Instant
    opening: Balances
    movements: tuple[Movement, ...]
    closing: Balances
    digest: str
    closed: Closed | None

    @property
    def postings(self) -> int:
        return sum([one.postings for one in self.movements])


class Listed(Struct, frozen=True):
    month: str
    postings: int
    closed: bool


def period_of(month: str, calendar: Calendar) -> tuple[Instant, Instant]:
    """From when until when, exclusive, the shop's wall shows it. BadMonth for what is none."""
    try:
        first = date.fromisoformat(f"{month}-01") if len(month) == 7 else None
    except ValueError:
        first = None
    if first is None or first.year < 1970:
        raise BadMonth("Write the month as 2017-03.")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1) if first.year < 9999 else None
    if following is None:
        raise BadMonth("That month is yet to come.")
    return calendar.start_of_day(day_of_date(first)), calendar.start_of_day(day_of_date(following))


def listed(shop: Shop, calendar: Calendar, now: Instant) -> list[Listed]:
    """The months from the first posting to now, the newest first."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        closed = _closed(connection)
        first = _first_written(connection)
        found: list[Listed] = []
        month = calendar.month_of(now)
        while first is not None:
            since, until = period_of(month, calendar)
            number = connection.execute(
                select(func.count()).select_from(_written()).where(_between(since, until))
            ).scalar_one()
            found.append(Listed(month, number, month in closed))
            if since <= first:
                break
            month = calendar.month_of(since - 1)
    return found


def books(shop: Shop, month: str, calendar: Calendar, now: Instant) -> Books:
    """BadMonth for what is no month, or is yet to come."""
    since, until = period_of(month, calendar)
    if since > now:
        raise BadMonth("That month is yet to come.")
    with shop.store.one_moment(), shop.store.reading() as connection:
        return _books(connection, month, since, until)


def entered(shop: Shop, month: str, calendar: Calendar) -> Iterator[Entered]:
    """Every posting of the month, in the order in which they were written down. BadMonth for what is none."""
    since, until = period_of(month, calendar)
    with shop.store.one_moment(), shop.store.reading() as connection:
        for row in _postings(connection, since, until):
            yield Entered(
                row.recorded_at,
                row.effective_at,
                row.customer,
                row.entry,
                row.source,
                row.target,
                row.points,
                f"{row.lot_fact}#{row.lot_ordinal}",
                row.rule,
                row.version,
                row.fact_id if row.by_fact else None,
            )


def close(shop: Shop, month: str, calendar: Calendar, who: str, now: Instant) -> Books:
    """Closes it; a month that is closed stays as it is. BadMonth for what is none; NotYet while it goes on, or where the one before
    it is still open.
    """
    found = books(shop, month, calendar, now)
    if found.closed is not None:
        return found
    if now < found.until + WAITS:
        raise NotYet("It is not over: close a month an hour after its end, or later.")
    with shop.store.reading() as connection:
        first = _first_written(connection)
        before = calendar.month_of(found.since - 1)
        if first is not None and first < found.since and before not in _closed(connection):
            raise NotYet(f"Close {before} first: a month opens with what the one before it closed with.")

    def run(tx: Transaction) -> None:
        if month in _closed(tx.core):
            return
        written = insert(closed_months).values(
            month=month,
            since=found.since,
            until=found.until,
            closed_at=now,
            closed_by=who,
            digest=found.digest,
            closing=msgspec.json.encode(found.closing).decode(),
        )
        tx.core.execute(written)
        write_down(tx, now, who, "month_closed", None, month)

    shop.writer.run(run)
    return books(shop, month, calendar, now)


def answer_of(found: Books, program: Program) -> BooksAnswer:
    """For scripts; money by the program in force."""
    closed = found.closed
    return BooksAnswer(
        found.month,
        rfc3339(found.since),
        rfc3339(found.until),
        _held(found.opening, program),
        tuple([BookedAnswer(*msgspec.structs.astuple(one)) for one in found.movements]),
        _held(found.closing, program),
        program.currency.code,
        found.digest,
        None if closed is None else ClosedAnswer(rfc3339(closed.at), closed.who, closed.digest, closed.holds),
    )


def _held(held: Balances, program: Program) -> BalancesAnswer:
    worth = program.points.liability_minor(held.points)
    return BalancesAnswer(held.pending, held.available, held.reserved, held.debt, worth)


def changed_since_closed(connection: Connection) -> list[str]:
    """The months whose postings are not those that they were closed with."""
    asked = select(closed_months.c.month, closed_months.c.since, closed_months.c.until, closed_months.c.digest)
    return [
        row.month
        for row in connection.execute(asked.order_by(closed_months.c.since)).all()
        if _digest(_postings(connection, row.since, row.until)) != row.digest
    ]


def _books(connection: Connection, month: str, since: Instant, until: Instant) -> Books:
    opening = _opening(connection, since)
    movements = tuple(_movements(connection, since, until))
    digest = _digest(_postings(connection, since, until))
    row = connection.execute(select(closed_months).where(closed_months.c.month == month)).first()
    closed = None if row is None else Closed(row.closed_at, row.closed_by, row.digest, row.digest == digest)
    return Books(month, since, until, opening, movements, _after(opening, movements), digest, closed)


def _opening(connection: Connection, since: Instant) -> Balances:
    """From the last closing before, and what was written since then."""
    columns = closed_months.c
    last = connection.execute(
        select(columns.until, columns.closing).where(columns.until <= since).order_by(columns.until.desc()).limit(1)
    ).first()
    base = Balances() if last is None else msgspec.json.decode(last.closing, type=Balances)
    start = None if last is None else last.until
    return _after(base, _movements(connection, start, since))


def _after(base: Balances, movements: Iterable[Movement]) -> Balances:
    held = dict.fromkeys(HANDS, 0)
    for one in movements:
        if one.target in held:
            held[one.target] += one.points
        if one.source in held:
            held[one.source] -= one.points
    return Balances(
        base.pending + held[Account.PENDING],
        base.available + held[Account.AVAILABLE],
        base.reserved + held[Account.RESERVED],
        base.debt - held[Account.DEBT],
    )


def _movements(connection: Connection, since: Instant | None, until: Instant) -> list[Movement]:
    columns = entries.c
    kind = columns.entry, columns.source, columns.target
    asked = select(*kind, func.count(), func.sum(columns.points)).select_from(_written())
    rows = connection.execute(asked.where(_between(since, until)).group_by(*kind).order_by(*kind))
    return [Movement(entry, source, target, number, int(points)) for entry, source, target, number, points in rows]


def _written() -> Any:
    is_step = and_(journal.c.customer == entries.c.customer, journal.c.seq == entries.c.seq)
    return entries.join(journal, is_step)


def _between(since: Instant | None, until: Instant) -> ColumnElement[bool]:
    before = journal.c.recorded_at < until
    return before if since is None else and_(journal.c.recorded_at >= since, before)


def _first_written(connection: Connection) -> Instant | None:
    return connection.execute(select(func.min(journal.c.recorded_at)).select_from(_written())).scalar()


def _closed(connection: Connection) -> set[str]:
    return set(connection.execute(select(closed_months.c.month)).scalars())


def _postings(connection: Connection, since: Instant, until: Instant) -> Iterator[Any]:
    """Portion by portion, so that a month of any size is read through in little memory."""
    after: tuple[int, int, int] | None = None
    while True:
        rows = connection.execute(_portion(since, until, after)).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].recorded_at, rows[-1].id, rows[-1].ordinal


def _portion(since: Instant, until: Instant, after: tuple[int, int, int] | None) -> Select[Any]:
    steps, postings = journal.c, entries.c
    place = steps.recorded_at, steps.id, postings.ordinal
    asked = (
        select(
            *place,
            steps.fact_id,
            steps.version,
            postings.customer,
            postings.entry,
            postings.source,
            postings.target,
            postings.points,
            postings.lot_fact,
            postings.lot_ordinal,
            postings.rule,
            postings.by_fact,
            postings.effective_at,
        )
        .select_from(_written())
        .where(_between(since if after is None else after[0], until))
    )
    if after is not None:
        asked = asked.where(tuple_(*place) > tuple_(*[literal(one) for one in after]))
    return asked.order_by(*place).limit(AT_ONCE)


def _digest(rows: Iterable[Any]) -> str:
    """Of everything but whose they are: somebody who is erased leaves the books as they were."""
    hashed = blake2b(digest_size=16)
    for row in rows:
        said = (
            row.recorded_at,
            row.effective_at,
            row.entry,
            row.source,
            row.target,
            row.points,
            row.lot_fact,
            row.lot_ordinal,
            row.rule,
            row.version,
        )
        hashed.update(msgspec.json.encode(said))
    return hashed.hexdigest()
