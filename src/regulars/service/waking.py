"""Waking: customers for whom time alone changes something are brought to now.

The stored due time is a lower bound, so a waking may be for nothing; then it only finds the true one.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from sqlalchemy import select
from sqlalchemy.sql.functions import count

from regulars.kernel.facts import FOREVER, Instant
from regulars.service.histories import About
from regulars.service.record import Journal, brought_to
from regulars.service.shop import Shop
from regulars.store.schema import customers, publications
from regulars.store.transaction import Transaction

PORTION: Final = 200
"""Customers in one transaction: other writers wait for no more than these."""


def _nobody(_done: int) -> None:
    pass


def _never() -> bool:
    return False


def wake_some(shop: Shop, now: Instant) -> int:
    """Brings some of those who are due to `now`, the longest due first; how many were due, so 0 when all are awake."""
    return shop.writer.run(lambda tx: _wake(tx, shop, now))


def next_waking(shop: Shop) -> Instant:
    """When the next customer falls due; FOREVER if none does."""
    with shop.store.reading() as connection:
        due_at = connection.execute(select(customers.c.due_at).order_by(customers.c.due_at).limit(1)).scalar()
    return FOREVER if due_at is None else due_at


def adopt_all(
    shop: Shop, now: Instant, progress: Callable[[int], None] = _nobody, stop: Callable[[], bool] = _never
) -> None:
    """Lets every customer adopt the program in force, portion by portion; `progress` is told how many have so far."""
    last, done = "", 0
    while portion := _adopt_after(shop, now, last):
        last, done = portion[-1], done + len(portion)
        progress(done)
        if stop():
            return


def last_publication(shop: Shop) -> int | None:
    """Its number; None while nothing was published."""
    with shop.store.reading() as connection:
        asked = select(publications.c.id).order_by(publications.c.id.desc()).limit(1)
        return connection.execute(asked).scalar()


def waiting_to_adopt(shop: Shop) -> int:
    """How many customers are still under an older program. Reads all of them."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return 0
    with shop.store.reading() as connection:
        older = select(count()).select_from(customers).where(customers.c.version != rulebook.version)
        return connection.execute(older).scalar_one()


def _adopt_after(shop: Shop, now: Instant, last: str) -> list[str]:
    return shop.writer.run(lambda tx: _adopt(tx, shop, now, last))


def _wake(tx: Transaction, shop: Shop, now: Instant) -> int:
    due = select(customers.c.id).where(customers.c.due_at <= now).order_by(customers.c.due_at).limit(PORTION)
    ids = sorted(tx.core.execute(due).scalars())
    version = tx.active_version()
    if not ids or version is None:
        return 0
    rulebook, journal = shop.rulebooks.now_in_force(version, tx.core), Journal(shop.new_id)
    for row in tx.lock_customers(ids).values():
        if row.due_at <= now:
            journal.wake(brought_to(tx, row, rulebook, shop.rulebooks, journal, now), rulebook, now)
    journal.save(tx)
    return len(ids)


def _adopt(tx: Transaction, shop: Shop, now: Instant, after: str) -> list[str]:
    """Those behind `after` who had not adopted it yet, as many as make a portion."""
    version = tx.active_version()
    if version is None:
        return []
    columns = customers.c
    older = select(columns.id).where(columns.version != version, columns.id > after).order_by(columns.id).limit(PORTION)
    ids = list(tx.core.execute(older).scalars())
    rulebook, journal = shop.rulebooks.now_in_force(version, tx.core), Journal(shop.new_id)
    rows = tx.lock_customers(ids)
    about = cache(lambda: About(tx.core, ids, rulebook))
    for row in rows.values():
        if row.version != version:
            customer = brought_to(tx, row, rulebook, shop.rulebooks, journal, now, about)
            journal.keep(customer, rulebook, now)
    journal.save(tx)
    return ids
