"""What is wrong with what a program document says of how long things live, although every single place can be read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from regulars.kernel.calendar import EXACT_UNITS, Duration
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED, POINTS_SPENT
from regulars.kernel.program import NEVER
from regulars.wire.document import Place, did_you_mean, nearest, quoted
from regulars.wire.shapes import Given

LONGEST_PAUSE_DAYS: Final = 3 * 366
REDEEMED: Final = "Points Redeemed"


def check_life(program: Given) -> None:
    for pause in program["pauses"] or ():
        _check_pause(pause)
    points, levels = program["points"], program["tiers"]["levels"] if program["tiers"] else ()
    if points is None:
        return
    hold = points["hold"]
    if isinstance(hold, Given):
        _check_hold(hold)
    if points["expire"] is not None:
        _check_expire(points["expire"], points.at("expire"))
        _check_spared(points["expire"], dict(program["segments"] or ()))
        spendable(longest_hold(hold), points["expire"], points.at("hold"))
    for level in levels or ():
        expire = level["points_expire"]
        if isinstance(expire, Given) and expire.has("inactive_for"):
            expire.at("inactive_for").wrong("“inactive_for” is for all points of a customer; say it under “points”")
        elif isinstance(expire, Given) and expire.has("spares"):
            expire.at("spares").wrong("“spares” is for all points of a customer; say it under “points”")
        elif expire is not None:
            _check_expire(expire, level.at("points_expire"))
    if points.has("notices"):
        _check_notices(points, levels or ())


def longest_hold(hold: Any) -> Duration | None:
    """For how long points may be pending, as far as a duration says it."""
    if isinstance(hold, Given):
        within: Duration | None = hold["at_most"] or hold["window"]
        return within
    return hold if isinstance(hold, Duration) else None


def spendable(hold: Duration | None, expire: Given | str | None, place: Place) -> None:
    """Points that expire while they are pending would be given for nothing."""
    if hold is None or expire is None or expire == NEVER or not isinstance(expire, Given):
        return
    after: Duration | None = expire["after"] or expire["inactive_for"] or expire["at_least"]
    if after is None:
        if expire["on"] is not None:
            place.wrong(
                f"points are pending for {hold.describe()}, and those of the last days before a date of “on” would expire before "
                f"that: say “at_least” how long they last"
            )
    elif not _is_shorter(hold, after):
        place.wrong(
            f"points are pending for {hold.describe()} and expire after {after.describe()}: too soon to spend them"
        )


def _check_pause(pause: Given) -> None:
    first, end = pause["from"], pause["to"]
    if first is None or end is None:
        return
    if end <= first:
        pause.at("to").wrong("“to” is the first day that counts again, and must come after “from”")
    elif end - first > LONGEST_PAUSE_DAYS:
        pause.at("to").wrong("a pause is of at most three years; let what should never expire never expire")


def _check_hold(hold: Given) -> None:
    until = hold["until"]
    if until is None:
        return
    wanted = {"fulfilment": "at_most", "returns_end": "window"}.get(until)
    others = [name for name in ("at_most", "window") if hold.has(name) and name != wanted]
    for name in others:
        instead = f"write {quoted(wanted)}" if wanted else "leave it out"
        hold.at(name).wrong(f"{quoted(name)} does not go with this “until”; {instead}")
    if wanted is not None and not others and not hold.has(wanted):
        about = "how long at most, should nobody tell" if wanted == "at_most" else "how long there is for returns"
        hold.place.wrong(f"{quoted(wanted)} is missing: {about}")


def _check_expire(expire: Given | str, place: Place) -> None:
    if not isinstance(expire, Given):
        return
    kinds = [name for name in ("after", "on", "inactive_for") if expire.has(name)]
    if not kinds:
        place.wrong("“after” is missing: how long points last, from the day on which they were earned")
    for name in kinds[1:]:
        expire.at(name).wrong(f"{quoted(kinds[0])} and {quoted(name)} are two ways to end; there can be one")
    for name, goes_with in (("until", "after"), ("at_least", "on"), ("counts", "inactive_for")):
        if kinds and expire.has(name) and not expire.has(goes_with):
            expire.at(name).wrong(f"{quoted(name)} goes with {quoted(goes_with)}; leave it out")
    if expire.has("inactive_for"):
        if not expire.has("counts"):
            place.wrong(
                "“counts” is missing: the events that count as activity, such as [Order Completed, Points Spent]"
            )
        _check_counts(expire["counts"] or (), expire.at("counts"))


def _check_spared(expire: Given | str, segments: Mapping[str, Any]) -> None:
    if not isinstance(expire, Given) or not expire.has("spares"):
        return
    if expire.has("inactive_for"):
        expire.at("spares").wrong("“spares” goes with “after” or “on”: inactivity is more than time alone")
    for name in expire["spares"] or ():
        if name not in segments:
            expire.at("spares").wrong(f"there is no segment {quoted(name)}{did_you_mean(nearest(name, segments))}")


def _check_counts(counts: Sequence[str], place: Place) -> None:
    for name in counts:
        if name == REDEEMED:
            place.wrong(f"there is no {quoted(REDEEMED)} here{did_you_mean(POINTS_SPENT)}")
            continue
        near = nearest(name, (ORDER_COMPLETED, MEMBER_JOINED, POINTS_SPENT), cutoff=0.9)
        if near is not None and near != name:
            place.wrong(
                f"{quoted(name)} is nearly an event that is known, but not letter by letter{did_you_mean(near)}"
            )


def _check_notices(points: Given, levels: Sequence[Given]) -> None:
    expires = [points["expire"], *[level["points_expire"] for level in levels]]
    if not any(isinstance(one, Given) for one in expires):
        points.at("notices").wrong("points never expire here, so there is nothing to tell; leave “notices” out")


def _is_shorter(hold: Duration, after: Duration) -> bool:
    """Whether it is in every year, however long the months are."""
    if hold.unit in EXACT_UNITS and after.unit in EXACT_UNITS:
        return hold.count * EXACT_UNITS[hold.unit] < after.count * EXACT_UNITS[after.unit]
    return hold.days_at_most() < after.days_at_least()
