"""The grocer's year, reckoned twice: by the engine, and by hand. For every household both find the same."""

from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from regulars.library import backtest
from regulars.wire.program import parse_program
from tests.backtesting.by_hand import (
    Level,
    Program,
    Result,
    Rule,
    end_of_month,
    end_of_quarter,
    months_later,
    reckon,
    the_year,
)

CORNER_SHOP = (Path(__file__).parents[2] / "programs/corner-shop/program.yaml").read_text()

NOT_EARNING = {"CIGARETTES", "CIGARS", "TOBACCO OTHER", "COUPON/MISC ITEMS"}
CORNER_SHOP_BY_HAND = Program(
    zone=ZoneInfo("America/New_York"),
    rules=[Rule(Fraction(1), 100, lambda _, category: category not in NOT_EARNING)],
    multipliers=[(Fraction(2), lambda day: day.isoweekday() in (6, 7))],
    lasts=lambda day: end_of_month(months_later(day, 12)),
    levels=[
        Level("silver", 500_00),
        Level("gold", 1500_00, Fraction(12, 10)),
        Level("platinum", 4000_00, Fraction(17, 10), lambda _: date.max),
    ],
    by="spend",
    rolling_months=None,
    keep=True,
)

SEASONS = """
program: seasons
currency: USD
time_zone: America/New_York
points: {hold: 14 days, expire: {after: 3 months, until: end_of_month}}
earning:
  - {id: basket, on: Order Completed, points: 5}
  - {id: goods, on: Order Completed, per: 2.50, points: 3, except: {department: [FUEL, SPIRITS, MISCELLANEOUS]}}
  - {id: fresh, on: Order Completed, per: 1, points: 1.5, only: {department: [PRODUCE, MEAT, SEAFOOD]}}
  - {id: autumn, on: Order Completed, multiply: 1.5, when: {from: 2017-09-01, to: 2017-11-01}}
  - {id: tuesdays, on: Order Completed, multiply: 2, when: {weekday: tuesday, from: 2017-03-01, to: 2017-11-28}}
tiers:
  by: spend
  over: rolling 3 months
  levels:
    - {id: bronze, at: 200}
    - {id: silver, at: 499.99, earn: 1.1}
    - {id: gold, at: 1000, earn: 1.25, points_expire: {after: 6 months}}
"""
SEASONS_BY_HAND = Program(
    zone=ZoneInfo("America/New_York"),
    rules=[
        Rule(Fraction(5), 0),
        Rule(Fraction(3), 250, lambda department, _: department not in {"FUEL", "SPIRITS", "MISCELLANEOUS"}),
        Rule(Fraction(3, 2), 100, lambda department, _: department in {"PRODUCE", "MEAT", "SEAFOOD"}),
    ],
    multipliers=[
        (Fraction(3, 2), lambda day: day.year == 2017 and day.month in (9, 10)),
        (Fraction(2), lambda day: day.isoweekday() == 2 and date(2017, 3, 1) <= day <= date(2017, 11, 27)),
    ],
    lasts=lambda day: end_of_month(months_later(day, 3)),
    levels=[
        Level("bronze", 200_00),
        Level("silver", 499_99, Fraction(11, 10)),
        Level("gold", 1000_00, Fraction(5, 4), lambda day: months_later(day, 6)),
    ],
    by="spend",
    rolling_months=3,
    keep=False,
)

LADDER = """
program: ladder
currency: USD
time_zone: Europe/Stockholm
points: {expire: {after: 5 months, until: end_of_quarter}}
earning:
  - {id: purchase, on: Order Completed, per: 0.75, points: 1, except: {department: FUEL, category: [CIGARETTES, BEERS/ALES]}}
  - {id: fridays, on: Order Completed, multiply: 1.3, when: {weekday: [friday]}}
tiers:
  by: points
  over: calendar_year
  levels:
    - {id: one, at: 300}
    - {id: two, at: 1200, earn: 1.15}
    - {id: three, at: 3600, earn: 1.5, points_expire: never}
"""
LADDER_BY_HAND = Program(
    zone=ZoneInfo("Europe/Stockholm"),
    rules=[
        Rule(
            Fraction(1),
            75,
            lambda department, category: department != "FUEL" and category not in {"CIGARETTES", "BEERS/ALES"},
        )
    ],
    multipliers=[(Fraction(13, 10), lambda day: day.isoweekday() == 5)],
    lasts=lambda day: end_of_quarter(months_later(day, 5)),
    levels=[
        Level("one", 300),
        Level("two", 1200, Fraction(115, 100)),
        Level("three", 3600, Fraction(3, 2), lambda _: date.max),
    ],
    by="points",
    rolling_months=None,
    keep=False,
)


def moment(text):
    return datetime.fromisoformat(text)


JUST_AFTER_THE_LAST_ORDER = moment("2018-01-01T04:01:20.000001Z")


@pytest.fixture(scope="module")
def year():
    return the_year()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("document", "by_hand", "until", "issued", "expired"),
    [
        pytest.param(CORNER_SHOP, CORNER_SHOP_BY_HAND, JUST_AFTER_THE_LAST_ORDER, 6_361_028, 0, id="corner-shop"),
        pytest.param(
            CORNER_SHOP,
            CORNER_SHOP_BY_HAND,
            moment("2018-07-01T12:00:00Z"),
            6_361_028,
            2_741_665,
            id="corner-shop, later",
        ),
        pytest.param(SEASONS, SEASONS_BY_HAND, JUST_AFTER_THE_LAST_ORDER, 8_483_085, 4_516_381, id="seasons"),
        pytest.param(
            LADDER,
            LADDER_BY_HAND,
            moment("2017-12-31T23:00:00Z"),
            6_601_126,
            1_831_485,
            id="ladder, to the turn of the year",
        ),
        pytest.param(
            LADDER,
            LADDER_BY_HAND,
            JUST_AFTER_THE_LAST_ORDER,
            6_605_226,
            3_057_873,
            id="ladder, past the turn of the year",
        ),
        pytest.param(
            LADDER,
            LADDER_BY_HAND,
            moment("2018-06-30T22:00:00.000001Z"),
            6_605_226,
            4_512_862,
            id="ladder, in mid-2018",
        ),
    ],
)
def test_every_household_has_what_it_has_by_hand(year, document, by_hand, until, issued, expired):
    outcome = backtest(parse_program(document), "complete-journey", until=until)
    found = {
        one.customer: Result(one.issued, one.expired, one.outstanding, one.tier, one.spend_minor)
        for one in outcome.customers
    }
    expected = {household: reckon(orders, by_hand, until) for household, orders in year.items()}

    assert found == expected
    assert (outcome.points.issued, outcome.points.expired) == (issued, expired)
