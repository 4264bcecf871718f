"""How what was given fades: to its half in each half-life, reckoned when it is looked at: no work at night, nothing late.

    what is left of p after s seconds       p x 2^(-s / half-life)
    an action counts for                    the sum of what is left, no more than its cap
    a score is                              the sum over its actions, in whole thousandths, half up

What is left is a float, and floats added in another order differ in their last bits. So a thousandth of a thousandth is added
before rounding: sums that should be on the very border, as after exactly four half-lives, fall to one side however they were
added up. All else is so far from a border that last bits do not matter.

Between two things that happen, and while no cap begins to be undercut, a score is c + v x 2^(-s / half-life): it only rises, or
only falls. So the second at which it crosses a border is found by halving.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, fsum, log2
from typing import Final, TypeAlias

from msgspec import Struct

from regulars.kernel.scores.tree import Thousandths

Second: TypeAlias = int
"""Whole seconds since 1970-01-01T00:00Z."""

ON_THE_BORDER: Final = 0.001
"""In thousandths."""


def faded(given: float, seconds: int, half_life: int | None) -> float:
    """`half_life` in seconds; None is for ever. `seconds` are 0 or more."""
    return given if half_life is None else given * 2.0 ** (-seconds / half_life)


def read(value: float) -> Thousandths:
    return floor(value + 0.5 + ON_THE_BORDER)


class Fading(Struct, frozen=True):
    """What each action has given, as of one second, caps aside, and what it may count for."""

    given: tuple[float, ...]
    caps: tuple[Thousandths | None, ...]
    half_life: int | None

    def after(self, seconds: int) -> Thousandths:
        left = [faded(given, seconds, self.half_life) for given in self.given]
        return read(fsum([capped(one, cap) for one, cap in zip(left, self.caps, strict=True)]))

    def crosses(self, borders: Sequence[Thousandths], within: int | None = None) -> int | None:
        """After how many seconds it has first crossed one of the borders, fading alone; None where it never does, nor `within`
        so many seconds. A border is the least value above it; they ascend.
        """
        turns = [turn for turn in self._turns() if within is None or turn <= within]
        stretches = pairwise(sorted({0, *turns, *([] if within is None else [within])}))
        side = bisect_right(borders, self.after(0))
        for start, end in stretches:
            if bisect_right(borders, self.after(end)) != side:
                return self._first(start, end, side, borders)
        return None

    def _first(self, start: int, end: int, side: int, borders: Sequence[Thousandths]) -> int:
        """On one side at `start`, on another at `end`: the first second on another."""
        while end - start > 1:
            middle = (start + end) // 2
            if bisect_right(borders, self.after(middle)) == side:
                start = middle
            else:
                end = middle
        return end

    def _turns(self) -> list[int]:
        """The seconds between which it only rises or only falls; after the last it is gone."""
        if self.half_life is None:
            return []
        turns = []
        for given, cap in zip(self.given, self.caps, strict=True):
            if cap is not None and abs(given) > cap:
                undercut = floor(self.half_life * log2(abs(given) / cap))
                turns += [max(0, undercut - 1), undercut, undercut + 1, undercut + 2]
        total = fsum([abs(given) for given in self.given])
        return [*turns, ceil(self.half_life * (log2(max(total, 1.0)) + 3))]


def capped(left: float, cap: Thousandths | None) -> float:
    return left if cap is None else max(-float(cap), min(left, float(cap)))
