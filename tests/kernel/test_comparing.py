"""Arms held against each other: found is what was planted, and of what was not planted only so much as is stated."""

import random
from fractions import Fraction

import pytest

from regulars.kernel.comparing import ArmSums, Since, Sums, difference


def sums(*numbers: int) -> Sums:
    found = Sums()
    for number in numbers:
        found.take(number)
    return found


@pytest.mark.parametrize(
    ("customers", "table"), [(6, 2.2281), (9, 2.1199), (11, 2.0860), (16, 2.0423), (31, 2.0003), (61, 1.9799)]
)
def test_the_interval_is_that_of_the_textbook(customers: int, table: float) -> None:
    """Two samples of one variance: Student's distribution with 2n - 2 degrees of freedom, from the tables."""
    found = difference(sums(*range(customers)), sums(*range(7, customers + 7)))
    assert found is not None
    assert found.mean == 7
    assert found.mean - found.low == found.high - found.mean
    variance = Fraction(customers * (customers + 1), 12)
    spread = float(2 * variance / customers) ** 0.5
    assert abs(float(found.high - found.mean) / spread - table) < 0.001


def test_of_too_few_and_of_those_who_are_all_alike_nothing_is_said() -> None:
    assert difference(sums(1, 2, 3), sums(*range(20))) is None
    assert difference(sums(*[5] * 10), sums(*[5] * 10)) is None
    assert difference(Sums(), Sums()) is None


def test_sums_of_parts_are_the_sums_of_the_whole() -> None:
    numbers = [random.Random(3).randrange(1000) for _ in range(50)]
    parts = sums(*numbers[:20])
    parts.add(sums(*numbers[20:]))
    assert parts == sums(*numbers)
    one, other = ArmSums(), ArmSums()
    one.take(Since(2, 500, 7, 1), 3, False)
    other.take(Since(1, 100, 0, 0), 0, True)
    one.add(other)
    assert (one.customers, one.came_back.part, one.withheld, one.crossed) == (2, 1, 3, 1)


@pytest.mark.parametrize(("planted", "least", "most"), [(0, 20, 62), (50, 740, 800)])
def test_what_is_planted_is_found_and_what_is_not_is_found_in_one_of_twenty(
    planted: int, least: int, most: int
) -> None:
    """Of 800 trials with sums as skewed as those of customers: many who order nothing more, a few who order a lot."""
    found = 0
    for seed in range(800):
        chance = random.Random(seed)
        arms = [sums(*[_spent(chance, more) for _ in range(250)]) for more in (0, planted)]
        seen = difference(*arms)
        assert seen is not None
        found += seen.is_certain
    assert least <= found <= most


def _spent(chance: random.Random, more: int) -> int:
    """In cents."""
    orders = 0 if chance.random() < 0.3 else int(chance.expovariate(0.5)) + 1
    return sum([int(chance.lognormvariate(3.2, 0.6) * (100 + more)) for _ in range(orders)])
