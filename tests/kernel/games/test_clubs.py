"""Paid clubs: in it from a payment to the end of its term, whatever comes after."""

import pytest

from regulars.kernel.entitlements import PerkReason, entitlement
from regulars.kernel.step import advance
from tests.kernel.games.playing import Fair, terms
from tests.shop import earned, moves

CLUB = """
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}, {id: gold, at: 500}]}
perks: {shipping: {}, lounge: {}}
clubs: {tea-club: {price: 4.90, term: 1 month, perks: [shipping], earn: 2, level: gold}}
"""


@pytest.fixture
def fair() -> Fair:
    return Fair(CLUB)


def may(fair: Fair, perk: str, when: str) -> str:
    moment = fair.at(when)
    state, _ = advance(fair.state, moment, fair.program, moment)
    return entitlement(perk, state, fair.program, moment, "ada").reason.value


def test_perks_level_and_factor_last_as_long_as_is_paid(fair: Fair) -> None:
    effects = fair.tells("Subscription Started", "2017-03-05 10:00", club="tea-club")
    assert terms(fair, effects) == [("started", "2017-04-05 23:59")]
    assert moves(effects) == [(None, "gold")]
    assert earned(fair.buys("2017-04-05 23:59", "10.00")) == {"purchase": 20}
    assert may(fair, "shipping", "2017-04-05 23:59") == "entitled"
    assert may(fair, "tea-club", "2017-04-05 23:59") == "entitled"
    assert may(fair, "shipping", "2017-04-06 00:00") == "not_in_the_club"
    effects = fair.sees("2017-04-06 00:00")
    assert terms(fair, effects) == [("over", "ended")]
    assert moves(effects) == [("gold", None)]
    assert earned(fair.buys("2017-04-06 00:00", "10.00")) == {"purchase": 10}


def test_whoever_cancels_keeps_what_is_paid(fair: Fair) -> None:
    fair.tells("Subscription Started", "2017-03-05 10:00")
    assert terms(fair, fair.tells("Subscription Cancelled", "2017-03-10 10:00")) == [("cancelled", "2017-04-05 23:59")]
    assert terms(fair, fair.tells("Subscription Lapsed", "2017-04-05 12:00")) == []
    assert may(fair, "shipping", "2017-04-05 12:00") == "entitled"


def test_a_renewal_counts_from_the_end_of_what_is_paid(fair: Fair) -> None:
    """From 31 January by the month, through the clock change of March: nothing drifts."""
    fair.tells("Subscription Started", "2017-01-31 10:00")
    assert terms(fair, fair.tells("Subscription Renewed", "2017-02-20 10:00")) == [("renewed", "2017-03-28 23:59")]
    late = terms(fair, fair.tells("Subscription Renewed", "2017-05-01 10:00"))
    assert late == [("started", "2017-06-01 23:59"), ("over", "ended")]


def test_a_refund_takes_back_the_last_term(fair: Fair) -> None:
    fair.tells("Subscription Started", "2017-03-05 10:00")
    fair.tells("Subscription Renewed", "2017-03-06 10:00")
    assert terms(fair, fair.tells("Subscription Refunded", "2017-03-07 10:00")) == [("refunded", "2017-04-05 23:59")]
    assert fair.tier == "gold"
    effects = fair.tells("Subscription Refunded", "2017-03-08 10:00")
    assert terms(fair, effects) == [("refunded", "ended")]
    assert moves(effects) == [("gold", None)]
    assert may(fair, "shipping", "2017-03-08 10:01") == "not_in_the_club"
    assert fair.tells("Subscription Refunded", "2017-03-09 10:00") == []


def test_points_that_the_club_multiplied_stay(fair: Fair) -> None:
    fair.tells("Subscription Started", "2017-03-05 10:00")
    fair.buys("2017-03-06 10:00", "10.00")
    fair.tells("Subscription Refunded", "2017-03-07 10:00")
    assert fair.available == 20


def test_a_level_by_hand_that_is_higher_stays(fair: Fair) -> None:
    fair = Fair(CLUB.replace("level: gold", "level: silver"))
    fair.sets("gold", "2017-03-01 10:00")
    fair.tells("Subscription Started", "2017-03-05 10:00")
    fair.tells("Subscription Refunded", "2017-03-07 10:00")
    assert fair.tier == "gold"


def test_a_subscription_of_another_club_is_none(fair: Fair) -> None:
    assert fair.tells("Subscription Started", "2017-03-05 10:00", club="coffee-club") == []


def test_only_those_in_the_club_have_its_perk_and_a_perk_of_nobody_is_everybodys(fair: Fair) -> None:
    assert may(fair, "shipping", "2017-03-05 10:00") == PerkReason.NOT_IN_THE_CLUB
    assert may(fair, "lounge", "2017-03-05 10:00") == PerkReason.ENTITLED
