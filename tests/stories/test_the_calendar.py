"""Calendar rules are read off the shop's wall: a turn of the year, a leap day, both clock changes, and midnight."""

from tests.shop import Shop, earned, expired, moves

TIERS = """
tiers:
  by: spend
  over: calendar_year
  levels: [{id: silver, at: 500}]
"""
KEPT = TIERS.replace("  levels", "  keep: {until: end_of_next_year}\n  levels")
WEEKEND = """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: weekend, on: Order Completed, when: {weekday: [saturday, sunday]}, multiply: 2}
"""


def test_the_year_resets_at_the_shops_midnight_not_at_greenwichs() -> None:
    """Ada reaches silver in New York at 22:00 on New Year's Eve, which is already the new year in UTC."""
    shop = Shop(TIERS)
    assert moves(shop.buys("2017-12-31 22:00", "500.00")) == [(None, "silver")]
    assert shop.sees("2017-12-31 23:59:59.999999") == []
    reset = shop.sees("2018-01-01 00:00")
    assert moves(reset) == [("silver", None)]
    assert shop.wall(reset[0].effective_at) == "2018-01-01 00:00"


def test_an_order_at_the_very_stroke_of_the_new_year_counts_for_the_new_year() -> None:
    """What falls due at the instant of an order has happened before it: silver is gone, and the order earns without it."""
    shop = Shop(TIERS.replace("at: 500", "at: 500, earn: 2"))
    shop.buys("2017-06-01 12:00", "500.00")
    effects = shop.buys("2018-01-01 00:00", "100.00")
    assert moves(effects) == [("silver", None)]
    assert earned(effects) == {"purchase": 100}


def test_a_level_that_is_kept_lasts_through_the_next_year() -> None:
    """500 in 2017 is silver in 2017 and 2018; 2018 brings nothing, so it is gone on 1 January 2019."""
    shop = Shop(KEPT)
    shop.buys("2017-06-01 12:00", "500.00")
    assert shop.sees("2018-12-31 23:59:59") == []
    assert shop.tier == "silver"
    assert moves(shop.sees("2019-01-01 00:00")) == [("silver", None)]


def test_a_kept_level_is_renewed_by_the_next_years_own_orders() -> None:
    shop = Shop(KEPT)
    shop.buys("2017-06-01 12:00", "500.00")
    shop.buys("2018-11-30 12:00", "500.00")
    assert shop.sees("2019-12-31 23:59") == []
    assert moves(shop.sees("2020-01-01 00:00")) == [("silver", None)]


def test_of_two_kept_years_the_higher_level_counts() -> None:
    """Gold by 2017, silver by 2018: gold through 2018, silver through 2019."""
    shop = Shop(KEPT.replace("[{id: silver, at: 500}]", "[{id: silver, at: 500}, {id: gold, at: 1500}]"))
    shop.buys("2017-06-01 12:00", "1500.00")
    shop.buys("2018-06-01 12:00", "600.00")
    assert shop.tier == "gold"
    assert moves(shop.sees("2019-01-01 00:00")) == [("gold", "silver")]
    assert moves(shop.sees("2020-01-01 00:00")) == [("silver", None)]


def test_points_that_last_to_the_end_of_the_month_share_one_last_day() -> None:
    shop = Shop("points: {expire: {after: 2 months, until: end_of_month}}")
    shop.buys("2017-01-01 00:00", "10.00")
    shop.buys("2017-01-31 23:59", "20.00")
    assert shop.sees("2017-03-31 23:59:59") == []
    assert expired(shop.sees("2017-04-01 00:00")) == [10, 20]


def test_the_spring_clock_change_makes_a_day_of_23_hours() -> None:
    """New York, 12 March 2017: 02:00 becomes 03:00. A day is a day on the wall: the points last through the 12th."""
    shop = Shop("points: {expire: {after: 1 day}}")
    shop.buys("2017-03-11 23:30", "10.00")
    expiry = shop.sees("2017-03-13 00:00")
    assert expired(expiry) == [10]
    assert expiry[0].effective_at - shop.facts[0].happened_at == 23_500_000 * 3600
    assert shop.wall(expiry[0].effective_at) == "2017-03-13 00:00"


def test_the_autumn_clock_change_makes_a_day_of_25_hours() -> None:
    """New York, 5 November 2017: 02:00 becomes 01:00 again. The whole Sunday, 25 hours long, is a weekend day."""
    shop = Shop(WEEKEND)
    assert earned(shop.buys("2017-11-05T00:00:00-04:00", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-11-05T01:30:00-04:00", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-11-05T01:30:00-05:00", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-11-05T23:59:59-05:00", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-11-06T00:00:00-05:00", "10.00")) == {"purchase": 10}


def test_hours_are_exact_also_over_a_clock_change() -> None:
    """36 hours from Saturday noon end at 01:00 on Monday by the summer clock, an hour later on the wall."""
    shop = Shop("points: {expire: {after: 36 hours}}")
    shop.buys("2017-03-11 12:00", "10.00")
    expiry = shop.sees("2017-03-14 00:00")
    assert shop.wall(expiry[0].effective_at) == "2017-03-13 01:00"


def test_midnight_belongs_to_the_day_that_begins() -> None:
    """Friday 23:59:59.999999 is no weekend, Saturday 00:00 is, and so is all of Sunday; Monday 00:00 is not."""
    shop = Shop(WEEKEND)
    assert earned(shop.buys("2017-03-03 23:59:59.999999", "10.00")) == {"purchase": 10}
    assert earned(shop.buys("2017-03-04 00:00", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-03-05 23:59:59.999999", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-03-06 00:00", "10.00")) == {"purchase": 10}


def test_a_window_of_dates_ends_before_its_last_date_begins() -> None:
    shop = Shop(WEEKEND.replace("weekday: [saturday, sunday]", "from: 2017-07-01, to: 2017-08-01"))
    assert earned(shop.buys("2017-06-30 23:59:59", "10.00")) == {"purchase": 10}
    assert earned(shop.buys("2017-07-01 00:00", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-07-31 23:59:59", "10.00")) == {"purchase": 20}
    assert earned(shop.buys("2017-08-01 00:00", "10.00")) == {"purchase": 10}
