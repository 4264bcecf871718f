"""Every kind of condition, asked of everybody at once: an example of each by its name, on both databases, and by its meaning."""

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import get_args

import pytest
from msgspec.structs import replace

from regulars.insight.engines import Engine
from regulars.insight.moments import Moment
from regulars.insight.segments import (
    Customer,
    Everybody,
    Overlap,
    Preview,
    everybody,
    members,
    memberships,
    overlap,
    preview,
    sizes,
)
from regulars.kernel.effects import Lot
from regulars.kernel.facts import FOREVER, Behaved, Fact, Trust
from regulars.kernel.scores.tree import Action, InterestProfile, Score, ScoreLevel
from regulars.kernel.segments import tree
from regulars.kernel.segments.distance import metres_between
from regulars.kernel.segments.meaning import Known, is_in
from regulars.kernel.segments.tree import (
    Condition,
    InScoreLevel,
    InShare,
    InterestIs,
    IsTopInterest,
    Near,
    NoneOf,
    OnList,
    Rhythm,
    ScoreIs,
    Segment,
    Visited,
)
from regulars.kernel.segments.values import Bounds, IsOneOf
from tests.databases import fresh_database
from tests.insight.loaded import PROFILING, in_duckdb, in_postgresql
from tests.shop import at, line, order, program

NOW = at("2017-03-15 12:00")
TIERS = "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}, {id: gold, at: 100}]}"
SCORE = Score(
    "liveliness",
    (Action("Product Viewed", 2_000), Action("Order Completed", 1_000)),
    None,
    (ScoreLevel("calm", 1_000),),
)
TASTES = InterestProfile("tastes", "category", (Action("Product Viewed", 1_000),))
EVERYBODY = {"ada", "ben", "cleo", "dan"}


def viewed(when: str, number: int, trust: Trust = Trust.SHOP, name: str = "Product Viewed", **properties: str) -> Fact:
    return Behaved(f"{name}-{when}-{number}", "somebody", at(when), at(when), "test", name, properties, trust)


def lot(points: int, active: str, expires: str | None) -> Lot:
    return Lot((f"lot-{active}", 0), points, at(active), at(active), FOREVER if expires is None else at(expires))


KNOWN = [
    Known(
        "ada",
        program().calendar,
        (
            order(at("2017-01-10 12:00"), line("20.00", {"category": "shoes"}), line("5.00", {"category": "socks"})),
            viewed("2017-03-01 12:00", 1, category="shoes", stars="4.5"),
            order(at("2017-03-02 12:00"), line("30.00", {"category": "shoes"})),
            viewed("2017-03-14 18:00", 2, category="shoes", stars="2"),
        ),
        traits={"city": "Lund", "born": "1990-03-20", "children": "2", "latitude": "55.70", "longitude": "13.19"},
        kinds={"user_id", "email"},
        allows={PROFILING, "email"},
        tier="gold",
        is_member=True,
        lots=(lot(40, "2017-01-10 12:00", "2017-04-01 00:00"), lot(30, "2017-03-20 00:00", None)),
        lifetime=70,
        last_visit={"channel": "search", "device": "phone"},
    ),
    Known(
        "ben",
        program().calendar,
        (
            order(at("2017-02-01 12:00"), line("10.00", {"category": "socks"})),
            viewed("2017-02-10 12:00", 3, category="socks", stars="many"),
            viewed("2017-03-01 12:00", 4, name="List Joined", list="vip"),
        ),
        traits={"city": "Oslo", "children": "none", "newsletter": "Yes"},
        kinds={"user_id"},
        allows={PROFILING},
        tier="silver",
        is_member=True,
        lots=(lot(5, "2017-02-01 12:00", None),),
        lifetime=10,
        first_visit={"channel": "mail"},
    ),
    Known(
        "cleo",
        program().calendar,
        (
            viewed("2017-03-01 12:00", 5, Trust.WEAK, name="List Joined", list="vip"),
            viewed("2017-03-15 12:00", 6, category="hats"),
        ),
        kinds={"user_id"},
        allows={PROFILING},
    ),
    Known("dan", program().calendar, kinds={"user_id"}, allows={PROFILING}),
    Known("eve", program().calendar, (order(at("2017-03-01 12:00"), line("99.00")),), allows={"email"}),
]

