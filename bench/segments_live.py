"""Segments as they are kept: what one event costs a hundred of them, and what a hundred audiences cost one visitor.

`python -m bench.segments_live` does all repetitions in one process, over facts made before, and prints what they took as JSON.
"""

import gc
import random
import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Final

import msgspec
from msgspec import Struct

from bench.measure import figure, in_turn, rounded, run_module, spread
from bench.results import Entry, Figure

SEGMENTS: Final = 100
TURNS: Final = 7
CUSTOMERS: Final = 60
EVENTS_EACH: Final = 250
EVENT_LIMIT_US: Final = 40.0
TARGETING_LIMIT_US: Final = 10.0

OF_AN_EVENT: Final = [
    (
        f"{SEGMENTS} segments of four conditions each, in templates that a shop would write: what somebody did so often in so many "
        "days, minutes or ever, what they spent, on what, when they did it last, one after the other, their level, points, "
        "traits and consents; nested in all, any and none. An event of a shop's usual mix (pages, products viewed and added, "
        "searches, orders, reviews) is folded with them and without; the difference is theirs. They are kept up to date, with "
        "their due times and the reason of every entering and leaving."
    ),
]
OF_A_VISITOR: Final = [
    (
        f"{SEGMENTS} audiences of four conditions each are asked for one visitor whose conditions are kept: which of them is this "
        "one in? The peer is GrowthBook's Python SDK in the same process: a hundred features, each with a rule of four "
        "conditions over the visitor's attributes, which it is handed ready."
    ),
]

VIEWS: Final = ("Page Viewed", "Product Viewed", "Product Viewed", "Products Searched", "Product Added")
CATEGORIES: Final = ("shoes", "shirts", "coats", "hats", "bags", "toys", "books", "tea")


class Took(Struct, frozen=True):
    """Microseconds per event, and per visitor, repetition by repetition."""

    events: int
    leaves: int
    moves: int
    with_us: list[float]
    without_us: list[float]
    targeting_us: list[float]
    from_conditions_us: list[float]
    growthbook_us: list[float]


def measured() -> list[Entry]:
    took = msgspec.json.decode(run_module("bench.segments_live").output, type=Took)
    differences = [one - other for one, other in zip(took.with_us, took.without_us, strict=True)]
    ratios = [one / other for one, other in zip(took.targeting_us, took.growthbook_us, strict=True)]
    event, targeting, ratio = spread(differences), spread(took.targeting_us), spread(ratios)
    return [
        Entry(
            "segments_us_per_event",
            f"{SEGMENTS} segments kept up to date, one event",
            event.median,
            "µs",
            event,
            EVENT_LIMIT_US,
            figure("the whole fold with them", took.with_us, "µs"),
            event.median <= EVENT_LIMIT_US,
            OF_AN_EVENT,
            [
                figure("The fold without segments", took.without_us, "µs"),
                Figure("Different conditions", took.leaves, "conditions"),
                Figure("Events", took.events, "events"),
                Figure("Segments entered or left, per event", rounded(took.moves / took.events), "moves"),
            ],
        ),
        Entry(
            "targeting_us",
            f"{SEGMENTS} audiences, one visitor",
            targeting.median,
            "µs",
            targeting,
            TARGETING_LIMIT_US,
            figure("GrowthBook's SDK, a hundred features", took.growthbook_us, "µs"),
            targeting.median <= TARGETING_LIMIT_US,
            OF_A_VISITOR,
            [figure("every audience put together anew from its conditions", took.from_conditions_us, "µs")],
        ),
        Entry(
            "targeting_over_growthbook",
            f"{SEGMENTS} audiences over GrowthBook's SDK",
            ratio.median,
            "times",
            ratio,
            1.0,
            None,
            ratio.median <= 1.0,
            OF_A_VISITOR,
            [],
        ),
    ]


# --- in a process of its own -------------------------------------------------------------------------------------------

RULES: Final = """
program: bench
currency: EUR
time_zone: Europe/Stockholm
points: {hold: 14 days, expire: {after: 12 months}}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 200}, {id: gold, at: 800}]}
"""


def document() -> str:
    """The program, with a hundred segments."""
    templates = list(_templates())
    segments = [f"  segment-{number}: {templates[number % len(templates)](number)}" for number in range(SEGMENTS)]
    return "\n".join([RULES, "segments:", *segments]) + "\n"


