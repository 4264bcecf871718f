"""Tiers: a level is reached at once and lost only at a reset.

Over a calendar year the resets are the 1sts of January, 00:00 local: the level in year Y is what Y's own sum reaches, or
with `keep_next_year` the higher of what Y's and Y-1's reach. Over rolling months every local midnight is a reset: on a day
the trailing sum counts the orders on that day and in the calendar months before it, so that a level falls at the first
local midnight below its threshold.
"""

from datetime import date
from typing import Final

from msgspec import Struct

from regulars.kernel.behaviour import Watch
from regulars.kernel.calendar import Calendar, Day, Today, add_months, date_of, day_of_date
from regulars.kernel.effects import Because, Effect, TierChanged
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.program import CalendarYear, Program, Tiers
from regulars.kernel.state import Buckets, State, sum_between

TIERS: Final = "tiers"


class TierRules:
    """A program's tiers, compiled. Ranks count from 0, no level, upwards."""

    def __init__(self, tiers: Tiers, program: Program, calendar: Calendar) -> None:
        self.calendar = calendar
        self.window = (
            _CalendarYears(tiers) if isinstance(tiers.over, CalendarYear) else _RollingMonths(tiers.over.months)
        )
        self.ids: tuple[str | None, ...] = (None, *(level.id for level in tiers.levels))
        self.thresholds = tuple([level.at for level in tiers.levels])
        self.next_threshold = dict(zip(self.ids, (*self.thresholds, None), strict=True))
        self.rank_of = {tier: rank for rank, tier in enumerate(self.ids)}
        self.watch = _watch(tiers, program, calendar) if tiers.by == "spend" else None
        self._watch_key = self.watch.key() if self.watch else None

    def sums(self, state: State) -> Buckets:
        if self._watch_key is None:
            return state.consequences.qualifying
        return state.observations[self._watch_key]

    def rank(self, amount: int) -> int:
        """A level from 0 is everybody's, also theirs whose refunds outweigh what they bought."""
        amount = max(amount, 0)
        reached = 0
        for threshold in self.thresholds:
            if amount < threshold:
                break
            reached += 1
        return reached

    def rank_on(self, sums: Buckets, today: Today) -> int:
        """The rank that the sums give on that day, if nothing but time comes after them."""
        return self.rank(self.window.best_sum(sums, today))


class Ahead(Struct, frozen=True):
    """The next level, reached at `at`, and what of it is there already in the period that counts today."""

    id: str
    at: int
    have: int


def ahead(state: State, rules: TierRules, today: Today) -> Ahead | None:
    """None for whoever stands at the top."""
    rank = rules.rank_of[state.consequences.tier]
    if rank == len(rules.thresholds):
        return None
    have = rules.window.running_sum(rules.sums(state), today)
    id = rules.ids[rank + 1]
    assert id is not None
    return Ahead(id, rules.thresholds[rank], have)


class _CalendarYears:
    """Sums by year where the watch counts years, by day where points are counted."""

    def __init__(self, tiers: Tiers) -> None:
        self.keeps = isinstance(tiers.over, CalendarYear) and tiers.over.keep_next_year
        self.by_year = tiers.by == "spend"

    def best_sum(self, sums: Buckets, today: Today) -> int:
        """The highest sum of a year that counts today."""
        year = today.year
        if self.by_year:
            this, last = sums.get(year, 0), sums.get(year - 1, 0)
        else:
            this, last = _sum_of_year(sums, year), _sum_of_year(sums, year - 1) if self.keeps else 0
        return last if self.keeps and last > this else this

    def running_sum(self, sums: Buckets, today: Today) -> int:
        """What this year has brought so far."""
        return sums.get(today.year, 0) if self.by_year else _sum_of_year(sums, today.year)

    def first_fall(self, sums: Buckets, today: Today, threshold: int) -> Today | None:
        """The first day after today on which time alone finds less than `threshold`."""
        for year in range(today.year + 1, today.year + (3 if self.keeps else 2)):
            reset = Today(day_of_date(date(year, 1, 1)), year)
            if self.best_sum(sums, reset) < threshold:
                return reset
        return None


class _RollingMonths:
    """Sums by day."""

    def __init__(self, months: int) -> None:
        self.months = months

    def best_sum(self, sums: Buckets, today: Today) -> int:
        return sum_between(sums, add_months(today.day, -self.months), today.day)

    def running_sum(self, sums: Buckets, today: Today) -> int:
        return self.best_sum(sums, today)

    def first_fall(self, sums: Buckets, today: Today, threshold: int) -> Today | None:
        tomorrow = today.day + 1
        first = add_months(tomorrow, -self.months)
        left = sum_between(sums, first, tomorrow)
        if left < threshold:
            return _on(tomorrow)
        for day in sorted([day for day in sums if day >= first]):
            left -= sums[day]
            later = _on(first_day_without(day, self.months))
            # Several days may leave at once, at the end of a short month: only then is the sum what it will be.
            if left < threshold and self.best_sum(sums, later) < threshold:
                return later
        return None


def _on(day: Day) -> Today:
    return Today(day, date_of(day).year)


def _sum_of_year(sums: Buckets, year: int) -> int:
    return sum_between(sums, day_of_date(date(year, 1, 1)), day_of_date(date(year, 12, 31)))


def first_day_without(day: Day, months: int) -> Day:
    """The first day whose trailing `months` no longer hold `day`."""
    following = day + 1
    target = add_months(following, months)
    return target if date_of(target).day == date_of(following).day else target + 1


def upgrade(
    state: State, rules: TierRules, today: Today, at: Instant, recorded_at: Instant, version: str, fact: str | None
) -> list[Effect]:
    """The level that the sums reach at `at`, which is `today`, if it is higher than the one held; because of `fact`."""
    threshold = rules.next_threshold[state.consequences.tier]
    if threshold is None:
        return []
    best = rules.window.best_sum(rules.sums(state), today)
    if best < threshold and threshold > 0:
        return []
    because = Because(TIERS, version, fact)
    return [TierChanged(state.consequences.tier, rules.ids[rules.rank(best)], at, recorded_at, because)]


def reset(
    state: State, due: Instant, at: Instant, recorded_at: Instant, version: str, rules: TierRules | None
) -> list[Effect]:
    """The level that is left, if a reset falls due by `due` and takes one away."""
    if rules is None or next_tier_due(state, rules) > due:
        return []
    left = rules.rank_on(rules.sums(state), rules.calendar.today(due))
    return [TierChanged(state.consequences.tier, rules.ids[left], at, recorded_at, Because(TIERS, version))]


def next_tier_due(state: State, rules: TierRules) -> Instant:
    """When time alone would take the customer's level away; FOREVER if it would not."""
    rank = rules.rank_of[state.consequences.tier]
    if rank <= rules.rank(0):
        return FOREVER
    today = rules.calendar.today(state.clock)
    fall = rules.window.first_fall(rules.sums(state), today, rules.thresholds[rank - 1])
    return FOREVER if fall is None else rules.calendar.start_of_day(fall.day)


def _watch(tiers: Tiers, program: Program, calendar: Calendar) -> Watch:
    members_only = program.members == "those_who_join"
    zone = calendar.zone.digest()
    if isinstance(tiers.over, CalendarYear):
        return Watch("year", 2 if tiers.over.keep_next_year else 1, members_only, zone)
    return Watch("day", tiers.over.months, members_only, zone)
