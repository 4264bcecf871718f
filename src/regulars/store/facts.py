"""The facts of the record, as they were recorded."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from regulars.kernel.facts import Fact
from regulars.store.schema import journal
from regulars.wire.records import decode_fact


def facts_of(connection: Connection, customers: Collection[str]) -> dict[str, list[Fact]]:
    """These customers' facts, each one's in the order in which they were folded; whoever has none is left out."""
    columns = journal.c
    asked = select(
        columns.fact_id,
        columns.customer,
        columns.name,
        columns.source,
        columns.happened_at,
        columns.recorded_at,
        columns.fact,
    ).where(columns.customer.in_(customers), columns.fact_id.is_not(None))
    by_customer: dict[str, list[Fact]] = {}
    for row in connection.execute(asked.order_by(columns.customer, columns.seq)):
        by_customer.setdefault(row.customer, []).append(decode_fact(*row))
    return by_customer
