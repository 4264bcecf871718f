"""Typed tests on one value: a property of what happened, or a trait of a customer. All values are text.

A test of a value that is not there, or is of another kind (a number is asked for and the text is none), is unknown: neither true
nor false. Texts are compared letter by letter.
"""

from fractions import Fraction
from typing import Literal, TypeAlias

from msgspec import Struct

from regulars.kernel.calendar import Day, Duration, date_of
from regulars.kernel.terms import Currency, listed, plain


class Bounds(Struct, frozen=True):
    """From `least` to `most`, both included; None is no bound. Amounts of money are in minor units."""

    least: Fraction | None = None
    most: Fraction | None = None

    def admit(self, value: int | Fraction) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def describe(self, money: Currency | None = None) -> str:
        """With `money` the bounds are amounts in its minor units."""
        if self.least is not None and self.least == self.most:
            return f"exactly {_number(self.least, money)}"
        parts = [f"at least {_number(self.least, money)}"] if self.least is not None else []
        parts += [f"at most {_number(self.most, money)}"] if self.most is not None else []
        return listed(parts)


class IsOneOf(Struct, frozen=True, tag="is"):
    values: tuple[str, ...]

    def describe(self, money: Currency | None = None) -> str:
        return f"is {listed(_quoted(self.values), 'or')}"


class IsNoneOf(Struct, frozen=True, tag="is_not"):
    """There is a value, and it is none of these."""

    values: tuple[str, ...]

    def describe(self, money: Currency | None = None) -> str:
        return f"is there and is not {listed(_quoted(self.values), 'or')}"


class HasText(Struct, frozen=True, tag="text"):
    where: Literal["contains", "starts_with", "ends_with"]
    text: str

    def describe(self, money: Currency | None = None) -> str:
        return f"{self.where.replace('_', ' ')} “{self.text}”"


class IsNumber(Struct, frozen=True, tag="number"):
    bounds: Bounds

    def describe(self, money: Currency | None = None) -> str:
        return f"is {self.bounds.describe(money)}"


class IsTrue(Struct, frozen=True, tag="truth"):
    """`true` and `yes` are true, `false` and `no` are not; anything else is neither."""

    wanted: bool

    def describe(self, money: Currency | None = None) -> str:
        return f"is {'true' if self.wanted else 'false'}"


class IsDate(Struct, frozen=True, tag="date"):
    """A day from `first_day` on, up to but not including `end_day`."""

    first_day: Day | None = None
    end_day: Day | None = None

    def describe(self, money: Currency | None = None) -> str:
        parts = []
        if self.first_day is not None:
            parts.append(f"on or after {date_of(self.first_day).isoformat()}")
        if self.end_day is not None:
            parts.append(f"before {date_of(self.end_day).isoformat()}")
        return f"is {' and '.join(parts)}"


class IsNear(Struct, frozen=True, tag="near"):
    """Today or a day of the last, or of the next, so many days, weeks, months or years."""

    side: Literal["last", "next"]
    duration: Duration

    def describe(self, money: Currency | None = None) -> str:
        return f"is within the {self.side} {self.duration.describe()}"


class HasAnniversary(Struct, frozen=True, tag="anniversary"):
    """Its day of the year comes today or within the next so many days. 29 February is 28 February where there is none."""

    within: Duration

    def describe(self, money: Currency | None = None) -> str:
        return f"has its anniversary within the next {self.within.describe()}"


class IsSet(Struct, frozen=True, tag="set"):
    """Whether there is a value at all; never unknown."""

    wanted: bool

    def describe(self, money: Currency | None = None) -> str:
        return "is known" if self.wanted else "is not known"


Test: TypeAlias = IsOneOf | IsNoneOf | HasText | IsNumber | IsTrue | IsDate | IsNear | HasAnniversary | IsSet


class Property(Struct, frozen=True):
    """A test of one property of what happened. Of an order: `amount`, or a property of its lines, such as `products.category`;
    the lines' own `products.amount` and `products.quantity` are numbers. Amounts are in minor units.
    """

    name: str
    test: Test

    def canonical(self) -> "Property":
        return Property(self.name, canonical_test(self.test))

    def describe(self, money: Currency | None) -> str:
        return f"{self.name.removeprefix(OF_LINES)} {self.test.describe(money if self.name in AMOUNTS else None)}"


OF_LINES = "products."
AMOUNT = "amount"
LINE_AMOUNT = "products.amount"
LINE_QUANTITY = "products.quantity"
AMOUNTS = (AMOUNT, LINE_AMOUNT)
"""Money, in an order. What else is called `amount` is a number as it was sent, and counts as it stands."""


def canonical_test(test: Test) -> Test:
    """The same test, its values in one order."""
    if isinstance(test, IsOneOf | IsNoneOf):
        return type(test)(tuple(sorted(set(test.values))))
    return test


def _number(value: Fraction, money: Currency | None) -> str:
    if money is None:
        return plain(value)
    return money.money(int(value)) if value.denominator == 1 else f"{plain(value / 10**money.exponent)} {money.code}"


def _quoted(values: tuple[str, ...]) -> list[str]:
    return [f"“{value}”" for value in values]
