"""The audit of segments: does the record list in each segment whom the same definition, asked of everybody at once, finds in it?

Both are of one moment: the rows are read together with what the other form looks at, and time is let pass for each customer until
then, whether they have been woken for it or not. A shop of few customers is compared whole. Of a larger one a hash of the day and
the customer draws a sample, each day another. Nothing of what is compared is changed.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from heapq import nsmallest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select

from regulars.kernel.calendar import DAY, HOUR, Calendar, Day
from regulars.kernel.effects import SegmentEntered, SegmentLeft
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.step import advance
from regulars.service.refreshing import FILE_NAME, write_file_of
from regulars.service.segments import Person, those
from regulars.service.shop import Shop
from regulars.store.schema import IS_LISTED, customers, memberships, segment_audits, segment_drifts
from regulars.store.transaction import Transaction
from regulars.wire.records import decode_state

SAMPLE: Final = 2_000
AT_ONCE: Final = 100
NIGHT_BEGINS: Final = 3 * HOUR
"""After midnight on the shop's wall: what midnight brings has been dealt with."""
MOST_KEPT: Final = 1_000
"""Of what one audit finds; the number of all is kept."""
KEPT: Final = 90 * DAY

ByTheOther = Callable[[Path, Rulebook, Instant], Mapping[str, Collection[str]]]
"""In which segments each of those is of whom the tables in this file tell; whoever is in none may be left out."""
Progress = Callable[[int, int], None]


class Drift(Struct, frozen=True, order=True):
    """Somebody who is `listed` in a segment and is not in it; or who is in it and is not listed."""

    segment: str
    customer: str
    listed: bool


class Audit(Struct, frozen=True):
    """`compared` of so many `customers`: the rest was not drawn, or has not been looked at by the program in force yet. `found` are
    the first of the `drifts`.
    """

    at: Instant
    version: str
    customers: int
    compared: int
    drifts: int
    found: tuple[Drift, ...]


class Audited(Struct):
    """Since the process began: how many audits, how many customers they compared, and how many rows they found wrong."""

    audits: int = 0
    compared: int = 0
    drifts: int = 0


def nobody_looks(_done: int, _of: int) -> None:
    pass


def audit(
    shop: Shop,
    folder: Path | None,
    clock: Callable[[], Instant],
    by_the_other: ByTheOther,
    most: int | None = SAMPLE,
    progress: Progress = nobody_looks,
) -> Audit | None:
    """Compares at most so many customers, or all, and writes down what was found. None where there are no segments. `folder` is for
    a file that goes when it is done.
    """
    with TemporaryDirectory(prefix=".insight-", dir=folder) as inside:
        path = Path(inside) / FILE_NAME
        taken = _take(shop, path, clock, most, progress)
        if taken is None:
            return None
        found = sorted([*taken.of_nobody, *_differing(taken.rows, by_the_other(path, taken.rulebook, taken.now))])
    done = Audit(
        taken.now, taken.rulebook.version, taken.customers, len(taken.rows), len(found), tuple(found[:MOST_KEPT])
    )
    shop.writer.run(lambda tx: _keep(tx, done))
    return done


def last_audit(shop: Shop) -> Audit | None:
    columns, drifts = segment_audits.c, segment_drifts.c
    with shop.store.one_moment(), shop.store.reading() as connection:
        row = connection.execute(select(segment_audits).order_by(columns.id.desc()).limit(1)).first()
        if row is None:
            return None
        asked = select(drifts.segment, drifts.customer, drifts.listed).where(drifts.audit == row.id)
        found = sorted([Drift(*one) for one in connection.execute(asked)])
    return Audit(row.at, row.version, row.customers, row.compared, row.drifts, tuple(found))


