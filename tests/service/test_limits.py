"""Limits hold in a shop that runs: live, told beforehand, in whatever parts it comes, and as in a backtest."""

from pathlib import Path

from regulars.backtesting.run import open_history, run
from regulars.wire.orders import OrdersFile
from regulars.wire.program import parse_program
from tests.backtesting.test_returns import importing_done
from tests.service.test_forecast import would
from tests.service.town import Town, did, order
from tests.shop import HEADER

RULES = """
points: {worth: 0.01, limit: {points: 150, per: month, over: clamp}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1, limit: {points: 100, per: week, over: clamp}}
  - {id: visit, on: Order Completed, points: 10, limit: {times: 1, per: day}}
  - {id: follow, on: Social Followed, points: 25, limit: {times: 1, per: network}}
"""
ROWS = """customer,order,happened_at,amount,event,id,network
ada,1,2017-03-01T12:00:00-05:00,60.00,,,
ada,2,2017-03-01T18:00:00-05:00,60.00,,,
ada,,2017-03-02T12:00:00-05:00,,Social Followed,f1,instagram
ada,,2017-03-03T12:00:00-05:00,,Social Followed,f2,Instagram
ada,,2017-05-03T12:00:00-04:00,,Social Followed,f3,tiktok
ada,1,2017-03-04T12:00:00-05:00,30.00,Order Refunded,,
ada,3,2017-03-05T12:00:00-05:00,60.00,,,
ada,4,2017-03-07T12:00:00-05:00,90.00,,,
ada,5,2017-04-01T12:00:00-05:00,90.00,,,
"""


def test_the_live_shop_comes_to_what_a_backtest_says(town: Town, tmp_path: Path) -> None:
    """60 and 10; of the second 40; 25 for following; 30 go back and are free again; 30 and 10; then 5 are left of the month."""
    file = tmp_path / "orders.csv"
    file.write_text(ROWS)
    program = parse_program(HEADER.format(zone="America/New_York") + RULES)
    source = OrdersFile(file)
    [outcome] = run(source, [program], history=open_history(source, [program]), stopwatch=lambda: 0.0)
    town.applies(RULES)
    importing_done(town, file)
    points = town.customer("ada", "2017-05-04 12:00").points
    assert (outcome.points.issued, outcome.points.reversed) == (points.lifetime + points.reversed, points.reversed)
    assert outcome.points.outstanding == points.available == 150 + 100 + 25


def test_it_holds_from_one_sending_to_the_next_and_says_so(town: Town) -> None:
    town.applies(RULES)
    followed = did("Social Followed", userId="ada") | {"properties": {"network": "tiktok"}}
    town.hears(dict(followed), now="2017-03-01 12:00")
    town.hears(dict(followed), now="2017-03-02 12:00")
    assert town.points("ada", "2017-03-02 12:00") == 25
    assert town.story("ada")[-1].why == ("No points by “follow”: it gives at most once for each network.",)


def test_an_order_to_try_knows_what_is_left(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 80), now="2017-03-01 12:00")
    found = would(town, "ada", 50, "2017-03-01 13:00")
    assert [(one.rule, one.points, one.reason) for one in found.said] == [
        ("purchase", 20, None),
        ("purchase", 0, "cut_to_limit"),
        ("visit", 0, "limit_reached"),
    ]
    assert found.points == 20
