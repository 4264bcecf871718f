"""How long points live: pending until something, ending on dates or by inactivity, told of before they end, and extended."""

from regulars.kernel.effects import Effect, ExpiryNoticed, Posted
from regulars.kernel.facts import Behaved, ExpiryExtended, PointsReleased, PointsReserved
from regulars.kernel.state import rebuilt
from tests.kernel.test_returns import Till
from tests.shop import Shop, at, expired

ON_DATES = 'points: {expire: {on: ["12-31", "06-30"], at_least: 3 months}}'
FULFILLED = "points: {hold: {until: fulfilment, at_most: 30 days}}"
NOTICED = "points: {expire: {after: 3 months}, notices: [30 days, 7 days]}"
INACTIVE = "points: {expire: {inactive_for: 12 months, counts: [Order Completed, Points Spent, Product Reviewed]}}"


def told(shop: Shop, effects: list[Effect]) -> list[tuple[str, int, int]]:
    return [(shop.wall(one.effective_at), one.points, one.days) for one in effects if isinstance(one, ExpiryNoticed)]


def ends(shop: Shop) -> list[str]:
    return [shop.wall(lot.expires_at) for lot in shop.state.consequences.available]


def extended(shop: Shop, when: str, until: str) -> list[Effect]:
    moment = shop.at(when)
    return shop.takes(ExpiryExtended(f"ext-{when}", "ada", moment, moment, "test", shop.at(until), "sorry", "eva"))


# --- pending ------------------------------------------------------------------------------------------------------------


def test_points_are_pending_until_their_order_is_fulfilled() -> None:
    shop = Till(FULFILLED)
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    shop.buys("2017-03-02 12:00", "5.00", id="B")
    effects = _is_sent(shop, "2017-03-05 09:00", "A")
    assert (shop.available, shop.pending) == (10, 5)
    assert shop.sentences(effects)[1] == "10 points need not wait any longer: the order was fulfilled."
    assert rebuilt(shop.effects) == shop.state.consequences


def test_what_is_never_told_to_be_fulfilled_waits_so_long_at_most() -> None:
    shop = Till(FULFILLED)
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    assert shop.sees("2017-03-31 23:59") == []
    shop.sees("2017-04-01 00:00")
    assert shop.available == 10


def test_an_order_that_is_sent_twice_or_is_unknown_changes_nothing() -> None:
    shop = Till(FULFILLED)
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    _is_sent(shop, "2017-03-05 09:00", "A")
    assert _is_sent(shop, "2017-03-06 09:00", "A") == _is_sent(shop, "2017-03-06 09:00", "Z") == []


def test_a_refund_while_points_are_pending_takes_them_from_there() -> None:
    shop = Till(FULFILLED)
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    shop.refunds("2017-03-02 12:00", "A", 4_00)
    assert (shop.pending, shop.available) == (6, 0)
    _is_sent(shop, "2017-03-05 09:00", "A")
    assert (shop.pending, shop.available) == (0, 6)


def test_points_are_pending_until_a_date_and_from_then_on_no_longer() -> None:
    shop = Shop("points: {hold: {until: 2017-12-24}}")
    shop.buys("2017-11-01 12:00", "10.00")
    assert shop.sees("2017-12-23 23:59:59") == []
    shop.sees("2017-12-24 00:00")
    shop.buys("2017-12-24 12:00", "5.00")
    assert (shop.available, shop.pending) == (15, 0)


def test_points_are_pending_until_the_time_for_returns_is_over() -> None:
    shop = Shop("points: {hold: {until: returns_end, window: 14 days}}")
    shop.buys("2017-03-01 12:00", "10.00")
    assert shop.sees("2017-03-15 23:59") == []
    shop.sees("2017-03-16 00:00")
    assert shop.available == 10


def _is_sent(shop: Shop, when: str, order_id: str) -> list[Effect]:
    moment = shop.at(when)
    told = {"order_id": order_id}
    return shop.takes(Behaved(f"sent-{len(shop.facts)}", "ada", moment, moment, "test", "Order Shipped", told))


# --- ends ---------------------------------------------------------------------------------------------------------------


def test_points_end_on_the_next_date_that_is_far_enough() -> None:
    shop = Shop(ON_DATES)
    shop.buys("2017-03-30 12:00", "10.00")
    shop.buys("2017-03-31 12:00", "20.00")
    assert ends(shop) == ["2017-07-01 00:00"] * 2
    shop.buys("2017-04-01 12:00", "40.00")
    assert ends(shop)[-1] == "2018-01-01 00:00"
    assert expired(shop.sees("2017-07-01 00:00")) == [10, 20]


