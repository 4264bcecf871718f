"""What of an order counts: sixteen combinations of four switches, reckoned by hand; what it was paid with; what goes back of it."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.kernel.conditions import compile_basis
from regulars.kernel.facts import Bill, Line, OrderCompleted, OrderReturned
from regulars.kernel.program import ALL_GOODS, Goods, OneOf
from regulars.kernel.recalled import without
from regulars.kernel.returns import Asked, all_of, by_amount, by_lines, completed
from regulars.kernel.worth import TENDERS, Worth, spread, tenders_left

TEA = Goods(only=(OneOf("category", ("tea",)),))
SWITCHES = list(product(("items", "order"), ("after", "before"), (False, True), (False, True)))


def order(lines: list[tuple[int, str]], bill: Bill | None) -> OrderCompleted:
    made = tuple([Line(minor, 3, {"category": category}) for minor, category in lines])
    return OrderCompleted("f", "ada", 0, 0, "test", "o", made, sum([minor for minor, _ in lines]), bill)


# A pot of tea for 40.00, from which 10.00 were taken off, and a cup for 20.00, with a quarter of tax each; shipping cost 4.00
# instead of 5.00, and a quarter of tax. Two thirds of what was paid for goods were for tea, and so of the shipping.
BILL = Bill(
    discounts=(10_00, 0),
    taxes=(10_00, 5_00),
    discount_taxes=(2_50, 0),
    shipping_minor=4_00,
    shipping_discount_minor=1_00,
    shipping_tax_minor=1_00,
)
BASKET = order([(40_00, "tea"), (20_00, "cups")], BILL)

BY_HAND = {
    # of, discounts, tax, shipping: what counts by a rule for tea alone
    ("items", "after", False, False): 40_00,
    ("items", "after", False, True): 40_00 + 2_67,
    ("items", "after", True, False): 50_00,
    ("items", "after", True, True): 50_00 + 3_33,
    ("items", "before", False, False): 50_00,
    ("items", "before", False, True): 50_00 + 3_33,
    ("items", "before", True, False): 62_50,
    ("items", "before", True, True): 62_50 + 4_00,
    ("order", "after", False, False): 60_00,
    ("order", "after", False, True): 64_00,
    ("order", "after", True, False): 75_00,
    ("order", "after", True, True): 80_00,
    ("order", "before", False, False): 70_00,
    ("order", "before", False, True): 75_00,
    ("order", "before", True, False): 87_50,
    ("order", "before", True, True): 93_50,
}


@pytest.mark.parametrize("switches", SWITCHES)
def test_each_of_the_sixteen(switches: tuple[str, str, bool, bool]) -> None:
    assert compile_basis(TEA, Worth(*switches))(BASKET) == BY_HAND[switches]  # type: ignore[arg-type]


@pytest.mark.parametrize("switches", SWITCHES)
def test_the_shares_of_all_lines_are_the_order(switches: tuple[str, str, bool, bool]) -> None:
    _, *rest = switches
    cups = Goods(excluded=TEA.only)
    by_items = [compile_basis(goods, Worth("items", *rest))(BASKET) for goods in (TEA, cups)]  # type: ignore[arg-type]
    assert sum(by_items) == compile_basis(TEA, Worth("order", *rest))(BASKET)  # type: ignore[arg-type]
    assert sum(by_items) == compile_basis(ALL_GOODS, Worth("items", *rest))(BASKET)  # type: ignore[arg-type]


@pytest.mark.parametrize("switches", SWITCHES)
def test_an_order_that_tells_nothing_has_no_tax_no_shipping_and_no_discount(
    switches: tuple[str, str, bool, bool],
) -> None:
    plain = replace(BASKET, bill=None)
    assert compile_basis(TEA, Worth(*switches))(plain) == (60_00 if switches[0] == "order" else 40_00)  # type: ignore[arg-type]
    none = order([(20_00, "cups")], BASKET.bill)
    assert compile_basis(TEA, Worth(*switches))(replace(none, bill=None)) is None  # type: ignore[arg-type]


def test_what_was_paid_with_points_counts_only_where_a_rule_says_so() -> None:
    paid = replace(BASKET, bill=replace(BILL, points_minor=20_00, gift_card_minor=20_00))
    of_all = Worth("order", tax=True, shipping=True)
    assert compile_basis(ALL_GOODS, of_all)(paid) == 40_00
    assert compile_basis(ALL_GOODS, replace(of_all, paid_with=("money", "gift_card")))(paid) == 60_00
    assert compile_basis(ALL_GOODS, replace(of_all, paid_with=TENDERS))(paid) == 80_00
    assert compile_basis(ALL_GOODS)(paid) == 30_00, "half of what was paid was money, and so is half of the goods"
    assert compile_basis(TEA)(paid) == 20_00


def test_an_order_paid_with_points_alone_counts_for_nothing() -> None:
    paid = replace(BASKET, bill=replace(BILL, points_minor=80_00))
    for switches in SWITCHES:
        assert compile_basis(ALL_GOODS, Worth(*switches))(paid) == 0  # type: ignore[arg-type]


def test_what_comes_back_first() -> None:
    bill = Bill(money_minor=60_00, points_minor=30_00, gift_card_minor=10_00, paid_minor=100_00, back_minor=65_00)
    goods = order([(100_00, "tea")], bill)
    assert tenders_left(goods, bill, "money") == {"money": 0, "gift_card": 5_00, "points": 30_00}
    assert tenders_left(goods, bill, "points") == {"money": 35_00, "gift_card": 0, "points": 0}
    assert tenders_left(goods, bill, "in_proportion") == {"money": 21_00, "gift_card": 3_50, "points": 10_50}


AMOUNTS = st.integers(0, 5_000)
LINES = st.lists(st.tuples(AMOUNTS, st.sampled_from(["tea", "cups"])), min_size=1, max_size=5)


@st.composite
def orders(draw: st.DrawFn) -> OrderCompleted:
    lines = draw(LINES)
    each = st.lists(AMOUNTS, min_size=len(lines), max_size=len(lines)).map(tuple)
    tellings = {"discounts": each, "taxes": each, "discount_taxes": each, "shipping_minor": AMOUNTS}
    others = {"shipping_tax_minor": AMOUNTS, "points_minor": AMOUNTS, "gift_card_minor": AMOUNTS}
    told: dict[str, Any] = draw(st.fixed_dictionaries({}, optional={**tellings, **others}))
    return order(lines, Bill(**told))


WORTHS = st.builds(
    Worth,
    st.sampled_from(["items", "order"]),
    st.sampled_from(["after", "before"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([("money",), ("money", "gift_card"), TENDERS]),
)
BACK_FIRST = st.sampled_from(["money", "points", "in_proportion"])


@given(orders(), WORTHS, BACK_FIRST, st.data())
def test_whatever_goes_back_never_counts_again_and_all_of_it_leaves_nothing(
    bought: OrderCompleted, worth: Worth, back_first: str, data: st.DataObject
) -> None:
    """Piece by piece, by amount or by line; at the end nothing that was paid for counts any more."""
    basis = compile_basis(ALL_GOODS, worth, back_first)  # type: ignore[arg-type]
    returns: list[OrderReturned] = []
    for _ in range(3):
        left = sum([line.amount_minor for line in without(bought, returns).lines])
        lines = by_amount(bought, returns, data.draw(st.integers(0, left)))
        returns.append(completed(_blank(bought), bought, returns, lines))
        assert (basis(without(bought, returns)) or 0) >= 0
    returns.append(completed(_blank(bought), bought, returns, all_of(bought, returns)))
    left_over = basis(without(bought, returns)) or 0
    free = any(line.amount_minor == 0 for line in bought.lines)
    assert left_over == 0 or worth.discounts == "before" or worth.tax or free


@given(orders(), WORTHS)
def test_thirds_of_a_line_go_back_one_by_one(bought: OrderCompleted, worth: Worth) -> None:
    """A line of three goes back one by one: what is left does not hang on how often somebody came."""
    basis = compile_basis(ALL_GOODS, worth)
    returns: list[OrderReturned] = []
    for _ in range(2):
        returns.append(completed(_blank(bought), bought, returns, by_lines(bought, returns, [Asked(0, quantity=1)])))
    at_once = [completed(_blank(bought), bought, [], by_lines(bought, [], [Asked(0, quantity=2)]))]
    assert basis(without(bought, returns)) == basis(without(bought, at_once))


@given(st.integers(0, 10_000), st.lists(st.integers(0, 500), min_size=1, max_size=6))
def test_shares_add_up(amount: int, weights: list[int]) -> None:
    shares = spread(amount, weights)
    assert sum(shares) == amount
    whole = sum(weights)
    assert not whole or all(
        abs(share * whole - amount * weight) < whole for share, weight in zip(shares, weights, strict=True)
    )


def _blank(bought: OrderCompleted) -> OrderReturned:
    return OrderReturned("r", "ada", 0, 0, "test", "Order Refunded", bought.order_id, 0, (), 0)
