"""The difference that a draft makes, over a few customers: exact for those, and bounded in time."""

from pathlib import Path

from regulars.backtesting.difference import Sample
from regulars.backtesting.replay import replay
from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Line, OrderCompleted
from regulars.wire.program import parse_program
from regulars.wire.sources import parse_instant

CORNER_SHOP = Path("programs/corner-shop/program.yaml").read_text("utf-8")
NOW = parse_instant("2017-12-31 18:30", "America/New_York")
IN_FORCE = parse_program(CORNER_SHOP)
DOUBLED = parse_program(CORNER_SHOP.replace("points: 1\n", "points: 2\n"))


def history(customer: str, orders: int, minor: int) -> tuple[str, list[OrderCompleted]]:
    def order(number: int) -> OrderCompleted:
        at, id = NOW - (number + 20) * 7 * DAY, f"{customer}-{number}"
        return OrderCompleted(id, customer, at, at, "till", id, (Line(minor, 1, {}),), minor)

    return customer, [order(number) for number in reversed(range(orders))]


HISTORIES = [history("ada", 10, 6_000), history("bob", 3, 1_000), history("eve", 0, 0)]


class Watch:
    def __init__(self, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


def test_it_is_what_the_engine_finds_for_each_of_them() -> None:
    found = Sample(HISTORIES, NOW).difference(IN_FORCE, DOUBLED, Watch(0), 1)

    assert found is not None
    assert (found.of, found.orders) == (2, 13)
    for program, side in ((IN_FORCE, found.now), (DOUBLED, found.then)):
        states = [replay(facts, program, NOW, customer)[0] for customer, facts in HISTORIES if facts]
        assert side.issued == sum([state.consequences.issued for state in states])
        assert side.outstanding == sum([state.consequences.outstanding() for state in states])
        assert side.liability_minor == program.program.points.liability_minor(side.outstanding)
    assert found.then.issued == 2 * found.now.issued > 0
    assert found.now.members == {"": 1, "silver": 1, "gold": 0, "platinum": 0}


def test_when_its_time_is_over_it_tells_of_those_it_came_to_under_both() -> None:
    found = Sample(HISTORIES, NOW).difference(IN_FORCE, DOUBLED, Watch(2), 1)

    assert found is not None
    assert (found.of, found.orders) == (1, 10)
    assert found.then.issued == 2 * found.now.issued


def test_nobody_makes_no_difference() -> None:
    assert Sample([history("eve", 0, 0)], NOW).difference(IN_FORCE, DOUBLED, Watch(0), 1) is None
