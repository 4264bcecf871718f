"""Trials: who is drawn, what is withheld, and that nobody changes arm."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.kernel.adopt import adopt
from regulars.kernel.effects import Assigned, Effect, Posted, Withheld
from regulars.kernel.facts import ORDER_REFUNDED, Behaved, Fact, OrderReturned, ReturnedLine, Trust
from regulars.kernel.merging import merge
from regulars.kernel.recalled import Memory
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, rebuilt
from regulars.kernel.step import fold
from regulars.kernel.trials import drawn
from regulars.wire.program import version_of
from regulars.wire.records import Step, decode_effects, encode_effects
from tests.kernel.test_laws import histories
from tests.shop import at, earned, line, order, program

WEEKENDS = """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: weekend, on: Order Completed, multiply: 2, when: {weekday: [saturday, sunday]}, for: {trial: weekends, arm: doubled}}
trials: {weekends: {share: 80%, arms: [plain, doubled]}}
"""
SATURDAY, SUNDAY, MONDAY = "2017-03-04 12:00", "2017-03-05 12:00", "2017-03-06 12:00"


def somebody(arm: str | None, rules: Rulebook, trial: str = "weekends") -> str:
    """A name that is drawn so."""
    assert rules.trials is not None
    one = rules.trials.by_name[trial]
    return next(name for name in map(str, range(10_000)) if drawn(one, name) == arm)


def buys(rules: Rulebook, name: str, *days: str, state: State | None = None) -> tuple[State, list[Effect]]:
    """For $20.50 on each of these days."""
    facts = [order(at(day), line("20.50"), id=f"{name}-{day}") for day in days]
    return fold(state or rules.new_state(), facts, rules, drawn_by=name)


def withheld(effects: Iterable[Effect]) -> dict[str, tuple[str, int]]:
    return {one.because.rule: (one.arm, one.points) for one in effects if isinstance(one, Withheld)}


def assigned(effects: Iterable[Effect]) -> dict[str, str]:
    return {one.trial: one.arm for one in effects if isinstance(one, Assigned)}


def test_one_arm_gets_it_and_from_the_other_it_is_withheld() -> None:
    rules = program(WEEKENDS)
    _, doubled = buys(rules, somebody("doubled", rules), SATURDAY)
    _, plain = buys(rules, somebody("plain", rules), SATURDAY)
    assert (earned(doubled), assigned(doubled), withheld(doubled)) == ({"purchase": 40}, {"weekends": "doubled"}, {})
    assert (earned(plain), assigned(plain)) == ({"purchase": 20}, {"weekends": "plain"})
    assert withheld(plain) == {"weekend": ("plain", 20)}


def test_whoever_takes_no_part_does_not_get_it_and_nothing_is_written_down() -> None:
    rules = program(WEEKENDS)
    state, effects = buys(rules, somebody(None, rules), SATURDAY)
    assert (earned(effects), assigned(effects), withheld(effects)) == ({"purchase": 20}, {}, {})
    assert state.consequences.arms == {}


def test_nobody_counts_before_the_first_fact_for_which_it_would_have_given_something() -> None:
    rules = program(WEEKENDS)
    state, effects = buys(rules, somebody("plain", rules), MONDAY)
    assert (assigned(effects), state.consequences.arms) == ({}, {})
    state, effects = buys(rules, "anybody", SATURDAY, state=state)
    assert list(state.consequences.arms) in ([], ["weekends"])


def test_they_count_once_and_what_is_withheld_adds_up() -> None:
    rules = program(WEEKENDS)
    state, effects = buys(rules, somebody("plain", rules), SATURDAY, SUNDAY, MONDAY)
    assert [one.arm for one in effects if isinstance(one, Assigned)] == ["plain"]
    exposure = state.consequences.arms["weekends"]
    assert (exposure.arm, exposure.since, exposure.withheld) == ("plain", at(SATURDAY), 40)


def test_removing_the_line_opens_it_to_all_and_nobody_is_withheld_from() -> None:
    rules = program(WEEKENDS.replace(", for: {trial: weekends, arm: doubled}", ""))
    for arm in ("plain", "doubled"):
        _, effects = buys(rules, somebody(arm, program(WEEKENDS)), SATURDAY)
        assert (earned(effects), withheld(effects)) == ({"purchase": 40}, {})


def test_arms_are_as_large_as_the_program_says() -> None:
    rules = program(WEEKENDS.replace("[plain, doubled]", "{plain: 75%, doubled: 25%}"))
    assert rules.trials is not None
    counts = Counter(drawn(rules.trials.by_name["weekends"], f"customer-{n}") for n in range(20_000))
    for arm, meant in ((None, 4_000), ("plain", 12_000), ("doubled", 4_000)):
        assert abs(counts[arm] - meant) < 250


def test_a_share_that_is_changed_moves_nobody_who_counts_already() -> None:
    old = program(WEEKENDS)
    new = program(WEEKENDS.replace("[plain, doubled]", "{doubled: 100%, plain: 0.0001%}".replace("100%", "99.9999%")))
    name = somebody("plain", old)
    state, _ = buys(old, name, SATURDAY)
    assert new.trials is not None
    assert drawn(new.trials.by_name["weekends"], name) == "doubled"
    state, _ = adopt(state, old, new, [], 0)
    _, effects = buys(new, name, SUNDAY, state=state)
    assert withheld(effects) == {"weekend": ("plain", 20)}


def test_an_arm_that_is_gone_is_drawn_anew() -> None:
    old = program(WEEKENDS)
    new = program(WEEKENDS.replace("[plain, doubled]", "[tripled, doubled]"))
    state, _ = buys(old, somebody("plain", old), SATURDAY)
    state, _ = adopt(state, old, new, [], 0)
    _, effects = buys(new, somebody("tripled", new), SUNDAY, state=state)
    assert assigned(effects) == {"weekends": "tripled"}


def test_a_word_of_weak_trust_exposes_nobody() -> None:
    rules = program("""earning: [{id: review, on: Reviewed, points: 5, for: {share: 50%}}]""")
    moment = at(SATURDAY)
    told = Behaved("f", "ada", moment, moment, "site", "Reviewed", {}, Trust.WEAK)
    state, effects = fold(rules.new_state(), [told], rules)
    assert (assigned(effects), withheld(effects), state.consequences.arms) == ({}, {}, {})


class TestAShareOfASegment:
    RULES = """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: thanks, on: Order Completed, points: 7, for: {segment: loyal, share: 30%}}
