"""Which watch a condition about what somebody did has."""

from collections.abc import Callable
from typing import TypeAlias

from regulars.kernel.calendar import Calendar
from regulars.kernel.segments.live.by_day import ByDay, is_by_day
from regulars.kernel.segments.live.latest import Days, First, Last, Words
from regulars.kernel.segments.live.recent import Recent
from regulars.kernel.segments.live.remembered import Remembered
from regulars.kernel.segments.live.sequences import Sequences
from regulars.kernel.segments.live.watch import Watcher, moves
from regulars.kernel.segments.live.windowed import Averages, Counts, Extremes, Ratios, Sames, Sums, Values, Windowed
from regulars.kernel.segments.tree import (
    Always,
    Average,
    Did,
    Distinct,
    Greatest,
    InOrder,
    Least,
    OnList,
    Ratio,
    Rhythm,
    Same,
    Since,
    Sum,
    Times,
    Trailing,
)

Watched: TypeAlias = Did | Ratio | Since | Rhythm | InOrder | OnList
"""Conditions about what somebody did."""


def watch_of(condition: Watched, calendar: Calendar) -> Watcher:
    if isinstance(condition, Rhythm):
        return Days(condition, calendar)
    if isinstance(condition, OnList):
        return Words(condition)
    if isinstance(condition, InOrder):
        moving = any([moves(step.where) for step in condition.steps])
        return Remembered(condition, calendar) if moving else Sequences(condition, calendar)
    if moves(condition.where):
        return Remembered(condition, calendar)
    if isinstance(condition, Since):
        return (First if condition.which == "first" else Last)(condition, calendar)
    if (
        isinstance(condition, Did)
        and isinstance(condition.counted, Times)
        and isinstance(condition.window, Always | Trailing)
    ):
        return Recent(condition, calendar)
    windowed = _windowed(condition, calendar)
    return ByDay(condition, windowed, calendar) if is_by_day(condition) else windowed


def _windowed(condition: Did | Ratio, calendar: Calendar) -> Windowed:
    if isinstance(condition, Ratio):
        return Ratios(condition, calendar)
    kinds: dict[type, Callable[[Did, Calendar], Windowed]] = {
        Times: Counts, Sum: Sums, Average: Averages, Least: Extremes, Greatest: Extremes, Distinct: Values, Same: Sames,
    }  # fmt: skip
    return kinds[type(condition.counted)](condition, calendar)
