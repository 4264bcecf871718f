"""What a public key cannot do. It stands in every page, so whoever wants to can have it."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import event

from regulars.service.shop import Shop
from regulars.web.api.openapi import document
from tests.web.api.conftest import Speaker

READING = [
    (method.upper(), path)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
    if not set(operation["tags"]) & {"tracking", "settings", "operation", "webhooks"}
]
SIGNED = [
    path for path, operations in document()["paths"].items() if "webhooks" in operations.get("post", {}).get("tags", ())
]
PEOPLE = ["ada", "nobody", "user_id:ada", "email:ada@example.com"]
PRODUCTS = [{"product_id": "tea", "price": 45.80, "quantity": 1}]
ORDER = {"order_id": "1001", "currency": "USD", "products": PRODUCTS}


@pytest.fixture
def api(api: Speaker) -> Speaker:
    """The shop knows Ada, her e-mail address, her browser and an order."""
    api.buys("ada", "1001", 45.80)
    api.sends("identify", {"userId": "ada", "anonymousId": "b5a1", "traits": {"email": "ada@example.com"}})
    api.sends("track", {"userId": "ada", "event": "Seen", "messageId": "by-the-shop"})
    api.sends("track", {"userId": "ada", "event": "Seen", "messageId": "by-a-browser"}, api.public)
    return api


# --- read ------------------------------------------------------------------------------------------------------------


def test_there_is_something_to_read():
    assert ("GET", "/v1/customers/{identity}") in READING
    assert ("POST", "/v1/customers/lookup") in READING


@pytest.mark.parametrize("shown", ["Basic", "Bearer"])
@pytest.mark.parametrize(("method", "path"), READING)
def test_it_reads_nobody(api: Speaker, method, path, shown):
    def asks(key, person):
        auth = (key, "") if shown == "Basic" else None
        headers = {"Authorization": f"Bearer {key}"} if shown == "Bearer" else {}
        body = {"kind": "user_id", "value": person} if method == "POST" else None
        return api.client.request(method, path.replace("{identity}", person), auth=auth, headers=headers, json=body)

    said = [asks(api.public, person) for person in PEOPLE]

    assert {(one.status_code, one.json()["code"]) for one in said} == {(403, "secret_key_needed")}
    assert len({str(_without_names(one)) for one in said}) == 1
    assert asks(api.secret, "ada").status_code not in (401, 403)


@pytest.mark.parametrize("path", SIGNED)
def test_it_is_no_signature(api: Speaker, path):
    """Nobody shows a key to a webhook: one with a key is told what one without is told."""
    bare, shown = [
        api.client.post(path, json=ORDER, headers=key) for key in ({}, {"Authorization": f"Bearer {api.public}"})
    ]

    assert len(SIGNED) == 3
    assert (bare.status_code, bare.json()["code"]) == (404, "not_found")
    assert _without_names(shown) == _without_names(bare)


@pytest.mark.parametrize("path", ["/overview", "/customers", "/customers/ada", "/program", "/refused"])
def test_it_opens_no_page_for_staff(api: Speaker, path):
    answer = api.client.get(path, auth=(api.public, ""), follow_redirects=False)

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


# --- learn who is a customer -----------------------------------------------------------------------------------------

KNOWN_AND_UNKNOWN: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "a user id": ("track", [{"userId": "ada", "event": "Seen"}, {"userId": "eve", "event": "Seen"}]),
    "a browser": ("track", [{"anonymousId": "b5a1", "event": "Seen"}, {"anonymousId": "ffff", "event": "Seen"}]),
    "who is who": ("identify", [{"userId": "ada", "anonymousId": "b5a1"}, {"userId": "eve", "anonymousId": "ffff"}]),
    "an e-mail address": (
        "identify",
        [{"anonymousId": "p1", "traits": {"email": f"{name}@example.com"}} for name in ("ada", "eve")],
    ),
    "an e-mail address beside an event": (
        "page",
        [{"anonymousId": "p1", "context": {"traits": {"email": f"{name}@example.com"}}} for name in ("ada", "eve")],
    ),
    "an e-mail address as an id": ("track", [{"userId": f"{n}@example.com", "event": "Seen"} for n in ("ada", "eve")]),
    "an alias": ("alias", [{"userId": "p1", "previousId": "ada"}, {"userId": "p1", "previousId": "eve"}]),
    "an order": (
        "track",
        [
            {"userId": "ada", "event": "Order Completed", "properties": ORDER | {"order_id": order}}
            for order in ("1001", "1002")
        ],
    ),
    "a message id": (
        "track",
        [
            {"userId": "eve", "event": "Other", "messageId": message_id}
            for message_id in ("by-the-shop", "by-a-browser", "m-1001", "new")
        ],
    ),
    "a batch": (
        "batch",
        [{"batch": [{"type": "track", "userId": name, "event": "Seen"}, {"type": "dance"}]} for name in ("ada", "eve")],
    ),
}


@pytest.mark.parametrize("case", KNOWN_AND_UNKNOWN)
def test_it_is_told_the_same_of_whom_we_know_and_whom_we_do_not(api: Speaker, case):
    route, bodies = KNOWN_AND_UNKNOWN[case]

    said = [api.sends(route, body, api.public) for body in bodies for _ in range(2)]

    assert {one.status_code for one in said} == {200}
    assert len({str(_without_names(one)) for one in said}) == 1


def test_the_shop_itself_is_told_more(api: Speaker):
    """So that the test above could fail."""
    reused = {"userId": "eve", "event": "Other", "messageId": "by-the-shop"}

    assert api.sends("track", reused).json()["rejected"][0]["reason"] == "message_id_reused"


def test_the_same_is_done_for_whom_we_know_and_whom_we_do_not(api: Speaker, shop: Shop):
    """So the time that an answer takes tells nobody either. A browser gives an address, or a number of an order or a visitor."""
    _is_used(api)
    for case in (
        "an e-mail address",
        "an e-mail address beside an event",
        "an e-mail address as an id",
        "an alias",
        "an order",
    ):
        route, bodies = KNOWN_AND_UNKNOWN[case]
        known, unknown = [
            _done(api, shop, route, _on_a_device_of_its_own(body, f"{case} {place}"))
            for place, body in enumerate(bodies)
        ]
        assert known == unknown, case


def test_a_user_id_that_nobody_had_is_written_down_once_and_is_then_as_any_other(api: Speaker, shop: Shop):
    """Trying it out makes it one that we know: nobody can look twice."""
    _is_used(api)
    ada, eve, eve_again = [
        _done(api, shop, "track", {"userId": name, "event": "Seen", "timestamp": f"2024-05-17T09:{minute}:00Z"})
        for name, minute in (("ada", 30), ("eve", 29), ("eve", 30))
    ]

    assert ada == eve_again
    assert 0 < eve.total() - ada.total() <= 2, "a record and the first visit, in one transaction with all the rest"


# --- earn ------------------------------------------------------------------------------------------------------------


def test_it_earns_nobody_a_point_whatever_it_says(api: Speaker):
    before = api.reads("/v1/customers/ada").json()["points"]

    order = {"event": "Order Completed", "properties": ORDER | {"order_id": "2001"}}
    for body in (
        {"userId": "ada", **order},
        {"anonymousId": "b5a1", **order},
        {"userId": "ada", "anonymousId": "b5a1", **order, "context": {"channel": "server"}},
        {"userId": "ada", "event": "Order Completed", "properties": ORDER | {"order_id": "2002", "revenue": 10**6}},
    ):
        assert api.sends("track", body, api.public).json()["accepted"] == 1
    batch = {"batch": [{"type": "track", "userId": "ada", **order}], "writeKey": api.secret}
    assert api.sends("batch", batch, api.public).json()["accepted"] == 1
    api.sends("identify", {"userId": "ada", "anonymousId": "p1"}, api.public)
    api.sends("alias", {"userId": "ada", "previousId": "p1"}, api.public)

    assert api.reads("/v1/customers/ada").json()["points"] == before


def test_it_takes_nobody_a_point_by_having_said_an_order_or_a_message_before_the_shop(api: Speaker):
    order = ORDER | {"order_id": "3001"}
    body = {"userId": "ben", "event": "Order Completed", "messageId": "m-3001", "properties": order}
    api.sends("track", body, api.public)

    assert api.sends("track", body).json() == {"success": True, "accepted": 1, "rejected": []}

    assert api.reads("/v1/customers/ben").json()["points"]["lifetime"] == 45


def _is_used(api: Speaker) -> None:
    """A day on which browsers have spoken already, Ada's among them."""
    for who in ({"userId": "ada"}, {"userId": "zoe"}, {"anonymousId": "c0de"}):
        api.sends("track", {"event": "Seen", **who}, api.public)


def _on_a_device_of_its_own(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: name if value == "p1" else value for field, value in body.items()}


def _done(api: Speaker, shop: Shop, route: str, body: dict[str, Any]) -> Counter[str]:
    """The statements, each by its beginning, with which a browser's word is stored."""
    statements: list[str] = []

    def heard(connection: Any, *_: Any) -> None:
        connection.set_trace_callback(statements.append)

    for engine in (shop.store._writers, shop.store._readers):
        event.listen(engine, "checkout", heard)
    try:
        assert api.sends(route, body, api.public).status_code == 200
    finally:
        for engine in (shop.store._writers, shop.store._readers):
            event.remove(engine, "checkout", heard)
    assert statements
    return Counter([" ".join(statement.split()[:4]) for statement in statements])


def _without_names(answer) -> tuple[int, str, list[tuple[str, str]]]:
    """All of an answer but what names the request."""
    request_id = answer.headers["x-request-id"]
    headers = [(name, value) for name, value in answer.headers.multi_items() if name not in ("x-request-id", "date")]
    return answer.status_code, answer.text.replace(request_id, ""), headers
