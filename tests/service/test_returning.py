"""How an order stands by a platform's word, told again and again: the points end where the order does."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.effects import Posted
from regulars.kernel.facts import ORDER_UPDATED, Behaved, Line, OrderReturned, ReturnedLine
from regulars.kernel.recalled import Memory
from regulars.kernel.returns import completed
from regulars.kernel.state import rebuilt
from regulars.kernel.step import fold_each
from regulars.service.returning import told_of
from regulars.wire.events import Stands
from tests.shop import Shop, order

RULES = """
points: {worth: 0.01, hold: 14 days, debt: unlimited}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1.2}
  - {id: bonus, on: Order Completed, per: 50.00, points: 25, on_return: reckon_again}
  - {id: tea, on: Order Completed, points: 40, only: {product: tea}}
  - {id: order, on: Order Completed, points: 7}
tiers: {by: spend, over: calendar_year, after_return: at_once, levels: [{id: silver, at: 90, earn: 2}]}
"""

Goods = dict[str, tuple[int, int]]
"""By product what is there, and what of it has gone back, in minor units."""


class Platform(Shop):
    """A shop whose orders a platform tells."""

    def __init__(self, rules: str = RULES) -> None:
        super().__init__(rules)
        self.memory = Memory(lambda _: self.program)
        self.minute = 0

    def sells(self, *lines: Line) -> None:
        self.facts.append(order(self.at("2017-03-01 12:00"), *lines, id="A"))
        self.state, followed = fold_each(self.state, [self.facts[-1]], self.program, self.memory)
        self.effects += followed[0]

    def says(self, lines: Sequence[Line], back: Sequence[tuple[int, int]] = (), *, is_gone: bool = False) -> str:
        """What kind of fact it came to."""
        self.minute += 1
        moment = self.at("2017-03-02 12:00") + self.minute * 60_000_000
        fact = OrderReturned(f"word-{self.minute}", "ada", moment, moment, "test", ORDER_UPDATED, "A", 0, (), 0)
        told = tuple(back) or tuple([(0, 0) for _ in lines])
        deed = Stands(ORDER_UPDATED, "A", tuple(lines), told, is_gone, 0)
        facts = list(told_of([fact], {fact.id: deed}, self.memory))
        self.state, followed = fold_each(self.state, facts, self.program, self.memory)
        self.effects += [effect for one in followed for effect in one]
        return type(facts[0]).__name__

    def points(self) -> dict[str, int]:
        """By rule, what was given less what was taken back."""
        found: dict[str, int] = {}
        for one in self.effects:
            if isinstance(one, Posted) and one.entry.value in ("earn", "earn_reversal"):
                sign = 1 if one.entry.value == "earn" else -1
                found[one.because.rule] = found.get(one.because.rule, 0) + sign * one.points
        return {rule: points for rule, points in found.items() if points}


def goods(product: str, minor: int, quantity: int = 1) -> Line:
    return Line(minor, quantity, {"product": product})


A, B, C = goods("tea", 3_333), goods("pot", 6_667, 2), goods("cup", 1_050)


def test_a_word_that_changes_nothing_is_only_something_that_was_done() -> None:
    shop = Platform()
    shop.sells(A, B)
    assert [shop.says([A, B]), shop.says([B, A])] == [Behaved.__name__] * 2
    assert shop.points() == {"purchase": 120, "bonus": 50, "tea": 40, "order": 7}


def test_it_is_the_line_that_went_back_and_no_other() -> None:
    """The tea went back, and with it what the tea alone had earned."""
    shop = Platform()
    shop.sells(A, B)
    shop.says([A, B], [(3_333, 1), (0, 0)])
    assert shop.points() == {"purchase": 81, "bonus": 25, "order": 7}
    shop.says([A, B], [(0, 0), (0, 0)])
    assert shop.points() == {"purchase": 120, "bonus": 50, "tea": 40, "order": 7}


def test_one_product_is_exchanged_for_another() -> None:
    shop = Platform()
    shop.sells(A, B)
    assert shop.says([goods("cup", 3_333), B]) == OrderReturned.__name__
    assert shop.points() == {"purchase": 120, "bonus": 50, "order": 7}
    assert shop.state.consequences.tier == "silver"


def test_a_cancelled_order_that_is_taken_up_again() -> None:
    shop = Platform()
    shop.sells(A, B)
    shop.says([A, B], is_gone=True)
    assert (shop.points(), shop.state.consequences.tier) == ({}, None)
    assert shop.says([A, B], is_gone=True) == Behaved.__name__
    shop.says([A, B, C])
    assert shop.points() == {"purchase": 132, "bonus": 50, "tea": 40, "order": 7}


def test_what_the_shop_had_told_itself_is_not_taken_twice() -> None:
    shop = Platform()
    shop.sells(A, B)
    known = shop.memory.order("A")
    assert known is not None
    by_hand = OrderReturned("hand", "ada", shop.at("2017-03-02 09:00"), 0, "shop", ORDER_UPDATED, "A", 0, (), 3_333)
    [told] = told_of([by_hand], {}, shop.memory)
    assert isinstance(told, OrderReturned)
    fact = completed(told, known.order, (), (ReturnedLine(0, 3_333, 1),))
    shop.state, followed = fold_each(shop.state, [fact], shop.program, shop.memory)
    shop.effects += followed[0]
    left = shop.points()
    assert shop.says([A, B]) == Behaved.__name__
    assert shop.says([A, B], [(3_333, 1), (0, 0)]) == Behaved.__name__
    assert shop.points() == left == {"purchase": 81, "bonus": 25, "order": 7}


PRODUCTS = ("tea", "pot", "cup")
quantities = st.integers(1, 4)
amounts = st.one_of(st.integers(0, 20_000), st.sampled_from([0, 99, 5_000, 10_000]))


@st.composite
def standings(draw: st.DrawFn) -> tuple[list[Line], list[tuple[int, int]], bool]:
    lines = [
        goods(name, draw(amounts), draw(quantities)) for name in draw(st.lists(st.sampled_from(PRODUCTS), max_size=4))
    ]
    back = [(draw(st.integers(0, one.amount_minor)), draw(st.integers(0, one.quantity))) for one in lines]
    return lines, back, draw(st.integers(0, 5)) == 0


first = st.lists(
    st.builds(goods, st.sampled_from(PRODUCTS), st.integers(1, 20_000), quantities), min_size=1, max_size=4
)


@given(first, st.lists(standings(), min_size=1, max_size=8))
def test_whatever_a_platform_says_on_the_way_it_ends_at_the_points_of_the_order_as_it_stands(
    sold: list[Line], words: list[tuple[list[Line], list[tuple[int, int]], bool]]
) -> None:
    on_the_way, at_once = Platform(), Platform()
    on_the_way.sells(*sold)
    at_once.sells(*sold)
    for lines, back, is_gone in words:
        on_the_way.says(lines, back, is_gone=is_gone)
    lines, back, is_gone = words[-1]
    at_once.says(lines, back, is_gone=is_gone)
    assert on_the_way.points() == at_once.points()
    held, other = on_the_way.state.consequences, at_once.state.consequences
    assert held.outstanding() == other.outstanding() == sum(at_once.points().values())
    assert held.tier == other.tier
    assert [sum(one.values()) for one in on_the_way.state.observations.values()] == [
        sum(one.values()) for one in at_once.state.observations.values()
    ]
    assert sum(held.qualifying.values()) == sum(other.qualifying.values())
    assert rebuilt(on_the_way.effects) == held
    assert on_the_way.says(lines, back, is_gone=is_gone) == Behaved.__name__, "the same word again"


def test_three_refunds_and_an_addition_in_any_order() -> None:
    parts = [(0, (3_333, 1)), (1, (3_000, 1)), (1, (3_667, 1)), (2, None)]
    ends = set()
    for words in permutations(parts):
        shop = Platform()
        shop.sells(A, B)
        lines, back = [A, B], [(0, 0), (0, 0)]
        for place, gone in words:
            if gone is None:
                lines, back = [*lines, C], [*back, (0, 0)]
            else:
                back[place] = back[place][0] + gone[0], back[place][1] + gone[1]
            shop.says(lines, back)
        ends.add(tuple(sorted(shop.points().items())))
    assert ends == {(("order", 7), ("purchase", 13))}
