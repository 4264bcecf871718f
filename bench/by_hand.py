"""The rules of thirty-rules.yaml as a plain loop that only adds up points: no lots, no levels, no effects, no reasons.

This is what a shop's own programmer would write for exactly these rules, and so what the fold is held against. Whoever
changes a rule there changes it here; the run stops when the two do not give every customer the same points.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.kernel.facts import Fact, OrderCompleted

NEW_YORK = ZoneInfo("America/New_York")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

TOBACCO_AND_FUEL = ("CIGARETTES", "GASOLINE-REG UNLEADED", "COUPON/MISC ITEMS")
MEAT = ("BEEF", "LUNCHMEAT", "DELI MEATS")
SWEETS = ("CANDY - CHECKLANE", "CANDY - PACKAGED")

SPRING = date(2017, 3, 20), date(2017, 6, 21)
BARBECUE = date(2017, 6, 1), date(2017, 9, 1)
ICE_CREAM = date(2017, 7, 1), date(2017, 8, 16)
BAKING = date(2017, 11, 15), date(2018, 1, 1)
END_OF_JANUARY = date(2017, 2, 1)
ANNIVERSARY = date(2017, 5, 8), date(2017, 5, 15)
BACK_TO_SCHOOL = date(2017, 8, 14), date(2017, 9, 4)
BLACK_WEEK = date(2017, 11, 20), date(2017, 11, 27)


def points_by_hand(facts: Iterable[Fact]) -> int:
    """What these facts of one customer earn altogether."""
    total = 0
    for fact in facts:
        if isinstance(fact, OrderCompleted):
            total += _points(fact)
    return total


def _points(order: OrderCompleted) -> int:
    spent: dict[str | None, int] = {}
    lines: dict[str | None, int] = {}
    house_brand = 0
    for line in order.lines:
        category = line.properties.get("category")
        spent[category] = spent.get(category, 0) + line.amount_minor
        lines[category] = lines.get(category, 0) + 1
        if line.properties.get("brand") == "Private":
            house_brand += line.amount_minor

    day = (EPOCH + timedelta(microseconds=order.happened_at)).astimezone(NEW_YORK).date()
    weekday = day.weekday()
    times, over = _multiplier(day, weekday)

    earned = [
        _but(order, spent, lines, TOBACCO_AND_FUEL) // 100,
        order.amount_minor // 5000 * 25,
        _but(order, spent, lines, MEAT) // 1000 * 2,
        _but(order, spent, lines, SWEETS) // 1000,
        house_brand // 300,
        2,
        spent.get("SOFT DRINKS", 0) // 200 * 3,
        spent.get("FLUID MILK PRODUCTS", 0) // 100,
        spent.get("BAKED BREAD/BUNS/ROLLS", 0) // 100 * 2,
        spent.get("CHEESE", 0) // 200,
        spent.get("BAG SNACKS", 0) // 300 * 2,
        spent.get("SOUP", 0) // 150,
        (spent.get("FROZEN PIZZA", 0) + spent.get("FRZN MEAT/MEAT DINNERS", 0)) // 500 * 4,
        (spent.get("TROPICAL FRUIT", 0) + spent.get("VEGETABLES - ALL OTHERS", 0)) // 100 * 2,
    ]
    if weekday == MONDAY:
        earned.append(3)
    if weekday in (WEDNESDAY, THURSDAY):
        earned.append(1)
    if weekday in (THURSDAY, FRIDAY):
        earned.append(spent.get("BEEF", 0) // 400 * 3)
    if "EGGS" in lines:
        earned.append(1)
    if "COLD CEREAL" in lines:
        earned.append(2)
    if "YOGURT" in lines:
        earned.append(2)
    if SPRING[0] <= day < SPRING[1]:
        earned.append(order.amount_minor // 1000 * 5)
    if BARBECUE[0] <= day < BARBECUE[1]:
        earned.append(spent.get("BEEF", 0) // 500 * 5)
    if ICE_CREAM[0] <= day < ICE_CREAM[1] and "ICE CREAM/MILK/SHERBTS" in lines:
        earned.append(4)
    if BAKING[0] <= day < BAKING[1]:
        earned.append(spent.get("BAKED SWEET GOODS", 0) // 200 * 4)
    return sum([points * times // over for points in earned if points > 0])


def _but(
    order: OrderCompleted, spent: Mapping[str | None, int], lines: Mapping[str | None, int], excluded: Iterable[str]
) -> int:
    """What is spent on everything but these; nothing where there is nothing else."""
    left_minor, lines_left = order.amount_minor, len(order.lines)
    for category in excluded:
        left_minor -= spent.get(category, 0)
        lines_left -= lines.get(category, 0)
    return left_minor if lines_left else 0


def _multiplier(day: date, weekday: int) -> tuple[int, int]:
    """As a fraction, so that every rule is floored once."""
    times, over = 1, 1
    if weekday in (SATURDAY, SUNDAY):
        times *= 2
    if weekday == TUESDAY:
        times, over = times * 3, over * 2
    if day < END_OF_JANUARY:
        times, over = times * 5, over * 4
    if ANNIVERSARY[0] <= day < ANNIVERSARY[1]:
        times *= 3
    if BACK_TO_SCHOOL[0] <= day < BACK_TO_SCHOOL[1]:
        times, over = times * 6, over * 5
    if weekday in (THURSDAY, FRIDAY) and BLACK_WEEK[0] <= day < BLACK_WEEK[1]:
        times *= 2
    return times, over
