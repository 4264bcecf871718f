"""The made shop's days: 2025, on a wall in Amsterdam. How busy each is, and which moment a minute of it is.

Nobody is there between eleven in the evening and seven in the morning, so no visit crosses a midnight and no minute is one that
the clock's change leaves out or says twice.
"""

from datetime import date, datetime, timedelta
from functools import cache
from math import fsum
from typing import Final
from zoneinfo import ZoneInfo

YEAR: Final = 2025
DAYS: Final = 365
ZONE: Final = "Europe/Amsterdam"
FIRST: Final = date(YEAR, 1, 1)
FIRST_MINUTE: Final = 7 * 60
LAST_MINUTE: Final = 23 * 60

MINUTE: Final = 60_000_000
SECOND: Final = 1_000_000

MONTHS: Final = (0.86, 0.80, 0.94, 0.98, 1.00, 0.94, 0.84, 0.84, 1.00, 1.06, 1.42, 1.30)
WEEKDAYS: Final = (1.02, 0.99, 0.98, 1.00, 0.94, 0.97, 1.10)
"""Monday first."""
BLACK_FRIDAY: Final = date(YEAR, 11, 28)
ON_BLACK_FRIDAY: Final = 2.2
AFTER_CHRISTMAS: Final = 0.55
"""The shop's dullest days are the last ones."""


def date_of(day: int) -> date:
    """Days are counted from 0, the first of January."""
    return FIRST + timedelta(days=day)


@cache
def midnight(day: int) -> int:
    """Microseconds since 1970 UTC at which the day begins on the shop's wall."""
    begin = datetime.combine(date_of(day), datetime.min.time(), ZoneInfo(ZONE))
    return int(begin.timestamp()) * SECOND


def moment(day: int, minute: int) -> int:
    """Microseconds since 1970 UTC of a minute of the day, as the shop's wall shows it."""
    wall = datetime.combine(date_of(day), datetime.min.time(), ZoneInfo(ZONE)) + timedelta(minutes=minute)
    return int(wall.timestamp()) * SECOND


@cache
def busyness() -> tuple[float, ...]:
    """How much is done on each day, 1 on the average."""
    raw = [_busyness(date_of(day)) for day in range(DAYS)]
    whole = fsum(raw)
    return tuple([one * DAYS / whole for one in raw])


def _busyness(day: date) -> float:
    weight = MONTHS[day.month - 1] * WEEKDAYS[day.weekday()]
    if day == BLACK_FRIDAY:
        weight *= ON_BLACK_FRIDAY
    if (day.month, day.day) > (12, 24):
        weight *= AFTER_CHRISTMAS
    return weight
