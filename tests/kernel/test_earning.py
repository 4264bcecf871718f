"""Earning: whole units, one floor per rule and order, every multiplier in the product."""

from fractions import Fraction

import pytest

from regulars.kernel.effects import Account, Because, Entry, Posted, Reason, Reckoning, Refused
from regulars.kernel.facts import FOREVER
from regulars.wire.program import parse_program
from tests.shop import Shop, earned, line, order, program, refused

GOODS = """
earning:
  - id: purchase
    on: Order Completed
    per: 1.00
    points: 1
    {goods}
"""

YEN = """
program: yen
currency: JPY
time_zone: Asia/Tokyo
earning: [{id: purchase, on: Order Completed, per: 100, points: 1}]
"""


def goods(which: str) -> str:
    return GOODS.format(goods=which)


def test_a_point_for_each_whole_dollar() -> None:
    shop = Shop()
    assert earned(shop.buys("2017-03-01 12:00", "45.99")) == {"purchase": 45}


def test_the_lines_of_an_order_are_added_before_units_are_counted() -> None:
    """0.60 and 0.60 make one whole dollar, which neither line does alone."""
    assert earned(Shop().buys("2017-03-01 12:00", "0.60", "0.60")) == {"purchase": 1}


def test_rests_of_two_orders_are_not_added() -> None:
    shop = Shop()
    shop.buys("2017-03-01 12:00", "0.60")
    assert refused(shop.buys("2017-03-01 13:00", "0.60")) == {"purchase": "below_one_unit"}


@pytest.mark.parametrize(
    ("per", "points", "amount", "expected"),
    [
        ("1.00", "1.2", "10.00", 12),
        ("1.00", "1.2", "4.00", 4),
        ("1.00", "0.5", "5.00", 2),
        ("10.00", "3", "105.00", 30),
        ("0.50", "1", "1.49", 2),
        ("0.01", "7", "0.03", 21),
    ],
)
def test_rates_are_exact_fractions_floored_once(per: str, points: str, amount: str, expected: int) -> None:
    shop = Shop(f"earning: [{{id: purchase, on: Order Completed, per: {per}, points: {points}}}]")
    assert earned(shop.buys("2017-03-01 12:00", amount)) == {"purchase": expected}


def test_multipliers_multiply_each_other_and_are_floored_once() -> None:
    """1.1 times 1.1 times 1.1 of 100 are 133.1: not 110, 121, 133 by three floors of other numbers, and not 130 by adding."""
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: a, on: Order Completed, multiply: 1.1}
  - {id: b, on: Order Completed, multiply: 1.1}
  - {id: c, on: Order Completed, multiply: 1.1}
"""
    )
    assert earned(shop.buys("2017-03-01 12:00", "15.00")) == {"purchase": 19}
    assert earned(shop.buys("2017-03-02 12:00", "100.00")) == {"purchase": 133}


def test_three_thirds_are_a_whole() -> None:
    """What floats get wrong: 0.1 three times ten is one."""
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 0.1}
  - {id: thrice, on: Order Completed, multiply: 3}
"""
    )
    assert earned(shop.buys("2017-03-01 12:00", "10.00")) == {"purchase": 3}


def test_a_fixed_rule_is_multiplied_too() -> None:
    shop = Shop(
        """
earning:
  - {id: visit, on: Order Completed, points: 5}
  - {id: double, on: Order Completed, multiply: 2}
"""
    )
    assert earned(shop.buys("2017-03-01 12:00", "0.00")) == {"visit": 10}


def test_a_multiplier_looks_only_at_its_own_event() -> None:
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: review, on: Product Reviewed, points: 50}
  - {id: double, on: Product Reviewed, multiply: 2}
"""
    )
    assert earned(shop.buys("2017-03-01 12:00", "10.00")) == {"purchase": 10}
    assert earned(shop.does("Product Reviewed", "2017-03-01 13:00")) == {"review": 100}
    assert shop.does("Product Viewed", "2017-03-01 14:00") == []


def test_all_rules_that_hold_give_their_points() -> None:
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: visit, on: Order Completed, points: 5}
  - {id: monday, on: Order Completed, points: 3, when: {weekday: monday}}
"""
    )
    assert earned(shop.buys("2017-03-06 12:00", "10.00")) == {"purchase": 10, "visit": 5, "monday": 3}
    assert earned(shop.buys("2017-03-07 12:00", "10.00")) == {"purchase": 10, "visit": 5}


