"""Time alone: points become available and expire, levels are lost, whether somebody looks or not."""

import pytest

from regulars.kernel.facts import FOREVER
from regulars.service.shop import Shop
from regulars.service.waking import next_waking, waiting_to_adopt
from regulars.workers import waking
from tests.service.town import Town, order
from tests.shop import at

RULES = """
points: {hold: 2 days, expire: {after: 1 month}}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 40}]}
"""


def test_an_answer_is_as_of_its_moment_whether_anybody_was_woken_or_not(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 45))
    for asleep in (True, False):
        for day, pending, available, expired in (
            ("2017-03-03", 45, 0, 0),
            ("2017-03-04", 0, 45, 0),
            ("2017-04-02", 0, 0, 45),
        ):
            points = town.customer("ada", f"{day} 12:00").points
            assert (points.pending, points.available, points.expired) == (pending, available, expired), (asleep, day)
        town.wakes("2017-03-02 12:00")


def test_whoever_is_due_is_woken_and_nobody_else(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 45))
    town.hears(order("bob", "2", 45), now="2017-03-05 12:00")
    assert next_waking(town.shop) == at("2017-03-04 00:00")
    assert town.wakes("2017-03-03 23:59") == 0
    assert town.wakes("2017-03-04 00:00") == 1
    assert [entry.entry for entry in town.ledger("ada")] == ["earn", "activate"]
    assert town.wakes("2017-03-04 00:00") == 0
    assert next_waking(town.shop) == at("2017-03-08 00:00")


def test_a_due_effect_bears_its_due_time_however_late_it_was_woken(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 45))
    town.wakes("2018-02-01 09:00")
    assert [(entry.entry, entry.effective_at) for entry in town.ledger("ada")] == [
        ("earn", at("2017-03-01 12:00")),
        ("activate", at("2017-03-04 00:00")),
        ("expire", at("2017-04-02 00:00")),
    ]
    assert town.customer("ada", "2018-02-01 09:00").tier.id is None
    assert town.story("ada")[-1].what == "time passed"
    assert next_waking(town.shop) == FOREVER


def test_a_late_order_does_not_turn_the_clock_back(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 45))
    town.wakes("2017-03-20 12:00")
    town.hears(order("ada", "2", 10, at="2017-03-02 12:00"), now="2017-03-21 12:00")
    assert town.ledger("ada")[-1].effective_at == at("2017-03-20 12:00")
    assert town.points("ada", "2017-03-21 12:00") == 55


def test_all_customers_are_looked_through_once_for_each_publication(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among a million it takes a while: a shop that only waits must not do so every few seconds."""
    looks: list[int] = []

    def looked(shop: Shop) -> int:
        looks.append(waiting_to_adopt(shop))
        return looks[-1]

    monkeypatch.setattr(waking, "waiting_to_adopt", looked)
    worker = waking.Worker(town.shop, lambda: at("2017-03-01 12:00"))
    without_tiers = RULES.partition("tiers:")[0]
    town.applies(RULES)
    town.hears(order("ada", "1", 45), order("bob", "2", 45))
    for rules in (RULES, without_tiers, RULES):
        town.applies(rules)
        for _ in range(3):
            worker._adopt()
        assert waiting_to_adopt(town.shop) == 0
    assert looks == [0, 2, 2]
