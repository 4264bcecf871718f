"""What the shop sells: whose word holds, what orders teach, and how it is found."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from regulars.service import catalogue
from regulars.service.catalogue import FROM_ORDERS, Kept, keep, keep_feed, learn
from regulars.wire.catalogue import CatalogueError, Product, ProductReason, Refusal
from regulars.wire.events import Sender
from tests.service.town import Town
from tests.shop import at

NOW = at("2017-03-01 12:00")
TEA = Product("tea", "Green tea", "Tea", "Acme", "https://shop.example/tea", "", 12_50, None, True, "")
BAD = Refusal(3, "price", "", ProductReason.BAD_PRICE, "No price.")


@pytest.fixture
def town(town: Town) -> Town:
    town.applies()
    return town


def kept(town: Town, *products: Product, source: str = "feed:a.xml", now: int = NOW) -> Kept:
    return town.shop.writer.run(lambda tx: keep(tx, products, source, now))


def known(town: Town, words: str = "", category: str = "") -> list[catalogue.ProductView]:
    return list(catalogue.page(town.shop, words, category, None, 100).products)


def bought(town: Town, order: str, *lines: dict[str, object], now: str = "2017-03-01 12:00") -> None:
    said = {"order_id": order, "products": [{"price": 1, **line} for line in lines]}
    town.hears({"event": "Order Completed", "userId": "ada", "properties": said}, now=now)


def test_the_later_word_holds_and_what_is_said_again_is_unchanged(town: Town) -> None:
    assert kept(town, TEA, replace(TEA, title="Old"), TEA) == Kept(new=1)
    assert kept(town, TEA) == Kept(unchanged=1)
    assert kept(town, replace(TEA, price_minor=13_00), replace(TEA, id="cup")) == Kept(new=1, changed=1)
    assert [(one.id, one.price_minor) for one in known(town)] == [("cup", 12_50), ("tea", 13_00)]


def test_orders_teach_what_they_know(town: Town) -> None:
    bought(
        town, "1", {"product_id": "tea", "category": "Tea"}, {"product_id": "cup", "name": "A cup", "brand": "Acme"}, {}
    )
    learn(town.shop)
    assert [(one.id, one.title, one.category, one.brand, one.price_minor, one.source) for one in known(town)] == [
        ("cup", "A cup", "", "Acme", None, FROM_ORDERS),
        ("tea", "tea", "Tea", "", None, FROM_ORDERS),
    ]
    bought(town, "2", {"product_id": "tea", "name": "Tea, green"}, now="2017-03-02 12:00")
    learn(town.shop)
    assert [(one.title, one.category) for one in known(town, "tea")] == [("Tea, green", "Tea")]


def test_a_feeds_word_goes_before_an_orders_whichever_came_later(town: Town) -> None:
    bought(town, "1", {"product_id": "tea", "name": "From an order"})
    learn(town.shop)
    assert kept(town, TEA) == Kept(changed=1)
    bought(town, "2", {"product_id": "tea", "name": "From an order"}, now="2017-03-02 12:00")
    learn(town.shop)
    assert [(one.title, one.source) for one in known(town)] == [("Green tea", "feed:a.xml")]


def test_it_goes_on_where_it_was_and_reads_the_record_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ORDERS_AT_ONCE", 2)
    for number in range(5):
        bought(town, str(number), {"product_id": f"p{number}"}, now=f"2017-03-0{number + 1} 12:00")
    until = learn(town.shop)
    assert [one.id for one in known(town)] == ["p0", "p1", "p2", "p3", "p4"]
    assert until == at("2017-03-05 12:00")
    asked: list[int] = []
    taught = catalogue._taught

    def counted(rows: Sequence[Any]) -> dict[str, Any]:
        asked.append(len(rows))
        return taught(rows)

    monkeypatch.setattr(catalogue, "_taught", counted)
    assert learn(town.shop, until) == until
    assert asked == []
    bought(town, "5", {"product_id": "p5"}, now="2017-03-05 12:05")
    assert learn(town.shop, until) == at("2017-03-05 12:05")
    assert asked == [2]
    assert learn(town.shop, at("2018-01-01 00:00")) == at("2018-01-01 00:00")


def test_what_a_browser_calls_an_order_teaches_nothing(town: Town) -> None:
    said = {"order_id": "1", "products": [{"product_id": "tea", "price": 1}]}
    town.hears({"event": "Order Completed", "anonymousId": "x", "properties": said}, sender=Sender.SITE)
    learn(town.shop)
    assert known(town) == []


class TestFeeds:
    def test_a_feed_that_breaks_off_changes_nothing(self, town: Town) -> None:
        def broken() -> Iterator[Product | Refusal]:
            for number in range(catalogue.PORTION + 5):
                yield replace(TEA, id=f"p{number}")
            raise CatalogueError("The feed breaks off.")

        with pytest.raises(CatalogueError):
            keep_feed(town.shop, broken, "feed:a.xml", NOW)
        assert known(town) == []

    def test_it_counts_and_tells_of_each_refusal_once(self, town: Town) -> None:
        kept(town, TEA)
        feed: list[Product | Refusal] = [TEA, BAD, replace(TEA, id="cup")]
        found: list[Refusal] = []
        seen: list[tuple[int, int]] = []
        would = keep_feed(town.shop, lambda: feed, "feed:a.xml", NOW, dry_run=True)
        assert (would, len(known(town))) == (Kept(new=1, unchanged=1, refused=1), 1)
        done = keep_feed(
            town.shop, lambda: feed, "feed:a.xml", NOW, refused=found.append, progress=lambda *how: seen.append(how)
        )
        assert (done, found, seen) == (would, [BAD], [(2, 2)])


class TestPages:
    def test_page_by_page_everything_comes_once_bytewise(self, town: Town) -> None:
        ids = ["B", "a", "b", "Ä", "ä", "1", "10", "2"]
        kept(town, *[replace(TEA, id=id) for id in ids])
        found, after = [], None
        while True:
            page = catalogue.page(town.shop, "", "", after, 3)
            found += [one.id for one in page.products]
            assert page.total == len(ids)
            after = page.next
            if after is None:
                break
        assert found == sorted(ids)

    def test_found_by_words_and_by_category(self, town: Town) -> None:
        kept(town, TEA, Product("cup_1", "100% cup", "Cups", "Other", "", "", 5_00, 4_00, False, ""))
        assert [one.id for one in known(town, "GREEN")] == ["tea"]
        assert [one.id for one in known(town, "other")] == ["cup_1"]
        assert [one.id for one in known(town, "0% c")] == ["cup_1"]
        assert known(town, "%%") == known(town, "t_a") == []
        assert [one.id for one in known(town, "", "Cups")] == ["cup_1"]
        assert known(town, "tea", "Cups") == []
        assert catalogue.categories(town.shop) == ("Cups", "Tea")
