"""The life of a lot: pending, available, expired; every end stamped when it was earned."""

import pytest

from regulars.kernel.effects import Account, Entry, Posted
from regulars.kernel.facts import FOREVER
from regulars.kernel.waking import next_due
from tests.shop import Shop, earned, expired, moves

HELD = "points: {hold: 14 days}"
HELD_AND_SHORT = "points: {hold: 1 day, expire: {after: 2 days}}"


def test_points_are_pending_until_the_hold_is_over() -> None:
    """Fourteen days from 1 March end with the 15th."""
    shop = Shop(HELD)
    shop.buys("2017-03-01 09:00", "10.00")
    assert (shop.pending, shop.available) == (10, 0)
    assert shop.sees("2017-03-15 23:59:59.999999") == []
    (effect,) = shop.sees("2017-03-16 00:00")
    assert isinstance(effect, Posted)
    assert (effect.entry, effect.source, effect.target) == (Entry.ACTIVATE, Account.PENDING, Account.AVAILABLE)
    assert (effect.because.rule, effect.because.fact) == ("hold", None)
    assert (shop.pending, shop.available) == (0, 10)


def test_a_due_effect_bears_its_due_time_however_late_it_woke() -> None:
    shop = Shop(HELD)
    shop.buys("2017-03-01 09:00", "10.00")
    (effect,) = shop.sees("2018-06-01 12:00")
    assert shop.wall(effect.effective_at) == "2017-03-16 00:00"
    assert shop.wall(effect.recorded_at) == "2018-06-01 12:00"


@pytest.mark.parametrize(
    ("after", "until", "gone"),
    [
        ("3 days", "", "2017-05-14 00:00"),
        ("1 week", "", "2017-05-18 00:00"),
        ("P2W", "", "2017-05-25 00:00"),
        ("3 days", "end_of_week", "2017-05-15 00:00"),
        ("5 days", "end_of_week", "2017-05-22 00:00"),
        ("1 month", "end_of_month", "2017-07-01 00:00"),
        ("1 month", "end_of_quarter", "2017-07-01 00:00"),
        ("2 months", "end_of_quarter", "2017-10-01 00:00"),
        ("1 month", "end_of_half_year", "2017-07-01 00:00"),
        ("3 months", "end_of_half_year", "2018-01-01 00:00"),
        ("1 year", "end_of_year", "2019-01-01 00:00"),
        ("5 hours", "", "2017-05-10 23:30"),
        ("90 minutes", "", "2017-05-10 20:00"),
        ("PT330M", "end_of_week", "2017-05-15 00:00"),
        ("PT6H", "end_of_month", "2017-06-01 00:00"),
    ],
)
def test_how_long_points_last(after: str, until: str, gone: str) -> None:
    """Earned on Wednesday 10 May 2017 at 18:30."""
    rounded = f", until: {until}" if until else ""
    shop = Shop(f"points: {{expire: {{after: {after}{rounded}}}}}")
    shop.buys("2017-05-10 18:30", "10.00")
    (effect,) = shop.sees("2020-01-01 00:00")
    assert expired([effect]) == [10]
    assert shop.wall(effect.effective_at) == gone


def test_six_hours_that_end_at_midnight_end_in_the_old_month() -> None:
    """The end is exclusive: what lasts until 1 June 00:00 lasted through May."""
    shop = Shop("points: {expire: {after: 6 hours, until: end_of_month}}")
    shop.buys("2017-05-31 18:00", "10.00")
    (effect,) = shop.sees("2020-01-01 00:00")
    assert shop.wall(effect.effective_at) == "2017-06-01 00:00"


def test_what_lasts_an_instant_into_a_month_lasts_to_the_end_of_it() -> None:
    shop = Shop("points: {expire: {after: 6 hours, until: end_of_month}}")
    shop.buys("2017-05-31 18:00:00.000001", "10.00")
    (effect,) = shop.sees("2020-01-01 00:00")
    assert shop.wall(effect.effective_at) == "2017-07-01 00:00"


def test_points_never_expire_where_the_program_says_so() -> None:
    shop = Shop("points: {expire: never}")
    shop.buys("2017-05-10 18:30", "10.00")
    assert next_due(shop.state, shop.program) == FOREVER
    assert shop.sees("2090-01-01 00:00") == []


def test_earliest_expiry_first_then_the_oldest() -> None:
    shop = Shop("points: {expire: {after: 1 month, until: end_of_month}}")
    for day, amount in (("10", "1.00"), ("11", "2.00"), ("12", "3.00")):
        shop.buys(f"2017-05-{day} 12:00", amount)
    shop.buys("2017-04-30 12:00", "4.00")
    assert [lot.points for lot in shop.state.consequences.available] == [4, 1, 2, 3]
    assert expired(shop.sees("2018-01-01 00:00")) == [4, 1, 2, 3]


