"""Orders that grow after they were judged: what is added earns once, and goes back exactly."""

from textwrap import dedent

from regulars.kernel.effects import Effect
from regulars.kernel.facts import ORDER_UPDATED, Line, OrderReturned, ReturnedLine
from regulars.kernel.recalled import Memory
from regulars.kernel.state import rebuilt
from tests.kernel.test_returns import AVAILABLE, Till, returned
from tests.shop import earned, line, program


def changes(
    shop: Till, when: str, order_id: str, *added: Line, back: tuple[ReturnedLine, ...] = (), revives: bool = False
) -> list[Effect]:
    """Lines come to the order, and others go back of it."""
    at, known = shop.at(when), shop.known(order_id)
    minor = sum(one.amount_minor for one in back)
    told = f"change-{len(shop.facts)}", "ada", at, at, "test"
    return shop.takes(
        OrderReturned(
            *told,
            ORDER_UPDATED,
            order_id,
            known.order.happened_at,
            back,
            minor,
            added=tuple(added),
            added_minor=sum(one.amount_minor for one in added),
            revives=revives,
        )
    )


def test_what_is_added_earns_as_if_it_had_been_there_from_the_start() -> None:
    """10.50 and 0.50 are 11 stars, where two orders were 10."""
    shop = Till(AVAILABLE)
    shop.buys("2017-03-01 12:00", "10.50", id="A")
    assert earned(changes(shop, "2017-03-02 12:00", "A", line("0.50"))) == {"purchase": 1}
    assert (shop.available, shop.state.consequences.lifetime()) == (11, 11)
    assert rebuilt(shop.effects) == shop.state.consequences


def test_it_says_why() -> None:
    shop = Till(
        dedent("""
        points: {worth: 0.01, expire: {after: 12 months}}
        earning:
          - {id: purchase, on: Order Completed, per: 1.00, points: 1}
          - {id: march, on: Order Completed, multiply: 2, when: {from: 2017-03-01, to: 2017-04-01}}
        """)
    )
    shop.buys("2017-03-31 12:00", "10.00", id="A")
    [said] = shop.sentences(changes(shop, "2017-04-02 12:00", "A", line("5.00")))
    assert said == (
        "10 points by “purchase” for 5.00 USD that was added to the order, as the order was judged, times 2 (“march”); "
        "they last until the end of 2018-04-02."
    )


def test_what_goes_back_of_it_takes_back_exactly() -> None:
    shop = Till(AVAILABLE)
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    changes(shop, "2017-03-02 12:00", "A", line("50.00"))
    shop.spends("2017-03-03 12:00", 120)
    effects = shop.returns("2017-03-05 12:00", "A", (ReturnedLine(1, 5_000, 1),))
    assert returned(effects) == [("purchase", 50, 30, 0, 0, 20)]
    assert returned(shop.refunds("2017-03-06 12:00", "A")) == [("purchase", 100, 0, 0, 0, 100)]
    assert shop.state.consequences.lifetime() == 150 - 30


def test_points_that_expired_with_the_order_are_not_asked_back_of_what_was_added() -> None:
    shop = Till("points: {worth: 0.01, expire: {after: 1 month}}")
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    changes(shop, "2017-04-20 12:00", "A", line("50.00"))
    shop.buys("2017-04-20 12:00", "70.00", id="B")
    assert shop.available == 120
    assert returned(shop.refunds("2017-04-21 12:00", "A")) == [("purchase", 150, 50, 100, 0, 0)]
    assert shop.available == 70


def test_an_exchange_comes_to_the_difference() -> None:
    shop = Till(AVAILABLE)
    shop.buys("2017-03-01 12:00", "40.00", "60.00", id="A")
    effects = changes(shop, "2017-03-02 12:00", "A", line("60.00"), back=(ReturnedLine(1, 6_000, 1),))
    assert effects == []
    effects = changes(shop, "2017-03-03 12:00", "A", line("20.00"), back=(ReturnedLine(0, 4_000, 1),))
    assert returned(effects) == [("purchase", 20, 20, 0, 0, 0)]


def test_a_rule_for_which_the_order_was_too_small() -> None:
    shop = Till(
        dedent("""
        earning:
          - {id: hundred, on: Order Completed, per: 100.00, points: 25}
          - {id: tea, on: Order Completed, points: 5, only: {category: tea}}
        """)
    )
    shop.buys("2017-03-01 12:00", "60.00", id="A")
    assert shop.available == 0
    added = line("60.00", {"category": "tea"})
    assert earned(changes(shop, "2017-03-02 12:00", "A", added)) == {"hundred": 25, "tea": 5}
    assert returned(shop.returns("2017-03-03 12:00", "A", (ReturnedLine(1, 6_000, 1),))) == [
        ("hundred", 25, 25, 0, 0, 0),
        ("tea", 5, 5, 0, 0, 0),
    ]


