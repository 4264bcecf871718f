"""When a rule holds beside its days: hours, days that come again, for whom, where, how much; and what is counted of a deed."""

import pytest

from regulars.kernel.facts import Behaved
from tests.shop import Shop, earned, line, program, refused

HAPPY = """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: happy, on: Order Completed, points: 50, when: {%s}}
"""


def happy(when: str, *times: str) -> list[int]:
    shop = Shop(HAPPY % when)
    return [earned(shop.buys(time, "10.00")).get("happy", 0) for time in times]


def test_hours_are_half_open() -> None:
    assert happy('hours: "17:00-20:00"', "2017-03-01 16:59", "2017-03-01 17:00", "2017-03-01 19:59", "2017-03-01 20:00") == [
        0, 50, 50, 0,
    ]  # fmt: skip


def test_hours_over_midnight_belong_to_the_day_on_which_they_began() -> None:
    friday_night = 'hours: "22:00-02:00", weekday: friday'
    times = "2017-03-03 01:00", "2017-03-03 22:00", "2017-03-04 01:59", "2017-03-04 02:00", "2017-03-04 22:30"
    assert happy(friday_night, *times) == [0, 50, 50, 0, 0]


def test_days_that_come_again() -> None:
    first_friday = 'recurs: "FREQ=MONTHLY;BYDAY=1FR"'
    assert happy(first_friday, "2017-03-02 12:00", "2017-03-03 12:00", "2017-03-10 12:00", "2017-04-07 12:00") == [
        0,
        50,
        0,
        50,
    ]
    every_other = 'recurs: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", from: 2017-03-06'
    assert happy(every_other, "2017-03-06 09:00", "2017-03-13 09:00", "2017-03-20 09:00") == [50, 0, 50]


def test_several_hours() -> None:
    assert happy(
        'hours: ["08:00-09:00", "17:00-18:00"]', "2017-03-01 08:30", "2017-03-01 12:00", "2017-03-01 17:30"
    ) == [50, 0, 50]


def test_a_level_and_none() -> None:
    shop = Shop(
        HAPPY % "tier: [gold]"
        + "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}, {id: gold, at: 100}]}\n"
    )
    found = [earned(shop.buys(f"2017-03-0{day} 12:00", "60.00")).get("happy", 0) for day in (1, 2, 3)]
    assert found == [0, 0, 50], "the level before the order decides"


def test_a_segment_at_that_moment() -> None:
    shop = Shop(HAPPY % "segment: regulars" + "segments: {regulars: {did: Order Completed, at_least: 2}}\n")
    assert [earned(shop.buys(f"2017-03-0{day} 12:00", "10.00")).get("happy", 0) for day in (1, 2, 3)] == [0, 0, 50]


def test_from_so_much_on_it_says_what_is_missing() -> None:
    shop = Shop(HAPPY % "at_least: 50.00")
    too_little = shop.buys("2017-03-01 12:00", "49.99")
    assert refused(too_little) == {"happy": "below_minimum"}
    assert "No points by “happy”: 49.99 USD counts for it, and it begins at 50.00 USD." in shop.sentences(too_little)
    assert earned(shop.buys("2017-03-02 12:00", "50.00"))["happy"] == 50


def test_the_least_counts_only_what_counts_for_the_rule() -> None:
    rule = "{id: tea, on: Order Completed, per: 1.00, points: 2, only: {category: tea}, when: {at_least: 20.00}}"
    shop = Shop(f"earning: [{rule}]")
    assert refused(shop.buys("2017-03-01 12:00", line("19.00", {"category": "tea"}), "50.00")) == {
        "tea": "below_minimum"
    }
    assert earned(shop.buys("2017-03-02 12:00", line("20.00", {"category": "tea"}))) == {"tea": 40}


def test_a_channel_a_store_and_any_property() -> None:
    shop = Shop(HAPPY % 'channel: web, where: {category: {starts_with: "te"}}')
    properties = [{"channel": "web", "category": "tea"}, {"channel": "till", "category": "tea"}, {"channel": "web"}]
    bought = [earned(shop.buys("2017-03-01 12:00", line("5.00", one))).get("happy", 0) for one in properties]
    assert bought == [50, 0, 0]
    assert shop.program.program.line_properties() >= {"channel", "category"}


def test_a_multiplier_has_circumstances_too() -> None:
    shop = Shop("""
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: happy-hour, on: Order Completed, multiply: 2, when: {hours: "17:00-20:00"}}
""")
    assert [earned(shop.buys(f"2017-03-01 {hour}:00", "10.00")) for hour in (12, 17)] == [
        {"purchase": 10},
        {"purchase": 20},
    ]


def worked_out(shop: Shop, **said: str) -> dict[str, int] | dict[str, str]:
    moment = shop.at("2017-03-01 12:00")
    effects = shop.takes(Behaved(f"run-{len(shop.facts)}", "ada", moment, moment, "test", "Workout Logged", said))
    return earned(effects) or refused(effects)


RUNS = "earning: [{id: run, on: Workout Logged, per: {property: km, each: 2.5}, points: 3}]"


def test_so_many_points_for_each_so_many_of_a_property() -> None:
    shop = Shop(RUNS)
    assert worked_out(shop, km="10.4") == {"run": 12}
    assert worked_out(shop, km="2.4") == {"run": "below_one_unit"}
    assert worked_out(shop, km="far") == {"run": "nothing_eligible"}
    assert worked_out(shop) == {"run": "nothing_eligible"}
    assert worked_out(shop, km="-10") == {"run": "below_one_unit"}
    assert worked_out(shop, km="9" * 30) == {"run": "nothing_eligible"}


def test_it_tells_what_it_counted() -> None:
    shop = Shop(RUNS)
    assert worked_out(shop, km="10.4")
    said = shop.sentences(shop.effects)
    assert any("4 × 2.5 “km” in “Workout Logged”, 3 points each" in one for one in said), said
    assert worked_out(shop, km="1")
    assert shop.sentences(shop.effects)[-1] == "No points by “run”: “km” is less than 2.5."


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ('hours: "22:00-02:00"', "50 points for each order, between 22:00 and 02:00."),
        ('recurs: "FREQ=MONTHLY;BYDAY=1FR"', "50 points for each order, every month on the 1st Friday."),
        ("channel: web", "50 points for each order, where channel is “web”."),
        ("at_least: 50.00, weekday: monday", "50 points for each order on Mondays, from 50.00 USD on."),
    ],
)
def test_a_condition_says_itself(when: str, sentence: str) -> None:
    described = program(HAPPY % when).program.describe()
    assert sentence in described, described
