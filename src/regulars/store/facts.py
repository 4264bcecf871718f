"""The facts of the record, as they were recorded."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from regulars.kernel.facts import Fact
from regulars.store.schema import journal
from regulars.wire.records import decode_fact


def facts_of(connection: Connection, customers: Collection[str]) -> dict[str, list[Fact]]:
    """These customers' facts, each one's in the order in which they were folded; whoever has none is left out."""
    by_customer: dict[str, list[Fact]] = {}
    asked = _FACTS.where(journal.c.customer.in_(customers), journal.c.fact_id.is_not(None))
    for row in connection.execute(asked.order_by(journal.c.customer, journal.c.seq)):
        by_customer.setdefault(row.customer, []).append(decode_fact(*row))
    return by_customer


def came_through(records: Collection[str]) -> ColumnElement[bool]:
    """Steps of these records: their own, but for what came through another one that has parted since, and what came through them
    while they belonged to somebody else.
    """
    own = and_(journal.c.customer.in_(records), or_(journal.c.via.is_(None), journal.c.via.in_(records)))
    return or_(own, journal.c.via.in_(records))


def facts_where(connection: Connection, which: ColumnElement[bool]) -> list[Fact]:
    """The facts of which that is true, in the order in which they were recorded."""
    asked = _FACTS.where(which, journal.c.fact_id.is_not(None)).order_by(journal.c.id)
    return [decode_fact(*row) for row in connection.execute(asked)]


_FACTS: Final = select(
    journal.c.fact_id,
    journal.c.customer,
    journal.c.name,
    journal.c.source,
    journal.c.happened_at,
    journal.c.recorded_at,
    journal.c.fact,
)
