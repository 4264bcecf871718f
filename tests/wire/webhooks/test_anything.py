"""Whatever a platform, or somebody in its name, sends: arrivals or a refusal, never an error, and never a word about whom."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import encode

from regulars.kernel.terms import Currency
from regulars.wire.webhooks import (
    MOST_DELIVERY_BYTES,
    MOST_PAGE_BYTES,
    WebhookReason,
    understand_shopify,
    understand_woocommerce,
)
from tests.wire.webhooks.payloads import (
    DOLLARS,
    EUROS,
    HERE,
    KRONOR,
    RECEIVED,
    arrived,
    payload,
    reason,
    shopify,
    shopify_page,
    woocommerce,
    woocommerce_page,
)

SHOPIFY_TOPICS = [
    "orders/create",
    "customers/update",
    "customers_email_marketing_consent/update",
    "customers/data_request",
    "customers/redact",
    "shop/redact",
    "refunds/create",
]
WOOCOMMERCE_TOPICS = ["order.created", "order.deleted", "customer.updated", "customer.deleted"]
READERS = [
    pytest.param(lambda body: shopify("orders/create", body), id="a delivery of shopify"),
    pytest.param(lambda body: woocommerce("order.created", body), id="a delivery of woocommerce"),
    pytest.param(shopify_page, id="a page of shopify"),
    pytest.param(woocommerce_page, id="a page of woocommerce"),
]
FILES = sorted(f"{path.parent.name}/{path.stem}" for path in HERE.glob("*/*.json"))

WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**60, max_value=2**80),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "0",
            "-0.00",
            "1e99",
            "9" * 60,
            "2026-03-01",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "\x00",
        ]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.none() | st.integers() | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), max_size=3),
    st.dictionaries(st.sampled_from(["id", "amount", "shop_money", "state"]), st.integers() | st.text(), max_size=3),
)


@st.composite
def mutated(draw):
    """A payload of ours in which one to four values, anywhere, are something else or nothing at all."""
    platform, name = draw(st.sampled_from(FILES)).split("/")
    body = deepcopy(payload(platform, name))
    for _ in range(draw(st.integers(1, 4))):
        _spoil(draw, body)
    return body


def _spoil(draw, body):
    place, key = body, draw(st.sampled_from(sorted(body)))
    while isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 4)):
        place = place[key]
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    if draw(st.integers(0, 3)) or isinstance(place, list):
        place[key] = draw(WRONG)
    elif len(place) > 1:
        del place[key]


def check(told):
    assert len(told.arrivals) <= 3
    assert len(told.refusals) <= 1
    for one in told.refusals:
        assert not told.arrivals
        assert one.reason in WebhookReason
        assert 10 < len(one.message) < 400
        assert not any(name in one.message for name in ("Byron", "xample.com", "0142"))
    for one in told.arrivals:
        assert one.user_id is not None or one.told
        assert len(one.message_id) <= 100
        assert one.happened_at <= RECEIVED
        deed = one.deed
        if hasattr(deed, "order_id"):
            assert sum(line.amount_minor for line in deed.lines) == deed.amount_minor < 10**12
            assert all(line.amount_minor >= 0 and line.quantity > 0 for line in deed.lines)
            assert 0 <= deed.refunded_minor <= deed.amount_minor
    encode(told)


@given(mutated(), st.sampled_from(SHOPIFY_TOPICS), st.sampled_from(WOOCOMMERCE_TOPICS), st.sampled_from([0, 1]))
def test_a_payload_with_anything_anywhere_is_understood_or_refused(body, topic, other_topic, currency):
    check(shopify(topic, body, (DOLLARS, KRONOR)[currency]))
    check(woocommerce(other_topic, body))


@given(mutated())
def test_an_order_with_anything_anywhere_is_polled_as_it_is_told(body):
    for deliver, poll, page in (
        (lambda: shopify("orders/updated", body), shopify_page, {"orders": [body]}),
        (lambda: woocommerce("order.updated", body), woocommerce_page, [body]),
    ):
        told, polled = deliver(), poll(page)
        assert polled.arrivals == told.arrivals
        assert [one.reason for one in polled.refusals] == [one.reason for one in told.refusals]


@given(st.binary(max_size=60), st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=4))
def test_any_bytes_under_any_headers(body, headers):
    check(understand_shopify(headers, body, RECEIVED, DOLLARS))
    check(understand_shopify({**headers, "x-shopify-topic": "orders/create"}, body, RECEIVED, DOLLARS))
    check(understand_woocommerce({**headers, "x-wc-webhook-topic": "order.created"}, body, RECEIVED, EUROS))


@given(st.decimals(0, 99999, places=2), st.integers(1, 99), st.sampled_from([0, 2, 3]))
def test_a_price_times_a_quantity_is_exact(price, quantity, exponent):
    """Read as decimal text and rounded once, half-even, whatever the currency's decimals are."""
    order = payload(
        "shopify", "orders_paid", currency="XXX", line_items=[{"id": 1, "price": str(price), "quantity": quantity}]
    )
    deed = arrived(shopify("orders/paid", order, Currency("XXX", exponent))).deed
    cents = int(price * 100) * quantity
    assert abs(deed.amount_minor * 100 - cents * 10**exponent) <= 50
    assert exponent == 0 or deed.amount_minor * 100 == cents * 10**exponent


