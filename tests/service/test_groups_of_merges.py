"""Merges and partings in one transaction come to the same as one after the other."""

from typing import Any

import pytest

from regulars.service.doctor import examine
from tests.service.town import RULES, Town, order
from tests.shop import at

TIERS = RULES + "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 40}]}\n"
NOW = "2017-03-05 12:00"


def sold(id: str, amount: float, **identity: str) -> dict[str, Any]:
    return order("x", id, amount, userId=None, context={"traits": identity}, at="2017-03-01 10:00")


def claims(user: str, when: str, **identity: str) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "traits": identity, "at": when}


LATE = [
    sold("1", 100, card="7777777"),
    claims("u1", "2017-03-01 11:00", card="7777777"),
    order("u1", "2", 45, at="2017-03-01 11:30"),
    claims("u2", "2017-03-01 09:00", card="7777777"),
]
TWO_AT_ONCE = [
    sold("1", 60, card="7777777"),
    sold("2", 70, phone="+4670000000"),
    sold("3", 10, badge="B1"),
    claims("u1", "2017-03-01 11:00", card="7777777", badge="B1"),
    claims("u2", "2017-03-01 09:00", card="7777777", badge="B1"),
]


def sums(town: Town) -> list[Any]:
    held = [town.customer(user, NOW) for user in ("u1", "u2")]
    return [(one.points.available, one.tier.id) for one in held]


@pytest.mark.parametrize("story", [LATE, TWO_AT_ONCE], ids=["late", "two at once"])
def test_together_is_the_same_as_apart(town: Town, story: list[dict[str, Any]]) -> None:
    badges = "identities: {badge: {normalize: upper}}\n"
    town.applies(TIERS + badges)
    town.hears(*[dict(one) for one in story], now=NOW)
    together = sums(town)
    # A level that was reached stays until the reset, also where the merge that reached it comes to nothing.
    assert together == ([(45, "silver"), (100, "silver")] if story is LATE else [(0, "silver"), (70, "silver")])
    found = {one.what: one.good for one in examine(town.shop, at(NOW))}
    assert found["facts"]
    assert found["ledger"]
