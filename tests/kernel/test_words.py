"""What people read: rules, effects and changes as sentences."""

from fractions import Fraction

import pytest

from regulars.kernel.changes import changes
from regulars.kernel.terms import Currency, PointsName, listed, plain
from regulars.wire.program import parse_program
from tests.shop import Shop, line, program

WHOLE = """
members: those_who_join
points: {name: {one: star, other: stars}, worth: 0.015, hold: 14 days, expire: {after: 12 months, until: end_of_half_year}}
earning:
  - {id: purchase, on: Order Completed, per: 2.00, points: 1.5, except: {category: [gift-cards, stamps], brand: Acme}}
  - {id: tea, on: Order Completed, points: 1, only: {category: [tea, coffee], size: S}, when: {weekday: [sunday, saturday]}}
  - {id: double, on: Order Completed, multiply: 2, when: {from: 2017-07-01, to: 2017-08-01}}
  - {id: triple, on: Product Reviewed, multiply: 3}
  - {id: welcome, on: Member Joined, points: 100}
  - {id: review, on: Product Reviewed, points: 50}
tiers:
  by: spend
  over: calendar_year
  keep: {until: end_of_next_year}
  levels:
    - {id: silver, at: 500}
    - {id: gold, at: 1500, earn: 1.2, points_expire: {after: 24 months}}
    - {id: platinum, at: 4000, earn: 1.7, points_expire: never}
"""


def test_a_program_tells_itself_in_sentences() -> None:
    assert program(WHOLE).program.describe() == [
        "Those who join are members.",
        (
            "One star costs the shop 0.015 USD. They are pending for 14 days. "
            "Stars expire after 12 months, at the end of that half-year."
        ),
        "1.5 stars for each whole 2.00 USD spent, except on category gift-cards or stamps or brand Acme.",
        "1 star for each order on category tea or coffee and size S on Saturdays and Sundays.",
        "2 times the stars from 2017-07-01 until the end of 2017-07-31.",
        "3 times the stars for “Product Reviewed”.",
        "100 stars for joining.",
        "50 stars for each “Product Reviewed”.",
        (
            "Tiers go by what is spent in a calendar year, and kept to the end of the next year: silver from 500.00 USD; "
            "gold from 1,500.00 USD, 1.2 times the stars, stars earned there expire after 24 months; "
            "platinum from 4,000.00 USD, 1.7 times the stars, stars earned there never expire."
        ),
    ]


def test_the_plainest_program_is_told_plainly() -> None:
    assert program().program.describe() == [
        "Every customer is a member.",
        "One point costs the shop 0 USD. They never expire.",
        "1 point for each whole 1.00 USD spent.",
        "There are no tiers.",
    ]


@pytest.mark.parametrize(
    ("over", "told"), [("rolling 12 months", "in the last 12 months"), ("rolling 1 month", "in the last month")]
)
def test_rolling_tiers_by_points_are_told(over: str, told: str) -> None:
    rules = program(f"tiers: {{by: points, over: {over}, levels: [{{id: silver, at: 1}}]}}").program
    assert rules.describe()[-1] == f"Tiers go by the points earned {told}: silver from 1 point."


def test_an_open_window_is_told_from_its_first_day() -> None:
    rules = program(
        "earning: [{id: visit, on: Order Completed, points: 2, when: {weekday: friday, from: 2017-07-01}}]"
    ).program
    assert rules.describe()[2] == "2 points for each order on Fridays from 2017-07-01."


EARNING = """
points: {name: {one: star, other: stars}, hold: 2 days, expire: {after: 1 month}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1, except: {category: stamps}}
  - {id: weekend, on: Order Completed, multiply: 2, when: {weekday: [saturday, sunday]}}
  - {id: review, on: Product Reviewed, points: 1}
  - {id: welcome, on: Member Joined, points: 5}
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 45}, {id: gold, at: 500, earn: 1.2, points_expire: never}]}
"""


def test_why_ninety_stars() -> None:
    shop = Shop(EARNING)
    assert shop.sentences(shop.buys("2017-03-04 12:00", "45.80")) == [
        (
            "90 stars by “purchase”: 45 × 1.00 USD in 45.80 USD, 1 star each, times 2 (“weekend”); "
            "pending until the end of 2017-03-06; they last until the end of 2017-04-04."
        ),
        "Reached silver: 45.00 USD in a calendar year.",
    ]
    assert shop.sentences(shop.does("Product Reviewed", "2017-03-05 12:00")) == [
        (
            "1 star by “review”: 1 star for “Product Reviewed”; "
            "pending until the end of 2017-03-07; they last until the end of 2017-04-05."
        )
    ]
    assert shop.sentences(shop.sees("2017-03-07 00:00")) == [
        "90 stars can be spent from now on: the time for returns is over."
    ]
    assert shop.sentences(shop.sees("2017-04-05 12:00")) == [
        "1 star can be spent from now on: the time for returns is over.",
        "90 stars expired: they could be spent until the end of 2017-04-04.",
    ]


