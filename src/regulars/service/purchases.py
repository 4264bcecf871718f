"""What a customer bought: every order that counted, and how it stands by the newest word of the shop's platform."""

import heapq
import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, literal, select, tuple_

from regulars.kernel.facts import Instant, OrderCompleted
from regulars.service.records import records_of
from regulars.service.shop import Shop
from regulars.service.timeline import BadCursor
from regulars.store.schema import journal, orders
from regulars.wire.records import decode_fact

CURSOR: Final = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")


class Purchase(Struct, frozen=True):
    """`amount_minor` is what it was worth when it was judged; `status` and `refunded_minor` as the platform says now, None and 0
    where no platform tells.
    """

    order_id: str
    happened_at: Instant
    source: str
    amount_minor: int
    lines: int
    status: str | None
    refunded_minor: int


class Purchases(Struct, frozen=True):
    """The newest first. `next` is the cursor of the page after this one, None on the last."""

    purchases: tuple[Purchase, ...]
    next: str | None


def purchases(shop: Shop, customer: str, cursor: str | None, limit: int) -> Purchases:
    """BadCursor for a cursor that we did not give."""
    before = _place(cursor) if cursor is not None else None
    with shop.store.reading() as connection:
        parts = [
            connection.execute(_of_record(record, before, limit + 1)) for record in records_of(connection, customer)
        ]
        rows = heapq.nlargest(limit + 1, [row for part in parts for row in part], key=_moment)
        facts = [_order(row) for row in rows[:limit]]
        stands = _stands(connection, [fact.order_id for fact in facts])
    found = [_purchase(fact, stands.get(fact.order_id)) for fact in facts]
    last = rows[limit - 1] if len(rows) > limit else None
    return Purchases(tuple(found), f"{last.happened_at}.{last.id}" if last is not None else None)


def _of_record(record: str, before: tuple[Instant, int] | None, limit: int) -> Select[Any]:
    moment, id = journal.c.happened_at, journal.c.id
    asked = select(journal).where(journal.c.customer == record, journal.c.amount_minor.is_not(None))
    asked = asked.order_by(moment.desc(), id.desc()).limit(limit)
    return asked if before is None else asked.where(tuple_(moment, id) < tuple_(*[literal(part) for part in before]))


def _stands(connection: Connection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    asked: Select[Any] = select(orders).where(orders.c.order_id.in_(ids))
    return {row.order_id: row for row in connection.execute(asked)}


def _moment(row: Row[Any]) -> tuple[Instant, int]:
    return row.happened_at, row.id


def _place(cursor: str) -> tuple[Instant, int]:
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor(cursor)
    return int(found[1]), int(found[2])


def _order(row: Row[Any]) -> OrderCompleted:
    fact = decode_fact(row.fact_id, row.customer, row.name, row.source, row.happened_at, row.recorded_at, row.fact)
    assert isinstance(fact, OrderCompleted), "only orders have an amount"
    return fact


def _purchase(fact: OrderCompleted, stands: Row[Any] | None) -> Purchase:
    return Purchase(
        order_id=fact.order_id,
        happened_at=fact.happened_at,
        source=fact.source,
        amount_minor=fact.amount_minor,
        lines=len(fact.lines),
        status=stands.status if stands else None,
        refunded_minor=stands.refunded_minor if stands else 0,
    )
