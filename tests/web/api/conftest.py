"""A shop on a database of its own, under a star a dollar, and a client that speaks to it over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from regulars.service import programs
from regulars.service.keys import create_key
from regulars.service.shop import Shop, open_shop
from regulars.web.app import create_app
from regulars.wire.sources import parse_instant
from tests.web.serving import served

NOW: Final = parse_instant("2024-05-17 09:30", "UTC")
PROGRAM: Final = """
program: test
currency: USD
time_zone: America/New_York
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
tiers:
  by: spend
  over: calendar_year
  keep: {until: end_of_next_year}
  levels: [{id: silver, at: 50}, {id: gold, at: 500}]
"""


class Ids:
    """Ids that count."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> str:
        self._last += 1
        return str(UUID(int=self._last))


class Speaker:
    """One client with its keys at hand. Answers come back whatever their status, also what only our own fault would bring."""

    def __init__(self, client: TestClient[Litestar], public: str, secret: str) -> None:
        self.client = client
        self.public = public
        self.secret = secret

    def tracks(self, event: str, key: str | None = None, **fields: Any) -> httpx.Response:
        """As the shop's server does, unless another key is named."""
        return self.sends("track", {"event": event, **fields}, key)

    def sends(self, route: str, body: Any, key: str | None = None) -> httpx.Response:
        return self.client.post(f"/v1/{route}", json=body, auth=(key or self.secret, ""))

    def buys(self, customer: str, order: str, price: float) -> httpx.Response:
        products = [{"product_id": "tea", "price": price, "quantity": 1}]
        properties = {"order_id": order, "currency": "USD", "products": products}
        return self.tracks("Order Completed", userId=customer, messageId=f"m-{order}", properties=properties)

    def commands(self, route: str, idempotency_key: str | None, **body: Any) -> httpx.Response:
        key = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return self.client.post(f"/v1/{route}", json=body, headers={"Authorization": f"Bearer {self.secret}", **key})

    def reads(self, path: str, **parameters: Any) -> httpx.Response:
        return self.client.get(path, params=parameters or None, headers={"Authorization": f"Bearer {self.secret}"})


@pytest.fixture
def empty_shop(tmp_path: Path) -> Iterator[Shop]:
    """Without a program."""
    shop = open_shop(f"sqlite:///{tmp_path / 'shop.db'}", Ids())
    yield shop
    shop.close()


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    programs.publish(empty_shop, PROGRAM, "test", NOW)
    return empty_shop


@pytest.fixture
def app(shop: Shop) -> Litestar:
    return create_app(shop, lambda: NOW, Ids())


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def api(shop: Shop, client: TestClient[Litestar]) -> Speaker:
    return Speaker(client, create_key(shop.store, "public", "", NOW), create_key(shop.store, "secret", "", NOW))


@pytest.fixture
def address(app: Litestar) -> Iterator[str]:
    """The app on the server that it runs on in earnest: a test client forgives what a wire does not."""
    with served(app) as address:
        yield address
