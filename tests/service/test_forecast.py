"""What an order would bring is what it then brings."""

import random

import pytest

from regulars.kernel.calendar import DAY, HOUR
from regulars.kernel.facts import Instant, Line
from regulars.service.forecast import Forecast, forecast
from regulars.service.group import NoProgram
from regulars.wire.instants import rfc3339
from tests.service.town import Town, order, wall
from tests.shop import at

RULES = """
points: {name: {one: star, other: stars}, worth: 0.01, hold: 10 days, expire: {after: 2 months, until: end_of_month}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: tea, on: Order Completed, points: 7, only: {category: tea}}
  - {id: weekend, on: Order Completed, multiply: 2, when: {weekday: [saturday, sunday]}}
tiers:
  by: spend
  over: rolling 2 months
  levels: [{id: silver, at: 60}, {id: gold, at: 150, earn: 2, points_expire: never}]
"""


def would(
    town: Town, user: str | None, amount: float, now: str, then: str | None = None, **properties: str
) -> Forecast:
    id = town.customer(user, now).id if user else None
    found = forecast(town.shop, id, (Line(int(amount * 100), 1, properties),), at(then or now), at(now))
    assert found is not None
    return found


def test_it_says_what_each_rule_would_give_and_why(town: Town) -> None:
    town.applies(RULES)
    found = would(town, None, 45, "2017-03-04 12:00")

    assert (found.points, found.tier, found.tier_after) == (90, None, None)
    assert [one.sentence for one in found.said] == [
        (
            "90 stars by “purchase”: 45 × 1.00 USD in 45.00 USD, 1 star each, times 2 (“weekend”); "
            "pending until the end of 2017-03-14; they last until the end of 2017-05-31."
        ),
        "No stars by “tea”: none of the lines counts for it.",
    ]
    assert (found.said[1].reason, found.said[1].points) == ("nothing_eligible", 0)


def test_the_rate_is_that_of_the_level_before_and_the_level_after_is_told(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 140), now="2017-03-01 12:00")
    found = would(town, "ada", 20, "2017-03-02 12:00")

    assert (found.points, found.tier, found.tier_after) == (20, "silver", "gold")
    assert found.said[-1].sentence.startswith("Reached gold")


def test_a_later_day_is_asked_as_that_day_finds_them(town: Town) -> None:
    """No longer silver; and it is a Saturday."""
    town.applies(RULES)
    town.hears(order("ada", "1", 70), now="2017-03-01 12:00")
    found = would(town, "ada", 10, "2017-03-02 12:00", then="2017-06-03 12:00")

    assert (found.points, found.tier) == (20, None)


def test_under_a_newer_program_it_is_that_one_which_counts(town: Town) -> None:
    """Though nobody has met it yet, and it counts what the former did not."""
    town.applies(RULES)
    town.hears(order("ada", "1", 140), now="2017-03-01 12:00")
    town.applies(
        RULES.replace("rolling 2 months", "rolling 12 months").replace("points: 7", "points: 8"), "2017-03-02 12:00"
    )
    found = would(town, "ada", 20, "2017-03-03 12:00", category="tea")

    assert (found.points, found.tier_after) == (28, "gold")


def test_nothing_is_written_down(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 70), now="2017-03-01 12:00")
    before = town.customer("ada"), town.ledger("ada")
    would(town, "ada", 500, "2017-03-01 12:00")

    assert (town.customer("ada"), town.ledger("ada")) == before


def test_whoever_is_not_there_has_no_forecast_and_without_a_program_nobody_has(town: Town) -> None:
    with pytest.raises(NoProgram):
        forecast(town.shop, None, (Line(100, 1, {}),), 0, 0)
    town.applies(RULES)
    assert forecast(town.shop, "nobody", (Line(100, 1, {}),), 0, 0) is None


@pytest.mark.parametrize("seed", range(3))
def test_what_it_says_is_what_the_order_brings(town: Town, seed: int) -> None:
    draw = random.Random(seed)
    town.applies(RULES)
    now: Instant = at("2017-01-01 12:00")
    town.hears(order("ada", "first", 1), order("ben", "second", 1), now=wall(now))
    for number in range(40):
        now += draw.choice([0, HOUR, DAY, 3 * DAY, 9 * DAY])
        who, amount, category = draw.choice(["ada", "ben"]), draw.choice([0.5, 5, 30, 80]), draw.choice(["tea", "cake"])
        told = would(town, who, amount, wall(now), category=category)
        before = len(town.ledger(who))
        bought = order(who, f"{number}", amount)
        bought["properties"]["products"] = [{"price": amount, "category": category}]
        town.hears({**bought, "timestamp": rfc3339(now)}, now=wall(now))
        came = [one for one in town.ledger(who)[before:] if one.entry == "earn"]

        assert sum(one.points for one in came) == told.points, f"order {number}"
        assert town.customer(who, wall(now)).tier.id == told.tier_after
