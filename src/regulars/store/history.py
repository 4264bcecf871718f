"""What the record holds, as a history: every named customer with all facts, in the order in which they were recorded."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import and_, func, select

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
                facts = facts_of(connection, [id for _, id in portion])
                for _, id in portion:
                    if id in self._merged:
                        facts[id] = [
                            replace(fact, customer=id)
                            for fact in facts_where(connection, came_through(self._merged[id]))
                        ]
            for name, id in portion:
                yield name, tuple(facts.get(id, ()))
