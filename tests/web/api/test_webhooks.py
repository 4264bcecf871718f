"""Orders as platforms tell them over HTTP: signed, again, late, in any order; and what is never believed."""

import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from hmac import digest, new
from itertools import count, permutations
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from litestar.testing import TestClient
from sqlalchemy import func, select

from regulars.boot import new_id
from regulars.service import customers, programs
from regulars.service.connections import Connections, Kind, connect, note_heard, rotate
from regulars.service.keys import create_key
from regulars.service.shop import Shop, open_shop
from regulars.service.writer import Busy
from regulars.store.schema import audit, entries, journal, orders, quarantine, source_keys
from regulars.web.api import webhooks
from regulars.web.app import create_app
from regulars.web.limits import Limits, Rate
from regulars.wire.sources import parse_instant

NOW: Final = parse_instant("2026-04-01 00:00", "UTC")
PAYLOADS: Final = Path(__file__).parents[2] / "wire" / "webhooks"
SECRET: Final = "hush & “hush”"
ADA: Final = "115310627314723954"
PROGRAM: Final = """
program: test
currency: {currency}
time_zone: America/New_York
earning: [{{id: purchase, on: Order Completed, per: 1.00, points: 1}}]
sources:
  - id: support
    signature: {{header: X-Signature, encoding: hex, prefix: "sha256="}}
    maps:
      - when: {{"$.type": ticket.opened}}
        event: Support Case Opened
        message_id: $.id
        identify: {{user_id: $.requester}}
        properties: {{topic: $.topic}}
"""
SHOPIFY_LIFE: Final = (
    ("orders/create", "orders_create"),
    ("orders/paid", "orders_paid"),
    ("orders/updated", "orders_updated_partly_refunded"),
    ("orders/updated", "orders_updated_refunded"),
)
WOOCOMMERCE_LIFE: Final = (
    ("order.created", "order_created"),
    ("order.updated", "order_updated_processing"),
    ("order.updated", "order_updated_partly_refunded"),
    ("order.updated", "order_updated_refunded"),
)


class Platforms:
    """A shop with one connection of each kind, and the platforms that tell it."""

    def __init__(self, shop: Shop, client: TestClient[Any]) -> None:
        self.shop = shop
        self.client = client
        self._deliveries = count()

    def shopify(
        self, topic: str, body: Any, *, secret: str = SECRET, name: str = "main", **more: str
    ) -> httpx.Response:
        raw = bytes_of(body)
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": "corner.myshopify.com",
            "X-Shopify-Webhook-Id": f"delivery-{next(self._deliveries)}",
            "X-Shopify-Hmac-Sha256": signature(raw, secret),
        }
        return self.posts(f"shopify/{name}", raw, headers | more)

    def woocommerce(self, topic: str, body: Any, *, secret: str = SECRET, **more: str) -> httpx.Response:
        raw = bytes_of(body)
        headers = {
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": f"delivery-{next(self._deliveries)}",
            "X-WC-Webhook-Signature": signature(raw, secret),
        }
        return self.posts("woocommerce/wc", raw, headers | more)

    def support(self, body: Any, secret: str = SECRET) -> httpx.Response:
        raw = bytes_of(body)
        return self.posts("support", raw, {"X-Signature": f"sha256={new(secret.encode(), raw, sha256).hexdigest()}"})

    def posts(self, path: str, raw: bytes, headers: Mapping[str, str]) -> httpx.Response:
        return self.client.post(f"/v1/webhooks/{path}", content=raw, headers=headers)

    def points(self, customer: str, kind: str = "user_id") -> int:
        id = customers.find(self.shop, kind, customer)
        assert id is not None, f"nobody knows {kind} {customer}"
        found = customers.customer(self.shop, id, NOW)
        assert found is not None
        return found.points.available

    def stands(self, order_id: str) -> dict[str, Any]:
        """How the order stands, but for what names it."""
        [row] = self.rows(select(orders).where(orders.c.order_id == order_id))
        return {name: row[name] for name in row if name not in ("order_id", "record", "fact_id")}

    def facts(self, name: str) -> int:
        [row] = self.rows(select(func.count().label("number")).select_from(journal).where(journal.c.name == name))
        return int(row["number"])

    def rows(self, asked: Any) -> list[dict[str, Any]]:
        with self.shop.store.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(asked)]

    def is_empty(self) -> bool:
        return not any(self.rows(select(table)) for table in (source_keys, journal, orders, quarantine))


