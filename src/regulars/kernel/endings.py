"""What time alone brings about of points, beside the dates that lots bear: all of them end when their owner was inactive for so
long, and that they end soon is told beforehand.

Neither is kept anywhere. When somebody was last active stands in the observations, a day for each event that counts; and of
notices those are due whose day comes after the customer's clock, so that each goes out once for each last day of lots. A day on
which the clock of expiry stands still tells nobody: its notices go out on the first day after the pause.
"""

from bisect import bisect_right
from typing import Final

from regulars.kernel.behaviour import ORDERS, Watch
from regulars.kernel.calendar import Calendar, Day
from regulars.kernel.effects import AVAILABLE, EXPIRE, EXPIRED, Because, Effect, ExpiryNoticed, Lot, Posted
from regulars.kernel.facts import FOREVER, ORDER_COMPLETED, Instant
from regulars.kernel.pauses import moved_end, stopped
from regulars.kernel.program import Program
from regulars.kernel.state import State

NOTICE: Final = "notice"
INACTIVITY: Final = "inactivity"


class Endings:
    """Of a program that has notices, or points that end by inactivity."""

    def __init__(self, program: Program, calendar: Calendar) -> None:
        self._calendar = calendar
        self._stopped = stopped(program.pauses, "expiry")
        self._inactive = program.points.inactive
        self._notices = program.points.notices
        names = self._inactive.counts if self._inactive else ()
        zone = calendar.zone.digest()
        self.watches = [
            Watch("day", 0, False, zone, ORDERS if name == ORDER_COMPLETED else name) for name in sorted(set(names))
        ]
        """Each keeps the last day alone."""
        self._keys = [watch.key() for watch in self.watches]

    def next_due(self, state: State) -> Instant:
        due = self.ends_at(state)
        for days in self._notices:
            due = min(due, self._next_notice(state, days))
        return due

    def ends_at(self, state: State) -> Instant:
        """When all that is available ends by inactivity, if nothing comes before; FOREVER where nothing is available."""
        return self.runs_out_at(state) if state.consequences.available else FOREVER

    def runs_out_at(self, state: State) -> Instant:
        """When whatever is there then ends by inactivity, if nothing comes before: so long after the owner was last active, and
        after the oldest of it was earned.
        """
        held = state.consequences
        if self._inactive is None or not (held.available or held.pending):
            return FOREVER
        days = [max(state.observations[key]) for key in self._keys if state.observations[key]]
        last = min([lot.earned_at for lot in (*held.available, *held.pending)])
        if days:
            last = max(last, self._calendar.start_of_day(max(days)))
        end = self._calendar.end_of(last, self._inactive.after)
        return end if self._stopped is None else moved_end(self._stopped, last, end, self._calendar)

    def lapse(self, state: State, due: Instant, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
        """Everything that is available, where its owner was inactive for too long at `due`."""
        if self.ends_at(state) > due:
            return []
        because = Because(INACTIVITY, version)
        return [
            Posted(
                EXPIRE, lot.id, lot.points, AVAILABLE, EXPIRED, at, recorded_at, because, lot.active_at, lot.expires_at
            )
            for lot in state.consequences.available
        ]

    def notice(self, state: State, due: Instant, recorded_at: Instant, version: str) -> list[Effect]:
        """What is told by `due`, since the customer's clock; the customer's clock stands before it."""
        because = Because(NOTICE, version)
        effects: list[Effect] = []
        for days in self._notices:
            at = self._next_notice(state, days)
            if at > due:
                continue
            points: dict[Instant, int] = {}
            for lot in (*state.consequences.pending, *state.consequences.available):
                end = self._end(lot, state)
                if end < FOREVER and self._told_at(end, days) == at:
                    last = self._calendar.start_of_day(self._last_day(end) + 1)
                    points[last] = points.get(last, 0) + lot.points
            effects += [ExpiryNoticed(points[end], end, days, at, recorded_at, because) for end in sorted(points)]
        return effects

    def _next_notice(self, state: State, days: int) -> Instant:
        """The first after the customer's clock."""
        if not (state.consequences.available or state.consequences.pending):
            return FOREVER
        clock = self._calendar.day_of(state.clock)
        began = None if self._stopped is None else self._stopped.start_of(clock)
        first = (clock + 1 if began is None else began) + days
        after = self._calendar.start_of_day(first)
        due, held = FOREVER, state.consequences
        place = bisect_right(held.available, after, key=_by_end)
        if place < len(held.available):
            due = held.available[place].expires_at
        due = min([due, *[lot.expires_at for lot in held.pending if lot.expires_at > after]])
        inactive = self.ends_at(state)
        if after < inactive < due:
            due = inactive
        return due if due >= FOREVER else self._told_at(due, days)

    def _told_at(self, end: Instant, days: int) -> Instant:
        day = self._last_day(end) - days
        if self._stopped is not None:
            day = self._stopped.first_running(day)
        return self._calendar.start_of_day(day)

    def _last_day(self, end: Instant) -> Day:
        return self._calendar.day_of(end - 1)

    def _end(self, lot: Lot, state: State) -> Instant:
        inactive = self.ends_at(state)
        return lot.expires_at if lot.expires_at < inactive else inactive


def _by_end(lot: Lot) -> Instant:
    return lot.expires_at
