"""Shops to look at: the corner shop with half a year behind it, and one that has just been opened."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from litestar import Litestar
from litestar.testing import TestClient

from regulars.kernel.calendar import DAY, HOUR
from regulars.kernel.facts import Instant, Line, OrderCompleted
from regulars.service import admins, programs
from regulars.service.ingest import ingest_history
from regulars.service.keys import create_key
from regulars.service.shop import Shop, open_shop
from regulars.web.app import create_app
from regulars.wire.instants import rfc3339
from regulars.wire.sources import parse_instant

NOW: Final = parse_instant("2017-12-31 18:30", "America/New_York")
PASSWORD: Final = "a long walk home"
CORNER_SHOP: Final = (Path(__file__).parents[3] / "programs/corner-shop/program.yaml").read_text("utf-8")
HOSTILE: Final = """<script>alert(1)</script>"'&<img src=x onerror=alert(2)>{{7*7}}"""
PHONE: Final = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36"
)
LONG: Final = "Zażółćgęśląjaźń" * 8


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: Instant = NOW) -> None:
        self.now = now

    def __call__(self) -> Instant:
        return self.now

    def goes_on(self, by: int) -> None:
        self.now += by


class Ids:
    """Ids that count."""

    def __init__(self, last: int = 0) -> None:
        self._last = last

    def __call__(self) -> str:
        self._last += 1
        return str(UUID(int=self._last))


@contextmanager
def opened(folder: Path) -> Iterator[Shop]:
    """An empty shop with an admin, Ada; she is allowed in by her password."""
    shop = open_shop(f"sqlite:///{folder / 'regulars.db'}", Ids())
    try:
        admins.create_admin(shop, "ada", PASSWORD, NOW)
        yield shop
    finally:
        shop.close()


def fill(shop: Shop, customers: int = 24) -> None:
    """Half a year of orders, a few things that came in today, and some that were refused."""
    programs.publish(shop, CORNER_SHOP, "ada", NOW - 200 * DAY)
    for number in range(customers):
        facts = [_order(number, week) for week in range(26 - number % 9) if (week + number) % (1 + number % 4) == 0]
        ingest_history(shop, facts, NOW - DAY).result()
    send(shop, _today())


def _order(number: int, week: int) -> OrderCompleted:
    happened_at = NOW - (26 - week) * 7 * DAY + (number % 11) * HOUR
    order_id = f"{number:02}-{week:03}"
    category = "TOBACCO OTHER" if (number + week) % 13 == 0 else "BREAD"
    line = Line(1_250 + 731 * ((number * 7 + week * 3) % 12), 1, {"category": category})
    customer = _name(number)
    return OrderCompleted(
        f"till-{order_id}", customer, happened_at, happened_at, "till", order_id, (line,), line.amount_minor
    )


def _name(number: int) -> str:
    return {0: "1762", 1: HOSTILE, 2: LONG}.get(number, f"{1000 + number * 37}")


def send(shop: Shop, events: list[dict[str, Any]]) -> None:
    """One by one, as the shop's server does."""
    key = create_key(shop.store, "secret", "", NOW)
    with TestClient(create_app(shop, lambda: NOW - HOUR // 2, Ids(10_000))) as client:
        for event in events:
            body = json.dumps({"batch": [{"type": "track", **event}]}).encode()
            assert client.post("/v1/batch", content=body, auth=(key, "")).status_code == 200


def browse(shop: Shop, events: Iterable[tuple[Instant, str, dict[str, Any]]], user: str | None, ids: Ids) -> None:
    """What a phone tells, that came from a search: when, what, and its properties; by whom, as far as it knows."""
    key = create_key(shop.store, "public", "", NOW)
    batch = [_told_by_a_phone(*event, user, ids()) for event in events]
    with TestClient(create_app(shop, lambda: NOW, ids)) as client:
        body = json.dumps({"batch": batch}).encode()
        assert client.post("/v1/batch", content=body, auth=(key, "")).status_code == 200


def _told_by_a_phone(at: Instant, name: str, properties: dict[str, Any], user: str | None, id: str) -> dict[str, Any]:
    page = {"title": properties.get("title", ""), "url": "https://shop.example/", "referrer": "https://www.google.com/"}
    return {
        **({"type": "page"} if name == "Page Viewed" else {"type": "track", "event": name}),
        **({"userId": user} if user else {}),
        "anonymousId": "phone",
        "messageId": id,
        "timestamp": rfc3339(at),
        "properties": properties,
        "context": {"userAgent": PHONE, "page": page},
    }


def _today() -> list[dict[str, Any]]:
    order = {"userId": "1762", "event": "Order Completed"}
    return [
        *[{"userId": _name(n), "event": "Product Reviewed", "messageId": f"review-{n}"} for n in range(6)],
        {**order, "messageId": "m-1", "properties": _basket("today-1", 45.80)},
        {**order, "messageId": "m-2", "properties": _basket("today-2", 0.40)},
        {"event": "Order Completed", "messageId": "nobody"},
        {**order, "messageId": HOSTILE[:60], "properties": {"order_id": HOSTILE, "total": HOSTILE}},
        *[{**order, "messageId": f"bad-{n}", "properties": {"total": n}} for n in range(22)],
    ]


def _basket(order_id: str, price: float) -> dict[str, Any]:
    products = [{"product_id": "bread", "category": "BREAD", "price": price, "quantity": 1}]
    return {"order_id": order_id, "currency": "USD", "products": products}


def app_of(shop: Shop, clock: Clock) -> Litestar:
    return create_app(shop, clock, Ids(20_000))