OSLO = (Fraction("59.9"), Fraction("10.7"))
FROM_OSLO = metres_between((Fraction("55.70"), Fraction("13.19")), OSLO)
CASES: dict[str, tuple[str | Condition, set[str]]] = {
    "did": ("{did: Order Completed}", {"ada", "ben"}),
    "did, so often": ("{did: Order Completed, exactly: 2}", {"ada"}),
    "did not": ("{all: [{known_by: user_id}, {did: Order Completed, exactly: 0}]}", {"cleo", "dan"}),
    "within days": ("{did: Product Viewed, within: 14 days}", {"ada", "cleo"}),
    "within hours": ("{did: Product Viewed, within: 19 hours}", {"ada", "cleo"}),
    "within months": ("{did: Order Completed, within: 1 month}", {"ada"}),
    "between": ("{did: Order Completed, between: {older: 60 days, newer: 30 days}}", {"ben"}),
    "from, to": ("{did: Order Completed, from: 2017-01-01, to: 2017-02-01}", {"ada"}),
    "where of one line": (
        "{did: Order Completed, where: {category: [socks], products.amount: {at_least: 6}}}",
        {"ben"},
    ),
    "where of the order": ("{did: Order Completed, where: {amount: {at_least: 25}}}", {"ada"}),
    "where a number": ("{did: Product Viewed, where: {stars: {at_least: 4.5}}}", {"ada"}),
    "where not set": ("{did: Product Viewed, where: {stars: {set: no}}}", {"cleo"}),
    "same": ("{did: Product Viewed, same: category, at_least: 2}", {"ada"}),
    "sum": ("{sum: {of: amount, in: Order Completed, where: {category: [shoes]}}, at_least: 55.00}", {"ada"}),
    "sum of nothing": (
        "{all: [{known_by: user_id}, {sum: {of: stars, in: Product Viewed}, exactly: 0}]}",
        {"ben", "cleo", "dan"},
    ),
    "sum of numbers": ("{sum: {of: stars, in: Product Viewed}, exactly: 6.5}", {"ada"}),
    "average": ("{average: {of: stars, in: Product Viewed}, exactly: 3.25}", {"ada"}),
    "least": ("{least: {of: stars, in: Product Viewed}, exactly: 2}", {"ada"}),
    "greatest": ("{greatest: {of: amount, in: Order Completed}, at_most: 10}", {"ben"}),
    "distinct": ("{distinct: {of: products.category, in: Order Completed}, exactly: 2}", {"ada"}),
    "ratio": ("{share_of: {in: Order Completed, where: {category: [socks]}, at_least: 51%}}", {"ben"}),
    "since last": ("{since_last: Order Completed, more_than: 30 days}", {"ben"}),
    "since first": ("{since_first: Order Completed, more_than: 60 days}", {"ada"}),
    "in order": ("{in_order: [{did: Product Viewed}, {did: Order Completed, within: 1 day}]}", {"ada"}),
    "in order, not": ("{in_order: [{did: Product Viewed}, {not: Order Completed, within: 1 day}]}", {"ben"}),
    "trait": ("{trait: city, is: Lund}", {"ada"}),
    "trait, none": ("{none: [{trait: city, is: Lund}]}", {"ben"}),
    "trait contains": ("{trait: city, contains: sl}", {"ben"}),
    "trait, number": ("{trait: children, at_least: 1}", {"ada"}),
    "trait, truth": ("{trait: newsletter, truth: yes}", {"ben"}),
    "trait, date": ("{trait: born, before: 1991-01-01}", {"ada"}),
    "anniversary": ("{trait: born, anniversary_within: 7 days}", {"ada"}),
    "trait set": ("{trait: city, set: yes}", {"ada", "ben"}),
    "tier": ("{tier: {at_least: gold}}", {"ada"}),
    "no tier": ("{all: [{known_by: user_id}, {tier: [none]}]}", {"cleo", "dan"}),
    "member": ("{member: yes}", {"ada", "ben"}),
    "points": ("{points: {available: {at_least: 5, at_most: 39}}}", {"ben"}),
    "points pending": ("{points: {pending: {at_least: 30}}}", {"ada"}),
    "points of all time": ("{points: {lifetime: {at_least: 10}}}", {"ada", "ben"}),
    "expiring points": ("{expiring_points: {within: 30 days, at_least: 1}}", {"ada"}),
    "consent": ("{consent: email}", {"ada"}),
    "known by": ("{known_by: email}", {"ada"}),
    "in a segment": ("{all: [{known_by: user_id}, {none: [{in: other}]}]}", {"cleo", "dan"}),
    "share": (InShare(Fraction(1, 10), "spring"), {"ada"}),
    "share of all": (InShare(Fraction(1), "spring"), EVERYBODY),
    "all": ("{all: [{trait: city, is: Lund}, {did: Order Completed}]}", {"ada"}),
    "visited": (Visited("last", "channel", IsOneOf(("search",))), {"ada"}),
    "near": (Near(Fraction("55.6"), Fraction("13.0"), 20_000), {"ada"}),
    "not near": (NoneOf((Near(Fraction("59.9"), Fraction("10.7"), 20_000),)), {"ada"}),
    "near, to the metre": (Near(*OSLO, FROM_OSLO), {"ada"}),
    "nearer by a metre": (Near(*OSLO, FROM_OSLO - 1), set()),
    "on a list": (OnList("vip"), {"ben"}),
    "rhythm": (Rhythm("last_gap", more_than=Fraction(5), presumed_days=10), {"ada"}),
    "score": (ScoreIs("liveliness", Bounds(Fraction(3_000))), {"ada", "ben"}),
    "no score": (ScoreIs("liveliness", Bounds(None, Fraction(0))), {"dan"}),
    "score level": (InScoreLevel("liveliness", ("calm",)), {"ada", "ben", "cleo"}),
    "interest": (InterestIs("tastes", "shoes", Bounds(Fraction(2_000))), {"ada"}),
    "strongest interest": (IsTopInterest("tastes", "hats"), {"cleo"}),
    "any": ("{any: [{trait: city, is: Lund}, {did: Order Completed}]}", {"ada", "ben"}),
}


