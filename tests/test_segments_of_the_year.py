"""The corner shop's segments over the real grocer's year: by the engine, and by hand. Both find the same households."""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from regulars.wire.imports.households import households
from tests.backtesting.by_hand import Order, the_year
from tools.program_examples import OF_THE_YEAR, members_of_the_year, sizes

Orders = list[Order]
NEW_YORK = ZoneInfo("America/New_York")
FIRST_OF_84_DAYS, FIRST_OF_90_DAYS = date(2017, 10, 9), date(2017, 10, 3)


def day_of(order: Order) -> date:
    return order.placed_at.astimezone(NEW_YORK).date()


def since(day: date, orders: Orders) -> Orders:
    """Of that day and later."""
    return [one for one in orders if day_of(one) >= day]


def cents(orders: Orders) -> int:
    return sum([sum(one.cents.values()) for one in orders])


def has_coffee(order: Order) -> bool:
    return any(category == "COFFEE" for _, category in order.cents)


def kinds(orders: Orders) -> set[str]:
    return {category for one in orders for _, category in one.cents if category is not None}


def is_small(orders: Orders) -> bool:
    few = since(FIRST_OF_90_DAYS, orders)
    return len(few) >= 6 and cents(few) <= 15_00 * len(few)


def is_narrow(orders: Orders) -> bool:
    these = since(date(2017, 1, 1), orders)
    return len(these) >= 6 and len(kinds(these)) <= 20


def is_slipping(orders: Orders) -> bool:
    before = [one for one in since(date(2017, 9, 3), orders) if day_of(one) < date(2017, 12, 2)]
    return len(before) >= 6 and not since(date(2017, 12, 2), orders)


BY_HAND: dict[str, Callable[[Orders], bool]] = {
    "regulars": lambda orders: len(since(FIRST_OF_84_DAYS, orders)) >= 6,
    "big-spenders": lambda orders: cents(since(FIRST_OF_90_DAYS, orders)) >= 1_000_00,
    "small-baskets": is_small,
    "coffee-lovers": lambda orders: len([one for one in since(date(2017, 1, 1), orders) if has_coffee(one)]) >= 6,
    "narrow": is_narrow,
    "newcomers": lambda orders: day_of(orders[0]) >= FIRST_OF_90_DAYS,
    "slipping-away": is_slipping,
    "lost": lambda orders: not since(date(2017, 9, 3), orders),
    "first-and-only": lambda orders: len(orders) == 1,
}


@pytest.mark.slow
def test_engine_and_pencil_find_the_same_households():
    by_engine = members_of_the_year()
    year = {
        household: [one for one in orders if day_of(one) < date(2018, 1, 1)] for household, orders in the_year().items()
    }
    year = {household: orders for household, orders in year.items() if orders}
    owners = {household for household, told in households() if told.get("home_ownership") == "Homeowner"}
    without_coffee = {id for id in year if len(year[id]) >= 3 and not any(map(has_coffee, year[id]))}

    for segment, is_in in BY_HAND.items():
        by_hand = sorted([household for household, orders in year.items() if is_in(orders)])
        assert by_hand
        assert sorted(by_engine[segment]) == by_hand, segment
    assert sorted(by_engine["homeowners-without-coffee"]) == sorted(owners & without_coffee)
    assert sizes(by_engine) == (OF_THE_YEAR / "expected_segments.json").read_text(encoding="utf-8")
