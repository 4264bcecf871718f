"""Days that come again, as RFC 5545 says them: of each period the days that every part lets in.

    period     a day, a week from Monday on, a month or a year, of which every `interval`-th counts, from that of `start` on
    day        in a month of `months`; on a day of the month, from its end where it is below 0; on a weekday, the n-th of the
               period where it says so (of the month, where months are named)
    set_pos    of the days that are left in a period only those, from the end where it is below 0

Where neither days of the month nor weekdays are named, the day is that of `start`.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, Literal

from msgspec import Struct

from regulars.kernel.calendar import MONTHS, WEEKDAYS, Day, date_of, day_of_date, weekday_of
from regulars.kernel.terms import listed

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
_UNITS: Final = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


class Recurrence(Struct, frozen=True):
    """`weekdays` are pairs of n (0 is every one) and a weekday (0 is Monday); `last_day` counts still."""

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    set_pos: tuple[int, ...] = ()
    last_day: Day | None = None
    start: Day = 0

    def describe(self) -> str:
        unit = _UNITS[self.frequency]
        often = f"every {self.interval} {unit}s" if self.interval > 1 else f"every {unit}"
        days = [f"the {_ordinal(n)} {WEEKDAYS[day].capitalize()}" for n, day in self.weekdays if n]
        days += [f"{WEEKDAYS[day].capitalize()}s" for n, day in self.weekdays if not n]
        parts = [f"on {listed(days, 'or')}"] if days else []
        parts += [f"on {listed([_of_month(day) for day in self.month_days], 'or')}"] if self.month_days else []
        said = f"{often} {', if they are '.join(parts)}" if parts else often
        said += f", {listed([f'the {_ordinal(n)}' for n in self.set_pos], 'and')} of these days" if self.set_pos else ""
        said += f" in {listed([MONTHS[month - 1] for month in self.months])}" if self.months else ""
        return said + (f" until the end of {date_of(self.last_day).isoformat()}" if self.last_day is not None else "")


def compile_recurrence(one: Recurrence) -> Callable[[Day], bool]:
    """Whether a day is one of them. Periods are remembered, a bounded number of them."""
    periods: dict[Day, frozenset[Day]] = {}

    def holds(day: Day) -> bool:
        if day < one.start or (one.last_day is not None and day > one.last_day):
            return False
        first = _first_of_period(day, one.frequency)
        if first not in periods:
            if len(periods) > 1_000:
                periods.clear()
            periods[first] = _days_of_period(first, one)
        return day in periods[first]

    return holds


def _days_of_period(first: Day, one: Recurrence) -> frozenset[Day]:
    if _number_of_period(first, one.frequency) % one.interval != (
        _number_of_period(_first_of_period(one.start, one.frequency), one.frequency) % one.interval
    ):
        return frozenset()
    start = date_of(one.start)
    days = [day for day in range(first, _after_period(first, one.frequency)) if _fits(day, one, start)]
    if one.set_pos:
        count = len(days)
        places = [n - 1 if n > 0 else count + n for n in one.set_pos]
        days = [days[place] for place in places if 0 <= place < count]
    return frozenset(days)


def _fits(day: Day, one: Recurrence, start: date) -> bool:
    today = date_of(day)
    if one.months and today.month not in one.months:
        return False
    after_month = _after_period(day - today.day + 1, "MONTHLY")
    if one.month_days and today.day not in one.month_days and day - after_month not in one.month_days:
        return False
    if one.weekdays:
        return any(weekday == weekday_of(day) and _is_nth(day, n, one) for n, weekday in one.weekdays)
    if one.month_days or one.frequency == "DAILY":
        return True
    if one.frequency == "WEEKLY":
        return weekday_of(day) == weekday_of(one.start)
    return today.day == start.day and (one.frequency == "MONTHLY" or bool(one.months) or today.month == start.month)


def _is_nth(day: Day, n: int, one: Recurrence) -> bool:
    if n == 0:
        return True
    scope: Frequency = "MONTHLY" if one.frequency == "MONTHLY" or one.months else "YEARLY"
    first = _first_of_period(day, scope)
    after = _after_period(first, scope)
    return (day - first) // 7 + 1 == n if n > 0 else (after - 1 - day) // 7 + 1 == -n


def _first_of_period(day: Day, frequency: Frequency) -> Day:
    if frequency == "DAILY":
        return day
    if frequency == "WEEKLY":
        return day - weekday_of(day)
    today = date_of(day)
    return day_of_date(date(today.year, today.month if frequency == "MONTHLY" else 1, 1))


def _after_period(first: Day, frequency: Frequency) -> Day:
    if frequency in ("DAILY", "WEEKLY"):
        return first + (1 if frequency == "DAILY" else 7)
    today = date_of(first)
    months = today.year * 12 + today.month - 1 + (1 if frequency == "MONTHLY" else 12)
    return day_of_date(date(months // 12, months % 12 + 1, 1))


def _number_of_period(first: Day, frequency: Frequency) -> int:
    if frequency == "DAILY":
        return first
    if frequency == "WEEKLY":
        return (first - first % 7) // 7 if weekday_of(0) == 0 else (first + weekday_of(0)) // 7
    today = date_of(first)
    return today.year * 12 + today.month if frequency == "MONTHLY" else today.year


def _ordinal(n: int) -> str:
    if n < 0:
        return "last" if n == -1 else f"{_ordinal(-n)} last"
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def _of_month(day: int) -> str:
    return f"the {_ordinal(day)}" if day > 0 else f"the {_ordinal(day)} day"
