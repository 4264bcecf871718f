"""What becomes of rules that hold for the same order."""

import pytest

from tests.shop import Shop, earned, refused

MULTIPLIED = """
earning:
  - {{id: purchase, on: Order Completed, per: 1.00, points: 1}}
  - {{id: double, on: Order Completed, multiply: 2{one}}}
  - {{id: triple, on: Order Completed, multiply: 3{other}}}
"""
GIVING = """
earning:
  - {{id: purchase, on: Order Completed, per: 1.00, points: 1}}
  - {{id: tea, on: Order Completed, points: 30{one}}}
  - {{id: visit, on: Order Completed, points: 50{other}}}
"""


@pytest.mark.parametrize(
    ("one", "other", "points", "told"),
    [
        ("", "", 60, "times 2 (“double”) and times 3 (“triple”)"),
        (", stack: adds", ", stack: adds", 40, "times 4 (“double + triple”)"),
        (", stack: best", ", stack: best", 30, "times 3 (“triple”)"),
        (", stack: exclusive", "", 20, "times 2 (“double”)"),
        (", stack: exclusive", ", stack: exclusive", 30, "times 3 (“triple”)"),
        (", stack: best", "", 60, "times 3 (“triple”) and times 2 (“double”)"),
    ],
)
def test_twice_and_three_times_the_points_together(one: str, other: str, points: int, told: str) -> None:
    shop = Shop(MULTIPLIED.format(one=one, other=other))
    effects = shop.buys("2017-03-01 12:00", "10.00")
    assert earned(effects) == {"purchase": points}
    assert told in shop.sentences(effects)[0]


def test_a_level_multiplies_beside_whatever_rules_do() -> None:
    tiers = "tiers: {by: orders, over: lifetime, levels: [{id: all, at: 0}, {id: gold, at: 1, earn: 1.5}]}"
    shop = Shop(MULTIPLIED.format(one=", stack: exclusive", other="") + tiers)
    shop.buys("2017-03-01 12:00", "10.00")
    assert earned(shop.buys("2017-03-02 12:00", "10.00")) == {"purchase": 30}


@pytest.mark.parametrize(
    ("one", "other", "given"),
    [
        ("", "", {"purchase": 10, "tea": 30, "visit": 50}),
        (", stack: best", ", stack: best", {"purchase": 10, "visit": 50}),
        (", stack: exclusive", "", {"tea": 30}),
        (", stack: exclusive", ", stack: exclusive", {"visit": 50}),
    ],
)
def test_rules_that_give_points_beside_each_other(one: str, other: str, given: dict[str, int]) -> None:
    shop = Shop(GIVING.format(one=one, other=other))
    effects = shop.buys("2017-03-01 12:00", "10.00")
    assert earned(effects) == given
    assert refused(effects) == {rule: "outdone" for rule in ("purchase", "tea", "visit") if rule not in given}


def test_what_is_outdone_uses_up_nothing_of_its_limit() -> None:
    rules = GIVING.format(
        one=", stack: exclusive, limit: {times: 1, per: year}", other=", limit: {times: 1, per: year}"
    )
    shop = Shop(rules)
    first = shop.buys("2017-03-01 12:00", "10.00")
    assert earned(first) == {"tea": 30}
    assert "No points by “visit”: another rule stands in its place." in shop.sentences(first)
    assert earned(shop.buys("2017-03-02 12:00", "10.00")) == {"purchase": 10, "visit": 50}