def test_what_several_rules_give_for_one_order_is_one_lot() -> None:
    """Each rule has its line in the ledger; what they gave becomes available and expires as one."""
    shop = Shop(
        """
points: {hold: 1 day, expire: {after: 1 month}}
earning:
  - {id: z, on: Order Completed, points: 1}
  - {id: a, on: Order Completed, points: 2}
"""
    )
    assert earned(shop.buys("2017-05-10 12:00", "1.00", id="o")) == {"z": 1, "a": 2}
    assert [(lot.id, lot.points) for lot in shop.state.consequences.pending] == [(("o", 0), 3)]
    shop.buys("2017-05-10 12:00", "1.00", id="p")
    shop.buys("2017-05-10 11:00", "1.00", id="late")
    assert sorted([(lot.id[0], lot.points) for lot in shop.state.consequences.pending]) == [
        ("late", 3),
        ("o", 3),
        ("p", 3),
    ]
    moved = [one for one in shop.sees("2017-05-12 00:00") if isinstance(one, Posted)]
    assert [(one.entry, one.points) for one in moved] == [(Entry.ACTIVATE, 3)] * 3
    assert sum(expired(shop.sees("2017-07-01 00:00"))) == 9


def test_a_lot_that_is_not_the_first_may_be_the_one_that_moves() -> None:
    """Told late: it stands behind others in time and is available, or gone, before them."""
    shop = Shop("points: {hold: 10 days, expire: {after: 20 days}}")
    shop.buys("2017-03-10 12:00", "1.00")
    shop.buys("2017-03-05 12:00", "2.00")
    assert [lot.points for lot in shop.state.consequences.pending] == [2, 1]
    shop.sees("2017-03-16 00:00")
    assert (shop.pending, shop.available) == (1, 2)
    shop.sees("2017-03-21 00:00")
    assert [lot.points for lot in shop.state.consequences.available] == [2, 1]
    assert expired(shop.sees("2017-03-26 00:00")) == [2]
    assert expired(shop.sees("2017-04-01 00:00")) == [1]


def test_a_tier_may_keep_its_points_for_ever_and_those_earned_before_keep_their_end() -> None:
    shop = Shop(
        """
points: {expire: {after: 1 month}}
tiers: {by: spend, over: calendar_year, levels: [{id: platinum, at: 100, points_expire: never}]}
"""
    )
    shop.buys("2017-03-01 12:00", "100.00")
    shop.buys("2017-03-02 12:00", "50.00")
    effects = shop.sees("2019-01-01 12:00")
    assert (expired(effects), moves(effects), shop.available) == ([100], [("platinum", None)], 50)


def test_a_tier_may_have_an_expiry_of_its_own() -> None:
    shop = Shop(
        """
points: {expire: never}
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 100, points_expire: {after: 1 day}}]}
"""
    )
    shop.buys("2017-03-01 12:00", "100.00")
    shop.buys("2017-03-02 12:00", "50.00")
    assert expired(shop.sees("2017-03-04 00:00")) == [50]
    assert shop.available == 100


def test_pending_points_activate_before_anything_expires_at_the_same_instant() -> None:
    shop = Shop("points: {hold: 1 day, expire: {after: 48 hours}}")
    shop.buys("2017-03-01 00:00", "10.00")
    effects = shop.sees("2017-03-10 00:00")
    assert [one.entry.value for one in effects if isinstance(one, Posted)] == ["activate", "expire"]
    assert {shop.wall(one.effective_at) for one in effects} == {"2017-03-03 00:00"}


def test_everything_due_is_done_in_the_order_of_time() -> None:
    shop = Shop(HELD_AND_SHORT)
    shop.buys("2017-03-01 12:00", "1.00")
    shop.buys("2017-03-02 12:00", "2.00")
    effects = shop.sees("2017-03-10 12:00")
    done = [
        (one.entry.value, one.points, shop.wall(one.effective_at)[:10]) for one in effects if isinstance(one, Posted)
    ]
    assert done == [
        ("activate", 1, "2017-03-03"),
        ("activate", 2, "2017-03-04"),
        ("expire", 1, "2017-03-04"),
        ("expire", 2, "2017-03-05"),
    ]


def test_a_late_order_earns_what_has_already_expired_and_says_both() -> None:
    """Points are dated by the order; told after their time, they expire at once, at the customer's clock."""
    shop = Shop(HELD_AND_SHORT)
    shop.buys("2017-03-20 12:00", "1.00")
    effects = shop.buys("2017-03-01 12:00", "10.00")
    assert (earned(effects), expired(effects)) == ({"purchase": 10}, [10])
    assert {shop.wall(one.effective_at) for one in effects} == {"2017-03-20 12:00"}
    assert shop.wall(shop.state.clock) == "2017-03-20 12:00"


def test_a_late_order_whose_hold_is_over_is_available_at_once() -> None:
    shop = Shop(HELD)
    shop.buys("2017-03-20 12:00", "1.00")
    (effect,) = shop.buys("2017-03-01 12:00", "10.00")
    assert isinstance(effect, Posted)
    assert (effect.target, effect.active_at) == (Account.AVAILABLE, effect.effective_at)
    assert (shop.pending, shop.available) == (1, 10)


def test_what_was_issued_expired_and_is_outstanding_adds_up() -> None:
    shop = Shop(HELD_AND_SHORT)
    shop.buys("2017-03-01 12:00", "10.00")
    shop.buys("2017-03-04 12:00", "5.00")
    held = shop.state.consequences
    assert (held.issued, held.expired, held.outstanding(), shop.pending + shop.available) == (15, 10, 5, 5)
