"""Edge cases of returns: what an order had earned when it goes back, in whole and in parts.

Every test bears the number of its case and says in its docstring what Regulars does; `docs/loyalty-cases.md` is written from that.
"""

from itertools import permutations

import msgspec
import pytest

from regulars.kernel.returns import Asked
from regulars.service.commands import Command, NotPossible
from regulars.service.returns import Return, take_back
from regulars.service.spending import spend
from regulars.wire.answers import ReturnAnswer
from tests.service.town import order
from tests.shop import at
from tests.stories.corner import Corner

NOON = "2017-03-01 12:00"
STAR_A_DOLLAR = """
points: {{name: {{one: star, other: stars}}, worth: 0.01{points}}}
earning: [{{id: purchase, on: Order Completed, per: 1.00, points: 1{rule}}}]
"""


def rules(points: str = "", rule: str = "") -> str:
    return STAR_A_DOLLAR.format(points=points, rule=rule)


def returns(corner: Corner, order_id: str, when: str = NOON, **what: object) -> ReturnAnswer:
    asked = Return(order_id, **what)  # type: ignore[arg-type]
    key = msgspec.json.encode([order_id, when, str(asked)])
    done = take_back(corner.shop, asked, Command("return", key.hex()[:200], key, "the shop's server"), at(when))
    return msgspec.json.decode(done.answer, type=ReturnAnswer)


def spends(corner: Corner, points: int, when: str = NOON) -> None:
    id = corner.customer("ada").id
    spend(corner.shop, id, points, "tea", None, Command("spend", f"{points}{when}", b"", "till"), at(when))


def test_case_18_a_refund_after_the_points_expired(database: str) -> None:
    """Nothing is left to take back, and nothing else is touched for it: the points are lost already. The record says so, with 0
    taken.
    """
    with Corner(database, rules(", expire: {after: 1 month}")) as corner:
        corner.tells(order("ada", "1", 100))
        corner.now = "2017-04-20 12:00"
        corner.tells(order("ada", "2", 40))
        [rule] = returns(corner, "1", "2017-04-21 12:00").rules
        assert (rule.points, rule.taken, rule.lapsed, rule.charged, rule.short) == (100, 0, 100, 0, 0)
        assert corner.points("ada", "2017-04-21 12:00") == 40


@pytest.mark.parametrize(
    ("debt", "taken", "charged", "short", "left", "owed"),
    [("only_pending", 40, 0, 60, 30, 0), ("within_balance", 40, 30, 30, 0, 0), ("unlimited", 40, 60, 0, 0, 30)],
)
def test_case_19_a_refund_after_the_points_were_spent(
    sqlite: str, debt: str, taken: int, charged: int, short: int, left: int, owed: int
) -> None:
    """What is left of them is taken; the rest goes by the program's `debt`: from points that are pending alone, from what can be
    spent as well but never below 0, or without end. What cannot be taken is written down as short.
    """
    with Corner(sqlite, rules(f", debt: {debt}")) as corner:
        corner.tells(order("ada", "1", 100, at="2017-02-28 12:00"), order("ada", "2", 30))
        spends(corner, 60)
        [rule] = returns(corner, "1").rules
        assert (rule.taken, rule.charged, rule.short) == (taken, charged, short)
        points = corner.customer("ada").points
        assert (points.available, points.owed) == (left, owed)


def test_case_20_owing_points_and_then_earning_some(database: str) -> None:
    """What comes next fills what is owed; only what is left of it becomes a lot, with its own expiry."""
    with Corner(database, rules(", debt: unlimited, expire: {after: 1 month}")) as corner:
        corner.tells(order("ada", "1", 100))
        spends(corner, 100)
        returns(corner, "1")
        assert corner.customer("ada").points.owed == 100
        corner.now = "2017-03-10 12:00"
        corner.tells(order("ada", "2", 130))
        after = corner.customer("ada", "2017-03-10 12:00")
        assert (after.points.owed, after.points.available) == (0, 30)
        assert [(lot.points, lot.expires_at) for lot in after.lots] == [(30, at("2017-04-11 00:00"))]


def test_case_21_three_partial_refunds(database: str) -> None:
    """Each takes its share of the points, reckoned from the start: floor(points x what went back / what there was), less what was
    taken before; the last takes what is left. In whatever order they come, they are the whole.
    """
    with Corner(database, rules()) as corner:
        for number, parts in enumerate(permutations([3_333, 3_333, 3_334])):
            corner.tells(order(f"c{number}", str(number), 100))
            answers = [
                returns(corner, str(number), f"2017-03-01 12:0{place}", amount_minor=minor)
                for place, minor in enumerate(parts)
            ]
            assert sum(one.points for one in answers) == 100
            assert [one.is_whole for one in answers] == [False, False, True]
            assert corner.points(f"c{number}") == 0


