"""What came of a trial: who counts in which arm, live as in a backtest, through logins, merges and messages that come twice."""

import random

from regulars.backtesting.run import open_history, run
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.trials import drawn
from regulars.service import joining
from regulars.service.customers import find
from regulars.service.trials import TrialResult, result, said, trials_in_force
from regulars.store.history import Recorded
from tests.service.town import Town, did, order
from tests.shop import at

RULES = """
points: {worth: 0.01}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1, holdout: exempt}
  - {id: gift, on: Order Completed, points: 5}
  - {id: double, on: Order Completed, multiply: 2, for: {trial: doubles, arm: doubled}}
holdout: {share: 20%, salt: corner-2026}
trials: {doubles: {share: 90%, arms: [plain, doubled]}}
"""
PEOPLE = [f"customer-{number}" for number in range(60)]


def rulebook(town: Town) -> Rulebook:
    found = town.shop.rulebooks.in_force()
    assert found is not None
    return found


def arm(town: Town, name: str, trial: str = "doubles") -> str | None:
    trials = rulebook(town).trials
    assert trials is not None
    return drawn(trials.by_name[trial], name)


def somebody(town: Town, wanted: str) -> str:
    """Not held out."""
    return next(
        name
        for name in map("user-{}".format, range(1_000))
        if arm(town, name) == wanted and arm(town, name, "holdout") == "everybody-else"
    )


def seen(town: Town, trial: str = "doubles", when: str = "2017-12-01 12:00") -> TrialResult:
    found = result(town.shop, trial, at(when))
    assert found is not None
    return found


def figures(town: Town, trial: str = "doubles") -> dict[str, tuple[int, int, int, int, int]]:
    """By arm: customers, orders, sales, points, and what was withheld."""
    return {
        one.id: (
            one.sums.customers,
            one.sums.orders.total,
            one.sums.revenue_minor.total,
            one.sums.points.total,
            one.sums.withheld,
        )
        for one in seen(town, trial).arms
    }


def year(town: Town) -> None:
    chance = random.Random(7)
    for number in range(240):
        name, day = chance.choice(PEOPLE), 1 + number // 9
        amount = chance.choice([4.5, 12, 20.99, 75])
        town.hears(order(name, f"order-{number}", amount), now=f"2017-03-{day:02} 12:00")


def test_the_first_order_counts_and_what_is_withheld_is_on_record(town: Town) -> None:
    town.applies(RULES)
    plain, doubled = somebody(town, "plain"), somebody(town, "doubled")
    for name in (plain, doubled):
        town.hears(order(name, f"1-{name}", 10), now="2017-03-01 12:00")
        town.hears(order(name, f"2-{name}", 20), now="2017-03-02 12:00")
    assert figures(town) == {"plain": (1, 2, 3000, 40, 40), "doubled": (1, 2, 3000, 80, 0)}
    assert [one.sums.again for one in seen(town).arms] == [1, 1]
    why = [sentence for step in town.story(plain) for sentence in step.why]
    assert "Counts as “plain” in the trial “doubles” from now on." in why
    assert "15 points by “double” withheld: counts as “plain” in the trial “doubles”." in why


def test_the_live_shop_and_a_backtest_of_its_record_say_the_same(town: Town) -> None:
    town.applies(RULES)
    year(town)
    program = rulebook(town)
    source = Recorded(town.shop.store.url.render_as_string(hide_password=False))
    history = open_history(source, [program])
    (outcome,) = run(source, [program], history=history, stopwatch=lambda: 0.0)
    for trial in ("holdout", "doubles"):
        tested = {
            one.arm: (one.customers, one.orders, one.revenue_minor, one.points, one.withheld)
            for one in outcome.trials
            if one.trial == trial
        }
        assert tested == figures(town, trial)
        assert all(customers > 2 for customers, *_ in tested.values())


def test_a_message_that_comes_twice_changes_nothing(town: Town) -> None:
    town.applies(RULES)
    plain = somebody(town, "plain")
    message = order(plain, "1", 10, messageId="m-1")
    town.hears(message)
    before = figures(town)
    town.hears(message)
    assert figures(town) == before


def test_nobody_changes_arm_by_logging_in(town: Town) -> None:
    """A visitor is drawn for nothing; from the first order on it is the shop's own id that counts."""
    town.applies(RULES)
    doubled = somebody(town, "doubled")
    town.hears(did("Product Viewed", anonymousId="phone"))
    town.hears(order(doubled, "1", 10, anonymousId="phone"))
    town.hears(order(doubled, "2", 10, anonymousId="laptop"), now="2017-03-02 12:00")
    assert figures(town)["doubled"] == (1, 2, 2000, 60, 0)
    assert figures(town)["plain"] == (0, 0, 0, 0, 0)


OPEN = RULES.replace("holdout: {share: 20%, salt: corner-2026}\n", "").replace("share: 90%, ", "")


def drawn_as(town: Town, wanted: str) -> str:
    return next(name for name in map("user-{}".format, range(1_000)) if arm(town, name) == wanted)


def test_a_card_that_turns_out_to_be_somebodys_brings_its_arm_along(town: Town) -> None:
    """What was bought at the till counts, in the arm that is on record, whatever the shop's own id would have drawn."""
    town.applies(OPEN)
    by_card = {"userId": None, "context": {"traits": {"card": "7777777"}}}
    town.hears(order("x", "1", 10, **by_card), now="2017-03-01 10:00")
    (drawn_arm,) = [id for id, (customers, *_) in figures(town).items() if customers]
    ada = drawn_as(town, "doubled" if drawn_arm == "plain" else "plain")
    town.hears({"type": "identify", "userId": ada, "traits": {"card": "7777777"}}, now="2017-03-01 11:00")
    town.hears(order(ada, "2", 20), now="2017-03-01 12:00")
    customers, orders, revenue_minor, *_ = figures(town)[drawn_arm]
    assert (customers, orders, revenue_minor) == (1, 2, 3000)
    assert sum(customers for customers, *_ in figures(town).values()) == 1


def test_of_two_accounts_the_arm_of_the_one_that_stays_counts_and_it_is_said(town: Town) -> None:
    town.applies(OPEN)
    plain, doubled = drawn_as(town, "plain"), drawn_as(town, "doubled")
    town.hears(order(plain, "1", 10))
    town.hears(order(doubled, "2", 10))
    stays, goes = find(town.shop, "user_id", doubled), find(town.shop, "user_id", plain)
    assert stays is not None
    assert goes is not None
    joining.merge(town.shop, goes, stays, "ada", "the same person", at("2017-03-02 12:00"))
    town.hears(order(plain, "3", 10), now="2017-03-03 12:00")
    assert figures(town) == {"plain": (0, 0, 0, 0, 0), "doubled": (1, 3, 3000, 75, 0)}
    assert "merged out of two arms" in said(seen(town), rulebook(town).program)[-1]
    joining.part(town.shop, goes, "ada", at("2017-03-04 12:00"))
    assert [customers for customers, *_ in figures(town).values()] == [1, 1]


def test_what_is_no_trial_has_no_result(town: Town) -> None:
    assert result(town.shop, "doubles", at("2017-03-02 12:00")) is None
    town.applies(RULES)
    assert result(town.shop, "others", at("2017-03-02 12:00")) is None
    assert [trial.id for trial in trials_in_force(town.shop)] == ["holdout", "doubles"]


def test_a_program_without_trials_has_none(town: Town) -> None:
    town.applies()
    assert trials_in_force(town.shop) == []
