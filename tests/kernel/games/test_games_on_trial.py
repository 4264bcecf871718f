"""Games and clubs on trial: whoever is left out plays, and what they would have got is written down."""

from collections import Counter

from regulars.kernel.effects import Assigned, Effect, GameReached, Posted, Withheld
from regulars.kernel.entitlements import entitlement
from regulars.kernel.facts import Behaved
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.step import fold
from tests.shop import at, line, order, program

RULES = """
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1, holdout: exempt}]
HELD
trials: {cards: {arms: [plain, stamped]}, clubs: {arms: [without, with]}}
perks: {free: {}}
games:
  stamps: {card: {times: 2, gives: {points: 10, perk: free}, for: {trial: cards, arm: stamped}}}
  milestones:
    open: {by: orders, at: 2, gives: {points: 3, badge: Two}}
    safe: {by: orders, at: 2, gives: {points: 1}, holdout: exempt}
clubs: {tea-club: {price: 4.90, term: 1 month, earn: 2, for: {trial: clubs, arm: with}}}
"""
NOBODY_OUT, ALL_OUT = (
    program(RULES.replace("HELD", "")),
    program(RULES.replace("HELD", "holdout: {share: 99.9999%, salt: x}")),
)
ORDERS = [order(at(f"2017-03-0{day} 10:00"), line("5.00"), id=f"order-{day}") for day in (1, 2)]


def buys_twice(rules: Rulebook, who: str) -> tuple[State, list[Effect]]:
    return fold(rules.new_state(), ORDERS, rules, drawn_by=who)


def test_a_card_is_withheld_from_the_other_arm_and_both_are_counted() -> None:
    arms: Counter[str] = Counter()
    for number in range(60):
        state, effects = buys_twice(NOBODY_OUT, f"member-{number}")
        played = state.consequences.played
        assert played is not None
        arm = state.consequences.arms["cards"].arm
        arms[arm] += 1
        withheld = [(one.arm, one.points) for one in effects if isinstance(one, Withheld)]
        given = [one.points for one in effects if isinstance(one, Posted) and one.because.rule == "game:card"]
        assert played.games["card"].times == 1
        assert (given, withheld, len(played.grants)) == (
            ([10], [], 1) if arm == "stamped" else ([], [("plain", 10)], 0)
        )
        assert len([one for one in effects if isinstance(one, Assigned)]) == 1
    assert min(arms.values()) > 15


def test_the_holdout_withholds_games_that_are_not_exempt() -> None:
    state, effects = buys_twice(ALL_OUT, "ada")
    by_game = {one.game: one.given for one in effects if isinstance(one, GameReached)}
    assert by_game == {"open": False, "safe": True}
    assert [(one.trial, one.because.rule, one.points) for one in effects if isinstance(one, Withheld)] == [
        ("holdout", "game:open", 3)
    ]
    assert state.consequences.played is not None
    assert state.consequences.played.badges() == []
    assert state.consequences.outstanding() == 10 + 1


def test_what_was_withheld_is_withheld_once() -> None:
    state, _ = buys_twice(ALL_OUT, "ada")
    more = order(at("2017-03-09 10:00"), line("5.00"), id="more")
    _, effects = fold(state, [more], ALL_OUT, drawn_by="ada")
    assert not [one for one in effects if isinstance(one, Withheld | GameReached)]


def test_the_offer_of_a_club_is_withheld_and_never_what_was_paid() -> None:
    moment = at("2017-03-01 10:00")
    reasons = set()
    for number in range(20):
        who = f"member-{number}"
        asked = entitlement("tea-club", NOBODY_OUT.new_state(), NOBODY_OUT, moment, who)
        reasons.add(asked.reason.value)
        paid = Behaved("paid", who, moment, moment, "test", "Subscription Started", {})
        state, _ = fold(NOBODY_OUT.new_state(), [paid], NOBODY_OUT, drawn_by=who)
        assert entitlement("tea-club", state, NOBODY_OUT, moment, who).entitled
    assert reasons == {"withheld", "not_in_the_club"}
