"""Records, read: which belong to whom, and how identities are tied to them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from regulars.store.schema import customers, identities, merges
from regulars.store.transaction import IdentityKey, Links, links_of


def records_in(connection: Connection, record: str) -> list[str]:
    """The records that were merged into this one, and into those, it not included."""
    found: list[str] = []
    waiting = [record]
    while waiting:
        waiting = [one for one in under(connection, waiting) if one not in found]
        found += waiting
    return found


def records_of(connection: Connection, customer: str) -> list[str]:
    """All records of a customer, its own first."""
    asked = select(customers.c.id).where(customers.c.person == customer).order_by(customers.c.id)
    return [customer, *connection.execute(asked).scalars()]


def drawing_name(connection: Connection, record: str) -> str:
    """By what a customer is drawn for trials: the shop's own id of this record, or ours where the shop has none. So a backtest of
    the shop's orders, and a record that is taken in anew, draw as the live shop does.
    """
    columns = identities.c
    asked = select(columns.value).where(columns.record == record, columns.kind == "user_id").order_by(columns.value)
    return connection.execute(asked.limit(1)).scalar() or record


def homes_of(connection: Connection, records: Sequence[str]) -> list[str]:
    """These records, and every other in which they, or what they were in, ever went up: there their facts may be written down."""
    found = list(records)
    waiting = found
    while waiting:
        asked = select(merges.c.into).where(merges.c.record.in_(waiting)).distinct().order_by(merges.c.into)
        waiting = [one for one in connection.execute(asked).scalars() if one not in found]
        found += waiting
    return found


def under(connection: Connection, records: Sequence[str]) -> list[str]:
    asked = select(merges.c.record).where(merges.c.into.in_(records), merges.c.parted_at.is_(None))
    return list(connection.execute(asked.order_by(merges.c.record)).scalars())


def links_among(connection: Connection, keys: Sequence[IdentityKey]) -> Links:
    """How these identities are tied."""
    columns = identities.c
    asked = select(
        columns.kind,
        columns.value,
        columns.record,
        columns.customer,
        columns.trust,
        columns.first_at,
        columns.first_fact,
    )
    wanted = set(keys)
    found: list[Any] = []
    for kind in sorted({kind for kind, _ in wanted}):
        values = sorted([value for one, value in wanted if one == kind])
        for place in range(0, len(values), 500):
            rows = connection.execute(asked.where(columns.kind == kind, columns.value.in_(values[place : place + 500])))
            found += rows.all()
    return links_of([tuple(row) for row in found])


def owners_of(connection: Connection, records: Sequence[str]) -> list[str]:
    """Whoever claims the devices of which these are the records."""
    own, claim = identities.alias(), identities.alias()
    same = and_(claim.c.kind == own.c.kind, claim.c.value == own.c.value, claim.c.record != own.c.record)
    asked = (
        select(claim.c.customer).join(own, same).where(own.c.record.in_(records), own.c.trust == "visitor").distinct()
    )
    return list(connection.execute(asked.order_by(claim.c.customer)).scalars())
