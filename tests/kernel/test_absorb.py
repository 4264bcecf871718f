"""Visitors become customers."""

import pytest

from regulars.kernel.absorb import absorb
from regulars.kernel.facts import DAWN, FOREVER
from regulars.kernel.state import Consequences, State, copy_of
from regulars.kernel.waking import next_due
from tests.shop import Shop, moves

ROLLING = "tiers: {by: spend, over: rolling 2 months, levels: [{id: silver, at: 500}]}"


def visitor(shop: Shop) -> State:
    state = copy_of(shop.state)
    state.consequences, state.due_at, state.tier_due_at = Consequences(), FOREVER, FOREVER
    return state


def test_what_the_visitor_did_counts_at_the_customers_next_touch() -> None:
    shop, guest = Shop(ROLLING), Shop(ROLLING)
    shop.buys("2017-03-01 12:00", "300.00")
    guest.buys("2017-03-02 12:00", "150.00")
    guest.buys("2017-03-01 18:00", "50.00")
    before = copy_of(shop.state)
    joined = absorb(shop.state, visitor(guest), shop.program)
    assert shop.state == before
    assert (joined.clock, joined.consequences) == (guest.state.clock, shop.state.consequences)
    shop.state = joined
    assert moves(shop.buys("2017-03-02 13:00", "0.00")) == [(None, "silver")]
    assert moves(shop.sees("2017-12-01 00:00")) == [("silver", None)]


def test_what_lies_outside_the_window_is_dropped() -> None:
    shop, guest = Shop(ROLLING), Shop(ROLLING)
    shop.buys("2017-06-01 12:00", "300.00")
    guest.buys("2017-03-02 12:00", "400.00")
    joined = absorb(shop.state, visitor(guest), shop.program)
    assert joined.observations == shop.state.observations
    assert joined.due_at == next_due(joined, shop.program)


def test_the_later_clock_counts() -> None:
    shop, guest = Shop(ROLLING), Shop(ROLLING)
    shop.buys("2017-06-01 12:00", "300.00")
    assert absorb(shop.state, guest.state, shop.program).clock == shop.state.clock
    assert absorb(guest.state, visitor(shop), shop.program).clock == shop.state.clock
    assert absorb(guest.state, guest.state, shop.program).clock == DAWN


def test_nothing_of_value_can_be_absorbed() -> None:
    shop, guest = Shop(ROLLING), Shop(ROLLING)
    guest.buys("2017-03-02 12:00", "150.00")
    with pytest.raises(AssertionError, match="holds nothing"):
        absorb(shop.state, guest.state, shop.program)


def test_both_must_be_under_one_program() -> None:
    shop = Shop(ROLLING)
    with pytest.raises(AssertionError, match="adopt"):
        absorb(shop.state, Shop().state, shop.program)
