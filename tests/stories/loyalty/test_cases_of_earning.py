"""Edge cases of earning: when an order was placed, what it was paid with, and in which money.

Every test bears the number of its case and says in its docstring what Regulars does; `docs/loyalty-cases.md` is written from that.
"""

from typing import Any

import msgspec
import pytest

from regulars.service.commands import Command
from regulars.service.forecast import forecast
from regulars.service.returns import Return, take_back
from regulars.wire.answers import ReturnAnswer
from regulars.wire.instants import rfc3339
from tests.service.town import order
from tests.shop import at, line
from tests.stories.corner import Corner

NOON = "2017-03-01 12:00"
HAPPY = """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: late-night, on: Order Completed, points: 50, when: {hours: "22:00-02:00", weekday: saturday}}
"""
BY_MONEY = """
points: {{name: {{one: star, other: stars}}, worth: 0.01{points}}}
earning: [{{id: purchase, on: Order Completed, per: 1.00, points: 1{rule}}}]
"""
RATES = """
earning: [{id: purchase, on: Order Completed, per: {USD: 1.00, EUR: %s}, points: 1}]
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 100}]}
"""


def paid(id: str, amount: float, **properties: Any) -> dict[str, Any]:
    told = order("ada", id, amount)
    told["properties"] |= properties
    return told


def returns(corner: Corner, order_id: str, amount_minor: int | None, when: str = NOON) -> ReturnAnswer:
    key = f"{order_id}{amount_minor}{when}"
    command = Command("return", key, key.encode(), "the shop's server")
    done = take_back(corner.shop, Return(order_id, amount_minor=amount_minor), command, at(when))
    return msgspec.json.decode(done.answer, type=ReturnAnswer)


@pytest.mark.parametrize(
    ("placed", "points"),
    [
        ("2017-03-11 21:59", 10),
        ("2017-03-11 22:00", 60),
        ("2017-03-12 01:59", 60),
        ("2017-03-12 03:00", 10),
        ("2017-03-12 22:30", 10),
        ("2017-11-05 00:30", 60),
        ("2017-11-05 01:30", 60),
    ],
)
def test_case_07_a_happy_hour_over_midnight_and_a_clock_change(sqlite: str, placed: str, points: int) -> None:
    """Hours are those of the shop's wall when the order was placed, whenever it is told; half open; what is after midnight belongs
    to the evening before. In the night in which the clocks are put forward, two o'clock is three; in the other, the hour that comes
    twice counts twice.
    """
    with Corner(sqlite, HAPPY) as corner:
        corner.now = "2017-12-01 12:00"
        corner.tells(order("ada", "1", 10, timestamp=rfc3339(at(placed))))
        assert corner.points("ada", "2017-12-01 12:00") == points


def test_case_08_an_order_that_is_told_late(database: str) -> None:
    """Rules look at when it was placed: the happy hour of that evening counts, though it is told in the morning after. The ledger
    says when it was told.
    """
    with Corner(database, HAPPY) as corner:
        corner.now = "2017-03-12 09:00"
        corner.tells(order("ada", "1", 10, timestamp="2017-03-12T03:30:00Z"))
        assert corner.points("ada", "2017-03-12 09:00") == 60
        [one, *_] = corner.ledger("ada")
        assert one.fact is not None
        assert (one.fact.happened_at, one.recorded_at) == (at("2017-03-11 22:30"), at("2017-03-12 09:00"))


@pytest.mark.parametrize(
    ("rule", "points"),
    [("", 75), (", basis: {paid_with: [money, points]}", 100), (", basis: {paid_with: points}", 25)],
)
def test_case_25_an_order_paid_partly_with_points(sqlite: str, rule: str, points: int) -> None:
    """By default only what was paid in money earns; `basis: {paid_with: [money, gift_card, points]}` lets all of it earn, or any of
    them. The order says what it was paid with.
    """
    with Corner(sqlite, BY_MONEY.format(points="", rule=rule)) as corner:
        corner.tells(paid("1", 100, paid_with={"points": 25}))
        assert corner.points("ada") == points


