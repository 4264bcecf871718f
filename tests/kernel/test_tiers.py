"""Tiers: reached at once, lost only at a reset, and never by spending less."""

import pytest

from regulars.kernel.behaviour import Watch
from regulars.kernel.calendar import add_months, date_of, day_of_date
from regulars.kernel.effects import Because, TierChanged
from regulars.kernel.facts import FOREVER
from regulars.kernel.tier_windows import first_day_without
from regulars.kernel.waking import next_due
from tests.shop import Shop, earned, line, moves, order

LEVELS = "[{id: silver, at: 500}, {id: gold, at: 1500, earn: 1.2}]"
YEAR = f"tiers: {{by: spend, over: calendar_year, levels: {LEVELS}}}"
ROLLING = f"tiers: {{by: spend, over: rolling 3 months, levels: {LEVELS}}}"
BY_POINTS = "tiers: {by: points, over: calendar_year, levels: [{id: silver, at: 500}, {id: gold, at: 1500}]}"


def test_a_level_begins_at_its_threshold_to_the_cent() -> None:
    shop = Shop(YEAR)
    assert moves(shop.buys("2017-03-01 12:00", "499.99")) == []
    assert moves(shop.buys("2017-03-02 12:00", "0.01")) == [(None, "silver")]


def test_one_order_may_climb_two_levels() -> None:
    assert moves(Shop(YEAR).buys("2017-03-01 12:00", "1500.00")) == [(None, "gold")]


def test_the_order_that_reaches_gold_still_earns_at_the_rate_before_it() -> None:
    shop = Shop(YEAR)
    assert earned(shop.buys("2017-03-01 12:00", "1500.00")) == {"purchase": 1500}
    assert earned(shop.buys("2017-03-02 12:00", "100.00")) == {"purchase": 120}


def test_who_is_at_the_top_stays_there() -> None:
    shop = Shop(YEAR)
    shop.buys("2017-03-01 12:00", "1500.00")
    assert moves(shop.buys("2017-03-02 12:00", "5000.00")) == []


def test_without_keep_a_new_year_begins_at_nothing() -> None:
    shop = Shop(YEAR)
    shop.buys("2017-12-30 12:00", "1499.00")
    effects = shop.buys("2018-01-02 12:00", "600.00")
    assert moves(effects) == [("silver", None), (None, "silver")]


def test_a_late_order_counts_for_the_year_in_which_it_happened() -> None:
    """An order of December that arrives in January lifts nobody in the new year, unless levels are kept."""
    for rules, after in ((YEAR, None), (YEAR.replace("levels", "keep: {until: end_of_next_year}, levels"), "silver")):
        shop = Shop(rules)
        shop.buys("2018-01-10 12:00", "1.00")
        shop.buys("2017-12-30 12:00", "600.00")
        assert shop.tier == after


def test_a_refund_line_lowers_no_level_before_the_reset() -> None:
    shop = Shop(YEAR.replace("levels", "keep: {until: end_of_next_year}, levels"))
    shop.buys("2017-03-01 12:00", "600.00")
    shop.buys("2017-03-02 12:00", "-200.00")
    assert shop.tier == "silver"
    assert shop.wall(shop.state.due_at) == "2018-01-01 00:00"
    assert moves(shop.sees("2018-01-01 00:00")) == [("silver", None)]