@pytest.mark.parametrize("reads", READERS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"id": NaN}',
        b'{"id": "\\ud83d"}',
        b'{"id": ' + b"1" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"webhook_id=42&x",
    ],
    ids=lambda body: str(body[:20]),
)
def test_what_cannot_be_read(reads, body):
    """Of a page it may be seen before that it holds no orders."""
    told = reads(body)
    assert reason(told) in (WebhookReason.NOT_JSON, WebhookReason.NO_ORDERS)
    assert reason(told) is WebhookReason.NOT_JSON or not hasattr(told, "topic")


@pytest.mark.parametrize("reads", READERS[:2])
@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"order"', b"[" * 60 + b"]" * 60])
def test_a_delivery_that_is_no_object(reads, body):
    assert reason(reads(body)) is WebhookReason.NOT_AN_OBJECT


@pytest.mark.parametrize("field", ["line_items", "refunds", "customer", "discount_codes"])
def test_sixty_levels_where_a_list_or_an_object_belongs(field):
    deep: object = {}
    for _ in range(60):
        deep = [deep]
    assert reason(shopify("orders/paid", payload("shopify", "orders_paid", **{field: deep}))).is_fault


@pytest.mark.parametrize("reads", READERS[:2])
def test_a_delivery_of_five_megabytes(reads):
    told = reads(json.dumps({"id": 1, "note": "x" * (5 << 20)}).encode())
    assert reason(told) is WebhookReason.TOO_LARGE
    assert len(told.refusals[0].raw) == 32 << 10


def test_the_largest_delivery_that_is_read():
    order = json.dumps(payload("shopify", "orders_paid")).encode()
    assert arrived(shopify("orders/paid", order + b" " * (MOST_DELIVERY_BYTES - len(order))))
    assert (
        reason(shopify("orders/paid", order + b" " * (MOST_DELIVERY_BYTES - len(order) + 1))) is WebhookReason.TOO_LARGE
    )


def test_the_largest_page_that_is_read():
    assert woocommerce_page(b"[" + b" " * (MOST_PAGE_BYTES - 2) + b"]").refusals == ()
    assert reason(woocommerce_page(b"[" + b" " * (MOST_PAGE_BYTES - 1) + b"]")) is WebhookReason.TOO_LARGE
    large = {"id": 1, "note": "x" * MOST_DELIVERY_BYTES}
    assert reason(shopify_page({"orders": [large]})) is WebhookReason.TOO_LARGE


def test_every_reason_says_what_it_means():
    assert all(one.means and one == one.value for one in WebhookReason)
    assert len({one.means for one in WebhookReason}) == len(WebhookReason)
