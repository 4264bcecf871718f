"""What no webhook brought is fetched: all of it, once, and from nobody but the shop's own platform."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from regulars.boot import new_id
from regulars.kernel.calendar import DAY, MINUTE
from regulars.service import asking, programs, reconciling
from regulars.service.asking import Asker, Unanswered
from regulars.service.connections import (
    Asking,
    Connection,
    ConnectionRefused,
    Connections,
    Kind,
    Settings,
    connect,
    note_heard,
    site_of,
)
from regulars.service.ingest import ingest_told
from regulars.service.reconciling import Found, reconcile
from regulars.service.shop import Shop, open_shop
from regulars.store.schema import customers, journal, orders, quarantine
from regulars.wire.instants import rfc3339
from regulars.wire.sources import parse_instant
from regulars.wire.webhooks import understand_shopify, understand_woocommerce
from regulars.workers.reconciling import Reconciler
from tests.fakes.platforms import Shopify, WooCommerce, standing

PAYLOADS: Final = Path(__file__).parents[1] / "wire" / "webhooks"
BEGAN: Final = parse_instant("2026-03-01 00:00", "UTC")
NOW: Final = parse_instant("2026-04-01 00:00", "UTC")
PROGRAM: Final = """
program: test
currency: {currency}
time_zone: America/New_York
earning: [{{id: purchase, on: Order Completed, per: 1.00, points: 1}}]
"""


class Reconciled:
    """A shop, its platform, and how long it was waited between tries."""

    def __init__(self, url: str, currency: str, kind: Kind, site: str, api: str) -> None:
        self.shop: Shop = open_shop(url, new_id)
        programs.publish(self.shop, PROGRAM.format(currency=currency), "a test", BEGAN)
        connect(self.shop.store, "main", kind, "hush", BEGAN, api, Settings(site))
        self.there = Connections(self.shop.store, {})
        self.waited: list[float] = []
        self.asker = Asker(lambda: 0.0, self._waits)

    def asks(self, now: int = NOW, *, if_due: bool = False) -> Found | None:
        return reconcile(self.shop, self.there, "main", self.asker, now, if_due=if_due)

    def connection(self) -> Connection:
        found = self.there.named("main")
        assert found is not None
        return found

    def hears(self, topic: str, order: dict[str, Any], now: int = NOW) -> None:
        """By a webhook."""
        rulebook = self.shop.rulebooks.in_force()
        assert rulebook is not None
        kind, currency, body = self.connection().kind, rulebook.program.currency, json.dumps(order).encode()
        if kind is Kind.SHOPIFY:
            told = understand_shopify({"X-Shopify-Topic": topic}, body, now, currency)
        else:
            told = understand_woocommerce({"X-WC-Webhook-Topic": topic}, body, now, currency)
        ingest_told(self.shop, told, kind.sender, now, currency.code).result(30)

    def hears_of(self, id: str) -> None:
        """Of an order that is named and not told."""
        self.shop.writer.run(lambda tx: note_heard(tx, self.there, "main", NOW, id))

    def completed(self) -> int:
        return self.count(journal, journal.c.name == "Order Completed")

    def count(self, table: Any, *which: Any) -> int:
        with self.shop.store.reading() as connection:
            return connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one()

    def points(self) -> int:
        with self.shop.store.reading() as connection:
            held = select(func.sum(customers.c.available + customers.c.pending))
            return int(connection.execute(held).scalar_one())

    def status(self, order_id: str) -> str:
        with self.shop.store.reading() as connection:
            return connection.execute(select(orders.c.status).where(orders.c.order_id == order_id)).scalar_one()

    def _waits(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return False


@pytest.fixture
def shopify() -> Iterator[Shopify]:
    with standing(Shopify("shpat_1", most=4)) as platform:
        yield platform


@pytest.fixture
def woocommerce() -> Iterator[WooCommerce]:
    with standing(WooCommerce("ck_1", "cs_1")) as platform:
        yield platform


@pytest.fixture
def at_shopify(database: str, shopify: Shopify) -> Iterator[Reconciled]:
    found = Reconciled(database, "USD", Kind.SHOPIFY, shopify.address, "shpat_1")
    yield found
    found.shop.close()


@pytest.fixture
def at_woocommerce(database: str, woocommerce: WooCommerce) -> Iterator[Reconciled]:
    found = Reconciled(database, "EUR", Kind.WOOCOMMERCE, woocommerce.address, "ck_1:cs_1")
    yield found
    found.shop.close()


def shopify_order(id: int, name: str = "orders_paid", **changes: Any) -> dict[str, Any]:
    told = json.loads((PAYLOADS / "shopify" / f"{name}.json").read_bytes())
    return {**told, "id": id, "customer": {"id": id, "email": f"c{id}@example.com"}, **changes}


def woocommerce_order(id: int, name: str = "order_updated_processing", **changes: Any) -> dict[str, Any]:
    told = json.loads((PAYLOADS / "woocommerce" / f"{name}.json").read_bytes())
    return {**told, "id": id, "customer_id": id, "billing": {"email": f"c{id}@example.com"}, **changes}


def modified(seconds: int) -> str:
    return rfc3339(BEGAN + DAY + seconds * 1_000_000).removesuffix("Z")


def test_what_a_webhook_brought_is_known_and_what_was_lost_is_new(at_shopify: Reconciled, shopify: Shopify) -> None:
    shopify.orders = [shopify_order(id) for id in range(1, 11)]
    for order in shopify.orders[:7]:
        at_shopify.hears("orders/paid", order)
    assert at_shopify.asks() == Found(orders=10, missed=3)
    assert at_shopify.asks() == Found(orders=10, missed=0)
    at_shopify.hears("orders/paid", shopify.orders[9])

    assert at_shopify.completed() == 10
    assert at_shopify.count(quarantine) == 0
    assert at_shopify.connection().asking.missed == 3
    assert at_shopify.connection().polled_at == NOW
    assert [path.count("page_info") for path in shopify.asked] == [0, 1, 1] * 2


def test_the_next_asking_begins_where_the_last_one_ended_less_an_overlap(
    at_shopify: Reconciled, shopify: Shopify
) -> None:
    shopify.orders = [shopify_order(1, updated_at="2026-03-20T12:00:00Z")]
    at_shopify.asks()
    at_shopify.asks(NOW + 15 * MINUTE)

    assert "updated_at_min=2026-02-28T23%3A50%3A00Z" in shopify.asked[0]
    assert "updated_at_min=2026-03-20T11%3A50%3A00Z" in shopify.asked[1]


def test_an_order_whose_webhook_may_be_on_its_way_is_left_for_the_next_time(
    at_shopify: Reconciled, shopify: Shopify
) -> None:
    shopify.orders = [shopify_order(1, updated_at="2026-03-31T23:58:01Z")]

    assert at_shopify.asks() == Found(orders=1, missed=0)
    assert at_shopify.completed() == 0
    assert at_shopify.asks(NOW + 15 * MINUTE) == Found(orders=1, missed=1)
    assert at_shopify.completed() == 1


def test_a_bad_order_is_set_aside_once(at_shopify: Reconciled, shopify: Shopify) -> None:
    shopify.orders = [shopify_order(1, currency="SEK"), shopify_order(2, test=True), shopify_order(3)]
    for _ in range(3):
        at_shopify.asks()

    assert at_shopify.count(quarantine) == 1
    assert at_shopify.completed() == 1


def test_a_lost_refund_is_found(at_woocommerce: Reconciled, woocommerce: WooCommerce) -> None:
    at_woocommerce.hears("order.updated", woocommerce_order(1))
    woocommerce.orders = [woocommerce_order(1, "order_updated_refunded")]

    assert at_woocommerce.asks() == Found(orders=1, missed=1)
    assert (at_woocommerce.status("1"), at_woocommerce.completed()) == ("refunded", 1)


def test_a_refund_that_a_webhook_told_in_one_sum_is_set_right_line_by_line(
    at_woocommerce: Reconciled, woocommerce: WooCommerce
) -> None:
    """Of 107.10 with tax 47.60 went back: one bag of two for 35.70, and the shipping. By the sum that is 40 of 90 stars."""
    refunded = woocommerce_order(1, "order_updated_partly_refunded", refunds=[{"id": 9, "total": "-47.60"}])
    at_woocommerce.hears("order.updated", woocommerce_order(1))
    at_woocommerce.hears("order.updated", refunded)
    assert at_woocommerce.points() == 90 - 40

    woocommerce.orders = [refunded]
    woocommerce.refunds[1] = [
        {
            "id": 9,
            "amount": "47.60",
            "line_items": [
                {
                    "id": 400,
                    "quantity": -1,
                    "total": "-30.00",
                    "total_tax": "-5.70",
                    "meta_data": [{"key": "_refunded_item_id", "value": "315"}],
                }
            ],
            "shipping_lines": [{"id": 401, "total": "-10.00", "total_tax": "-1.90"}],
        }
    ]
    assert at_woocommerce.asks() == Found(orders=1, missed=1)
    assert at_woocommerce.points() == 60
    at_woocommerce.hears("order.updated", refunded)
    assert at_woocommerce.asks() == Found(orders=1, missed=0)
    assert (at_woocommerce.points(), at_woocommerce.completed()) == (60, 1)


def test_orders_that_change_meanwhile_push_nobody_out_of_the_list(
    at_woocommerce: Reconciled, woocommerce: WooCommerce
) -> None:
    woocommerce.orders = [woocommerce_order(id, date_modified_gmt=modified(id)) for id in range(1, 251)]

    def changes() -> None:
        for order in woocommerce.orders[:40]:
            order["date_modified_gmt"] = modified(1_000 + order["id"])
        woocommerce.on_page = lambda: None

    woocommerce.on_page = changes
    at_woocommerce.asks()

    assert at_woocommerce.completed() == 250


def test_more_orders_of_one_second_than_a_page_holds(at_woocommerce: Reconciled, woocommerce: WooCommerce) -> None:
    woocommerce.orders = [woocommerce_order(id, date_modified_gmt=modified(5)) for id in range(1, 231)]
    found = at_woocommerce.asks()

    assert found is not None
    assert (found.missed, at_woocommerce.completed()) == (230, 230)


def test_an_order_that_was_put_into_the_trash_is_read_again(
    at_woocommerce: Reconciled, woocommerce: WooCommerce
) -> None:
    at_woocommerce.hears("order.updated", woocommerce_order(1))
    woocommerce.trash = [woocommerce_order(1, status="trash", date_modified_gmt=modified(10**6))]
    for id in ("1", "2"):
        at_woocommerce.hears_of(id)

    assert at_woocommerce.asks() == Found(orders=0, missed=0, read_again=2)
    assert at_woocommerce.status("1") == "cancelled"
    assert at_woocommerce.connection().asking.again == (), "the second is gone for good"


def test_patience_with_whoever_is_busy(at_shopify: Reconciled, shopify: Shopify) -> None:
    shopify.orders = [shopify_order(1)]
    shopify.in_the_way = [(429, {"Retry-After": "2.0"}, b""), (503, {}, b""), (429, {"Retry-After": "9999"}, b"")]

    assert at_shopify.asks() == Found(orders=1, missed=1)
    assert at_shopify.waited == [2.0, 2.0, asking.LONGEST_PATIENCE_SECONDS]


def test_an_answer_that_breaks_off_is_asked_for_again(at_shopify: Reconciled, shopify: Shopify) -> None:
    shopify.orders = [shopify_order(1)]
    shopify.in_the_way = [(200, {"Content-Length": "99", "Connection": "close"}, b'{"orders":[]}')]

    assert at_shopify.asks() == Found(orders=1, missed=1)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([(500, {}, b"")] * 5, "answers 500"),
        ([(401, {}, b"")], "what we show is wrong"),
        ([(404, {}, b"")], "no list of orders"),
        ([(302, {"Location": "http://127.0.0.1:9/elsewhere"}, b"")], "sends us elsewhere (302)"),
        ([(418, {}, b"")], "answers 418"),
        ([(200, {}, b"<html>")], "not JSON"),
        ([(200, {}, b'{"orders": 7}')], "no list of orders"),
    ],
)
def test_an_asking_that_fails_is_written_down_and_begins_there_again(
    at_shopify: Reconciled, shopify: Shopify, answers: list[Any], says: str
) -> None:
    shopify.orders = [shopify_order(1)]
    shopify.in_the_way = list(answers)
    with pytest.raises(Unanswered) as refused:
        at_shopify.asks()
    before = at_shopify.connection()
    assert says in str(refused.value)
    assert (says in before.asking.trouble, before.polled_at, before.asking.since) == (True, None, None)

    assert at_shopify.asks() == Found(orders=1, missed=1)
    assert at_shopify.connection().asking.trouble == ""


def test_the_next_page_is_asked_for_at_the_shops_own_address(at_shopify: Reconciled, shopify: Shopify) -> None:
    shopify.orders = [shopify_order(1)]
    elsewhere = '<http://127.0.0.1:9/orders.json?page_info=2026-01-01T00%3A00%3A00Z%7C0>; rel="next"'
    shopify.in_the_way = [(200, {"Link": elsewhere}, b'{"orders": []}')]

    assert at_shopify.asks() == Found(orders=1, missed=1)


def test_a_key_that_no_header_can_bear_is_said_to_be_one(at_shopify: Reconciled) -> None:
    at_shopify.there = Connections(at_shopify.shop.store, {"REGULARS_API_MAIN": "shpat_1\nX-Other: 1"})
    with pytest.raises(Unanswered, match="no header can bear"):
        at_shopify.asks()


def test_an_answer_has_a_bound(at_shopify: Reconciled, shopify: Shopify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "MOST_PAGE_BYTES", 1_000)
    shopify.orders = [shopify_order(1)]
    with pytest.raises(Unanswered, match="larger than 1,000 bytes"):
        at_shopify.asks()


def test_an_answer_that_trickles_in_is_given_up(shopify: Shopify) -> None:
    seconds = iter([0.0, asking.LONGEST_ANSWER_SECONDS + 1.0] * 5)
    shopify.in_the_way = [(200, {}, b"{}")] * 5
    with pytest.raises(Unanswered, match="takes longer than 120 seconds"):
        Asker(lambda: next(seconds), lambda _: False).ask(shopify.address, {}, 10)


def test_who_is_told_to_stop_does_not_wait(shopify: Shopify) -> None:
    shopify.in_the_way = [(503, {}, b"")] * 5
    with pytest.raises(Unanswered, match="interrupted"):
        Asker(lambda: 0.0, lambda _: True).ask(shopify.address, {}, 10)
    assert len(shopify.asked) == 1


def test_one_asks_at_a_time_and_no_more_often_than_it_should(at_shopify: Reconciled, shopify: Shopify) -> None:
    assert at_shopify.asks(if_due=True) is not None
    assert at_shopify.asks(NOW + 14 * MINUTE, if_due=True) is None
    assert at_shopify.asks(NOW + 15 * MINUTE, if_due=True) is not None
    assert reconciling.due(at_shopify.there, NOW + 29 * MINUTE) == []
    assert reconciling.due(at_shopify.there, NOW + 30 * MINUTE) == ["main"]


def test_who_cannot_be_asked_is_not(sqlite: str) -> None:
    found = Reconciled(sqlite, "USD", Kind.SHOPIFY, "", "shpat_1")
    assert (found.asks(), reconciling.due(found.there, NOW)) == (None, [])
    assert reconcile(found.shop, found.there, "nobody", found.asker, NOW) is None
    found.shop.close()


def test_a_server_asks_by_itself(at_shopify: Reconciled, shopify: Shopify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.workers.reconciling.LOOKS_EVERY_SECONDS", 0.01)
    shopify.orders = [shopify_order(1)]
    clock = iter([*[NOW] * 2, *[NOW + 20 * MINUTE] * 10**5])
    worker = Reconciler(at_shopify.shop, at_shopify.there, lambda: next(clock))
    worker.start()
    while worker.told.asked < 2 and not worker.told.failed:
        worker._stopping.wait(0.01)
    worker.stop()

    assert (worker.told.failed, worker.told.missed, at_shopify.completed()) == (0, 1, 1)


@pytest.mark.parametrize(
    ("written", "site"),
    [
        ("corner.myshopify.com", "https://corner.myshopify.com"),
        ("https://corner.example/shop/", "https://corner.example/shop"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_addresses_that_are_asked(written: str, site: str) -> None:
    assert site_of(written) == site


@pytest.mark.parametrize(
    "written",
    [
        "http://corner.example",
        "http://127.0.0.1.example.com",
        "https://me:hush@corner.example",
        "https://corner.example?x=1",
        "https://corner.example#x",
        "ftp://corner.example",
        "file:///etc/passwd",
        "https://",
        "",
        "corner example",
        "https://[::1",
        "https://corner.example:65536",
    ],
)
def test_addresses_that_are_not(written: str) -> None:
    with pytest.raises(ConnectionRefused):
        site_of(written)


def test_ids_to_read_again_have_a_bound_and_stand_once(at_shopify: Reconciled) -> None:
    for id in [*range(1_002), 1_001]:
        at_shopify.hears_of(str(id))

    again = at_shopify.connection().asking.again
    assert (len(again), again[0], again[-1]) == (1_000, "2", "1001")
    assert at_shopify.connection().asking == Asking(again=again)
