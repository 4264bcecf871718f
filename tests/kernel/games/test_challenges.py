"""Challenges: these things, so many times each, within so many days; and milestones, over all time."""

from regulars.kernel.effects import Entry, Posted
from tests.kernel.games.playing import Fair, finished, taken_back
from tests.shop import earned, line

TALK = """
games:
  challenges:
    talk: {do: [{times: 2}, {on: Product Reviewed}], within: 10 days, again: yes, gives: {points: 50, badge: Talker}}
  milestones:
    third: {by: orders, at: 3, gives: {points: 7}}
    rich: {by: spend, at: 100.00, gives: {badge: Rich}}
    saver: {by: points, at: 120, gives: {badge: Saver}}
"""


def test_a_challenge_is_met_once_all_of_it_is_done_within_its_days():
    fair = Fair(TALK)
    fair.buys("2017-03-01 10:00", "5.00")
    assert fair.at_present("2017-03-01 12:00")["talk"] == "1 of 2, 0 of 1, 10 days left"
    fair.buys("2017-03-05 10:00", "5.00")
    assert fair.at_present("2017-03-09 12:00")["talk"] == "2 of 2, 0 of 1, 2 days left"
    assert finished(fair.does("Product Reviewed", "2017-03-11 10:00")) == []
    assert fair.at_present("2017-03-11 12:00")["talk"] == "1 of 2, 1 of 1, 4 days left"
    effects = fair.buys("2017-03-12 10:00", "5.00")
    assert finished(effects) == ["talk", "third"]
    assert earned(effects) == {"purchase": 5, "game:talk": 50, "game:third": 7}
    assert fair.played.badges() == ["Talker"]


def test_what_counted_once_counts_for_no_other_time():
    fair = Fair(TALK)
    for day in ("01", "02", "03"):
        fair.buys(f"2017-03-{day} 10:00", "5.00")
    assert finished(fair.does("Product Reviewed", "2017-03-03 11:00")) == ["talk"]
    assert finished(fair.does("Product Reviewed", "2017-03-04 11:00")) == []
    fair.buys("2017-03-05 10:00", "5.00")
    assert finished(fair.buys("2017-03-06 10:00", "5.00")) == ["talk"]
    assert fair.played.games["talk"].times == 2


def test_a_late_fact_counts_where_it_belongs():
    fair = Fair(TALK)
    fair.buys("2017-03-01 10:00", "5.00")
    fair.buys("2017-03-20 10:00", "5.00")
    fair.buys("2017-03-22 10:00", "5.00")
    assert finished(fair.does("Product Reviewed", "2017-03-21 10:00")) == ["talk"]


def test_an_order_that_goes_back_takes_back_what_it_had_met_as_far_as_it_is_left():
    fair = Fair(TALK)
    fair.does("Product Reviewed", "2017-03-01 09:00")
    fair.buys("2017-03-01 10:00", "5.00", id="one")
    fair.buys("2017-03-02 10:00", "5.00", id="two")
    assert fair.available == 60
    effects = fair.returns("two", "2017-03-05 10:00")
    assert taken_back(effects) == ["talk"]
    assert fair.available == 5
    back = [one.points for one in effects if isinstance(one, Posted) and one.entry is Entry.EARN_REVERSAL]
    assert sorted(back) == [5, 50]
    assert fair.played.badges() == []
    assert finished(fair.buys("2017-03-06 10:00", "5.00")) == ["talk"], "it can be met anew"


def test_a_part_that_goes_back_leaves_an_order_an_order():
    fair = Fair(TALK)
    fair.does("Product Reviewed", "2017-03-01 09:00")
    fair.buys("2017-03-01 10:00", "5.00")
    fair.buys("2017-03-02 10:00", "5.00", id="two")
    assert taken_back(fair.returns("two", "2017-03-05 10:00", 300)) == []
    assert taken_back(fair.returns("two", "2017-03-06 10:00", 200)) == ["talk"]


def test_a_milestone_is_reached_once():
    fair = Fair(TALK)
    assert finished(fair.buys("2017-03-01 10:00", "100.00", id="big")) == ["rich"]
    assert finished(fair.buys("2017-04-01 10:00", "25.00")) == ["saver"]
    assert fair.played.badges() == ["Rich", "Saver"]
    assert set(taken_back(fair.returns("big", "2017-04-03 10:00"))) == {"rich", "saver"}
    assert finished(fair.buys("2017-05-01 10:00", "250.00")) == ["rich", "saver"]


def test_only_some_goods_and_only_some_days_count():
    fair = Fair("""
games:
  challenges:
    spring: {do: {only: {category: tea}, counts: items, times: 2}, from: 2017-03-20, to: 2017-04-01, gives: {points: 9}}
""")
    tea, soap = line("5.00", {"category": "tea"}), line("5.00", {"category": "soap"})
    fair.buys("2017-03-19 23:59", tea)
    fair.buys("2017-03-20 00:00", tea, soap)
    assert fair.at_present("2017-03-25 00:00")["spring"] == "1 of 2, 7 days left"
    assert finished(fair.buys("2017-04-01 00:00", tea)) == []
    assert fair.at_present("2017-04-01 00:00")["spring"] == "over"
    assert finished(fair.buys("2017-03-31 23:59", tea)) == ["spring"], "late, but of a day that counts"
