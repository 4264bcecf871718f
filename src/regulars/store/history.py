"""What the record holds, as a history: every named customer with all facts, in the order in which they were recorded."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, and_, func, select

from regulars.kernel.facts import Fact, Instant
from regulars.store.database import Store
from regulars.store.facts import came_through, facts_of, facts_where
from regulars.store.schema import customers, identities, journal
from regulars.wire.history import History, HistoryError
from regulars.wire.refusals import Refusal

NAME: Final = "recorded"
PORTION: Final = 100
"""Customers whose facts are read at once."""


class Recorded(Struct, frozen=True):
    """The source: a shop's own record, by URL. A customer goes by the shop's own id, whoever has none by ours."""

    url: str

    def open(
        self, *, currency_exponent: int, currency: str, properties: frozenset[str], others: bool = False
    ) -> History:
        """Amounts are in the shop's currency and every property that was stored is there, whatever is asked for."""
        store = Store(self.url, pooled=False)
        if store.is_missing() or not store.is_migrated():
            raise HistoryError("there is no record yet: run `regulars apply PROGRAM`, then import orders or serve")
        return RecordedHistory(store)


class RecordedHistory:
    name = NAME
    refusals: Sequence[Refusal] = ()
    left_out_orders = 0

    def __init__(self, store: Store) -> None:
        self._store = store
        first_name = func.min(identities.c.value).label("name")
        named = and_(identities.c.customer == customers.c.id, identities.c.kind == "user_id")
        whole = customers.c.known, customers.c.person.is_(None)
        asked = select(customers.c.id, first_name).outerjoin(identities, named).where(*whole)
        merged = select(customers.c.person, customers.c.id).where(customers.c.person.is_not(None))
        with store.reading() as connection:
            rows = connection.execute(asked.group_by(customers.c.id)).all()
            self._merged: dict[str, list[str]] = {}
            for person, record in connection.execute(merged):
                self._merged.setdefault(person, [person]).append(record)
            facts = select(func.count(), func.max(journal.c.happened_at)).where(journal.c.fact_id.is_not(None))
            number, last = connection.execute(facts).one()
        self.rows: int = number
        self.last_happened_at: Instant | None = last
        self._names: list[tuple[str, str]] = sorted([(name or id, id) for id, name in rows])

    @property
    def customer_count(self) -> int:
        return len(self._names)

    def customers(
        self, part: int = 0, parts: int = 1, only: str | None = None
    ) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        wanted = iter([pair for pair in self._names[part::parts] if only is None or pair[0] == only])
        while portion := list(islice(wanted, PORTION)):
            with self._store.reading() as connection:
                facts = _facts(connection, [id for _, id in portion], self._merged)
            for name, id in portion:
                yield name, tuple(facts.get(id, ()))


def latest(store: Store, most: int, most_facts: int) -> list[tuple[str, tuple[Fact, ...]]]:
    """Those who were here last, the latest first, with all that they ever did: at most so many of them, and as many as so many
    facts allow. At least one, if there is any.
    """
    columns = customers.c
    named = and_(identities.c.customer == columns.id, identities.c.kind == "user_id")
    name = select(func.min(identities.c.value)).where(named).scalar_subquery()
    asked = select(columns.id, columns.facts, name.label("name")).where(columns.known, columns.person.is_(None))
    with store.reading() as connection:
        rows = connection.execute(asked.order_by(columns.last_seen_at.desc(), columns.id).limit(most)).all()
        sums = list(accumulate([row.facts for row in rows]))
        rows = [row for row, total in zip(rows, sums, strict=True) if row is rows[0] or total <= most_facts]
        ids = [row.id for row in rows]
        merged: dict[str, list[str]] = {}
        for person, record in connection.execute(select(columns.person, columns.id).where(columns.person.in_(ids))):
            merged.setdefault(person, [person]).append(record)
        facts = _facts(connection, ids, merged)
    return [(row.name or row.id, tuple(facts.get(row.id, ()))) for row in rows]


def _facts(connection: Connection, ids: Sequence[str], merged: Mapping[str, Sequence[str]]) -> dict[str, list[Fact]]:
    facts = facts_of(connection, ids)
    for id in ids:
        if id in merged:
            found = facts_where(connection, came_through(merged[id]))
            facts[id] = [replace(fact, customer=id) for fact in found]
    return facts