def test_excluded_goods_do_not_count() -> None:
    shop = Shop(goods("except: {category: [gift-cards, tobacco]}"))
    basket = [line("10.00", {"category": "tea"}), line("20.00", {"category": "gift-cards"}), line("5.00")]
    assert earned(shop.buys("2017-03-01 12:00", *basket)) == {"purchase": 15}


def test_an_order_of_excluded_goods_alone_says_so() -> None:
    shop = Shop(goods("except: {category: gift-cards}"))
    effects = shop.buys("2017-03-01 12:00", line("20.00", {"category": "gift-cards"}))
    assert refused(effects) == {"purchase": "nothing_eligible"}


def test_only_named_goods_count() -> None:
    shop = Shop(goods("only: {category: [tea, coffee]}"))
    basket = [line("10.00", {"category": "tea"}), line("20.00", {"category": "cake"}), line("5.00")]
    assert earned(shop.buys("2017-03-01 12:00", *basket)) == {"purchase": 10}
    assert refused(shop.buys("2017-03-02 12:00", "5.00")) == {"purchase": "nothing_eligible"}


def test_the_basis_is_exact_to_the_cent_whichever_way_goods_are_chosen() -> None:
    basket = [line("1.01", {"category": "tea"}), line("2.02", {"category": "tea"}), line("4.04", {"category": "cake"})]
    for which, basis in (
        ("only: {category: tea}", 303),
        ("except: {category: cake}", 303),
        ("only: {category: tea}\n    except: {size: XL}", 303),
        ("only: {category: [tea, cake]}", 707),
        ("", 707),
    ):
        (effect,) = Shop(goods(which)).buys("2017-03-01 12:00", *basket)
        assert isinstance(effect, Posted)
        assert effect.reckoning is not None
        assert effect.reckoning.basis_minor == basis


def test_a_program_names_the_line_properties_that_it_asks_for() -> None:
    assert program(goods("only: {category: tea, brand: Blue}\n    except: {size: XL}")).program.line_properties() == {
        "category",
        "brand",
        "size",
    }
    weekend = "earning: [{id: a, on: Order Completed, points: 1}, {id: b, on: Order Completed, multiply: 2}]"
    assert program(weekend).program.line_properties() == frozenset()


def test_a_refusal_says_which_rule_and_what_it_came_to() -> None:
    shop = Shop()
    fact = order(shop.at("2017-03-01 12:00"), line("0.60"), id="o1", recorded_at=shop.at("2017-03-01 12:05"))
    because = Because("purchase", shop.program.version, "o1")
    assert shop.takes(fact) == [
        Refused(Reason.BELOW_ONE_UNIT, 60, shop.at("2017-03-01 12:00"), shop.at("2017-03-01 12:05"), because)
    ]


def test_goods_must_have_every_property_of_only_and_none_of_except() -> None:
    shop = Shop(goods("only: {category: tea, brand: [Blue, Red]}\n    except: {size: XL, organic: no}"))
    basket = [
        line("1.00", {"category": "tea", "brand": "Blue"}),
        line("2.00", {"category": "tea", "brand": "Red", "size": "S"}),
        line("4.00", {"category": "tea", "brand": "Green"}),
        line("8.00", {"category": "cake", "brand": "Blue"}),
        line("16.00", {"category": "tea", "brand": "Blue", "size": "XL"}),
        line("32.00", {"category": "tea", "brand": "Blue", "organic": "no"}),
    ]
    assert earned(shop.buys("2017-03-01 12:00", *basket)) == {"purchase": 3}
    assert refused(shop.buys("2017-03-02 12:00", basket[3])) == {"purchase": "nothing_eligible"}


def test_a_fixed_rule_for_goods_gives_once_per_order() -> None:
    shop = Shop("earning: [{id: espresso, on: Order Completed, only: {product: SKU-1}, points: 50}]")
    espresso = line("3.00", {"product": "SKU-1"})
    assert earned(shop.buys("2017-03-01 12:00", espresso, espresso)) == {"espresso": 50}
    assert refused(shop.buys("2017-03-01 13:00", "3.00")) == {"espresso": "nothing_eligible"}


def test_a_negative_basis_earns_nothing() -> None:
    shop = Shop()
    assert refused(shop.buys("2017-03-01 12:00", "-5.00")) == {"purchase": "below_one_unit"}
    assert earned(shop.buys("2017-03-01 13:00", "-5.00", "15.50")) == {"purchase": 10}