segments: {loyal: {did: Order Completed, at_least: 2}}
"""

    def test_those_who_are_in_it_and_drawn_get_it_and_it_is_withheld_from_the_others_in_it(self) -> None:
        rules = program(self.RULES)
        _, effects = buys(rules, somebody("given", rules, "thanks"), SATURDAY, SUNDAY, MONDAY)
        assert [one.points for one in effects if isinstance(one, Posted) and one.because.rule == "thanks"] == [7]
        _, effects = buys(rules, somebody("withheld", rules, "thanks"), SATURDAY, SUNDAY, MONDAY)
        assert [one.points for one in effects if isinstance(one, Withheld)] == [7]

    def test_nothing_is_written_down_of_those_who_are_not_in_it(self) -> None:
        rules = program(self.RULES)
        _, effects = buys(rules, somebody("withheld", rules, "thanks"), SATURDAY)
        assert (earned(effects), withheld(effects)) == ({"purchase": 20}, {})


class TestTheHoldout:
    RULES = """
holdout: {share: 20%, salt: corner-2026}
trials: {weekends: {arms: [plain, doubled]}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1, holdout: exempt}
  - {id: extra, on: Order Completed, points: 3}
  - {id: sunday, on: Order Completed, multiply: 1.5, when: {weekday: sunday}}
  - {id: weekend, on: Order Completed, multiply: 2, when: {weekday: [saturday, sunday]}, for: {trial: weekends, arm: doubled}}
"""

    def test_those_held_out_get_what_is_exempt_and_it_is_written_down_what_they_did_not_get(self) -> None:
        rules = program(self.RULES)
        _, effects = buys(rules, somebody("held-out", rules, "holdout"), SUNDAY)
        assert earned(effects) == {"purchase": 20}
        assert withheld(effects) == {"extra": ("held-out", 3), "sunday": ("held-out", 11)}
        assert assigned(effects) == {"holdout": "held-out"}

    def test_they_take_no_part_in_any_trial(self) -> None:
        rules = program(self.RULES)
        state, _ = buys(rules, somebody("held-out", rules, "holdout"), SATURDAY, SUNDAY)
        assert list(state.consequences.arms) == ["holdout"]

    def test_everybody_else_counts_on_the_other_side(self) -> None:
        rules = program(self.RULES)
        _, effects = buys(rules, somebody("everybody-else", rules, "holdout"), MONDAY)
        assert (assigned(effects), withheld(effects)) == ({"holdout": "everybody-else"}, {})


MIXED = """
holdout: {share: 40%}
trials: {sides: {arms: [left, right]}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1.7}
  - {id: tea, on: Order Completed, per: 2.00, points: 3, only: {category: tea}, holdout: exempt}
  - {id: gift, on: Order Completed, points: 5}
  - {id: double, on: Order Completed, multiply: 2, when: {from: 2017-03-01, to: 2018-11-15}}
  - {id: odd, on: Order Completed, multiply: 1.3}
