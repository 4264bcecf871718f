"""A shop at a corner, met as its customers, its platforms and its developer meet it: over HTTP, at any moment.

What does not hang on the wire is told in the words of `tests.service.town`, which this shop knows too.
"""

import json
from base64 import b64encode
from contextlib import ExitStack
from hmac import digest
from itertools import count
from pathlib import Path
from typing import Any, Final, Self

import httpx
from litestar.testing import TestClient
from sqlalchemy import select

from regulars.boot import new_id
from regulars.kernel.consents import Standing
from regulars.kernel.facts import Instant
from regulars.service.connections import Connections, Kind, connect
from regulars.service.consents import allows, standings
from regulars.service.customers import find
from regulars.service.keys import create_key
from regulars.service.refused import refused
from regulars.service.shop import open_shop
from regulars.service.visits import NO_ENRICHMENT, Enrichment
from regulars.store.schema import identities, visits
from regulars.web.app import create_app
from tests.service.town import RULES, Town
from tests.shop import at

PAYLOADS: Final = Path(__file__).parents[1] / "wire" / "webhooks"
SECRET: Final = "hush & “hush”"
ADA_AT_SHOPIFY: Final = "115310627314723954"
ORDER_AT_SHOPIFY: Final = "820982911946154508"
DESK: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
)
GOOGLEBOT: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Corner(Town):
    """`now` is what its clock says; a story sets it."""

    def __init__(self, url: str, rules: str = RULES, enrichment: Enrichment = NO_ENRICHMENT) -> None:
        super().__init__(url)
        super().close()
        self.shop = open_shop(url, new_id, enrichment=enrichment)
        self.now = "2017-03-01 12:00"
        self.applies(rules)
        start = at("2017-01-01 00:00")
        self.secret = create_key(self.shop.store, "secret", "", start)
        self.public = create_key(self.shop.store, "public", "", start)
        connect(self.shop.store, "main", Kind.SHOPIFY, SECRET, start)
        connect(self.shop.store, "wc", Kind.WOOCOMMERCE, SECRET, start)
        self._deliveries = count()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        there = Connections(self.shop.store, {})
        app = create_app(self.shop, lambda: at(self.now), new_id, connections=there)
        self.client = self._open.enter_context(TestClient(app, raise_server_exceptions=False))
        return self

    def __exit__(self, *trouble: object) -> None:
        self._open.close()
        self.close()

    def tells(self, *events: dict[str, Any]) -> dict[str, Any]:
        """What the shop's own server is answered."""
        return self._batch(self.secret, {}, events)

    def browses(self, *events: dict[str, Any], agent: str = DESK, **headers: str) -> dict[str, Any]:
        """What a browser is answered; `Sec_GPC="1"` is a header."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._batch(self.public, {"User-Agent": agent, **said}, events)

    def shopify(self, topic: str, body: Any) -> httpx.Response:
        raw = json.dumps(body).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": "corner.myshopify.com",
            "X-Shopify-Webhook-Id": f"delivery-{next(self._deliveries)}",
            "X-Shopify-Hmac-Sha256": _signature(raw),
        }
        return self._delivered("shopify/main", raw, headers)

    def woocommerce(self, topic: str, body: Any, delivery: str) -> httpx.Response:
        raw = json.dumps(body).encode()
        headers = {
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": delivery,
            "X-WC-Webhook-Signature": _signature(raw),
        }
        return self._delivered("woocommerce/wc", raw, headers)

    def is_pinged_by_woocommerce(self) -> httpx.Response:
        """As WooCommerce does when the webhook is made: a form, and no signature."""
        form = "application/x-www-form-urlencoded"
        return self._delivered("woocommerce/wc", b"webhook_id=7", {"Content-Type": form})

    def stands(self, user: str, purpose: str) -> str:
        """How a consent stands."""
        with self.shop.store.reading() as connection:
            rulebook = self.shop.rulebooks.latest()
            assert rulebook is not None
            found = standings(connection, self.customer(user, self.now).records, rulebook.program)
        return next(one.standing for one in found if one.purpose == purpose)

    def may(self, user: str, purpose: str) -> bool:
        """Whether that may be done with the person's data at this moment."""
        rulebook = self.shop.rulebooks.latest()
        assert rulebook is not None
        records = self.customer(user, self.now).records
        with self.shop.store.reading() as connection:
            allowed = allows(connection, records, purpose, rulebook.program)
        assert allowed == Standing(self.stands(user, purpose)).allows
        return allowed

    def knows(self, kind: str, value: str) -> bool:
        return find(self.shop, kind, value) is not None

    def visits(self, device: str) -> list[Any]:
        """Of a device, the earliest first."""
        columns = identities.c
        named = select(columns.record).where(columns.kind == "anonymous_id", columns.value == device)
        asked = select(visits).where(visits.c.record.in_(named)).order_by(visits.c.started_at)
        with self.shop.store.reading() as connection:
            return list(connection.execute(asked))

    def set_aside(self) -> list[str]:
        """Why events were refused, or taken without a part; the oldest first."""
        return [one.reason for one in reversed(refused(self.shop, None, 100).events)]

    def deeds(self, value: str, name: str = "Product Viewed", kind: str = "user_id") -> list[Instant]:
        """When this customer did something of that name."""
        return [step.at for step in self.story(value, kind) if step.what == name]

    def _batch(self, key: str, headers: dict[str, str], events: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        body = {"batch": [self._event(dict(event)) for event in events]}
        answer = self.client.post("/v1/batch", json=body, auth=(key, ""), headers=headers)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert isinstance(said, dict)
        return said

    def _delivered(self, path: str, raw: bytes, headers: dict[str, str]) -> httpx.Response:
        return self.client.post(f"/v1/webhooks/{path}", content=raw, headers=headers)


def payload(name: str, **changes: Any) -> dict[str, Any]:
    """Of a platform, as `shopify/orders_paid`."""
    told = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    return {**told, **changes}


def identify(user: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, **more}


def says(granted: bool, purpose: str, **more: Any) -> dict[str, Any]:
    """A word about a consent, with its proof."""
    said = {"purpose": purpose, "wording": "newsletter v3", "place": "account page"}
    return {"event": "Consent Granted" if granted else "Consent Withdrawn", "properties": said, **more}


def _signature(body: bytes) -> str:
    return b64encode(digest(SECRET.encode(), body, "sha256")).decode()
