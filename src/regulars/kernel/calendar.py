"""Days, months and years in the shop's own zone.

Facts are in UTC; every calendar rule of a program is read off the shop's wall. A zone is data here: the instants at which
its offset from UTC changes. So a replay does not hang on the time zone database of the day.

A calendar duration ends with its last day: what is earned on 31 January for one month lasts through the end of February.
Ends are exclusive instants: "through 28 February" is 1 March 00:00 local. A midnight that does not exist is the first
instant of that day; one that comes twice is the earlier. Twenty-four hours are never added to get to the next day.
"""

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from regulars.kernel.facts import DAWN, FOREVER, Instant

Day: TypeAlias = int
"""Days since 1970-01-01 on the shop's wall."""

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

Unit = Literal["minutes", "hours", "days", "weeks", "months", "years"]
Period = Literal["week", "month", "quarter", "half_year", "year"]

EXACT_UNITS: Final = {"minutes": MINUTE, "hours": HOUR}
MONTHS_IN: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_EPOCH: Final = date(1970, 1, 1).toordinal()


class Zone(Struct, frozen=True):
    """A time zone as data: from `starts[i]` on, the wall shows UTC plus `offsets_s[i]` seconds; `starts` ascends."""

    name: str
    starts: tuple[Instant, ...]
    offsets_s: tuple[int, ...]

    def digest(self) -> str:
        return blake2b(repr((self.name, self.starts, self.offsets_s)).encode(), digest_size=8).hexdigest()


class Duration(Struct, frozen=True):
    count: int
    unit: Unit

    def describe(self) -> str:
        return f"{self.count} {self.unit.removesuffix('s') if self.count == 1 else self.unit}"

    def days_at_least(self) -> int:
        """The fewest calendar days that this can be."""
        return _days(self, days_in_month=28, days_in_year=365)

    def days_at_most(self) -> int:
        return _days(self, days_in_month=31, days_in_year=366)


class Today(Struct, frozen=True):
    """A date on the shop's wall."""

    day: Day
    year: int


class Calendar:
    """Calendar arithmetic in one zone. Keeps what it has once reckoned; apart from that a value."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self._starts = zone.starts
        self._offsets = tuple(seconds * SECOND for seconds in zone.offsets_s)
        self._span = self._span_at(0)
        self._midnights: dict[Day, Instant] = {}
        self._dates: dict[Day, Today] = {}

    def day_of(self, instant: Instant) -> Day:
        """The date on the shop's wall at that instant."""
        return self.today(instant).day

    def today(self, instant: Instant) -> Today:
        """The date on the shop's wall at that instant, taken apart."""
        start, end, offset = self._span
        if not start <= instant < end:
            start, end, offset = self._span = self._span_at(instant)
        day = (instant + offset) // DAY
        today = self._dates.get(day)
        if today is None:
            today = self._dates[day] = Today(day, date_of(day).year)
        return today

    def month_of(self, instant: Instant) -> str:
        """The month on the shop's wall at that instant: `2017-03`."""
        return date_of(self.day_of(instant)).isoformat()[:7]

    def wall_clock(self, instant: Instant) -> str:
        """Date and time on the shop's wall, to the minute: `2017-03-04 18:22`."""
        _, _, offset = self._span_at(instant)
        minutes = (instant + offset) // MINUTE
        return f"{date_of(minutes // 1440).isoformat()} {minutes % 1440 // 60:02}:{minutes % 60:02}"

    def minute_of(self, instant: Instant) -> int:
        """Of the day, on the shop's wall."""
        _, _, offset = self._span_at(instant)
        return (instant + offset) // MINUTE % 1440

    def start_of_day(self, day: Day) -> Instant:
        """The first instant at which the wall shows this day's midnight or later."""
        if day not in self._midnights:
            self._midnights[day] = self.first_at(day, 0)
        return self._midnights[day]

    def month_around(self, instant: Instant) -> tuple[Instant, Instant]:
        """From when to when, exclusive, the wall shows the month of `instant` without a clock change on the way."""
        start, end, offset = self._span_at(instant)
        today = (instant + offset) // DAY
        first = today - date_of(today).day + 1
        following = last_day_of("month", today) + 1
        return max(start, first * DAY - offset), min(end, following * DAY - offset)

    def end_of(self, start: Instant, duration: Duration, until_end_of: Period | None = None) -> Instant:
        """The exclusive end of what starts at `start`: exact for minutes and hours, else the end of the last day."""
        if duration.unit in EXACT_UNITS:
            end = start + duration.count * EXACT_UNITS[duration.unit]
            if until_end_of is None:
                return end
            last = self.day_of(end - 1)
        else:
            last = add(self.day_of(start), duration)
        if until_end_of is not None:
            last = last_day_of(until_end_of, last)
        return self.start_of_day(last + 1)

    def _span_at(self, instant: Instant) -> tuple[Instant, Instant, int]:
        """The stretch of one offset in which `instant` lies: from, to, offset."""
        i = max(0, bisect_right(self._starts, instant) - 1)
        start = self._starts[i] if i > 0 else DAWN
        end = self._starts[i + 1] if i + 1 < len(self._starts) else FOREVER
        return start, end, self._offsets[i]

    def first_at(self, day: Day, minute: int) -> Instant:
        """The first instant at which the wall shows this minute of the day or later."""
        wanted = day * DAY + minute * MINUTE
        first = max(0, bisect_right(self._starts, wanted - 2 * DAY) - 1)
        for i in range(first, len(self._starts) - 1):
            earliest = max(self._starts[i], wanted - self._offsets[i])
            if earliest < self._starts[i + 1]:
                return earliest
        return wanted - self._offsets[-1]


