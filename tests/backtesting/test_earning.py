"""Discounts, tax, shipping, tenders and currencies in a file: a backtest, and the shop that imports it, come to the same."""

from pathlib import Path

from regulars.backtesting.run import open_history, run
from regulars.service.ingest import ingest_history
from regulars.wire.orders import OrdersFile
from regulars.wire.program import parse_program
from tests.service.town import Town
from tests.shop import HEADER

ROWS = """customer,order,happened_at,amount,category,currency,discount,tax,shipping,paid_points,event
ada,1,2017-03-01T17:30:00-05:00,60.00,tea,,15.00,6.00,10.00,,
ada,1,2017-03-01T17:30:00-05:00,40.00,cups,,,4.00,10.00,,
ada,1,2017-03-03T12:00:00-05:00,25.00,,,,,,,Order Refunded
bob,2,2017-03-04T12:00:00-05:00,30.00,tea,,,,,15.00,
eva,3,2017-03-04T12:00:00-05:00,90.00,tea,EUR,,,,,
eva,3,2017-03-05T12:00:00-05:00,45.00,,EUR,,,,,Order Refunded
eva,4,2017-03-04T12:00:00-05:00,9000.00,tea,SEK,,,,,
"""
RULES = """
points: {worth: 0.01}
earning:
  - {id: purchase, on: Order Completed, per: {USD: 1.00, EUR: 0.90}, points: 1, basis: {discounts: before, tax: yes, shipping: yes}}
  - {id: happy, on: Order Completed, multiply: 2, when: {hours: "17:00-20:00", recurs: "FREQ=WEEKLY;BYDAY=WE"}}
"""
ADA = (60 + 15 + 6 + 40 + 4 + 10) * 2


def test_a_backtest_and_the_shop_come_to_the_same(tmp_path: Path, database: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ROWS)
    program = parse_program(HEADER.format(zone="America/New_York") + RULES)
    history = open_history(OrdersFile(path), [program])
    assert history.refusals == ()
    [outcome] = run(OrdersFile(path), [program], history=history, stopwatch=lambda: 0.0)
    found = {one.customer: one.outstanding for one in outcome.customers}
    assert outcome.points.issued == ADA + 15 + 100
    assert (found["bob"], found["eva"]) == (15, 50)
    assert found["ada"] < ADA

    town = Town(database)
    try:
        town.applies(RULES)
        for _, facts in history.customers():
            ingest_history(town.shop, facts, facts[-1].happened_at + 10**12).result(30)
        assert {who: town.points(who, "2017-04-01 12:00") for who in found} == found
    finally:
        town.close()
