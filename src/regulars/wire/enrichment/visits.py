"""Visits: which events of one visitor belong together.

A visit ends thirty minutes after its last event, at midnight on the shop's wall, and when a new campaign begins: traffic that is
neither direct nor internal and differs in source, medium or campaign from what the visit began with. Ends are exclusive, so an
event exactly thirty minutes later, or at midnight sharp, begins the next visit.

Midnight is the calendar's: one that does not exist is the first instant of that day, one that comes twice the earlier.

Events may come late. One from before the visit joins it where it would have been its beginning, and otherwise belongs to a visit
that is over: it begins none. Where a campaign that began in the midst of a visit is told late, what followed it is of its visit.
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from regulars.kernel.calendar import MINUTE, Calendar
from regulars.kernel.facts import Instant
from regulars.wire.enrichment.traffic import Traffic

QUIET_MINUTES: Final = 30

Verdict: TypeAlias = Literal["new", "same", "earlier"]


class Visit(Struct, frozen=True, gc=False):
    """From the first to the last event that is known of it, and the traffic with which it began."""

    started_at: Instant
    last_at: Instant
    traffic: Traffic


class Judged(Struct, frozen=True, gc=False):
    """`visit` is the one to keep: the new one, or the one that stood, grown or (`earlier`) as it was."""

    verdict: Verdict
    visit: Visit


def next_visit(last: Visit | None, happened_at: Instant, traffic: Traffic, calendar: Calendar) -> Judged:
    """Whether what happened belongs to `last`, the newest visit that is known, or begins a new one."""
    if last is None:
        return Judged("new", Visit(happened_at, happened_at, traffic))
    if happened_at < last.started_at:
        return _before(last, happened_at, traffic, calendar)
    if happened_at >= end_of(last, calendar) or _begins(traffic, last.traffic):
        return Judged("new", Visit(happened_at, max(last.last_at, happened_at), traffic))
    return Judged("same", Visit(last.started_at, max(last.last_at, happened_at), last.traffic))


def end_of(visit: Visit, calendar: Calendar) -> Instant:
    """The first instant that is no longer of the visit, as far as is known."""
    return _end_after(visit.last_at, calendar)


def _before(visit: Visit, happened_at: Instant, traffic: Traffic, calendar: Calendar) -> Judged:
    if visit.started_at >= _end_after(happened_at, calendar) or _begins(visit.traffic, traffic):
        return Judged("earlier", visit)
    return Judged("same", Visit(happened_at, visit.last_at, traffic))


def _begins(traffic: Traffic, current: Traffic) -> bool:
    return traffic.is_campaign and traffic != current


def _end_after(instant: Instant, calendar: Calendar) -> Instant:
    return min(instant + QUIET_MINUTES * MINUTE, _midnight_after(instant, calendar))


def _midnight_after(instant: Instant, calendar: Calendar) -> Instant:
    """Where clocks go back over midnight the wall shows a day again that is over: then it is the midnight after."""
    day = calendar.day_of(instant) + 1
    while calendar.start_of_day(day) <= instant:
        day += 1
    return calendar.start_of_day(day)