def test_29_february_is_the_28th_where_there_is_none() -> None:
    shop = Shop('points: {expire: {on: "02-29"}}')
    shop.buys("2017-02-28 12:00", "10.00")
    shop.buys("2019-03-01 12:00", "20.00")
    assert ends(shop) == ["2020-03-01 00:00"]


def test_a_level_may_have_dates_of_its_own() -> None:
    shop = Shop(
        "points: {expire: {after: 1 month}}\n"
        'tiers: {by: spend, over: lifetime, levels: [{id: gold, at: 50, points_expire: {on: ["12-31"]}}]}'
    )
    shop.buys("2017-03-01 12:00", "50.00")
    shop.buys("2017-03-02 12:00", "10.00")
    assert ends(shop) == ["2017-04-02 00:00", "2018-01-01 00:00"]


def test_all_points_end_when_nothing_that_counts_was_done_for_so_long() -> None:
    shop = Till(INACTIVE)
    shop.buys("2017-01-31 12:00", "10.00")
    shop.buys("2017-06-15 12:00", "20.00")
    shop.does("Store Visited", "2018-05-01 12:00")
    assert shop.sees("2018-06-15 23:59") == []
    effects = shop.sees("2018-06-16 00:00")
    assert expired(effects) == [10, 20]
    assert shop.sentences(effects)[0] == (
        "10 points expired: points end when for 12 months there was no “Order Completed”, “Points Spent” or “Product Reviewed”."
    )


def test_whatever_counts_begins_the_time_anew() -> None:
    shop = Till(INACTIVE)
    shop.buys("2017-01-31 12:00", "10.00")
    shop.does("Product Reviewed", "2017-09-01 12:00")
    shop.spends("2018-08-01 12:00", 3)
    assert shop.sees("2019-08-01 23:59") == []
    assert expired(shop.sees("2019-08-02 00:00")) == [7]


ONTARIO = (
    "points: {expire: {after: 1 month, spares: loyal}, notices: 7 days}\n"
    "segments: {loyal: {did: Order Completed, at_least: 2}}"
)


def test_time_alone_ends_no_points_of_those_who_are_spared() -> None:
    """Whoever is in the segment when points would end keeps them for good; the others lose theirs, and are told before."""
    shop, other = Shop(ONTARIO), Shop(ONTARIO)
    shop.buys("2017-03-01 12:00", "10.00")
    shop.buys("2017-03-01 12:00", "5.00")
    effects = shop.sees("2017-04-10 00:00")
    assert (shop.available, expired(effects), told(shop, effects)) == (15, [], [])
    assert shop.sentences(effects)[-1] == (
        "5 points do not end: time alone ends none of those of who is where this customer is."
    )
    assert shop.sees("2027-01-01 00:00") == []
    other.buys("2017-03-01 12:00", "10.00")
    effects = other.sees("2017-04-10 00:00")
    assert (expired(effects), told(other, effects)) == ([10], [("2017-03-25 00:00", 10, 7)])


# --- told of ------------------------------------------------------------------------------------------------------------


def test_that_points_end_is_told_once_for_each_notice() -> None:
    shop = Shop(NOTICED)
    shop.buys("2017-03-01 12:00", "10.00")
    shop.buys("2017-03-01 18:00", "5.00")
    shop.buys("2017-03-05 12:00", "40.00")
    assert told(shop, shop.sees("2017-06-01 12:00")) == [
        ("2017-05-02 00:00", 15, 30),
        ("2017-05-06 00:00", 40, 30),
        ("2017-05-25 00:00", 15, 7),
        ("2017-05-29 00:00", 40, 7),
    ]
    assert shop.sees("2017-06-01 23:00") == []
    assert expired(shop.sees("2018-01-01 00:00")) == [10, 5, 40]


def test_a_notice_tells_what_is_left() -> None:
    shop = Till(NOTICED)
    shop.buys("2017-03-01 12:00", "10.00")
    shop.spends("2017-04-01 12:00", 4)
    [notice] = [one for one in shop.sees("2017-05-03 00:00") if isinstance(one, ExpiryNoticed)]
    assert shop.sentences([notice]) == ["Told that 6 points can be spent only until the end of 2017-06-01."]


