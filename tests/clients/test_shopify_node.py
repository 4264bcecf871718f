"""Signatures of webhooks, held against `@shopify/shopify-api` and Node's own crypto: what they call signed, we call signed."""

import hashlib
import hmac
import json
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.wire.webhooks import is_signed, is_signed_by_shopify, is_signed_by_woocommerce

HERE = Path(__file__).parent
PAYLOADS = HERE.parent / "wire" / "webhooks" / "shopify"
SECRET = "hush-hush & “hush”"
SECONDS = 60
Asks = Callable[..., dict[str, Any]]


@pytest.fixture
def asks(node: str, node_modules: Path) -> Asks:
    if not (node_modules / "@shopify").exists():
        pytest.skip("Shopify's library is not here: `make install-clients` brings it")

    def asks(**told: Any) -> dict[str, Any]:
        told = {"secret": SECRET, "deliveries": [], "texts": [], **told}
        command = [node, "validate.mjs"]
        done = subprocess.run(
            command, cwd=HERE, input=json.dumps(told), capture_output=True, text=True, timeout=SECONDS
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return asks


def signed_by_us(body: str, secret: str = SECRET, family: str = "X-Shopify-") -> dict[str, str]:
    signature = b64encode(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()).decode()
    said = {
        "Hmac-Sha256": signature,
        "Topic": "orders/create",
        "Shop-Domain": "corner.myshopify.com",
        "API-Version": "2025-10",
        "Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
    }
    return {f"{family}{name}".lower(): value for name, value in said.items()}


def bodies() -> list[str]:
    return [path.read_text() for path in sorted(PAYLOADS.glob("*.json"))] + ['{"title":"Müsli 🥣"}', "{}"]


@pytest.mark.parametrize("family", ["X-Shopify-", "Shopify-"])
def test_shopifys_library_and_we_take_the_same_deliveries_for_signed(asks: Asks, family: str) -> None:
    right = [(signed_by_us(body, family=family), body) for body in bodies()]
    altered = [(headers, body.replace("{", "{ ", 1)) for headers, body in right]
    foreign = [(signed_by_us(body, "another", family), body) for body in bodies()]
    deliveries = right + altered + foreign

    told = [{"headers": headers, "body": body} for headers, body in deliveries]
    answers = [answer["valid"] for answer in asks(deliveries=told)["answers"]]

    assert answers == [True] * len(right) + [False] * 2 * len(right)
    assert [is_signed_by_shopify(headers, body.encode(), [SECRET]) for headers, body in deliveries] == answers


def test_what_node_signs_is_signed(asks: Asks) -> None:
    for body, signature in zip(bodies(), asks(texts=bodies())["signatures"], strict=True):
        assert is_signed(body.encode(), signature, ["new", SECRET])
        assert is_signed_by_woocommerce({"X-WC-Webhook-Signature": signature}, body.encode(), [SECRET])
        assert not is_signed(body.encode() + b" ", signature, ["new", SECRET])
