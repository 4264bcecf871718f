"""The identification rate: of everybody who visited the shop in some days, how many are known by name.

    a visitor       a person, or a device that nobody owns. Whose a visit was says `people.owner_at`; all devices and records of
                    one person are one visitor. A shared device is one unidentified visitor, whoever sat at it
    identified      the person has a name (a user id, an e-mail, a phone number, a card, whatever the program declares) that was
                    first given before the end of the period. So what is learned later does not change the figure of an earlier
                    period, except that visits of up to thirty days before a device's first claim are the claimer's
    left out        robots, and whoever did not consent to analytics: of them there are no visits

Days are the shop's own. By day, by source and by device the visitors of each are counted: somebody who came on two days counts on
both, so that these do not add up to the whole.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sqlalchemy import Connection
from sqlalchemy import text as sql

from regulars.kernel.calendar import DAY, Calendar, Day
from regulars.kernel.facts import DAWN, Instant
from regulars.kernel.program import DeviceLimit
from regulars.kernel.shares import Share
from regulars.service.people import ANONYMOUS_ID, BACKFILL_DAYS, own_of, owner_at
from regulars.service.shop import Shop
from regulars.store.transaction import links_of

MOST_DAYS: Final = 366
AT_ONCE: Final = 50_000
MOST_SOURCES: Final = 50
OTHER_SOURCES: Final = "other sources"


class Band(StrEnum):
    """How the trade judges a rate, holes included: from 20 % up to and including 25 % it says nothing, so that we say "between"."""

    BAD = "bad"
    BETWEEN = "between"
    GOOD = "good"
    AMAZING = "amazing"


def band_of(share: Share) -> Band | None:
    """Below 20 % bad, above 25 % good, from 35 % amazing, all exact; None where nobody came."""
    part, whole = 100 * share.part, share.whole
    if not whole:
        return None
    if part < 20 * whole:
        return Band.BAD
    if part <= 25 * whole:
        return Band.BETWEEN
    return Band.GOOD if part < 35 * whole else Band.AMAZING


class DayShare(Struct, frozen=True):
    day: Day
    visitors: Share


class SourceShare(Struct, frozen=True):
    """`source` is "" where nothing is said."""

    channel: str
    source: str
    visitors: Share


class DeviceShare(Struct, frozen=True):
    device: str
    visitors: Share


class Brought(Struct, frozen=True):
    """How many people got their first name in these days by `how`: who said it and in which words, as `site: identify`."""

    how: str
    people: int


class Identification(Struct, frozen=True):
    """Each share is identified of all. `returning` are those visitors who had been there before the first day; `orders` are those
    of customers who have a name. `days` has every day, `sources` and `devices` the largest first.
    """

    first: Day
    last: Day
    as_of: Instant
    visitors: Share
    returning: Share
    sessions: Share
    orders: Share
    days: tuple[DayShare, ...]
    sources: tuple[SourceShare, ...]
    devices: tuple[DeviceShare, ...]
    brought: tuple[Brought, ...]

    @property
    def band(self) -> Band | None:
        return band_of(self.visitors)


class PeriodReason(StrEnum):
    BACKWARDS = "backwards"
    TOO_LONG = "too_long"


class PeriodRefused(Exception):
    """The text says how to mend it."""

    def __init__(self, reason: PeriodReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def identification(shop: Shop, first: Day, last: Day, now: Instant) -> Identification | None:
    """Both days included. None while no program is in force: there is no wall to read days from. Raises PeriodRefused."""
    if last < first:
        raise PeriodRefused(PeriodReason.BACKWARDS, "The last day is before the first: exchange them.")
    if last - first >= MOST_DAYS:
        raise PeriodRefused(PeriodReason.TOO_LONG, f"The period is longer than {MOST_DAYS} days: take a shorter one.")
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return None
    span = Span(rulebook.calendar, first, last)
    with shop.store.reading() as connection:
        seen = Seen(connection, span, is_sqlite=shop.store.is_sqlite)
        visitors = Visitors(connection, seen, rulebook.program.shared_device)
        return Identification(
            first,
            last,
            now,
            visitors.share(),
            visitors.returning(connection),
            visitors.sessions(),
            _orders(connection, span),
            visitors.by_day(),
            visitors.by_source(),
            visitors.by_device(),
            _brought(connection, span),
        )


class Span:
    """The days as instants: `starts` has the beginning of each, and the end of the last."""

    def __init__(self, calendar: Calendar, first: Day, last: Day) -> None:
        self.first = first
        self.starts = [calendar.start_of_day(day) for day in range(first, last + 2)]
        self.start, self.end = self.starts[0], self.starts[-1]


Numbers = NDArray[np.int64]


class Codes:
    """Texts as whole numbers, in the order in which they were first met."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self.of.setdefault(text, len(self.of))

    def numbers(self, texts: Iterable[str]) -> list[int]:
        of = self.of
        return [of.setdefault(text, len(of)) for text in texts]