def test_points_that_live_for_less_than_a_notice_are_told_of_by_the_next() -> None:
    shop = Shop("points: {expire: {after: 10 days}, notices: [30 days, 7 days]}")
    shop.buys("2017-03-01 12:00", "10.00")
    assert told(shop, shop.sees("2017-04-01 00:00")) == [("2017-03-04 00:00", 10, 7)]


def test_the_end_by_inactivity_is_told_too() -> None:
    shop = Shop(INACTIVE.replace("}}", "}, notices: 30 days}"))
    shop.buys("2017-01-31 12:00", "10.00")
    assert told(shop, shop.sees("2018-01-15 00:00")) == [("2018-01-01 00:00", 10, 30)]
    shop.buys("2018-01-15 12:00", "5.00")
    assert told(shop, shop.sees("2019-01-01 00:00")) == [("2018-12-16 00:00", 15, 30)]


def test_during_a_pause_nobody_is_told() -> None:
    paused = NOTICED + "\npauses: [{from: 2017-05-01, to: 2017-06-01, stops: expiry}]"
    shop = Shop(paused)
    shop.buys("2017-03-01 12:00", "10.00")
    assert ends(shop) == ["2017-07-03 00:00"]
    assert told(shop, shop.sees("2017-08-01 00:00")) == [("2017-06-02 00:00", 10, 30), ("2017-06-25 00:00", 10, 7)]
    shop = Shop(paused.replace("to: 2017-06-01", "to: 2017-06-20"))
    shop.buys("2017-03-01 12:00", "10.00")
    assert told(shop, shop.sees("2017-08-01 00:00")) == [("2017-06-21 00:00", 10, 30), ("2017-07-14 00:00", 10, 7)]


# --- extended -----------------------------------------------------------------------------------------------------------


def test_the_shop_extends_whatever_ends_sooner() -> None:
    shop = Shop("points: {expire: {after: 1 month}}")
    shop.buys("2017-03-01 12:00", "10.00")
    shop.buys("2017-03-20 12:00", "20.00")
    effects = extended(shop, "2017-03-25 12:00", "2017-04-10 00:00")
    assert ends(shop) == ["2017-04-10 00:00", "2017-04-21 00:00"]
    assert shop.sentences(effects) == [
        "10 points were to last until the end of 2017-04-01.",
        "10 points last until the end of 2017-04-09 now: the shop has extended them.",
    ]
    assert sum([one.gain() for one in effects if isinstance(one, Posted)]) == 0
    assert extended(shop, "2017-03-26 12:00", "2017-04-10 00:00") == []
    assert expired(shop.sees("2017-04-10 00:00")) == [10]


def test_an_end_that_somebody_names_is_taken_at_their_word_unless_a_pause_stands_over_it() -> None:
    shop = Shop("points: {expire: {after: 1 month}}\npauses: [{from: 2017-04-10, to: 2017-05-10, stops: expiry}]")
    shop.buys("2017-03-01 12:00", "10.00")
    extended(shop, "2017-03-25 12:00", "2017-04-20 00:00")
    assert ends(shop) == ["2017-05-20 00:00"]
    extended(shop, "2017-03-26 12:00", "2017-06-01 00:00")
    assert ends(shop) == ["2017-06-01 00:00"]


def test_what_has_ended_is_not_brought_back_and_what_never_ends_stays() -> None:
    shop = Shop("points: {expire: {after: 1 month}}")
    shop.buys("2017-03-01 12:00", "10.00")
    assert expired(extended(shop, "2017-04-02 00:00", "2017-05-01 00:00")) == [10]
    forever = Shop()
    forever.buys("2017-03-01 12:00", "10.00")
    assert extended(forever, "2017-04-02 00:00", "2017-05-01 00:00") == []


def test_what_is_held_for_an_order_is_extended_with_its_reservation() -> None:
    shop = Till("points: {expire: {after: 1 month}}")
    shop.buys("2017-03-01 12:00", "10.00")
    moment = shop.at("2017-03-31 12:00")
    shop.takes(PointsReserved("held", "ada", moment, moment, "test", 6, at("2017-04-20 00:00")))
    extended(shop, "2017-04-01 12:00", "2017-05-01 00:00")
    moment = shop.at("2017-04-15 12:00")
    shop.takes(PointsReleased("free", "ada", moment, moment, "test", "held"))
    assert (ends(shop), shop.available) == (["2017-05-01 00:00"], 10)
    assert rebuilt(shop.effects) == shop.state.consequences