def test_tiers_by_points_count_what_is_earned_with_every_bonus() -> None:
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: welcome, on: Member Joined, points: 100}
"""
        + BY_POINTS
    )
    shop.joins("2017-01-01 12:00")
    assert moves(shop.buys("2017-03-01 12:00", "399.00")) == []
    assert moves(shop.buys("2017-03-02 12:00", "1.00")) == [(None, "silver")]
    assert moves(shop.sees("2018-01-01 00:00")) == [("silver", None)]


def test_points_that_expire_still_qualify() -> None:
    shop = Shop("points: {expire: {after: 1 day}}\n" + BY_POINTS)
    shop.buys("2017-03-01 12:00", "300.00")
    shop.buys("2017-06-01 12:00", "200.00")
    assert (shop.tier, shop.available) == ("silver", 200)


def test_points_kept_through_the_next_year_qualify_by_the_higher_year() -> None:
    shop = Shop(BY_POINTS.replace("levels", "keep: {until: end_of_next_year}, levels"))
    shop.buys("2017-03-01 12:00", "500.00")
    assert shop.sees("2018-12-31 12:00") == []
    assert moves(shop.sees("2019-01-01 00:00")) == [("silver", None)]


def test_a_rolling_level_falls_at_the_first_midnight_below_its_threshold() -> None:
    """Three months back from 2 June is 2 March: on that day the order of 1 March no longer counts."""
    shop = Shop(ROLLING)
    shop.buys("2017-03-01 18:00", "400.00")
    assert moves(shop.buys("2017-04-10 12:00", "100.00")) == [(None, "silver")]
    assert shop.sees("2017-06-01 23:59:59.999999") == []
    fall = shop.sees("2017-07-01 00:00")
    assert moves(fall) == [("silver", None)]
    assert shop.wall(fall[0].effective_at) == "2017-06-02 00:00"


def test_a_rolling_level_may_fall_by_more_than_one_step_or_step_by_step() -> None:
    shop = Shop(ROLLING)
    shop.buys("2017-01-10 12:00", "1000.00")
    shop.buys("2017-02-10 12:00", "500.00")
    falls = shop.sees("2017-12-31 12:00")
    assert moves(falls) == [("gold", "silver"), ("silver", None)]
    assert [shop.wall(fall.effective_at) for fall in falls] == ["2017-04-11 00:00", "2017-05-11 00:00"]
    shop = Shop(ROLLING)
    shop.buys("2017-01-10 12:00", "1500.00")
    assert moves(shop.sees("2017-12-31 12:00")) == [("gold", None)]


def test_buying_again_in_time_puts_off_the_fall() -> None:
    shop = Shop(ROLLING)
    shop.buys("2017-01-10 12:00", "500.00")
    shop.buys("2017-03-10 12:00", "500.00")
    assert shop.sees("2017-06-10 23:59") == []
    assert moves(shop.sees("2017-06-11 00:00")) == [("silver", None)]


def test_a_late_order_outside_the_rolling_window_counts_for_nothing() -> None:
    shop = Shop(ROLLING)
    shop.buys("2017-06-10 12:00", "1.00")
    shop.buys("2017-03-01 12:00", "600.00")
    assert shop.tier is None


def test_a_refund_line_brings_a_rolling_level_down_at_the_next_midnight() -> None:
    shop = Shop(ROLLING)
    shop.buys("2017-03-01 12:00", "600.00")
    shop.buys("2017-03-05 12:00", "-200.00")
    assert shop.tier == "silver"
    assert moves(shop.sees("2017-03-06 00:00")) == [("silver", None)]


def test_a_level_from_zero_is_held_by_everybody_for_ever() -> None:
    shop = Shop("tiers: {by: spend, over: calendar_year, levels: [{id: friend, at: 0}, {id: silver, at: 500}]}")
    assert moves(shop.buys("2017-03-01 12:00", "0.00")) == [(None, "friend")]
    assert next_due(shop.state, shop.program) == FOREVER
    shop.buys("2017-03-02 12:00", "500.00")
    assert moves(shop.sees("2018-01-01 00:00")) == [("silver", "friend")]
    assert next_due(shop.state, shop.program) == FOREVER


def test_whose_refunds_outweigh_what_was_bought_still_has_the_level_from_zero() -> None:
    rules = "tiers: {by: spend, over: rolling 1 month, levels: [{id: base, at: 0}, {id: gold, at: 50}]}"
    shop = Shop(rules)
    assert moves(shop.buys("2017-01-20 12:00", "-20.00")) == [(None, "base")]
    shop = Shop(rules)
    shop.buys("2017-01-01 12:00", "100.00")
    shop.buys("2017-01-20 12:00", "-20.00")
    assert moves(shop.sees("2017-02-10 00:00")) == [("gold", "base")]


def test_the_loss_of_a_level_knows_when_and_why() -> None:
    shop = Shop(YEAR)
    (_, reached) = shop.buys("2017-03-01 12:00", "600.00", id="o1")
    day, version = shop.at("2017-03-01 12:00"), shop.program.version
    assert reached == TierChanged(None, "silver", day, day, Because("tiers", version, "o1"))
    (lost,) = shop.sees("2018-06-01 12:00")
    reset, seen = shop.at("2018-01-01 00:00"), shop.at("2018-06-01 12:00")
    assert lost == TierChanged("silver", None, reset, seen, Because("tiers", version))


def test_from_silver_to_gold_the_change_names_both() -> None:
    shop = Shop(YEAR)
    shop.buys("2017-03-01 12:00", "600.00")
    assert moves(shop.buys("2017-03-02 12:00", "900.00")) == [("silver", "gold")]


def test_the_lowest_level_above_nothing_may_be_one_cent() -> None:
    shop = Shop("tiers: {by: spend, over: calendar_year, levels: [{id: friend, at: 0.01}]}")
    assert moves(shop.buys("2017-03-01 12:00", "0.00")) == []
    assert moves(shop.buys("2017-03-01 13:00", "0.01")) == [(None, "friend")]
    assert moves(shop.sees("2018-01-01 00:00")) == [("friend", None)]


def test_points_of_last_year_count_only_where_levels_are_kept() -> None:
    shop = Shop(BY_POINTS)
    shop.buys("2017-12-31 12:00", "499.00")
    shop.buys("2018-01-01 12:00", "499.00")
    assert shop.tier is None
    assert moves(shop.buys("2018-01-02 12:00", "1.00")) == [(None, "silver")]


def test_days_that_leave_together_are_weighed_together() -> None:
    """29 and 30 January both leave one rolling month on 1 March: a refund line among them gives back what the other takes."""
    shop = Shop("tiers: {by: spend, over: rolling 1 month, levels: [{id: silver, at: 100}]}")
    shop.buys("2017-01-29 12:00", "50.00")
    shop.buys("2017-01-30 12:00", "-50.00")
    shop.buys("2017-02-20 12:00", "100.00")
    assert shop.tier == "silver"
    assert shop.wall(next_due(shop.state, shop.program)) == "2017-03-21 00:00"


def test_what_is_watched_is_no_more_than_the_window_needs() -> None:
    def kept(rules: str, *days: str) -> list[int]:
        shop = Shop(rules)
        for day in days:
            shop.buys(f"{day} 12:00", "1.00")
        (buckets,) = shop.state.observations.values()
        return list(buckets)

    years = ("2014-06-01", "2015-06-01", "2016-06-01", "2017-06-01")
    assert kept(YEAR, *years) == [2017]
    assert kept(YEAR.replace("levels", "keep: {until: end_of_next_year}, levels"), *years) == [2016, 2017]
    assert len(kept(ROLLING, "2017-01-10", "2017-03-09", "2017-03-10", "2017-06-10")) == 2


def test_a_watch_is_known_by_everything_that_it_counts() -> None:
    zone = Shop(YEAR).program.calendar.zone
    watches = [
        Watch("year", 1, False, zone.digest()),
        Watch("year", 2, False, zone.digest()),
        Watch("day", 1, False, zone.digest()),
        Watch("year", 1, True, zone.digest()),
        Watch("year", 1, False, "another zone"),
    ]
    assert len({watch.key() for watch in watches}) == 5
    assert {len(watch.key()) for watch in watches} == {16}
    kept = YEAR.replace("levels", "keep: {until: end_of_next_year}, levels")
    for rules, watch in (
        (YEAR, watches[0]),
        (kept, watches[1]),
        ("members: those_who_join\n" + YEAR, watches[3]),
        (YEAR.replace("calendar_year", "rolling 1 month"), watches[2]),
    ):
        assert Shop(rules).program.watches == [(watch.key(), watch)]


def test_who_has_not_joined_has_no_level_and_what_was_bought_before_does_not_count() -> None:
    shop = Shop("members: those_who_join\n" + YEAR)
    shop.buys("2017-03-01 12:00", "600.00")
    assert shop.tier is None
    shop.joins("2017-03-02 12:00")
    assert shop.tier is None
    shop.takes(order(shop.at("2017-03-02 11:59"), line("600.00"), id="late, and before joining"))
    assert shop.tier is None
    assert moves(shop.buys("2017-03-02 12:00", "500.00")) == [(None, "silver")]


@pytest.mark.parametrize(
    ("day", "months", "gone"),
    [
        ("2017-01-10", 1, "2017-02-11"),
        ("2017-02-28", 1, "2017-04-01"),
        ("2017-01-30", 1, "2017-03-01"),
        ("2017-01-31", 1, "2017-03-01"),
        ("2016-02-29", 12, "2017-03-01"),
        ("2017-12-31", 2, "2018-03-01"),
        ("2017-09-30", 3, "2018-01-01"),
    ],
)
def test_a_day_leaves_the_trailing_months_on_the_first_day_that_looks_back_beyond_it(
    day: str, months: int, gone: str
) -> None:
    first = day_of_date(date_of(0).fromisoformat(day))
    leaves = first_day_without(first, months)
    assert date_of(leaves).isoformat() == gone
    assert add_months(leaves, -months) > first >= add_months(leaves - 1, -months)