def bytes_of(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def signature(body: bytes, secret: str) -> str:
    return b64encode(digest(secret.encode(), body, "sha256")).decode()


def payload(platform: str, name: str, **changes: Any) -> dict[str, Any]:
    told = json.loads((PAYLOADS / platform / f"{name}.json").read_bytes())
    return {**told, **changes}


def opened(
    url: str, currency: str, environment: Mapping[str, str], limits: Limits | None = None
) -> Iterator[Platforms]:
    shop = open_shop(url, new_id)
    programs.publish(shop, PROGRAM.format(currency=currency), "a test", NOW)
    connect(shop.store, "main", Kind.SHOPIFY, SECRET, NOW)
    connect(shop.store, "wc", Kind.WOOCOMMERCE, SECRET, NOW)
    connect(shop.store, "support", Kind.WEBHOOK, SECRET, NOW)
    there = Connections(shop.store, environment)
    app = create_app(shop, lambda: NOW, new_id, limits or Limits(), tick=lambda: 0, connections=there)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Platforms(shop, client)
    shop.close()


@pytest.fixture
def in_dollars(database: str) -> Iterator[Platforms]:
    yield from opened(database, "USD", {})


@pytest.fixture
def in_euros(database: str) -> Iterator[Platforms]:
    yield from opened(database, "EUR", {})


@pytest.fixture
def corner(sqlite: str) -> Iterator[Platforms]:
    """In dollars, for what hangs on no database."""
    yield from opened(sqlite, "USD", {"REGULARS_SECRET_ELSEWHERE": "one\ntwo"})


# --- lives of orders -----------------------------------------------------------------------------------------------------


def test_the_life_of_an_order_at_shopify(in_dollars: Platforms) -> None:
    told = in_dollars
    stood = []
    held = []
    for topic, name in SHOPIFY_LIFE:
        answer = told.shopify(topic, payload("shopify", name))
        assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "rejected": []})
        row = told.stands("820982911946154508")
        stood.append((row["status"], row["amount_minor"], row["refunded_minor"]))
        held.append(told.points(ADA))

    assert stood == [
        ("placed", 12463, 0),
        ("paid", 12463, 0),
        ("partly_refunded", 12463, 5399),
        ("refunded", 12463, 12463),
    ]
    assert held == [0, 124, 124 - 124 * 5399 // 12463, 0]
    assert [told.facts(name) for name in ("Order Completed", "Order Placed", "Order Refunded")] == [1, 1, 2]


def test_the_life_of_an_order_at_woocommerce(in_euros: Platforms) -> None:
    told = in_euros
    stood = []
    for topic, name in (*WOOCOMMERCE_LIFE[:2], ("order.updated", "order_updated_completed"), *WOOCOMMERCE_LIFE[2:]):
        assert told.woocommerce(topic, payload("woocommerce", name)).status_code == 200
        stood.append(told.stands("727")["status"])

    assert stood == ["placed", "paid", "paid", "partly_refunded", "refunded"]
    assert told.facts("Order Completed") == 1
    assert told.points("26") == 0


def test_a_cancelled_order_earns_nothing(in_dollars: Platforms) -> None:
    in_dollars.shopify("orders/create", payload("shopify", "orders_create"))
    in_dollars.shopify("orders/cancelled", payload("shopify", "orders_cancelled"))

    assert in_dollars.stands("820982911946154508")["status"] == "cancelled"
    assert (in_dollars.facts("Order Completed"), in_dollars.facts("Order Cancelled")) == (0, 1)
    assert in_dollars.points(ADA) == 0


@pytest.mark.parametrize("arriving", list(permutations([0, 1, 2])))
def test_an_order_that_was_paid_and_cancelled_brings_nothing_however_that_is_heard(
    in_dollars: Platforms, arriving: tuple[int, ...]
) -> None:
    """That it was paid, and that it is gone, is the same in any order of arrival."""
    life = [*SHOPIFY_LIFE[:2], ("orders/cancelled", "orders_cancelled")]
    for place in arriving:
        in_dollars.shopify(life[place][0], payload("shopify", life[place][1]))

    assert in_dollars.stands("820982911946154508")["status"] == "cancelled"
    assert (in_dollars.facts("Order Completed"), in_dollars.points(ADA)) == (1, 0)


def test_what_comes_again_changes_nothing(in_dollars: Platforms) -> None:
    for topic, name in SHOPIFY_LIFE:
        in_dollars.shopify(topic, payload("shopify", name))
    tables = (journal, entries, orders, quarantine)
    before = [in_dollars.rows(select(table)) for table in tables]
    for topic, name in (*SHOPIFY_LIFE, *reversed(SHOPIFY_LIFE)):
        assert in_dollars.shopify(topic, payload("shopify", name)).json()["accepted"] == 1

    assert [in_dollars.rows(select(table)) for table in tables] == before


def test_an_order_told_in_any_order_stands_the_same_at_shopify(in_dollars: Platforms) -> None:
    found = []
    for number, life in enumerate(permutations(SHOPIFY_LIFE), 1):
        customer = {**payload("shopify", "orders_create")["customer"], "id": number, "email": f"c{number}@example.com"}
        for topic, name in life:
            assert in_dollars.shopify(topic, payload("shopify", name, id=number, customer=customer)).status_code == 200
        found.append((in_dollars.stands(str(number)), in_dollars.points(str(number))))

    assert in_dollars.facts("Order Completed") == len(found) == 24
    assert found[0][0]["status"] == "refunded"
    assert found == [found[0]] * 24


def test_an_order_told_in_any_order_stands_the_same_at_woocommerce(in_euros: Platforms) -> None:
    found = []
    for number, life in enumerate(permutations(WOOCOMMERCE_LIFE), 1):
        billing = {"email": f"c{number}@example.com", "phone": ""}
        for topic, name in life:
            told = payload("woocommerce", name, id=number, customer_id=number, billing=billing)
            assert in_euros.woocommerce(topic, told).status_code == 200
        found.append((in_euros.stands(str(number)), in_euros.points(str(number))))

    assert in_euros.facts("Order Completed") == 24
    assert found[0][0]["status"] == "refunded"
    assert found == [found[0]] * 24


def test_a_browsers_word_and_the_webhook_are_one_order(in_dollars: Platforms) -> None:
    public = create_key(in_dollars.shop.store, "public", "", NOW)
    properties = {"order_id": "820982911946154508", "revenue": 999.0}
    event = {"userId": ADA, "event": "Order Completed", "messageId": "b1", "properties": properties}
    assert in_dollars.client.post("/v1/track", json=event, auth=(public, "")).status_code == 200
    in_dollars.shopify("orders/paid", payload("shopify", "orders_paid"))

    amounts = in_dollars.rows(select(journal.c.amount_minor).where(journal.c.amount_minor.is_not(None)))
    assert amounts == [{"amount_minor": 12463}]
    assert in_dollars.points(ADA) == 124


def test_two_orders_of_one_second_may_share_a_delivery_id(in_euros: Platforms) -> None:
    paid = payload("woocommerce", "order_updated_processing")
    for id in (727, 728):
        in_euros.woocommerce("order.updated", {**paid, "id": id}, **{"X-WC-Webhook-Delivery-ID": "2f3a8d0c5b6e4f70"})

    assert in_euros.facts("Order Completed") == 2
    assert len(in_euros.rows(select(orders))) == 2


def test_orders_at_the_till_and_of_guests_belong_to_whom_they_name(in_dollars: Platforms) -> None:
    till = payload("shopify", "orders_paid", id=1, customer=None, source_name="pos", email="ada@example.com")
    nobody = {"customer": None, "email": None, "contact_email": None, "phone": None, "billing_address": None}
    unnamed = payload("shopify", "orders_paid", id=2, source_name="pos", **nobody)
    assert in_dollars.shopify("orders/paid", till).json()["accepted"] == 1
    answer = in_dollars.shopify("orders/paid", unnamed)

    assert (answer.status_code, answer.json()["rejected"][0]["reason"]) == (200, "nobody")
    assert in_dollars.points("ada@example.com", "email") == 124
    assert in_dollars.rows(select(quarantine)) == [], "nothing is there to mend"


# --- who is believed -----------------------------------------------------------------------------------------------------


def test_what_is_not_signed_so_is_not_believed(in_dollars: Platforms) -> None:
    paid, order = payload("shopify", "orders_paid"), payload("woocommerce", "order_updated_processing")
    case = {"type": "ticket.opened", "id": "t1", "requester": "ada"}
    answers = [
        in_dollars.shopify("orders/paid", paid, secret="another"),
        in_dollars.shopify("orders/paid", paid, **{"X-Shopify-Hmac-Sha256": ""}),
        in_dollars.shopify("customers/redact", payload("shopify", "customers_redact"), secret="another"),
        in_dollars.woocommerce("order.updated", order, secret="another"),
        in_dollars.woocommerce("", b"webhook_id=1&x=1", secret="another"),
        in_dollars.support(case, secret="another"),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(401, "signature_wrong")] * 6
    assert {one.headers["www-authenticate"] for one in answers} == {'Signature realm="Regulars"'}
    assert in_dollars.is_empty()
    assert in_dollars.rows(select(audit)) == []
    assert [one.heard_at for one in Connections(in_dollars.shop.store, {}).all()] == [None] * 3


def test_bytes_that_were_changed_on_the_way_are_not_believed(corner: Platforms) -> None:
    raw = bytes_of(payload("shopify", "orders_paid"))
    headers = {"X-Shopify-Topic": "orders/paid", "X-Shopify-Hmac-Sha256": signature(raw, SECRET)}

    assert corner.posts("shopify/main", raw + b" ", headers).status_code == 401
    assert corner.posts("shopify/main", raw, headers).status_code == 200


def test_what_node_signs_is_believed(corner: Platforms) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node was not found: install Node 20 or newer")
    raw = bytes_of(payload("shopify", "orders_paid", note="Müsli 🥣"))
    sign = "require('crypto').createHmac('sha256', process.argv[1])"
    script = f"process.stdin.pipe({sign}).on('data', said => process.stdout.write(said.toString('base64')))"
    signed = subprocess.run([node, "-e", script, SECRET], input=raw, capture_output=True, timeout=60, check=True).stdout
    headers = {"X-Shopify-Topic": "orders/paid", "X-Shopify-Hmac-Sha256": signed.decode()}

    assert corner.posts("shopify/main", raw, headers).json()["accepted"] == 1


def test_both_secrets_count_while_one_is_changed(corner: Platforms) -> None:
    store = corner.shop.store
    paid = payload("shopify", "orders_paid")
    rotate(store, "main", Kind.SHOPIFY, "new")
    both = [corner.shopify("orders/paid", paid, secret=one).status_code for one in ("new", SECRET)]
    rotate(store, "main", Kind.SHOPIFY, "new")
    after = [corner.shopify("orders/paid", paid, secret=one).status_code for one in ("new", SECRET)]

    assert (both, after) == ([200, 200], [200, 401])


def test_a_secret_of_the_environment_counts_alone_and_is_stored_nowhere(corner: Platforms) -> None:
    connect(corner.shop.store, "elsewhere", Kind.SHOPIFY, "", NOW)
    paid = payload("shopify", "orders_paid")
    answers = [
        corner.shopify("orders/paid", paid, name="elsewhere", secret=one) for one in ("one", "two", "", "one\ntwo")
    ]

    assert [one.status_code for one in answers] == [200, 200, 401, 401]
    without = Connections(corner.shop.store, {}).named("elsewhere")
    assert without is not None
    assert without.secrets.signing == ()


@pytest.mark.parametrize(
    "path", ["shopify/wc", "woocommerce/main", "shopify/nobody", "main", "nobody", "shopify/%2e%2e"]
)
def test_a_connection_that_is_none_is_not_there(corner: Platforms, path: str) -> None:
    raw = b"{}"
    headers = {"X-Shopify-Hmac-Sha256": signature(raw, SECRET), "X-WC-Webhook-Signature": signature(raw, SECRET)}

    assert corner.posts(path, raw, headers).status_code == 404


def test_whoever_signs_badly_again_and_again_is_a_stranger_and_who_signs_well_is_none(sqlite: str) -> None:
    for corner in opened(sqlite, "USD", {}, Limits(stranger_requests=Rate(1, 3))):
        paid = payload("shopify", "orders_paid")
        good = [corner.shopify("orders/paid", paid).status_code for _ in range(5)]
        bad = [corner.shopify("orders/paid", paid, secret="another").status_code for _ in range(4)]

        assert (good, bad) == ([200] * 5, [401, 401, 401, 429])


# --- what is answered ----------------------------------------------------------------------------------------------------


def test_the_setup_ping_is_answered_with_200(in_euros: Platforms) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert in_euros.posts("woocommerce/wc", b"webhook_id=12", form).status_code == 200
    assert in_euros.posts("woocommerce/nobody", b"webhook_id=12", form).status_code == 404
    assert in_euros.is_empty()


def test_only_what_somebody_has_to_mend_is_set_aside(in_dollars: Platforms) -> None:
    paid = payload("shopify", "orders_paid")
    answers = [
        in_dollars.shopify("orders/paid", {**paid, "currency": "SEK"}),
        in_dollars.shopify("orders/paid", {**paid, "test": True}),
        in_dollars.shopify("refunds/create", payload("shopify", "refunds_create")),
        in_dollars.shopify("themes/publish", {}),
        in_dollars.shopify("orders/paid", b"not JSON"),
    ]

    said = [(one.status_code, one.json()["rejected"][0]["reason"]) for one in answers]
    assert said == [
        (200, "wrong_currency"),
        (200, "test_order"),
        (200, "no_effect"),
        (200, "unknown_topic"),
        (200, "not_json"),
    ]
    assert [(one["source"], one["reason"]) for one in in_dollars.rows(select(quarantine))] == [
        ("shopify", "wrong_currency"),
        ("shopify", "not_json"),
    ]


def test_what_is_too_large_is_set_aside_and_what_is_far_too_large_is_not_read(corner: Platforms) -> None:
    most = webhooks.MOST_READ_BYTES

    assert corner.shopify("orders/paid", b" " * most).json()["rejected"][0]["reason"] == "too_large"
    answer = corner.shopify("orders/paid", b" " * (most + 1))
    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")
    packed = corner.shopify("orders/paid", b"{}", **{"Content-Encoding": "gzip"})
    assert (packed.status_code, packed.json()["code"]) == (400, "encoding_not_known")


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "support"])
def test_200_says_that_it_is_stored(corner: Platforms, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise Busy

    monkeypatch.setattr(webhooks, "ingest_told", busy)
    monkeypatch.setattr(webhooks, "ingest", busy)
    answer = {
        "shopify": lambda: corner.shopify("orders/paid", payload("shopify", "orders_paid")),
        "woocommerce": lambda: corner.woocommerce("order.updated", payload("woocommerce", "order_updated_processing")),
        "support": lambda: corner.support({"type": "ticket.opened", "id": "t1", "requester": "ada"}),
    }[platform]()

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")
    assert corner.is_empty()


def test_without_a_program_nothing_is_taken(sqlite: str) -> None:
    shop = open_shop(sqlite, new_id)
    connect(shop.store, "main", Kind.SHOPIFY, SECRET, NOW)
    with TestClient(create_app(shop, lambda: NOW, new_id)) as client:
        answer = Platforms(shop, client).shopify("orders/paid", payload("shopify", "orders_paid"))
    shop.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "no_program")


