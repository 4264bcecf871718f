"""Who is in which segment now: worked out customer by customer over the record, by what a condition means (`kernel.segments`).

customers                    everybody whom the shop knows by a name, merged accounts as one; visitors without a name are in
                             no segment
what they did                what came through their records, and what was done on their devices while these were theirs, as
                             their history shows it
points, level, membership    as of the moment, whether somebody has been woken for it or not
profiling                    whoever does not allow it is in no segment
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Row, Select, func, select

from regulars.kernel.consents import PROFILING
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.meaning import Known, is_in
from regulars.kernel.segments.tree import Segment
from regulars.kernel.step import advance
from regulars.service.histories import About
from regulars.service.shop import Shop
from regulars.store.schema import IS_LISTED, customers
from regulars.wire.records import decode_state

PORTION: Final = 100
"""Customers that are read at once."""

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


class Person(Struct, frozen=True):
    name: str
    known: Known


def _belongs(person: Person, segment: Segment, now: Instant) -> bool:
    return PROFILING in person.known.allows and is_in(segment.condition, person.known, now)


def _people(shop: Shop, rulebook: Rulebook, now: Instant, progress: Progress) -> Iterator[Person]:
    with shop.store.reading() as connection:
        number: int = connection.execute(select(func.count()).select_from(customers).where(IS_LISTED)).scalar() or 0
    done, last = 0, ""
    while True:
        with shop.store.one_moment(), shop.store.reading() as connection:
            people = list(portion(shop, connection, rulebook, now, last))
        if not people:
            return
        yield from people
        done, last = done + len(people), people[-1].known.id
        progress(done, max(done, number))


def portion(
    shop: Shop, connection: Connection, rulebook: Rulebook, now: Instant, after: str, *, every_event: bool = False
) -> Iterator[Person]:
    """Those who come next after this id. Of what they did only that at which the program's segments look, or `every_event`."""
    rows = connection.execute(_listed().where(customers.c.id > after).limit(PORTION)).all()
    yield from _told(shop, connection, rulebook, now, rows, every_event)


def those(shop: Shop, connection: Connection, rulebook: Rulebook, now: Instant, ids: Sequence[str]) -> Iterator[Person]:
    """Of these customers those who are listed."""
    rows = connection.execute(_listed().where(customers.c.id.in_(ids))).all()
    yield from _told(shop, connection, rulebook, now, rows, every_event=False)


def _listed() -> Select[Any]:
    asked = select(customers.c.id, customers.c.state, customers.c.version)
    return asked.where(IS_LISTED).order_by(customers.c.id)


def _told(
    shop: Shop, connection: Connection, rulebook: Rulebook, now: Instant, rows: Sequence[Row[Any]], every_event: bool
) -> Iterator[Person]:
    about = About(connection, [row.id for row in rows], rulebook, every_event=every_event)
    for row in rows:
        yield Person(about.name(row.id), _known(shop, connection, row, about, rulebook, now))


def _known(shop: Shop, connection: Connection, row: Any, about: About, rulebook: Rulebook, now: Instant) -> Known:
    theirs = shop.rulebooks.version(row.version, connection)
    state = theirs.new_state() if row.state is None else decode_state(row.state)
    state, _ = advance(state, now, theirs, now)
    held = state.consequences
    return replace(
        about.known(row.id),
        tier=held.tier,
        is_member=rulebook.is_member(state),
        lots=(*held.pending, *held.available),
        lifetime=held.lifetime(),
        segments={segment.id: segment.condition for segment in rulebook.program.segments},
        scores={score.id: score for score in rulebook.program.scores},
        interests={profile.id: profile for profile in rulebook.program.interests},
    )
