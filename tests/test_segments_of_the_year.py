"""The corner shop's segments over the real grocer's year: by the engine, and by hand. Both find the same households."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from regulars.wire.imports.households import households
from tests.backtesting.by_hand import Order, the_year
from tools.program_examples import EXPECTED_SIZES, THIRTY_SEGMENTS, WITH_SEGMENTS, members_of_the_year, sizes

Orders = list[Order]
NEW_YORK = ZoneInfo("America/New_York")
END = date(2018, 1, 1)
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


# --- thirty: own rhythm, stages, scores, shares, sequences -------------------------------------------------------------


def days_of(orders: Orders) -> list[date]:
    return sorted({day_of(one) for one in orders})


def age(day: date) -> int:
    return (END - day).days


def rhythm(days: list[date], until: date) -> Fraction | None:
    """How many times the usual gap it is from the last of these days until another one."""
    if len(days) < 3:
        return None
    return (until - days[-1]).days / Fraction((days[-1] - days[0]).days, len(days) - 1)


def rhythm_or_of_14_days(days: list[date], until: date) -> Fraction:
    own = rhythm(days, until)
    return Fraction((until - days[-1]).days, 14) if own is None else own


def stage(orders: Orders) -> str:
    days = days_of(orders)
    away = rhythm_or_of_14_days(days, END)
    if age(days[0]) <= 30:
        return "new"
    if away > 2:
        return "lost" if away > 8 else "at-risk" if away > 4 else "slipping"
    came_back = len(days) > 1 and rhythm_or_of_14_days(days[:-1], days[-1]) > 8
    return "won-back" if came_back else "active"


def score(value: int, *cuts: int) -> int:
    return 1 + sum(value >= cut for cut in cuts)


def scores(orders: Orders) -> str:
    this_year = since(date(2017, 1, 1), orders)
    recency = 6 - score(age(days_of(orders)[-1]), 8, 15, 31, 61)
    money = score(cents(this_year), 250_00, 750_00, 2_000_00, 4_000_00)
    return f"{recency}{score(len(this_year), 12, 26, 52, 104)}{money}"


def is_late(orders: Orders) -> bool:
    away = rhythm(days_of(orders), END)
    return away is not None and 2 < away <= 3


def is_back_after_long(orders: Orders) -> bool:
    days = days_of(orders)
    gap = rhythm(days[:-1], days[-1])
    return gap is not None and gap > 5


def spends_less(orders: Orders) -> bool:
    before = [one for one in orders if 90 < age(day_of(one)) <= 180]
    return cents(before) >= 600_00 and cents(since(FIRST_OF_90_DAYS, orders)) <= 300_00


def is_quiet_after_a_large_shop(orders: Orders) -> bool:
    for place, one in enumerate(orders):
        quiet = not any((day_of(later) - day_of(one)).days <= 14 for later in orders[place + 1 :])
        if cents([one]) >= 100_00 and 14 < age(day_of(one)) <= 60 and quiet:
            return True
    return False


def mostly_buys_milk(orders: Orders) -> bool:
    these = since(date(2017, 1, 1), orders)
    with_milk = [one for one in these if any(category == "FLUID MILK PRODUCTS" for _, category in one.cents)]
    return len(these) >= 12 and Fraction(len(with_milk), len(these)) >= Fraction("0.666667")


def is_new_to_coffee(orders: Orders) -> bool:
    coffee = days_of([one for one in orders if has_coffee(one)])
    return bool(coffee) and age(coffee[0]) <= 60 and day_of(orders[0]) < date(2017, 7, 1)


STAGES = ("new", "active", "slipping", "at-risk", "lost", "won-back")
CHAMPIONS = ("555", "554", "544", "545", "454", "455", "445")
THIRTY_BY_HAND: dict[str, Callable[[Orders], bool]] = {
    **{name: lambda orders, name=name: stage(orders) == name for name in STAGES},  # type: ignore[misc]
    "champions": lambda orders: scores(orders) in CHAMPIONS,
    "few-and-large": lambda orders: scores(orders)[1] in "12" and scores(orders)[2] in "345",
    "late-for-once": is_late,
    "back-after-long": is_back_after_long,
    "spending-less": spends_less,
    "large-shop-then-quiet": is_quiet_after_a_large_shop,
    "mostly-with-milk": mostly_buys_milk,
    "new-to-coffee": is_new_to_coffee,
}


def year_by_hand() -> dict[str, Orders]:
    year = {household: [one for one in orders if day_of(one) < END] for household, orders in the_year().items()}
    return {household: orders for household, orders in year.items() if orders}


@pytest.mark.slow
def test_thirty_segments_hold_the_households_that_the_pencil_finds():
    by_engine, year = members_of_the_year(THIRTY_SEGMENTS), year_by_hand()

    for segment, is_in in THIRTY_BY_HAND.items():
        by_hand = sorted([household for household, orders in year.items() if is_in(orders)])
        assert by_hand
        assert sorted(by_engine[segment]) == by_hand, segment
    assert sum(len(by_engine[name]) for name in STAGES) == len(year)
    assert sizes(by_engine) == EXPECTED_SIZES[THIRTY_SEGMENTS].read_text(encoding="utf-8")


@pytest.mark.slow
def test_engine_and_pencil_find_the_same_households():
    by_engine, year = members_of_the_year(WITH_SEGMENTS), year_by_hand()
    owners = {household for household, told in households() if told.get("home_ownership") == "Homeowner"}
    without_coffee = {id for id in year if len(year[id]) >= 3 and not any(map(has_coffee, year[id]))}

    for segment, is_in in BY_HAND.items():
        by_hand = sorted([household for household, orders in year.items() if is_in(orders)])
        assert by_hand
        assert sorted(by_engine[segment]) == by_hand, segment
    assert sorted(by_engine["homeowners-without-coffee"]) == sorted(owners & without_coffee)
    assert sizes(by_engine) == EXPECTED_SIZES[WITH_SEGMENTS].read_text(encoding="utf-8")