def date_of(day: Day) -> date:
    return date.fromordinal(day + _EPOCH)


def day_of_date(value: date) -> Day:
    return value.toordinal() - _EPOCH


def weekday_of(day: Day) -> int:
    """0 is Monday."""
    return (day + 3) % 7


def add(day: Day, duration: Duration) -> Day:
    """Calendar addition; a day of the month that does not exist becomes the month's last."""
    match duration.unit:
        case "days":
            return day + duration.count
        case "weeks":
            return day + 7 * duration.count
        case "months":
            return add_months(day, duration.count)
        case "years":
            return add_months(day, 12 * duration.count)
        case _:
            raise AssertionError(f"{duration.unit} are not calendar units")


@lru_cache(maxsize=8192)
def add_months(day: Day, months: int) -> Day:
    start = date_of(day)
    first = _first_of_month(start.year * 12 + start.month - 1 + months)
    return min(first + start.day - 1, last_day_of("month", first))


def year_from(today: Today, month: int, day: int) -> int:
    """The calendar year in which the year began that starts anew on that date."""
    return today.year if today.day >= first_day_of(today.year, month, day) else today.year - 1


@lru_cache(maxsize=1024)
def first_day_of(year: int, month: int, day: int) -> Day:
    """Where that date does not exist, the month's last day."""
    first = _first_of_month(year * 12 + month - 1)
    return min(first + day - 1, last_day_of("month", first))


def last_day_of(period: Period, day: Day) -> Day:
    """The last day of the week (Monday to Sunday), month, quarter, half-year or year in which `day` lies."""
    if period == "week":
        return day + 6 - weekday_of(day)
    inside = date_of(day)
    months = MONTHS_IN[period]
    return _first_of_month(inside.year * 12 + ((inside.month - 1) // months + 1) * months) - 1


def _first_of_month(months_since_year_0: int) -> Day:
    year, month = divmod(months_since_year_0, 12)
    return day_of_date(date(year, month + 1, 1))


def _days(duration: Duration, days_in_month: int, days_in_year: int) -> int:
    match duration.unit:
        case "minutes" | "hours":
            return duration.count * EXACT_UNITS[duration.unit] // DAY
        case "days":
            return duration.count
        case "weeks":
            return 7 * duration.count
        case "months":
            return duration.count // 12 * days_in_year + duration.count % 12 * days_in_month
        case "years":
            return duration.count * days_in_year
