"""Orders as a platform tells them: again and again, whole each time, in any order of arrival.

The newest word by the platform's own stamp holds (`orders`); older ones that come later change nothing. An order becomes a
fact once, when a word first says that it was paid: it is judged by what it was worth then, before anything went back. What
happens to it afterwards is told by facts of their own: `Order Updated`, `Order Cancelled`, `Order Refunded`. Each says how the
order stands, line by line, so that whatever came between, or came twice, or never, it ends where the platform has it.
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import insert, select, update

from regulars.kernel.facts import Instant
from regulars.store.schema import orders, source_keys
from regulars.store.transaction import Transaction
from regulars.wire.events import Arrival, Did, Ordered, OrderTold, Stands, WentBack
from regulars.wire.history import fact_id

PAID: Final = ("paid", "partly_refunded", "refunded")
GONE: Final = ("refunded", "cancelled")
STAGES: Final = ("placed", "paid", "partly_refunded", "refunded", "cancelled")
TOLD: Final = {
    "placed": "Order Placed",
    "paid": "Order Updated",
    "partly_refunded": "Order Refunded",
    "refunded": "Order Refunded",
    "cancelled": "Order Cancelled",
}


def order_key(order_id: str) -> str:
    return fact_id("order", order_id)


class Standing:
    """How the orders of a group stand, before it and after each word of it."""

    def __init__(self, tx: Transaction, arrivals: Sequence[Arrival]) -> None:
        ids = sorted({one.deed.order_id for one in arrivals if isinstance(one.deed, OrderTold)})
        asked = select(orders).where(orders.c.order_id.in_(ids))
        if tx.shared:
            asked = asked.order_by(orders.c.order_id).with_for_update()
        self._rows = {row.order_id: dict(row._mapping) for row in tx.core.execute(asked)}
        self._before = set(self._rows)
        keys = {order_key(id): id for id in ids if id not in self._rows}
        known = select(source_keys.c.key, source_keys.c.fact_id).where(source_keys.c.key.in_(keys))
        self._facts = {keys[key]: fact for key, fact in tx.core.execute(known)} if keys else {}
        self._changed: set[str] = set()

    def hear(self, one: Arrival) -> list[Arrival]:
        """What this word amounts to: nothing where a newer one was heard, else an order, a deed, or both."""
        told = one.deed
        assert isinstance(told, OrderTold)
        row = self._rows.get(told.order_id)
        if row is not None and _newness(told) < (row["updated_at"], STAGES.index(row["status"]), row["refunded_minor"]):
            return self._late(one, told, row)
        happened: list[Arrival] = []
        fact = row["fact_id"] if row else self._facts.get(told.order_id)
        if fact is None and told.status in PAID:
            fact = one.id
            happened.append(replace(one, deed=Ordered(told.order_id, told.lines, told.amount_minor, told.bill)))
        if not happened or told.status != "paid":
            later = fact_id(one.id, told.status) if happened else one.id
            before = row["amount_minor"] - row["refunded_minor"] if row and not happened else told.amount_minor
            if fact is not None and (told.status in GONE or told.status in PAID or (row and row["status"] in PAID)):
                deed: Did | WentBack | Stands = _stands(told, before)
            else:
                deed = _deed(told, before, is_known=fact is not None)
            happened.append(replace(one, id=later, deed=deed, happened_at=_moment(one, told)))
        self._changed.add(told.order_id)
        self._rows[told.order_id] = {
            "order_id": told.order_id,
            "record": row["record"] if row else None,
            "status": told.status,
            "amount_minor": told.amount_minor,
            "refunded_minor": told.refunded_minor,
            "placed_at": one.happened_at,
            "updated_at": told.updated_at,
            "source": one.source,
            "fact_id": fact,
        }
        return happened

    def _late(self, one: Arrival, told: OrderTold, row: dict[str, Any]) -> list[Arrival]:
        """An older word changes nothing about how the order stands; but it may be the first to say that it was paid."""
        if row["fact_id"] is not None or told.status not in PAID:
            return []
        self._changed.add(told.order_id)
        self._rows[told.order_id] = {**row, "fact_id": one.id}
        ordered = replace(one, deed=Ordered(told.order_id, told.lines, told.amount_minor, told.bill))
        since = replace(told, status=row["status"], refunded_minor=row["refunded_minor"], updated_at=row["updated_at"])
        deed = _deed(since, told.amount_minor, is_known=True)
        if isinstance(deed, Did):
            return [ordered]
        return [ordered, replace(one, id=fact_id(one.id, since.status), deed=deed, happened_at=_moment(one, since))]

    def of(self, order_id: str, record: str) -> None:
        """Whose it is."""
        if order_id in self._rows:
            self._rows[order_id]["record"] = record

    def save(self, tx: Transaction) -> None:
        rows = [self._rows[id] for id in sorted(self._changed)]
        new = [row for row in rows if row["order_id"] not in self._before]
        if new:
            tx.core.execute(insert(orders), new)
        for row in rows:
            if row["order_id"] in self._before:
                tx.core.execute(update(orders).where(orders.c.order_id == row["order_id"]).values(row))


def _newness(told: OrderTold) -> tuple[Instant, int, int]:
    """Of two words with one stamp, the one that is further on is the newer."""
    return told.updated_at, STAGES.index(told.status), told.refunded_minor


def _stands(told: OrderTold, before_minor: int) -> Stands:
    back = told.back or tuple([(0, 0) for _ in told.lines])
    gone_minor = before_minor - (told.amount_minor - told.refunded_minor)
    is_gone = told.status in GONE
    return Stands(TOLD[told.status], told.order_id, told.lines, back, is_gone, gone_minor)


def _deed(told: OrderTold, before_minor: int, *, is_known: bool) -> Did | WentBack:
    """Of an order that became a fact, what went back of what was left of it before."""
    if is_known and told.status in ("refunded", "cancelled"):
        return WentBack(TOLD[told.status], told.order_id)
    gone_minor = before_minor - (told.amount_minor - told.refunded_minor)
    if is_known and gone_minor > 0:
        return WentBack(TOLD[told.status], told.order_id, (), gone_minor)
    amounts = {"amount_minor": str(told.amount_minor), "refunded_minor": str(told.refunded_minor)}
    return Did(TOLD[told.status], {"order_id": told.order_id, **amounts})


def _moment(one: Arrival, told: OrderTold) -> Instant:
    """An update happened when the platform wrote it down."""
    return max(one.happened_at, told.updated_at) if told.status != "placed" else one.happened_at