class Seen:
    """The visits of the period, a number for each thing: `record`, `at`, `came` (channel and source), `device`."""

    def __init__(self, connection: Connection, span: Span, *, is_sqlite: bool) -> None:
        self.span, self.is_sqlite = span, is_sqlite
        self.records, self.ways, self.kinds = Codes(), Codes(), Codes()
        pieces: list[tuple[Numbers, Numbers, Numbers, Numbers]] = []
        for rows in _in_portions(connection, _VISITS, {"start": span.start, "end": span.end}):
            record, at, came, device = zip(*rows, strict=True)
            coded = (self.records.numbers(record), at, self.ways.numbers(came), self.kinds.numbers(device))
            pieces.append((_array(coded[0]), _array(coded[1]), _array(coded[2]), _array(coded[3])))
        self.record, self.at, self.came, self.device = (
            np.concatenate([piece[part] for piece in pieces]) if pieces else _array(()) for part in range(4)
        )


class Visitors:
    """Who each visit's visitor is: a number below that of the records is a device without an owner."""

    def __init__(self, connection: Connection, seen: Seen, limit: DeviceLimit) -> None:
        self._seen = seen
        self._people = Codes()
        self._unnamed = len(seen.records.of)
        self._stretches: dict[str, tuple[list[Instant], list[str | None]]] = {}
        for record, customer in connection.execute(_NAMED, {"end": seen.span.end}):
            self._stretches[record] = [DAWN], [customer]
        self._own_devices(connection, limit)
        self._of = self._resolved()
        self._everybody = _distinct(self._of)

    def share(self) -> Share:
        return self._share(self._everybody)

    def sessions(self) -> Share:
        return self._share(self._of)

    def by_day(self) -> tuple[DayShare, ...]:
        span = self._seen.span
        days = np.searchsorted(_array(span.starts), self._seen.at, side="right") - 1
        return tuple(
            [DayShare(span.first + number, share) for number, share in enumerate(self._by(days, len(span.starts) - 1))]
        )

    def by_source(self) -> tuple[SourceShare, ...]:
        """The largest, and the others together at the end."""
        shares = self._by(self._seen.came, len(self._seen.ways.of))
        ways = [way.partition(_BETWEEN) for way in self._seen.ways.of]
        every = [SourceShare(way[0], way[2], share) for way, share in zip(ways, shares, strict=True)]
        every.sort(key=lambda one: (-one.visitors.whole, one.channel, one.source))
        if len(every) <= MOST_SOURCES:
            return tuple(every)
        kept = {_BETWEEN.join((one.channel, one.source)) for one in every[:MOST_SOURCES]}
        rest = _array([way not in kept for way in self._seen.ways.of])[self._seen.came] == 1
        others = SourceShare("other", OTHER_SOURCES, self._share(_distinct(self._of[rest])))
        return (*every[:MOST_SOURCES], others)

    def by_device(self) -> tuple[DeviceShare, ...]:
        shares = self._by(self._seen.device, len(self._seen.kinds.of))
        every = [DeviceShare(device, share) for device, share in zip(self._seen.kinds.of, shares, strict=True)]
        return tuple(sorted(every, key=lambda one: (-one.visitors.whole, one.device)))

    def returning(self, connection: Connection) -> Share:
        """Those who had a visit before the first day, by whatever device was theirs then."""
        start = self._seen.span.start
        visitors: list[int] = []
        asked: list[tuple[str, Instant, Instant]] = []
        present = set(self._everybody.tolist())
        for record, code in self._seen.records.of.items():
            if record not in self._stretches and code in present:
                visitors.append(code)
                asked.append((record, DAWN, start))
        for record, (moments, owners) in self._stretches.items():
            for since, until, owner in zip(moments, [*moments[1:], start], owners, strict=True):
                visitor = self._number(record, owner)
                if since < start and visitor in present:
                    visitors.append(visitor)
                    asked.append((record, since, min(until, start)))
        found = [visitors[place] for place in _been_there(connection, asked, is_sqlite=self._seen.is_sqlite)]
        return self._share(_distinct(_array(found)))

    def _number(self, record: str, owner: str | None) -> int:
        if owner is None:
            return self._seen.records.of.get(record, -1)
        return self._unnamed + self._people.number(owner)

    def _own_devices(self, connection: Connection, limit: DeviceLimit) -> None:
        """Whose each claimed device was from when on. It can only change where it was claimed, and thirty days before."""
        rows = connection.execute(_CLAIMED, {"end": self._seen.span.end})
        for links in links_of([tuple(row) for row in rows]).values():
            own = own_of(ANONYMOUS_ID, links)
            if own is None:
                continue
            times = [link.first_at for link in links if link is not own]
            moments = sorted({DAWN, *times, *[time - BACKFILL_DAYS * DAY for time in times]})
            owners = [owner_at(links, moment, limit) for moment in moments]
            self._stretches[own.record] = moments, [owner.customer if owner else None for owner in owners]

    def _resolved(self) -> Numbers:
        seen = self._seen
        of = seen.record.copy()
        known = _array([record in self._stretches for record in seen.records.of])
        names = list(seen.records.of)
        for place in np.flatnonzero(known[seen.record]) if len(names) else ():
            record = names[seen.record[place]]
            moments, owners = self._stretches[record]
            of[place] = self._number(record, owners[bisect_right(moments, seen.at[place]) - 1])
        return of

    def _by(self, groups: Numbers, number: int) -> list[Share]:
        """The visitors of each group, each once in each."""
        pairs = _distinct(self._of * max(number, 1) + groups)
        visitors, group = np.divmod(pairs, max(number, 1))
        whole = np.bincount(group, minlength=number)
        part = np.bincount(group[visitors >= self._unnamed], minlength=number)
        return [Share(int(some), int(all)) for some, all in zip(part, whole, strict=True)]

    def _share(self, visitors: Numbers) -> Share:
        return Share(int((visitors >= self._unnamed).sum()), len(visitors))


