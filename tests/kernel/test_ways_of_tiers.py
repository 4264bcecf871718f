"""What levels go by, over which time, how they are given and lost, and what is told beforehand."""

import pytest

from regulars.kernel.effects import Effect, Entry, LevelEnding, LevelKept, Posted
from regulars.kernel.facts import FOREVER, Behaved, Trust
from regulars.kernel.state import NO_FOOTING, rebuilt
from regulars.kernel.tiers import Ahead, Keeping, ahead, keeping
from regulars.kernel.waking import next_due
from tests.kernel.test_returns import Till
from tests.shop import Shop, earned, line, moves, order, refused

LEVELS = "[{id: silver, at: 500}, {id: gold, at: 1500}]"
FEW = "[{id: silver, at: 2}, {id: gold, at: 4}]"


def tiers(said: str, levels: str = LEVELS, members: str = "everyone") -> str:
    return f"members: {members}\ntiers: {{{said}, levels: {levels}}}"


YEAR = "by: spend, over: calendar_year"
KEPT = f"{YEAR}, keep: {{until: end_of_next_year}}"


def keeps(shop: Shop) -> Keeping | None:
    assert shop.program.tiers is not None
    return keeping(shop.state, shop.program.tiers)


def falls(shop: Shop, when: str) -> list[tuple[str, str | None, str | None]]:
    """Until then: on which day, from what, to what."""
    return [(shop.wall(one.effective_at), *change) for one in shop.sees(when) for change in moves([one])]


def kept(shop: Shop, when: str) -> list[tuple[str, str, bool]]:
    return [(one.level, shop.wall(one.until), one.in_grace) for one in shop.sees(when) if isinstance(one, LevelKept)]


def warned(shop: Shop, when: str) -> list[tuple[str, str, str, int | None]]:
    return [
        (shop.wall(one.effective_at), one.level, shop.wall(one.at), one.missing)
        for one in shop.sees(when)
        if isinstance(one, LevelEnding)
    ]


# --- by what ---------------------------------------------------------------------------------------------------------


def test_orders_are_counted_that_were_worth_something() -> None:
    shop = Shop(tiers("by: orders, over: calendar_year", FEW))
    for day, amount in enumerate(("9.00", "0.00", "-3.00")):
        assert moves(shop.buys(f"2017-03-0{day + 1} 12:00", amount)) == []
    assert moves(shop.buys("2017-03-04 12:00", "0.01")) == [(None, "silver")]


@pytest.mark.parametrize(
    ("by", "name"),
    [("visits", "Store Visited"), ("referrals", "Referral Qualified"), ("{times: Yoga Done}", "Yoga Done")],
)
def test_what_the_shop_tells_is_counted_each_time(by: str, name: str) -> None:
    shop = Shop(tiers(f"by: {by}, over: rolling 2 months", FEW))
    shop.buys("2017-03-01 12:00", "900.00")
    shop.does("Something Else", "2017-03-01 12:00")
    assert moves(shop.does(name, "2017-03-01 12:00")) == []
    assert moves(shop.does(name, "2017-03-01 13:00")) == [(None, "silver")]
    assert falls(shop, "2017-12-31 12:00") == [("2017-05-02 00:00", "silver", None)]


def test_a_browsers_word_counts_for_no_level() -> None:
    shop = Shop(tiers("by: visits, over: lifetime", FEW))
    for number in range(4):
        moment = shop.at("2017-03-01 12:00")
        shop.takes(Behaved(f"b{number}", "ada", moment, moment, "web", "Store Visited", {}, Trust.WEAK))
    assert shop.tier is None


def test_members_are_counted_from_joining_on() -> None:
    shop = Shop(tiers("by: visits, over: lifetime", FEW, "those_who_join"))
    shop.does("Store Visited", "2017-03-01 12:00")
    shop.joins("2017-03-02 12:00")
    shop.does("Store Visited", "2017-03-03 12:00")
    assert shop.tier is None
    assert moves(shop.does("Store Visited", "2017-03-04 12:00")) == [(None, "silver")]


# --- over what -------------------------------------------------------------------------------------------------------


def test_a_year_of_the_shops_own_begins_on_its_day() -> None:
    shop = Shop(tiers('by: spend, over: {year_from: "04-01"}'))
    shop.buys("2017-03-31 23:59", "400.00")
    shop.buys("2017-04-01 00:00", "400.00")
    assert shop.tier is None
    assert moves(shop.buys("2018-03-31 23:59", "100.00")) == [(None, "silver")]
    assert falls(shop, "2019-01-01 00:00") == [("2018-04-01 00:00", "silver", None)]


