"""Time zones as data, out of the time zone database that is pinned beside the project's other packages.

The machine's own database is not looked at: the same program has the same version on every machine.
"""

from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from regulars.kernel.calendar import DAY, SECOND, Zone
from regulars.kernel.facts import DAWN

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2100
"""Beyond these years a zone keeps the offset that it has there."""


@cache
def zone_named(name: str) -> Zone:
    """The zone's changes of offset. KeyError where there is no such zone."""
    clock = clock_named(name)
    starts, offsets = [DAWN], [_offset_s(clock, _from_year(FIRST_YEAR))]
    for start in range(_from_year(FIRST_YEAR), _from_year(LAST_YEAR + 1), DAY):
        offset = _offset_s(clock, start + DAY)
        if offset != offsets[-1]:
            starts.append(_first_with(clock, start, start + DAY))
            offsets.append(offset)
    return Zone(name, tuple(starts), tuple(offsets))


@cache
def clock_named(name: str) -> ZoneInfo:
    """The same zone for Python's datetimes. KeyError where there is no such zone."""
    if name not in known_zones():
        raise KeyError(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@cache
def known_zones() -> frozenset[str]:
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(names) - {"Factory"}


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
