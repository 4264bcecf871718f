"""Calendar arithmetic on the shop's wall."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import (
    DAY,
    HOUR,
    Calendar,
    Duration,
    Zone,
    add,
    add_months,
    date_of,
    day_of_date,
    last_day_of,
    weekday_of,
)
from regulars.kernel.facts import DAWN
from regulars.wire.zones import clock_named, zone_named

NEW_YORK = Calendar(zone_named("America/New_York"))
days = st.integers(day_of_date(date(1970, 1, 2)), day_of_date(date(2099, 12, 30)))


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "Europe/Stockholm",
        "America/Sao_Paulo",
        "America/Havana",
        "Asia/Beirut",
        "Pacific/Apia",
        "UTC",
    ],
)
@given(days)
def test_a_day_begins_at_the_first_instant_that_shows_its_midnight_or_later(zone: str, day: int) -> None:
    calendar = Calendar(zone_named(zone))
    start = calendar.start_of_day(day)
    wall = datetime.fromtimestamp(start / 1e6, clock_named(zone))
    before = datetime.fromtimestamp((start - 1_000_000) / 1e6, clock_named(zone))
    assert before.date() < date_of(day) <= wall.date()


@given(days)
def test_the_day_of_its_own_start_is_the_day(day: int) -> None:
    start = NEW_YORK.start_of_day(day)
    assert NEW_YORK.day_of(start) == day
    assert NEW_YORK.day_of(start - 1) == day - 1


def test_a_day_that_never_was_begins_with_the_next() -> None:
    """Samoa had no 30 December 2011: it crossed the date line."""
    apia = Calendar(zone_named("Pacific/Apia"))
    missing = day_of_date(date(2011, 12, 30))
    assert apia.start_of_day(missing) == apia.start_of_day(missing + 1)
    assert apia.wall_clock(apia.start_of_day(missing)) == "2011-12-31 00:00"


def test_a_zone_keeps_its_first_and_last_offset_beyond_its_changes() -> None:
    calendar = Calendar(Zone("Test/Zone", (DAWN, 0, 10 * DAY), (3600, 7200, 0)))
    assert calendar.wall_clock(-HOUR) == "1970-01-01 00:00"
    assert calendar.wall_clock(0) == "1970-01-01 02:00"
    assert calendar.wall_clock(10 * DAY) == "1970-01-11 00:00"
    assert calendar.start_of_day(-5) == -5 * DAY - HOUR
    assert calendar.start_of_day(30) == 30 * DAY


def test_the_month_around_an_instant_ends_with_the_month_or_with_a_clock_change() -> None:
    """December 2017 in New York, its last instant included; and March, in which the clocks change on the 12th."""
    end = NEW_YORK.start_of_day(day_of_date(date(2018, 1, 1)))
    assert NEW_YORK.month_around(end - 1) == (NEW_YORK.start_of_day(day_of_date(date(2017, 12, 1))), end)
    assert NEW_YORK.month_around(end)[0] == end
    change = 1_489_302_000 * 1_000_000
    before, after = NEW_YORK.month_around(change - 1), NEW_YORK.month_around(change)
    assert (before[1], after[0]) == (change, change)
    assert [NEW_YORK.wall_clock(one) for one in (before[0], after[1])] == ["2017-03-01 00:00", "2017-04-01 00:00"]


def test_looking_back_after_looking_ahead_finds_the_same_day() -> None:
    """What the calendar keeps of the last look never shows."""
    summer, winter = 1_500_000_000 * 1_000_000, 1_485_000_000 * 1_000_000
    assert [NEW_YORK.wall_clock(one) for one in (summer, winter, summer)] == [
        "2017-07-13 22:40",
        "2017-01-21 07:00",
        "2017-07-13 22:40",
    ]
    assert [NEW_YORK.day_of(one) for one in (summer, winter, summer)] == [17360, 17187, 17360]
    assert (NEW_YORK.today(summer).day, NEW_YORK.today(summer).year) == (17360, 2017)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2017-01-31", 1, "2017-02-28"),
        ("2020-01-31", 1, "2020-02-29"),
        ("2020-02-29", 12, "2021-02-28"),
        ("2017-11-30", 3, "2018-02-28"),
        ("2017-03-31", -1, "2017-02-28"),
        ("2017-01-15", -2, "2016-11-15"),
        ("2017-12-31", 0, "2017-12-31"),
        ("2017-12-15", 1, "2018-01-15"),
    ],
)
def test_months_are_calendar_months(start: str, months: int, end: str) -> None:
    assert date_of(add_months(day_of_date(date.fromisoformat(start)), months)).isoformat() == end


@pytest.mark.parametrize(
    ("duration", "end"),
    [
        (Duration(3, "days"), "2017-05-13"),
        (Duration(2, "weeks"), "2017-05-24"),
        (Duration(2, "months"), "2017-07-10"),
        (Duration(2, "years"), "2019-05-10"),
    ],
)
def test_calendar_durations_are_added_to_a_date(duration: Duration, end: str) -> None:
    assert date_of(add(day_of_date(date(2017, 5, 10)), duration)).isoformat() == end


def test_hours_cannot_be_added_to_a_date() -> None:
    with pytest.raises(AssertionError):
        add(0, Duration(3, "hours"))


@pytest.mark.parametrize(
    ("period", "last"),
    [
        ("week", "2017-05-14"),
        ("month", "2017-05-31"),
        ("quarter", "2017-06-30"),
        ("half_year", "2017-06-30"),
        ("year", "2017-12-31"),
    ],
)
def test_the_last_day_of_a_period(period: str, last: str) -> None:
    """10 May 2017 was a Wednesday. The last day of a period is in it, and the day after is not."""
    found = last_day_of(period, day_of_date(date(2017, 5, 10)))  # type: ignore[arg-type]
    assert date_of(found).isoformat() == last
    assert last_day_of(period, found) == found  # type: ignore[arg-type]
    assert last_day_of(period, found + 1) > found  # type: ignore[arg-type]


def test_weeks_begin_on_monday() -> None:
    assert [weekday_of(day_of_date(date(2017, 5, day))) for day in range(8, 15)] == [0, 1, 2, 3, 4, 5, 6]
    assert weekday_of(-1) == 2


@pytest.mark.parametrize(
    ("duration", "least", "most", "words"),
    [
        (Duration(90, "minutes"), 0, 0, "90 minutes"),
        (Duration(48, "hours"), 2, 2, "48 hours"),
        (Duration(1, "days"), 1, 1, "1 day"),
        (Duration(2, "weeks"), 14, 14, "2 weeks"),
        (Duration(1, "months"), 28, 31, "1 month"),
        (Duration(13, "months"), 365 + 28, 366 + 31, "13 months"),
        (Duration(2, "years"), 730, 732, "2 years"),
    ],
)
def test_how_many_days_a_duration_can_be(duration: Duration, least: int, most: int, words: str) -> None:
    assert (duration.days_at_least(), duration.days_at_most(), duration.describe()) == (least, most, words)


def test_a_zones_digest_tells_its_name_and_its_changes_apart() -> None:
    zone = zone_named("America/New_York")
    assert zone.digest() == zone_named("America/New_York").digest()
    assert len(zone.digest()) == 16
    others = [
        Zone("America/Toronto", zone.starts, zone.offsets_s),
        Zone(zone.name, zone.starts[:-1], zone.offsets_s[:-1]),
        Zone(zone.name, zone.starts, (*zone.offsets_s[:-1], 0)),
    ]
    assert len({zone.digest(), *[other.digest() for other in others]}) == 4
