"""Days that come again, held against another's reading of RFC 5545."""

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.kernel.calendar import date_of, day_of_date
from regulars.kernel.recurrences import compile_recurrence
from regulars.wire.recurrences import WEEKDAYS, parse_recurrence
from regulars.wire.shapes import Unreadable

START = date(2016, 2, 29)


def ours(written: str, start: date, days: int) -> list[date]:
    found = parse_recurrence(written)
    assert found is not None
    holds = compile_recurrence(replace(found, start=day_of_date(start)))
    return [date_of(day) for day in range(day_of_date(start), day_of_date(start) + days) if holds(day)]


def theirs(written: str, start: date, days: int) -> list[date]:
    begin = datetime(start.year, start.month, start.day)  # noqa: DTZ001
    rule = rrulestr(f"{written}", dtstart=begin)
    return [one.date() for one in rule.between(begin, begin + timedelta(days=days - 1), inc=True)]


@pytest.mark.parametrize(
    "written",
    [
        "FREQ=MONTHLY;BYDAY=1FR",
        "FREQ=MONTHLY;BYDAY=-1MO,2TU",
        "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=MONTHLY;BYMONTHDAY=-1,15",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA",
        "FREQ=DAILY;INTERVAL=10;BYMONTH=3",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY",
        "FREQ=WEEKLY",
        "FREQ=MONTHLY;INTERVAL=5",
        "FREQ=WEEKLY;BYDAY=FR;UNTIL=20160801",
    ],
)
def test_what_shops_say(written: str) -> None:
    found = ours(written, START, 3_000)
    assert found == theirs(written, START, 3_000)
    assert found


@st.composite
def recurrences(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    numbered = frequency in ("MONTHLY", "YEARLY")
    # Numbered and plain ones together are read differently by others: here any of them will do.
    numbers = st.sampled_from(["1", "2", "-1", "5"] if numbered and draw(st.booleans()) else [""])
    weekdays = st.lists(
        st.builds(lambda n, day: n + day, numbers, st.sampled_from(WEEKDAYS)), min_size=1, max_size=3, unique=True
    )
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 4))}")
    if draw(st.booleans()):
        parts.append(f"BYDAY={','.join(draw(weekdays))}")
    if frequency != "WEEKLY" and draw(st.booleans()):
        days = st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=3, unique=True)
        parts.append(f"BYMONTHDAY={','.join(map(str, draw(days)))}")
    if draw(st.booleans()):
        months = st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True)
        parts.append(f"BYMONTH={','.join(map(str, draw(months)))}")
    # Of the week that the start cuts in two, others count places from the start on: here a week is a whole one.
    if "BYDAY" in parts[-1] and numbered and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from([1, 2, -1]))}")
    return ";".join(parts)


@given(recurrences(), st.dates(date(2016, 1, 1), date(2020, 12, 31)))
def test_whatever_can_be_said(written: str, start: date) -> None:
    assert ours(written, start, 1_200) == theirs(written, start, 1_200)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("FREQ=HOURLY", "FREQ to be DAILY"),
        ("FREQ=DAILY;COUNT=3", "for COUNT say “to”"),
        ("FREQ=WEEKLY;BYDAY=1FR", "only in months and years"),
        ("FREQ=MONTHLY;BYDAY=XX", "weekdays such as FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "numbers from -31 to 31"),
        ("FREQ=MONTHLY;FREQ=DAILY", "each part of a recurrence once"),
        ("FREQ=DAILY;UNTIL=2017", "a day such as 20171231"),
    ],
)
def test_what_is_no_recurrence(written: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        parse_recurrence(written)


def test_it_says_itself() -> None:
    def said(written: str) -> str:
        found = parse_recurrence(written)
        assert found is not None
        return found.describe()

    assert said("FREQ=MONTHLY;BYDAY=1FR") == "every month on the 1st Friday"
    assert said("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA") == "every 2 weeks on Tuesdays or Saturdays"
    assert said("FREQ=MONTHLY;BYMONTHDAY=-1;BYMONTH=2,5") == "every month on the last day in February and May"
    assert said("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13") == "every month on Fridays, if they are on the 13th"