def test_why_gold_and_why_no_longer() -> None:
    shop = Shop(EARNING)
    shop.buys("2017-03-04 12:00", "500.00")
    assert shop.sentences(shop.buys("2017-03-05 12:00", "10.00")) == [
        (
            "24 stars by “purchase”: 10 × 1.00 USD in 10.00 USD, 1 star each, times 2 (“weekend”) and times 1.2 (“gold”); "
            "pending until the end of 2017-03-07; they never expire."
        )
    ]
    assert (
        shop.sentences(shop.sees("2018-01-01 00:00"))[-1] == "No longer gold at the turn of the year: no level is left."
    )


def test_why_a_rolling_level_went() -> None:
    shop = Shop("tiers: {by: points, over: rolling 1 month, levels: [{id: silver, at: 5}, {id: gold, at: 50}]}")
    shop.buys("2017-03-01 12:00", "45.00")
    assert shop.sentences(shop.buys("2017-03-10 12:00", "5.00"))[-1] == "Reached gold: 50 points in the last month."
    assert shop.sentences(shop.sees("2017-06-01 12:00")) == [
        "No longer gold, for what counts in the last month is not enough: silver is left.",
        "No longer silver, for what counts in the last month is not enough: no level is left.",
    ]


def test_why_nothing() -> None:
    shop = Shop(EARNING)
    assert shop.sentences(shop.buys("2017-03-01 12:00", "0.50")) == [
        "No stars by “purchase”: 0.50 USD is not enough for one."
    ]
    assert shop.sentences(shop.buys("2017-03-01 12:00", line("9.00", {"category": "stamps"}))) == [
        "No stars by “purchase”: none of the lines counts for it."
    ]
    assert shop.sentences(shop.joins("2017-03-02 12:00")) == [
        "Became a member.",
        "5 stars by “welcome”: 5 stars for joining; pending until the end of 2017-03-04; they last until the end of 2017-04-02.",
    ]
    visit = Shop("earning: [{id: visit, on: Order Completed, points: 5}]")
    assert visit.sentences(visit.buys("2017-03-01 12:00", "0.50")) == [
        "5 points by “visit”: 5 points for the order; they never expire."
    ]
    assert shop.sentences(shop.joins("2017-03-03 12:00")) == [
        "Joined again: a member already, so nothing more is given for joining."
    ]
    shop = Shop("members: those_who_join\n" + EARNING)
    assert shop.sentences(shop.buys("2017-03-01 12:00", "9.00")) == [
        "No stars by “purchase”: not a member at that time."
    ]


def test_a_plan_tells_what_changes_in_the_order_of_the_document() -> None:
    old, new = (
        program(WHOLE).program,
        program(WHOLE.replace("at: 500", "at: 600").replace("points: 100", "points: 150")).program,
    )
    assert changes(old, old) == []
    assert changes(old, new) == [
        "The rule “welcome” is now: 150 stars for joining. Before: 100 stars for joining.",
        "The level “silver” is now: silver from 600.00 USD. Before: silver from 500.00 USD.",
    ]


def test_values_in_another_order_change_nothing() -> None:
    old = program(WHOLE).program
    new = program(
        WHOLE.replace("[gift-cards, stamps]", "[stamps, gift-cards, stamps]").replace("[tea, coffee]", "[coffee, tea]")
    )
    assert changes(old, new.program) == []
    assert new.version == program(WHOLE).version


def test_a_plan_tells_what_is_new_and_what_is_gone() -> None:
    old = program(
        """
earning:
  - {id: a, on: Order Completed, points: 1}
  - {id: b, on: Order Completed, points: 2}
  - {id: c, on: Order Completed, points: 3}
"""
    ).program
    new = program(
        """
earning:
  - {id: c, on: Order Completed, points: 3}
  - {id: b, on: Order Completed, points: 2}
  - {id: d, on: Order Completed, points: 4}
tiers: {by: points, over: rolling 2 months, levels: [{id: silver, at: 10}]}
"""
    ).program
    silver = "Tiers go by the points earned in the last 2 months: silver from 10 points."
    assert changes(old, new) == [
        "The rule “a” is gone: 1 point for each order.",
        "New rule “d”: 4 points for each order.",
        "The rules stand in another order: c and b.",
        f"New: {silver}",
    ]
    assert changes(new, old)[-1] == "There are no tiers any more; there were silver."


