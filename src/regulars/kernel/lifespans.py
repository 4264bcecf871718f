"""What a program says of how long points are pending and how long they last, beside a duration: as typed values."""

from typing import Literal

from msgspec import Struct

from regulars.kernel.calendar import MONTHS, Calendar, Day, Duration, add, date_of, first_day_of
from regulars.kernel.facts import DAWN, Instant
from regulars.kernel.terms import listed


class OnDates(Struct, frozen=True):
    """Points last through the next of these days of the year, (month, day), that comes `at_least` so long after they were earned.
    29 February is the 28th where there is none.
    """

    dates: tuple[tuple[int, int], ...]
    at_least: Duration | None = None

    def canonical(self) -> "OnDates":
        return OnDates(tuple(sorted(set(self.dates))), self.at_least)

    def last_day(self, earned: Day) -> Day:
        first = earned if self.at_least is None else add(earned, self.at_least)
        year = date_of(first).year
        days = [first_day_of(one, month, day) for one in (year, year + 1) for month, day in self.dates]
        return min([day for day in days if day >= first])

    def describe(self) -> str:
        dates = listed([f"{day} {MONTHS[month - 1]}" for month, day in self.dates], "or")
        after = f", {self.at_least.describe()} after they were earned at the soonest" if self.at_least else ""
        return f"at the end of the next {dates}{after}"


class Inactivity(Struct, frozen=True):
    """All points end when none of the events in `counts` was done for so long."""

    after: Duration
    counts: tuple[str, ...]

    def canonical(self) -> "Inactivity":
        return Inactivity(self.after, tuple(sorted(set(self.counts))))

    def describe(self) -> str:
        return f"when for {self.after.describe()} there was no {listed([f'“{one}”' for one in self.counts], 'or')}"


HoldEnd = Literal["fulfilment", "returns_end", "date"]


class HoldUntil(Struct, frozen=True):
    """Until when points are pending: until their order is fulfilled, `within` so long at most; until the return window of so long
    has closed; or until a day on the shop's wall, from which on nothing is pending any more.
    """

    end: HoldEnd
    within: Duration | None = None
    day: Day | None = None

    def describe(self) -> str:
        if self.day is not None:
            return f"until {date_of(self.day).isoformat()}; what is earned from that day on can be spent at once"
        assert self.within is not None
        if self.end == "fulfilment":
            return f"until the order is fulfilled, for {self.within.describe()} at most"
        return f"until the time for returns is over, {self.within.describe()} after"

    def ends_at(self, earned: Instant, calendar: Calendar) -> Instant:
        """At the latest; DAWN where there is no hold any more."""
        if self.day is not None:
            day = calendar.start_of_day(self.day)
            return day if earned < day else DAWN
        assert self.within is not None
        return calendar.end_of(earned, self.within)
