"""Orders of a file that go back: the backtest takes back what they had earned, and the shop that imports the file does the same."""

from pathlib import Path

import pytest

from regulars.backtesting.run import open_history, run
from regulars.service.ingest import ingest_history
from regulars.wire.orders import OrdersFile
from regulars.wire.program import parse_program
from tests.service.town import Town
from tests.shop import HEADER

ROWS = """customer,order,happened_at,amount,category,event
ada,1,2017-03-01T12:00:00-05:00,60.00,tea,
ada,1,2017-03-01T12:00:00-05:00,40.00,gift-cards,
ada,1,2017-03-03T12:00:00-05:00,25.00,,Order Refunded
ada,2,2017-03-04T12:00:00-05:00,30.00,tea,
ada,2,2017-03-05T12:00:00-05:00,,,Order Cancelled
ada,1,2017-03-06T12:00:00-05:00,999.00,,Order Refunded
bob,3,2017-03-04T12:00:00-05:00,50.00,tea,
bob,9,2017-03-05T12:00:00-05:00,,,Order Cancelled
"""
RULES = """
points: {worth: 0.01, hold: 1 day}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1, except: {category: gift-cards}}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ROWS)
    return path


def test_a_backtest_takes_back_what_went_back(file: Path) -> None:
    program = parse_program(HEADER.format(zone="America/New_York") + RULES)
    source = OrdersFile(file)
    [outcome] = run(source, [program], history=open_history(source, [program]), stopwatch=lambda: 0.0)
    assert (outcome.points.issued, outcome.points.reversed, outcome.points.outstanding) == (140, 90, 50)
    assert [(one.customer, one.outstanding) for one in outcome.customers] == [("ada", 0), ("bob", 50)]
    assert outcome.months[-1].outstanding == 50


def test_the_shop_that_imports_the_file_comes_to_the_same(file: Path, database: str) -> None:
    town = Town(database)
    try:
        town.applies(RULES)
        importing_done(town, file)
        assert (town.points("ada", "2017-04-01 12:00"), town.points("bob", "2017-04-01 12:00")) == (0, 50)
        assert town.customer("ada").points.reversed == 90
    finally:
        town.close()


def importing_done(town: Town, file: Path) -> None:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    history = OrdersFile(file).open(currency_exponent=2, currency="USD", properties=rulebook.program.line_properties())
    for _, facts in history.customers():
        ingest_history(town.shop, facts, facts[-1].happened_at + 10**12).result(30)
