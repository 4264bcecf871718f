"""The fold itself: what it insists on, and what the phases see."""

import pytest

from regulars.kernel.effects import Entry, MembershipStarted, Posted, TierChanged
from regulars.kernel.step import advance, fold, step
from tests.shop import Shop, earned, line, order

RULES = """
members: those_who_join
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: welcome, on: Member Joined, points: 500}
tiers: {by: points, over: calendar_year, levels: [{id: silver, at: 500, earn: 2}]}
"""


def test_a_phase_sees_what_the_former_changed() -> None:
    """Joining makes a member, who earns the welcome, which reaches silver: one fact, three effects in that order."""
    shop = Shop(RULES)
    effects = shop.joins("2017-03-01 12:00")
    assert [type(effect) for effect in effects] == [MembershipStarted, Posted, TierChanged]
    assert {effect.because.fact for effect in effects} == {"join-0"}
    assert [effect.because.rule for effect in effects] == ["membership", "welcome", "tiers"]
    assert shop.state.consequences.member_since == shop.at("2017-03-01 12:00")


def test_a_state_of_another_program_is_refused() -> None:
    shop, other = Shop(RULES), Shop()
    with pytest.raises(AssertionError, match="adopt"):
        step(other.state, order(0, line("1.00")), shop.program)
    with pytest.raises(AssertionError, match="adopt"):
        advance(other.state, 0, shop.program, 0)


def test_folding_facts_is_one_step_after_the_other() -> None:
    shop = Shop()
    facts = [order(number * 10**12, line("3.00"), id=str(number)) for number in range(3)]
    state, effects = fold(shop.program.new_state(), facts, shop.program)
    for fact in facts:
        shop.takes(fact)
    assert (state, effects) == (shop.state, shop.effects)
    assert [effect.lot for effect in effects if isinstance(effect, Posted)] == [("0", 0), ("1", 0), ("2", 0)]


def test_time_passing_moves_the_clock_and_never_back() -> None:
    shop = Shop()
    shop.sees("2017-03-01 12:00")
    shop.sees("2017-02-01 12:00")
    assert shop.wall(shop.state.clock) == "2017-03-01 12:00"


def test_what_an_order_reaches_counts_from_the_next_one_on() -> None:
    shop = Shop(RULES.replace("members: those_who_join", "members: everyone"))
    assert earned(shop.buys("2017-03-01 12:00", "600.00")) == {"purchase": 600}
    assert earned(shop.buys("2017-03-01 12:00", "600.00", id="at the same moment")) == {"purchase": 1200}
    assert all(isinstance(effect, Posted) and effect.entry is Entry.EARN for effect in shop.effects[2:])