@pytest.mark.parametrize(("back_first", "taken"), [("money", 40), ("points", 15), ("in_proportion", 30)])
def test_case_26_what_of_it_earns_when_a_part_goes_back(sqlite: str, back_first: str, taken: int) -> None:
    """Of an order of 100.00, a quarter of it paid with points, 40.00 go back. What is earned goes by what was paid in money:
    `back_first` says whether money comes back first, as far as it goes, which is so where nothing is said; points; or both in
    proportion. In the end, all of it is gone.
    """
    with Corner(sqlite, BY_MONEY.format(points=f", back_first: {back_first}", rule="")) as corner:
        corner.tells(paid("1", 100, paid_with={"points": 25}))
        assert corner.points("ada") == 75
        assert returns(corner, "1", 40_00).points == taken
        assert returns(corner, "1", None, "2017-03-02 12:00").points == 75 - taken
        assert corner.points("ada", "2017-03-02 12:00") == 0


def test_case_40_two_currencies_in_one_program(database: str) -> None:
    """Each has a rate of its own and nothing is converted; an order in a third one earns nothing and says why. What goes back goes
    by the rate of the order, though there is another one by then. Levels by spend count the program's own currency.
    """
    with Corner(database, RATES % "0.90") as corner:
        corner.tells(paid("1", 90, currency="EUR"), paid("2", 50, currency="USD"), paid("3", 900, currency="SEK"))
        assert corner.points("ada") == 100 + 50
        assert corner.customer("ada").tier.id is None
        corner.applies(RATES % "2.00", NOON)
        assert returns(corner, "1", 45_00).points == 50
        assert returns(corner, "1", None, "2017-03-02 12:00").points == 50
        assert corner.points("ada", "2017-03-02 12:00") == 50
        said = [sentence for step in corner.story("ada") for sentence in step.why]
        assert any("it has no rate for the order's currency" in one for one in said), said


def test_an_order_to_try_says_what_is_missing(sqlite: str) -> None:
    """The rule that begins at 50.00 says so, and gives nothing."""
    rules = "earning: [{id: big, on: Order Completed, points: 100, when: {at_least: 50.00}}]"
    with Corner(sqlite, rules) as corner:
        found = forecast(corner.shop, None, (line("45.80"),), at(NOON), at(NOON))
        assert found is not None
        [said] = found.said
        assert (said.points, said.reason) == (0, "below_minimum")
        assert said.sentence == "No points by “big”: 45.80 USD counts for it, and it begins at 50.00 USD."


def test_an_order_to_try_has_a_currency_and_a_bill(sqlite: str) -> None:
    """In another currency, with its tax, paid partly with points: as the order itself would earn."""
    with Corner(sqlite, RATES % "0.90") as corner:

        def tried(**asked: Any) -> Any:
            body = {"lines": [{"amount": "90.00"}], **asked}
            return corner.client.post("/v1/orders/forecast", json=body, auth=(corner.secret, "")).json()

        assert tried(currency="EUR")["points"] == 100
        assert tried(paid_with={"points": "45.00"})["points"] == 45
        assert tried(tax="10.00", paid_with={"gift_card": "50.00"})["points"] == 45
        [said] = tried(currency="SEK")["rules"]
        assert (said["points"], said["reason"]) == (0, "no_rate")
        assert tried(currency="ZZZ")["code"] == "bad_body"


def test_a_guests_order_is_theirs_once_the_address_is_confirmed(database: str) -> None:
    """Where everyone is a member, an order under an unknown address earns in an account of its own; when somebody shows that the
    address is theirs, its points come along, once.
    """
    with Corner(database, BY_MONEY.format(points="", rule="")) as corner:
        guest = {key: value for key, value in order("", "1", 30).items() if key != "userId"}
        corner.tells(
            {**guest, "traits": {"email": "ada@example.com"}, "context": {"traits": {"email": "ada@example.com"}}}
        )
        corner.tells({"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}})
        assert corner.points("ada") == 0
        confirmed = {"userId": "ada", "event": "Email Confirmed", "context": {"traits": {"email": "ada@example.com"}}}
        corner.tells(confirmed)
        assert corner.points("ada") == 30
        corner.tells({**confirmed, "messageId": "again"})
        assert corner.points("ada") == 30