def condition_of(written: str | Condition) -> Condition:
    if not isinstance(written, str):
        return written
    parsed = program(f"{TIERS}\nsegments:\n  other: {{did: Order Completed}}\n  asked: {written}\n")
    return next(one.condition for one in parsed.program.segments if one.id == "asked")


MOMENT = Moment(NOW, program().calendar, {"other": condition_of("{did: Order Completed}")})


PEOPLE = [
    replace(one, segments=MOMENT.segments, scores={"liveliness": SCORE}, interests={"tastes": TASTES}) for one in KNOWN
]


@pytest.fixture(scope="module")
def engines(postgresql_server: str) -> Iterator[dict[str, Engine]]:
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(postgresql_server))
        yield {
            "duckdb": stack.enter_context(in_duckdb(PEOPLE, MOMENT.calendar, NOW)),
            "postgresql": stack.enter_context(in_postgresql(url, PEOPLE, MOMENT.calendar, NOW)),
        }


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest, engines: dict[str, Engine]) -> Engine:
    return engines[request.param]


@pytest.mark.parametrize("name", CASES)
def test_each_says_what_it_means(engine: Engine, name: str) -> None:
    written, expected = CASES[name]
    condition = condition_of(written)

    assert {one.id for one in PEOPLE if PROFILING in one.allows and is_in(condition, one, NOW)} == expected
    assert {one.id for one in members(engine, condition, MOMENT)} == expected


@pytest.mark.slow
def test_many_are_asked_together(engine: Engine) -> None:
    segments = [Segment(name, condition_of(written)) for name, (written, _) in CASES.items()]
    expected = {name: len(customers) for name, (_, customers) in CASES.items()}

    assert sizes(engine, segments, MOMENT) == expected
    assert sizes(engine, [], MOMENT) == {}
    assert [one.customer.id for one in memberships(engine, segments, MOMENT)] == sorted(EVERYBODY)
    assert everybody(engine) == Everybody(5, 1)


def test_a_preview_tells_how_many_and_names_some(engine: Engine) -> None:
    everyone = condition_of("{known_by: user_id}")

    found = preview(engine, everyone, MOMENT, sample=2)
    assert found == Preview(4, (Customer("ada", "name of ada"), Customer("ben", "name of ben")))
    assert preview(engine, condition_of("{known_by: phone}"), MOMENT) == Preview(0, ())


def test_two_overlap(engine: Engine) -> None:
    ordered, of_lund = condition_of("{did: Order Completed}"), condition_of("{trait: city, is: Lund}")

    assert overlap(engine, ordered, of_lund, MOMENT) == Overlap(one=2, other=1, both=1)


def test_every_kind_of_condition_has_its_example() -> None:
    examples = {kind for written, _ in CASES.values() for kind in kinds_in(condition_of(written))}

    assert set(get_args(tree.Condition)) - examples == set()


def kinds_in(condition: Condition) -> set[type]:
    return {type(condition)}.union(*map(kinds_in, tree.inside_of(condition)))
