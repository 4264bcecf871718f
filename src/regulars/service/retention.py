"""Retention: the program says how long each kind of fact is kept, and the night's work keeps to it.

Behaviour that is older goes from the record, except where points or a level followed from it: the books need that. Visits
that are older go. A few hundred rows go in each transaction, so that nobody waits for long; missing a night loses nothing.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from sqlalchemy import and_, delete, exists, select, update

from regulars.kernel.calendar import Calendar, Duration, add
from regulars.kernel.effects import Refused
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.histories import About, asks_for_visits
from regulars.service.record import Journal, brought_to, look_again
from regulars.service.records import owners_of
from regulars.service.shop import Shop
from regulars.service.writer import Moved
from regulars.store.schema import customers, entries, journal, visits
from regulars.store.transaction import CustomerRow, Transaction
from regulars.wire.records import NO_EFFECTS, Step, decode_effects

PORTION: Final = 500


def _never() -> bool:
    return False


def forget_old(shop: Shop, now: Instant, stop: Callable[[], bool] = _never) -> int:
    """Takes out what is too old; how many facts and visits went."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return 0
    kept, gone = rulebook.program.retention, 0
    if kept.behaviour is not None:
        gone += _forget_behaviour(shop, earliest_kept(rulebook.calendar, now, kept.behaviour), now, stop)
    if kept.visits is not None:
        gone += _forget_visits(shop, earliest_kept(rulebook.calendar, now, kept.visits), now, stop)
    return gone


def earliest_kept(calendar: Calendar, now: Instant, duration: Duration) -> Instant:
    """The beginning of the day, on the shop's wall, that lies so long before today."""
    return calendar.start_of_day(add(calendar.day_of(now), Duration(-duration.count, duration.unit)))


def _forget_behaviour(shop: Shop, before: Instant, now: Instant, stop: Callable[[], bool]) -> int:
    """Looked for by a reader, who keeps nobody waiting; only what is found is taken out by the writer."""
    gone, after = 0, 0
    while not stop():
        looked_at, after, ids = _old_behaviour(shop, before, after)
        if ids:
            gone += shop.writer.run(partial(_take_out, shop=shop, ids=ids, now=now))
        if looked_at < PORTION:
            break
    return gone


def _old_behaviour(shop: Shop, before: Instant, after: int) -> tuple[int, int, list[int]]:
    """How many were looked at, the last of them, and those from which nothing followed."""
    columns = journal.c
    posted = exists().where(and_(entries.c.customer == columns.customer, entries.c.seq == columns.seq))
    old = select(columns.id, columns.fact_id, columns.recorded_at, columns.version, columns.effects).where(
        columns.id > after,
        columns.happened_at < before,
        columns.fact_id.is_not(None),
        columns.amount_minor.is_(None),
        columns.name.not_in([ORDER_COMPLETED, MEMBER_JOINED]),
        ~posted,
    )
    with shop.store.reading() as connection:
        rows = connection.execute(old.order_by(columns.id).limit(PORTION)).all()
    going = [row.id for row in rows if _says_nothing(row.effects, Step(row.fact_id, row.recorded_at, row.version))]
    return len(rows), rows[-1].id if rows else after, going


def _take_out(tx: Transaction, shop: Shop, ids: Sequence[int], now: Instant) -> int:
    """Segments forget it, too: those of whoever did it, and of those on whose devices it was done."""
    theirs = select(journal.c.customer).where(journal.c.id.in_(ids)).distinct()
    rows = _locked(tx, tx.core.execute(theirs).scalars().all())
    gone = delete(journal).where(journal.c.id.in_(ids)).returning(journal.c.customer)
    numbers: dict[str, int] = {}
    for customer in tx.core.execute(gone).scalars():
        numbers[customer] = numbers.get(customer, 0) + 1
    for customer in sorted(numbers):
        fewer = update(customers).where(customers.c.id == customer)
        tx.core.execute(fewer.values(facts=customers.c.facts - numbers[customer]))
    rulebook = _in_force(tx, shop)
    if rulebook is not None and rulebook.segments is not None:
        steps = Journal(shop.new_id)
        fewer_facts = [row._replace(facts=row.facts - numbers.get(row.id, 0)) for row in rows.values()]
        changed = [
            brought_to(tx, row, rulebook, shop.rulebooks, steps, now) for row in fewer_facts if row.person is None
        ]
        look_again(tx, steps, changed, rulebook, now)
    return sum(numbers.values())


def _says_nothing(effects: bytes, step: Step) -> bool:
    return effects == NO_EFFECTS or all(isinstance(one, Refused) for one in decode_effects(effects, step))


def _forget_visits(shop: Shop, before: Instant, now: Instant, stop: Callable[[], bool]) -> int:
    gone = 0
    while not stop():
        number = shop.writer.run(partial(_take_out_visits, shop=shop, before=before, now=now))
        gone += number
        if number < PORTION:
            break
    return gone


def _take_out_visits(tx: Transaction, shop: Shop, before: Instant, now: Instant) -> int:
    """Segments that ask how somebody first or last was here look at them again."""
    old = select(visits.c.id, visits.c.record).where(visits.c.started_at < before).order_by(visits.c.id).limit(PORTION)
    found = tx.core.execute(old).all()
    rulebook = _in_force(tx, shop)
    told = rulebook if rulebook is not None and asks_for_visits(rulebook.program) else None
    rows = _locked(tx, [visit.record for visit in found]) if told is not None else {}
    tx.core.execute(delete(visits).where(visits.c.id.in_([visit.id for visit in found])))
    if told is not None:
        _regard_again(tx, shop, [row for row in rows.values() if row.person is None], told, now)
    return len(found)


def _regard_again(tx: Transaction, shop: Shop, rows: Sequence[CustomerRow], rulebook: Rulebook, now: Instant) -> None:
    steps = Journal(shop.new_id)
    about = About(tx.core, [row.id for row in rows], rulebook)
    for row in rows:
        customer = brought_to(tx, row, rulebook, shop.rulebooks, steps, now)
        steps.regard(customer, about.known(row.id), rulebook, now, None)
    steps.write(tx)


def _in_force(tx: Transaction, shop: Shop) -> Rulebook | None:
    version = tx.active_version()
    return shop.rulebooks.now_in_force(version, tx.core) if version is not None else None


def _locked(tx: Transaction, records: Sequence[str]) -> dict[str, CustomerRow]:
    """The rows of these, of whoever claims the devices among them, and of the people in whom any of them went up."""
    touched = {*records, *owners_of(tx.core, records)}
    columns = customers.c
    went_up = select(columns.person).where(columns.id.in_(touched), columns.person.is_not(None)).distinct()
    rows = tx.lock_customers(sorted({*touched, *tx.core.execute(went_up).scalars()}))
    if any(row.person is not None and row.person not in rows for row in rows.values()):
        raise Moved
    return rows
