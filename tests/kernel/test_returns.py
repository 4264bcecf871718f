"""Orders that go back: what they had earned goes with them, to the point."""

from itertools import permutations

import pytest

from regulars.kernel.effects import Account, Effect, Entry, Posted, Refused, Returned
from regulars.kernel.facts import ORDER_REFUNDED, Fact, OrderReturned, PointsSpent, ReturnedLine
from regulars.kernel.recalled import Memory, Ordered
from regulars.kernel.returns import Asked, BadReturn, all_of, by_amount, by_lines, leaves_nothing
from regulars.kernel.state import rebuilt
from regulars.kernel.step import step
from tests.shop import Shop, line

STAR_A_DOLLAR = "earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]"
HELD = f"points: {{worth: 0.01, hold: 14 days}}\n{STAR_A_DOLLAR}"
AVAILABLE = f"points: {{worth: 0.01}}\n{STAR_A_DOLLAR}"


class Till(Shop):
    """A shop that remembers."""

    def __init__(self, rules: str) -> None:
        super().__init__(rules)
        self.memory = Memory(lambda _: self.program)

    def takes(self, fact: Fact) -> list[Effect]:
        self.facts.append(fact)
        self.state, effects = step(self.state, fact, self.program, self.memory)
        self.effects += effects
        return effects

    def known(self, order_id: str) -> Ordered:
        known = self.memory.order(order_id)
        assert known is not None
        return known

    def refunds(self, when: str, order_id: str, amount_minor: int | None = None) -> list[Effect]:
        order, returns = self.known(order_id).order, self.known(order_id).returns
        lines = all_of(order, returns) if amount_minor is None else by_amount(order, returns, amount_minor)
        return self.returns(when, order_id, lines, is_whole=amount_minor is None)

    def returns(
        self, when: str, order_id: str, lines: tuple[ReturnedLine, ...], is_whole: bool = False
    ) -> list[Effect]:
        known, at = self.known(order_id), self.at(when)
        total = sum(one.amount_minor for one in lines)
        whole = is_whole or leaves_nothing(known.order, known.returns, lines)
        told = f"return-{len(self.facts)}", "ada", at, at, "test"
        ordered_at = known.order.happened_at
        return self.takes(OrderReturned(*told, ORDER_REFUNDED, order_id, ordered_at, lines, total, whole))

    def spends(self, when: str, points: int) -> list[Effect]:
        at = self.at(when)
        return self.takes(PointsSpent(f"spent-{len(self.facts)}", "ada", at, at, "test", points, "coffee"))


def returned(effects: list[Effect]) -> list[tuple[str, int, int, int, int, int]]:
    return [
        (one.because.rule, one.points, one.taken, one.lapsed, one.charged, one.short)
        for one in effects
        if isinstance(one, Returned)
    ]


def test_a_whole_order_takes_back_all_that_it_earned() -> None:
    shop = Till(AVAILABLE)
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    effects = shop.refunds("2017-03-05 12:00", "A")
    assert returned(effects) == [("purchase", 100, 100, 0, 0, 0)]
    assert (shop.available, shop.state.consequences.lifetime()) == (0, 0)


def test_three_thirds_of_a_hundred_take_back_33_33_and_34() -> None:
    shop = Till(AVAILABLE)
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    assert [
        one[1] for minor in (3333, 3333, 3334) for one in returned(shop.refunds("2017-03-05 12:00", "A", minor))
    ] == [
        33,
        33,
        34,
    ]
    assert shop.available == 0


def test_what_is_pending_is_taken_back_before_anybody_can_spend_it() -> None:
    shop = Till(HELD)
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    shop.refunds("2017-03-05 12:00", "A", 2_500)
    assert (shop.pending, shop.available) == (75, 0)
    shop.sees("2017-03-16 12:00")
    assert (shop.pending, shop.available) == (0, 75)


@pytest.mark.parametrize(
    ("policy", "after", "charged", "short", "owed"),
    [
        ("only_pending", 30, 0, 60, 0),
        ("within_balance", 0, 30, 30, 0),
        ("unlimited", 0, 60, 0, 30),
    ],
)
def test_what_was_spent_is_charged_by_the_policy_on_debt(
    policy: str, after: int, charged: int, short: int, owed: int
) -> None:
    shop = Till(f"points: {{worth: 0.01, debt: {policy}}}\n{STAR_A_DOLLAR}")
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    shop.buys("2017-03-02 12:00", "30.00", id="B")
    shop.spends("2017-03-03 12:00", 60)
    effects = shop.refunds("2017-03-05 12:00", "A")
    assert returned(effects) == [("purchase", 100, 40, 0, charged, short)]
    assert (shop.available, shop.state.consequences.debt) == (after, owed)
    shop.buys("2017-03-06 12:00", "50.00", id="C")
    assert (shop.available, shop.state.consequences.debt) == (after + 50 - owed, 0)
    assert rebuilt(shop.effects) == shop.state.consequences


def test_what_had_expired_is_nobodys_loss() -> None:
    shop = Till(f"points: {{worth: 0.01, expire: {{after: 1 month}}}}\n{STAR_A_DOLLAR}")
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    shop.buys("2017-04-20 12:00", "80.00", id="B")
    effects = shop.refunds("2017-04-21 12:00", "A")
    assert returned(effects) == [("purchase", 100, 0, 100, 0, 0)]
    assert shop.available == 80


