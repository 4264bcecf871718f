"""Whether a value passes a test. Values are text; of what is not there, or is of another kind, it is unknown."""

import re
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from regulars.kernel.calendar import Calendar, Day, date_of, day_of_date
from regulars.kernel.facts import Instant
from regulars.kernel.segments.values import (
    HasAnniversary,
    HasText,
    IsDate,
    IsNear,
    IsNoneOf,
    IsNumber,
    IsOneOf,
    IsSet,
    IsTrue,
    Test,
)
from regulars.kernel.segments.windows import day_at, first_day, last_day

Truth = bool | None
"""None is unknown."""

NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
YEARS: Final = range(1900, 2200)
"""Other years are no dates of a customer."""
TRUTHS: Final = {"true": True, "yes": True, "false": False, "no": False}


def passes(test: Test, value: str | None, calendar: Calendar, now: Instant) -> Truth:
    if isinstance(test, IsSet):
        return (value is not None) is test.wanted
    if value is None:
        return None
    match test:
        case IsOneOf(values):
            return value in values
        case IsNoneOf(values):
            return value not in values
        case HasText("contains", text):
            return text in value
        case HasText("starts_with", text):
            return value.startswith(text)
        case HasText(_, text):
            return value.endswith(text)
        case IsNumber(bounds):
            number = number_of(value)
            return None if number is None else bounds.admit(number)
        case IsTrue(wanted):
            truth = TRUTHS.get(value.strip().lower())
            return None if truth is None else truth is wanted
        case _:
            day = day_of_text(value, calendar)
            return None if day is None else _passes_day(test, day, day_at(now, calendar))


def number_of(value: str) -> Fraction | None:
    return Fraction(value) if NUMBER.fullmatch(value) else None


def day_of_text(value: str, calendar: Calendar) -> Day | None:
    """Of `2017-03-04`, or of a moment with its offset from UTC, read off the shop's wall."""
    if not (DATE.fullmatch(value) or MOMENT.fullmatch(value)) or int(value[:4]) not in YEARS:
        return None
    try:
        if len(value) == 10:
            return day_of_date(date.fromisoformat(value))
        since = datetime.fromisoformat(value) - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return day_at((since.days * 86_400 + since.seconds) * 1_000_000, calendar)
    except ValueError:
        return None


def _passes_day(test: Test, day: Day, today: Day) -> bool:
    match test:
        case IsDate(first, end):
            return (first is None or first <= day) and (end is None or day < end)
        case IsNear("last", duration):
            return first_day(today, duration) <= day <= today
        case IsNear(_, duration):
            return today <= day <= last_day(today, duration)
        case HasAnniversary(within):
            years = (date_of(today).year, date_of(today).year + 1)
            return any([today <= anniversary(day, year) <= last_day(today, within) for year in years])
        case _:
            raise AssertionError(f"{test} is about no day")


def anniversary(day: Day, year: int) -> Day:
    """Of a day in another year; 29 February is 28 February where there is none."""
    born = date_of(day)
    try:
        return day_of_date(born.replace(year=year))
    except ValueError:
        return day_of_date(date(year, 2, 28))
