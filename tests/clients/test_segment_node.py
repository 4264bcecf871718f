"""`@segment/analytics-node`, as it is."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.clients.calls import EVERYTHING, order, otherwise_sent
from tests.clients.relay import Relay
from tests.clients.served import SECONDS, Served

HERE = Path(__file__).parent
Says = Callable[..., None]


@pytest.fixture
def says(node: str) -> Says:
    """Says the calls with a key, and waits until all of them were delivered."""

    def says(address: str, key: str, *calls: Sequence[Any], **settings: Any) -> None:
        told = {"settings": {"writeKey": key, "host": address, **settings}, "calls": calls}
        command = [node, "say.mjs"]
        done = subprocess.run(
            command, cwd=HERE, input=json.dumps(told), capture_output=True, text=True, timeout=SECONDS
        )
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "[]\n")

    return says


@pytest.mark.parametrize("settings", [{}, {"path": "/v1/batch"}], ids=["its own path", "the path named"])
def test_all_it_can_say_arrives(shop: Served, relay: Relay, ada: str, says: Says, settings: dict[str, str]) -> None:
    says(
        relay.address,
        shop.secret,
        ("identify", {"userId": ada, "traits": {"email": f"{ada}@example.com", "plan": "gold"}}),
        ("track", {"userId": ada, "event": "Product Viewed", "properties": {"product_id": "espresso"}}),
        ("page", {"userId": ada, "name": "Coffee", "category": "Shop", "properties": {"path": "/coffee"}}),
        ("screen", {"userId": ada, "name": "Basket"}),
        ("group", {"userId": ada, "groupId": "staff", "traits": {"name": "Staff"}}),
        ("alias", {"userId": ada, "previousId": f"visitor-{ada}"}),
        **settings,
    )

    assert shop.did(ada) == list(EVERYTHING)
    assert shop.did(f"anonymous_id:visitor-{ada}") == list(EVERYTHING)
    assert {one.path for one in relay.told()} == {"/v1/batch"}


def test_an_order_earns_once_however_often_it_is_told(shop: Served, relay: Relay, ada: str, says: Says) -> None:
    bought = {"userId": ada, "event": "Order Completed", "properties": order(f"1-{ada}")}
    says(
        relay.address,
        shop.secret,
        ("track", {**bought, "messageId": f"m-{ada}"}),
        ("track", {**bought, "messageId": f"n-{ada}"}),
    )
    assert shop.stars(ada) == 45

    [told] = relay.told()
    answer = relay.says_again(told, otherwise_sent(told.said()), **{"x-retry-count": "4"})

    assert answer == {"success": True, "accepted": 2, "rejected": []}
    assert shop.did(ada) == ["Order Completed"]
    assert shop.stars(ada) == 45


def test_what_it_tells_again_after_a_lost_answer_counts_once(shop: Served, relay: Relay, ada: str, says: Says) -> None:
    relay.answers_to_lose = 1
    says(
        relay.address,
        shop.secret,
        ("track", {"userId": ada, "event": "Order Completed", "properties": order(f"1-{ada}")}),
        ("track", {"userId": ada, "event": "Product Reviewed"}),
    )

    first, again = relay.told()
    assert (first.status, again.status) == (200, 200)
    assert shop.did(ada) == ["Order Completed", "Product Reviewed"]
    assert shop.stars(ada) == 45


def test_with_the_public_key_an_order_is_heard_and_earns_nothing(shop: Served, ada: str, says: Says) -> None:
    bought = {"userId": ada, "event": "Order Completed", "properties": order(f"1-{ada}")}
    says(shop.address, shop.public, ("track", bought))

    assert [(fact["name"], fact["trust"], fact["order_id"]) for fact in shop.facts(ada)] == [
        ("Order Completed", "weak", None)
    ]
    assert shop.stars(ada) == 0
