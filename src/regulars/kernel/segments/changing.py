"""When time alone changes the answer of a condition: nothing new is heard, and somebody is in a segment or out of it all the same.

Every part of a condition names the moments at which it could change: a fact leaves its window, a date comes near, points expire.
Between these nothing changes, so they are tried one after the other. All are whole seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import ceil, floor
from typing import Final

from msgspec import Struct

from regulars.kernel.calendar import SECOND, Calendar, Day, Duration, date_of
from regulars.kernel.facts import DAWN, FOREVER, ORDER_COMPLETED, Fact, Instant
from regulars.kernel.scores import interests
from regulars.kernel.scores.meaning import borders_of_levels, crossed_at
from regulars.kernel.scores.tree import Thousandths
from regulars.kernel.segments.happenings import Time, is_of, lines_of, values_of
from regulars.kernel.segments.meaning import Known, holds, is_word_of_list, order_days
from regulars.kernel.segments.passing import anniversary, day_of_text
from regulars.kernel.segments.rhythm import first_day_longer, gap_of
from regulars.kernel.segments.tree import (
    Condition,
    Did,
    ExpiringPoints,
    InOrder,
    InScoreLevel,
    InSegment,
    InterestIs,
    IsTopInterest,
    OnList,
    Points,
    Ratio,
    Rhythm,
    ScoreIs,
    Since,
    Trait,
    Visited,
    inside_of,
)
from regulars.kernel.segments.values import Bounds, HasAnniversary, IsNear, Property, Test
from regulars.kernel.segments.windows import (
    counts_during,
    day_at,
    first_day_ahead,
    first_day_without,
    left_at,
    lies_ahead,
    second_of,
    whole_second,
)

YEARS_THAT_SHOW_ALL: Final = 9
"""Anniversaries come again by years and leap years; in so many years, around 1900 and 2100 too, each has come as it can."""


class Recurring(Struct, frozen=True):
    """The anniversaries of a day, looked at for so long before."""

    day: Day
    within: Duration


def changes_at(condition: Condition, known: Known, now: Instant) -> Instant:
    """The next moment at which the answer is another one if nothing else happens; FOREVER where it stays."""
    answer = holds(condition, known, now)
    return next((at for at in moments(condition, known, now) if holds(condition, known, at) is not answer), FOREVER)


def moments(condition: Condition, known: Known, now: Instant) -> list[Instant]:
    """After `now`, in order: every moment at which the answer could change."""
    found = list(_moments(condition, known))
    once = sorted({one for one in found if isinstance(one, int) and now < one < FOREVER})
    recurring = {one for one in found if isinstance(one, Recurring)}
    if not recurring:
        return once
    calendar = known.calendar
    first = date_of(day_at(now, calendar)).year
    last = date_of(day_at(once[-1] if once else now, calendar)).year + YEARS_THAT_SHOW_ALL
    days = {day for one in recurring for year in range(first - 1, last + 1) for day in _of_a_year(one, year)}
    return sorted({*once, *[at for at in map(calendar.start_of_day, days) if at > now]})


def _of_a_year(one: Recurring, year: int) -> tuple[Day, Day]:
    """When an anniversary comes near, and when it is over."""
    day = anniversary(one.day, year)
    return first_day_ahead(day, one.within), day + 1


Moment = Instant | Recurring


def _moments(condition: Condition, known: Known) -> Iterator[Moment]:
    calendar = known.calendar
    for one in inside_of(condition):
        yield from _moments(one, known)
    match condition:
        case Did() | Ratio():
            for fact in _facts(condition.event, known):
                yield from counts_during(fact.happened_at, condition.window, calendar)
                yield from _of_properties(condition.where, fact, calendar)
        case Since():
            for fact in _facts(condition.event, known):
                yield from _of_time(fact, [condition.more_than, condition.less_than], calendar)
                yield from _of_properties(condition.where, fact, calendar)
        case Rhythm():
            yield from _of_rhythm(condition, known)
        case InOrder():
            waits = [condition.within, *[step.within for step in condition.steps]]
            for step in condition.steps:
                for fact in _facts(step.event, known):
                    yield from _of_time(fact, waits, calendar)
                    yield from _of_properties(step.where, fact, calendar)
        case Trait(name, test):
            yield from _of_test(test, known.traits.get(name), calendar)
        case Visited(which, name, test):
            visit = known.first_visit if which == "first" else known.last_visit
            yield from _of_test(test, visit.get(name), calendar)
        case OnList(name):
            yield from [second_of(fact.happened_at) for fact in known.facts if is_word_of_list(fact, name)]
        case Points():
            for lot in known.lots:
                yield from (whole_second(lot.active_at), whole_second(lot.expires_at))
        case ExpiringPoints():
            for lot in known.lots:
                yield whole_second(lot.active_at)
                yield from lies_ahead(lot.expires_at, condition.within, calendar)
        case ScoreIs(id, bounds):
            yield from _crossings(partial(crossed_at, known.scores[id], known.facts, calendar), borders_of(bounds))
        case InScoreLevel(id):
            score = known.scores[id]
            yield from _crossings(partial(crossed_at, score, known.facts, calendar), borders_of_levels(score))
        case InterestIs(id, value, bounds):
            profile = known.interests[id]
            crossed = partial(interests.crossed_at, value, profile, known.facts, calendar)
            yield from _crossings(crossed, borders_of(bounds))
        case IsTopInterest(id):
            yield from [
                second * SECOND for second, _, _ in interests.shown_by(known.interests[id], known.facts, calendar)
            ]
        case InSegment(id):
            yield from _moments(known.segments[id], known)
        case _:
            pass


def _facts(event: str, known: Known) -> list[Fact]:
    return [fact for fact in known.facts if is_of(fact, event)]


def _of_time(fact: Fact, durations: Sequence[Duration | None], calendar: Calendar) -> Iterator[Moment]:
    yield second_of(fact.happened_at)
    for duration in durations:
        if duration is not None:
            yield left_at(fact.happened_at, duration, calendar)


def _of_rhythm(rhythm: Rhythm, known: Known) -> Iterator[Moment]:
    """Every order may be the last there is; then its gap grows longer."""
    for fact in _facts(ORDER_COMPLETED, known):
        at = second_of(fact.happened_at)
        yield at
        gap = gap_of(rhythm, order_days(known, at))
        for times in (rhythm.more_than, rhythm.at_most):
            if gap is not None and times is not None:
                yield known.calendar.start_of_day(first_day_longer(gap, times))


def _crossings(
    crossed: Callable[[Instant, Sequence[Thousandths]], Instant], borders: Sequence[Thousandths]
) -> Iterator[Moment]:
    """One after the other, from the first that happened on."""
    at = crossed(DAWN, borders)
    while at < FOREVER:
        yield at
        at = crossed(at, borders)


def borders_of(bounds: Bounds) -> list[Thousandths]:
    least = [] if bounds.least is None else [ceil(bounds.least)]
    most = [] if bounds.most is None else [floor(bounds.most) + 1]
    return sorted([*least, *most])


def _of_properties(where: Sequence[Property], fact: Fact, calendar: Calendar) -> Iterator[Moment]:
    for one in where:
        for value in values_of(Time(fact, lines_of(fact)), one.name):
            yield from _of_test(one.test, value, calendar)


def _of_test(test: Test, value: str | None, calendar: Calendar) -> Iterator[Moment]:
    day = day_of_text(value, calendar) if value is not None and isinstance(test, IsNear | HasAnniversary) else None
    if day is None:
        return
    if isinstance(test, HasAnniversary):
        yield Recurring(day, test.within)
    elif isinstance(test, IsNear):
        enters, leaves = _near(test, day)
        yield from (calendar.start_of_day(enters), calendar.start_of_day(leaves))


def _near(test: IsNear, day: Day) -> tuple[Day, Day]:
    if test.side == "last":
        return day, first_day_without(day, test.duration)
    return first_day_ahead(day, test.duration), day + 1
