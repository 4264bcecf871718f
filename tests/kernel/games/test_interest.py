"""What is only offered: who asks for it is remembered, told first when it opens, and may earlier."""

from msgspec.structs import replace

from regulars.kernel.adopt import adopt
from regulars.kernel.effects import InterestNoted, Opened
from regulars.kernel.entitlements import entitlement
from regulars.kernel.facts import Behaved, Trust
from regulars.kernel.state import State, rebuilt
from tests.kernel.games.playing import Fair
from tests.shop import at, program

RULES = """
perks:
  boat: {OFFER, window: {from: 2017-05-01T09:00}, asked_first: 2 days}
  lounge: {}
games: {milestones: {first: {OFFER, by: orders, at: 1, gives: {points: 5}}}}
clubs: {tea-club: {OFFER, price: 4.90, term: 1 month}}
"""
OFFERED, OPEN = RULES.replace("OFFER", "interest_only: yes"), program(RULES.replace("OFFER, ", ""))


def asked() -> Fair:
    fair = Fair(OFFERED)
    for offer in ("boat", "tea-club", "first", "lounge", "boat", "nothing"):
        fair.tells("Interest Shown", "2017-03-01 10:00", perk=offer)
    return fair


def reason(state: State, offer: str, when: str, rules: str = "") -> str:
    return entitlement(offer, state, program(rules) if rules else OPEN, at(when), "ada").reason.value


def test_who_asks_is_remembered_once_and_only_for_what_is_offered() -> None:
    fair = asked()
    assert [one.offer for one in fair.effects if isinstance(one, InterestNoted)] == ["boat", "tea-club", "first"]
    assert fair.played.asked == ("boat", "tea-club", "first")
    assert rebuilt(fair.effects) == fair.state.consequences


def test_nothing_comes_of_what_is_only_offered() -> None:
    fair = asked()
    assert [one.because.rule for one in fair.buys("2017-03-02 10:00", "5.00")] == ["purchase"]
    assert fair.at_present("2017-03-02 12:00") == {}
    for offer in ("boat", "tea-club", "first"):
        assert reason(fair.state, offer, "2017-06-01 10:00", OFFERED) == "interest_only"


def test_when_it_opens_those_who_asked_are_told() -> None:
    fair = asked()
    state, effects = adopt(fair.state, fair.program, OPEN, fair.facts, at("2017-04-01 10:00"))
    assert [one.offer for one in effects if isinstance(one, Opened)] == ["boat", "tea-club", "first"]
    assert rebuilt([*fair.effects, *effects]) == state.consequences
    others, effects = adopt(Fair(OFFERED).state, fair.program, OPEN, [], at("2017-04-01 10:00"))
    assert effects == []
    assert others.consequences.played is None


def test_those_who_asked_may_two_days_before_the_others() -> None:
    fair = asked()
    state, _ = adopt(fair.state, fair.program, OPEN, fair.facts, at("2017-04-01 10:00"))
    stranger = OPEN.new_state()
    assert reason(state, "boat", "2017-04-29 08:59") == "not_yet_open"
    assert reason(state, "boat", "2017-04-29 09:00") == "entitled"
    assert reason(stranger, "boat", "2017-05-01 08:59") == "not_yet_open"
    assert reason(stranger, "boat", "2017-05-01 09:00") == "entitled"


def test_a_browser_that_asks_is_not_remembered() -> None:
    fair = Fair(OFFERED)
    moment = at("2017-03-01 10:00")
    said = Behaved("weak", "ada", moment, moment, "browser", "Interest Shown", {"perk": "boat"})
    fair.takes(replace(said, trust=Trust.WEAK))
    assert fair.played.asked == ()
