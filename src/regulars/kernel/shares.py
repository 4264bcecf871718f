"""Shares: so many of so many, and how far chance alone may have moved them."""

from fractions import Fraction
from math import isqrt
from typing import Final

from msgspec import Struct

WHOLE: Final = 10_000
"""Hundredths of a per cent in one."""

QUANTILE_95: Final = Fraction(1_959_963_984_540_054, 10**15)
"""Of the normal distribution: 95 in 100 lie no further from the middle."""

_FINE: Final = 10**24


class Share(Struct, frozen=True):
    """`part` of `whole`; neither is negative."""

    part: int
    whole: int

    @property
    def exact(self) -> Fraction | None:
        """None where there is no whole to have a share of."""
        return Fraction(self.part, self.whole) if self.whole else None

    def hundredths(self) -> int:
        """Of a per cent, rounded half up; 0 of nothing is 0."""
        return (2 * self.part * WHOLE + self.whole) // (2 * self.whole) if self.whole else 0

    def interval(self) -> tuple[int, int]:
        return wilson(self.part, self.whole)


def wilson(part: int, whole: int, quantile: Fraction = QUANTILE_95) -> tuple[int, int]:
    """The score interval of a share, in hundredths of a per cent: the lower end rounded down, the upper one up. Of nothing
    nothing is known: 0 to 10,000.

    Wilson, E. B. (1927): Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association 22, 209-212: (2x + z² ± z·sqrt(z² + 4x(1 - x/n))) / (2(n + z²)).
    """
    assert 0 <= part <= whole, "a part is not greater than its whole"
    if not whole:
        return 0, WHOLE
    square = quantile * quantile
    under_root = square * (square + 4 * part * Fraction(whole - part, whole))
    root = isqrt(under_root.numerator * _FINE**2 // under_root.denominator)
    middle, below = 2 * part + square, 2 * (whole + square)
    low = (middle - Fraction(root + 1, _FINE)) / below
    high = (middle + Fraction(root + 1, _FINE)) / below
    return max(0, low * WHOLE // 1) if part else 0, min(WHOLE, -(-high * WHOLE // 1)) if part < whole else WHOLE
