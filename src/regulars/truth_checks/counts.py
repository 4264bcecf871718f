"""How much came in, and what became of it."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from regulars.kernel.facts import Instant
from regulars.service.likelihood import SOURCE
from regulars.service.made import taken_in
from regulars.service.shop import Shop
from regulars.store.schema import identities, impersonal, journal, merges
from regulars.truth_checks.held import Finding, Truths, equal


def check(shop: Shop, truths: Truths, _now: Instant) -> Iterator[Finding]:
    """What was refused is cleared away in time, so that it is counted where it was answered."""
    told, came = truths.counts, taken_in(shop)
    if came is None:
        yield Finding("the year is in this shop", False, "taken in", "never taken in: regulars take-in DIR")
        return
    with shop.store.reading() as connection:
        facts, unstored = _facts(connection), _unstored(connection)
        yield equal("messages that came", told.messages, came.messages)
        yield equal("requests that they came in", told.requests, came.requests)
        yield equal("facts", told.facts, facts)
        yield equal("of these without consent, only counted", told.unstored, unstored)
        yield equal("messages that were there already", told.duplicates, came.accepted - facts - unstored)
        for reason in sorted({*told.refused, *came.refused}):
            yield equal(f"refused: {reason}", told.refused.get(reason, 0), came.refused.get(reason, 0))
        yield equal("orders that count", told.orders, _orders(connection))
        yield equal("accounts", told.accounts, _accounts(connection))
        yield equal("records that went up in another", told.merges, _merges(connection))


def _facts(connection: Connection) -> int:
    """What Regulars says of its own accord is none of the year's."""
    return connection.execute(
        select(func.count()).where(journal.c.fact_id.is_not(None), journal.c.source != SOURCE)
    ).scalar_one()


def _unstored(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(impersonal.c.number), 0))).scalar_one())


def _orders(connection: Connection) -> int:
    return connection.execute(select(func.count()).where(journal.c.amount_minor.is_not(None))).scalar_one()


def _accounts(connection: Connection) -> int:
    named = select(func.count(identities.c.value.distinct())).where(identities.c.kind == "user_id")
    return connection.execute(named).scalar_one()


def _merges(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(merges).where(merges.c.parted_at.is_(None))).scalar_one()
