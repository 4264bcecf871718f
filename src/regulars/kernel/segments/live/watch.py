"""What watches a customer for one condition about what they did, and what it remembers, so that it never needs the facts again.

A memory is plain data, bounded by its condition, and a function of the facts alone: whatever the order in which they come, the
same memory results. It is never written on: `take` gives a new one. None is the memory of nothing.

What does not count yet (it lies ahead, or its window begins later) waits aside. `look` drops what is over, lets in what has
begun, and says whether the condition holds and before which moment that cannot change by time alone.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import cache, lru_cache
from math import ceil, floor
from typing import Any, Final, TypeAlias

from regulars.kernel.calendar import DAY, EXACT_UNITS, SECOND, Calendar, Day, Duration
from regulars.kernel.facts import FOREVER, SAYING, Fact, Instant, OrderCompleted
from regulars.kernel.segments.happenings import Time, chosen, lines_of
from regulars.kernel.segments.passing import Truth, passes
from regulars.kernel.segments.tree import Always, BetweenAgo, Dates, Window
from regulars.kernel.segments.values import Bounds, HasAnniversary, IsNear, IsNoneOf, IsOneOf, Property, Test
from regulars.kernel.segments.windows import (
    counts_during,
    day_at,
    first_day,
    first_day_without,
    second_of,
    whole_second,
)

Memory: TypeAlias = Any
Looked: TypeAlias = tuple[Memory, Truth, Instant]
"""What is still remembered, whether the condition holds, and a moment before which that does not change by itself."""

ANY_TIME: Final = 0
"""For tests that do not hang on the time at which they are asked."""

FEW: Final = 8
"""Of so few entries it is not worth asking which are over."""
SLACK_DAYS: Final = 6
"""Both of the days at the ends, a date that a zone has twice, and the ends of months, of which none is like the other."""
MOST_DAYS: Final = 5_000
MOST_VALUES: Final = 1_024


class Occasion:
    """One fact as all conditions see it: what is worked out for one of them is there for the next."""

    __slots__ = ("_day", "at", "calendar", "fact", "said", "start")

    def __init__(self, fact: Fact, calendar: Calendar) -> None:
        self.fact, self.calendar = fact, calendar
        self.at: Instant = fact.happened_at
        self.start = second_of(self.at)
        self._day: Day | None = None
        self.said: dict[object, Sequence[Any]] = {}
        """What it says to those who ask the same (`asking`)."""

    @property
    def day(self) -> Day:
        if self._day is None:
            self._day = day_at(self.at, self.calendar)
        return self._day


class Watcher:
    """One condition. What `shares` the same remembers the same: one memory does for all, taken in by one of them (`widened`)."""

    events: tuple[str, ...] = ()
    only: tuple[str, tuple[str, ...]] | None = None
    """A property, and the values that it must have, where one is asked for: whoever listens for another one is not called."""
    shares: Hashable = None
    has_no_most = False
    """Whether it holds from so much on."""
    needs = 0
    """With a shorter memory it cannot hold. Of whoever needs any, a memory is moments in their order."""
    longest = FOREVER
    """Where the last so many that it needs began longer ago, it cannot hold either."""

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        """With the fact; the same memory where it is nothing to this condition."""
        raise NotImplementedError

    def look(self, memory: Memory, now: Instant) -> Looked:
        raise NotImplementedError

    def size(self, memory: Memory) -> int:
        """How many entries."""
        raise NotImplementedError

    def only_adds(self, fact: Fact) -> bool:
        """Whether the fact can only make more of what is counted: then what `has_no_most` and holds need not be looked at. The
        moment that was said stays one before which nothing changes.
        """
        return False

    def follows_nothing(self, memory: Memory, occasion: Occasion, now: Instant) -> bool:
        """Whether nothing follows from the fact yet, of which the memory tells by now."""
        return False

    def widened(self, others: "Sequence[Watcher]") -> "Watcher":
        """One that remembers what all of these need, itself included."""
        return self


# --- windows -------------------------------------------------------------------------------------------------------------


class Left:
    """From when on a moment no longer lies within the last so long; of days each is worked out once."""

    def __init__(self, duration: Duration, calendar: Calendar) -> None:
        self.duration, self.calendar = duration, calendar
        self.exact = EXACT_UNITS[duration.unit] * duration.count if duration.unit in EXACT_UNITS else None
        self.longest = (self.exact + SECOND) if self.exact is not None else (duration.days_at_most() + SLACK_DAYS) * DAY
        """No moment lies within for longer."""
        self._by_day: dict[Day, Instant] = {}
        self._firsts: dict[Day, tuple[Day, Instant]] = {}

    def since(self, now: Instant) -> Instant:
        """The first moment that still lies within."""
        if self.exact is not None:
            return second_of(now) - self.exact + 1
        return self._first(day_at(now, self.calendar))[1]

    def first_day(self, today: Day) -> Day:
        """Where it goes by days, the first that lies within."""
        return self._first(today)[0]

    def _first(self, today: Day) -> tuple[Day, Instant]:
        found = self._firsts.get(today)
        if found is None:
            if len(self._firsts) > MOST_DAYS:
                self._firsts.clear()
            first = first_day(today, self.duration)
            found = self._firsts[today] = first, self.calendar.start_of_day(first)
        return found

    def at(self, occasion: Occasion) -> Instant:
        if self.exact is not None:
            return whole_second(occasion.at + self.exact)
        return self._by_day.get(occasion.day) or self.of_day(occasion.day)

    def of(self, at: Instant) -> Instant:
        if self.exact is not None:
            return whole_second(at + self.exact)
        day = day_at(at, self.calendar)
        return self._by_day.get(day) or self.of_day(day)

    def of_day(self, day: Day) -> Instant:
        """Where it goes by days."""
        found = self._by_day.get(day)
        if found is None:
            if len(self._by_day) > MOST_DAYS:
                self._by_day.clear()
            first = first_day_without(day, self.duration)
            found = self._by_day[day] = self.calendar.start_of_day(first)
        return found


Stretches: TypeAlias = Callable[[Occasion], tuple[Instant, Instant]]
"""From when to when it counts, half-open."""


def stretches_of(window: Window, calendar: Calendar) -> Stretches:
    if isinstance(window, Always):
        return lambda occasion: (occasion.start, FOREVER)
    if isinstance(window, Dates):
        return lambda occasion: counts_during(occasion.at, window, calendar)
    if isinstance(window, BetweenAgo):
        newer, older = Left(window.newer, calendar), Left(window.older, calendar)
        return lambda occasion: (newer.at(occasion), older.at(occasion))
    left = Left(window.duration, calendar)
    return lambda occasion: (occasion.start, left.at(occasion))


# --- which times it is about -----------------------------------------------------------------------------------------------

Fits: TypeAlias = Callable[[Fact], bool]
Chooser: TypeAlias = Callable[[Fact], Time | None]


@cache
def asking(kind: str, of: str, where: Sequence[Property]) -> object:
    """The same for all who ask the same of a fact."""
    return object()


def moves(where: Sequence[Property]) -> bool:
    """Whether a test hangs on the day on which it is looked at."""
    return any([isinstance(one.test, IsNear | HasAnniversary) for one in where])


def only_of(where: Sequence[Property]) -> tuple[str, tuple[str, ...]] | None:
    return next(((one.name, one.test.values) for one in where if isinstance(one.test, IsOneOf)), None)


def chooser_of(where: Sequence[Property], calendar: Calendar) -> Chooser:
    """`happenings.chosen`, for tests that do not move."""
    if not where:
        return lambda fact: Time(fact, lines_of(fact))
    fits = fits_of(where, calendar)

    def choose(fact: Fact) -> Time | None:
        if isinstance(fact, OrderCompleted):
            return chosen(fact, where, calendar, fact.happened_at)
        return Time(fact) if fits(fact) else None

    return choose


def fits_of(where: Sequence[Property], calendar: Calendar) -> Fits:
    """Whether it would be chosen at all."""
    if not where:
        return lambda _: True
    tests = [(one.name, _predicate(one.test, calendar)) for one in where]

    def fits(fact: Fact) -> bool:
        if isinstance(fact, OrderCompleted):
            return chosen(fact, where, calendar, fact.happened_at) is not None
        said = fact.properties if isinstance(fact, SAYING) else {}
        for name, passing in tests:  # noqa: SIM110  quicker than a generator
            if not passing(said.get(name)):
                return False
        return True

    return fits


def _predicate(test: Test, calendar: Calendar) -> Callable[[str | None], bool]:
    if isinstance(test, IsOneOf):
        return frozenset(test.values).__contains__
    if isinstance(test, IsNoneOf):
        none_of = frozenset(test.values)
        return lambda value: value is not None and value not in none_of
    return lru_cache(MOST_VALUES)(lambda value: passes(test, value, calendar, ANY_TIME) is True)


def whole_bounds(bounds: Bounds) -> tuple[int, int, int]:
    """The least and the most as whole numbers, and how many are enough to know."""
    least = ceil(bounds.least) if bounds.least is not None else 0
    most = floor(bounds.most) if bounds.most is not None else FOREVER
    return least, most, max(least, most + 1 if most < FOREVER else 0, 1)
