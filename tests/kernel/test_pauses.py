"""Days that do not count: where what lives through them ends."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import Calendar, Zone, date_of, day_of_date
from regulars.kernel.pauses import Pause, moved_end, paused_days, stopped, why_paused

SUMMER = Pause(day_of_date(date(2026, 4, 1)), day_of_date(date(2026, 9, 1)), ("expiry",), "No festivals this summer.")
UTC = Calendar(Zone("UTC", (0,), (0,)))


def moved(begin: str, end: str, *pauses: Pause) -> str:
    days = stopped(pauses, "expiry")
    assert days is not None
    return date_of(days.moved(_day(begin), _day(end))).isoformat()


def _day(written: str) -> int:
    return day_of_date(date.fromisoformat(written))


def test_what_is_due_on_30_june_is_due_on_30_november() -> None:
    assert SUMMER.days == 153
    assert moved("2025-06-30", "2026-06-30", SUMMER) == "2026-11-30"


def test_what_lived_through_the_pause_ends_later_though_it_was_due_after_it() -> None:
    assert moved("2025-10-15", "2026-10-15", SUMMER) == "2027-03-17"


def test_what_was_over_before_the_pause_or_began_after_it_stays() -> None:
    assert moved("2025-03-01", "2026-04-01", SUMMER) == "2026-04-01"
    assert moved("2026-09-01", "2027-09-01", SUMMER) == "2027-09-01"


def test_what_begins_during_the_pause_begins_to_count_when_it_is_over() -> None:
    assert moved("2026-08-01", "2026-08-11", SUMMER) == "2026-09-11"


def test_two_pauses_that_overlap_count_once() -> None:
    august = Pause(_day("2026-08-01"), _day("2026-09-11"), ("expiry", "streaks"))
    assert moved("2025-06-30", "2026-06-30", SUMMER, august) == "2026-12-10"
    assert paused_days([SUMMER, august], _day("2026-01-01"), _day("2027-01-01"), "expiry") == 163
    assert paused_days([SUMMER, august], _day("2026-01-01"), _day("2027-01-01"), "streaks") == 41
    assert paused_days([SUMMER, august], _day("2026-01-01"), _day("2027-01-01"), "tier_reset") == 0


def test_a_pause_into_which_something_was_moved_moves_it_again() -> None:
    winter = Pause(_day("2026-11-25"), _day("2026-12-05"), ("expiry",))
    assert moved("2025-06-30", "2026-06-30", SUMMER, winter) == "2026-12-10"


def test_an_end_in_the_middle_of_a_day_keeps_its_time_of_day() -> None:
    days = stopped([SUMMER], "expiry")
    assert days is not None
    begin, noon = UTC.start_of_day(_day("2026-03-30")), UTC.first_at(_day("2026-04-01"), 12 * 60)
    assert UTC.wall_clock(moved_end(days, begin, noon, UTC)) == "2026-09-01 12:00"


def test_members_are_told_why() -> None:
    assert why_paused([SUMMER], "expiry", _day("2026-08-31"), _day("2026-09-30")) == "No festivals this summer."
    assert why_paused([SUMMER], "expiry", _day("2026-09-01"), _day("2026-09-30")) == ""


DAYS = st.integers(0, 400)


@given(st.lists(st.tuples(DAYS, st.integers(1, 90)), min_size=1, max_size=4), DAYS, DAYS, DAYS)
def test_paused_days_are_added_and_nothing_ends_in_a_pause(
    spans: list[tuple[int, int]], begin: int, end: int, later: int
) -> None:
    days = stopped([Pause(first, first + length, ("expiry",)) for first, length in spans], "expiry")
    assert days is not None
    end, later = begin + end, begin + end + later
    moved = days.moved(begin, end)
    assert moved - end == days.between(begin, moved)
    assert days.unmoved(begin, moved) == end
    assert moved - begin <= days.moved(begin, later) - begin
    assert end == begin or not days.holds(moved - 1)
