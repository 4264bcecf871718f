"""Several currencies: each order by the rate of its own, and nothing is ever converted."""

from regulars.kernel.facts import Bill, Line, OrderCompleted, OrderReturned
from regulars.kernel.recalled import Memory
from regulars.kernel.returns import all_of, by_amount, completed
from regulars.kernel.step import fold
from tests.shop import Shop, at, earned, program, refused

RULES = """
earning:
  - {id: purchase, on: Order Completed, per: {USD: 1.00, EUR: 0.90, JPY: 150}, points: 1}
  - {id: at-home, on: Order Completed, per: 10.00, points: 5}
  - {id: each, on: Order Completed, points: 3}
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 100}]}
"""


def order(id: str, currency: str, minor: int, when: str = "2017-03-01 12:00") -> OrderCompleted:
    if currency == "USD":
        return OrderCompleted(id, "ada", at(when), at(when), "test", id, (Line(minor, 1, {}),), minor)
    bill = Bill(currency, (minor,))
    return OrderCompleted(id, "ada", at(when), at(when), "test", id, (Line(0, 1, {}),), 0, bill)


def test_each_currency_has_its_rate() -> None:
    shop = Shop(RULES)
    assert earned(shop.takes(order("1", "USD", 90_00))) == {"purchase": 90, "at-home": 45, "each": 3}
    in_euros = shop.takes(order("2", "EUR", 90_00))
    assert earned(in_euros) == {"purchase": 100, "each": 3}
    assert refused(in_euros) == {"at-home": "no_rate"}
    assert earned(shop.takes(order("3", "JPY", 1_500))) == {"purchase": 10, "each": 3}


def test_a_currency_without_any_rate_earns_nothing_and_says_so() -> None:
    shop = Shop(RULES)
    effects = shop.takes(order("1", "SEK", 900_00))
    assert earned(effects) == {}
    assert refused(effects) == {"purchase": "no_rate", "at-home": "no_rate", "each": "no_rate"}
    assert shop.sentences(effects)[0] == "No points by “purchase”: it has no rate for the order's currency."


def test_levels_by_spend_count_the_programs_own_currency() -> None:
    shop = Shop(RULES)
    shop.takes(order("1", "EUR", 500_00))
    assert shop.tier is None
    shop.takes(order("2", "USD", 100_00))
    assert shop.tier == "silver"


def test_it_tells_which_money_it_was() -> None:
    shop = Shop(RULES)
    sentences = shop.sentences(shop.takes(order("1", "EUR", 90_00)))
    assert any("100 × 0.90 EUR in 90.00 EUR" in one for one in sentences), sentences
    assert "1 point for each whole 1.00 USD, 0.90 EUR or 150 JPY spent." in shop.program.program.describe()


def test_what_goes_back_goes_by_the_rate_of_its_order() -> None:
    """Also when there is another rate by then: the program that judged the order holds. Sums in dollars never hear of it."""
    rules = program(RULES)
    memory = Memory(lambda _: rules)
    bought = order("1", "EUR", 90_00)
    state, _ = fold(rules.new_state(), [bought, order("2", "USD", 100_00)], rules, memory)
    known = memory.order("1")
    assert known is not None
    blank = OrderReturned(
        "r", "ada", at("2017-03-02 12:00"), at("2017-03-02 12:00"), "test", "Order Refunded", "1", 0, (), 0
    )
    first = completed(blank, known.order, [], by_amount(known.order, [], 30_00))
    assert (first.amount_minor, [line.amount_minor for line in first.lines]) == (0, [30_00])
    state, effects = fold(state, [first], rules, memory)
    assert sum([one.points for one in known.returned]) == 33
    whole = completed(blank, known.order, known.returns, all_of(known.order, known.returns))
    state, effects = fold(state, [whole], rules, memory)
    assert sum([one.points for one in known.returned if one.because.rule == "purchase"]) == 100
    assert state.consequences.tier == "silver"
    assert effects
