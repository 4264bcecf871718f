"""Who would have reached what: levels and games, of the members of the last year."""

from regulars.backtesting.reach import Reach, Reached, ReachSums, goals_of, reached
from regulars.kernel.facts import Fact
from regulars.kernel.rulebook import Rulebook
from tests.shop import Shop, at, program

RULES = """
tiers: {by: spend, over: OVER, levels: [{id: base, at: 0}, {id: silver, at: 100}, {id: gold, at: 1000}]}
games:
  streaks: {weekly: {every: week, run: 10, gives: {points: 1}}}
  challenges: {talk: {do: {on: Product Reviewed, times: 10}, within: 30 days, gives: {points: 1}}}
  milestones: {tenth: {by: orders, at: 10, gives: {points: 1}}}
"""
END = at("2018-01-01 00:00")


def over(window: str) -> Rulebook:
    return program(RULES.replace("OVER", window))


def found(rules: Rulebook, *shops: Shop) -> dict[str, Reached]:
    reach, sums, members = Reach(rules, END), dict[tuple[str, str], ReachSums](), 0
    for shop in shops:
        facts: list[Fact] = shop.facts
        members += reach.take(facts, shop.effects, shop.state, sums)
    return {one.id: one for one in reached(goals_of(rules.program), sums, members)}


def buys(rules: Rulebook, *orders: tuple[str, str], reviews: tuple[str, ...] = ()) -> Shop:
    shop = Shop(rules)
    for day, amount in orders:
        shop.buys(f"{day} 10:00", amount)
    for day in reviews:
        shop.does("Product Reviewed", f"{day} 10:00")
    return shop


def test_of_each_level_and_game_who_reached_it_how_soon_and_who_came_near() -> None:
    rules = over("calendar_year")
    first = buys(rules, ("2017-01-01", "60.00"), ("2017-01-11", "45.00"))
    second = buys(rules, ("2017-02-01", "200.00"))
    near = buys(rules, ("2017-03-01", "90.00"))
    far = buys(rules, ("2017-03-01", "89.99"))
    silver = found(rules, first, second, near, far)["silver"]
    assert (silver.members, silver.reached, silver.median_days, silver.near) == (4, 2, 0, 1)
    assert found(rules, first, near)["silver"].median_days == 10
    assert "base" not in found(rules, first)


def test_whoever_has_not_been_here_for_a_year_is_no_member_of_the_last_one() -> None:
    rules = over("calendar_year")
    gone = buys(rules, ("2016-12-31", "200.00"))
    here = buys(rules, ("2017-01-01", "5.00"))
    assert found(rules, gone)["silver"].members == 0
    assert found(rules, gone, here)["silver"] == Reached("level", "silver", 1, 0, None, 0)


def test_within_a_tenth_is_by_the_best_that_ever_was_also_long_ago() -> None:
    rules = over("rolling 2 months")
    once = buys(rules, ("2017-01-01", "50.00"), ("2017-02-20", "45.00"), ("2017-11-01", "1.00"))
    never = buys(rules, ("2017-01-01", "50.00"), ("2017-03-01", "45.00"), ("2017-11-01", "1.00"))
    assert found(rules, once)["silver"].near == 1
    assert found(rules, never)["silver"].near == 0
    lifetime = over("lifetime")
    assert found(lifetime, buys(lifetime, ("2017-01-01", "90.00")))["silver"].near == 1


def test_games_too_by_their_longest_run_and_their_fullest_days() -> None:
    rules = over("calendar_year")
    weeks = [
        f"2017-{month:02}-{day:02}"
        for month, day in ((1, 2), (1, 9), (1, 16), (1, 23), (1, 30), (2, 6), (2, 13), (2, 20), (2, 27))
    ]
    nine = buys(rules, *[(day, "1.00") for day in weeks], reviews=tuple(f"2017-05-{day:02}" for day in range(1, 10)))
    ten = buys(rules, *[(day, "1.00") for day in [*weeks, "2017-03-06"]])
    by_id = found(rules, nine, ten)
    assert (by_id["weekly"].reached, by_id["weekly"].near, by_id["weekly"].median_days) == (1, 1, 63)
    assert (by_id["talk"].reached, by_id["talk"].near) == (0, 1)
    assert (by_id["tenth"].reached, by_id["tenth"].near) == (1, 1)


def test_what_hardly_anybody_or_nearly_everybody_reached_is_warned_of() -> None:
    assert Reached("level", "gold", 1_000, 9, 3, 12).warning() == (
        "Only 0.90 % of last year's members would have reached the level “gold”; 12 came within a tenth of it."
    )
    assert Reached("streak", "daily", 1_000, 901, 3, 0).warning() == (
        "90.10 % of last year's members would have reached the streak “daily”: it asks nothing of them."
    )
    assert Reached("level", "gold", 1_000, 10, 3, 0).warning() is None
    assert Reached("level", "gold", 1_000, 900, 3, 0).warning() is None
    assert Reached("level", "gold", 0, 0, None, 0).warning() is None