@pytest.mark.parametrize(("bought", "over"), [("2017-02-28", "2018-02-28"), ("2016-02-28", "2016-02-29")])
def test_a_year_from_29_february_begins_on_the_28th_where_there_is_none(bought: str, over: str) -> None:
    for by in ("spend", "points", "orders"):
        levels = LEVELS if by != "orders" else "[{id: silver, at: 1}]"
        shop = Shop(tiers(f'by: {by}, over: {{year_from: "02-29"}}', levels))
        shop.buys(f"{bought} 00:00", "500.00")
        assert falls(shop, "2019-12-31 00:00") == [(f"{over} 00:00", "silver", None)]


def test_a_level_of_the_shops_own_year_may_be_kept_through_the_next() -> None:
    shop = Shop(tiers('by: spend, over: {year_from: "04-01"}, keep: {until: end_of_next_year}'))
    shop.buys("2017-04-01 00:00", "500.00")
    assert falls(shop, "2030-01-01 00:00") == [("2019-04-01 00:00", "silver", None)]


def test_years_since_joining_go_by_each_members_own_anniversary() -> None:
    shop = Shop(tiers("by: spend, over: since_joining", members="those_who_join"))
    shop.joins("2016-02-29 12:00")
    shop.buys("2017-02-27 23:59", "400.00")
    shop.buys("2017-02-28 00:00", "400.00")
    assert shop.tier is None
    assert moves(shop.buys("2017-08-01 12:00", "100.00")) == [(None, "silver")]
    assert falls(shop, "2019-01-01 00:00") == [("2018-02-28 00:00", "silver", None)]


def test_over_all_the_time_nothing_is_lost_however_long_ago() -> None:
    for by in ("spend", "points"):
        shop = Shop(tiers(f"by: {by}, over: lifetime"))
        for year in range(2001, 2017):
            shop.buys(f"{year}-03-01 12:00", "31.00")
        assert shop.tier is None
        assert moves(shop.buys("2017-03-01 12:00", "4.00")) == [(None, "silver")]
        assert next_due(shop.state, shop.program) == FOREVER
        assert keeps(shop) is None


def test_a_level_lasts_for_a_year_from_its_entry_and_what_comes_in_it_keeps_it() -> None:
    """The day of entry is the last that does not count for keeping it."""
    shop = Shop(tiers("by: spend, over: {since_entry: 12 months}"))
    shop.buys("2017-01-10 12:00", "400.00")
    assert moves(shop.buys("2017-03-10 12:00", "100.00")) == [(None, "silver")]
    shop.buys("2017-06-01 12:00", "300.00")
    shop.buys("2018-03-10 23:59", "200.00")
    assert kept(shop, "2018-03-11 00:00") == [("silver", "2019-03-11 00:00", False)]
    assert falls(shop, "2020-01-01 00:00") == [("2019-03-11 00:00", "silver", None)]


def test_a_higher_level_begins_its_own_year_and_the_lower_one_another() -> None:
    shop = Shop(tiers("by: spend, over: {since_entry: 12 months}"))
    shop.buys("2017-03-10 12:00", "500.00")
    assert moves(shop.buys("2017-09-10 12:00", "1000.00")) == [("silver", "gold")]
    shop.buys("2018-05-01 12:00", "500.00")
    assert falls(shop, "2030-01-01 00:00") == [
        ("2018-09-11 00:00", "gold", "silver"),
        ("2019-09-11 00:00", "silver", None),
    ]


# --- given and lost --------------------------------------------------------------------------------------------------


def test_a_level_may_be_given_only_when_the_next_year_begins_and_for_that_year() -> None:
    shop = Shop(tiers(f"{YEAR}, up: at_next_period"))
    assert moves(shop.buys("2017-03-10 12:00", "600.00")) == []
    assert shop.wall(next_due(shop.state, shop.program)) == "2018-01-01 00:00"
    shop.sees("2018-01-01 00:00")
    assert shop.tier == "silver"
    assert moves(shop.buys("2018-06-01 12:00", "1500.00")) == []
    assert falls(shop, "2030-01-01 00:00") == [
        ("2019-01-01 00:00", "silver", "gold"),
        ("2020-01-01 00:00", "gold", None),
    ]


