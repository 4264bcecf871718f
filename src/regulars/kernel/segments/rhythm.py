"""A customer's own rhythm: how long they usually stay away between two days on which they order, and how long they do now.

Days are those on the shop's wall, and all is reckoned in whole days and exact fractions. The usual gap is the average between the
days with an order, (last - first) / (number - 1), of three days or more.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Final

from msgspec import Struct

from regulars.kernel.calendar import Day
from regulars.kernel.segments.passing import Truth
from regulars.kernel.segments.tree import Rhythm

ENOUGH_DAYS: Final = 3
"""With fewer order days there is no usual gap."""


class Gap(Struct, frozen=True):
    """From an order day until another; None is as long as it lasts. `usual` is the usual one, in days."""

    since: Day
    until: Day | None
    usual: Fraction


def in_rhythm(rhythm: Rhythm, days: Sequence[Day], today: Day) -> Truth:
    """Of whoever ordered on these days, each once and in their order."""
    gap = gap_of(rhythm, days)
    if gap is None:
        return None
    until = today if gap.until is None else gap.until
    longer = rhythm.more_than is None or until >= first_day_longer(gap, rhythm.more_than)
    shorter = rhythm.at_most is None or until < first_day_longer(gap, rhythm.at_most)
    return longer and shorter


def gap_of(rhythm: Rhythm, days: Sequence[Day]) -> Gap | None:
    """None is unknown. The last gap is looked at as it was on the last day, before that counted."""
    before, until = (days, None) if rhythm.of == "open_gap" else (days[:-1], days[-1] if days else None)
    if len(before) >= ENOUGH_DAYS:
        return Gap(before[-1], until, Fraction(before[-1] - before[0], len(before) - 1))
    if not days or rhythm.presumed_days is None:
        return None
    return Gap(before[-1] if before else days[-1], until, Fraction(rhythm.presumed_days))


def first_day_longer(gap: Gap, times: Fraction) -> Day:
    """The first day on which the gap is longer than so many times the usual one."""
    return gap.since + floor(gap.usual * times) + 1
