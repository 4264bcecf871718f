"""Exact numbers where a database has none that are large enough.

A number in a text has up to 30 digits before its point and 30 behind it: 60 are more than any column of DuckDB holds. So it stands
in two columns: `whole`, rounded down, and `part`, how many 10^-30 are missing. Sums of each are exact; to compare

    whole + part / 10^30  with  times x bound,  multiplied by the bound's denominator:

the difference of the wholes counts 10^30 times as much as that of the parts, and no further than to CERTAIN: beyond that it
decides alone, since the parts of ten million numbers come to less.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import ceil, floor
from operator import and_, ge, le
from typing import Any, Final, NamedTuple

import ibis
from ibis.expr.types import BooleanValue, NumericValue, Value

from regulars.kernel.segments.values import Bounds
from regulars.store.analytics.tables import PLACES_BEHIND

UNIT: Final = 10**PLACES_BEHIND
CERTAIN: Final = 10**7
LARGEST: Final = 10**38 - 1
"""Bounds beyond are cut to it: no sum comes near."""
WIDE: Final = "decimal(38, 0)"


class Exact(NamedTuple):
    """`part` is None for what is always whole. It is divided by `count`; None is one."""

    whole: Any
    part: Any = None
    count: Any = None


def admitted(value: Exact, bounds: Bounds) -> BooleanValue:
    """Unknown where there is no value."""
    told = [_held(value, bounds.least, ceil, ge), _held(value, bounds.most, floor, le)]
    held = [one for one in told if one is not None]
    return reduce(and_, held) if held else value.whole == value.whole


def wide(value: Value) -> NumericValue:
    """With room for products and sums."""
    return value.cast(WIDE)


def literal(number: int) -> NumericValue:
    if abs(number) < 2**31:
        return ibis.literal(number)
    return ibis.literal(Decimal(max(-LARGEST, min(LARGEST, number))), type=WIDE)


def _held(
    value: Exact, bound: Fraction | None, rounded: Callable[[Fraction], int], compare: Callable[[Any, Any], Any]
) -> BooleanValue | None:
    if bound is None:
        return None
    scaled = bound if value.part is None else bound * UNIT
    if value.count is None:
        return _compared(value, rounded(scaled), 1, 1, compare)
    return _compared(value, scaled.numerator, scaled.denominator, wide(value.count), compare)


def _compared(value: Exact, number: int, by: int, times: Any, compare: Callable[[Any, Any], Any]) -> BooleanValue:
    """`by` times the value with `times` times the number, which is in units of the part where there is one."""
    if value.part is None:
        return compare(_times(value.whole, by), _times(times, number))
    wholes, parts = divmod(number, UNIT)
    difference = _times(value.whole, by) - _times(times, wholes)
    rest = _times(value.part, by) - _times(times, parts)
    cut = ibis.least(ibis.greatest(difference, -CERTAIN), CERTAIN)
    return compare(wide(cut) * literal(UNIT) + rest, 0)


def _times(value: Any, by: int) -> Any:
    """Either may be plainly 1."""
    if isinstance(value, int):
        return literal(by)
    return value if by == 1 else value * literal(by)
