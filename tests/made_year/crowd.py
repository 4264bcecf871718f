"""A few thousand shoppers of the model, without anybody who passes by; and what holds of a share that is drawn."""

from functools import cache
from math import sqrt

from msgspec.structs import replace

from regulars.made_year import telling
from regulars.made_year.model import Coming, Model
from regulars.made_year.plan import Plan

SEED = 11
MODEL = replace(Model(), coming=Coming(shoppers=1.0))


@cache
def crowd(size: int) -> tuple[Plan, ...]:
    return tuple([telling.plan_of(MODEL, SEED, number) for number in range(size)])


def holds(found: int, of: int, share: float) -> None:
    """Within four standard errors of a binomial's."""
    assert of > 50
    assert abs(found / of - share) <= 4 * sqrt(share * (1 - share) / of), f"{found} of {of} are not {share}"
