"""Some lives of one year, led once for all tests that look at them."""

from functools import cache
from math import sqrt

from regulars.made_year import telling
from regulars.made_year.model import Model
from regulars.made_year.plan import Plan
from regulars.made_year.saying import Said

MODEL = Model()
SEED = 7
NUMBER = 1_500


@cache
def plans() -> tuple[Plan, ...]:
    return tuple(telling.plan_of(MODEL, SEED, number) for number in range(NUMBER))


@cache
def told() -> tuple[tuple[Plan, tuple[Said, ...]], ...]:
    """Everybody, with what is said of their life in order of time."""
    return tuple((plan, tuple(sorted(telling.told(MODEL, SEED, plan), key=lambda said: said.at))) for plan in plans())


def holds(found: int, among: int, share: float) -> None:
    """Four standard errors of a binomial share."""
    assert among > 0
    assert abs(found / among - share) < 4 * sqrt(share * (1 - share) / among), (found, among, share)
