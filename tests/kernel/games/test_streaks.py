"""Streaks: on so many days, weeks or months in a row, by the member's own wall; and cards of stamps."""

from regulars.kernel.calendar import date_of
from regulars.kernel.facts import Line
from tests.kernel.games.playing import Fair, finished, taken_back
from tests.shop import line

DAILY = """
{more}
games:
  time_zones: [Australia/Sydney, Pacific/Apia]
  streaks:
    week: {{on: Tea Logged, every: day, run: 7, again: yes, gives: {{points: 20}}}}
"""


def logs(fair: Fair, month: str, *days: int, hour: str = "10:00") -> list[str]:
    return [game for day in days for game in finished(fair.does("Tea Logged", f"{month}-{day:02} {hour}"))]


def test_seven_days_in_a_row_and_seven_more():
    fair = Fair(DAILY.format(more=""))
    assert logs(fair, "2017-05", 1, 2, 3, 4, 5, 6) == []
    assert fair.at_present("2017-05-06 23:00")["week"] == "6 of 7, 2 days left"
    assert logs(fair, "2017-05", 7) == ["week"]
    assert logs(fair, "2017-05", 8, 9, 10, 11, 12, 13) == []
    assert logs(fair, "2017-05", 14, 14) == ["week"]


def test_a_day_that_is_missed_breaks_it():
    fair = Fair(DAILY.format(more=""))
    assert logs(fair, "2017-05", 1, 2, 3, 5, 6, 7, 8, 9, 10) == []
    assert fair.at_present("2017-05-11 12:00")["week"] == "6 of 7, 1 day left"
    assert fair.at_present("2017-05-12 12:00")["week"] == "0 of 7"
    assert logs(fair, "2017-05", 11) == ["week"]


def test_a_late_day_closes_the_gap():
    fair = Fair(DAILY.format(more=""))
    logs(fair, "2017-05", 1, 2, 3, 5, 6, 7)
    assert logs(fair, "2017-05", 4) == ["week"]


def test_it_goes_over_both_clock_changes_day_by_day():
    """On 12 March New York has 23 hours, on 5 November 25; a minute before midnight is still that day."""
    fair = Fair(DAILY.format(more=""))
    assert logs(fair, "2017-03", *range(9, 16), hour="23:59") == ["week"]
    assert logs(fair, "2017-11", *range(2, 9), hour="00:00") == ["week"]


def test_days_are_the_members_own_once_they_tell_their_zone():
    """Ten in the evening in New York is one in the afternoon of the next day in Sydney."""
    at_home = Fair(DAILY.format(more=""))
    away = Fair(DAILY.format(more=""))
    away.tells("App Opened", "2017-05-01 08:00", time_zone="Australia/Sydney")
    for fair in (at_home, away):
        logs(fair, "2017-05", 1, 2, 3, 4, 5, 6, hour="08:00")
    # Half past eight in the evening of the 6th is the 7th in Sydney already.
    assert logs(at_home, "2017-05", 6, hour="20:30") == []
    assert logs(away, "2017-05", 6, hour="20:30") == ["week"]


def test_a_day_that_never_was_in_apia_breaks_a_streak_like_any_other():
    """Samoa went from 29 to 31 December 2011: no 30th could be lived, and the calendar has one all the same."""
    fair = Fair(DAILY.format(more=""), zone="Pacific/Apia")
    assert logs(fair, "2011-12", 25, 26, 27, 28, 29, 31) == []
    assert fair.at_present("2011-12-31 12:00")["week"] == "1 of 7, 2 days left"


def test_a_pause_does_not_break_it():
    fair = Fair(DAILY.format(more="pauses: [{from: 2017-05-04, to: 2017-05-08, stops: streaks}]"))
    assert logs(fair, "2017-05", 1, 2, 3, 8, 9, 10) == []
    assert fair.at_present("2017-05-10 12:00")["week"] == "6 of 7, 2 days left"
    assert logs(fair, "2017-05", 11) == ["week"]


def test_weeks_begin_on_monday_and_months_on_the_first():
    fair = Fair("""
games:
  streaks:
    weekly: {every: week, run: 2, gives: {points: 5}}
    monthly: {every: month, run: 3, gives: {points: 50}}
""")
    fair.buys("2017-01-01 12:00", "5.00")
    assert date_of(fair.program.calendar.day_of(fair.at("2017-01-01 12:00"))).weekday() == 6
    assert finished(fair.buys("2017-01-02 12:00", "5.00")) == ["weekly"]
    fair.buys("2017-02-28 12:00", "5.00")
    assert finished(fair.buys("2017-03-31 12:00", "5.00", id="march")) == ["monthly"]
    assert taken_back(fair.returns("march", "2017-04-02 12:00")) == ["monthly"]


COFFEE = """
perks: {free-coffee: {title: A free coffee}}
games:
  stamps: {coffee: {only: {category: coffee}, counts: items, times: 9, gives: {perk: free-coffee, within: 30 days}}}
"""


def cups(count: int, amount: str = "3.00") -> Line:
    one = line(amount, {"category": "coffee"})
    return Line(one.amount_minor * count, count, one.properties)


def test_nine_are_bought_and_the_tenth_is_free():
    fair = Fair(COFFEE)
    fair.buys("2017-03-01 08:00", cups(8))
    assert fair.at_present("2017-03-01 09:00")["coffee"] == "8 of 9"
    assert finished(fair.buys("2017-03-02 08:00", cups(3))) == ["coffee"]
    assert fair.at_present("2017-03-02 09:00")["coffee"] == "2 of 9"
    played = fair.played
    assert played.grant_of("free-coffee", fair.at("2017-04-01 23:59")) is not None
    assert played.grant_of("free-coffee", fair.at("2017-04-02 00:00")) is None
    fair.tells("Perk Used", "2017-03-03 08:00", perk="free-coffee")
    assert list(fair.played.grants) == []
    assert finished(fair.buys("2017-03-04 08:00", cups(16))) == ["coffee", "coffee"]


def test_a_cup_that_costs_nothing_brings_no_stamp_and_one_that_goes_back_takes_its_own():
    fair = Fair(COFFEE)
    fair.buys("2017-03-01 08:00", cups(8))
    fair.buys("2017-03-02 08:00", cups(1, "0.00"))
    assert fair.at_present("2017-03-02 09:00")["coffee"] == "8 of 9"
    fair.buys("2017-03-03 08:00", cups(1), id="ninth")
    assert len(list(fair.played.grants)) == 1
    assert taken_back(fair.returns("ninth", "2017-03-04 08:00")) == ["coffee"]
    assert list(fair.played.grants) == []
    assert fair.at_present("2017-03-05 09:00")["coffee"] == "8 of 9"
