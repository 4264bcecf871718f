"""What a program document says of how long things live gets its meaning: pauses, and what ends when."""

from typing import Any

from msgspec.structs import replace

from regulars.kernel.calendar import Duration
from regulars.kernel.lifespans import HoldUntil, Inactivity, OnDates
from regulars.kernel.pauses import Pause
from regulars.kernel.program import Expiry, Level, PointsPolicy
from regulars.wire.shapes import Given


def read_pauses(given: tuple[Given, ...] | None) -> tuple[Pause, ...]:
    return tuple([Pause(one["from"], one["to"], tuple(one["stops"]), one["why"] or "") for one in given or ()])


def with_lives(policy: PointsPolicy, given: Given) -> PointsPolicy:
    """What is said of how long points are pending, how long they last, and what is told of it."""
    hold, expire = given["hold"], given["expire"]
    return replace(
        policy,
        hold=hold if isinstance(hold, Duration) else None,
        hold_until=_hold_until(hold) if isinstance(hold, Given) else None,
        expire=_expiry(expire),
        expire_on=_on_dates(expire),
        inactive=_inactivity(expire),
        spares=tuple(sorted(set(expire["spares"] or ()))) if isinstance(expire, Given) else (),
        notices=tuple(sorted(set(given["notices"] or ()), reverse=True)),
    )


def with_expiry(level: Level, given: Any) -> Level:
    return replace(
        level, points_expire=given if isinstance(given, str) else _expiry(given), points_expire_on=_on_dates(given)
    )


def _hold_until(given: Given) -> HoldUntil:
    if isinstance(given["until"], int):
        return HoldUntil("date", day=given["until"])
    if given["until"] == "fulfilment":
        return HoldUntil("fulfilment", given["at_most"])
    return HoldUntil("returns_end", given["window"])


def _expiry(given: Any) -> Expiry | None:
    if not isinstance(given, Given) or given["after"] is None:
        return None
    until = given["until"]
    return Expiry(given["after"], until.removeprefix("end_of_") if until else None)


def _on_dates(given: Any) -> OnDates | None:
    if not isinstance(given, Given) or given["on"] is None:
        return None
    return OnDates(tuple(given["on"]), given["at_least"])


def _inactivity(given: Any) -> Inactivity | None:
    if not isinstance(given, Given) or given["inactive_for"] is None:
        return None
    return Inactivity(given["inactive_for"], tuple(given["counts"]))
