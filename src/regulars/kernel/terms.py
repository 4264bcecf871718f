"""How a program speaks of money, points and lists: one wording for screens, audit trail and documents."""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct


class Currency(Struct, frozen=True, omit_defaults=True):
    """An ISO 4217 code and its number of decimals. With `takes_others`, orders in other currencies are heard as well."""

    code: str
    exponent: int
    takes_others: bool = False

    def money(self, amount_minor: int) -> str:
        return f"{self.amount(amount_minor)} {self.code}"

    def amount(self, amount_minor: int) -> str:
        """The amount in major units, thousands separated, without the code."""
        sign = "-" if amount_minor < 0 else ""
        major, minor = divmod(abs(amount_minor), 10**self.exponent)
        return f"{sign}{major:,}" + (f".{minor:0{self.exponent}}" if self.exponent else "")


class PointsName(Struct, frozen=True):
    one: str
    other: str

    def points(self, count: int | Fraction) -> str:
        return f"{plain(count)} {self.one if count == 1 else self.other}"


def plain(number: int | Fraction) -> str:
    """A number as a person writes it: `1,200`, `1.2`, or `2/3` where no decimal is exact."""
    if isinstance(number, int) or number.denominator == 1:
        return f"{int(number):,}"
    for decimals in range(1, 10):
        scaled = number * 10**decimals
        if scaled.denominator == 1:
            whole, rest = divmod(abs(int(scaled)), 10**decimals)
            return f"{'-' if number < 0 else ''}{whole:,}.{rest:0{decimals}}"
    return f"{number.numerator}/{number.denominator}"


def capitalized(words: str) -> str:
    return words[:1].upper() + words[1:]


def listed(words: Sequence[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"
