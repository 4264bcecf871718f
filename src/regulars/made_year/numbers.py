"""Logarithm and exponential out of +, -, x and / alone.

IEEE 754 rounds these four exactly, and fixes nothing of the rest: the mathematical libraries of two systems may differ in the last
bit of a logarithm, and a year that is drawn with it would differ in its bytes. The square root is exact as well.

Nor is `sum` for floats: since Python 3.12 it makes up for what is lost on the way. `math.fsum` loses nothing anywhere.
"""

from math import floor, frexp, ldexp
from typing import Final

_LN2_HIGH: Final = 0.6931471803691238
_LN2_LOW: Final = 1.9082149292705877e-10
"""Their sum is the natural logarithm of 2; the first has so few bits that its product with a small whole number is exact."""
_PER_LN2: Final = 1.4426950408889634
_ROOT_OF_HALF: Final = 0.7071067811865476
_ODD: Final = tuple([2.0 / n for n in range(23, 0, -2)])
_FACTORIALS: Final = (
    6227020800.0,
    479001600.0,
    39916800.0,
    3628800.0,
    362880.0,
    40320.0,
    5040.0,
    720.0,
    120.0,
    24.0,
    6.0,
    2.0,
    1.0,
    1.0,
)
_INVERSE: Final = tuple([1.0 / n for n in _FACTORIALS])


def ln(x: float) -> float:
    """The natural logarithm of a number above 0, to 1e-15 of its size."""
    part, exponent = frexp(x)
    if part < _ROOT_OF_HALF:
        part, exponent = 2 * part, exponent - 1
    z = (part - 1) / (part + 1)
    square, sum = z * z, 0.0
    for coefficient in _ODD:
        sum = sum * square + coefficient
    return exponent * _LN2_HIGH + (sum * z + exponent * _LN2_LOW)


def exp(x: float) -> float:
    """e to the x, for x from -700 to 700, to 1e-15 of its size."""
    times = floor(x * _PER_LN2 + 0.5)
    rest = (x - times * _LN2_HIGH) - times * _LN2_LOW
    sum = 0.0
    for coefficient in _INVERSE:
        sum = sum * rest + coefficient
    return ldexp(sum, times)


def power(base: float, exponent: float) -> float:
    """For a base above 0."""
    return exp(exponent * ln(base))