def test_a_late_order_of_the_year_before_gives_its_level_at_once() -> None:
    shop = Shop(tiers(f"{YEAR}, up: at_next_period"))
    shop.buys("2018-01-10 12:00", "1.00")
    assert moves(shop.buys("2017-12-30 12:00", "600.00")) == [(None, "silver")]


def test_down_by_one_level_at_each_reset() -> None:
    shop = Shop(tiers(f"{YEAR}, down: {{by: one}}"))
    shop.buys("2017-03-10 12:00", "1500.00")
    assert falls(shop, "2030-01-01 00:00") == [
        ("2018-01-01 00:00", "gold", "silver"),
        ("2019-01-01 00:00", "silver", None),
    ]


def test_never_down() -> None:
    shop = Shop(tiers(f"{YEAR}, down: never"))
    shop.buys("2017-03-10 12:00", "1500.00")
    assert falls(shop, "2030-01-01 00:00") == []
    assert next_due(shop.state, shop.program) == FOREVER


def test_grace_keeps_a_level_for_some_days_and_reaching_it_then_keeps_it_on() -> None:
    for late, after in (
        (None, [("2018-01-31 00:00", "silver", None)]),
        ("500.00", [("2019-01-31 00:00", "silver", None)]),
    ):
        shop = Shop(tiers(f"{YEAR}, grace: 30 days"))
        shop.buys("2017-03-10 12:00", "500.00")
        assert kept(shop, "2018-01-15 12:00") == [("silver", "2018-01-31 00:00", True)]
        now = keeps(shop)
        assert now == Keeping("silver", 500_00, 0, 500_00, shop.at("2018-01-31 00:00"), True)
        if late:
            shop.buys("2018-01-30 23:59", late)
        assert falls(shop, "2020-01-01 00:00") == after


def test_grace_over_rolling_months_begins_on_the_day_of_the_fall() -> None:
    shop = Shop(tiers("by: spend, over: rolling 3 months, grace: 1 week"))
    shop.buys("2017-03-10 12:00", "500.00")
    assert kept(shop, "2017-06-11 00:00") == [("silver", "2017-06-18 00:00", True)]
    shop.buys("2017-06-12 00:00", "500.00")
    assert falls(shop, "2018-01-01 00:00") == [("2017-09-20 00:00", "silver", None)]


def test_a_return_takes_a_level_at_once_only_where_the_program_says_so() -> None:
    for said, left in (("", ["gold"]), (", after_return: at_once", ["silver"])):
        shop = Shop(tiers(f"{KEPT}{said}"))
        shop.buys("2017-03-10 12:00", "600.00")
        shop.buys("2017-03-11 12:00", "1000.00")
        shop.buys("2017-03-12 12:00", "-1000.00")
        assert [shop.tier] == left


def test_a_return_takes_no_level_that_is_held_for_another_reason() -> None:
    """Last year's gold holds through this year, whatever of this year is sent back."""
    shop = Shop(tiers(f"{KEPT}, after_return: at_once"))
    shop.buys("2017-03-10 12:00", "1600.00")
    shop.buys("2018-03-10 12:00", "600.00")
    assert moves(shop.buys("2018-03-11 12:00", "-600.00")) == []


# --- rewards for entering --------------------------------------------------------------------------------------------

WELCOMING = "[{id: silver, at: 500, gives: {points: 100}}, {id: gold, at: 1500, gives: {points: 200, again: yes}}]"


def test_entering_a_level_is_rewarded_once_or_again() -> None:
    shop = Shop(tiers(YEAR, WELCOMING))
    assert earned(shop.buys("2017-03-10 12:00", "500.00")) == {"purchase": 500, "level:silver": 100}
    assert earned(shop.buys("2017-03-11 12:00", "1000.00")) == {"purchase": 1000, "level:gold": 200}
    assert earned(shop.buys("2018-03-11 12:00", "1500.00")) == {"purchase": 1500, "level:gold": 200}
    assert shop.state.consequences.footing is not None
    assert shop.state.consequences.footing.welcomed == ("silver", "gold")


def test_who_climbs_two_levels_at_once_gets_what_there_is_for_both() -> None:
    effects = Shop(tiers(YEAR, WELCOMING)).buys("2017-03-10 12:00", "1500.00", id="o1")
    assert earned(effects) == {"purchase": 1500, "level:silver": 100, "level:gold": 200}
    assert [one.lot for one in effects if isinstance(one, Posted)] == [("o1", 0), ("o1", 101), ("o1", 102)]


