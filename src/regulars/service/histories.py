"""What is known of some customers, read together where most of them are alike: what they did, who they are, what they allow.

what they did     what came through their records, and what was done on their devices while these were theirs
who they are      merged accounts as one
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from regulars.kernel.consents import standing
from regulars.kernel.facts import Fact
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.tree import Condition, Did, InOrder, Since, inside_of
from regulars.service.consents import standings
from regulars.service.devices import device_times
from regulars.service.merging import records_of
from regulars.service.people import ANONYMOUS_ID, USER_ID
from regulars.service.traits import traits_of
from regulars.store.facts import came_through, facts_where
from regulars.store.schema import consents, identities, journal, merges


class About:
    """What is known of some customers, read together where most of them are alike."""

    def __init__(self, connection: Connection, ids: Sequence[str], rulebook: Rulebook) -> None:
        self._connection = connection
        self._program = rulebook.program
        self._events = sorted(events_of(rulebook.program))
        self._identities = self._read_identities(ids)
        self._merged = self._read_merged(ids)
        self._facts = self._read_facts([id for id in ids if id not in self._merged])
        self._spoken = self._read_spoken([record for id in ids for record in self._records(id)])
        self._unspoken = frozenset(
            [rule.purpose for rule in rulebook.program.consent if standing(rule, []).standing.allows]
        )

    def name(self, id: str) -> str:
        return min([value for kind, value in self._identities.get(id, ()) if kind == USER_ID], default=id)

    def kinds(self, id: str) -> frozenset[str]:
        return frozenset([kind for kind, _ in self._identities.get(id, ())])

    def traits(self, id: str) -> dict[str, str]:
        return {trait.name: trait.value for trait in traits_of(self._connection, self._records(id))}

    def allows(self, id: str) -> frozenset[str]:
        records = self._records(id)
        if self._spoken.isdisjoint(records):
            return self._unspoken
        found = standings(self._connection, records, self._program)
        return frozenset([one.purpose for one in found if one.allows])

    def facts(self, id: str) -> tuple[Fact, ...]:
        """In the order in which they happened; what happened at once, as it was recorded."""
        facts = self._facts.get(id, [])
        if id in self._merged:
            facts = self._where(came_through(self._merged[id]))
        if ANONYMOUS_ID in self.kinds(id):
            facts = list({fact.id: fact for fact in [*facts, *self._on_devices(id)]}.values())
        return tuple(sorted(facts, key=lambda fact: fact.happened_at))

    def _records(self, id: str) -> list[str]:
        return self._merged.get(id, [id])

    def _on_devices(self, id: str) -> list[Fact]:
        times = device_times(self._connection, id, self._program.shared_device)
        stretches = [
            and_(journal.c.customer == record, journal.c.happened_at >= start, journal.c.happened_at < end)
            for record, start, end in times
        ]
        return self._where(or_(*stretches)) if stretches else []

    def _where(self, which: Any) -> list[Fact]:
        return facts_where(self._connection, and_(which, journal.c.name.in_(self._events))) if self._events else []

    def _read_facts(self, ids: Sequence[str]) -> dict[str, list[Fact]]:
        """Of those who were never merged with anybody: all that came is their own."""
        found: dict[str, list[Fact]] = {}
        for fact in self._where(journal.c.customer.in_(ids)):
            found.setdefault(fact.customer, []).append(fact)
        return found

    def _read_merged(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """All records of those who were ever merged with somebody."""
        columns = merges.c
        asked = (
            select(columns.into)
            .where(columns.into.in_(ids))
            .union(select(columns.record).where(columns.record.in_(ids)))
        )
        return {id: records_of(self._connection, id) for id in self._connection.execute(asked).scalars()}

    def _read_identities(self, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        columns = identities.c
        asked = select(columns.customer, columns.kind, columns.value).where(columns.customer.in_(ids)).distinct()
        found: dict[str, list[tuple[str, str]]] = {}
        for customer, kind, value in self._connection.execute(asked):
            found.setdefault(customer, []).append((kind, value))
        return found

    def _read_spoken(self, records: Collection[str]) -> frozenset[str]:
        """Those of whom somebody ever said a word about a consent."""
        asked = select(consents.c.record).where(consents.c.record.in_(records)).distinct()
        return frozenset(self._connection.execute(asked).scalars())


def events_of(program: Program) -> set[str]:
    """The events at which the program's segments look."""
    return {event for segment in program.segments for event in _events(segment.condition)}


def _events(condition: Condition) -> Iterator[str]:
    for one in inside_of(condition):
        yield from _events(one)
    if isinstance(condition, Did | Since):
        yield condition.event
    elif isinstance(condition, InOrder):
        yield from [step.event for step in condition.steps]