def test_an_order_worth_nothing_is_an_order_all_the_same() -> None:
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: visit, on: Order Completed, points: 5}
"""
    )
    effects = shop.buys("2017-03-01 12:00")
    assert (earned(effects), refused(effects)) == ({"visit": 5}, {"purchase": "below_one_unit"})


def test_who_has_not_joined_earns_nothing_and_is_told_why() -> None:
    shop = Shop(
        """
members: those_who_join
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: welcome, on: Member Joined, points: 100}
"""
    )
    assert refused(shop.buys("2017-03-01 12:00", "10.00")) == {"purchase": "not_a_member"}
    assert earned(shop.joins("2017-03-01 13:00")) == {"welcome": 100}
    assert earned(shop.buys("2017-03-01 13:00", "10.00")) == {"purchase": 10}
    late = order(shop.at("2017-03-01 12:59"), line("10.00"), id="bought before joining, told after")
    assert refused(shop.takes(late)) == {"purchase": "not_a_member"}


def test_joining_is_rewarded_once_where_everyone_is_a_member_too() -> None:
    shop = Shop("earning: [{id: welcome, on: Member Joined, points: 100}]")
    assert earned(shop.joins("2017-03-01 13:00")) == {"welcome": 100}
    assert refused(shop.joins("2017-03-02 13:00")) == {"membership": "already_a_member"}
    assert shop.available == 100


def test_the_tiers_multiplier_is_one_factor_among_the_others() -> None:
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: review, on: Product Reviewed, points: 5}
  - {id: double, on: Order Completed, multiply: 2}
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 10, earn: 1.5}]}
"""
    )
    shop.buys("2017-03-01 12:00", "10.00")
    assert earned(shop.buys("2017-03-02 12:00", "11.00")) == {"purchase": 33}
    assert earned(shop.does("Product Reviewed", "2017-03-02 13:00")) == {"review": 7}


def test_windows_look_at_when_it_happened_however_late_it_is_told() -> None:
    shop = Shop(
        """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: saturday, on: Order Completed, when: {weekday: saturday}, multiply: 2}
"""
    )
    shop.buys("2017-03-08 12:00", "1.00")
    late = shop.buys("2017-03-04 12:00", "10.00")
    assert earned(late) == {"purchase": 20}
    assert shop.wall(late[0].effective_at) == "2017-03-08 12:00"


def test_an_earning_says_how_it_came_about() -> None:
    shop = Shop(
        """
points: {hold: 2 days}
earning:
  - {id: purchase, on: Order Completed, per: 2.00, points: 3}
  - {id: double, on: Order Completed, multiply: 2}
"""
    )
    fact = order(shop.at("2017-03-01 12:00"), line("9.00"), id="o1", recorded_at=shop.at("2017-03-01 12:05"))
    (effect,) = shop.takes(fact)
    assert isinstance(effect, Posted)
    double = shop.program.earning.multipliers["Order Completed"][0].factor
    assert (double.id, double.factor) == ("double", Fraction(2))
    assert effect == Posted(
        Entry.EARN,
        ("o1", 0),
        24,
        Account.PROGRAM,
        Account.PENDING,
        shop.at("2017-03-01 12:00"),
        shop.at("2017-03-01 12:05"),
        effect.because,
        shop.at("2017-03-04 00:00"),
        FOREVER,
        shop.program.calendar.day_of(shop.at("2017-03-01 12:00")),
        Reckoning(4, 900, (double,)),
    )
    assert (effect.because.rule, effect.because.version, effect.because.fact) == (
        "purchase",
        shop.program.version,
        "o1",
    )


def test_without_a_hold_points_are_available_at_once() -> None:
    shop = Shop()
    (effect,) = shop.buys("2017-03-01 12:00", "9.00")
    assert isinstance(effect, Posted)
    assert effect.postings() == ((Account.PROGRAM, -9), (Account.AVAILABLE, 9))
    assert effect.active_at == effect.effective_at
    assert (shop.pending, shop.available) == (0, 9)


def test_a_program_in_a_currency_without_decimals_counts_whole_units() -> None:
    shop = Shop(parse_program(YEN))
    assert earned(shop.buys("2017-03-01 12:00", line("1250", exponent=0))) == {"purchase": 12}
