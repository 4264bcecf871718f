"""Good requests to every public route, by families: what a shop and its visitors would send."""

import hmac
import json
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parents[2] / "wire" / "webhooks"
SECRET = "hush & “hush”"
PROGRAM = """
program: test
currency: USD
time_zone: America/New_York
points: {hold: 2 days, expire: {after: 1 month}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: review, on: Product Reviewed, points: 50}
sources:
  - id: support
    signature: {header: X-Signature, encoding: hex, prefix: "sha256="}
    maps:
      - when: {"$.type": ticket.opened}
        event: Support Case Opened
        message_id: $.id
        identify: {user_id: $.requester, email: $.email}
        properties: {topic: $.topic}
segments:
  buyers: {did: Order Completed}
  curious: {all: [{did: Product Viewed, within: 7 days}, {in: buyers}]}
"""

Signing = tuple[str, str, str]
"""The header, how it is written (`base64` or `hex`), and what goes before it."""


@dataclass(frozen=True)
class Good:
    """A request that would be served. `body` is JSON where it is no bytes; `signing` is done when everything else stands."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = b""
    signing: Signing | None = None


@dataclass(frozen=True)
class Doors:
    """What opens the routes. `links` are tokens of preference pages and of confirmations; `ids` are customers of ours."""

    secret: str
    public: str
    links: tuple[str, ...] = ()
    ids: tuple[str, ...] = field(default=())


def families(doors: Doors) -> dict[str, list[Good]]:
    return {
        "tracking": _tracking(doors),
        "batch": _batch(doors),
        "settings": _settings(doors),
        "webhooks": _webhooks(),
        "preferences": _preferences(doors),
        "customers": _customers(doors),
        "segments": _segments(doors),
        "people": _people(doors),
        "rest": _rest(),
    }


def signed(good: Good, body: bytes) -> tuple[str, str]:
    """The header by which the body is believed."""
    assert good.signing is not None
    name, encoding, prefix = good.signing
    made = hmac.digest(SECRET.encode(), body, "sha256")
    return name, prefix + (b64encode(made).decode() if encoding == "base64" else made.hex())


# --- what clients send -------------------------------------------------------------------------------------------------

CONTEXT = {
    "page": {"url": "https://shop.example/tea?utm_source=mail&utm_medium=email", "referrer": "https://example.org/"},
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
    "locale": "en-US",
    "ip": "192.0.2.7",
    "traits": {"email": "Ada@Shop.example", "phone": "+1 555 0100 200", "card": "42 4242"},
    "externalIds": [{"type": "card", "id": "777"}],
    "consent": {"categoryPreferences": {"analytics": True, "email": False}},
}
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "message-1",
    "userId": "ada",
    "anonymousId": "device-1",
    "timestamp": "2024-05-17T09:30:00.000Z",
    "sentAt": "2024-05-17T09:30:01.000Z",
    "context": CONTEXT,
    "properties": {
        "order_id": "order-1",
        "revenue": 45.8,
        "total": "50.00",
        "tax": 3.2,
        "shipping": 1,
        "discount": 2,
        "currency": "USD",
        "products": [{"product_id": "tea", "price": 22.9, "quantity": 2, "category": "drinks", "name": "Tea"}],
    },
}
EVENTS: dict[str, dict[str, Any]] = {
    "track": ORDER,
    "identify": {
        "type": "identify",
        "messageId": "message-2",
        "userId": "ada",
        "traits": {
            "email": "ada@shop.example",
            "first_name": "Ada",
            "birthday": "1815-12-10",
            "address": {"city": "L"},
        },
    },
    "page": {"type": "page", "messageId": "message-3", "anonymousId": "device-1", "name": "Tea", "context": CONTEXT},
    "screen": {"type": "screen", "messageId": "message-4", "anonymousId": "device-2", "name": "Cart"},
    "group": {"type": "group", "messageId": "message-5", "userId": "ada", "groupId": "club", "traits": {"name": "C"}},
    "alias": {"type": "alias", "messageId": "message-6", "userId": "ada", "previousId": "device-1"},
}
MORE: list[dict[str, Any]] = [
    {"type": "track", "event": "Product Reviewed", "userId": "grace", "properties": {"product_id": "tea", "rating": 5}},
    {"type": "track", "event": "Email Confirmed", "userId": "ada", "properties": {"email": "ada@shop.example"}},
    {"type": "track", "event": "Member Joined", "userId": "grace", "properties": {}},
    {
        "type": "track",
        "event": "Consent Changed",
        "userId": "ada",
        "properties": {"purpose": "email", "granted": True, "wording": "Yes.", "place": "account"},
    },
    {"type": "track", "event": "Product Viewed", "anonymousId": "device-3", "properties": {"product_id": "tea"}},
]


def _basic(key: str) -> tuple[str, str]:
    return "Authorization", "Basic " + b64encode(f"{key}:".encode()).decode()


def _bearer(key: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {key}"


_JSON = ("Content-Type", "application/json")
_FORM = ("Content-Type", "application/x-www-form-urlencoded")


def _tracking(doors: Doors) -> list[Good]:
    found = []
    for name, event in EVENTS.items():
        for path in (f"/v1/{name}", f"/v1/{name[0]}"):
            found.append(Good("POST", path, (_basic(doors.secret), _JSON), event))
            found.append(Good("POST", path, (_basic(doors.public), ("Content-Type", "text/plain")), event))
            found.append(Good("POST", path, (_JSON,), {**event, "writeKey": doors.public}))
    found += [Good("POST", "/v1/track", (_bearer(doors.secret), _JSON), event) for event in MORE]
    return found


def _batch(doors: Doors) -> list[Good]:
    whole = {"batch": [*EVENTS.values(), *MORE], "sentAt": "2024-05-17T09:30:02.000Z", "context": CONTEXT}
    return [
        Good("POST", "/v1/batch", (_basic(doors.secret), _JSON), whole),
        Good("POST", "/v1/b", (_basic(doors.public), _JSON), whole),
        Good("POST", "/v1/batch", (_JSON,), {**whole, "writeKey": doors.public}),
        Good("POST", "/v1/b", (_bearer(doors.secret), _JSON), {"batch": [ORDER, ORDER]}),
        Good("POST", "/v1/batch", (_basic(doors.secret), _JSON), {"batch": []}),
    ]


def _settings(doors: Doors) -> list[Good]:
    origin = ("Origin", "https://shop.example")
    return [
        Good("GET", f"/v1/projects/{doors.public}/settings", (origin,)),
        Good("GET", f"/v1/projects/{doors.public}/settings", (("X-Forwarded-Proto", "https"),)),
        Good("OPTIONS", "/v1/projects/x/settings", (origin, ("Access-Control-Request-Method", "GET"))),
        Good("GET", f"/sourceConfig?writeKey={doors.public}&v=3", (origin,)),
        Good("GET", "/sourceConfig?p=npm", (_basic(doors.public),)),
        Good("HEAD", "/sourceConfig", (_basic(doors.public),)),
        Good("OPTIONS", "/v1/batch", (origin, ("Access-Control-Request-Method", "POST"))),
    ]


def _webhooks() -> list[Good]:
    found = []
    for file in sorted((PAYLOADS / "shopify").glob("*.json")):
        topic = file.stem.replace("_", "/", 1)
        headers = (
            ("X-Shopify-Topic", topic),
            ("X-Shopify-Shop-Domain", "corner.myshopify.com"),
            ("X-Shopify-Webhook-Id", f"delivery-{file.stem}"),
            _JSON,
        )
        signing = ("X-Shopify-Hmac-Sha256", "base64", "")
        found.append(Good("POST", "/v1/webhooks/shopify/main", headers, json.loads(file.read_bytes()), signing))
    for file in sorted((PAYLOADS / "woocommerce").glob("*.json")):
        theirs = (
            ("X-WC-Webhook-Topic", "order.updated" if "order" in file.stem else "customer.updated"),
            ("X-WC-Webhook-Delivery-ID", f"delivery-{file.stem}"),
            _JSON,
        )
        signing = ("X-WC-Webhook-Signature", "base64", "")
        found.append(Good("POST", "/v1/webhooks/woocommerce/wc", theirs, json.loads(file.read_bytes()), signing))
    ticket = {"type": "ticket.opened", "id": 17, "requester": "ada", "email": "ada@shop.example", "topic": "late"}
    found.append(Good("POST", "/v1/webhooks/support", (_JSON,), ticket, ("X-Signature", "hex", "sha256=")))
    found.append(Good("POST", "/v1/webhooks/woocommerce/wc", (_FORM,), b"webhook_id=5"))
    return found


def _preferences(doors: Doors) -> list[Good]:
    found = []
    for token in doors.links:
        for path in (f"/preferences/{token}", f"/preferences/confirm/{token}"):
            found.append(Good("GET", path, (("Accept", "text/html"),)))
            found.append(Good("HEAD", f"{path}?done=off.email"))
            found.append(Good("POST", path, (_FORM,), b"purpose=email&granted=yes"))
            found.append(Good("POST", path, (_FORM,), b"purpose=everything&granted=no"))
            found.append(Good("POST", path, (_FORM, ("Sec-Fetch-Site", "cross-site")), b"purpose=sms&granted=yes"))
    return found


def _customers(doors: Doors) -> list[Good]:
    key = _bearer(doors.secret)
    found = [
        Good("POST", "/v1/customers/lookup", (key, _JSON), {"kind": kind, "value": value})
        for kind, value in (
            ("email", "ada@shop.example"),
            ("phone", "+15550100200"),
            ("card", "424242"),
            ("user_id", "ada"),
            ("anonymous_id", "device-1"),
            *[("id", id) for id in doors.ids],
        )
    ]
    for name in ("ada", "id:nobody", "card:424242", "anonymous_id:device-1", *[f"id:{id}" for id in doors.ids]):
        found += [
            Good("GET", f"/v1/customers/{name}{part}", (key,))
            for part in ("", "/ledger?limit=2", "/ledger?cursor=7.0&limit=5", "/explain?cursor=9", "/consents")
        ]
    word = {"purpose": "email", "granted": True, "wording": "Yes.", "place": "till", "ground": "consent"}
    found.append(Good("POST", "/v1/customers/ada/consents", (key, _JSON), word))
    dated = {**word, "granted": False, "happened_at": "2024-05-17T09:30:00Z"}
    found.append(Good("POST", "/v1/customers/ada/consents", (key, _JSON, ("Idempotency-Key", "once")), dated))
    ada = {"kind": "user_id", "value": "ada"}
    found.append(Good("POST", "/v1/customers/preferences-link", (key, _JSON), ada))
    found.append(Good("POST", "/v1/consents/confirmation-link", (key, _JSON), {"customer": ada, "purpose": "email"}))
    return found


def _segments(doors: Doors) -> list[Good]:
    key = _bearer(doors.secret)
    paths = ("segments", "segments/buyers/members", "segments/curious/members?limit=1", "customers/ada/segments")
    many = {"customers": [{"kind": "user_id", "value": "ada"}, {"kind": "email", "value": "ada@shop.example"}]}
    conditions: tuple[dict[str, Any], ...] = (
        {"did": "Order Completed", "at_least": 2, "within": "60 days", "where": {"category": ["drinks"]}},
        {"all": [{"sum": {"of": "amount", "in": "Order Completed"}, "at_least": 20.5}, {"none": [{"in": "buyers"}]}]},
        {"in_order": [{"did": "Product Viewed"}, {"not": "Order Completed", "within": "24 hours"}]},
        {"trait": "city", "is": "Lund", "include": "vip"},
    )
    return [
        *[Good("GET", f"/v1/{path}", (key,)) for path in paths],
        Good("POST", "/v1/segments/memberships", (key, _JSON), many),
        *[Good("POST", "/v1/segments/preview", (key, _JSON), {"condition": one}) for one in conditions],
    ]


def _people(doors: Doors) -> list[Good]:
    key, who = _bearer(doors.secret), {"customer": {"kind": "user_id", "value": "grace"}}
    both = {**who, "into": {"kind": "user_id", "value": "ada"}, "why": "the same person"}
    return [
        Good("POST", "/v1/people/export", (key, _JSON), who),
        Good("POST", "/v1/people/erase", (key, _JSON), {"customer": {"kind": "anonymous_id", "value": "device-3"}}),
        Good("POST", "/v1/people/readmit", (key, _JSON), {"customer": {"kind": "anonymous_id", "value": "device-3"}}),
        Good("POST", "/v1/people/merge/preview", (key, _JSON), both),
        Good("POST", "/v1/people/merge", (key, _JSON), both),
        *[Good("POST", "/v1/people/part", (key, _JSON), {"record": id}) for id in doors.ids],
        Good("POST", "/v1/track", (key, _JSON), MORE[0]),
        Good("POST", "/v1/track", (key, _JSON), MORE[4]),
    ]


def _rest() -> list[Good]:
    page = (("Accept", "text/html"),)
    return [
        *[
            Good("GET", path)
            for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/nothing", "/nothing")
        ],
        *[Good("GET", path, page) for path in ("/", "/docs", "/docs/docs.css", "/sign-in", "/sign-in?next=%2Frefused")],
        *[Good("GET", path, page) for path in ("/overview", "/customers", "/static/style.css", "/sign-in/link/x")],
        Good("POST", "/sign-in", (_FORM, ("Cookie", "regulars_door=x")), b"name=ada&password=x&csrf=x"),
        Good("POST", "/sign-in/link/x", (_FORM, ("Cookie", "regulars_door=x")), b"csrf=x"),
        Good("POST", "/customers", (_FORM, ("Cookie", "regulars_session=x")), b"q=ada"),
        Good("PUT", "/v1/batch", (_JSON,), {"batch": []}),
        Good("DELETE", "/v1/customers/ada"),
        Good("HEAD", "/healthz"),
    ]
