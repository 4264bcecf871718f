"""Time zones, days of the year and spans of days, as a program document says them."""

import re
from collections.abc import Callable
from typing import Final

from regulars.kernel.calendar import MONTHS
from regulars.wire.document import nearest
from regulars.wire.shapes import DURATION_SHAPE, Scalar, Unreadable, parse_duration
from regulars.wire.zones import known_zones, zone_named

_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _date_of_year(written: str) -> tuple[int, int] | None:
    """A month and a day; 29 February is one."""
    date = re.fullmatch(r"(\d{2})-(\d{2})", written, re.ASCII)
    if date is None:
        return None
    month, day = int(date[1]), int(date[2])
    if not 1 <= month <= len(MONTHS) or not 1 <= day <= _LONGEST[month - 1]:
        raise Unreadable("a month and a day that are in the calendar")
    return month, day


def days_up_to(most: int) -> Callable[[str], int | None]:
    """Days or weeks, in days."""

    def parse(written: str) -> int | None:
        duration = parse_duration(written)
        if duration is None:
            return None
        days = duration.count * {"days": 1, "weeks": 7}.get(duration.unit, 0)
        if not 0 < days <= most:
            raise Unreadable(f"days or weeks, {most} days at most")
        return days

    return parse


DATE_OF_YEAR = Scalar(
    "a month and a day such as “04-01”",
    _date_of_year,
    {"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$"},
)
MOST_DAYS_OF_A_DEVICE: Final = 365


def _zone_meant(written: str) -> str | None:
    """By the whole name, or by the city alone: `Stockholm`, `new york`."""
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(known_zones(), reverse=True)}
    city = nearest(written.rpartition("/")[2], cities, cutoff=0.8)
    return nearest(written, known_zones(), cutoff=0.8) or (cities[city] if city else None)


ZONE = Scalar(
    "a time zone such as “Europe/Stockholm”",
    lambda written: zone_named(written) if written in known_zones() else None,
    {"type": "string", "pattern": "^[A-Za-z0-9/_+-]+$"},
    _zone_meant,
)


def _days(written: str) -> int | None:
    duration = parse_duration(written)
    if duration is None:
        return None
    days = duration.count * {"days": 1, "weeks": 7}.get(duration.unit, 0)
    if not 0 < days <= MOST_DAYS_OF_A_DEVICE:
        raise Unreadable(f"days or weeks, {MOST_DAYS_OF_A_DEVICE} days at most")
    return days


DAYS = Scalar(
    "a duration in days or weeks, such as “7 days”",
    _days,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)
