"""Pauses: days on which named clocks stand still.

A paused day does not count. What would end after it ends a day later, so that whatever lived through a pause from 1 April to
1 September, 153 days, ends 153 days later: what was due on 30 June is due on 30 November, what was due in October in March.
What began during the pause begins to count when it is over. Days of several pauses count once. `end_day` is the first
day that counts again.

    moved      nominal end -> end, past every paused day on the way
    unmoved    the same backwards, so that a program with other pauses can take over what an older one had moved
"""

from collections.abc import Callable, Iterable
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Calendar, Day, date_of
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.terms import listed

PAUSE: Final = "pause"
"""Stands where a rule's id does, for what a pause moved."""

Clock = Literal["expiry", "tier_reset", "streaks"]
CLOCKS: Final[tuple[Clock, ...]] = ("expiry", "tier_reset", "streaks")

_STANDING: Final = {
    "expiry": "nothing expires",
    "tier_reset": "no level is lost",
    "streaks": "no streak breaks",
}


class Pause(Struct, frozen=True):
    """Days on the shop's wall, from `first_day` up to but not including `end_day`. Members read `why`."""

    first_day: Day
    end_day: Day
    stops: tuple[Clock, ...]
    why: str = ""

    @property
    def days(self) -> int:
        return self.end_day - self.first_day

    def canonical(self) -> "Pause":
        return replace(self, stops=tuple([clock for clock in CLOCKS if clock in self.stops]))

    def describe(self) -> str:
        first, last = date_of(self.first_day).isoformat(), date_of(self.end_day - 1).isoformat()
        still = listed([_STANDING[clock] for clock in CLOCKS if clock in self.stops])
        days = "1 day" if self.days == 1 else f"{self.days} days"
        why = f" {self.why}" if self.why else ""
        return f"From {first} to the end of {last} {still}: what would end later ends {days} later.{why}"


class Stopped(Struct, frozen=True):
    """The days on which one clock stands still: stretches that neither touch nor overlap, in order, their ends exclusive."""

    spans: tuple[tuple[Day, Day], ...]

    def between(self, first: Day, end: Day) -> int:
        """How many of the days from `first` up to but not including `end` are paused."""
        return sum([max(0, min(till, end) - max(start, first)) for start, till in self.spans])

    def holds(self, day: Day) -> bool:
        return any(start <= day < end for start, end in self.spans)

    def cuts(self, end: Day) -> bool:
        """Whether what is over on `end` would be over by a paused day."""
        return any(start < end <= till for start, till in self.spans)

    def first_running(self, day: Day) -> Day:
        """This day, or the first after its pause."""
        return next((end for start, end in self.spans if start <= day < end), day)

    def start_of(self, day: Day) -> Day | None:
        """On which day the pause began in which this day lies; None if it lies in none."""
        return next((start for start, end in self.spans if start <= day < end), None)

    def joined(self, other: "Stopped | None", before: Day) -> "Stopped":
        """These days, and those of the other before that day."""
        more = [(start, min(end, before)) for start, end in other.spans if start < before] if other else []
        return Stopped(_merged([*self.spans, *more]))

    def moved(self, begin: Day, end: Day) -> Day:
        """The first day on which it is over, of what began on `begin` and would be over on `end` if no day were paused."""
        for start, till in self.spans:
            if till <= begin:
                continue
            if start >= end:
                break
            end += till - max(start, begin)
        return end

    def unmoved(self, begin: Day, end: Day) -> Day:
        """The `end` that `moved` makes this one of; of an end in a pause that of the pause's first day."""
        return end - self.between(begin, end)


def stopped(pauses: Iterable[Pause], clock: Clock) -> Stopped | None:
    """None where this clock never stands still. Pauses that overlap or touch are one."""
    spans = _merged([(one.first_day, one.end_day) for one in pauses if clock in one.stops])
    return Stopped(spans) if spans else None


def paused_days(pauses: Iterable[Pause], first: Day, end: Day, clock: Clock) -> int:
    """How many of the days from `first` up to but not including `end` do not count for this clock."""
    days = stopped(pauses, clock)
    return 0 if days is None else days.between(first, end)


def moved_end(days: Stopped, begin: Instant, end: Instant, calendar: Calendar) -> Instant:
    """An exclusive end, moved by as many calendar days; at the same time of day on the wall, as far as there is one."""
    return _shifted(end, days.moved, begin, calendar)


def unmoved_end(days: Stopped, begin: Instant, end: Instant, calendar: Calendar) -> Instant:
    return _shifted(end, days.unmoved, begin, calendar)


def outside(days: Stopped | None, begin: Instant, end: Instant, calendar: Calendar) -> Instant:
    """An end that somebody named: as it is, unless it lies in a pause, in which nothing ends."""
    if days is None or end >= FOREVER or not days.cuts(calendar.day_of(end - 1) + 1):
        return end
    return moved_end(days, begin, end, calendar)


def why_paused(pauses: Iterable[Pause], clock: Clock, begin: Day, end: Day) -> str:
    """What members are told of the pauses with a day from `begin` up to but not including `end`."""
    said = [one.why for one in pauses if clock in one.stops and one.first_day < end and one.end_day > begin]
    return " ".join([why for why in dict.fromkeys(said) if why])


def _merged(spans: Iterable[tuple[Day, Day]]) -> tuple[tuple[Day, Day], ...]:
    merged: list[tuple[Day, Day]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def _shifted(end: Instant, shift: Callable[[Day, Day], Day], begin: Instant, calendar: Calendar) -> Instant:
    if end >= FOREVER:
        return end
    day = calendar.day_of(end)
    into_day = end - calendar.start_of_day(day)
    # What ends in the middle of a day lives through a part of it.
    first_after = day + 1 if into_day else day
    days = shift(calendar.day_of(begin), first_after) - first_after
    return calendar.start_of_day(day + days) + into_day if days else end
