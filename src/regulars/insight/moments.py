"""Windows at one moment. At a given moment every window is one stretch of instants, so no zone and no calendar is needed where the
rows are: what happened at h lies in it while start <= h < end.
"""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from regulars.kernel.calendar import EXACT_UNITS, SECOND, Calendar, Day, Duration
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.segments.tree import Always, BetweenAgo, Condition, Dates, Trailing, Window
from regulars.kernel.segments.windows import day_at, first_day, last_day, second_of


class Stretch(NamedTuple):
    """From `start` on, up to but not including `end`; None is open."""

    start: Instant | None
    end: Instant | None


class Moment(Struct, frozen=True):
    """When it is asked, and by which program: its calendar, and its segments by their ids."""

    now: Instant
    calendar: Calendar
    segments: Mapping[str, Condition] = {}

    @property
    def second(self) -> Instant:
        return second_of(self.now)

    @property
    def today(self) -> Day:
        return day_at(self.now, self.calendar)

    @property
    def so_far(self) -> Stretch:
        """What happens in this very second has happened."""
        return Stretch(None, self.second + SECOND)

    def stretch(self, window: Window) -> Stretch:
        """In which lies what counts in this window now."""
        match window:
            case Always():
                return self.so_far
            case Trailing(duration):
                return Stretch(self.since(duration), self.so_far.end)
            case BetweenAgo(older, newer):
                return Stretch(self.since(older), self.since(newer))
            case Dates(first, end):
                ends = [FOREVER if end is None else self.calendar.start_of_day(end), self.second + SECOND]
                return Stretch(None if first is None else self.calendar.start_of_day(first), min(ends))

    def since(self, duration: Duration) -> Instant:
        """The first instant that lies within the last so long."""
        if duration.unit in EXACT_UNITS:
            return self.second - duration.count * EXACT_UNITS[duration.unit] + 1
        return self.calendar.start_of_day(first_day(self.today, duration))

    def until(self, duration: Duration) -> Instant:
        """The last instant at which something may end that ends within the next so long."""
        if duration.unit in EXACT_UNITS:
            return self.second + duration.count * EXACT_UNITS[duration.unit]
        return self.calendar.start_of_day(last_day(self.today, duration) + 1)
