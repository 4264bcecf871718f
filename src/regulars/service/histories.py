"""What is known of some customers, read together where most of them are alike: what they did, who they are, what they allow.

what they did     what came through their records, and what was done on their devices while these were theirs
who they are      merged accounts as one
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from regulars.kernel.consents import standing
from regulars.kernel.facts import Fact
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.scores.tree import events_of as events_of_scores
from regulars.kernel.segments.meaning import Known
from regulars.kernel.segments.tree import VISIT_SAYS, Condition, Visited, inside_of
from regulars.kernel.segments.tree import events_of as events_in
from regulars.service.consents import standings
from regulars.service.devices import device_times
from regulars.service.people import ANONYMOUS_ID, USER_ID
from regulars.service.records import records_of
from regulars.service.traits import traits_of
from regulars.store.facts import Stretches, came_through, facts_where
from regulars.store.schema import consents, identities, journal, merges, visits


class About:
    """What is known of some customers, read together where most of them are alike: of what they did that at which the program's
    segments look, or `every_event`.
    """

    def __init__(
        self, connection: Connection, ids: Sequence[str], rulebook: Rulebook, *, every_event: bool = False
    ) -> None:
        self._connection = connection
        self._program, self._calendar = rulebook.program, rulebook.calendar
        self._events = None if every_event else sorted(events_of(rulebook.program))
        self._identities = self._read_identities(ids)
        self._merged = self._read_merged(ids)
        self._facts = self._read_facts([id for id in ids if id not in self._merged])
        self._asks_for_visits = every_event or asks_for_visits(rulebook.program)
        self._visits: dict[str, list[Any]] = {}
        for visit in self._read_visits(visits.c.record.in_(ids)) if self._asks_for_visits else ():
            self._visits.setdefault(visit.record, []).append(visit)
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
        stretches = self._on_devices(id)
        if id in self._merged or stretches:
            facts = self._where(came_through(self._records(id)), stretches)
        else:
            facts = self._facts.get(id, [])
        return tuple(sorted(facts, key=lambda fact: fact.happened_at))

    def visits(self, id: str) -> tuple[dict[str, str], dict[str, str]]:
        """What the first and the last visit of theirs say; robots have none. Nothing where the program does not ask."""
        if not self._asks_for_visits:
            return {}, {}
        found = self._visits.get(id, [])
        if id in self._merged:
            found = self._read_visits(visits.c.record.in_(self._merged[id]))
        if stretches := self._on_devices(id):
            near = self._read_visits(stretches.near(visits.c.record, visits.c.started_at))
            found = [*found, *[visit for visit in near if stretches.holds(visit.record, visit.started_at)]]
        by_time = sorted(found, key=lambda visit: (visit.started_at, visit.id))
        return (_said(by_time[0]), _said(by_time[-1])) if by_time else ({}, {})

    def known(self, id: str) -> Known:
        """All of that; nothing of what they hold."""
        first_visit, last_visit = self.visits(id)
        return Known(
            id,
            self._calendar,
            self.facts(id),
            traits=self.traits(id),
            first_visit=first_visit,
            last_visit=last_visit,
            kinds=self.kinds(id),
            allows=self.allows(id),
        )

    def _records(self, id: str) -> list[str]:
        return self._merged.get(id, [id])

    def _on_devices(self, id: str) -> Stretches:
        """When which device was theirs."""
        is_on_any = ANONYMOUS_ID in self.kinds(id)
        return Stretches(device_times(self._connection, id, self._program.shared_device) if is_on_any else ())

    def _where(self, which: ColumnElement[bool], stretches: Stretches | None = None) -> list[Fact]:
        return [] if self._events == [] else facts_where(self._connection, which, stretches, self._events)

    def _read_facts(self, ids: Sequence[str]) -> dict[str, list[Fact]]:
        """Of those who were never merged with anybody: all that came is their own."""
        found: dict[str, list[Fact]] = {}
        for fact in self._where(journal.c.customer.in_(ids)):
            found.setdefault(fact.customer, []).append(fact)
        return found

    def _read_visits(self, which: Any) -> list[Any]:
        return list(self._connection.execute(select(*_VISIT).where(which, visits.c.bot.is_(None))))

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
    of_segments = [events_in(segment.condition) for segment in program.segments]
    return set().union(*of_segments, *map(events_of_scores, program.scores), *map(events_of_scores, program.interests))


def asks_for_visits(program: Program) -> bool:
    """Whether any of its segments does."""
    return any(_ask_for_visits(segment.condition) for segment in program.segments)


def _ask_for_visits(condition: Condition) -> bool:
    return isinstance(condition, Visited) or any(map(_ask_for_visits, inside_of(condition)))


def _said(visit: Any) -> dict[str, str]:
    """What it says, by the names of `VISIT_SAYS`."""
    return {name: said for name in VISIT_SAYS if (said := getattr(visit, name))}


_VISIT: Final = [
    visits.c.id,
    visits.c.record,
    visits.c.started_at,
    *[visits.c["traffic_source" if name == "source" else name].label(name) for name in VISIT_SAYS],
]
