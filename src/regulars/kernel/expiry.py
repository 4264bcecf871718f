"""The life of a lot: pending while the return window is open, available, expired.

Both ends are stamped when the lot is earned, from the moment at which the fact happened and the tier held before it, with the
days of pauses added (`pauses`). A program that changes later, or a tier that is lost, leaves them as they are; a pause that is new,
longer or shorter moves them (`redating`). What ends by inactivity bears no end of its own (`inactivity`).
"""

from typing import Final, TypeAlias

from regulars.kernel.calendar import EXACT_UNITS, Calendar, Duration
from regulars.kernel.effects import (
    ACTIVATE,
    AVAILABLE,
    EXPIRE,
    EXPIRED,
    PENDING,
    Account,
    Because,
    Effect,
    Entry,
    Lot,
    Posted,
)
from regulars.kernel.facts import DAWN, FOREVER, Instant
from regulars.kernel.games.standing import next_club_due
from regulars.kernel.lifespans import OnDates
from regulars.kernel.pauses import moved_end, outside, stopped
from regulars.kernel.program import Expiry, Program
from regulars.kernel.state import Consequences

HOLD: Final = "hold"
EXPIRY: Final = "expiry"
CLOSURE: Final = "closure"


Ending: TypeAlias = Expiry | OnDates


class Lifetimes:
    """When a lot that is earned at some moment, in some tier, becomes available and when it expires."""

    def __init__(self, program: Program, calendar: Calendar) -> None:
        self._calendar = calendar
        self._hold = program.points.hold
        self._hold_until = program.points.hold_until
        self._expire: Ending | None = program.points.expire or program.points.expire_on
        self._stopped = stopped(program.pauses, "expiry")
        levels = program.tiers.levels if program.tiers else ()
        self._in_tier: dict[str | None, Ending | None] = {
            level.id: level.points_expire if isinstance(level.points_expire, Expiry) else level.points_expire_on
            for level in levels
            if level.points_expire is not None or level.points_expire_on is not None
        }
        endings = (self._expire, *self._in_tier.values())
        durations = [ending.after for ending in endings if isinstance(ending, Expiry)]
        if self._hold_until is not None and self._hold_until.within is not None:
            durations.append(self._hold_until.within)
        self.by_day = not any([_is_exact(one) for one in [*durations, *([self._hold] if self._hold else [])]])
        """Whether all that is earned on one day in one tier has one lifetime."""

    def of(self, happened_at: Instant, tier: str | None) -> tuple[Instant, Instant]:
        """(active_at, expires_at): DAWN where there is no hold, FOREVER where nothing expires."""
        ending = self._in_tier.get(tier, self._expire)
        held_until = self._calendar.end_of(happened_at, self._hold) if self._hold else DAWN
        if self._hold_until is not None:
            held_until = self._hold_until.ends_at(happened_at, self._calendar)
        return held_until, FOREVER if ending is None else self._end(happened_at, ending)

    def named(self, end: Instant, at: Instant) -> Instant:
        """The end that somebody named at `at`: no later one, unless a pause stands still over it."""
        return outside(self._stopped, at, end, self._calendar)

    def _end(self, earned: Instant, ending: Ending) -> Instant:
        calendar = self._calendar
        if isinstance(ending, Expiry):
            end = calendar.end_of(earned, ending.after, ending.until_end_of)
        else:
            end = calendar.start_of_day(ending.last_day(calendar.day_of(earned)) + 1)
        return end if self._stopped is None else moved_end(self._stopped, earned, end, calendar)


def next_lot_due(consequences: Consequences) -> Instant:
    """When the next pending lot becomes available, the next available one expires, a reservation runs out, or the paid term of a
    club is over.
    """
    activates = consequences.pending[0].active_at if consequences.pending else FOREVER
    expires = consequences.available[0].expires_at if consequences.available else FOREVER
    due = activates if activates < expires else expires
    if consequences.reserved and consequences.reserved[0].until < due:
        due = consequences.reserved[0].until
    if consequences.played is not None and consequences.played.clubs:
        return min(due, next_club_due(consequences.played))
    return due


def activate(held: Consequences, due: Instant, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
    """Every pending lot whose hold is over at `due`."""
    because = Because(HOLD, version)
    effects: list[Effect] = []
    for lot in held.pending:
        if lot.active_at > due:
            break
        effects.append(_moved(ACTIVATE, lot, PENDING, AVAILABLE, at, recorded_at, because))
    return effects


def expire(held: Consequences, due: Instant, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
    """Every available lot whose time is over at `due`: what is left of it, earliest expiry first."""
    because = Because(EXPIRY, version)
    effects: list[Effect] = []
    for lot in held.available:
        if lot.expires_at > due:
            break
        effects.append(_moved(EXPIRE, lot, AVAILABLE, EXPIRED, at, recorded_at, because))
    return effects


def close(held: Consequences, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
    """Everything that is held is forfeited: nobody is left to whom it could belong."""
    because = Because(CLOSURE, version)
    lots = [*[(lot, PENDING) for lot in held.pending], *[(lot, AVAILABLE) for lot in held.available]]
    return [_moved(EXPIRE, lot, account, EXPIRED, at, recorded_at, because) for lot, account in lots]


def _moved(
    entry: Entry, lot: Lot, source: Account, target: Account, at: Instant, recorded_at: Instant, because: Because
) -> Posted:
    return Posted(entry, lot.id, lot.points, source, target, at, recorded_at, because, lot.active_at, lot.expires_at)


def _is_exact(duration: Duration) -> bool:
    return duration.unit in EXACT_UNITS