def test_a_connection_knows_when_it_was_heard_and_what_to_read_again(in_euros: Platforms) -> None:
    there = Connections(in_euros.shop.store, {})
    for _ in range(2):
        answer = in_euros.woocommerce("order.deleted", payload("woocommerce", "order_deleted"))
        assert answer.json()["rejected"][0]["reason"] == "only_an_id"
    found = there.named("wc")
    assert found is not None
    assert (found.heard_at, found.asking.again) == (NOW, ("727",))
    in_euros.shop.writer.run(lambda tx: note_heard(tx, there, "gone", NOW, "1"))
    assert there.named("gone") is None


def test_what_a_mapped_system_tells_is_behaviour(in_dollars: Platforms) -> None:
    case = {"type": "ticket.opened", "id": "t1", "requester": "ada", "topic": "delivery"}
    answers = [in_dollars.support(case), in_dollars.support(case), in_dollars.support([{"type": "?"}, case])]

    assert [(one.json()["accepted"], len(one.json()["rejected"])) for one in answers] == [(1, 0), (1, 0), (1, 1)]
    [fact] = in_dollars.rows(select(journal.c.name, journal.c.source).where(journal.c.fact_id.is_not(None)))
    assert fact == {"name": "Support Case Opened", "source": "webhook:support"}
    assert [one["reason"] for one in in_dollars.rows(select(quarantine))] == ["no_map"]