def test_it_goes_by_the_lines_that_counted() -> None:
    shop = Till(f"points: {{worth: 0.01}}\n{STAR_A_DOLLAR[:-2]}, except: {{category: gift-cards}}}}]")
    shop.buys("2017-03-01 12:00", line("40.00", {"category": "gift-cards"}), line("60.00", {"category": "tea"}), id="A")
    assert shop.available == 60
    assert returned(shop.returns("2017-03-02 12:00", "A", (ReturnedLine(0, 4_000, 1),))) == []
    assert [one[1] for one in returned(shop.returns("2017-03-03 12:00", "A", (ReturnedLine(1, 1_000, 0),)))] == [10]


def test_points_for_an_order_stay_as_long_as_something_of_it_does() -> None:
    shop = Till("points: {worth: 0.01}\nearning: [{id: visit, on: Order Completed, points: 20}]")
    shop.buys("2017-03-01 12:00", "40.00", "60.00", id="A")
    assert returned(shop.refunds("2017-03-02 12:00", "A", 9_999)) == []
    assert [one[1] for one in returned(shop.refunds("2017-03-02 12:00", "A", 1))] == [20]


@pytest.mark.parametrize(("how", "kept"), [("share", 34), ("reckon_again", 30), ("keep", 50)])
def test_a_rule_may_say_what_a_part_that_is_left_deserves(how: str, kept: int) -> None:
    rule = f"{{id: purchase, on: Order Completed, per: 10.00, points: 10, on_return: {how}}}"
    shop = Till(f"points: {{worth: 0.01}}\nearning: [{rule}]")
    shop.buys("2017-03-01 12:00", "59.00", id="A")
    shop.refunds("2017-03-02 12:00", "A", 2_000)
    assert shop.available == kept


def test_in_whatever_order_the_parts_go_back_the_lot_is_the_same() -> None:
    ends = set()
    for parts in permutations([1_717, 2_020, 6_263]):
        shop = Till("points: {worth: 0.01}\nearning: [{id: p, on: Order Completed, per: 3.00, points: 7}]")
        shop.buys("2017-03-01 12:00", "59.00", "41.00", id="A")
        for minor in parts:
            shop.refunds("2017-03-02 12:00", "A", minor)
        ends.add((shop.available, shop.state.consequences.reversed, str(shop.state.consequences.qualifying)))
    assert len(ends) == 1
    assert ends.pop()[0] == 0


def test_an_unknown_order_is_refused_with_a_reason() -> None:
    shop = Till(AVAILABLE)
    at = shop.at("2017-03-01 12:00")
    [refused] = shop.takes(OrderReturned("r", "ada", at, at, "test", ORDER_REFUNDED, "never", at, (), 0, True))
    assert isinstance(refused, Refused)
    assert refused.reason == "unknown_order"


def test_more_than_there_is_of_an_order_is_refused() -> None:
    shop = Till(AVAILABLE)
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    known = shop.known("A")
    with pytest.raises(BadReturn):
        by_amount(known.order, (), 1_001)
    with pytest.raises(BadReturn):
        by_lines(known.order, (), [Asked(0, quantity=2)])
    with pytest.raises(BadReturn):
        by_lines(known.order, (), [Asked(1, 5)])


def test_postings_of_a_debt_sum_to_zero_too() -> None:
    shop = Till(f"points: {{worth: 0.01, debt: unlimited}}\n{STAR_A_DOLLAR}")
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    shop.spends("2017-03-03 12:00", 100)
    shop.refunds("2017-03-05 12:00", "A")
    accounts = dict.fromkeys(Account, 0)
    for one in shop.effects:
        if isinstance(one, Posted):
            for account, points in one.postings():
                accounts[account] += points
    assert (accounts[Account.DEBT], accounts[Account.SPENT], accounts[Account.PROGRAM]) == (-100, 100, 0)
    assert [one.entry for one in shop.effects if isinstance(one, Posted)] == [
        Entry.EARN,
        Entry.REDEEM,
        Entry.EARN_REVERSAL,
    ]


def test_what_is_given_for_a_level_fills_what_is_owed() -> None:
    tiers = "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 150, gives: {points: 70}}]}"
    shop = Till(f"points: {{worth: 0.01, debt: unlimited}}\n{STAR_A_DOLLAR}\n{tiers}")
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    shop.spends("2017-03-02 12:00", 100)
    shop.refunds("2017-03-03 12:00", "A")
    shop.buys("2017-03-04 12:00", "150.00", id="B")
    assert (shop.tier, shop.available, shop.state.consequences.debt) == ("silver", 120, 0)
    other = Till(f"points: {{worth: 0.01, debt: unlimited}}\n{STAR_A_DOLLAR}\n{tiers}")
    other.buys("2017-03-01 12:00", "100.00", id="A")
    other.buys("2017-03-01 13:00", "140.00", id="B")
    other.spends("2017-03-02 12:00", 310)
    other.refunds("2017-03-03 12:00", "A")
    assert not (other.state.consequences.debt and other.available)


def test_what_expires_at_the_very_instant_of_a_return_is_nobodys_loss_either() -> None:
    """Whether somebody had looked before or not."""
    for looks in (True, False):
        shop = Till(f"points: {{worth: 0.01, expire: {{after: 1 month}}}}\n{STAR_A_DOLLAR}")
        shop.buys("2017-03-01 12:00", "100.00", id="A")
        shop.buys("2017-03-20 12:00", "80.00", id="B")
        if looks:
            effects = shop.sees("2017-04-21 00:00")
            shop.memory.take(None, effects, shop.program.version)
        effects = shop.refunds("2017-04-21 00:00", "B")
        assert returned(effects) == [("purchase", 80, 0, 80, 0, 0)], looks
