"""How long points live, of a running shop: on record, as of any day, told to others, and the same as in a backtest."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from regulars.backtesting.replay import replay
from regulars.service import webhooks
from regulars.service.customers import customer_as_of
from regulars.service.extending import Extended, extend_segment
from regulars.service.liability import Liability, liability
from regulars.service.networks import Networks
from regulars.store.facts import came_through, facts_where
from regulars.store.schema import outbox
from tests.service.town import Town, did, order
from tests.shop import STAR_A_DOLLAR, at

YEAR = "points: {worth: 0.01, expire: {after: 2 months}, notices: [30 days, 7 days]}"
PAUSE = 'pauses: [{from: 2017-04-01, to: 2017-05-01, stops: [expiry, tier_reset], why: "We are closed in April."}]'
LOYAL = "segments: {loyal: {did: Order Completed, at_least: 2}}"


def months(found: Liability | None) -> list[tuple[str | None, int]]:
    assert found is not None
    return [(one.month, one.points) for one in found.owed]


def cohorts(found: Liability | None) -> list[tuple[int, int, int]]:
    assert found is not None
    return [(one.issued, one.expired, one.held) for one in found.cohorts]


@pytest.fixture
def told(town: Town) -> Town:
    webhooks.register(town.shop, "crm", "https://crm.example/", (), Networks(), "a test", at("2017-01-01 00:00"))
    return town


def test_a_pause_that_is_published_moves_what_is_owed_from_then_on(town: Town) -> None:
    _applies(town, YEAR)
    town.hears(order("ada", "1", 100), now="2017-03-01 12:00")
    _applies(town, f"{YEAR}\n{PAUSE}", when="2017-03-15 12:00")
    town.adopts("2017-03-15 12:00")
    assert months(liability(town.shop, at("2017-03-16 00:00"))) == [("2017-05", 100)]
    assert [lot.expires_at for lot in town.customer("ada", "2017-03-16 00:00").lots] == [at("2017-06-01 00:00")]
    then = customer_as_of(town.shop, town.customer("ada").id, at("2017-03-16 00:00"))
    assert then is not None
    assert [lot.expires_at for lot in then.lots] == [at("2017-06-01 00:00")]
    assert "We are closed in April." in " ".join(town.story("ada")[-1].why)
    over = at("2017-06-01 00:00")
    assert cohorts(liability(town.shop, over)) == [(100, 100, 0)]
    assert cohorts(liability(town.shop, over - 1)) == [(100, 0, 100)]
    assert town.wakes("2017-06-01 00:00")
    assert cohorts(liability(town.shop, over)) == [(100, 100, 0)]


def test_a_pause_that_is_cut_short_is_owed_for_less_long(town: Town) -> None:
    _applies(town, f"{YEAR}\n{PAUSE}")
    town.hears(order("ada", "1", 100), now="2017-03-01 12:00")
    _applies(town, f"{YEAR}\n{PAUSE.replace('2017-05-01', '2017-04-11')}", when="2017-04-05 12:00")
    town.adopts("2017-04-05 12:00")
    assert [lot.expires_at for lot in town.customer("ada", "2017-04-06 00:00").lots] == [at("2017-05-12 00:00")]
    assert months(liability(town.shop, at("2017-05-12 00:00"))) == []
    assert cohorts(liability(town.shop, at("2017-05-12 00:00"))) == [(100, 100, 0)]


def test_whoever_listens_is_told_that_points_end_soon(told: Town) -> None:
    _applies(told, YEAR)
    told.hears(order("ada", "1", 100), now="2017-03-01 12:00")
    told.wakes("2017-04-02 12:00")
    [first] = _messages(told)
    assert (first["type"], first["timestamp"]) == ("points.expiring_soon", "2017-04-01T04:00:00Z")
    assert {name: first["data"][name] for name in ("user_id", "points", "expires_at", "days")} == {
        "user_id": "ada",
        "points": 100,
        "expires_at": "2017-05-02T04:00:00Z",
        "days": 30,
    }
    told.wakes("2017-04-25 12:00")
    assert [one["data"]["days"] for one in _messages(told)] == [30, 7]
    told.wakes("2017-08-01 12:00")
    assert len(_messages(told)) == 2
    assert "Told that 100 points can be spent only until the end of 2017-05-01." in [
        why for step in told.story("ada") for why in step.why
    ]


def test_whoever_is_woken_late_is_told_once_or_not_at_all(told: Town) -> None:
    _applies(told, YEAR)
    told.hears(order("ada", "1", 100), order("bea", "2", 50), now="2017-03-01 12:00")
    told.wakes("2017-04-28 12:00")
    assert sorted([(one["data"]["user_id"], one["data"]["days"]) for one in _messages(told)]) == [
        ("ada", 7),
        ("bea", 7),
    ]
    told.hears(order("cal", "3", 50), now="2017-05-01 12:00")
    told.wakes("2017-09-01 12:00")
    assert len(_messages(told)) == 2


def test_an_order_that_is_fulfilled_brings_its_points_live_as_in_a_backtest(town: Town) -> None:
    _applies(town, "points: {hold: {until: fulfilment, at_most: 30 days}}")
    town.hears(order("ada", "1", 100), order("ada", "2", 50), order("bea", "3", 10), now="2017-03-01 12:00")
    sent = {"event": "Order Fulfilled", "userId": "ada"}
    town.hears({**sent, "properties": {"order_id": "1"}}, now="2017-03-03 12:00")
    town.hears({**sent, "properties": {"order_id": "3"}}, now="2017-03-03 12:00")
    points = town.customer("ada", "2017-03-04 00:00").points
    assert (points.available, points.pending) == (100, 50)
    assert town.points("bea", "2017-03-04 00:00") == 0
    _equals_the_backtest(town, "ada", "2017-03-04 00:00")


def test_points_that_end_by_inactivity_live_as_in_a_backtest(town: Town) -> None:
    _applies(
        town, "points: {expire: {inactive_for: 2 months, counts: [Order Completed, Product Reviewed]}, notices: 7 days}"
    )
    town.hears(order("ada", "1", 100), now="2017-03-01 12:00")
    town.hears(did("Product Reviewed", userId="ada"), now="2017-04-20 12:00")
    assert [lot.expires_at for lot in town.customer("ada", "2017-04-21 00:00").lots] == [at("2017-06-21 00:00")]
    town.wakes("2017-06-20 23:59")
    assert town.points("ada", "2017-06-20 23:59") == 100
    town.wakes("2017-06-21 00:00")
    assert town.points("ada", "2017-06-21 00:00") == 0
    _equals_the_backtest(town, "ada", "2017-06-21 00:00")


def test_points_of_a_segment_last_longer_once_however_often_it_is_asked(town: Town) -> None:
    _applies(town, f"{YEAR}\n{LOYAL}")
    now = "2017-03-01 12:00"
    town.hears(order("ada", "1", 100), order("ada", "2", 50), order("bea", "3", 10), now=now)

    def extended() -> Extended:
        return extend_segment(
            town.shop, "loyal", at("2017-09-01 00:00"), "We were closed", "a test", lambda: at("2017-03-02 12:00")
        )

    assert extended() == Extended(customers=1, points=150)
    assert extended() == Extended(before=1)
    assert [lot.expires_at for lot in town.customer("ada", "2017-03-03 00:00").lots] == [at("2017-09-01 00:00")] * 2
    assert months(liability(town.shop, at("2017-03-03 00:00"))) == [("2017-05", 10), ("2017-08", 150)]
    _equals_the_backtest(town, "ada", "2017-03-03 00:00")


def _applies(town: Town, rules: str, when: str = "2017-01-01 00:00") -> None:
    town.applies(f"{rules}\n{STAR_A_DOLLAR}", when)


def _equals_the_backtest(town: Town, user: str, when: str) -> None:
    """What is held live is what the facts on record come to when they are folded anew."""
    found = town.customer(user, when)
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    with town.shop.store.reading() as connection:
        facts = facts_where(connection, came_through(found.records))
    state, _ = replay(facts, rulebook, at(when) + 1)
    held = state.consequences
    assert (found.points.available, found.points.pending) == (
        sum([lot.points for lot in held.available]),
        sum([lot.points for lot in held.pending]),
    )


def _messages(town: Town) -> list[dict[str, Any]]:
    with town.shop.store.reading() as connection:
        return [
            json.loads(bytes(body))
            for body in connection.execute(select(outbox.c.body).order_by(outbox.c.id)).scalars()
        ]
