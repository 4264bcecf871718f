"""One after the other: who took these steps in their order, found in one pass over what each customer did.

The later a step ended, the longer it may be followed. So of all ends before a time, the latest decides; and of all that came after
an end, the first does.
"""

from typing import Any, NamedTuple

import ibis
from ibis.expr.types import Table

from regulars.insight.moments import Moment
from regulars.insight.tables import table
from regulars.insight.times import times_of
from regulars.kernel.calendar import EXACT_UNITS, Duration
from regulars.kernel.facts import FOREVER
from regulars.kernel.segments.tree import InOrder, Step


class Clock(NamedTuple):
    """What follows is in time while its `follower` less `length` is no more than the `ender` of what it follows."""

    follower: str
    ender: str
    length: int


def sequences(in_order: InOrder, moment: Moment) -> Table:
    """Those who took the steps: their `person`, at least once."""
    first, *others = [step for step in in_order.steps if not step.is_not]
    rows = _rows(in_order, moment)
    rows = rows.mutate(end=_is_step(rows, first, moment))
    for step in others:
        clock = _clock(step.within)
        rows = rows.mutate(before=_latest_end(rows, clock))
        in_time = (rows[clock.follower] - clock.length <= rows.before).fill_null(False)
        rows = rows.mutate(end=_is_step(rows, step, moment) & in_time)
    last = in_order.steps[-1]
    return _not_followed(rows, last, moment) if last.is_not else rows.filter(rows.end).select("person")


def _rows(in_order: InOrder, moment: Moment) -> Table:
    """Every happening that may be a step."""
    happenings = table("happenings")
    rows = happenings.filter(
        happenings.event.isin(sorted({step.event for step in in_order.steps})),
        happenings.happened_at < moment.so_far.end,
    )
    return rows if in_order.within is None else rows.filter(rows.happened_at >= moment.since(in_order.within))


def _is_step(rows: Table, step: Step, moment: Moment) -> Any:
    is_event = rows.event == step.event
    return (
        is_event & rows.happening.isin(times_of(step.event, step.where, moment).happening) if step.where else is_event
    )


def _latest_end(rows: Table, clock: Clock) -> Any:
    earlier = ibis.window(group_by=rows.person, order_by=[rows.happened_at, rows.happening], preceding=(None, 1))
    return rows.end.ifelse(rows[clock.ender], ibis.null()).max().over(earlier)


def _not_followed(rows: Table, last: Step, moment: Moment) -> Table:
    """Ends whose time for the last step is over, without its having come."""
    clock = _clock(last.within)
    later = ibis.window(group_by=rows.person, order_by=[rows.happened_at, rows.happening], following=(1, None))
    came = _is_step(rows, last, moment).ifelse(rows[clock.follower], ibis.null())
    rows = rows.mutate(after=came.min().over(later))
    followed = (rows.after - clock.length <= rows[clock.ender]).fill_null(False)
    ends = rows.filter(rows.end & ~followed)
    ends = ends if last.within is None else ends.filter(ends.happened_at < moment.since(last.within))
    return ends.select("person")


def _clock(within: Duration | None) -> Clock:
    if within is None:
        return Clock("second_at", "second_at", FOREVER)
    if within.unit in EXACT_UNITS:
        return Clock("second_at", "happened_at", within.count * EXACT_UNITS[within.unit] - 1)
    if within.unit in ("days", "weeks"):
        return Clock("day", "day", within.count * (7 if within.unit == "weeks" else 1))
    return Clock("month_day", "month_end", 32 * within.count * (12 if within.unit == "years" else 1))