def _templates() -> Iterator[Callable[[int], str]]:
    """Conditions in the document's words; the number makes the bounds differ from one to the next."""

    def category(number: int) -> str:
        return CATEGORIES[number % len(CATEGORIES)]

    yield (
        lambda n: (
            f"{{all: [{{did: Product Viewed, at_least: {2 + n % 5}, within: {7 + n % 30} days, "
            f"where: {{category: {category(n)}}}}}, "
            f"{{since_last: Order Completed, more_than: {20 + n % 40} days}}, {{consent: email}}, {{tier: {{at_least: silver}}}}]}}"
        )
    )
    yield (
        lambda n: (
            f"{{all: [{{sum: {{of: amount, in: Order Completed, within: {30 + n % 300} days}}, at_least: {50 + n}}}, "
            f"{{did: Order Completed, at_least: {1 + n % 4}}}, {{trait: city, is: [Lund, Malmo]}}], "
            f"none: [{{did: Product Returned, within: {10 + n % 50} days}}]}}"
        )
    )
    yield (
        lambda n: (
            f"{{all: [{{in_order: [{{did: Product Viewed}}, {{did: Product Added, within: 1 hour}}, "
            f"{{not: Order Completed, within: {6 + n % 20} hours}}], within: {2 + n % 5} days}}, {{consent: email}}, "
            f"{{did: Order Completed, at_least: {1 + n % 3}}}], none: [{{trait: vip, is: true}}]}}"
        )
    )
    yield (
        lambda n: (
            f"{{any: [{{did: Product Added, at_least: {2 + n % 3}, within: {30 + n % 90} minutes}}, "
            f"{{did: Products Searched, at_least: {3 + n % 3}, within: {1 + n % 5} days}}], "
            f"all: [{{points: {{available: {{at_least: {10 * (n % 20)}}}}}}}, "
            f"{{since_first: Order Completed, less_than: {60 + n} days}}]}}"
        )
    )
    yield (
        lambda n: (
            f"{{all: [{{distinct: {{of: products.category, in: Order Completed, within: {60 + n} days}}, at_least: {2 + n % 3}}}, "
            f"{{did: Product Reviewed, at_least: {1 + n % 2}}}, {{trait: born, anniversary_within: {5 + n % 20} days}}, "
            f"{{expiring_points: {{within: {10 + n % 60} days, at_least: {5 + n}}}}}]}}"
        )
    )


def _take() -> Took:
    from growthbook import GrowthBook

    from regulars.kernel.rulebook import Rulebook
    from regulars.kernel.step import fold
    from regulars.wire.program import parse_program

    rules = parse_program(document())
    bare = parse_program(RULES)
    assert rules.segments is not None
    streams = [_facts(number) for number in range(CUSTOMERS)]
    events = sum([len(facts) for facts in streams])

    def fold_all(rulebook: Rulebook) -> int:
        return sum([len(fold(rulebook.new_state(), facts, rulebook)[1]) for facts in streams])

    moves = fold_all(rules) - fold_all(bare)
    with_s, without_s = in_turn(
        lambda: _seconds(lambda: fold_all(rules)), lambda: _seconds(lambda: fold_all(bare)), TURNS
    )
    state = fold(rules.new_state(), streams[0], rules)[0].segments
    assert state is not None
    of = rules.segments.of
    book = GrowthBook(attributes=_attributes(), features=_features())
    names = [f"feature-{number}" for number in range(SEGMENTS)]

    def target() -> None:
        for _ in range(1_000):
            of(state)

    truths, nodes = int.from_bytes(state.truths, "little"), rules.segments.table.nodes
    assert {node.id for node in nodes if node.id and node.bits(truths) >> node.bit & 1} == of(state)

    def put_together() -> None:
        for _ in range(1_000):
            for node in nodes:
                node.bits(truths)

    def ask() -> None:
        for _ in range(20):
            for name in names:
                book.is_on(name)

    ours, theirs = in_turn(lambda: _seconds(target), lambda: _seconds(ask), TURNS)
    anew = [_seconds(put_together) for _ in range(TURNS)]
    return Took(
        events,
        len(rules.segments.table.leaves),
        moves,
        [seconds / events * 1e6 for seconds in with_s],
        [seconds / events * 1e6 for seconds in without_s],
        [seconds / 1_000 * 1e6 for seconds in ours],
        [seconds / 1_000 * 1e6 for seconds in anew],
        [seconds / 20 * 1e6 for seconds in theirs],
    )


def _facts(number: int) -> list[Any]:
    """Half a year of one customer, told as it happened."""
    from regulars.kernel.calendar import DAY, SECOND
    from regulars.kernel.facts import Behaved, Line, OrderCompleted, Trust

    draw = random.Random(number)
    start = 1_480_000_000 * SECOND
    moments = sorted([start + draw.randrange(180 * DAY) for _ in range(EVENTS_EACH)])
    facts: list[Any] = []
    for place, at in enumerate(moments):
        id, kind = f"{number}-{place}", draw.random()
        category = draw.choice(CATEGORIES)
        if kind < 0.06:
            line = Line(draw.randrange(500, 9_000), 1, {"category": category, "product": f"p-{place}"})
            facts.append(OrderCompleted(id, f"c-{number}", at, at, "shop", id, (line,), line.amount_minor))
        elif kind < 0.10:
            name = draw.choice(["Product Reviewed", "Product Returned", "Signed In"])
            facts.append(Behaved(id, f"c-{number}", at, at, "shop", name, {"category": category}))
        else:
            name = draw.choice(VIEWS)
            facts.append(Behaved(id, f"c-{number}", at, at, "site", name, {"category": category}, Trust.WEAK))
    return facts


def _attributes() -> dict[str, Any]:
    return {"id": "ada", "city": "Lund", "orders": 4, "spent": 210, "viewed": 3, "days": 12, "level": "silver"}


def _features() -> dict[str, Any]:
    """Four conditions each, over numbers and texts that are there already."""
    return {
        f"feature-{number}": {
            "defaultValue": False,
            "rules": [
                {
                    "condition": {
                        "viewed": {"$gte": 2 + number % 5},
                        "days": {"$gt": number % 40},
                        "level": {"$in": ["silver", "gold"]},
                        "city": "Lund" if number % 2 else "Malmo",
                    },
                    "force": True,
                }
            ],
        }
        for number in range(SEGMENTS)
    }


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    started = perf_counter()
    work()
    return perf_counter() - started


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_take()))
