"""How far a source is trusted: nothing of value follows from a browser's word."""

from regulars.kernel.effects import Reason
from regulars.kernel.facts import Behaved, Trust
from regulars.kernel.state import Consequences
from tests.shop import Shop, earned, refused

RULES = """
members: everyone
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: visit, on: Order Completed, points: 2}
  - {id: review, on: Product Reviewed, points: 50}
  - {id: welcome, on: Member Joined, points: 100}
tiers: {by: spend, over: calendar_year, levels: [{id: friend, at: 0}, {id: silver, at: 10}]}
"""


def says(shop: Shop, name: str, when: str, trust: Trust) -> Behaved:
    moment = shop.at(when)
    return Behaved(f"{name}/{when}", "ada", moment, moment, "site", name, {"order_id": "1"}, trust)


def test_a_browser_earns_nothing_whatever_it_says() -> None:
    shop = Shop(RULES)
    for name in ("Order Completed", "Member Joined", "Product Reviewed", "Product Viewed"):
        effects = shop.takes(says(shop, name, "2017-03-01 12:00", Trust.WEAK))
        assert not earned(effects)
        assert set(refused(effects).values()) <= {Reason.NOT_TRUSTED}
    assert shop.state.consequences == Consequences()


def test_the_refusal_says_why() -> None:
    shop = Shop(RULES)
    effects = shop.takes(says(shop, "Product Reviewed", "2017-03-01 12:00", Trust.WEAK))
    assert shop.sentences(effects) == ["No points by “review”: the shop itself has not said so of a customer it knows."]


def test_a_browsers_word_does_not_make_the_shops_own_word_late() -> None:
    """An import of what happened before is dated when it happened, whatever a browser has said in the meantime."""
    told, untold = Shop(RULES), Shop(RULES)
    told.takes(says(told, "Product Viewed", "2018-03-01 12:00", Trust.WEAK))
    for shop in (told, untold):
        shop.buys("2017-12-31 12:00", "30.00", id="one")
        shop.buys("2018-01-02 12:00", "3.00", id="two")
    assert told.state == untold.state
    assert told.tier == "friend"


def test_the_same_word_from_the_shop_earns() -> None:
    shop = Shop(RULES)
    assert earned(shop.takes(says(shop, "Product Reviewed", "2017-03-01 12:00", Trust.SHOP))) == {"review": 50}
    assert shop.tier == "friend"


def test_not_even_the_level_that_is_everybodys_follows_from_a_browsers_word() -> None:
    shop = Shop(RULES)
    shop.takes(says(shop, "Product Viewed", "2017-03-01 12:00", Trust.WEAK))
    assert shop.tier is None
    shop.buys("2017-03-01 13:00", "3.00")
    assert shop.tier == "friend"
