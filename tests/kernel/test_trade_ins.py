"""Used goods by their grade, and what counts only where it was done to its end: tests on what the shop's event says."""

from collections.abc import Mapping

from regulars.kernel.effects import Effect
from regulars.kernel.facts import Behaved
from tests.shop import Shop, earned

TRADED = """
earning:
  - id: like-new
    on: Trade In
    points: 500
    when: {where: {condition: like-new}}
    limit: {times: 1, per: item}
  - id: worn-but-bought-here
    on: Trade In
    points: 100
    when: {where: {condition: worn, bought_here: "true"}}
  - id: read
    on: Article Read
    points: 5
    when: {where: {read_percent: "100"}}
    limit: [{times: 1, per: article}, {times: 1, per: day}]
"""


def does(shop: Shop, name: str, when: str, said: Mapping[str, str]) -> list[Effect]:
    at = shop.at(when)
    return shop.takes(Behaved(f"deed-{len(shop.facts)}", "ada", at, at, "test", name, said))


def test_used_goods_are_worth_what_their_grade_is() -> None:
    shop = Shop(TRADED)
    day = "2017-03-01 12:00"
    assert earned(does(shop, "Trade In", day, {"condition": "like-new", "item": "A"})) == {"like-new": 500}
    assert earned(does(shop, "Trade In", day, {"condition": "worn", "item": "B"})) == {}
    worn = {"condition": "worn", "item": "B", "bought_here": "true"}
    assert earned(does(shop, "Trade In", day, worn)) == {"worn-but-bought-here": 100}


def test_one_thing_is_traded_in_once() -> None:
    shop = Shop(TRADED)
    for when, points in (("2017-03-01 12:00", 500), ("2018-03-01 12:00", 0)):
        said = {"condition": "like-new", "item": "serial 12"}
        assert sum(earned(does(shop, "Trade In", when, said)).values()) == points


def test_what_is_read_counts_when_it_was_read_to_its_end_once_each_and_once_a_day() -> None:
    shop = Shop(TRADED)
    assert earned(does(shop, "Article Read", "2017-03-01 12:00", {"article": "a", "read_percent": "60"})) == {}
    assert earned(does(shop, "Article Read", "2017-03-01 13:00", {"article": "a", "read_percent": "100"})) == {
        "read": 5
    }
    assert earned(does(shop, "Article Read", "2017-03-01 14:00", {"article": "b", "read_percent": "100"})) == {}
    assert earned(does(shop, "Article Read", "2017-03-02 14:00", {"article": "a", "read_percent": "100"})) == {}
    assert earned(does(shop, "Article Read", "2017-03-02 15:00", {"article": "b", "read_percent": "100"})) == {
        "read": 5
    }
