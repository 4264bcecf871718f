"""Who is in which segment now: worked out customer by customer over the record, by what a condition means (`kernel.segments`).

customers                    everybody whom the shop knows by a name, merged accounts as one; visitors without a name are in
                             no segment
what they did                what came through their records, and what was done on their devices while these were theirs, as
                             their history shows it
points, level, membership    as of the moment, whether somebody has been woken for it or not
profiling                    whoever does not allow it is in no segment
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, and_, func, or_, select

from regulars.kernel.consents import standing
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.meaning import Known, is_in
from regulars.kernel.segments.tree import Condition, Did, InOrder, Segment, Since, inside_of
from regulars.kernel.step import advance
from regulars.service.consents import standings
from regulars.service.devices import device_times
from regulars.service.merging import records_of
from regulars.service.people import ANONYMOUS_ID, USER_ID
from regulars.service.shop import Shop
from regulars.service.traits import traits_of
from regulars.store.facts import came_through, facts_where
from regulars.store.schema import IS_LISTED, consents, customers, identities, journal, merges
from regulars.wire.records import decode_state

PORTION: Final = 100
"""Customers that are read at once."""
PROFILING: Final = "profiling"

Progress = Callable[[int, int], None]
"""How many are done, of how many."""


class NoSuchSegment(ValueError):
    """The program in force has no segment of that name."""


class SegmentSize(Struct, frozen=True):
    """`who` is the segment in words."""

    id: str
    customers: int
    who: str


class Sizes(Struct, frozen=True):
    """In the order of the program. Of `customers`, `without_profiling` do not allow it and are in none."""

    as_of: Instant
    customers: int
    without_profiling: int
    segments: tuple[SegmentSize, ...]


def sizes(shop: Shop, now: Instant, progress: Progress = lambda _done, _of: None) -> Sizes | None:
    """None while no program is in force."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return None
    segments = rulebook.program.segments
    counts = dict.fromkeys([segment.id for segment in segments], 0)
    seen = objecting = 0
    for person in _people(shop, rulebook, now, progress):
        seen += 1
        objecting += PROFILING not in person.known.allows
        for segment in segments:
            counts[segment.id] += _belongs(person, segment, now)
    words = rulebook.program.words()
    told = [SegmentSize(segment.id, counts[segment.id], segment.who(words)) for segment in segments]
    return Sizes(now, seen, objecting, tuple(told))


def members(shop: Shop, id: str, now: Instant, progress: Progress = lambda _done, _of: None) -> Iterator[str]:
    """Who is in a segment: by the shop's own id, whoever has none by ours; in the order of our ids. NoSuchSegment."""
    rulebook = shop.rulebooks.in_force()
    segment = next((one for one in rulebook.program.segments if one.id == id), None) if rulebook else None
    if rulebook is None or segment is None:
        raise NoSuchSegment(id)
    return (person.name for person in _people(shop, rulebook, now, progress) if _belongs(person, segment, now))


# --- one after the other -----------------------------------------------------------------------------------------------


class _Person(Struct, frozen=True):
    name: str
    known: Known


def _belongs(person: _Person, segment: Segment, now: Instant) -> bool:
    return PROFILING in person.known.allows and is_in(segment.condition, person.known, now)


def _people(shop: Shop, rulebook: Rulebook, now: Instant, progress: Progress) -> Iterator[_Person]:
    with shop.store.reading() as connection:
        number: int = connection.execute(select(func.count()).select_from(customers).where(IS_LISTED)).scalar() or 0
    done, last = 0, ""
    while True:
        with shop.store.one_moment(), shop.store.reading() as connection:
            people = list(_portion(shop, connection, rulebook, now, last))
        if not people:
            return
        yield from people
        done, last = done + len(people), people[-1].known.id
        progress(done, max(done, number))


def _portion(shop: Shop, connection: Connection, rulebook: Rulebook, now: Instant, after: str) -> Iterator[_Person]:
    asked = select(customers.c.id, customers.c.state, customers.c.version).where(IS_LISTED, customers.c.id > after)
    rows = connection.execute(asked.order_by(customers.c.id).limit(PORTION)).all()
    about = _About(connection, [row.id for row in rows], rulebook)
    for row in rows:
        yield _Person(about.name(row.id), _known(shop, connection, row, about, rulebook, now))


def _known(shop: Shop, connection: Connection, row: Any, about: "_About", rulebook: Rulebook, now: Instant) -> Known:
    theirs = shop.rulebooks.version(row.version, connection)
    state = theirs.new_state() if row.state is None else decode_state(row.state)
    state, _ = advance(state, now, theirs, now)
    held = state.consequences
    return Known(
        row.id,
        rulebook.calendar,
        about.facts(row.id),
        about.traits(row.id),
        about.kinds(row.id),
        about.allows(row.id),
        held.tier,
        rulebook.is_member(state),
        (*held.pending, *held.available),
        held.issued + held.moved,
        {segment.id: segment.condition for segment in rulebook.program.segments},
    )


class _About:
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