# --- what the law asks for -----------------------------------------------------------------------------------------------


def asked_of(told: Platforms) -> list[tuple[str, str, bool, str]]:
    """Who did what, whether to somebody, and the last words that were said."""
    rows = told.rows(select(audit).order_by(audit.c.id))
    return [(one["who"], one["what"], one["customer"] is not None, one["details"]) for one in rows]


def test_who_asks_for_somebodys_data_is_written_down(in_dollars: Platforms) -> None:
    in_dollars.shopify("orders/paid", payload("shopify", "orders_paid"))
    request = payload("shopify", "customers_data_request")
    assert in_dollars.shopify("customers/data_request", request).json()["accepted"] == 0
    in_dollars.shopify("customers/data_request", {**request, "customer": {"id": 5, "email": "nobody@example.com"}})

    known, unknown = asked_of(in_dollars)
    assert known[:3] == ("shopify:main", "asked", True)
    assert unknown == ("shopify:main", "asked", False, "for the data of somebody who is not known here")


def test_whom_shopify_redacts_is_forgotten_once_and_for_all(in_dollars: Platforms) -> None:
    paid = payload("shopify", "orders_paid")
    in_dollars.shopify("orders/paid", paid)
    in_dollars.shopify("orders/paid", {**paid, "id": 2, "customer": {"id": 77, "email": "bob@example.com"}})
    for _ in range(2):
        assert in_dollars.shopify("customers/redact", payload("shopify", "customers_redact")).status_code == 200
    in_dollars.shopify("orders/updated", payload("shopify", "orders_updated_refunded"))

    assert customers.find(in_dollars.shop, "user_id", ADA) is None
    assert in_dollars.points("77") == 124
    assert [one[:3] for one in asked_of(in_dollars)] == [
        ("shopify:main", "erased", True),
        ("shopify:main", "asked", True),
        ("shopify:main", "asked", False),
    ]


def test_a_shop_that_leaves_erases_nobody(in_dollars: Platforms) -> None:
    in_dollars.shopify("orders/paid", payload("shopify", "orders_paid"))
    assert in_dollars.shopify("shop/redact", payload("shopify", "shop_redact")).status_code == 200

    assert in_dollars.points(ADA) == 124
    [said] = asked_of(in_dollars)
    assert said[:3] == ("shopify:main", "asked", False)
