"""The time over which levels go by their sums: what of them counts on a day, and on which day time alone finds too little.

`joined` is the day on which the customer joined, for years that begin with it. Years are known by the calendar year in which
they begin, those since joining by their number from 0. Sums stand by year where their watch counts years, else by day.
"""

from typing import Protocol

from regulars.kernel.calendar import Day, Today, add_months, date_of, first_day_of, year_from
from regulars.kernel.program import CalendarYear, Lifetime, ProgramYear, Rolling, SinceEntry, Tiers
from regulars.kernel.state import Buckets, sum_between


class Window(Protocol):
    def best_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        """The sum that gives the level held today."""
        ...

    def running_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        """What counts today for a level that is still to be reached."""
        ...

    def first_fall(self, sums: Buckets, today: Today, threshold: int, joined: Day) -> Today | None:
        """The first reset after today at which time alone finds less than `threshold`."""
        ...

    def counts_before(self, day: Today, joined: Day) -> bool:
        """Whether what comes just before that day counts for the level held on it."""
        ...


def window_of(tiers: Tiers, by_day: bool) -> Window:
    over = tiers.over
    if isinstance(over, Rolling | SinceEntry):
        return RollingMonths(over.months)
    if isinstance(over, Lifetime):
        return AllTime()
    if isinstance(over, CalendarYear):
        return CalendarYears(tiers, by_day)
    return ProgramYears(tiers, over, by_day) if isinstance(over, ProgramYear) else YearsSinceJoining(tiers, by_day)


class Years:
    """Resets are the first days of years, 00:00 local: the level in a year is what its own sum reaches, or with `keep` the higher
    of what that and the last one's reach; where levels are given at the next year, what the last one's reaches.
    """

    def __init__(self, tiers: Tiers, by_day: bool) -> None:
        self.by_day = by_day
        self.counts_this = tiers.up == "at_once"
        self.counts_last = tiers.keeps or not self.counts_this

    def number(self, today: Today, joined: Day) -> int:
        raise NotImplementedError

    def first_day(self, number: int, joined: Day) -> Day:
        raise NotImplementedError

    def sum_of(self, sums: Buckets, number: int, joined: Day) -> int:
        if not self.by_day:
            return sums.get(number, 0)
        return sum_between(sums, self.first_day(number, joined), self.first_day(number + 1, joined) - 1)

    def best_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        number = self.number(today, joined)
        if not self.counts_last:
            return self.sum_of(sums, number, joined)
        last = self.sum_of(sums, number - 1, joined)
        return max(last, self.sum_of(sums, number, joined)) if self.counts_this else last

    def running_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        return self.sum_of(sums, self.number(today, joined), joined)

    def next_reset(self, today: Today, joined: Day) -> Today:
        return on(self.first_day(self.number(today, joined) + 1, joined))

    def first_fall(self, sums: Buckets, today: Today, threshold: int, joined: Day) -> Today | None:
        number = self.number(today, joined)
        for later in range(number + 1, number + (3 if self.counts_last else 2)):
            reset = on(self.first_day(later, joined))
            if self.best_sum(sums, reset, joined) < threshold:
                return reset
        return None

    def counts_before(self, day: Today, joined: Day) -> bool:
        is_new = self.number(on(day.day - 1), joined) < self.number(day, joined)
        return self.counts_last if is_new else self.counts_this


class CalendarYears(Years):
    def number(self, today: Today, joined: Day) -> int:
        return today.year

    def first_day(self, number: int, joined: Day) -> Day:
        return first_day_of(number, 1, 1)

    def best_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        if self.by_day or not self.counts_this:
            return super().best_sum(sums, today, joined)
        this = sums.get(today.year, 0)
        if not self.counts_last:
            return this
        last = sums.get(today.year - 1, 0)
        return last if last > this else this


class ProgramYears(Years):
    def __init__(self, tiers: Tiers, over: ProgramYear, by_day: bool) -> None:
        super().__init__(tiers, by_day)
        self.month, self.day = over.month, over.day

    def number(self, today: Today, joined: Day) -> int:
        return year_from(today, self.month, self.day)

    def first_day(self, number: int, joined: Day) -> Day:
        return first_day_of(number, self.month, self.day)


class YearsSinceJoining(Years):
    def number(self, today: Today, joined: Day) -> int:
        years = today.year - date_of(joined).year
        return years if today.day >= add_months(joined, 12 * years) else years - 1

    def first_day(self, number: int, joined: Day) -> Day:
        return add_months(joined, 12 * number)


class RollingMonths:
    """Every local midnight is a reset: on a day the orders on that day and in the calendar months before it count, so that a level
    falls at the first local midnight below its threshold.
    """

    def __init__(self, months: int) -> None:
        self.months = months

    def best_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        return sum_between(sums, add_months(today.day, -self.months), today.day)

    def running_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        return self.best_sum(sums, today, joined)

    def first_fall(self, sums: Buckets, today: Today, threshold: int, joined: Day) -> Today | None:
        tomorrow = today.day + 1
        first = add_months(tomorrow, -self.months)
        left = sum_between(sums, first, tomorrow)
        if left < threshold:
            return on(tomorrow)
        for day in sorted([day for day in sums if day >= first]):
            left -= sums[day]
            later = on(first_day_without(day, self.months))
            # Several days may leave at once, at the end of a short month: only then is the sum what it will be.
            if left < threshold and self.best_sum(sums, later, joined) < threshold:
                return later
        return None

    def counts_before(self, day: Today, joined: Day) -> bool:
        return True


class AllTime:
    """There is no reset."""

    def best_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        return sum(sums.values())

    def running_sum(self, sums: Buckets, today: Today, joined: Day) -> int:
        return sum(sums.values())

    def first_fall(self, sums: Buckets, today: Today, threshold: int, joined: Day) -> Today | None:
        return None

    def counts_before(self, day: Today, joined: Day) -> bool:
        return True


def on(day: Day) -> Today:
    return Today(day, date_of(day).year)


def first_day_without(day: Day, months: int) -> Day:
    """The first day whose trailing `months` no longer hold `day`."""
    following = day + 1
    target = add_months(following, months)
    return target if date_of(target).day == date_of(following).day else target + 1
