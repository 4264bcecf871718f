"""Numbers drawn at random: the same for the same names, on every machine and under every version of Python.

Python promises that `random.Random(seed).random()` gives the same for ever, and promises nothing of its other methods; so all
others are made of this one here.

Poisson: multiplication of uniforms (Knuth, TAOCP 2, 3.4.1), taken apart where the mean is large. Gamma: Marsaglia and Tsang,
"A simple method for generating gamma variables", ACM TOMS 26 (2000). Normal: Marsaglia's polar method.
"""

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from math import sqrt
from random import Random
from typing import Final, TypeVar

from regulars.made_year.numbers import exp, ln, power

T = TypeVar("T")

_LARGEST_MEAN: Final = 16.0


class Draws:
    """`names` say what for: the seed of the year, who, which side of their life. No two purposes share a stream."""

    __slots__ = ("share",)

    def __init__(self, *names: int | str) -> None:
        digest = blake2b("\x1f".join([str(name) for name in names]).encode(), digest_size=16).digest()
        self.share = Random(int.from_bytes(digest, "big")).random
        """From 0 to 1, without 1."""

    def chance(self, probability: float) -> bool:
        return self.share() < probability

    def below(self, number: int) -> int:
        return int(self.share() * number)

    def between(self, least: int, most: int) -> int:
        """Both included."""
        return least + int(self.share() * (most - least + 1))

    def one_of(self, items: Sequence[T]) -> T:
        return items[int(self.share() * len(items))]

    def place(self, cumulative: Sequence[float]) -> int:
        """Which of the weights whose running sums these are."""
        return min(bisect_right(cumulative, self.share() * cumulative[-1]), len(cumulative) - 1)

    def exponential(self, mean: float) -> float:
        return -mean * ln(1.0 - self.share())

    def poisson(self, mean: float) -> int:
        if mean > _LARGEST_MEAN:
            return self.poisson(mean / 2) + self.poisson(mean / 2)
        limit, product, number = exp(-mean), self.share(), 0
        while product > limit:
            product *= self.share()
            number += 1
        return number

    def normal(self) -> float:
        while True:
            x, y = 2 * self.share() - 1, 2 * self.share() - 1
            square = x * x + y * y
            if 0 < square < 1:
                return x * sqrt(-2 * ln(square) / square)

    def log_normal(self, median: float, sigma: float) -> float:
        return median * exp(sigma * self.normal())

    def gamma(self, shape: float, rate: float) -> float:
        """Its mean is shape / rate."""
        if shape < 1:
            return self.gamma(shape + 1, rate) * power(1.0 - self.share(), 1 / shape)
        d = shape - 1 / 3
        c = 1 / sqrt(9 * d)
        while True:
            x = self.normal()
            root = 1 + c * x
            v = root * root * root
            if v > 0 and ln(1.0 - self.share()) < x * x / 2 + d - d * v + d * ln(v):
                return d * v / rate


def running(weights: Sequence[float]) -> tuple[float, ...]:
    """For `Draws.place`."""
    return tuple(accumulate(weights))
