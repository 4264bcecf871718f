"""Arms held against each other: what customers did on the mean, and how far chance alone may have moved the difference.

Everybody who counts in an arm counts, whatever they were given (intent to treat), with all that they did since. Figures are exact;
only roots are rounded, to the millionth.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import isqrt
from typing import Final

from msgspec import Struct, field

from regulars.kernel.facts import Instant
from regulars.kernel.shares import QUANTILE_95, Share

FEWEST: Final = 6
"""Customers of an arm below which nothing is said of chance."""

_FINE: Final = 10**6


class Sums(Struct):
    """Whole numbers, one for each customer: how many, their sum and the sum of their squares."""

    count: int = 0
    total: int = 0
    squares: int = 0

    def take(self, number: int) -> None:
        self.count += 1
        self.total += number
        self.squares += number * number

    def add(self, other: "Sums") -> None:
        self.count += other.count
        self.total += other.total
        self.squares += other.squares

    @property
    def mean(self) -> Fraction:
        return Fraction(self.total, self.count) if self.count else Fraction(0)

    @property
    def variance(self) -> Fraction:
        """Of the sample."""
        assert self.count > 1, "one number does not vary"
        return (self.squares - Fraction(self.total * self.total, self.count)) / (self.count - 1)


class ArmSums(Struct):
    """What the customers of one arm did since they count: orders, what these were worth, and points; `again` are those who ordered
    after the moment from which they count. `withheld` are points that they would have got, `crossed` those who were merged out of
    two arms.
    """

    orders: Sums = field(default_factory=Sums)
    revenue_minor: Sums = field(default_factory=Sums)
    points: Sums = field(default_factory=Sums)
    again: int = 0
    withheld: int = 0
    crossed: int = 0

    @property
    def customers(self) -> int:
        return self.orders.count

    @property
    def came_back(self) -> Share:
        return Share(self.again, self.customers)

    def take(self, did: "Since", withheld: int, crossed: bool) -> None:
        self.orders.take(did.orders)
        self.revenue_minor.take(did.revenue_minor)
        self.points.take(did.points)
        self.again += did.again > 0
        self.withheld += withheld
        self.crossed += crossed

    def add(self, other: "ArmSums") -> None:
        self.orders.add(other.orders)
        self.revenue_minor.add(other.revenue_minor)
        self.points.add(other.points)
        self.again += other.again
        self.withheld += other.withheld
        self.crossed += other.crossed


class Since(Struct):
    """What one customer did since they count; `again` are the orders after that moment."""

    orders: int = 0
    revenue_minor: int = 0
    points: int = 0
    again: int = 0

    def order(self, at: Instant, amount_minor: int, start: Instant) -> None:
        if at >= start:
            self.orders += 1
            self.revenue_minor += amount_minor
            self.again += at > start


def since(start: Instant, orders: Iterable[tuple[Instant, int]], given: Iterable[tuple[Instant, int]]) -> Since:
    """Of the orders, and of the points by when what gave them happened, those from `start` on."""
    did = Since()
    for at, amount_minor in orders:
        did.order(at, amount_minor, start)
    did.points = sum([points for at, points in given if at >= start])
    return did


class Difference(Struct, frozen=True):
    """Of two means, the second less the first, and from where to where it lies for certain in 95 of 100 trials."""

    mean: Fraction
    low: Fraction
    high: Fraction

    @property
    def is_certain(self) -> bool:
        """Whether there is one at all."""
        return self.low > 0 or self.high < 0


def difference(first: Sums, second: Sums) -> Difference | None:
    """None where an arm has too few customers, or nobody differs from anybody.

    Welch, B. L. (1947): The generalization of “Student's” problem when several different population variances are involved.
    Biometrika 34, 28-35: the difference ± t·sqrt(s₁²/n₁ + s₂²/n₂), with the degrees of freedom of Satterthwaite (1946).
    """
    if min(first.count, second.count) < FEWEST:
        return None
    parts = [one.variance / one.count for one in (first, second)]
    whole = sum(parts)
    if not whole:
        return None
    below = sum([part * part / (one.count - 1) for part, one in zip(parts, (first, second), strict=True)])
    reach = _t95(Fraction(whole * whole, below)) * _root(Fraction(whole))
    mean = second.mean - first.mean
    return Difference(mean, mean - reach, mean + reach)


def _t95(freedom: Fraction) -> Fraction:
    """Of Student's distribution: 95 in 100 lie no further from the middle. Right to a hundredth from 5 degrees of freedom on.

    Abramowitz, M., Stegun, I. A. (1964): Handbook of Mathematical Functions, 26.7.5, to the fourth power.
    """
    z = Fraction(int(QUANTILE_95 * _FINE), _FINE)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    v = Fraction(int(freedom * 1000), 1000)
    return z + sum([term / v ** (place + 1) for place, term in enumerate(terms)])


def _root(number: Fraction) -> Fraction:
    """Rounded up to the millionth."""
    return Fraction(isqrt(number.numerator * _FINE**2 // number.denominator) + 1, _FINE)
