"""Payloads as the platforms' documentation shows them, and what comes of them."""

import json
from datetime import datetime
from pathlib import Path

from regulars.kernel.terms import Currency
from regulars.wire.webhooks import (
    understand_shopify,
    understand_shopify_page,
    understand_woocommerce,
    understand_woocommerce_page,
)

HERE = Path(__file__).parent
DOLLARS = Currency("USD", 2)
EUROS = Currency("EUR", 2)
KRONOR = Currency("SEK", 2)
YEN = Currency("JPY", 0)


def moment(text):
    stamp = datetime.fromisoformat(text)
    return int(stamp.timestamp()) * 1_000_000 + stamp.microsecond


RECEIVED = moment("2026-04-01T00:00:00Z")


def payload(platform, name, **changes):
    return json.loads((HERE / platform / f"{name}.json").read_bytes()) | changes


def bytes_of(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def shopify(topic, body, currency=DOLLARS, received=RECEIVED, delivery="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"):
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "corner.myshopify.com",
        "X-Shopify-Webhook-Id": delivery,
    }
    return understand_shopify(headers, bytes_of(body), received, currency)


def shopify_page(body, currency=DOLLARS, received=RECEIVED):
    return understand_shopify_page(bytes_of(body), received, currency)


def woocommerce(topic, body, currency=EUROS, received=RECEIVED, delivery="2f3a8d0c5b6e4f70"):
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://corner.example/"}
    return understand_woocommerce(headers | {"x-wc-webhook-delivery-id": delivery}, bytes_of(body), received, currency)


def woocommerce_page(body, currency=EUROS, received=RECEIVED):
    return understand_woocommerce_page(bytes_of(body), received, currency)


def arrived(told):
    assert told.refusals == ()
    (arrival,) = told.arrivals
    return arrival


def refusal(told):
    assert told.arrivals == ()
    (refused,) = told.refusals
    return refused


def reason(told):
    return refusal(told).reason


def life(arrivals):
    """How an order stood, from one word about it to the next."""
    return [(one.deed.status, one.deed.amount_minor, one.deed.refunded_minor) for one in arrivals]
