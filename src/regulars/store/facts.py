"""The facts of the record, as they were recorded."""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from regulars.kernel.facts import Fact, Instant
from regulars.store.schema import journal
from regulars.wire.records import decode_fact


def facts_of(connection: Connection, customers: Collection[str]) -> dict[str, list[Fact]]:
    """These customers' facts, each one's in the order in which they were folded; whoever has none is left out."""
    by_customer: dict[str, list[Fact]] = {}
    asked = _FACTS.where(journal.c.customer.in_(customers), journal.c.fact_id.is_not(None))
    for row in connection.execute(asked.order_by(journal.c.customer, journal.c.seq)):
        by_customer.setdefault(row.customer, []).append(decode_fact(*row[1:]))
    return by_customer


def came_through(records: Collection[str]) -> ColumnElement[bool]:
    """Steps of these records: their own, but for what came through another one that has parted since, and what came through them
    while they belonged to somebody else.
    """
    own = and_(journal.c.customer.in_(records), or_(journal.c.via.is_(None), journal.c.via.in_(records)))
    return or_(own, journal.c.via.in_(records))


def facts_where(
    connection: Connection,
    which: ColumnElement[bool],
    stretches: "Stretches | None" = None,
    names: Collection[str] | None = None,
) -> list[Fact]:
    """The facts of which that is true, and those that lie in a stretch, in the order in which they were recorded; where `names` are
    given, of these events alone.
    """
    asked = _FACTS.where(journal.c.fact_id.is_not(None))
    if names is not None:
        asked = asked.where(journal.c.name.in_(names))
    rows = {row.id: row for row in connection.execute(asked.where(which))}
    if stretches:
        near = connection.execute(asked.where(stretches.near(journal.c.customer, journal.c.happened_at)))
        rows |= {row.id: row for row in near if stretches.holds(row.customer, row.happened_at)}
    return [decode_fact(*rows[id][1:]) for id in sorted(rows)]


class Stretches:
    """Of some records, from when to when each, half-open.

    A statement asks for what is near them: with a part for each stretch it would be compiled, and kept, once for every number of
    stretches that somebody has.
    """

    def __init__(self, times: Iterable[tuple[str, Instant, Instant]]) -> None:
        self._by_record: dict[str, list[tuple[Instant, Instant]]] = {}
        for record, start, end in times:
            self._by_record.setdefault(record, []).append((start, end))

    def __bool__(self) -> bool:
        return bool(self._by_record)

    def near(self, record: ColumnElement[str], at: ColumnElement[int]) -> ColumnElement[bool]:
        ends = [stretch for stretches in self._by_record.values() for stretch in stretches]
        since, until = min([start for start, _ in ends]), max([end for _, end in ends])
        return and_(record.in_(list(self._by_record)), at >= since, at < until)

    def holds(self, record: str, at: Instant) -> bool:
        return any(start <= at < end for start, end in self._by_record.get(record, ()))


_FACTS: Final = select(
    journal.c.id,
    journal.c.fact_id,
    journal.c.customer,
    journal.c.name,
    journal.c.source,
    journal.c.happened_at,
    journal.c.recorded_at,
    journal.c.fact,
)
