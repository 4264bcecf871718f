"""Rules that could never give anything, whatever anybody bought: they are mistakes, and are told as such."""

from fractions import Fraction
from typing import Final

from regulars.kernel.calendar import WEEKDAYS, weekday_of
from regulars.kernel.terms import Currency, listed
from regulars.wire.orders.cells import MOST_MINOR
from regulars.wire.shapes import Given

A_WEEK: Final = 7


def check_never(program: Given) -> None:
    rules: tuple[Given, ...] = program["earning"] or ()
    currency: Currency | None = program["currency"]
    for rule in rules:
        if rule["when"]:
            _refuse_days_that_never_come(rule["when"])
        if currency is not None and isinstance(rule["per"], Fraction) and isinstance(rule["points"], Fraction):
            _refuse_less_than_one(rule, rules, program, currency)


def _refuse_days_that_never_come(when: Given) -> None:
    first, end = when["from"], when["to"]
    if not when["weekday"] or first is None or end is None or not first < end < first + A_WEEK:
        return
    there = {WEEKDAYS[weekday_of(day)] for day in range(first, end)}
    if not there & set(when["weekday"]):
        days = listed([day for day in WEEKDAYS if day in there])
        when.at("weekday").wrong(f"none of these days comes between “from” and “to”: there is only {days}")


def _refuse_less_than_one(rule: Given, rules: tuple[Given, ...], program: Given, currency: Currency) -> None:
    """By the largest order that there can be, with everything that multiplies."""
    per_minor = rule["per"] * 10**currency.exponent
    if per_minor.denominator != 1 or per_minor <= 0:
        return
    units = (MOST_MINOR - 1) // int(per_minor)
    most = units * rule["points"] * _most_multiplied(rule, rules, program)
    if most < 1:
        largest = currency.money(MOST_MINOR - 1)
        rule.at("points").wrong(
            f"this never comes to a whole point: not even for an order of {largest}, the largest there can be"
        )


def _most_multiplied(rule: Given, rules: tuple[Given, ...], program: Given) -> Fraction:
    product = Fraction(1)
    for other in rules:
        if other["on"] == rule["on"] and isinstance(other["multiply"], Fraction):
            product *= max(other["multiply"], Fraction(1))
    levels = program["tiers"]["levels"] if program["tiers"] else ()
    return product * max([Fraction(1), *[level["earn"] or Fraction(1) for level in levels or ()]])
