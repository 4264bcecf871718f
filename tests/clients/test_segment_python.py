"""`segment-analytics-python`, as it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from segment.analytics.client import Client  # type: ignore[import-untyped]

from regulars.boot import new_id
from regulars.service.keys import create_key
from regulars.service.programs import publish
from regulars.service.shop import open_shop
from tests.clients.calls import EVERYTHING, order, otherwise_sent
from tests.clients.relay import Relay
from tests.clients.served import PROGRAM, Served, until
from tests.live import Keys, Live

FORMS = [
    pytest.param({"gzip": packed, "sync_mode": sync}, id=f"{'packed' if packed else 'plain'}-{name}")
    for packed in (False, True)
    for sync, name in ((True, "at once"), (False, "from a thread"))
]


@contextmanager
def client(address: str, key: str, **options: Any) -> Iterator[Client]:
    """At the end of the block everything was delivered, or an error tells why not."""
    errors: list[object] = []
    client = Client(key, host=address, on_error=lambda error, _: errors.append(error), upload_interval=0.05, **options)
    yield client
    if not client.sync_mode:
        client.shutdown()
    assert errors == []


@pytest.mark.parametrize("form", FORMS)
def test_all_it_can_say_arrives(shop: Served, relay: Relay, ada: str, form: dict[str, Any]) -> None:
    with client(relay.address, shop.secret, **form) as analytics:
        analytics.identify(ada, {"email": f"{ada}@example.com", "plan": "gold"})
        analytics.track(ada, "Product Viewed", {"product_id": "espresso", "price": 3.2})
        analytics.page(ada, "Shop", "Coffee", {"path": "/coffee"})
        analytics.screen(ada, "App", "Basket")
        analytics.group(ada, "staff", {"name": "Staff"})
        analytics.alias(f"visitor-{ada}", ada)

    assert shop.did(ada) == list(EVERYTHING)
    assert shop.did(f"anonymous_id:visitor-{ada}") == list(EVERYTHING)
    assert {one.path for one in relay.told()} == {"/v1/batch"}
    assert {one.headers.get("content-encoding") for one in relay.told()} == {"gzip" if form["gzip"] else None}


def test_an_order_earns_once_however_often_it_is_told(shop: Served, relay: Relay, ada: str) -> None:
    with client(relay.address, shop.secret) as analytics:
        analytics.track(ada, "Order Completed", order(f"1-{ada}"), message_id=f"m-{ada}")
        analytics.track(ada, "Order Completed", order(f"1-{ada}"), message_id=f"n-{ada}")
    assert shop.stars(ada) == 45

    [told] = relay.told()
    assert relay.says_again(told, told.said())["accepted"] == 2
    answer = relay.says_again(told, otherwise_sent(told.said()), **{"x-retry-count": "4"})

    assert answer == {"success": True, "accepted": 2, "rejected": []}
    assert shop.did(ada) == ["Order Completed"]
    assert shop.stars(ada) == 45


def test_what_it_tells_again_after_a_lost_answer_counts_once(shop: Served, relay: Relay, ada: str) -> None:
    relay.answers_to_lose = 1
    with client(relay.address, shop.secret) as analytics:
        analytics.track(ada, "Order Completed", order(f"1-{ada}"))
        analytics.track(ada, "Product Reviewed")

    first, again = relay.told()
    assert (first.status, again.status) == (200, 200)
    assert (first.headers.get("x-retry-count"), again.headers.get("x-retry-count")) == (None, "1")
    assert shop.did(ada) == ["Order Completed", "Product Reviewed"]
    assert shop.stars(ada) == 45


def test_with_the_public_key_an_order_is_heard_and_earns_nothing(shop: Served, ada: str) -> None:
    with client(shop.address, shop.public) as analytics:
        analytics.track(ada, "Order Completed", order(f"1-{ada}"))

    assert [(fact["name"], fact["trust"], fact["order_id"]) for fact in shop.facts(ada)] == [
        ("Order Completed", "weak", None)
    ]
    assert shop.stars(ada) == 0


def test_one_bad_event_does_not_take_the_others_with_it(shop: Served, relay: Relay, ada: str) -> None:
    with client(relay.address, shop.secret) as analytics:
        analytics.track(ada, "Product Viewed")
        analytics.track(ada, "Order Completed", {"order_id": f"1-{ada}", "currency": "EUR", "total": 12})
        analytics.track(ada, "Product Added")

    assert shop.did(ada) == ["Product Viewed", "Product Added"]
    assert [one.status for one in relay.told()] == [200]


def test_what_cannot_be_taken_yet_the_client_keeps(tmp_path: Path, go_live: Callable[..., Live], ada: str) -> None:
    """A server that was started before its program was applied: 503, until there is one."""
    database = f"sqlite:///{tmp_path / 'regulars.db'}"
    empty = open_shop(database, new_id)
    keys = Keys(create_key(empty.store, "secret", "", 0), create_key(empty.store, "public", "", 0))
    live = go_live(database, keys)
    shop = Served(live)

    with Relay(live.url).standing() as relay, client(relay.address, keys.secret) as analytics:
        analytics.track(ada, "Order Completed", order("1"))
        assert until(lambda: [one.status for one in relay.told()][:1] == [503])
        publish(empty, PROGRAM, "a test", 0)
        empty.close()

    assert shop.did(ada) == ["Order Completed"]
    assert shop.stars(ada) == 45