def test_a_reward_counts_for_no_level_and_waits_as_other_points_do() -> None:
    levels = "[{id: silver, at: 500, gives: {points: 1000}}, {id: gold, at: 1500}]"
    shop = Shop(
        "points: {hold: 14 days, expire: {after: 1 month}}\n" + tiers("by: points, over: calendar_year", levels)
    )
    effects = shop.buys("2017-03-10 12:00", "500.00")
    assert (shop.tier, shop.pending, shop.available) == ("silver", 1500, 0)
    assert shop.sentences(effects)[-1] == (
        "1,000 points for reaching silver; pending until the end of 2017-03-24; they last until the end of 2017-04-10;"
        " they do not count for a level."
    )


def test_a_level_that_is_given_at_the_next_year_is_rewarded_when_the_year_begins() -> None:
    shop = Shop("points: {hold: 14 days, expire: {after: 1 month}}\n" + tiers(f"{YEAR}, up: at_next_period", WELCOMING))
    assert earned(shop.buys("2017-03-10 12:00", "1500.00")) == {"purchase": 1500}
    effects = shop.sees("2018-01-01 00:00")
    assert (earned(effects), shop.pending) == ({"level:silver": 100, "level:gold": 200}, 300)
    assert shop.sentences([one for one in effects if isinstance(one, Posted)])[-1] == (
        "200 points for reaching gold; pending until the end of 2018-01-15; they last until the end of 2018-02-01;"
        " they do not count for a level."
    )
    assert [one.because.fact for one in effects] == [None] * len(effects)
    shop.buys("2018-06-01 12:00", "1500.00")
    assert earned(shop.sees("2019-01-01 00:00")) == {}
    assert shop.tier == "gold"
    shop.sees("2020-06-01 00:00")
    shop.buys("2020-06-02 12:00", "1500.00")
    assert earned(shop.sees("2021-02-01 00:00")) == {"level:gold": 200}
    assert rebuilt(shop.effects) == shop.state.consequences


def test_what_the_year_gave_goes_with_what_had_brought_it() -> None:
    shop = Till(tiers(f"{YEAR}, up: at_next_period", WELCOMING))
    shop.buys("2017-03-10 12:00", "600.00", id="A")
    shop.buys("2017-03-11 12:00", "900.00", id="B")
    shop.sees("2018-01-02 00:00")
    assert shop.available == 1800
    assert taken_back(back(shop, "2018-01-05 12:00", "B")) == {"purchase": 900, "level:gold": 200}
    assert taken_back(back(shop, "2019-02-05 12:00", "A")) == {"purchase": 600}


def back(shop: Till, when: str, order_id: str, amount_minor: int | None = None) -> list[Effect]:
    effects: list[Effect] = shop.refunds(when, order_id, amount_minor)
    assert rebuilt(shop.effects) == shop.state.consequences
    return effects


def taken_back(effects: list[Effect]) -> dict[str, int]:
    return {
        one.because.rule: one.points for one in effects if isinstance(one, Posted) and one.entry is Entry.EARN_REVERSAL
    }


def test_an_unused_reward_goes_back_with_the_order_that_reached_the_level_and_comes_again() -> None:
    for said, tier in (("", "silver"), (", after_return: at_once", None)):
        shop = Till(tiers(f"{YEAR}{said}", WELCOMING))
        shop.buys("2017-03-10 12:00", "500.00", id="o1")
        shop.buys("2017-03-10 13:00", "5.00", id="o2")
        assert taken_back(back(shop, "2017-03-11 12:00", "o2")) == {"purchase": 5}
        assert taken_back(back(shop, "2017-03-12 12:00", "o1", 100)) == {"purchase": 1, "level:silver": 100}
        assert (shop.tier, shop.available) == (tier, 499)
        again = earned(shop.buys("2017-03-13 12:00", "1.00"))
        assert again == {"purchase": 1} | ({"level:silver": 100} if tier is None else {})


def test_of_a_reward_that_was_used_only_what_is_left_goes_back_and_it_does_not_come_again() -> None:
    shop = Till(tiers(f"{YEAR}, after_return: at_once", WELCOMING))
    shop.buys("2017-03-10 12:00", "500.00", id="o1")
    shop.spends("2017-03-10 13:00", 530)
    assert taken_back(back(shop, "2017-03-12 12:00", "o1", 100)) == {"purchase": 1, "tiers": 69}
    assert shop.tier is None
    assert earned(shop.buys("2017-03-13 12:00", "1.00")) == {"purchase": 1}