def test_a_plan_tells_changed_settings() -> None:
    old = parse_program(
        "{program: one, currency: USD, time_zone: America/New_York, earning: [{id: a, on: Order Completed, points: 1}],"
        " tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 10}]}}"
    ).program
    new = parse_program(
        "{program: two, currency: SEK, time_zone: Europe/Stockholm, members: those_who_join, points: {worth: 0.1},"
        " earning: [{id: a, on: Order Completed, points: 1}],"
        " tiers: {by: points, over: rolling 3 months, levels: [{id: silver, at: 10}]}}"
    ).program
    assert changes(old, new) == [
        "The program is called two; it was one.",
        "Amounts are in SEK; it was USD.",
        "Members are those who join; it was everyone.",
        "Days are read in Europe/Stockholm; it was America/New_York.",
        "Points: One point costs the shop 0.1 SEK. They never expire. Before: One point costs the shop 0 USD. They never expire.",
        "Tiers go by points in the last 3 months; they went by spend in a calendar year.",
        "The level “silver” is now: silver from 10 points. Before: silver from 10.00 USD.",
    ]


def test_money_points_and_lists_in_words() -> None:
    usd, yen, dinar = Currency("USD", 2), Currency("JPY", 0), Currency("KWD", 3)
    assert [usd.money(123_456_789), usd.money(-5), usd.money(0)] == ["1,234,567.89 USD", "-0.05 USD", "0.00 USD"]
    assert [yen.money(1234), dinar.money(1234)] == ["1,234 JPY", "1.234 KWD"]
    name = PointsName("star", "stars")
    assert [name.points(0), name.points(1), name.points(2), name.points(1000)] == [
        "0 stars",
        "1 star",
        "2 stars",
        "1,000 stars",
    ]
    assert [plain(Fraction(*pair)) for pair in ((6, 5), (-1, 8), (2, 3), (4, 1), (12345, 10))] == [
        "1.2",
        "-0.125",
        "2/3",
        "4",
        "1,234.5",
    ]
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")] == [
        "",
        "a",
        "a and b",
        "a, b or c",
    ]


WAYS = """
tiers:
  by: {times: Yoga Done}
  over: {year_from: 04-01}
  down: {by: one}
  grace: 1 day
  warn: 2 weeks
  levels: [{id: calm, at: 5, gives: {points: 100}}, {id: calmer, at: 10, gives: {points: 7, again: yes}}]
"""


def test_how_levels_come_and_go_is_told() -> None:
    assert program(WAYS).program.describe()[-1] == (
        "Tiers go by how often “Yoga Done” was done in a year that begins on 1 April: calm from 5 times “Yoga Done”, 100 points"
        " for entering it, once; calmer from 10 times “Yoga Done”, 7 points for entering it, every time."
        " At a reset a level is lost by one step at most."
        " A level that would be lost is kept for 1 day more; reaching it within them keeps it."
        " The end of a level is told 14 days before."
    )


@pytest.mark.parametrize(
    ("over", "told"),
    [
        (
            "since_joining, keep: {until: end_of_next_year}",
            "in a year from the day of joining, and kept to the end of the next one",
        ),
        ("{year_from: 02-29}", "in a year that begins on 29 February"),
        ("{since_entry: 1 year}", "in the last 12 months, each level for as long from its entry"),
        ("{since_entry: 1 month}", "in the last month, each level for as long from its entry"),
        ("lifetime", "over all the time"),
    ],
)
def test_the_time_over_which_levels_go_is_told(over: str, told: str) -> None:
    rules = program(
        f"members: those_who_join\ntiers: {{by: orders, over: {over}, levels: [{{id: silver, at: 1}}]}}"
    ).program
    assert rules.describe()[-1] == f"Tiers go by the number of orders {told}: silver from 1 order."


def test_a_plan_tells_how_levels_come_and_go_now() -> None:
    usual = "tiers: {by: visits, over: calendar_year, levels: [{id: silver, at: 3}]}"
    at_next = usual.replace("levels", "up: at_next_period, after_return: at_once, levels")
    assert changes(program(usual).program, program(at_next).program) == [
        "Of levels it holds now: A level is given when the next year begins, for that year.",
        "Of levels it holds now: A level that a return takes back is lost at once.",
    ]
    assert changes(program(at_next).program, program(usual.replace("levels", "down: never, levels")).program) == [
        "Of levels it holds now: A level is never lost.",
        "Of levels it no longer holds: A level is given when the next year begins, for that year.",
        "Of levels it no longer holds: A level that a return takes back is lost at once.",
    ]


def test_why_a_level_is_kept_and_when_it_ends() -> None:
    shop = Shop(WAYS.replace("down: {by: one}", "keep: {until: end_of_next_year}"))
    for _ in range(5):
        shop.does("Yoga Done", "2017-05-01 12:00")
    assert shop.sentences(shop.sees("2020-01-01 12:00")) == [
        "calm ends after 2019-03-31, unless 5 times “Yoga Done” more come before.",
        "calm is kept until the end of 2019-04-01, and for longer if it is reached again by then.",
        "No longer calm as a new year begins: no level is left.",
    ]
    shop = Shop("tiers: {by: orders, over: {since_entry: 1 month}, levels: [{id: silver, at: 1}]}")
    assert (
        shop.sentences(shop.buys("2017-05-01 12:00", "1.00"))[-1]
        == "silver holds until the end of 2017-06-01, whatever comes."
    )
