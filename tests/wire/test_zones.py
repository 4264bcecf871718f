"""Time zones as data: the same offsets as the time zone database has, at any instant."""

import struct
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import SECOND, Calendar
from regulars.wire.zones import known_zones, zone_named

ZONES = [
    "America/New_York",
    "Europe/Stockholm",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Sao_Paulo",  # clocks put forward at midnight, until 2019
    "Africa/Casablanca",  # back for Ramadan
    "Pacific/Apia",  # 30 December 2011 was skipped
    "Asia/Beirut",
    "America/Havana",
    "Europe/Dublin",  # winter time is the exception
    "Africa/Monrovia",  # 44 minutes and 30 seconds, until 1972
    "Antarctica/Troll",  # two hours of summer time
    "UTC",
]
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2100, 12, 31, tzinfo=UTC)


def of_the_package(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@pytest.mark.parametrize("name", ZONES)
@given(data=st.data())
def test_offsets_are_those_of_the_database_at_any_instant(name, data):
    """At instants anywhere, and at the very seconds around a change."""
    zone, database = zone_named(name), of_the_package(name)
    anywhere = st.integers(int(FIRST.timestamp()), int(LAST.timestamp()))
    changes = [start // SECOND for start in zone.starts[1:]] or [0]
    near_a_change = st.builds(lambda change, by: change + by, st.sampled_from(changes), st.integers(-2, 1))
    second = data.draw(st.one_of(anywhere, near_a_change.filter(lambda at: at >= 0)))

    wall = datetime.fromtimestamp(second, database)
    assert timedelta(seconds=offset_s(zone, second)) == wall.utcoffset()
    assert Calendar(zone).wall_clock(second * SECOND) == wall.strftime("%Y-%m-%d %H:%M")


@pytest.mark.slow
def test_no_change_of_any_zone_is_missed():
    """Read from the database's own files, byte by byte: every change since 1970 is one of ours, to the second."""
    missed = []
    for name in sorted(known_zones()):
        zone = zone_named(name)
        ours = set(zone.starts)
        for second, before, after in changes_in_file(name):
            if before != after and second > 0 and second * SECOND not in ours:
                missed.append((name, second))

    assert missed == []


@pytest.mark.parametrize(("name", "changes"), [("UTC", 0), ("Asia/Kolkata", 0), ("Europe/Stockholm", 242)])
def test_a_zone_holds_only_real_changes(name, changes):
    """Sweden has had summer time since 1980: twice a year, to the end of 2100."""
    zone = zone_named(name)

    assert len(zone.starts) - 1 == changes
    assert all(one != other for one, other in zip(zone.offsets_s, zone.offsets_s[1:], strict=False))
    assert list(zone.starts) == sorted(set(zone.starts))


@pytest.mark.parametrize("name", ["Europe/Stokholm", "Factory", "localtime", "../zones", ""])
def test_what_is_no_place_on_earth_is_no_zone(name):
    with pytest.raises(KeyError):
        zone_named(name)


def offset_s(zone, second: int) -> int:
    return [offset for start, offset in zip(zone.starts, zone.offsets_s, strict=True) if start <= second * SECOND][-1]


def changes_in_file(name: str) -> list[tuple[int, int, int]]:
    """(second, offset before, offset after) out of a TZif file's 64-bit block (RFC 9636)."""
    data = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    utc, std, leap, times, types, chars = struct.unpack(">6l", data[20:44])
    start = 44 + times * 5 + types * 6 + chars + leap * 8 + std + utc
    _, _, _, times, types, _ = struct.unpack(">6l", data[start + 20 : start + 44])
    start += 44
    seconds = struct.unpack(f">{times}q", data[start : start + 8 * times])
    kinds = data[start + 8 * times : start + 9 * times]
    start += 9 * times
    offsets = [struct.unpack(">l", data[start + 6 * i : start + 6 * i + 4])[0] for i in range(types)]
    before = [0, *kinds[:-1]]
    return [(at, offsets[old], offsets[new]) for at, old, new in zip(seconds, before, kinds, strict=False)]
