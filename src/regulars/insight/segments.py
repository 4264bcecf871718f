"""Who is in which segment: asked of everybody at once.

Whoever does not allow profiling is in none. All answers are as of the moment given, by the tables as they were written last.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import ibis
from ibis.expr.types import Table
from msgspec import Struct

from regulars.insight.engines import Engine
from regulars.insight.lowering import Lowering
from regulars.insight.moments import Moment
from regulars.insight.tables import table
from regulars.kernel.segments.tree import All, Condition, Did, InSegment, Segment, events_of, inside_of

AT_ONCE: Final = 100
"""Segments in one query."""
SAMPLE: Final = 5


class Customer(Struct, frozen=True):
    """By our id, and the name by which the shop knows them."""

    id: str
    name: str


class Membership(Struct, frozen=True):
    """In which segments somebody is, by their ids."""

    customer: Customer
    segments: tuple[str, ...]


class Preview(Struct, frozen=True):
    """How many customers, and some of them, always the same ones."""

    customers: int
    sample: tuple[Customer, ...]


class Overlap(Struct, frozen=True):
    """How many customers are in either of two segments, and in both."""

    one: int
    other: int
    both: int


class Everybody(Struct, frozen=True):
    customers: int
    without_profiling: int


def everybody(engine: Engine) -> Everybody:
    people = table("people")
    found = people.aggregate(customers=people.count(), without=people.count(where=~people.profiling))
    return Everybody(*engine.rows(found)[0])


def sizes(engine: Engine, segments: Sequence[Segment], moment: Moment) -> Mapping[str, int]:
    """How many customers are in each, by its id."""
    found: dict[str, int] = {}
    for first in range(0, len(segments), AT_ONCE):
        some = segments[first : first + AT_ONCE]
        counts = _counts(engine, [one.condition for one in some], moment)
        found |= zip([one.id for one in some], counts, strict=True)
    return found


def members(engine: Engine, condition: Condition, moment: Moment) -> Iterator[Customer]:
    """In the order of our ids."""
    people = _narrowed(engine, condition, moment).order_by("id").select("id", "name")
    return (Customer(*row) for row in engine.rows(people))


def memberships(engine: Engine, segments: Sequence[Segment], moment: Moment) -> Iterator[Membership]:
    """Of everybody who allows profiling, in the order of our ids."""
    ids = [one.id for one in segments]
    people = _people(engine, [one.condition for one in segments], moment).order_by("id")
    for id, name, *inside in engine.rows(people):
        yield Membership(
            Customer(id, name), tuple([segment for segment, is_in in zip(ids, inside, strict=True) if is_in])
        )


def preview(engine: Engine, condition: Condition, moment: Moment, sample: int = SAMPLE) -> Preview:
    people = _narrowed(engine, condition, moment)
    counted = people.mutate(customers=people.count().over(ibis.window()))
    rows = engine.rows(counted.order_by("id").limit(sample).select("customers", "id", "name"))
    return Preview(rows[0][0] if rows else 0, tuple([Customer(id, name) for _, id, name in rows]))


def overlap(engine: Engine, one: Condition, other: Condition, moment: Moment) -> Overlap:
    people = _people(engine, [one, other], moment)
    found = people.aggregate(
        one=people.count(where=people.in_0),
        other=people.count(where=people.in_1),
        both=people.count(where=people.in_0 & people.in_1),
    )
    return Overlap(*engine.rows(found)[0])


def _counts(engine: Engine, conditions: Sequence[Condition], moment: Moment) -> tuple[int, ...]:
    people = _people(engine, conditions, moment)
    numbers = {f"number_{place}": people.count(where=people[f"in_{place}"]) for place in range(len(conditions))}
    return engine.rows(people.aggregate(**numbers))[0]


def _people(engine: Engine, conditions: Sequence[Condition], moment: Moment) -> Table:
    """Those who allow profiling; `in_0`, `in_1`, ... say whether they are in it."""
    lowering = Lowering(moment, engine)
    truths = [lowering.truth(one) for one in conditions]
    everybody = lowering.sheet.table()
    allowing = everybody.filter(everybody.profiling)
    inside = {f"in_{place}": truth(allowing).fill_null(False) for place, truth in enumerate(truths)}
    return allowing.select("id", "name", **inside)


def _narrowed(engine: Engine, condition: Condition, moment: Moment) -> Table:
    """Of `people` those who are in it. What must all hold is asked one after the other, the cheapest first, and each time only of
    those who are left.
    """
    people = table("people")
    left, asked = people.filter(people.profiling), False
    for one in sorted(_all_of(condition), key=_cost):
        lowering = Lowering(moment, engine, left if asked else None)
        truth = lowering.truth(one)
        found = lowering.sheet.table()
        found = found.filter(found.profiling, truth(found))
        left, asked = found.select(*people.columns), True
    return left


def _all_of(condition: Condition) -> tuple[Condition, ...]:
    if not isinstance(condition, All):
        return (condition,)
    return tuple([part for one in condition.conditions for part in _all_of(one)])


def _cost(condition: Condition) -> int:
    """A guess: what people are is cheaper to look up than what they did, and less of it than all of it."""
    inside = inside_of(condition)
    if inside:
        return max(map(_cost, inside))
    if isinstance(condition, Did):
        return 1 if condition.where else 2
    return 3 if events_of(condition) or isinstance(condition, InSegment) else 0
