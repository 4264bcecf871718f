"""Time zones as data, out of the time zone database."""

from datetime import datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from regulars.kernel.calendar import DAY, SECOND, Zone
from regulars.kernel.facts import DAWN

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2100
"""Beyond these years a zone keeps the offset that it has there."""


@cache
def zone_named(name: str) -> Zone:
    """The zone's changes of offset. KeyError where there is no such zone."""
    if name not in known_zones():
        raise KeyError(name)
    clock = ZoneInfo(name)
    starts, offsets = [DAWN], [_offset_s(clock, _from_year(FIRST_YEAR))]
    for noon in range(_from_year(FIRST_YEAR), _from_year(LAST_YEAR + 1), DAY):
        if _offset_s(clock, noon + DAY) != offsets[-1]:
            starts.append(_first_with(clock, noon, noon + DAY))
            offsets.append(_offset_s(clock, noon + DAY))
    return Zone(name, tuple(starts), tuple(offsets))


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _offset_s(clock: ZoneInfo, instant: int) -> int:
    moment = datetime.fromtimestamp(instant // SECOND, clock)
    return int((moment.utcoffset() or timedelta()).total_seconds())


def _from_year(year: int) -> int:
    return (datetime(year, 1, 1).toordinal() - datetime(1970, 1, 1).toordinal()) * DAY  # noqa: DTZ001


def _first_with(clock: ZoneInfo, old: int, new: int) -> int:
    """The first second between `old` and `new` that bears `new`'s offset."""
    target = _offset_s(clock, new)
    while new - old > SECOND:
        middle = (old + new) // 2 // SECOND * SECOND
        if _offset_s(clock, middle) == target:
            new = middle
        else:
            old = middle
    return new
