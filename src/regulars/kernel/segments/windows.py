"""When what happened lies in a window, to the second.

    minutes and hours            exact: what happened at h is within the last D while now < h + D
    days, weeks, months, years   on the shop's wall: within the last D lie today and the D before it, by looking back from today;
                                 within the next D lie today and the D after it
    both                         seconds are whole: what happens counts from the second in which it happens, and every end is
                                 rounded up to the second; what has not happened yet counts for nothing

A day is the stretch from one first midnight to the next, so that days follow one another even where a wall shows an hour twice.
"""

from functools import lru_cache

from regulars.kernel.calendar import EXACT_UNITS, SECOND, Calendar, Day, Duration, add
from regulars.kernel.facts import DAWN, FOREVER, Instant
from regulars.kernel.segments.tree import Always, BetweenAgo, Dates, Trailing, Window

Stretch = tuple[Instant, Instant]
"""From, to; half-open. Empty where to is not after from."""


@lru_cache(maxsize=16_384)
def day_at(instant: Instant, calendar: Calendar) -> Day:
    day = calendar.day_of(instant) + 1
    while calendar.start_of_day(day) > instant:
        day -= 1
    return day


def first_day(today: Day, duration: Duration) -> Day:
    """The first day of the last so many days, weeks, months or years."""
    return add(today, Duration(-duration.count, duration.unit))


def last_day(today: Day, duration: Duration) -> Day:
    """The last day of the next so many."""
    return add(today, duration)


def left_at(happened_at: Instant, duration: Duration, calendar: Calendar) -> Instant:
    """From when on what happened then no longer lies within the last `duration`."""
    if duration.unit in EXACT_UNITS:
        return whole_second(happened_at + duration.count * EXACT_UNITS[duration.unit])
    return calendar.start_of_day(first_day_without(day_at(happened_at, calendar), duration))


def first_day_without(day: Day, duration: Duration) -> Day:
    """The first day from which `day` does not lie within the last `duration`."""
    found = add(day, duration)
    while first_day(found, duration) <= day:
        found += 1
    return found


def first_day_ahead(day: Day, duration: Duration) -> Day:
    """The first day from which `day` lies within the next `duration`."""
    found = first_day(day, duration)
    while last_day(found - 1, duration) >= day:
        found -= 1
    while last_day(found, duration) < day:
        found += 1
    return found


def counts_during(happened_at: Instant, window: Window, calendar: Calendar) -> Stretch:
    """For which moments what happened then lies in the window."""
    start = second_of(happened_at)
    match window:
        case Always():
            return start, FOREVER
        case Trailing(duration):
            return start, left_at(happened_at, duration, calendar)
        case BetweenAgo(older, newer):
            return left_at(happened_at, newer, calendar), left_at(happened_at, older, calendar)
        case Dates(first, end):
            day = day_at(happened_at, calendar)
            inside = (first is None or first <= day) and (end is None or day < end)
            return (start, FOREVER) if inside else (FOREVER, DAWN)


def lies_ahead(expires_at: Instant, duration: Duration, calendar: Calendar) -> Stretch:
    """For which moments the end of something lies within the next `duration`. An end is exclusive: what ends at a midnight ends
    with the day before.
    """
    if expires_at == FOREVER:
        return FOREVER, FOREVER
    end = whole_second(expires_at)
    if duration.unit in EXACT_UNITS:
        return whole_second(expires_at - duration.count * EXACT_UNITS[duration.unit]), end
    last = day_at(expires_at - 1, calendar)
    return calendar.start_of_day(first_day_ahead(last, duration)), end


def second_of(instant: Instant) -> Instant:
    """The beginning of its second."""
    return instant // SECOND * SECOND


def whole_second(instant: Instant) -> Instant:
    """Rounded up to the second."""
    return instant if instant == FOREVER else -(-instant // SECOND) * SECOND