def is_due(shop: Shop, now: Instant) -> bool:
    """Whether nobody has audited since the night began: after a night that was missed it is made up for."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None or not rulebook.program.segments:
        return False
    last = last_audit(shop)
    return last is None or _night(rulebook.calendar, last.at) != _night(rulebook.calendar, now)


def _night(calendar: Calendar, at: Instant) -> Day:
    return calendar.day_of(at - NIGHT_BEGINS)


# --- what is compared ------------------------------------------------------------------------------------------------


class _Taken(Struct, frozen=True):
    """`rows` are by customer; `of_nobody` those that should not be there at all."""

    rulebook: Rulebook
    now: Instant
    customers: int
    rows: Mapping[str, frozenset[str]]
    of_nobody: Sequence[Drift]


def _take(shop: Shop, path: Path, clock: Callable[[], Instant], most: int | None, progress: Progress) -> _Taken | None:
    """The moment of the clock is not before that of the record: so nothing was written down later than it."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        rulebook = shop.rulebooks.in_force()
        if rulebook is None or not rulebook.program.segments:
            return None
        number: int = connection.execute(select(func.count()).select_from(customers).where(IS_LISTED)).scalar_one()
        now = clock()
        drawn = sorted(_drawn(connection, rulebook.calendar.day_of(now), most))
        rows: dict[str, frozenset[str]] = {}

        def people() -> Iterator[Sequence[Person]]:
            for first in range(0, len(drawn), AT_ONCE):
                ids = drawn[first : first + AT_ONCE]
                some = list(those(shop, connection, rulebook, now, ids))
                found = _rows(connection, some, rulebook, now)
                rows.update(found)
                yield [person for person in some if person.known.id in found]
                progress(first + len(ids), len(drawn))

        write_file_of(path, people(), rulebook.calendar, now)
        return _Taken(rulebook, now, number, rows, _of_nobody(connection))


def _drawn(connection: Connection, day: Day, most: int | None) -> Sequence[str]:
    listed = connection.execute(select(customers.c.id).where(IS_LISTED), execution_options={"yield_per": 10_000})
    if most is None:
        return list(listed.scalars())
    return nsmallest(most, listed.scalars(), key=lambda id: blake2b(f"{day} {id}".encode(), digest_size=8).digest())


def _rows(
    connection: Connection, people: Sequence[Person], rulebook: Rulebook, now: Instant
) -> dict[str, frozenset[str]]:
    """As they will be when everybody is woken to `now`. Left out is who is under another program, and of whom something was
    written down by a clock that goes ahead of ours.
    """
    known = {person.known.id: person.known for person in people}
    listed: dict[str, set[str]] = {id: set() for id in known}
    columns = memberships.c
    for id, segment in connection.execute(select(columns.customer, columns.segment).where(columns.customer.in_(known))):
        listed[id].add(segment)
    found = {}
    asked = select(customers.c.id, customers.c.state, customers.c.version).where(customers.c.id.in_(known))
    for id, written, version in connection.execute(asked):
        if version != rulebook.version or written is None:
            continue
        state = decode_state(written)
        segments = state.segments
        if rulebook.segments is None or segments is None or segments.clock > now:
            continue
        if segments.forgotten:
            rulebook.segments.recover(segments, known[id].facts)
        for effect in advance(state, now, rulebook, now)[1]:
            if isinstance(effect, SegmentEntered):
                listed[id].add(effect.segment)
            elif isinstance(effect, SegmentLeft):
                listed[id].discard(effect.segment)
        found[id] = frozenset(listed[id])
    return found


def _of_nobody(connection: Connection) -> list[Drift]:
    """Rows of whoever is not listed: erased, merged into somebody else, or never there."""
    joined = memberships.outerjoin(customers, customers.c.id == memberships.c.customer)
    nobody = customers.c.id.is_(None) | customers.c.known.is_(False) | customers.c.person.is_not(None)
    asked = select(memberships.c.segment, memberships.c.customer).select_from(joined).where(nobody)
    return [Drift(segment, customer, True) for segment, customer in connection.execute(asked.limit(MOST_KEPT))]


def _differing(rows: Mapping[str, frozenset[str]], meant: Mapping[str, Collection[str]]) -> Iterator[Drift]:
    for customer, listed in rows.items():
        for segment in listed.symmetric_difference(meant.get(customer, ())):
            yield Drift(segment, customer, segment in listed)


# --- what was found --------------------------------------------------------------------------------------------------


def _keep(tx: Transaction, done: Audit) -> None:
    said = {
        "at": done.at,
        "version": done.version,
        "customers": done.customers,
        "compared": done.compared,
        "drifts": done.drifts,
    }
    number = tx.core.execute(insert(segment_audits).values(said).returning(segment_audits.c.id)).scalar_one()
    drifts = [
        {"audit": number, "segment": one.segment, "customer": one.customer, "listed": one.listed} for one in done.found
    ]
    if drifts:
        tx.core.execute(insert(segment_drifts), drifts)
    old = select(segment_audits.c.id).where(segment_audits.c.at < done.at - KEPT)
    tx.core.execute(delete(segment_drifts).where(segment_drifts.c.audit.in_(old)))
    tx.core.execute(delete(segment_audits).where(segment_audits.c.at < done.at - KEPT))
