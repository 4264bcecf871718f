"""What a customer held in the program that went before comes over: those points, at once, with their age, and for no level."""

import pytest

from regulars.kernel.because import sentence
from regulars.kernel.effects import EARN, EXPIRE, Entry, Posted, TierChanged
from regulars.kernel.facts import FOREVER, BalanceBroughtOver, Behaved, Fact, MemberJoined, OrderCompleted
from regulars.kernel.step import fold
from regulars.wire.records import Step, decode_fact, decode_posted, encode_fact, encode_posted
from tests.shop import Shop, at

A_YEAR = "points: {name: {one: star, other: stars}, worth: 0.01, expire: {after: 1 year}}"
LEVELS = f"""{A_YEAR}
tiers: {{by: points, over: calendar_year, levels: [{{id: silver, at: 50}}]}}
earning:
  - {{id: purchase, on: Order Completed, per: 1.00, points: 1}}
  - {{id: loud, on: Balance Brought Over, points: 1000}}
  - {{id: double, on: Balance Brought Over, multiply: 2}}
"""


def brought(points: int, when: str, expires: str | None = None, recorded: str | None = None) -> BalanceBroughtOver:
    earned_at = at(when)
    expires_at = at(expires) if expires else None
    return BalanceBroughtOver(
        "balance", "ada", earned_at, at(recorded) if recorded else earned_at, "import:balances", points, expires_at
    )


def test_exactly_those_points_are_there_at_once() -> None:
    """No rule, no multiplier and no hold has a part in it, whatever a program says of an event of that name."""
    shop = Shop(LEVELS.replace("expire:", "hold: 14 days, expire:"))
    [posted] = shop.takes(brought(90, "2017-03-04 12:00"))
    assert isinstance(posted, Posted)
    assert (posted.entry, posted.points, posted.because.rule) == (EARN, 90, "opening-balance")
    assert [lot.points for lot in shop.state.consequences.available] == [90]
    assert shop.state.consequences.pending == []


def test_it_counts_for_no_level() -> None:
    shop = Shop(LEVELS)
    shop.takes(brought(900, "2017-03-04 12:00"))
    assert shop.state.consequences.tier is None
    assert any(isinstance(one, TierChanged) for one in shop.buys("2017-03-05 12:00", "50.00"))


def test_it_expires_when_it_says_and_else_by_the_programs_rule_from_the_day_it_was_earned() -> None:
    shop = Shop(A_YEAR)
    [by_rule] = shop.takes(brought(90, "2017-03-04 12:00"))
    [as_said] = Shop(A_YEAR).takes(brought(90, "2017-03-04 12:00", "2017-06-01 00:00"))
    [never] = Shop().takes(brought(90, "2017-03-04 12:00"))
    assert [one.expires_at for one in (by_rule, as_said, never) if isinstance(one, Posted)] == [
        at("2018-03-05 00:00"),
        at("2017-06-01 00:00"),
        FOREVER,
    ]


def test_told_late_it_keeps_its_age_and_its_expiry_and_turns_no_clock_back() -> None:
    shop = Shop(A_YEAR)
    shop.buys("2017-05-01 12:00", "10.00")
    [posted] = shop.takes(brought(90, "2016-08-04 12:00"))
    assert isinstance(posted, Posted)
    assert (posted.effective_at, posted.earned_at) == (at("2017-05-01 12:00"), at("2016-08-04 12:00"))
    assert posted.expires_at == at("2017-08-05 00:00")


def test_what_has_expired_by_the_customers_clock_comes_and_goes_in_one_step() -> None:
    """Refused at the door; but a clock may have gone on between the door and the customer."""
    shop = Shop(A_YEAR)
    shop.buys("2017-05-01 12:00", "10.00")
    effects = shop.takes(brought(90, "2015-08-04 12:00"))
    assert [one.entry for one in effects if isinstance(one, Posted)] == [EARN, EXPIRE]
    assert shop.state.consequences.outstanding() == 10


@pytest.mark.parametrize(
    ("expires", "says"),
    [
        ("2017-06-01 00:00", "they last until the end of 2017-05-31"),
        (None, "they never expire"),
    ],
)
def test_it_says_why(expires: str | None, says: str) -> None:
    shop = Shop("points: {name: {one: star, other: stars}, worth: 0.01}")
    [posted] = shop.takes(brought(90, "2017-03-04 12:00", expires))
    assert (
        sentence(posted, shop.program)
        == f"90 stars brought over from the former program, earned on 2017-03-04; {says}; they do not count for a level."
    )


@pytest.mark.parametrize("expires", ["2017-06-01 00:00", None])
def test_it_is_written_down_and_read_again(expires: str | None) -> None:
    fact = brought(90, "2017-03-04 12:00", expires, "2017-04-01 09:00")
    told = (fact.id, fact.customer, fact.name, fact.source, fact.happened_at, fact.recorded_at)
    assert decode_fact(*told, encode_fact(fact)) == fact
    shop = Shop(A_YEAR)
    [posted] = shop.takes(fact)
    assert isinstance(posted, Posted)
    step = Step(fact.id, fact.recorded_at, shop.program.version)
    assert decode_posted(encode_posted("ada", 1, 0, posted), step) == posted


def test_an_event_of_that_name_is_behaviour_and_stays_behaviour_on_record() -> None:
    """A browser, or the shop's own server, may call an event whatever it likes: no balance comes of it."""
    when = at("2017-03-04 12:00")
    for properties in ({}, {"points": "90"}):
        deed = Behaved("deed", "ada", when, when, "site", BalanceBroughtOver.name, properties)
        told = (deed.id, deed.customer, deed.name, deed.source, deed.happened_at, deed.recorded_at)
        assert decode_fact(*told, encode_fact(deed)) == deed
        assert Shop().takes(deed) == []


def test_it_is_replayed_with_everything_else() -> None:
    shop = Shop(A_YEAR)
    shop.takes(brought(90, "2017-03-04 12:00"))
    shop.buys("2017-03-05 12:00", "10.00")
    replayed, effects = fold(shop.program.new_state(), shop.facts, shop.program)
    assert (replayed, effects) == (shop.state, shop.effects)
    assert [one.entry for one in effects if isinstance(one, Posted)] == [Entry.EARN, Entry.EARN]


def test_every_kind_of_fact_is_told_apart_by_its_record() -> None:
    when = at("2017-03-04 12:00")
    facts: list[Fact] = [
        brought(1, "2017-03-04 12:00"),
        MemberJoined("joined", "ada", when, when, "test"),
        OrderCompleted("order", "ada", when, when, "test", "1", (), 0),
        Behaved("deed", "ada", when, when, "test", OrderCompleted.name, {}),
    ]
    for fact in facts:
        told = (fact.id, fact.customer, fact.name, fact.source, when, when)
        assert decode_fact(*told, encode_fact(fact)) == fact
