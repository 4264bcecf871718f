"""A customer meets a newer program: what was counted stays, what is new is counted anew, nothing is taken away at once."""

from regulars.kernel.adopt import adopt
from regulars.kernel.facts import FOREVER
from tests.shop import Shop, earned, moves, program

SILVER = "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 500}, {id: gold, at: 1500}]}"


def meets(shop: Shop, body: str) -> list[tuple[str | None, str | None]]:
    newer = program(body, zone=shop.zone)
    shop.state, effects = adopt(shop.state, shop.program, newer, shop.facts, shop.state.clock + 5)
    shop.program = newer
    for effect in effects:
        assert (effect.recorded_at, effect.because.version, effect.because.fact) == (
            shop.state.clock + 5,
            newer.version,
            None,
        )
        assert effect.effective_at == shop.state.clock
    return moves(effects)


def test_a_lower_threshold_lifts_at_once() -> None:
    shop = Shop(SILVER)
    shop.buys("2017-03-01 12:00", "400.00")
    assert meets(shop, SILVER.replace("at: 500", "at: 300")) == [(None, "silver")]


def test_a_higher_threshold_takes_the_level_only_when_it_would_have_ended() -> None:
    shop = Shop(SILVER.replace("levels", "keep: {until: end_of_next_year}, levels"))
    shop.buys("2017-03-01 12:00", "600.00")
    assert (
        meets(shop, SILVER.replace("at: 500", "at: 700").replace("levels", "keep: {until: end_of_next_year}, levels"))
        == []
    )
    assert shop.tier == "silver"
    assert shop.sees("2018-12-31 23:59") == []
    assert moves(shop.sees("2019-01-01 00:00")) == [("silver", None)]


def test_a_higher_threshold_over_rolling_months_takes_the_level_when_it_would_have_ended() -> None:
    rolling = SILVER.replace("calendar_year", "rolling 6 months")
    shop = Shop(rolling)
    shop.buys("2017-03-01 12:00", "600.00")
    assert meets(shop, rolling.replace("at: 500", "at: 700")) == []
    assert shop.sees("2017-09-01 23:59") == []
    assert moves(shop.sees("2017-09-02 00:00")) == [("silver", None)]


def test_a_watch_that_is_new_is_counted_over_all_facts() -> None:
    shop = Shop()
    shop.buys("2017-03-01 12:00", "300.00")
    shop.buys("2017-04-01 12:00", "200.00")
    assert meets(shop, SILVER) == [(None, "silver")]
    assert meets(shop, SILVER.replace("calendar_year", "rolling 12 months").replace("at: 500", "at: 499")) == []
    assert shop.tier == "silver"
    assert moves(shop.sees("2018-03-02 00:00")) == [("silver", None)]


def test_members_only_watches_count_from_joining_on() -> None:
    shop = Shop("members: those_who_join")
    shop.buys("2017-03-01 12:00", "300.00")
    shop.joins("2017-03-15 12:00")
    shop.buys("2017-04-01 12:00", "200.00")
    assert meets(shop, "members: those_who_join\n" + SILVER) == []
    assert meets(shop, "members: those_who_join\n" + SILVER.replace("at: 500", "at: 200")) == [(None, "silver")]
    assert meets(shop, SILVER.replace("at: 1500", "at: 505")) == []
    assert meets(shop, SILVER.replace("at: 1500", "at: 500.01")) == []


def test_who_has_not_joined_is_not_lifted() -> None:
    shop = Shop("members: those_who_join")
    shop.buys("2017-03-01 12:00", "900.00")
    assert meets(shop, "members: those_who_join\n" + SILVER) == []
    assert meets(shop, SILVER) == [(None, "silver")]


def test_a_level_that_is_no_more_is_replaced_by_what_the_sums_reach() -> None:
    shop = Shop(SILVER)
    shop.buys("2017-03-01 12:00", "1600.00")
    assert meets(shop, SILVER.replace("gold", "jade")) == [("gold", None), (None, "jade")]


def test_where_tiers_are_no_more_the_level_goes() -> None:
    shop = Shop(SILVER)
    shop.buys("2017-03-01 12:00", "1600.00")
    assert meets(shop, "") == [("gold", None)]
    assert (shop.state.tier_due_at, shop.state.observations) == (FOREVER, {})


def test_lots_keep_their_end_and_new_ones_get_the_new_one() -> None:
    shop = Shop("points: {expire: {after: 1 month}}")
    shop.buys("2017-03-01 12:00", "10.00")
    meets(shop, "points: {expire: never}\nearning: [{id: double, on: Order Completed, per: 1.00, points: 2}]")
    assert earned(shop.buys("2017-03-02 12:00", "10.00")) == {"double": 20}
    assert [shop.wall(effect.effective_at) for effect in shop.sees("2020-01-01 00:00")] == ["2017-04-02 00:00"]
    assert shop.available == 20


def test_a_customer_of_whom_nothing_is_known_adopts_without_effect() -> None:
    assert meets(Shop(), SILVER.replace("at: 500", "at: 0")) == []
