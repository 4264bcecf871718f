"""What was accepted, read back: nothing that was taken may be nonsense."""

from collections.abc import Iterator

from sqlalchemy import Row, select

from regulars.boot import new_id
from regulars.kernel.facts import Instant
from regulars.kernel.program import IdentityKind
from regulars.service.doctor import examine
from regulars.service.people import ANONYMOUS_ID, USER_ID
from regulars.service.shop import Shop, open_shop
from regulars.store.schema import consents, customers, entries, identities, journal, orders, traits, visits
from regulars.wire.events.identities import identifier, is_nobody, usable
from regulars.wire.events.refusals import EventReason, EventRefused
from regulars.wire.records import Step, decode_effects, decode_fact, decode_posted, decode_state
from regulars.wire.sources import parse_instant

EARLIEST = parse_instant("1990-01-01", "UTC")
MOST_MINOR = 10**15


def complaints(database: str, now: Instant) -> list[str]:
    """What is wrong with the record; empty where all is well. Says no more of it than where it stands."""
    shop = open_shop(database, new_id, migrate=False)
    try:
        return [*_of_the_doctor(shop, now), *_of_the_journal(shop, now), *_of_people(shop), *_of_moments(shop, now)]
    finally:
        shop.close()


def facts(database: str) -> int:
    shop = open_shop(database, new_id, migrate=False)
    try:
        with shop.store.reading() as connection:
            return len(connection.execute(select(journal.c.id).where(journal.c.fact_id.is_not(None))).all())
    finally:
        shop.close()


def _of_the_doctor(shop: Shop, now: Instant) -> Iterator[str]:
    for finding in examine(shop, now):
        if not finding.good:
            yield f"the doctor: {finding.what}: {finding.found}"


def _of_the_journal(shop: Shop, now: Instant) -> Iterator[str]:
    with shop.store.reading() as connection:
        steps = connection.execute(select(journal)).all()
        of_step = {(row.customer, row.seq): row for row in steps}
        for row in steps:
            yield from _of_step(row, now)
        for entry in connection.execute(select(entries)):
            step = of_step[entry.customer, entry.seq]
            decode_posted(tuple(entry), Step(step.fact_id, step.recorded_at, step.version))
        for (state,) in connection.execute(select(customers.c.state).where(customers.c.state.is_not(None))):
            decode_state(state)


def _of_step(row: Row[tuple[object, ...]], now: Instant) -> Iterator[str]:
    decode_effects(row.effects, Step(row.fact_id, row.recorded_at, row.version))
    if row.fact_id is None:
        return
    fact = decode_fact(row.fact_id, row.customer, row.name, row.source, row.happened_at, row.recorded_at, row.fact)
    if not EARLIEST <= fact.happened_at <= now or fact.happened_at > fact.recorded_at:
        yield f"journal {row.id} happened at {fact.happened_at}"
    if row.amount_minor is not None and abs(row.amount_minor) > MOST_MINOR:
        yield f"journal {row.id} is worth {row.amount_minor}"


def _of_people(shop: Shop) -> Iterator[str]:
    rulebook = shop.rulebooks.latest()
    assert rulebook is not None
    kinds = {kind.kind: kind for kind in rulebook.program.kinds()}
    with shop.store.reading() as connection:
        for kind, value, record in connection.execute(
            select(identities.c.kind, identities.c.value, identities.c.record)
        ):
            if not _is_normal(kind, value, kinds):
                yield f"an identity of kind {kind} of {record} is not in normal form"


def _is_normal(kind: str, value: str, kinds: dict[str, IdentityKind]) -> bool:
    if kind not in (USER_ID, ANONYMOUS_ID):
        return kind in kinds and usable(kinds[kind], value) == value
    try:
        return identifier(value, kind, EventReason.BAD_IDENTITY) == value and not is_nobody(value)
    except EventRefused:
        return False


def _of_moments(shop: Shop, now: Instant) -> Iterator[str]:
    asked = {
        "customers": (customers.c.first_seen_at, customers.c.last_seen_at),
        "consents": (consents.c.happened_at, consents.c.recorded_at),
        "traits": (traits.c.happened_at,),
        "visits": (visits.c.started_at, visits.c.last_at),
        "orders": (orders.c.placed_at,),
    }
    with shop.store.reading() as connection:
        for table, columns in asked.items():
            for row in connection.execute(select(*columns)):
                if not all(EARLIEST <= moment <= now for moment in row):
                    yield f"{table}: a moment out of bounds: {tuple(row)}"
