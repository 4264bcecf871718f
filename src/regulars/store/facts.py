"""The facts of the record, as they were recorded."""

from sqlalchemy import Connection, select

from regulars.kernel.facts import Fact
from regulars.store.schema import journal
from regulars.wire.records import decode_fact


def facts_of(connection: Connection, customer: str) -> list[Fact]:
    """One customer's facts, in the order in which they were folded."""
    columns = journal.c
    rows = connection.execute(
        select(
            columns.fact_id,
            columns.customer,
            columns.name,
            columns.source,
            columns.happened_at,
            columns.recorded_at,
            columns.fact,
        )
        .where(columns.customer == customer, columns.fact_id.is_not(None))
        .order_by(columns.seq)
    )
    return [decode_fact(*row) for row in rows]