def test_what_went_back_no_longer_counts_for_what_it_counted_for() -> None:
    """Money where levels go by money, and the order where they go by orders, once nothing of it is left."""
    shop = Till(tiers("by: orders, over: calendar_year, after_return: at_once", FEW))
    shop.buys("2017-03-10 12:00", "10.00", id="o1")
    shop.buys("2017-03-11 12:00", "10.00", id="o2")
    back(shop, "2017-03-12 12:00", "o2", 400)
    assert shop.tier == "silver"
    assert moves(back(shop, "2017-03-13 12:00", "o2", 600)) == [("silver", None)]
    for by in ("spend", "points"):
        shop = Till(tiers(f"by: {by}, over: lifetime, after_return: at_once"))
        shop.buys("2017-03-10 12:00", "500.00", id="o1")
        assert moves(back(shop, "2022-03-12 12:00", "o1", 100)) == [("silver", None)]


# --- told beforehand -------------------------------------------------------------------------------------------------


def test_the_end_of_a_level_is_told_once_ahead_with_what_is_missing() -> None:
    shop = Shop(tiers(f"{KEPT}, warn: 30 days"))
    shop.buys("2017-03-10 12:00", "500.00")
    shop.buys("2018-03-10 12:00", "120.00")
    assert warned(shop, "2019-12-31 12:00") == [("2018-12-02 00:00", "silver", "2019-01-01 00:00", 380_00)]


def test_whoever_keeps_the_level_meanwhile_is_not_told() -> None:
    shop = Shop(tiers(f"{KEPT}, warn: 30 days"))
    shop.buys("2017-03-10 12:00", "500.00")
    shop.buys("2018-11-30 12:00", "500.00")
    assert warned(shop, "2019-11-30 12:00") == []
    assert warned(shop, "2020-01-01 12:00") == [("2019-12-02 00:00", "silver", "2020-01-01 00:00", 500_00)]


def test_what_nothing_can_keep_is_told_without_a_figure() -> None:
    shop = Shop(tiers(f"{YEAR}, warn: 30 days"))
    shop.buys("2017-12-20 12:00", "500.00")
    (told,) = [one for one in shop.effects if isinstance(one, LevelEnding)]
    assert (shop.wall(told.effective_at), told.missing) == ("2017-12-20 12:00", None)
    assert shop.sentences([told]) == ["silver ends after 2017-12-31; what comes after that counts for the next time."]


def test_over_rolling_months_an_end_that_is_put_off_is_not_told_every_day() -> None:
    shop = Shop(tiers("by: spend, over: rolling 3 months, warn: 10 days"))
    shop.buys("2017-03-10 12:00", "500.00")
    shop.buys("2017-03-12 12:00", "500.00")
    assert warned(shop, "2017-06-02 12:00") == []
    assert warned(shop, "2017-06-03 00:00") == [("2017-06-03 00:00", "silver", "2017-06-13 00:00", 500_00)]
    shop.buys("2017-06-05 12:00", "100.00")
    shop.buys("2017-06-09 12:00", "400.00")
    assert warned(shop, "2017-08-30 12:00") == [("2017-08-27 00:00", "silver", "2017-09-06 00:00", 100_00)]


def test_the_end_of_a_years_level_is_told_before_the_reset_and_grace_by_itself() -> None:
    shop = Shop(tiers(f"{YEAR}, warn: 30 days, grace: 30 days"))
    shop.buys("2017-03-10 12:00", "500.00")
    effects = shop.sees("2018-12-31 12:00")
    assert shop.sentences(effects) == [
        "silver ends after 2017-12-31; what comes after that counts for the next time.",
        "silver is kept until the end of 2018-01-30, and for longer if it is reached again by then.",
        "No longer silver at the turn of the year: no level is left.",
    ]


# --- what is missing -------------------------------------------------------------------------------------------------


def test_what_is_missing_to_reach_and_to_keep_and_until_when() -> None:
    shop = Shop(tiers(KEPT))
    shop.buys("2017-03-10 12:00", "500.00")
    shop.buys("2018-03-10 12:00", "120.00")
    assert shop.program.tiers is not None
    today = shop.program.calendar.today(shop.state.clock)
    assert ahead(shop.state, shop.program.tiers, today) == Ahead("gold", 1500_00, 120_00)
    assert keeps(shop) == Keeping("silver", 500_00, 120_00, 380_00, shop.at("2019-01-01 00:00"), False)


