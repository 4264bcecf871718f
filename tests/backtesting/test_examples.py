"""Which single orders a report shows."""

import pytest

from regulars.backtesting.examples import choose_examples
from regulars.kernel.effects import Entry, Posted, Refused
from tests.backtesting.shops import FRESH, PURCHASE, Till, backtest, corner_shop, order, program, tier_changes


def examples_of(till, rulebook):
    (outcome,) = backtest(till, rulebook)
    return choose_examples(till, rulebook, outcome)


@pytest.fixture
def corner():
    return {one.kind: one for one in examples_of(corner_shop(), program())}


def test_a_lively_shop_has_an_order_of_every_kind(corner):
    assert list(corner) == ["everyday", "multiplied", "most", "tier", "nothing", "expired"]
    assert len({(one.customer, one.order_id) for one in corner.values()}) == 6


def test_every_effect_of_an_order_says_why(corner):
    for one in corner.values():
        assert one.effects
        assert len(one.sentences) == len(one.effects)


def test_the_most_points_are_those_of_the_customer_who_got_most(corner):
    """On Sunday 5 March Ada bought for 80 dollars: 80 stars, doubled, times 1.2 if she is in gold by then; fruit besides."""
    most = corner["most"]

    assert (most.customer, most.order_id, most.amount_minor, most.lines) == ("ada", "ada-2017-03-05T17:00", 8_000, 1)
    assert most.points == sum(effect.points for effect in most.effects)
    assert most.points >= 160 + 10


def test_the_order_that_reached_a_tier_reached_the_highest_that_anybody_holds(corner):
    (change,) = tier_changes([corner["tier"]])

    assert corner["tier"].tier == change.after == "gold"


def test_a_multiplied_order_names_what_multiplied_it(corner):
    assert any("times" in sentence for sentence in corner["multiplied"].sentences)


def test_an_everyday_order_is_neither_multiplied_nor_does_it_reach_a_tier(corner):
    assert not any("times" in sentence or "Reached" in sentence for sentence in corner["everyday"].sentences)


def test_an_order_that_earned_nothing_is_refused_by_every_rule(corner):
    assert corner["nothing"].points == 0
    assert all(isinstance(effect, Refused) for effect in corner["nothing"].effects)


def test_what_expired_is_shown_with_what_earned_it(corner):
    earned, expired = (effect for effect in corner["expired"].effects if isinstance(effect, Posted))

    assert (earned.entry, expired.entry, earned.lot) == (Entry.EARN, Entry.EXPIRE, expired.lot)
    assert corner["expired"].points == earned.points == expired.points


def test_the_same_backtest_shows_the_same_orders():
    assert examples_of(corner_shop(), program()) == examples_of(corner_shop(), program())


def test_without_tiers_without_weekends_and_without_expiry_fewer_are_shown():
    kinds = [one.kind for one in examples_of(corner_shop(), program(earning=(PURCHASE,), levels=(), months=0))]

    assert kinds == ["everyday", "most", "nothing"]


def test_one_order_of_one_customer_is_shown_once():
    (only,) = examples_of(Till(order("ada", "2017-03-08T12:00", 1_000)), program(levels=()))

    assert (only.kind, only.customer, only.points) == ("most", "ada", 10)


def test_where_nobody_gets_anything_the_order_with_most_money_says_why():
    till = Till(order("ada", "2017-03-08T12:00", 1_000), order("bob", "2017-03-08T12:00", 3_000))

    (only,) = examples_of(till, program(earning=(FRESH,)))

    assert (only.kind, only.customer, only.points) == ("nothing", "bob", 0)
    assert only.sentences == ("No stars by “fresh”: none of the lines counts for it.",)


def test_what_happens_after_the_end_of_the_backtest_is_not_told():
    till = Till(order("ada", "2017-03-08T12:00", 1_000), order("ada", "2017-03-09T12:00", 9_000))
    rulebook = program(levels=())
    until = till.orders[1].happened_at
    (outcome,) = backtest(Till(till.orders[0]), rulebook)
    assert outcome.until < until

    (only,) = choose_examples(till, rulebook, outcome)

    assert only.amount_minor == 1_000