"""
TRIED = MIXED.replace("holdout: {share: 40%}", "").replace(", holdout: exempt", ", for: {share: 50%}")
TRIED = TRIED.replace("points: 5", "points: 5, for: {trial: sides, arm: left}").replace(
    "multiply: 1.3", "multiply: 1.3, for: {trial: sides, arm: right}"
)
OPEN = MIXED.replace("holdout: {share: 40%}", "").replace(", holdout: exempt", "")


@pytest.mark.parametrize("rules", [program(MIXED), program(TRIED)], ids=["holdout", "trials"])
@given(histories(), st.integers(0, 40))
def test_what_is_given_and_what_is_withheld_is_what_everybody_would_get(
    rules: Rulebook, facts: list[Fact], who: int
) -> None:
    """To the point, whatever is held out, on trial or for a share; where no level hangs on it."""
    _, effects = fold(rules.new_state(), facts, rules, drawn_by=f"customer-{who}")
    everybody = program(OPEN)
    state, _ = fold(everybody.new_state(), facts, everybody)
    got = sum([one.points for one in effects if isinstance(one, Posted) and one.entry == "earn"])
    kept = [one.points for one in effects if isinstance(one, Withheld)]
    assert got + sum(kept) == state.consequences.issued
    assert all(points >= 0 for points in kept)


@given(histories(), histories(), st.integers(0, 30), st.integers(0, 30))
def test_nobody_changes_arm_when_two_turn_out_to_be_one(
    mine: list[Fact], theirs: list[Fact], who: int, other: int
) -> None:
    """Whoever stays keeps the own arms, and takes on those that it had none of; what happens later changes neither."""
    rules = program(TRIED)
    into, effects = fold(rules.new_state(), mine, rules, drawn_by=f"customer-{who}")
    came, _ = fold(rules.new_state(), theirs, rules, drawn_by=f"customer-{other}")
    had = {**came.consequences.arms, **into.consequences.arms}
    moved = merge(into, came, rules, 0, 0)
    after, later = fold(
        moved.into, [replace(one, id=f"again-{one.id}") for one in theirs], rules, drawn_by="another name"
    )
    for state in (moved.into, after):
        assert {trial: state.consequences.arms[trial].arm for trial in had} == {
            name: one.arm for name, one in had.items()
        }
    assert rebuilt([*effects, *moved.into_effects, *later]) == after.consequences
    crossed = {
        trial for trial, one in came.consequences.arms.items() if into.consequences.arms.get(trial, one).arm != one.arm
    }
    assert {trial for trial, one in moved.into.consequences.arms.items() if one.crossed} == crossed


def test_they_are_written_down_and_read_again() -> None:
    rules = program(TestTheHoldout.RULES)
    for arm in ("held-out", "everybody-else"):
        _, effects = buys(rules, somebody(arm, rules, "holdout"), SUNDAY)
        mine = [one for one in effects if isinstance(one, Assigned | Withheld)]
        step = Step(mine[0].because.fact, mine[0].recorded_at, rules.version)
        assert decode_effects(encode_effects(mine), step) == mine


def test_a_program_that_says_nothing_of_trials_keeps_its_version() -> None:
    """As it was before there were any."""
    rules = program("tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5}]}")
    assert version_of(rules.program) == "18a7452b7f738be6bc0dadb131904c654f4ed035894270c8299a906c79dabff0"


def test_what_goes_back_takes_back_what_was_given_and_not_what_was_withheld() -> None:
    rules = program(WEEKENDS)
    for arm, given_points in (("doubled", 40), ("plain", 20)):
        name, memory, day = somebody(arm, rules), Memory(lambda _: rules), at(MONDAY)
        bought = order(at(SATURDAY), line("20.50"), id="bought")
        gone = (ReturnedLine(0, 2050, 1),)
        back = OrderReturned(
            "back", "ada", day, day, "test", ORDER_REFUNDED, "bought", at(SATURDAY), gone, 2050, is_whole=True
        )
        state, _ = fold(rules.new_state(), [bought, back], rules, memory, name)
        assert state.consequences.issued == state.consequences.reversed == given_points
        assert state.consequences.arms["weekends"].withheld == (20 if arm == "plain" else 0)