def test_who_has_earned_the_level_for_its_next_time_misses_nothing() -> None:
    shop = Shop(tiers("by: spend, over: {since_entry: 12 months}"))
    shop.buys("2017-03-10 12:00", "500.00")
    assert keeps(shop) == Keeping("silver", 500_00, 0, 500_00, shop.at("2018-03-11 00:00"), False)
    shop.buys("2017-04-10 12:00", "499.00")
    assert keeps(shop) == Keeping("silver", 500_00, 499_00, 1_00, shop.at("2018-03-11 00:00"), False)
    shop.buys("2017-04-11 12:00", "1.00")
    assert keeps(shop) is None


# --- by the shop's own word ------------------------------------------------------------------------------------------


def test_a_level_by_hand_holds_to_its_end_and_what_was_earned_is_left() -> None:
    shop = Shop(tiers(YEAR, WELCOMING))
    shop.buys("2017-03-10 12:00", "100.00")
    effects = shop.sets("gold", "2017-04-01 12:00", until="2017-07-01 00:00")
    assert (moves(effects), earned(effects)) == ([(None, "gold")], {})
    assert shop.sentences(effects) == [
        "Given by hand: at least gold, until the end of 2017-06-30.",
        "Is in gold now, by hand.",
    ]
    effects = shop.buys("2017-05-01 12:00", "400.00")
    assert (moves(effects), earned(effects)["level:silver"]) == ([], 100)
    assert falls(shop, "2030-01-01 00:00") == [
        ("2017-07-01 00:00", "gold", "silver"),
        ("2018-01-01 00:00", "silver", None),
    ]


def test_a_level_by_hand_is_no_ceiling() -> None:
    shop = Shop(tiers(YEAR))
    shop.sets("silver", "2017-04-01 12:00")
    assert moves(shop.buys("2017-05-01 12:00", "1500.00")) == [("silver", "gold")]
    assert falls(shop, "2030-01-01 00:00") == [("2018-01-01 00:00", "gold", "silver")]
    assert moves(shop.sets(None, "2030-01-02 12:00")) == [("silver", None)]
    assert shop.state.consequences.footing == NO_FOOTING


def test_another_word_takes_the_place_of_the_one_before() -> None:
    shop = Shop(tiers(YEAR))
    shop.sets("gold", "2017-04-01 12:00", until="2017-07-01 00:00")
    assert moves(shop.sets("silver", "2017-04-02 12:00", until="2017-06-01 00:00")) == [("gold", "silver")]
    assert falls(shop, "2030-01-01 00:00") == [("2017-06-01 00:00", "silver", None)]


def test_down_by_one_goes_on_beneath_a_level_by_hand() -> None:
    shop = Shop(
        tiers(f"{YEAR}, down: {{by: one}}", "[{id: silver, at: 500}, {id: gold, at: 1500}, {id: top, at: 9999}]")
    )
    shop.buys("2017-03-10 12:00", "1500.00")
    shop.sets("top", "2017-12-01 12:00", until="2018-06-01 00:00")
    assert falls(shop, "2030-01-01 00:00") == [
        ("2018-06-01 00:00", "top", "silver"),
        ("2019-01-01 00:00", "silver", None),
    ]


def test_the_end_of_a_level_by_hand_is_told_too() -> None:
    shop = Shop(tiers(f"{YEAR}, warn: 30 days"))
    shop.sets("silver", "2017-04-01 12:00", until="2017-07-01 00:00")
    assert warned(shop, "2018-01-01 00:00") == [("2017-06-01 00:00", "silver", "2017-07-01 00:00", 500_00)]


def test_no_level_by_hand_for_who_is_no_member_nor_one_that_there_is_not() -> None:
    shop = Shop(tiers(YEAR, members="those_who_join"))
    assert refused(shop.sets("gold", "2017-04-01 12:00")) == {"set": "not_a_member"}
    assert refused(shop.sets("diamond", "2017-04-01 12:00")) == {"set": "no_such_level"}
    assert shop.sets(None, "2017-04-01 12:00") == []
    assert shop.tier is None


def test_a_word_that_comes_after_its_end_gives_and_takes_in_one_step() -> None:
    shop = Shop(tiers(YEAR))
    shop.takes(order(shop.at("2017-08-01 12:00"), line("1.00")))
    assert moves(shop.sets("gold", "2017-04-01 12:00", until="2017-07-01 00:00")) == [(None, "gold"), ("gold", None)]