def test_case_22_what_is_left_is_under_the_rules_threshold(sqlite: str) -> None:
    """A rule may say `on_return: reckon_again`: then what is left of the order deserves what the rule gives for it, and the
    difference goes back. By default a rule's points go back in proportion, and points for an order as such stay until all of it
    is gone.
    """
    bonus = "{id: bonus, on: Order Completed, per: 50.00, points: 30, on_return: reckon_again}"
    rule = "}, {id: visit, on: Order Completed, points: 5}, " + bonus[:-1]
    with Corner(sqlite, rules(rule=rule)) as corner:
        corner.tells(order("ada", "1", 60))
        assert corner.points("ada") == 60 + 5 + 30
        answer = returns(corner, "1", amount_minor=2_000)
        assert {one.rule: one.points for one in answer.rules} == {"purchase": 20, "bonus": 30}
        answer = returns(corner, "1", when="2017-03-02 12:00")
        assert {one.rule: one.points for one in answer.rules} == {"purchase": 40, "visit": 5}


def test_case_23_a_refund_that_is_larger_than_the_order(database: str) -> None:
    """By a command it is refused, with nothing done. What an event or a platform tells counts as far as there is something left to
    go back: shipping or tax that went back with the goods earned nothing, and takes nothing.
    """
    with Corner(database, rules()) as corner:
        corner.tells(order("ada", "1", 100), order("ada", "2", 50))
        with pytest.raises(NotPossible, match="more_than_the_order"):
            returns(corner, "1", amount_minor=10_001)
        with pytest.raises(NotPossible, match="unknown_order"):
            returns(corner, "99")
        assert corner.points("ada") == 150
        refund = {"event": "Order Refunded", "userId": "ada", "properties": {"order_id": "2", "total": 58.95}}
        assert corner.tells(refund)["rejected"] == []
        assert corner.points("ada") == 100
        never = {"event": "Order Refunded", "userId": "ada", "properties": {"order_id": "99"}}
        assert [one["reason"] for one in corner.tells(never)["rejected"]] == ["unknown_order"]


def test_case_24_an_exchange(database: str) -> None:
    """One line goes back by its quantity, and the new order earns like any other, from its own day. The level counts what was
    kept.
    """
    tiers = "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 90}]}"
    with Corner(database, rules() + tiers) as corner:
        bought = order("ada", "1", 0)
        bought["properties"] = {
            "order_id": "1",
            "products": [{"product_id": "cup", "price": 20, "quantity": 3}, {"product_id": "pot", "price": 40}],
        }
        corner.tells(bought)
        assert corner.customer("ada").tier.id == "silver"
        answer = returns(corner, "1", lines=(Asked(0, quantity=1),))
        assert (answer.amount_minor, answer.points) == (2_000, 20)
        corner.now = "2017-03-03 12:00"
        corner.tells(order("ada", "2", 20))
        after = corner.customer("ada", "2017-03-03 12:00")
        assert (after.points.available, after.tier.id) == (100, "silver")


def test_case_34_one_of_two_who_are_one_owes_points(sqlite: str) -> None:
    """What one of them owes, the other one's points fill."""
    from regulars.service.joining import merge

    with Corner(sqlite, rules(", debt: unlimited")) as corner:
        corner.tells(order("ada", "1", 100), order("bob", "2", 70))
        spends(corner, 100)
        returns(corner, "1")
        merge(corner.shop, corner.customer("bob").id, corner.customer("ada").id, "root", "one person", at(NOON))
        points = corner.customer("ada").points
        assert (points.available, points.owed) == (0, 30)


def test_case_39_everything_is_free_line_by_line(database: str) -> None:
    """A discount is shared out over the lines by largest remainder: none falls below 0, they add up to what was paid, and a line
    that cost nothing takes no part. An order that is free earns nothing, and goes back without a trace.
    """
    with Corner(database, rules()) as corner:
        free = order("ada", "1", 0)
        free["properties"] = {
            "order_id": "1",
            "subtotal": 0,
            "products": [{"product_id": "a", "price": 3.33, "quantity": 3}, {"product_id": "b", "price": 0}],
        }
        corner.tells(free)
        assert corner.points("ada") == 0
        answer = returns(corner, "1")
        assert (answer.amount_minor, answer.points) == (0, 0)
