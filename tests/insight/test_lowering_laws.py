"""The law of the batch form: whoever the customers are, a condition says of each exactly what `kernel.segments.meaning` says, on
DuckDB as on PostgreSQL.

A town of customers is drawn once and asked again and again: conditions, what they name and the moment are drawn anew each time.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.insight.engines import Engine
from regulars.insight.moments import Moment
from regulars.insight.segments import members, memberships
from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import Behaved, Fact, Instant, OrderCompleted
from regulars.kernel.segments import tree, values
from regulars.kernel.segments.meaning import Known, is_in
from tests.databases import fresh_database
from tests.insight.loaded import PROFILING, in_duckdb, in_postgresql
from tests.kernel.segments import drawn
from tests.shop import at

EXAMPLES = settings().max_examples if settings().max_examples > 100 else 25
"""Each asks two databases about a hundred customers."""
CUSTOMERS = 150
ZONE = "America/New_York"
ODD_TEXTS = (
    "o'clock \\ 100 %_", "Größe 2", "-0.5", "0.000000000000000000000000000001", "9" * 30, f"-{'9' * 30}.{'9' * 30}",
    f"{'9' * 30}.{'9' * 30}", "1e3", "TRUE", " yes ", "2016-02-30", "1899-12-31", "2015-12-31T23:30:00-05:00",
)  # fmt: skip
odd_numbers = st.sampled_from(
    [
        Fraction(-1, 2),
        Fraction(5, 4),
        Fraction(10**29),
        Fraction(1, 10**30),
        10**30 - Fraction(1, 10**30),
        Fraction(7, 3),
    ]
)
OF_NUMBERS = (tree.Sum, tree.Average, tree.Least, tree.Greatest)
odd_bounds = drawn.bounds_of(odd_numbers)
AS_OF_THE_TABLES = ("ScoreIs", "InScoreLevel", "InterestIs", "IsTopInterest")
"""What lessens as time passes is told as of when the tables were written, and has tests of its own."""

leaves = drawn.leaves.filter(lambda one: type(one).__name__ not in AS_OF_THE_TABLES) | st.one_of(
    st.builds(
        tree.Did,
        drawn.events,
        st.one_of(*[st.builds(kind, st.sampled_from(["size", "products.size"])) for kind in OF_NUMBERS]),
        odd_bounds,
        drawn.windows,
    ),
    st.builds(tree.Trait, st.just("size"), st.builds(values.IsNumber, odd_bounds)),
    st.builds(tree.Trait, st.just("size"), st.builds(values.HasText, st.just("contains"), st.sampled_from(ODD_TEXTS))),
    st.builds(
        tree.Trait, st.just("size"), st.builds(values.IsOneOf, st.sampled_from(ODD_TEXTS).map(lambda one: (one,)))
    ),
)
scores = st.one_of(
    st.builds(tree.ScoreIs, st.just("liveliness"), drawn.bounds_of(st.integers(-2_000, 9_000).map(Fraction))),
    st.builds(
        tree.InScoreLevel, st.just("liveliness"), st.sampled_from([("lively",), ("calm", "lively")]), st.booleans()
    ),
    st.builds(
        tree.InterestIs,
        st.just("tastes"),
        st.sampled_from(["tea", "cake"]),
        drawn.bounds_of(st.integers(0, 9_000).map(Fraction)),
    ),
    st.builds(tree.IsTopInterest, st.just("tastes"), st.sampled_from(["tea", "cake"]), st.integers(1, 2)),
)
WRITTEN_AT = (at("2016-02-29 00:00"), at("2016-11-06 01:00"), drawn.START + drawn.SPAN)
conditions = st.recursive(leaves, drawn.branches, max_leaves=6)


class Drawn:
    """Not told at length where something fails."""

    def __init__(self, people: Sequence[Known], calendar: Calendar, engines: Mapping[str, Engine]) -> None:
        self.people = people
        self.calendar = calendar
        self.engines = engines


@pytest.fixture(scope="module")
def town(postgresql_server: str) -> Iterator[Drawn]:
    with ExitStack() as stack:
        yield _town(stack.enter_context(fresh_database(postgresql_server)), stack)


@settings(max_examples=EXAMPLES)
@given(conditions, leaves.filter(lambda one: not isinstance(one, tree.InSegment)), drawn.moments)
def test_at_once_means_what_one_by_one_means(
    town: Drawn, condition: tree.Condition, other: tree.Condition, now: Instant
) -> None:
    moment = Moment(now, town.calendar, {"other": other})
    expected = {one.id for one in town.people if _is_in(condition, one, other, now)}

    for engine in town.engines.values():
        told = memberships(engine, [tree.Segment("drawn", condition)], moment)
        assert {one.customer.id for one in told if one.segments} == expected
    narrowed = members(town.engines["duckdb"], condition, moment)
    assert [one.id for one in narrowed] == sorted(expected)


@pytest.fixture(scope="module")
def written(town: Drawn) -> Iterator[Mapping[Instant, Engine]]:
    """By the moment of which scores and interests are."""
    with ExitStack() as stack:
        yield {now: stack.enter_context(in_duckdb(town.people, town.calendar, now)) for now in WRITTEN_AT}


@given(st.recursive(scores, drawn.branches, max_leaves=4), st.sampled_from(WRITTEN_AT))
def test_scores_are_those_of_when_the_tables_were_written(
    town: Drawn, written: Mapping[Instant, Engine], condition: tree.Condition, now: Instant
) -> None:
    found = members(written[now], condition, Moment(now, town.calendar))
    assert {one.id for one in found} == {one.id for one in town.people if _is_in(condition, one, condition, now)}


def _is_in(condition: tree.Condition, known: Known, other: tree.Condition, now: Instant) -> bool:
    return PROFILING in known.allows and is_in(condition, replace(known, segments={"other": other}), now)


def _town(url: str, stack: ExitStack) -> Drawn:
    random, calendar = Random(ZONE), drawn.CALENDARS[ZONE]
    people = [
        replace(_oddly(known, random), id=f"{known.id}-{number}", calendar=calendar)
        for number, known in enumerate(_some_people())
    ]
    people = [replace(one, allows={*one.allows, PROFILING}) if random.random() < 0.95 else one for one in people]
    duckdb = stack.enter_context(in_duckdb(people, calendar))
    postgresql = stack.enter_context(in_postgresql(url, people, calendar))
    return Drawn(people, calendar, {"duckdb": duckdb, "postgresql": postgresql})


def _some_people() -> list[Known]:
    found: list[Known] = []

    @seed(1)
    @settings(max_examples=CUSTOMERS, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(drawn.people)
    def draw(known: Known) -> None:
        found.append(known)

    draw()
    return found


def _oddly(known: Known, random: Random) -> Known:
    return replace(
        known, facts=tuple([_odd_fact(fact, random) for fact in known.facts]), traits=_odd_texts(known.traits, random)
    )


def _odd_fact(fact: Fact, random: Random) -> Fact:
    if isinstance(fact, Behaved):
        return replace(fact, properties=_odd_texts(fact.properties, random))
    if isinstance(fact, OrderCompleted):
        lines = [replace(line, properties=_odd_texts(line.properties, random)) for line in fact.lines]
        return replace(fact, lines=tuple(lines))
    return fact


def _odd_texts(texts: Mapping[str, str], random: Random) -> dict[str, str]:
    return {name: random.choice(ODD_TEXTS) if random.random() < 0.3 else text for name, text in texts.items()}