def test_the_program_that_judged_the_order_judges_what_is_added() -> None:
    shop = Till(AVAILABLE)
    old, new = shop.program, program("earning: [{id: other, on: Order Completed, per: 1.00, points: 7}]")
    shop.memory = Memory(lambda version: {old.version: old, new.version: new}[version])
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    shop.program = new
    shop.state.version = new.version
    effects = changes(shop, "2017-03-02 12:00", "A", line("5.00"))
    assert earned(effects) == {"purchase": 5}
    assert [one.because.version for one in effects] == [new.version]
    assert "by “purchase” for 5.00 USD that was added" in shop.sentences(effects)[0]


def test_points_that_are_kept_whatever_goes_back_are_kept_of_what_was_added_too() -> None:
    shop = Till("earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1, on_return: keep}]")
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    changes(shop, "2017-03-02 12:00", "A", line("5.00"))
    assert returned(shop.refunds("2017-03-03 12:00", "A")) == []
    changes(shop, "2017-03-04 12:00", "A", line("12.00"), revives=True)
    assert shop.available == 15


def test_an_order_that_was_gone_and_stands_again() -> None:
    tiers = "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 100}]}"
    shop = Till(f"{AVAILABLE}\n{tiers}".replace("spend", "orders").replace("100", "1"))
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    assert (shop.available, shop.tier) == (100, "silver")
    shop.refunds("2017-03-02 12:00", "A")
    assert (shop.available, shop.known("A").is_gone()) == (0, True)
    changes(shop, "2017-03-03 12:00", "A", line("100.00"), revives=True)
    assert (shop.available, shop.tier, shop.known("A").is_gone()) == (100, "silver", False)
    assert list(shop.state.observations.values()) == [{2017: 1}]


def test_what_is_added_counts_for_the_level_on_the_day_of_the_order() -> None:
    tiers = "tiers: {by: points, over: calendar_year, levels: [{id: silver, at: 120}]}"
    shop = Till(f"{AVAILABLE}\n{tiers}")
    shop.buys("2017-12-30 12:00", "100.00", id="A")
    changes(shop, "2017-12-31 12:00", "A", line("20.00"))
    assert shop.tier == "silver"
    days = shop.state.consequences.qualifying
    assert list(days.values()) == [120]


def test_a_limit_holds_for_what_is_added() -> None:
    shop = Till(
        dedent("""
        earning:
          - id: purchase
            on: Order Completed
            per: 1.00
            points: 1
            limit: {points: 120, per: order, over: clamp}
        """)
    )
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    assert earned(changes(shop, "2017-03-02 12:00", "A", line("50.00"))) == {"purchase": 20}
    assert earned(changes(shop, "2017-03-03 12:00", "A", line("50.00"))) == {}
    assert returned(shop.returns("2017-03-04 12:00", "A", (ReturnedLine(2, 5_000, 1),))) == []
    assert returned(shop.returns("2017-03-05 12:00", "A", (ReturnedLine(1, 5_000, 1),))) == [
        ("purchase", 20, 20, 0, 0, 0)
    ]
    assert returned(shop.refunds("2017-03-06 12:00", "A")) == [("purchase", 100, 100, 0, 0, 0)]


def test_a_month_has_its_limit_and_what_goes_back_makes_room_again() -> None:
    shop = Till("points: {worth: 0.01, limit: {points: 150, per: month, over: clamp}}")
    shop.buys("2017-03-01 12:00", "100.00", id="A")
    shop.buys("2017-03-02 12:00", "20.00", id="B")
    assert earned(changes(shop, "2017-04-03 12:00", "A", line("50.00"))) == {"purchase": 30}
    shop.refunds("2017-04-04 12:00", "B")
    assert earned(changes(shop, "2017-04-05 12:00", "A", line("1.00"))) == {"purchase": 20}
    assert shop.available == 150


def test_an_order_that_grows_counts_once() -> None:
    rule = "{id: purchase, on: Order Completed, per: 1.00, points: 1, limit: {times: 2, per: year}}"
    shop = Till(f"earning: [{rule}]")
    shop.buys("2017-03-01 12:00", "10.00", id="A")
    assert earned(changes(shop, "2017-03-02 12:00", "A", line("5.00"))) == {"purchase": 5}
    assert earned(shop.buys("2017-03-03 12:00", "10.00", id="B")) == {"purchase": 10}
    assert earned(changes(shop, "2017-03-04 12:00", "A", line("5.00"))) == {"purchase": 5}
    assert earned(shop.buys("2017-03-05 12:00", "10.00", id="C")) == {}
    shop.refunds("2017-03-06 12:00", "A")
    assert earned(shop.buys("2017-03-07 12:00", "10.00", id="D")) == {"purchase": 10}
    assert earned(changes(shop, "2017-03-08 12:00", "A", line("20.00"), revives=True)) == {}
    assert rebuilt(shop.effects) == shop.state.consequences
