"""Conditions about what somebody has (a level, points), and about what is told of them (traits, visits, names, consents).

Nothing is remembered for these: they are looked at where that may have changed.
"""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeAlias

from regulars.kernel.calendar import Calendar
from regulars.kernel.effects import Lot
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.segments.changing import moments
from regulars.kernel.segments.live.watch import whole_bounds
from regulars.kernel.segments.meaning import Known, holds
from regulars.kernel.segments.passing import Truth
from regulars.kernel.segments.tree import (
    Consented,
    ExpiringPoints,
    InTier,
    IsMember,
    KnownBy,
    Near,
    Points,
    Trait,
    Visited,
)
from regulars.kernel.segments.values import Bounds
from regulars.kernel.segments.windows import lies_ahead, whole_second
from regulars.kernel.state import Consequences, Profile

AboutHoldings: TypeAlias = InTier | IsMember | Points | ExpiringPoints
AboutThem: TypeAlias = Trait | Visited | Near | KnownBy | Consented

Seen: TypeAlias = tuple[Truth, Instant]
"""Whether it holds, and a moment before which that does not change by itself."""
OfProfile: TypeAlias = Callable[[Profile, Instant], Seen]

MOST_ENDS: Final = 5_000


class OfHoldings:
    """A condition about what somebody has: `judge` says what it makes of what was `read`. What reads the same has the same `key`,
    and is read once for all.
    """

    __slots__ = ("judge", "key", "read")

    def __init__(
        self,
        key: Hashable,
        read: Callable[[Consequences, Instant], Any],
        judge: Callable[[Any], Seen],
    ) -> None:
        self.key, self.read, self.judge = key, read, judge


def of_holdings(leaf: AboutHoldings, calendar: Calendar, is_member: Callable[[Consequences], bool]) -> OfHoldings:
    match leaf:
        case InTier(levels, or_none):
            return OfHoldings(
                "tier",
                lambda held, _: held.tier,
                lambda tier: ((or_none if tier is None else tier in levels), FOREVER),
            )
        case IsMember(wanted):
            return OfHoldings("member", lambda held, _: is_member(held), lambda found: (found is wanted, FOREVER))
        case Points("lifetime", bounds):
            return OfHoldings(
                "lifetime", lambda held, _: held.lifetime(), lambda points: (bounds.admit(points), FOREVER)
            )
        case Points(which, bounds):
            return OfHoldings(which, _available if which == "available" else _pending, _points_in(bounds))
        case ExpiringPoints(bounds=bounds):
            return OfHoldings(("expiring", leaf.within), _expiring(leaf, calendar), _points_in(bounds))


def _points_in(bounds: Bounds) -> Callable[[tuple[int, Instant]], Seen]:
    """Of so many points, until a moment."""
    least, most, _ = whole_bounds(bounds)
    return lambda read: (least <= read[0] <= most, read[1])


def _available(held: Consequences, now: Instant) -> tuple[int, Instant]:
    return _points(held, now, available=True)


def _pending(held: Consequences, now: Instant) -> tuple[int, Instant]:
    return _points(held, now, available=False)


def _points(held: Consequences, now: Instant, available: bool) -> tuple[int, Instant]:
    """So many, until a moment."""
    points, due = 0, FOREVER
    for lots in (held.available, held.pending):
        for lot in lots:
            begin, end = whole_second(lot.active_at), whole_second(lot.expires_at)
            if now < begin:
                points += 0 if available else lot.points
                due = min(due, begin)
            elif now < end:
                points += lot.points if available else 0
                due = min(due, end)
    return points, due


def _expiring(leaf: ExpiringPoints, calendar: Calendar) -> Callable[[Consequences, Instant], tuple[int, Instant]]:
    """So many, until a moment. Each lot is looked at often: during what its end is near is worked out once."""
    near: dict[tuple[Instant, Instant], tuple[Instant, Instant]] = {}

    def stretch_of(lot: Lot) -> tuple[Instant, Instant]:
        if len(near) > MOST_ENDS:
            near.clear()
        begin, end = lies_ahead(lot.expires_at, leaf.within, calendar)
        found = near[lot.active_at, lot.expires_at] = max(begin, whole_second(lot.active_at)), end
        return found

    def read(held: Consequences, now: Instant) -> tuple[int, Instant]:
        points, due = 0, FOREVER
        for lots in (held.pending, held.available):
            for lot in lots:
                begin, end = near.get((lot.active_at, lot.expires_at)) or stretch_of(lot)
                if now < begin:
                    if begin < due and begin < end:
                        due = begin
                    if lots is held.available and whole_second(lot.active_at) <= now:
                        break  # They stand by expiry: of those behind it the end is no nearer.
                elif now < end:
                    points += lot.points
                    if end < due:
                        due = end
        return points, due

    return read


def of_profile(leaf: AboutThem, calendar: Calendar) -> OfProfile:
    if isinstance(leaf, Consented):
        return lambda profile, _: (leaf.purpose in profile.allows, FOREVER)
    if isinstance(leaf, KnownBy):
        return lambda profile, _: (leaf.kind in profile.kinds, FOREVER)

    def look(profile: Profile, now: Instant) -> Seen:
        known = Known(
            "",
            calendar,
            traits=profile.traits,
            first_visit=profile.first_visit,
            last_visit=profile.last_visit,
        )
        return holds(leaf, known, now), next(iter(moments(leaf, known, now)), FOREVER)

    return look
