"""What facts that look back need of the record: the orders and the spendings that they speak of, each with what followed."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, select

from regulars.kernel.effects import EXPIRE, Effect
from regulars.kernel.facts import (
    ORDER_FULFILLED,
    WENT_BACK,
    Behaved,
    Fact,
    OrderReturned,
    PointsSpent,
    SpendingReversed,
)
from regulars.kernel.recalled import Memory
from regulars.service.orders import order_key
from regulars.service.records import homes_of, records_of
from regulars.service.rulebooks import Rulebooks
from regulars.store.facts import came_through
from regulars.store.schema import entries, journal, source_keys
from regulars.wire.records import EntryWritten, Step, decode_effects, decode_fact, decode_posted


def recalled(connection: Connection, rulebooks: Rulebooks, customer: str, facts: Iterable[Fact]) -> Memory:
    """A memory for these facts of a customer, of whom everything is written down. An order of somebody else's is not in it."""
    memory = Memory(lambda version: rulebooks.version(version, connection))
    facts = list(facts)
    records = records_of(connection, customer)
    order_ids = {fact.order_id for fact in facts if isinstance(fact, OrderReturned)}
    fulfilled = [fact for fact in facts if isinstance(fact, Behaved) and fact.name in ORDER_FULFILLED]
    order_ids |= {fact.properties.get("order_id", "") for fact in fulfilled}
    if order_ids:
        _recall_orders(connection, memory, records, order_ids)
    spendings = {fact.spending for fact in facts if isinstance(fact, SpendingReversed)}
    if spendings:
        _recall_spendings(connection, memory, records, spendings)
    return memory


def owner_of(connection: Connection, order_id: str) -> str | None:
    """The record that an order came in with; None where there is no such order."""
    fact_id = _facts_of(connection, {order_id}).get(order_id)
    if fact_id is None:
        return None
    row = _order_row(connection, fact_id)
    return None if row is None else (row.via or row.customer)


def _recall_orders(connection: Connection, memory: Memory, records: Sequence[str], order_ids: set[str]) -> None:
    facts = _facts_of(connection, order_ids)
    found: list[str] = []
    for order_id in sorted(facts):
        row = _order_row(connection, facts[order_id])
        if row is not None and (row.via or row.customer) in records:
            found.append(row.fact_id)
            memory.take(_fact(row), _effects(connection, row), row.version)
    if not found:
        return
    for row in connection.execute(_steps(records, journal.c.name.in_(WENT_BACK))):
        fact = _fact(row)
        if isinstance(fact, OrderReturned) and fact.order_id in order_ids:
            memory.take(fact, _effects(connection, row), row.version)
            if fact.added:
                found.append(fact.id)
    columns = entries.c
    expired = select(entries).where(
        columns.customer.in_(homes_of(connection, records)), columns.lot_fact.in_(found), columns.entry == EXPIRE.value
    )
    for entry in connection.execute(expired):
        memory.take(None, [decode_posted(cast("EntryWritten", entry), Step(None, 0, ""))], "")


def _recall_spendings(connection: Connection, memory: Memory, records: Sequence[str], spendings: set[str]) -> None:
    for name, kind in ((PointsSpent.name, PointsSpent), (SpendingReversed.name, SpendingReversed)):
        for row in connection.execute(_steps(records, journal.c.name == name)):
            fact = _fact(row)
            of = (
                fact.id
                if isinstance(fact, PointsSpent)
                else fact.spending
                if isinstance(fact, SpendingReversed)
                else ""
            )
            if isinstance(fact, kind) and of in spendings:
                memory.take(fact, _effects(connection, row), row.version)


def _facts_of(connection: Connection, order_ids: set[str]) -> dict[str, str]:
    """By order the fact that it became."""
    keys = {order_key(id): id for id in order_ids}
    asked = select(source_keys.c.key, source_keys.c.fact_id).where(source_keys.c.key.in_(sorted(keys)))
    return {keys[key]: fact_id for key, fact_id in connection.execute(asked)}


def _order_row(connection: Connection, fact_id: str) -> Row[Any] | None:
    is_it = journal.c.fact_id == fact_id
    return connection.execute(select(journal).where(is_it, journal.c.amount_minor.is_not(None))).first()


def _steps(records: Sequence[str], which: ColumnElement[bool]) -> Any:
    return select(journal).where(came_through(records), which, journal.c.fact_id.is_not(None)).order_by(journal.c.id)


def _fact(row: Row[Any]) -> Fact:
    return decode_fact(row.fact_id, row.customer, row.name, row.source, row.happened_at, row.recorded_at, row.fact)


def _effects(connection: Connection, row: Row[Any]) -> list[Effect]:
    step = Step(row.fact_id, row.recorded_at, row.version)
    asked = select(entries).where(entries.c.customer == row.customer, entries.c.seq == row.seq)
    posted: list[Effect] = [
        decode_posted(cast("EntryWritten", entry), step)
        for entry in connection.execute(asked.order_by(entries.c.ordinal))
    ]
    return posted + decode_effects(row.effects, step)