def _been_there(
    connection: Connection, asked: Sequence[tuple[str, Instant, Instant]], *, is_sqlite: bool
) -> Iterator[int]:
    """The places of those records that had a visit from, and before, these instants."""
    statement = _BEFORE_SQLITE if is_sqlite else _BEFORE_POSTGRESQL
    for begin in range(0, len(asked), AT_ONCE):
        some = asked[begin : begin + AT_ONCE]
        values: Any = tuple([list(column) for column in zip(*some, strict=True)])
        if is_sqlite:
            values = (msgspec.json.encode(some).decode(),)
        for (place,) in connection.exec_driver_sql(statement, values):
            yield begin + place


def _orders(connection: Connection, span: Span) -> Share:
    known, orders = connection.execute(_ORDERS, {"start": span.start, "end": span.end}).one()
    return Share(int(known or 0), int(orders))


def _brought(connection: Connection, span: Span) -> tuple[Brought, ...]:
    rows = connection.execute(_BROUGHT, {"start": span.start, "end": span.end})
    return tuple([Brought(how, people) for how, people in rows])


def _in_portions(connection: Connection, statement: Any, values: dict[str, Any]) -> Iterator[Sequence[Any]]:
    with connection.execute(statement, values, execution_options={"yield_per": AT_ONCE}) as rows:
        yield from rows.partitions()


def _distinct(numbers: Numbers) -> Numbers:
    """Sorted. Far quicker than numpy's own, which hashes."""
    ordered = np.sort(numbers)
    kept: Numbers = ordered[np.concatenate((_FIRST, ordered[1:] != ordered[:-1]))[: len(ordered)]]
    return kept


def _array(numbers: Iterable[int]) -> Numbers:
    return np.array(numbers if isinstance(numbers, tuple | list) else list(numbers), dtype=np.int64)


_FIRST: Final = np.array([True])
_BETWEEN: Final = "\x1f"
_VISITS: Final = sql(f"""
SELECT record, started_at, channel || '{_BETWEEN}' || traffic_source, device FROM visits
WHERE started_at >= :start AND started_at < :end AND bot IS NULL""")
_CLAIMED: Final = sql("""
SELECT kind, value, record, customer, trust, first_at, first_fact FROM identities
WHERE kind = 'anonymous_id' AND first_at < :end AND value IN (
SELECT value FROM identities WHERE kind = 'anonymous_id' AND trust <> 'visitor' AND first_at < :end)""")
_NAMED: Final = sql("""
SELECT DISTINCT record, customer FROM identities WHERE kind <> 'anonymous_id' AND first_at < :end AND EXISTS (
SELECT 1 FROM visits WHERE visits.record = identities.record AND started_at < :end)""")
_HAS_NAME: Final = """EXISTS (
SELECT 1 FROM identities WHERE identities.customer = coalesce(customers.person, customers.id)
AND kind <> 'anonymous_id' AND first_at < :end)"""
_ORDERS: Final = sql(f"""
SELECT sum(CASE WHEN {_HAS_NAME} THEN 1 ELSE 0 END), count(*) FROM journal JOIN customers ON customers.id = journal.customer
WHERE amount_minor IS NOT NULL AND happened_at >= :start AND happened_at < :end""")
_BROUGHT: Final = sql("""
SELECT how, count(*) FROM identities AS first WHERE kind <> 'anonymous_id' AND first_at >= :start AND first_at < :end
AND NOT EXISTS (SELECT 1 FROM identities AS earlier WHERE earlier.customer = first.customer AND earlier.kind <> 'anonymous_id'
AND (earlier.first_at, earlier.first_fact, earlier.kind, earlier.value, earlier.record)
< (first.first_at, first.first_fact, first.kind, first.value, first.record))
GROUP BY how ORDER BY count(*) DESC, how""")
_WERE_THERE: Final = "SELECT 1 FROM visits WHERE bot IS NULL AND"
_BEFORE_SQLITE: Final = f"""
SELECT key FROM json_each(?) AS asked WHERE EXISTS ({_WERE_THERE} record = asked.value ->> 0
AND started_at >= asked.value ->> 1 AND started_at < asked.value ->> 2)"""
_BEFORE_POSTGRESQL: Final = f"""
SELECT place - 1 FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS asked (id, since, until, place)
WHERE EXISTS ({_WERE_THERE} record = asked.id AND started_at >= since AND started_at < until)"""
