"""Weekend doubles on trial, over made orders: what was planted is found with its interval, what was not is not."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.backtesting.run import open_history, run
from regulars.kernel.calendar import DAY
from regulars.kernel.comparing import ArmSums, difference, since
from regulars.kernel.effects import EARN, Posted
from regulars.kernel.facts import OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.step import fold
from regulars.kernel.trials import drawn
from regulars.service.trials import result
from regulars.wire.instants import rfc3339
from regulars.wire.orders import OrdersFile
from tests.service.town import order as ordered
from tests.shop import at, line, order, program
from tests.stories.corner import Corner

RULES = """
points: {name: {one: star, other: stars}, worth: 0.01}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1, holdout: exempt}
  - id: weekend
    on: Order Completed
    multiply: 2
    when: {weekday: [saturday, sunday]}
    for: {trial: weekend-doubles, arm: doubled}
holdout: {share: 5%, salt: corner-2026}
trials: {weekend-doubles: {arms: [plain, doubled]}}
"""
SATURDAY = at("2017-03-04 12:00")
CUSTOMERS = 160


def made(seed: int, rules: Rulebook, planted: int) -> Iterator[tuple[str, list[OrderCompleted]]]:
    """Customers who first order on a Saturday, and then as often as they do; of those in the arm that is doubled every order is
    larger by `planted` per cent. None of them knows of a trial.
    """
    assert rules.trials is not None
    trial, chance = rules.trials.by_name["weekend-doubles"], random.Random(seed)
    for number in range(CUSTOMERS):
        name = f"{seed}-{number}"
        more = planted if drawn(trial, name) == "doubled" else 0
        days = [0, *sorted([chance.randrange(1, 90) for _ in range(int(chance.expovariate(0.3)))])]
        amounts = [int(chance.lognormvariate(3.2, 0.6) * (100 + more)) / 100 for _ in days]
        yield (
            name,
            [
                order(SATURDAY + day * DAY, line(f"{amount:.2f}"), id=f"{name}-{place}")
                for place, (day, amount) in enumerate(zip(days, amounts, strict=True))
            ],
        )


def arms(seed: int, rules: Rulebook, planted: int) -> dict[str, ArmSums]:
    found: dict[str, ArmSums] = {"plain": ArmSums(), "doubled": ArmSums()}
    for name, facts in made(seed, rules, planted):
        state, effects = fold(rules.new_state(), facts, rules, drawn_by=name)
        exposure = state.consequences.arms.get("weekend-doubles")
        if exposure is not None:
            earned = [one for one in effects if isinstance(one, Posted) and one.entry is EARN]
            happened_at = {fact.id: fact.happened_at for fact in facts}
            given = [(happened_at[one.because.fact or ""], one.points) for one in earned]
            bought = [(fact.happened_at, fact.amount_minor) for fact in facts]
            found[exposure.arm].take(since(exposure.since, bought, given), exposure.withheld, exposure.crossed)
    return found


def found_in(seeds: range, planted: int) -> tuple[int, int]:
    """In how many of these trials a difference in sales was found, and in how many its interval held the true one or more."""
    rules, certain, upwards = program(RULES), 0, 0
    for seed in seeds:
        sums = arms(seed, rules, planted)
        seen = difference(sums["plain"].revenue_minor, sums["doubled"].revenue_minor)
        assert seen is not None
        certain += seen.is_certain
        upwards += seen.low > 0
    return certain, upwards


def test_an_effect_that_is_not_there_is_found_in_one_of_twenty() -> None:
    certain, _ = found_in(range(120), planted=0)
    assert 1 <= certain <= 13


def test_an_effect_that_is_planted_is_found() -> None:
    certain, upwards = found_in(range(40), planted=80)
    assert certain == upwards >= 34


def test_both_arms_are_told_their_points_given_and_withheld() -> None:
    """What is withheld from the one arm is what the other gets more, but for the orders that they happen to place."""
    sums = arms(3, program(RULES), planted=0)
    assert sums["doubled"].withheld == 0 < sums["plain"].withheld < sums["plain"].points.total
    assert 60 < sums["plain"].customers < 95


def test_live_and_in_a_backtest_of_the_file_the_same_people_are_in_the_same_arms(tmp_path: Path) -> None:
    """The shop's own id is what draws: so does whoever runs the same orders through the same program."""
    rules = program(RULES)
    rows = ["customer,order,happened_at,amount"]
    with Corner(f"sqlite:///{tmp_path}/corner.db", RULES) as corner:
        corner.now = "2017-07-01 12:00"
        for name, facts in made(5, rules, planted=0):
            told = []
            for fact in facts:
                amount = fact.amount_minor / 100
                rows.append(f"{name},{fact.order_id},{rfc3339(fact.happened_at)},{amount:.2f}")
                told.append(ordered(name, fact.order_id, amount, timestamp=rfc3339(fact.happened_at)))
            corner.tells(*told)
        (tmp_path / "orders.csv").write_text("\n".join(rows) + "\n")
        source = OrdersFile(tmp_path / "orders.csv", {}, None)
        (outcome,) = run(source, [rules], history=open_history(source, [rules]), stopwatch=lambda: 0.0)
        for trial in ("holdout", "weekend-doubles"):
            live = result(corner.shop, trial, at(corner.now))
            assert live is not None
            assert [
                (one.arm, one.customers, one.points, one.withheld) for one in outcome.trials if one.trial == trial
            ] == [(arm.id, arm.sums.customers, arm.sums.points.total, arm.sums.withheld) for arm in live.arms]


@pytest.mark.parametrize("planted", [0, 80])
def test_the_result_says_in_words_whether_chance_may_have_done_it(planted: int) -> None:
    sums = arms(11, program(RULES), planted)
    seen = difference(sums["plain"].revenue_minor, sums["doubled"].revenue_minor)
    assert seen is not None
    assert seen.is_certain is bool(planted)
